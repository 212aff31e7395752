/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/event_json.h"
#include "cli/jsonl.h"

static void commas_stand_between_members(void **state)
{
	struct buf out = {0};
	struct jsonl j = {.out = &out};

	(void)state;
	jsonl_open(&j, NULL, '{');
	jsonl_integer(&j, "a", -1);
	jsonl_open(&j, "list", '[');
	jsonl_bool(&j, NULL, true);
	jsonl_null(&j, NULL);
	jsonl_close(&j, '[');
	jsonl_open(&j, "empty", '{');
	jsonl_close(&j, '{');
	jsonl_bytes(&j, "bytes", "\2A", 2);
	jsonl_text_if(&j, "absent", "");
	jsonl_time_if(&j, "never", 0);
	jsonl_close(&j, '{');
	assert_string_equal(buf_str(&out), "{\"a\":-1,\"list\":[true,null],\"empty\":{},"
					   "\"bytes\":\"0241\"}");
	buf_fini(&out);
}

static void texts_are_always_json(void **state)
{
	struct buf out = {0};
	struct jsonl j = {.out = &out};

	(void)state;
	jsonl_text(&j, NULL, "a\"\\\n\033°\xff");
	assert_string_equal(buf_str(&out), "\"a\\\"\\\\\\u000a\\u001b°\xef\xbf\xbd\"");
	buf_fini(&out);
}

static void numbers_that_json_has_not_are_null(void **state)
{
	struct buf out = {0};
	struct jsonl j = {.out = &out};

	(void)state;
	jsonl_number(&j, NULL, NAN);
	jsonl_number(&j, NULL, -INFINITY);
	jsonl_number(&j, NULL, 2.5);
	jsonl_natural(&j, NULL, UINT64_MAX);
	assert_string_equal(buf_str(&out), "null,null,2.5,18446744073709551615");
	buf_fini(&out);
}

static void a_reading_is_one_line(void **state)
{
	const struct dragoman_datum values[] = {
		{.tag = "w", .reason = "", .type = DRAGOMAN_VALUE_NUMBER, .as.number = 1.5},
		{.tag = "t", .reason = "over range", .quality = DRAGOMAN_QUALITY_BAD},
	};
	const struct dragoman_event event = {
		.kind = DRAGOMAN_EVENT_READING,
		.seq = 7,
		.device = "scale",
		.time_ns = 1500000000,
		.publisher = "line",
		.incarnation = 255,
		.number = 3,
		.as.reading = {.key = "",
			       .type = "",
			       .stale_reason = "",
			       .values = values,
			       .n_values = 2},
	};
	struct buf out = {0};

	(void)state;
	event_json(&out, &event, NULL);
	assert_string_equal(
		buf_str(&out),
		"{\"event\":\"reading\",\"seq\":7,\"device\":\"scale\","
		"\"time\":\"1970-01-01T00:00:01.500000000Z\",\"publisher\":\"line\","
		"\"incarnation\":\"00000000000000ff\",\"number\":3,\"live\":true,\"values\":["
		"{\"tag\":\"w\",\"type\":\"number\",\"value\":1.5,\"quality\":\"good\"},"
		"{\"tag\":\"t\",\"type\":\"none\",\"value\":null,\"quality\":\"bad\","
		"\"reason\":\"over range\"}]}\n");
	buf_fini(&out);
}

static void what_is_not_shown_gives_no_line(void **state)
{
	const struct dragoman_event event = {.kind = DRAGOMAN_EVENT_POSITION, .device = ""};
	struct buf out = {0};

	(void)state;
	event_json(&out, &event, NULL);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_members),
		cmocka_unit_test(texts_are_always_json),
		cmocka_unit_test(numbers_that_json_has_not_are_null),
		cmocka_unit_test(a_reading_is_one_line),
		cmocka_unit_test(what_is_not_shown_gives_no_line),
	};

	return cmocka_run_group_tests_name("jsonl", tests, NULL, NULL);
}
