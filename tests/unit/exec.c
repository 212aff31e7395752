/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a line. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "line.h"

static void its_output_is_received_and_its_input_written(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [cat]}");
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	assert_int_equal(line_write(&line, "hello"), 5);
	UNTIL(&line, line_has(&line, "hello") && line.drained == 1);
	line_free(&line);
}

static void all_that_it_printed_comes_before_its_end(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'seq 1 20000; exit 3']}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_int_equal(line.received.len, 108894);
	assert_string_equal(line.reason, "ended");
	assert_string_equal(line.text, "sh exited with status 3");
	assert_false(line.final);
	line_free(&line);
}

static void what_it_left_behind_does_not_hold_the_line(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'sleep 100 & echo started'], restart: false}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_true(line_has(&line, "started\n"));
	assert_true(line.final);
	line_free(&line);
}

static void the_signal_that_killed_it_is_named(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'kill -9 $$']}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_string_equal(line.text, "sh was killed by signal 9 (Killed)");
	line_free(&line);
}

static void a_program_that_is_not_there_is_lost_at_once(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [no-such-program-here]}");
	transport_open(line.t);
	assert_int_equal(line.opened, 0);
	assert_int_equal(line.lost, 1);
	assert_string_equal(line.reason, "no such program");
	transport_open(line.t);
	assert_int_equal(line.lost, 2);
	line_free(&line);
}

static void a_file_that_is_no_program_is_a_matter_of_permission(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [/etc/passwd]}");
	transport_open(line.t);
	assert_string_equal(line.reason, "no permission");
	line_free(&line);
}

static void it_inherits_its_pipes_and_nothing_else(void **state)
{
	struct line line;
	int open_fd = dup(2);

	(void)state;
	assert_true(open_fd > 2);
	line_new(&line, "{exec: [sh, -c, 'cd /proc/self/fd; echo *']}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	/* The shell's own: 0, 1, 2, and the directory that it reads for the star. */
	assert_true(line_has(&line, "0 1 2 3\n") || line_has(&line, "0 1 2\n"));
	close(open_fd);
	line_free(&line);
}

static void it_runs_where_it_is_told_to(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [pwd], directory: /usr}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_true(line_has(&line, "/usr\n"));
	line_free(&line);
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static void closing_ends_it_with_all_it_started(void **state)
{
	struct line line;
	pid_t grandchild;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'sleep 100 & echo $!; wait']}");
	transport_open(line.t);
	UNTIL(&line, line.received.len && buf_bytes(&line.received)[line.received.len - 1] == '\n');
	grandchild = (pid_t)atoi(buf_str(&line.received));
	assert_true(is_alive(grandchild));
	transport_close(line.t);
	/* It is nobody's child here; a zombie until init looks. */
	UNTIL(&line, !is_alive(grandchild) || getpgid(grandchild) < 0 ||
			     kill(-getpgid(grandchild), 0) < 0);
	assert_int_equal(line.lost, 0);
	line_free(&line);
}

static void one_that_ignores_the_request_is_killed(void **state)
{
	struct line line;
	pid_t pid;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'trap \"\" TERM; echo $$; while :; do sleep 1; done']}");
	transport_open(line.t);
	UNTIL(&line, line.received.len && buf_bytes(&line.received)[line.received.len - 1] == '\n');
	pid = (pid_t)atoi(buf_str(&line.received));
	transport_close(line.t);
	UNTIL(&line, !is_alive(pid));
	line_free(&line);
}

static void it_starts_again_after_a_close(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'trap \"\" TERM; echo x; cat']}");
	for (size_t i = 1; i <= 3; i++) {
		transport_open(line.t);
		UNTIL(&line, line.received.len == 2 * i);
		transport_close(line.t);
	}
	assert_int_equal(line.opened, 3);
	assert_int_equal(line.lost, 0);
	line_free(&line);
}

static void what_it_complains_about_is_logged_and_not_received(void **state)
{
	struct line line;
	int saved = dup(2), ends[2];
	char log[1024];
	ssize_t n;

	(void)state;
	line_new(&line, "{exec: [sh, -c, 'printf \"no antenna\\nsecond\" >&2; echo data']}");
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], 2);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	dup2(saved, 2);
	n = read(ends[0], log, sizeof log - 1);
	assert_true(n > 0);
	log[n] = '\0';
	assert_non_null(strstr(log, "warning: sh: no antenna\n"));
	assert_non_null(strstr(log, "warning: sh: second\n"));
	assert_true(line_has(&line, "data\n"));
	close(saved);
	close(ends[0]);
	close(ends[1]);
	line_free(&line);
}

static void one_that_does_not_read_may_be_written_to(void **state)
{
	struct line line;

	(void)state;
	log_set_level(LOG_ERROR);
	line_new(&line, "{exec: [sh, -c, 'exec <&-; echo ready; sleep 100']}");
	transport_open(line.t);
	UNTIL(&line, line_has(&line, "ready\n"));
	assert_int_equal(line_write(&line, "x"), 1);
	UNTIL(&line, line.drained == 1);
	assert_int_equal(line.lost, 0);
	line_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_output_is_received_and_its_input_written),
		cmocka_unit_test(all_that_it_printed_comes_before_its_end),
		cmocka_unit_test(what_it_left_behind_does_not_hold_the_line),
		cmocka_unit_test(the_signal_that_killed_it_is_named),
		cmocka_unit_test(a_program_that_is_not_there_is_lost_at_once),
		cmocka_unit_test(a_file_that_is_no_program_is_a_matter_of_permission),
		cmocka_unit_test(it_inherits_its_pipes_and_nothing_else),
		cmocka_unit_test(it_runs_where_it_is_told_to),
		cmocka_unit_test(closing_ends_it_with_all_it_started),
		cmocka_unit_test(one_that_ignores_the_request_is_killed),
		cmocka_unit_test(it_starts_again_after_a_close),
		cmocka_unit_test(what_it_complains_about_is_logged_and_not_received),
		cmocka_unit_test(one_that_does_not_read_may_be_written_to),
	};

	return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}
