/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile test: runs the tests in profiles, and reads back what they write. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/jsonl.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "profile/profile.h"

enum { TRIPS = 1000, SEED = 1 };

/* What came out of one profile. */
struct outcome {
	const char *path;
	bool is_good;
	struct profile_result result;
	size_t failures; /* of round trips */
	char *decode_only;
	struct buf report;
};

static void print_outcome(struct outcome *o)
{
	fputs(buf_str(&o->report), stderr);
	printf("%s: %s: %zu tests passed (%zu on bytes of another implementation), %zu "
	       "failed%s%s\n",
	       o->path, o->is_good ? "good" : "bad", o->result.passed, o->result.unproven,
	       o->result.failed + o->failures, o->decode_only ? "; decode-only: " : "",
	       o->decode_only ? o->decode_only : "");
}

static void put_outcome(struct outcome *o)
{
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "tested");
	jsonl_text(&j, "profile", o->path);
	jsonl_bool(&j, "good", o->is_good);
	jsonl_natural(&j, "passed", o->result.passed);
	jsonl_natural(&j, "unproven", o->result.unproven);
	jsonl_natural(&j, "failed", o->result.failed + o->failures);
	jsonl_text_if(&j, "decode_only", o->decode_only ? o->decode_only : "");
	jsonl_text_if(&j, "report", buf_str(&o->report));
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
}

bool profile_test_file(const struct cli *cli, const char *path, bool strict)
{
	struct outcome o = {.path = path};
	struct conf_errors errors = {0};
	struct profile *p = profile_load(path, &errors);

	conf_errors_print(&errors, &o.report);
	if (p) {
		o.result = profile_test(p, &o.report);
		o.failures = profile_round_trip(p, TRIPS, SEED, &o.report, &o.decode_only);
	}
	/* A warning is an error if it is strict. */
	o.is_good = p && !o.result.failed && !o.failures && !(strict && errors.n);
	if (cli->json)
		put_outcome(&o);
	else if (p)
		print_outcome(&o);
	else
		fputs(buf_str(&o.report), stderr);
	free(o.decode_only);
	buf_fini(&o.report);
	profile_free(&p);
	conf_errors_fini(&errors);
	return o.is_good;
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	bool strict = cli_option(cli, "strict");
	int status = CLI_DONE;

	if (cli_option(cli, "capture"))
		return profile_decode_capture(cli, args, n_args);
	for (size_t i = 0; i < n_args; i++) {
		char *path = profile_path(cli, args[i]);

		if (!path || !profile_test_file(cli, path, strict))
			status = CLI_FAILED;
		free(path);
	}
	return status;
}

static const char *const options[] = {"strict", "capture", "parameter", "variant", NULL};

const struct profile_tool profile_tool_test = {
	.name = "test",
	.arguments = "[--strict] PROFILE..., or --capture FILE PROFILE",
	.min_args = 1,
	.max_args = 1000,
	.options = options,
	.run = run,
};
