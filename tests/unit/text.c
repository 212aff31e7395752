/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cli/text.h"

static void assert_safe(const char *text, const char *shown)
{
	struct buf out = {0};

	text_safe(&out, text);
	assert_string_equal(buf_str(&out), shown);
	buf_fini(&out);
}

static void what_would_steer_a_terminal_is_shown(void **state)
{
	(void)state;
	assert_safe("plain, °C, 秤", "plain, °C, 秤");
	assert_safe("\033[31mred\r\n", "\\x1b[31mred\\x0d\\x0a");
	assert_safe("del\x7f c1\xc2\x9b", "del\\x7f c1\\xc2\\x9b");
	assert_safe("cut\xe2\x82", "cut\\xe2\\x82");
	assert_safe("overlong\xc0\xaf surrogate\xed\xa0\x80",
		    "overlong\\xc0\\xaf surrogate\\xed\\xa0\\x80");
}

static void characters_are_measured(void **state)
{
	(void)state;
	assert_int_equal(text_char_len("a"), 1);
	assert_int_equal(text_char_len("°"), 2);
	assert_int_equal(text_char_len("秤"), 3);
	assert_int_equal(text_char_len("😀"), 4);
	assert_int_equal(text_char_len("\xff"), 0);
	assert_int_equal(text_char_len("\xf4\x90\x80\x80"), 0);
	assert_int_equal(text_width("µg/m³"), 5);
}

static void numbers_are_short_and_exact(void **state)
{
	char out[TEXT_NUMBER_SIZE];

	(void)state;
	assert_string_equal(text_number(0.1, out), "0.1");
	assert_string_equal(text_number(1012.3, out), "1012.3");
	assert_string_equal(text_number(-5, out), "-5");
	assert_true(strtod(text_number(1.0 / 3, out), NULL) == 1.0 / 3);
}

static void assert_value(struct dragoman_datum datum, const struct dragoman_device_tag *tag,
			 const char *shown)
{
	struct buf out = {0};

	text_value(&out, &datum, tag);
	assert_string_equal(buf_str(&out), shown);
	buf_fini(&out);
}

static void values_of_each_type_are_shown(void **state)
{
	static const struct dragoman_label labels[] = {{0, "off"}, {1, "on"}};
	const struct dragoman_device_tag tag = {.labels = labels, .n_labels = 2};
	const uint8_t bytes[] = {2, 0x41, 13};

	(void)state;
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_NONE}, NULL, "-");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_BOOLEAN, .as.boolean = true},
		     NULL, "true");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_INTEGER, .as.integer = -4},
		     NULL, "-4");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_INTEGER, .as.integer = 1}, &tag,
		     "on");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_INTEGER, .as.integer = 7}, &tag,
		     "7");
	assert_value(
		(struct dragoman_datum){.type = DRAGOMAN_VALUE_NATURAL, .as.natural = UINT64_MAX},
		NULL, "18446744073709551615");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_NUMBER,
					     .as.number = 54.370216666666664},
		     NULL, "54.37021667");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_TEXT, .as.text = "a\n"}, NULL,
		     "a\\x0a");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_DATA, .as.data = {bytes, 3}},
		     NULL, "02 41 0d");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_DATA,
					     .as.data = {(const uint8_t *)"A1", 2}},
		     NULL, "\"A1\"");
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_TIME,
					     .as.time_ns = 1500 * NS_PER_MS},
		     NULL, "1970-01-01T00:00:01.500Z");
}

static void assert_data(const char *bytes, size_t len, const char *shown)
{
	assert_value((struct dragoman_datum){.type = DRAGOMAN_VALUE_DATA,
					     .as.data = {(const uint8_t *)bytes, len}},
		     NULL, shown);
}

static void bytes_that_are_text_are_shown_as_text(void **state)
{
	(void)state;
	assert_data("", 0, "\"\"");
	assert_data("S S     12.50 kg\r\n", 18, "\"S S     12.50 kg\\r\\n\"");
	assert_data("\002say \"a\\b\"\t.", 12, "\"\\x02say \\\"a\\\\b\\\"\\t.\"");
	assert_data("one\0two", 7, "6f 6e 65 00 74 77 6f");
	assert_data("text\xff", 5, "74 65 78 74 ff");
}

static void ages_and_sizes_are_rounded(void **state)
{
	char out[TEXT_SHORT_SIZE];

	(void)state;
	assert_string_equal(text_age(-5, out), "0.0 s");
	assert_string_equal(text_age(1500 * NS_PER_MS, out), "1.5 s");
	assert_string_equal(text_age(119 * NS_PER_S, out), "119 s");
	assert_string_equal(text_age(300 * NS_PER_S, out), "5 min");
	assert_string_equal(text_age(3 * 3600 * NS_PER_S, out), "3 h");
	assert_string_equal(text_age(72 * 3600 * NS_PER_S, out), "3 d");
	assert_string_equal(text_size(0, out), "0 B");
	assert_string_equal(text_size(16 << 20, out), "16.0 MiB");
	assert_string_equal(text_size(UINT64_MAX, out), "16.0 EiB");
}

static void assert_time(const char *text, int64_t seconds)
{
	int64_t ns;

	assert_int_equal(text_parse_time(text, 1700000000 * NS_PER_S, &ns), 0);
	assert_int_equal(ns, seconds * NS_PER_S);
}

/* 1700000000 is 2023-11-14T22:13:20Z. */
static void times_are_read_as_people_give_them(void **state)
{
	int64_t ns;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_time("30s", 1700000000 - 30);
	assert_time("1.5h", 1700000000 - 5400);
	assert_time("2023-11-14T22:13:20Z", 1700000000);
	assert_time("2023-11-14T23:13:20+01:00", 1700000000);
	assert_time("2023-11-14 22:13:20", 1700000000);
	assert_time("22:13", 1700000000 - 20);
	assert_time("22:13:20", 1700000000);
	assert_time("2023-11-14", 1700000000 - (22 * 60 + 13) * 60 - 20);
	assert_int_equal(text_parse_time("2023-11-14T22:13:20.25Z", 0, &ns), 0);
	assert_int_equal(ns, 1700000000 * NS_PER_S + NS_PER_S / 4);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"",      "soon",   "5",         "-3s",
					  "25:00", "22:13x", "10:00:00.", "1e30h"};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(text_parse_time(bad[i], 0, &ns), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_steer_a_terminal_is_shown),
		cmocka_unit_test(characters_are_measured),
		cmocka_unit_test(numbers_are_short_and_exact),
		cmocka_unit_test(values_of_each_type_are_shown),
		cmocka_unit_test(bytes_that_are_text_are_shown_as_text),
		cmocka_unit_test(ages_and_sizes_are_rounded),
		cmocka_unit_test(times_are_read_as_people_give_them),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
