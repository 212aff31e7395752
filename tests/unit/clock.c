/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void times_are_written_as_in_rfc_3339(void **state)
{
	char out[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_text(0, 0, out), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_text(1763805600123456789, 9, out),
			    "2025-11-22T10:00:00.123456789Z");
	assert_string_equal(clock_text(1763805600123456789, 3, out), "2025-11-22T10:00:00.123Z");
	assert_string_equal(clock_text(-1, 6, out), "1969-12-31T23:59:59.999999Z");
}

static void the_clocks_run_until_they_are_set(void **state)
{
	int64_t before = clock_mono_ns();

	(void)state;
	assert_true(clock_mono_ns() >= before);
	assert_true(clock_wall_ns() > 1577836800 * NS_PER_S); /* 2020 */
	clock_set(5, 7);
	assert_int_equal(clock_wall_ns(), 5);
	assert_int_equal(clock_mono_ns(), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_as_in_rfc_3339),
		cmocka_unit_test(the_clocks_run_until_they_are_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
