/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "super/plan.h"
#include "super/status.h"
#include "wire/frame.h"

static const struct parts_message good_setup = {.kind = PARTS_SETUP,
						.run_dir = "/run/x",
						.data_dir = "/data",
						.user = "u",
						.group = "g",
						.socket_mode = 0660};

static struct parts_message part(const char *name, const char *text)
{
	return (struct parts_message){.kind = PARTS_PART,
				      .name = name,
				      .text = (const uint8_t *)text,
				      .text_len = strlen(text),
				      .memory_limit = 5};
}

static struct parts_message end(uint32_t n)
{
	return (struct parts_message){.kind = PARTS_END, .n_parts = n};
}

/* Adds messages up to the first that is refused; the text of the refusal, "" if there is none. */
static const char *refusal(const struct parts_message *messages, size_t n)
{
	static struct err err;
	struct plan *plan = plan_new();

	err.text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (plan_add(plan, &messages[i], &err) < 0)
			break;
	plan_free(&plan);
	return err.text;
}

#define REFUSAL(...)                                                                               \
	refusal((const struct parts_message[]){__VA_ARGS__},                                       \
		sizeof((const struct parts_message[]){__VA_ARGS__}) /                              \
			sizeof(struct parts_message))

static struct parts_message pass(const struct parts_message *in, struct buf *b)
{
	struct parts_message out;
	const uint8_t *payload;
	size_t len;

	buf_clear(b);
	parts_pack(b, in);
	assert_int_equal(frame_next(buf_bytes(b), b->len, PARTS_MESSAGE_MAX, &payload, &len),
			 b->len);
	assert_null(parts_parse(payload, len, &out));
	assert_int_equal(out.kind, in->kind);
	return out;
}

static void each_kind_comes_back_as_it_went(void **state)
{
	struct parts_message in = good_setup, out;
	struct buf b = {0};

	(void)state;
	in.log = 3;
	out = pass(&in, &b);
	assert_string_equal(out.run_dir, "/run/x");
	assert_string_equal(out.data_dir, "/data");
	assert_string_equal(out.user, "u");
	assert_string_equal(out.group, "g");
	assert_int_equal(out.socket_mode, 0660);
	assert_int_equal(out.log, 3);
	parts_release(&out);

	in = (struct parts_message){
		.kind = PARTS_LISTENER, .address = "::1", .port = 7531, .insecure = true};
	out = pass(&in, &b);
	assert_string_equal(out.address, "::1");
	assert_int_equal(out.port, 7531);
	assert_true(out.insecure);
	parts_release(&out);

	in = part("a", "text");
	out = pass(&in, &b);
	assert_string_equal(out.name, "a");
	assert_int_equal(out.text_len, 4);
	assert_memory_equal(out.text, "text", 4);
	assert_int_equal(out.memory_limit, 5);
	parts_release(&out);

	in = end(7);
	out = pass(&in, &b);
	assert_int_equal(out.n_parts, 7);
	parts_release(&out);
	buf_fini(&b);
}

static void a_whole_plan_is_taken(void **state)
{
	struct parts_message messages[] = {good_setup, part("", "hub"), part("a", "one"),
					   part("b", ""), end(3)};
	struct plan *plan = plan_new();
	struct err err;
	char text[8];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_false(plan->is_whole);
		assert_int_equal(plan_add(plan, &messages[i], &err), 0);
	}
	assert_true(plan->is_whole);
	assert_int_equal(plan->n_channels, 2);
	assert_null(plan_find(plan, "c"));
	assert_int_equal(read(part_fd(plan_find(plan, "a")), text, sizeof text), 3);
	assert_memory_equal(text, "one", 3);
	plan_free(&plan);
}

