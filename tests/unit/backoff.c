/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "super/backoff.h"

static const struct backoff_rule rule = {200, 100, 1500, 60000};

static void waits_double_up_to_the_most(void **state)
{
	static const int64_t waits[] = {200, 400, 800, 1500, 1500};
	struct backoff backoff = {0};

	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
		assert_int_equal(backoff_next(&backoff, &rule, 10), waits[i]);
}

static void the_first_may_be_at_once(void **state)
{
	static const struct backoff_rule at_once = {0, 100, 1500, 60000};
	struct backoff backoff = {0};

	(void)state;
	assert_int_equal(backoff_next(&backoff, &at_once, 0), 0);
	assert_int_equal(backoff_next(&backoff, &at_once, 0), 100);
	assert_int_equal(backoff_next(&backoff, &at_once, 0), 200);
}

static void a_long_life_is_forgiven(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	backoff_next(&backoff, &rule, 0);
	backoff_next(&backoff, &rule, 0);
	assert_int_equal(backoff_next(&backoff, &rule, 59999), 800);
	assert_int_equal(backoff_next(&backoff, &rule, 60000), 200);
	assert_int_equal(backoff_next(&backoff, &rule, 0), 400);
}

static void the_longest_waits_do_not_overflow(void **state)
{
	static const struct backoff_rule long_rule = {INT64_MAX / 2 + 1, 1, INT64_MAX, 1};
	struct backoff backoff = {0};

	(void)state;
	backoff_next(&backoff, &long_rule, 0);
	assert_true(backoff_next(&backoff, &long_rule, 0) == INT64_MAX);
	assert_true(backoff_next(&backoff, &long_rule, 0) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_the_most),
		cmocka_unit_test(the_first_may_be_at_once),
		cmocka_unit_test(a_long_life_is_forgiven),
		cmocka_unit_test(the_longest_waits_do_not_overflow),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
