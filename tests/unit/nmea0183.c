/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and dates of the adapter nmea0183, against the C library's. What sentences become is in
 * tests/golden/nmea0183. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../adapters/nmea0183/calendar.h"
#include "../../adapters/nmea0183/number.h"

static struct text text(const char *s)
{
	return (struct text){s, strlen(s)};
}

static void decimals_are_rounded_as_the_library_does(void **state)
{
	char s[64];
	struct decimal d;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		int places = rand() % 9, digits = rand() % 6;

		snprintf(s, sizeof(s), "%s%0*d.%0*d", rand() % 4 ? "" : "-", digits,
			 rand() % 100000, places, places ? rand() % 100000000 : 0);
		assert_int_equal(decimal_read(text(s), &d), 0);
		if (decimal_scale(d, 1, 1) != strtod(s, NULL))
			fail_msg("%s is %.17g", s, decimal_scale(d, 1, 1));
	}
}

static void degrees_are_rounded_once(void **state)
{
	char s[64];
	struct decimal d;
	double degrees;

	(void)state;
	srand(2);
	for (int i = 0; i < 20000; i++) {
		int whole = rand() % 180, minutes = rand() % 60, rest = rand() % 10000000;
		long double exact = whole + (minutes + rest / 1e7L) / 60;

		snprintf(s, sizeof(s), "%d%02d.%07d", whole, minutes, rest);
		assert_int_equal(decimal_read(text(s), &d), 0);
		assert_int_equal(decimal_degrees(d, &degrees), 0);
		if (fabsl((long double)degrees - exact) >
		    (nextafter(degrees, 999) - degrees) * 0.5001L)
			fail_msg("%s is %.17g", s, degrees);
	}
	assert_int_equal(decimal_read(text("4760.0"), &d), 0);
	assert_int_equal(decimal_degrees(d, &degrees), -1);
	assert_int_equal(decimal_read(text("-4717.0"), &d), 0);
	assert_int_equal(decimal_degrees(d, &degrees), -1);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
		"",   ".",  "-",   "+.", "1.2.3", "1e3", "0x1",
		" 1", "1 ", "--1", "1-", "1,5",   "nan", "1234567890123456"};
	struct decimal d;
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (decimal_read(text(bad[i]), &d) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(decimal_read(text("1."), &d), 0);
	assert_int_equal(decimal_read(text(".5"), &d), 0);
	assert_int_equal(decimal_read(text("0.12345678901234567890"), &d), 0);
	assert_true(fabs(decimal_scale(d, 1, 1) - 0.1234567890123456) < 1e-14);
	assert_int_equal(integer_read(text("0123"), &n), 0);
	assert_int_equal(n, 123);
	assert_int_equal(integer_read(text("-1"), &n), -1);
	assert_int_equal(integer_read(text("1234567890"), &n), -1);
}

static void days_are_those_of_the_calendar(void **state)
{
	(void)state;
	for (int64_t day = 3652; day < 40000; day += 7) { /* 1980 to 2079 */
		time_t t = (time_t)day * 86400;
		struct tm tm;
		char s[16];
		int64_t got;

		gmtime_r(&t, &tm);
		snprintf(s, sizeof(s), "%02d%02d%02d", tm.tm_mday % 100, (tm.tm_mon + 1) % 100,
			 tm.tm_year % 100);
		assert_int_equal(calendar_date(text(s), &got), 0);
		assert_int_equal(got, day);
	}
}

static void dates_and_times_that_there_are_not_are_refused(void **state)
{
	static const char *const dates[] = {"310224", "290223", "000124",  "320124", "011324",
					    "010024", "01012",  "0101245", "ab0124", "      "};
	static const char *const times[] = {"240000",  "126000",   "120061", "12000",   "12000x",
					    "120000x", "120000,5", "-20000", "120000.x"};
	int64_t out;

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		if (calendar_date(text(dates[i]), &out) == 0)
			fail_msg("date %s was taken", dates[i]);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (calendar_time(text(times[i]), &out) == 0)
			fail_msg("time %s was taken", times[i]);
	assert_int_equal(calendar_time(text("235960.25"), &out), 0);
	assert_int_equal(out, 86400250000000);
	assert_int_equal(calendar_time(text("000000.1234567899"), &out), 0);
	assert_int_equal(out, 123456789);
	assert_int_equal(calendar_day(text("29"), text("2"), text("2024"), &out), 0);
	assert_int_equal(calendar_day(text("29"), text("2"), text("2023"), &out), -1);
}

static void a_date_is_good_for_half_a_day(void **state)
{
	const int64_t hour = 3600000000000, wall = 1793836800000000000;
	struct calendar calendar = {0};
	const char *reason;
	int64_t ns;

	(void)state;
	assert_int_equal(calendar_complete(&calendar, hour, wall), 0);
	assert_int_equal(calendar_full(&calendar, 20000, 23 * hour, wall, &ns, &reason),
			 CALENDAR_GOOD);
	assert_int_equal(calendar_complete(&calendar, hour, wall + 2 * hour), ns + 2 * hour);
	assert_int_equal(calendar_complete(&calendar, 2 * hour, wall + 15 * hour), 0);
	assert_int_equal(calendar_complete(&calendar, 2 * hour, wall - 15 * hour), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_are_rounded_as_the_library_does),
		cmocka_unit_test(degrees_are_rounded_once),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(days_are_those_of_the_calendar),
		cmocka_unit_test(dates_and_times_that_there_are_not_are_refused),
		cmocka_unit_test(a_date_is_good_for_half_a_day),
	};

	return cmocka_run_group_tests_name("nmea0183", tests, NULL, NULL);
}