static void a_plan_that_breaks_the_rules_is_refused(void **state)
{
	struct parts_message relative = good_setup, mode = good_setup;

	(void)state;
	relative.run_dir = "run";
	mode.socket_mode = 01777;
	assert_string_equal(REFUSAL(relative), "paths.run is not an absolute path");
	assert_string_equal(REFUSAL(mode), "a setup out of bounds");
	assert_string_equal(REFUSAL(good_setup, good_setup), "two setups");
	assert_string_equal(REFUSAL(part("a", ""), part("a", "")), "two channels \"a\"");
	assert_string_equal(REFUSAL(part("../a", "")), "a channel whose name is bad");
	assert_string_equal(REFUSAL(part("", ""), part("", "")), "two parts for the hub");
	assert_string_equal(REFUSAL(part("", ""), end(1)), "an end before everything was there");
	assert_string_equal(REFUSAL(good_setup, end(0)), "an end before everything was there");
	assert_string_equal(REFUSAL(good_setup, part("", ""), end(2)),
			    "an end before everything was there");
	assert_string_equal(REFUSAL(good_setup, part("", ""), end(1), part("a", "")),
			    "something behind the end");
}

static void only_loopback_goes_without_the_word(void **state)
{
	static const char *const loopback[] = {"127.0.0.1", "127.9.9.9", "::1"};
	static const char *const beyond[] = {"0.0.0.0", "192.168.1.1", "::", "2001:db8::1",
					     "::ffff:127.0.0.1"};
	struct parts_message m = {.kind = PARTS_LISTENER, .port = 1};

	(void)state;
	for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
		m.address = loopback[i];
		m.insecure = false;
		assert_string_equal(REFUSAL(m), "");
	}
	for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
		m.address = beyond[i];
		m.insecure = false;
		assert_non_null(strstr(REFUSAL(m), "is not a loopback address"));
		m.insecure = true;
		assert_string_equal(REFUSAL(m), "");
	}
	m.address = "localhost";
	assert_string_equal(REFUSAL(m), "\"localhost\" is not a numeric address");
}

static void a_part_cannot_be_changed(void **state)
{
	struct part p;
	struct err err;
	int fd;

	(void)state;
	assert_int_equal(part_init(&p, "a", (const uint8_t *)"text", 4, 0, &err), 0);
	assert_int_equal(write(p.fd, "x", 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(p.fd, 0), -1);
	fd = p.fd;
	part_fini(&p);
	assert_int_equal(p.fd, -1);
	assert_int_equal(close(fd), -1);
}

static void parts_are_compared_byte_for_byte(void **state)
{
	static uint8_t text[9000];
	struct part a, b, c, d;
	struct err err;

	(void)state;
	assert_int_equal(part_init(&a, "a", text, sizeof text, 1, &err), 0);
	assert_int_equal(part_init(&b, "a", text, sizeof text, 1, &err), 0);
	text[8999] = 1;
	assert_int_equal(part_init(&c, "a", text, sizeof text, 1, &err), 0);
	assert_int_equal(part_init(&d, "a", text, sizeof text - 1, 1, &err), 0);
	assert_true(part_is_same(&a, &b));
	assert_false(part_is_same(&a, &c));
	assert_false(part_is_same(&a, &d));
	part_fini(&a);
	part_fini(&b);
	part_fini(&c);
	part_fini(&d);
}

static void ends_are_told_in_words(void **state)
{
	char text[REASON_SIZE];

	(void)state;
	assert_string_equal(status_text(&(siginfo_t){.si_code = CLD_EXITED, .si_status = 1}, text),
			    "exited with status 1");
	assert_string_equal(
		status_text(&(siginfo_t){.si_code = CLD_KILLED, .si_status = SIGKILL}, text),
		"killed by signal 9 (killed)");
	assert_string_equal(
		status_text(&(siginfo_t){.si_code = CLD_DUMPED, .si_status = SIGSEGV}, text),
		"killed by signal 11 (segmentation fault), core dumped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_comes_back_as_it_went),
		cmocka_unit_test(a_whole_plan_is_taken),
		cmocka_unit_test(a_plan_that_breaks_the_rules_is_refused),
		cmocka_unit_test(only_loopback_goes_without_the_word),
		cmocka_unit_test(a_part_cannot_be_changed),
		cmocka_unit_test(parts_are_compared_byte_for_byte),
		cmocka_unit_test(ends_are_told_in_words),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
