/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile test: runs the tests in profiles, and reads back what they write. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/profile.h"
#include "profile/profile.h"

enum { TRIPS = 1000, SEED = 1 };

/* One profile; whether all is well with it. A warning is an error if it is strict. */
bool profile_test_file(const char *path, bool strict)
{
	struct conf_errors errors = {0};
	struct profile *p = profile_load(path, &errors);
	struct profile_result result = {0};
	char *decode_only = NULL;
	struct buf report = {0};
	size_t failures = 0;
	bool good;

	conf_errors_print(&errors, &report);
	if (p) {
		result = profile_test(p, &report);
		failures = profile_round_trip(p, TRIPS, SEED, &report, &decode_only);
	}
	good = p && !result.failed && !failures && !(strict && errors.n);
	fputs(buf_str(&report), stderr);
	if (p)
		printf("%s: %s: %zu tests passed (%zu on bytes of another implementation), %zu "
		       "failed%s%s\n",
		       path, good ? "good" : "bad", result.passed, result.unproven,
		       result.failed + failures, decode_only ? "; decode-only: " : "",
		       decode_only ? decode_only : "");
	free(decode_only);
	buf_fini(&report);
	profile_free(&p);
	conf_errors_fini(&errors);
	return good;
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	bool strict = cli_option(cli, "strict");
	int status = CLI_DONE;

	for (size_t i = 0; i < n_args; i++) {
		char *path = profile_path(cli, args[i]);

		if (!path || !profile_test_file(path, strict))
			status = CLI_FAILED;
		free(path);
	}
	return status;
}

static const char *const options[] = {"strict", NULL};

const struct profile_tool profile_tool_test = {
	.name = "test",
	.arguments = "[--strict] PROFILE...",
	.min_args = 1,
	.max_args = 1000,
	.options = options,
	.run = run,
};
