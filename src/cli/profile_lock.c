/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile lock: brings the field numbers of a profile's tags up to date. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/jsonl.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "profile/profile.h"

/* Whether the file holds this text already. */
static bool holds(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "re");
	char *bytes = f ? xmalloc(text->len + 1) : NULL;
	bool is_same = f && fread(bytes, 1, text->len + 1, f) == text->len &&
		       !memcmp(bytes, buf_bytes(text), text->len);

	if (f)
		fclose(f);
	free(bytes);
	return is_same;
}

/* Whole or not at all. */
static int replace(const char *path, const struct buf *text)
{
	char *new = xasprintf("%s.new", path);
	FILE *f = fopen(new, "we");
	bool is_written = f && fwrite(buf_bytes(text), 1, text->len, f) == text->len;
	int saved = errno, status;

	if (f && fclose(f) != 0 && is_written) {
		saved = errno;
		is_written = false;
	}
	status = is_written && rename(new, path) == 0 ? 0 : -1;
	if (is_written)
		saved = errno;
	if (status < 0)
		remove(new);
	errno = saved;
	free(new);
	return status;
}

static int say(const struct cli *cli, const char *path, const char *state)
{
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	if (!cli->json) {
		printf("%s: %s\n", path, state);
		return CLI_DONE;
	}
	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "locked");
	jsonl_text(&j, "path", path);
	jsonl_text(&j, "state", state);
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
	return CLI_DONE;
}

/* One profile and its lock's path. */
static int lock(const struct cli *cli, const struct profile *p, const char *path)
{
	struct buf text = {0};
	int status;

	profile_lock_text(p, &text);
	if (holds(path, &text))
		status = say(cli, path, "up to date");
	else if (cli_option(cli, "check"))
		status = cli_fail(cli, CLI_FAILED, "%s is missing or behind", path);
	else if (replace(path, &text) < 0)
		status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	else
		status = say(cli, path, "written");
	buf_fini(&text);
	return status;
}

int profile_lock_file(const struct cli *cli, const char *name)
{
	char *path = profile_path(cli, name), *lock_path;
	struct profile *p = path ? profile_open(cli, path, false) : NULL;
	int status = CLI_FAILED;

	if (p) {
		lock_path = profile_lock_path(path);
		status = lock(cli, p, lock_path);
		free(lock_path);
	}
	profile_free(&p);
	free(path);
	return status;
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < n_args; i++)
		if (profile_lock_file(cli, args[i]))
			status = CLI_FAILED;
	return status;
}

static const char *const options[] = {"check", NULL};

const struct profile_tool profile_tool_lock = {
	.name = "lock",
	.arguments = "[--check] PROFILE...",
	.min_args = 1,
	.max_args = 1000,
	.options = options,
	.run = run,
};
