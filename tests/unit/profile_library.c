/* SPDX-License-Identifier: Apache-2.0 */
/* Every profile that is shipped loads without a warning, passes its own tests through the real link and the
 * real adapter, and reads back what it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/profile.h"

enum { TRIPS = 500, LEAST_PROFILES = 50, LEAST_VECTORS = 3 };

static size_t n_profiles, n_bad;

static bool is_one_shipped(const struct profile *p, const struct profile_result *result)
{
	if (getenv("PROFILE"))
		return true;
	return result->passed - result->unproven >= LEAST_VECTORS &&
	       conf_get(profile_root(p), "category");
}

static void check_profile(const char *path)
{
	struct conf_errors errors = {0};
	struct profile *p = profile_load(path, &errors);
	struct buf text = {0};
	struct profile_result result = {0};
	char *decode_only = NULL;
	size_t failures = 0;

	conf_errors_print(&errors, &text);
	if (p) {
		result = profile_test(p, &text);
		failures = profile_round_trip(p, TRIPS, 1, &text, &decode_only);
	}
	print_message("# %s: %zu tests passed, %zu of them on another implementation's bytes; "
		      "decode-only: %s\n",
		      path, result.passed, result.unproven, decode_only ? decode_only : "nothing");
	if (text.len)
		print_message("%s", buf_str(&text));
	if (!p || text.len || failures || result.failed || !is_one_shipped(p, &result)) {
		print_message(
			"# %s: not good; it needs %d tests on bytes of manuals or captures, and a "
			"category\n",
			path, LEAST_VECTORS);
		n_bad++;
	}
	free(decode_only);
	buf_fini(&text);
	conf_errors_fini(&errors);
	profile_free(&p);
	n_profiles++;
}

static void every_shipped_profile_is_right(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/adapters/profiles", top ? top : ".");
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(list[i]->d_name);
		char *file = xasprintf("%s/%s", path, list[i]->d_name);

		if (len > 5 && !strcmp(list[i]->d_name + len - 5, ".yaml"))
			check_profile(file);
		free(file);
		free(list[i]);
	}
	free(list);
	free(path);
	assert_true(n_profiles >= LEAST_PROFILES);
	assert_int_equal(n_bad, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_profile_is_right),
	};

	if (argc > 1) { /* one profile, while it is being written */
		setenv("PROFILE", argv[1], 1);
		check_profile(argv[1]);
		return n_bad != 0;
	}
	return cmocka_run_group_tests_name("profile library", tests, NULL, NULL);
}
