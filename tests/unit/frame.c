/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/varint.h"

static void a_packed_frame_is_found_and_parsed(void **state)
{
	Dragoman__V1__Ping ping = DRAGOMAN__V1__PING__INIT;
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT, *back;
	const uint8_t *payload;
	struct buf b = {0};
	size_t len;

	(void)state;
	ping.data.data = (uint8_t *)"abc";
	ping.data.len = 3;
	frame.id = 7;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_PING;
	frame.ping = &ping;
	frame_pack(&b, &frame.base);
	assert_int_equal(frame_next(buf_bytes(&b), b.len, FRAME_MAX, &payload, &len), b.len);
	back = frame_parse(payload, len);
	assert_non_null(back);
	assert_int_equal(back->id, 7);
	assert_int_equal(back->body_case, DRAGOMAN__V1__FRAME__BODY_PING);
	assert_memory_equal(back->ping->data.data, "abc", 3);
	frame_free(&back);
	assert_null(back);
	buf_fini(&b);
}

static void a_part_of_a_frame_needs_more(void **state)
{
	uint8_t bytes[300] = {0xac, 0x02}; /* 300 */
	const uint8_t *payload;
	size_t len;

	(void)state;
	assert_int_equal(frame_next(bytes, 0, 1000, &payload, &len), 0);
	assert_int_equal(frame_next(bytes, 1, 1000, &payload, &len), 0);
	assert_int_equal(frame_next(bytes, 299, 1000, &payload, &len), 0);
}

static void bad_lengths_are_refused(void **state)
{
	static const uint8_t padded[] = {0x81, 0x00, 0x00},
			     endless[] = {0x80, 0x80, 0x80, 0x80, 0x80},
			     huge[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
	const uint8_t *payload;
	size_t len;

	(void)state;
	assert_int_equal(frame_next(padded, 3, 1000, &payload, &len), FRAME_BAD_LENGTH);
	assert_int_equal(frame_next(endless, 5, 1000, &payload, &len), FRAME_BAD_LENGTH);
	assert_int_equal(frame_next(huge, 5, 1000, &payload, &len), FRAME_TOO_LONG);
}

static void an_empty_frame_is_a_frame(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01};
	const uint8_t *payload;
	size_t len = 9;

	(void)state;
	assert_int_equal(frame_next(bytes, 2, 1000, &payload, &len), 1);
	assert_int_equal(len, 0);
}

static void varints_survive_a_round_trip(void **state)
{
	static const uint64_t values[] = {0,     1,          127,       128,       16383,
					  16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
	uint8_t bytes[VARINT_MAX];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		size_t n = varint_put(bytes, values[i]);

		assert_int_equal(n, varint_size(values[i]));
		assert_int_equal(varint_get(bytes, n, &back), n);
		assert_true(back == values[i]);
		assert_int_equal(varint_get(bytes, n - 1, &back), 0);
	}
}

static void a_varint_of_more_than_64_bits_is_refused(void **state)
{
	static const uint8_t long_one[] = {0xff, 0xff, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff, 0x02};
	uint64_t value;

	(void)state;
	assert_int_equal(varint_get(long_one, sizeof long_one, &value), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packed_frame_is_found_and_parsed),
		cmocka_unit_test(a_part_of_a_frame_needs_more),
		cmocka_unit_test(bad_lengths_are_refused),
		cmocka_unit_test(an_empty_frame_is_a_frame),
		cmocka_unit_test(varints_survive_a_round_trip),
		cmocka_unit_test(a_varint_of_more_than_64_bits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
