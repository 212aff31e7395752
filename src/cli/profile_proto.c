/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile proto: the messages of a profile, for protoc and the like. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "profile/profile.h"

static int print(const struct cli *cli, const struct profile *p, const char *path)
{
	struct conf_errors errors = {0};
	struct buf out = {0};
	int bad = cli_option(cli, "descriptor") ? profile_descriptor(p, &out, &errors)
						: profile_proto(p, &out, &errors);

	if (bad) {
		struct buf text = {0};

		conf_errors_print(&errors, &text);
		fputs(buf_str(&text), stderr);
		buf_fini(&text);
		bad = cli_fail(cli, CLI_FAILED, "%s has no messages", path);
	}
	text_write(&out);
	buf_fini(&out);
	conf_errors_fini(&errors);
	return bad;
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	char *path = profile_path(cli, args[0]);
	struct profile *p = path ? profile_open(cli, path, false) : NULL;
	int status = p ? print(cli, p, path) : CLI_FAILED;

	(void)n_args;
	profile_free(&p);
	free(path);
	return status;
}

static const char *const options[] = {"descriptor", NULL};

const struct profile_tool profile_tool_proto = {
	.name = "proto",
	.arguments = "[--descriptor] PROFILE",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.run = run,
};
