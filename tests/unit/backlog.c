/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/backlog.h"
#include "wire/varint.h"

/* A frame with its length in front whose bytes are all `fill`. */
static size_t frame(uint8_t *out, size_t len, uint8_t fill)
{
	size_t n = varint_put(out, len);

	memset(out + n, fill, len);
	return n + len;
}

static void add(struct backlog *backlog, size_t len, uint8_t fill)
{
	uint8_t bytes[1000];

	assert_true(len + VARINT_MAX <= sizeof bytes);
	backlog_add(backlog, bytes, frame(bytes, len, fill));
}

static void assert_bytes(const struct backlog *backlog, uint64_t at, size_t len, uint8_t fill)
{
	uint8_t want[1000];
	size_t want_len = frame(want, len, fill);
	struct buf got = {0};

	assert_int_equal(backlog_frame_len(backlog, at), want_len);
	backlog_copy(backlog, at, at + want_len, &got);
	assert_int_equal(got.len, want_len);
	assert_memory_equal(buf_bytes(&got), want, want_len);
	buf_fini(&got);
}

static void frames_are_read_as_they_were_added(void **state)
{
	struct backlog backlog = {0};

	(void)state;
	assert_int_equal(backlog_len(&backlog), 0);
	add(&backlog, 5, 'a');
	add(&backlog, 200, 'b');
	assert_bytes(&backlog, 0, 5, 'a');
	assert_bytes(&backlog, 6, 200, 'b');
	assert_int_equal(backlog_len(&backlog), 6 + 202);
	backlog_fini(&backlog);
}

/* Many times round the memory, so that frames and lengths are cut at each of its ends in every way. */
static void frames_lie_across_the_end_of_the_memory(void **state)
{
	struct backlog backlog = {0};
	uint64_t at = 0;

	(void)state;
	add(&backlog, 1, 0);
	for (unsigned i = 1; i < 5000; i++) {
		size_t len = i * 7 % 300;

		add(&backlog, len, (uint8_t)i);
		at += backlog_frame_len(&backlog, at);
		backlog_forget(&backlog, at);
		assert_bytes(&backlog, at, len, (uint8_t)i);
	}
	assert_int_equal(backlog.size, 4096);
	backlog_fini(&backlog);
}

static void the_memory_grows_and_shrinks_around_what_is_held(void **state)
{
	struct backlog backlog = {0};
	uint64_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		add(&backlog, 900, (uint8_t)i);
	for (unsigned i = 0; i < 99; i++) {
		assert_bytes(&backlog, at, 900, (uint8_t)i);
		at += backlog_frame_len(&backlog, at);
	}
	backlog_rest(&backlog);
	assert_true(backlog.size > 90000);
	backlog_forget(&backlog, at);
	backlog_rest(&backlog);
	assert_int_equal(backlog.size, 4096);
	assert_bytes(&backlog, at, 900, 99);
	backlog_fini(&backlog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read_as_they_were_added),
		cmocka_unit_test(frames_lie_across_the_end_of_the_memory),
		cmocka_unit_test(the_memory_grows_and_shrinks_around_what_is_held),
	};

	return cmocka_run_group_tests_name("backlog", tests, NULL, NULL);
}
