/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile test: runs the tests in profiles, and reads back what they write. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "profile/profile.h"

enum { TRIPS = 1000, SEED = 1 };

/* One profile; whether all is well with it. A warning is an error if it is strict. */
static bool test_file(const char *path, bool strict)
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

static int run(struct cli *cli)
{
	char builtin[] = PROFILE_DIR;
	char *list[] = {builtin};
	const struct conf_texts dirs = {list, 1};
	bool strict = cli_option(cli, "strict");
	int status = CLI_DONE;

	if (strcmp(cli->args[0], "test") != 0)
		return cli_fail(cli, CLI_USAGE,
				"there is no \"profile %s\"; did you mean \"profile test\"?",
				cli->args[0]);
	for (size_t i = 1; i < cli->n_args; i++) {
		struct err err;
		char *path = profile_find(cli->args[i], &dirs, &err);

		if (!path)
			status = cli_fail(cli, CLI_FAILED, "%s", err.text);
		else if (!test_file(path, strict))
			status = CLI_FAILED;
		free(path);
	}
	return status;
}

static const struct cli_option options[] = {
	{"strict", NULL, "a warning is an error: no tests, a test without source"},
	{0},
};

const struct cli_command cli_profile = {
	.name = "profile",
	.arguments = "test PROFILE...",
	.summary = "run the tests in profiles",
	.help = "Sends each test's bytes through the profile's link and the adapter and compares what comes\n"
		"out; then writes frames with values from all over their fields' domains, and reads them\n"
		"back. PROFILE is the name of one, or the path of a file. See dragoman-profile(5).\n",
	.min_args = 2,
	.max_args = 1000,
	.options = options,
	.run = run,
};
