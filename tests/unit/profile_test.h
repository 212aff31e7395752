/* SPDX-License-Identifier: Apache-2.0 */
/* A profile in a text: that it passes its own tests, or what is wrong with it. */
#ifndef TESTS_UNIT_PROFILE_TEST_H
#define TESTS_UNIT_PROFILE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "profile/profile.h"

struct bench {
	struct conf_errors errors;
	struct conf_node *root;
	struct profile *profile;
	struct buf text; /* the errors */
};

static inline void load(struct bench *b, const char *text)
{
	*b = (struct bench){0};
	b->root = conf_parse("p.yaml", text, strlen(text), &b->errors);
	assert_non_null(b->root);
	b->profile = profile_compile(b->root, &b->errors);
	conf_errors_print(&b->errors, &b->text);
}

static inline void unload(struct bench *b)
{
	profile_free(&b->profile);
	conf_free(&b->root);
	conf_errors_fini(&b->errors);
	buf_fini(&b->text);
}

/* Every test in the profile passes, and what is written is read back. */
static inline void passes(const char *text)
{
	struct bench b;
	struct buf report = {0};
	struct profile_result result;
	char *decode_only = NULL;

	load(&b, text);
	if (!b.profile)
		print_error("%s", buf_str(&b.text));
	assert_non_null(b.profile);
	result = profile_test(b.profile, &report);
	result.failed += profile_round_trip(b.profile, 100, 1, &report, &decode_only);
	if (result.failed)
		print_error("%s", buf_str(&report));
	assert_int_equal(result.failed, 0);
	assert_true(result.passed > 0);
	free(decode_only);
	buf_fini(&report);
	unload(&b);
}

static inline void complains(const char *text, const char *expected)
{
	struct bench b;

	load(&b, text);
	assert_null(b.profile);
	if (!strstr(buf_str(&b.text), expected))
		fail_msg("expected \"%s\" in\n%s", expected, buf_str(&b.text));
	unload(&b);
}

#define HEAD "profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
#define BINARY "profile: 1\ntitle: x\nsource: here\nlink: raw\n"
#define FROM "source: {manual: here}"

#endif
