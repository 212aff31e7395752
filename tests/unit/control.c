/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/control.h"
#include "wire/frame.h"

/* Every field at its longest. A kind carries some of them; which, is said by `carries`. */
static const struct control full = {
	.number = UINT64_MAX,
	.in_call_ms = UINT32_MAX,
	.max_call_ms = 7,
	.restarts = UINT32_MAX,
	.restart_in_ms = UINT32_MAX,
	.pid = INT32_MAX,
	.token = "0123456789abcdef0123456789abcde",
};

enum { NUMBER = 1, CALL = 2, NAME = 4, TOKEN = 8, ENDED = 16 };

static const struct {
	enum control_side from;
	unsigned carries;
} kinds[CONTROL_KINDS] = {
	[CONTROL_PING] = {CONTROL_SUPERVISOR, NUMBER},
	[CONTROL_TERMINATE] = {CONTROL_SUPERVISOR, 0},
	[CONTROL_PUBLISHER_STARTED] = {CONTROL_SUPERVISOR, NAME | TOKEN},
	[CONTROL_PUBLISHER_ENDED] = {CONTROL_SUPERVISOR, NAME | ENDED},
	[CONTROL_PUBLISHER_REMOVED] = {CONTROL_SUPERVISOR, NAME},
	[CONTROL_READY] = {CONTROL_CHILD, 0},
	[CONTROL_PONG] = {CONTROL_CHILD, NUMBER | CALL},
};

static struct control make(enum control_kind kind)
{
	struct control c = full;

	c.kind = kind;
	memset(c.name, 'n', NAME_MAX_LEN);
	memset(c.reason, 'r', REASON_SIZE - 1);
	return c;
}

/* Packs, and leaves the payload in b without its length. */
static void pack(struct buf *b, const struct control *c)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;

	control_pack(b, c);
	used = frame_next(buf_bytes(b), b->len, CONTROL_MAX, &payload, &len);
	assert_int_equal(used, b->len);
	buf_consume(b, b->len - len);
}

static void each_kind_comes_back_as_it_went(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONTROL_KINDS; kind++) {
		unsigned carries = kinds[kind].carries;
		struct control in = make(kind), out;
		struct buf b = {0};

		pack(&b, &in);
		assert_null(control_parse(buf_bytes(&b), b.len, kinds[kind].from, &out));
		assert_int_equal(out.kind, kind);
		assert_true(out.number == (carries & NUMBER ? in.number : 0));
		assert_int_equal(out.in_call_ms, carries & CALL ? in.in_call_ms : 0);
		assert_int_equal(out.max_call_ms, carries & CALL ? in.max_call_ms : 0);
		assert_string_equal(out.name, carries & NAME ? in.name : "");
		assert_string_equal(out.reason, carries & ENDED ? in.reason : "");
		assert_int_equal(out.restart_in_ms, carries & ENDED ? in.restart_in_ms : 0);
		assert_int_equal(out.pid, carries & TOKEN ? in.pid : 0);
		assert_int_equal(out.restarts, carries & TOKEN ? in.restarts : 0);
		if (carries & TOKEN)
			assert_memory_equal(out.token, in.token, TOKEN_LEN);
		buf_fini(&b);
	}
}

static void each_kind_is_refused_from_the_wrong_side(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONTROL_KINDS; kind++) {
		enum control_side wrong =
			kinds[kind].from == CONTROL_CHILD ? CONTROL_SUPERVISOR : CONTROL_CHILD;
		struct control in = make(kind), out;
		struct buf b = {0};

		pack(&b, &in);
		assert_string_equal(control_parse(buf_bytes(&b), b.len, wrong, &out),
				    "from the wrong side");
		buf_fini(&b);
	}
}

static void a_cut_message_is_refused(void **state)
{
	struct control in = make(CONTROL_PUBLISHER_STARTED), out;
	struct buf b = {0};

	(void)state;
	pack(&b, &in);
	for (size_t len = 0; len < b.len; len++)
		assert_non_null(control_parse(buf_bytes(&b), len, CONTROL_SUPERVISOR, &out));
	buf_fini(&b);
}

static void nonsense_is_refused(void **state)
{
	static const uint8_t unknown[] = {0xfa, 0x01, 0x00}, long_message[CONTROL_MAX + 1];
	struct control out;

	(void)state;
	assert_string_equal(control_parse(unknown, sizeof unknown, CONTROL_CHILD, &out),
			    "of an unknown kind");
	assert_string_equal(control_parse(unknown, 0, CONTROL_CHILD, &out), "of an unknown kind");
	assert_string_equal(control_parse(long_message, sizeof long_message, CONTROL_CHILD, &out),
			    "too long");
	assert_string_equal(control_parse((const uint8_t *)"\xff\xff", 2, CONTROL_CHILD, &out),
			    "not a message");
}

static void a_bad_name_is_refused(void **state)
{
	struct control in = make(CONTROL_PUBLISHER_REMOVED), out;
	struct buf b = {0};

	(void)state;
	strcpy(in.name, "a/b");
	pack(&b, &in);
	assert_string_equal(control_parse(buf_bytes(&b), b.len, CONTROL_SUPERVISOR, &out),
			    "not a channel's name");
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_comes_back_as_it_went),
		cmocka_unit_test(each_kind_is_refused_from_the_wrong_side),
		cmocka_unit_test(a_cut_message_is_refused),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_bad_name_is_refused),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
