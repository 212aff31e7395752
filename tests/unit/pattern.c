/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void good_names_are_accepted(void **state)
{
	(void)state;
	assert_null(name_problem("truck-scale", false));
	assert_null(name_problem("hall2/line_1/truck-scale:A.b", true));
}

static void bad_names_are_refused_with_a_reason(void **state)
{
	char longest[NAME_MAX_LEN + 2];

	(void)state;
	memset(longest, 'x', sizeof longest);
	longest[NAME_MAX_LEN] = '\0';
	assert_null(name_problem(longest, true));
	longest[NAME_MAX_LEN] = 'x';
	longest[NAME_MAX_LEN + 1] = '\0';
	assert_non_null(name_problem(longest, true));
	assert_non_null(name_problem("", true));
	assert_non_null(name_problem("a//b", true));
	assert_non_null(name_problem("/a", true));
	assert_non_null(name_problem("a/", true));
	assert_non_null(name_problem("a/b", false));
	assert_non_null(name_problem("-a", true));
	assert_non_null(name_problem("a b", true));
	assert_non_null(name_problem("$hub", true));
	assert_non_null(name_problem("a+", true));
	assert_non_null(name_problem("w\xc3\xa4ge", true));
}

static void bad_patterns_are_refused_with_a_reason(void **state)
{
	(void)state;
	assert_null(pattern_problem("#"));
	assert_null(pattern_problem("+/b/+"));
	assert_null(pattern_problem("a/#"));
	assert_null(pattern_problem("$channel/+"));
	assert_non_null(pattern_problem("#/a"));
	assert_non_null(pattern_problem("a+/b"));
	assert_non_null(pattern_problem("a#"));
	assert_non_null(pattern_problem("a//b"));
	assert_non_null(pattern_problem(""));
	assert_non_null(pattern_problem("$"));
	assert_non_null(strstr(pattern_problem("a/*"), "'+' is any one level"));
}

static void patterns_match_as_in_mqtt(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{"a/b", "a/b", true},
		{"a/b", "a/bc", false},
		{"a/b", "a", false},
		{"a", "a/b", false},
		{"+", "a", true},
		{"+", "a/b", false},
		{"a/+", "a/b", true},
		{"a/+", "a", false},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a/b/d", false},
		{"#", "a", true},
		{"#", "a/b/c", true},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "ab", false},
		{"+/#", "a", true},
		{"+/b/#", "a/b", true},
		{"#", "$hub", false},
		{"+", "$hub", false},
		{"$hub", "$hub", true},
		{"$channel/+", "$channel/x", true},
		{"$channel/#", "a", false},
		{"+/x", "$channel/x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(pattern_matches(cases[i].pattern, cases[i].name),
				 cases[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names_are_accepted),
		cmocka_unit_test(bad_names_are_refused_with_a_reason),
		cmocka_unit_test(bad_patterns_are_refused_with_a_reason),
		cmocka_unit_test(patterns_match_as_in_mqtt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
