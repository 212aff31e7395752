/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static bool valid(const char *text)
{
	return utf8_is_valid(text, strlen(text));
}

static void text_is_accepted(void **state)
{
	(void)state;
	assert_true(valid(""));
	assert_true(valid("$GPGGA,123519,4807.038,N"));
	assert_true(valid("sixteen bytes ok 23 \xc2\xb0"
			  "C \xe2\x82\xac \xf0\x9f\x90\xab"));
	assert_true(valid("\xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf"));
	assert_true(utf8_is_valid("a\0b", 3));
}

static void a_lone_byte_is_refused(void **state)
{
	(void)state;
	assert_false(valid("\x80"));
	assert_false(valid("12345678\xbf"));
	assert_false(valid("\xff"));
	assert_false(valid("23 \xb0"
			   "C"));
}

static void a_cut_sequence_is_refused(void **state)
{
	(void)state;
	assert_false(valid("\xc2"));
	assert_false(valid("\xe2\x82"));
	assert_false(valid("\xf0\x9f\x90"));
	assert_false(valid("\xe2\x82 "));
}

static void overlong_forms_are_refused(void **state)
{
	(void)state;
	assert_false(valid("\xc0\xaf"));
	assert_false(valid("\xc1\xbf"));
	assert_false(valid("\xe0\x9f\xbf"));
	assert_false(valid("\xf0\x8f\xbf\xbf"));
}

static void surrogates_and_what_is_too_large_are_refused(void **state)
{
	(void)state;
	assert_false(valid("\xed\xa0\x80"));
	assert_false(valid("\xf4\x90\x80\x80"));
	assert_false(valid("\xf5\x80\x80\x80"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_accepted),
		cmocka_unit_test(a_lone_byte_is_refused),
		cmocka_unit_test(a_cut_sequence_is_refused),
		cmocka_unit_test(overlong_forms_are_refused),
		cmocka_unit_test(surrogates_and_what_is_too_large_are_refused),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
