/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void what_is_added_is_held_in_order(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add_str(&b, "scale");
	buf_addf(&b, " %d %s", 42, "kg");
	assert_string_equal(buf_str(&b), "scale 42 kg");
	assert_int_equal(b.len, 11);
	buf_fini(&b);
}

static void consumed_bytes_are_gone_and_their_room_comes_back(void **state)
{
	struct buf b = {0};
	size_t size;

	(void)state;
	for (int i = 0; i < 60; i++)
		buf_add(&b, "x", 1);
	size = b.size;
	for (int i = 0; i < 1000; i++) {
		buf_consume(&b, 1);
		buf_add(&b, "y", 1);
	}
	assert_int_equal(b.len, 60);
	assert_int_equal(b.size, size);
	assert_int_equal(buf_bytes(&b)[0], 'y');
	buf_fini(&b);
}

/* Against a plain array, with steps that are random but the same each time. */
static void a_long_random_life_keeps_every_byte(void **state)
{
	enum { LIFE = 20000 };
	static uint8_t all[LIFE * 40];
	size_t head = 0, tail = 0;
	struct buf b = {0};
	uint32_t r = 1;

	(void)state;
	for (int i = 0; i < LIFE; i++) {
		size_t n = (r = r * 1664525 + 1013904223) >> 27;

		if (r & 1) {
			for (size_t k = 0; k < n; k++)
				all[tail + k] = (uint8_t)(tail + k);
			buf_add(&b, all + tail, n);
			tail += n;
		} else {
			n = n < b.len ? n : b.len;
			buf_consume(&b, n);
			head += n;
		}
		assert_int_equal(b.len, tail - head);
		if (b.len)
			assert_memory_equal(buf_bytes(&b), all + head, b.len);
	}
	buf_fini(&b);
}

static void trimming_gives_memory_back_only_when_empty(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add(&b, "x", 1);
	buf_trim(&b);
	assert_int_equal(b.len, 1);
	buf_consume(&b, 1);
	buf_trim(&b);
	assert_null(b.data);
}

static void an_empty_buffer_has_bytes_to_point_at_nothing(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_null(buf_bytes(&b));
	assert_string_equal(buf_str(&b), "");
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_held_in_order),
		cmocka_unit_test(consumed_bytes_are_gone_and_their_room_comes_back),
		cmocka_unit_test(a_long_random_life_keeps_every_byte),
		cmocka_unit_test(trimming_gives_memory_back_only_when_empty),
		cmocka_unit_test(an_empty_buffer_has_bytes_to_point_at_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
