/* SPDX-License-Identifier: Apache-2.0 */
/* What all transports do, and the kinds that need no peer but a pseudo terminal. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "line.h"

static struct place place;

static int set_up(void **state)
{
	(void)state;
	place_init(&place);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	place_fini(&place);
	return 0;
}

/* "{pty: <place>/line<rest>}" */
static const char *pty_port(const char *rest)
{
	static char port[256];

	snprintf(port, sizeof port, "{pty: %s/line%s}", place.path, rest);
	return port;
}

static int open_link(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/line", place.path);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

/* Reads from a descriptor until it has len bytes, while the loop turns. */
static void read_exactly(struct line *line, int fd, char *out, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = read(fd, out + have, len - have);
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		have += n > 0 ? (size_t)n : 0;
		loop_turn(line->loop, n > 0 ? 0 : 5);
	}
}

static void bytes_go_both_ways_over_a_pty(void **state)
{
	struct line line;
	char got[8] = "";
	int fd;

	(void)state;
	line_new(&line, pty_port(""));
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	fd = open_link();
	assert_int_equal(write(fd, "a\r\nb", 4), 4);
	UNTIL(&line, line.received.len == 4);
	assert_true(line_has(&line, "a\r\nb"));
	assert_true(line.received_ns > 0);
	assert_int_equal(line_write(&line, "x\n\x04\xff"), 4);
	assert_int_equal(line.drained, 0);
	read_exactly(&line, fd, got, 4);
	assert_memory_equal(got, "x\n\x04\xff", 4);
	UNTIL(&line, line.drained == 1);
	close(fd);
	line_free(&line);
}

static void programs_may_come_and_go_at_a_pty(void **state)
{
	struct line line;
	int fd;

	(void)state;
	line_new(&line, pty_port(""));
	transport_open(line.t);
	for (int i = 0; i < 3; i++) {
		fd = open_link();
		assert_int_equal(write(fd, "hi", 2), 2);
		close(fd);
		UNTIL(&line, line.received.len == 2);
		buf_clear(&line.received);
	}
	assert_int_equal(line.lost, 0);
	line_free(&line);
}

static void the_link_goes_when_the_pty_closes(void **state)
{
	struct line line;
	char path[128];
	struct stat st;

	(void)state;
	snprintf(path, sizeof path, "%s/line", place.path);
	line_new(&line, pty_port(", mode: 0600"));
	transport_open(line.t);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	transport_close(line.t);
	assert_int_equal(lstat(path, &st), -1);
	transport_close(line.t);
	transport_open(line.t);
	assert_int_equal(line.opened, 2);
	line_free(&line);
	assert_int_equal(lstat(path, &st), -1);
}

static void a_stale_link_is_replaced_and_a_file_is_not(void **state)
{
	struct line line;
	char path[128];
	FILE *f;

	(void)state;
	snprintf(path, sizeof path, "%s/line", place.path);
	assert_int_equal(symlink("/dev/pts/9999", path), 0);
	line_new(&line, pty_port(""));
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	transport_close(line.t);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	transport_open(line.t);
	assert_int_equal(line.lost, 1);
	assert_non_null(strstr(line.text, "is there already"));
	assert_int_equal(access(path, F_OK), 0);
	line_free(&line);
}

static void more_than_the_queue_is_not_taken(void **state)
{
	static uint8_t bytes[200000];
	struct line line;
	size_t taken, read_bytes = 0;
	char got[4096];
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7);
	line_new(&line, pty_port(""));
	transport_open(line.t);
	fd = open_link();
	taken = transport_write(line.t, bytes, sizeof bytes);
	assert_in_range(taken, 64 << 10, 100000);
	assert_int_equal(transport_write(line.t, bytes, 1), 0);
	while (read_bytes < taken) {
		size_t n = taken - read_bytes < sizeof got ? taken - read_bytes : sizeof got;

		read_exactly(&line, fd, got, n);
		assert_memory_equal(got, bytes + read_bytes, n);
		read_bytes += n;
	}
	UNTIL(&line, line.drained == 1);
	close(fd);
	line_free(&line);
}

static void a_paused_line_reads_nothing(void **state)
{
	struct line line;
	int fd;

	(void)state;
	line_new(&line, pty_port(""));
	transport_pause(line.t, true);
	transport_open(line.t);
	fd = open_link();
	assert_int_equal(write(fd, "later", 5), 5);
	for (int i = 0; i < 5; i++)
		loop_turn(line.loop, 1);
	assert_int_equal(line.received.len, 0);
	transport_pause(line.t, false);
	UNTIL(&line, line_has(&line, "later"));
	close(fd);
	line_free(&line);
}

static void a_line_may_be_closed_from_within_its_events(void **state)
{
	struct line line;
	int fd;

	(void)state;
	line_new(&line, pty_port(""));
	line.close_when_received = true;
	transport_open(line.t);
	fd = open_link();
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(line_write(&line, "y"), 1);
	UNTIL(&line, line.received.len == 1);
	for (int i = 0; i < 3; i++)
		loop_turn(line.loop, 1);
	assert_int_equal(line_write(&line, "z"), 0);
	assert_int_equal(line.lost, 0);
	close(fd);
	line_free(&line);
}

/* A pty that the test made itself, as socat would. */
struct foreign {
	int master;
	char path[64], port[96];
};

static void foreign_init(struct foreign *f)
{
	f->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(f->master >= 0);
	assert_int_equal(grantpt(f->master), 0);
	assert_int_equal(unlockpt(f->master), 0);
	assert_int_equal(ptsname_r(f->master, f->path, sizeof f->path), 0);
	snprintf(f->port, sizeof f->port, "{tty: %s}", f->path);
}

