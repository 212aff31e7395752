/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void context_stands_before_the_text(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, "no %s", "answer"), -1);
	assert_int_equal(err_context(&e, "line %d", 4), -1);
	assert_string_equal(e.text, "line 4: no answer");
}

static void errno_is_spelt_out(void **state)
{
	struct err e;

	(void)state;
	errno = EACCES;
	err_errno(&e, "/dev/ttyS0");
	assert_string_equal(e.text, "/dev/ttyS0: Permission denied");
}

static void a_text_that_is_too_long_says_so(void **state)
{
	char longer[2 * ERR_TEXT_SIZE];
	struct err e;

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	err_set(&e, "%s", longer);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
	assert_string_equal(e.text + ERR_TEXT_SIZE - 4, "...");
	err_context(&e, "%s", longer);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_context(NULL, "x"), -1);
	assert_int_equal(err_errno(NULL, "x"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(context_stands_before_the_text),
		cmocka_unit_test(errno_is_spelt_out),
		cmocka_unit_test(a_text_that_is_too_long_says_so),
		cmocka_unit_test(nobody_needs_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
