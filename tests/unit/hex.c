/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"

static void bytes_are_written_as_pairs(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(hex_text("\x02"
				     "A\r",
				     3, out, sizeof(out)),
			    "02 41 0d");
	assert_string_equal(hex_text("", 0, out, sizeof(out)), "");
}

static void what_does_not_fit_is_cut(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(hex_text("\1\2\3\4", 4, out, sizeof(out)), "01..");
	assert_string_equal(hex_text("\1\2", 2, out, sizeof(out)), "01 02");
}

static void pairs_are_read(void **state)
{
	uint8_t out[4];

	(void)state;
	assert_int_equal(hex_parse("02 41\t0D", out, sizeof(out)), 3);
	assert_memory_equal(out, "\x02\x41\x0d", 3);
	assert_int_equal(hex_parse("", out, sizeof(out)), 0);
}

static void half_a_pair_is_refused(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_int_equal(hex_parse("0", out, sizeof(out)), -1);
	assert_int_equal(hex_parse("0 1", out, sizeof(out)), -1);
	assert_int_equal(hex_parse("0g", out, sizeof(out)), -1);
}

static void more_than_fits_is_refused(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_int_equal(hex_parse("01 02", out, sizeof(out)), 2);
	assert_int_equal(hex_parse("01 02 03", out, sizeof(out)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_written_as_pairs),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(pairs_are_read),
		cmocka_unit_test(half_a_pair_is_refused),
		cmocka_unit_test(more_than_fits_is_refused),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