static void a_terminal_is_opened_raw(void **state)
{
	struct foreign f;
	struct line line;
	char got[8] = "";

	(void)state;
	foreign_init(&f);
	line_new(&line, f.port);
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	assert_string_equal(line.detail, f.path);
	assert_int_equal(write(f.master, "a\rb\x03", 4), 4);
	UNTIL(&line, line_has(&line, "a\rb\x03"));
	assert_int_equal(line_write(&line, "q\n"), 2);
	assert_int_equal(read(f.master, got, sizeof got), 2);
	assert_memory_equal(got, "q\n", 2);
	line_free(&line);
	close(f.master);
}

static void a_terminal_whose_other_end_closes_is_lost(void **state)
{
	struct foreign f;
	struct line line;

	(void)state;
	foreign_init(&f);
	line_new(&line, f.port);
	transport_open(line.t);
	close(f.master);
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "closed by the other end");
	assert_false(line.final);
	transport_open(line.t);
	assert_int_equal(line.lost, 2);
	line_free(&line);
}

static void a_terminal_is_not_shared(void **state)
{
	struct foreign f;
	struct line one, two;

	(void)state;
	foreign_init(&f);
	line_new(&one, f.port);
	line_new(&two, f.port);
	transport_open(one.t);
	transport_open(two.t);
	assert_int_equal(two.lost, 1);
	assert_string_equal(two.reason, "busy");
	line_free(&one);
	line_free(&two);
	close(f.master);
}

static void a_file_that_is_no_terminal_is_refused(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{tty: /dev/null}");
	transport_open(line.t);
	assert_string_equal(line.reason, "no such port");
	assert_string_equal(line.text, "/dev/null is no terminal");
	line_free(&line);
}

static void no_line_opens_and_takes_nothing(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "none");
	assert_string_equal(transport_describe(line.t), "none");
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	assert_int_equal(line_write(&line, "x"), 0);
	assert_int_equal(transport_break(line.t, NS_PER_MS), -1);
	assert_int_equal(transport_char_ns(line.t), 0);
	line_free(&line);
}

static void a_description_names_kind_and_place(void **state)
{
	static const char *const cases[][2] = {
		{"{pty: /run/x}", "pty /run/x"},
		{"{tty: /dev/pts/5}", "tty /dev/pts/5"},
		{"{tcp: '10.0.0.7:4001'}", "tcp 10.0.0.7:4001"},
		{"{exec: [rtl_433, -F, json]}", "exec rtl_433 -F json"},
		{"{unix: /run/y}", "unix /run/y"},
	};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		line_new(&line, cases[i][0]);
		assert_string_equal(transport_describe(line.t), cases[i][1]);
		line_free(&line);
	}
}

static void what_is_no_port_is_said_with_its_place(void **state)
{
	static const char *const cases[][2] = {
		{"{ptty: /x}", "did you mean \"pty\"?"},
		{"{}", "no kind of port is named"},
		{"[pty]", "expected a map"},
		{"{pty: /x, tcp: 'a:1'}", "of kind \"pty\" already"},
		{"{pty: /x, mode: 99}", "permissions in octal"},
		{"{pty: /x, mod: 0660}", "did you mean"},
		{"{tcp: 'nowhere'}", "expected host:port"},
		{"{tcp: '1.2.3.4:66000'}", "expected host:port"},
		{"{tcp: '::1:5'}", "in brackets"},
		{"{tcp: ':4001'}", "names no host"},
		{"{exec: 'a b'}", "there is no shell"},
		{"{exec: []}", "no program"},
	};

	(void)state;
	EXPECT_LINE_ERRORS(cases);
}

/* ".It Ic key" or ".Ic key" on a line of its own. */
static void expect_keys(const char *page, const struct conf_schema *schema)
{
	for (const struct conf_row *row = schema->rows; row->key; row++) {
		char line[80];

		snprintf(line, sizeof line, "\n.It Ic %s\n", row->key);
		if (!strstr(page, line))
			fail_msg("%s: %s is not in dragoman-port(5)", schema->name, row->key);
		if (row->schema)
			expect_keys(page, row->schema);
	}
}

static void every_key_is_in_the_manual(void **state)
{
	const char *top = getenv("top_srcdir");
	char path[1024], *page;
	struct err err;
	size_t len;

	(void)state;
	snprintf(path, sizeof path, "%s/man/dragoman-port.5", top ? top : ".");
	page = fd_read_path(path, 1 << 20, &len, &err);
	if (!page)
		fail_msg("%s", err.text);
	for (size_t i = 0; transport_kinds[i]; i++) {
		char line[80];

		snprintf(line, sizeof line, "\n.It Ic %s\n", transport_kinds[i]->name);
		assert_non_null(strstr(page, line));
		expect_keys(page, transport_kinds[i]->schema);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_go_both_ways_over_a_pty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(programs_may_come_and_go_at_a_pty, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_link_goes_when_the_pty_closes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_stale_link_is_replaced_and_a_file_is_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(more_than_the_queue_is_not_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_paused_line_reads_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_may_be_closed_from_within_its_events, set_up,
						tear_down),
		cmocka_unit_test(a_terminal_is_opened_raw),
		cmocka_unit_test(a_terminal_whose_other_end_closes_is_lost),
		cmocka_unit_test(a_terminal_is_not_shared),
		cmocka_unit_test(a_file_that_is_no_terminal_is_refused),
		cmocka_unit_test(no_line_opens_and_takes_nothing),
		cmocka_unit_test(a_description_names_kind_and_place),
		cmocka_unit_test(what_is_no_port_is_said_with_its_place),
		cmocka_unit_test(every_key_is_in_the_manual),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
