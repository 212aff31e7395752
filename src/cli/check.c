/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman check: all that can be said of a configuration or a profile without opening a port. The same
 * check as the supervisor has made before it starts anything. */
#include <stdio.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/jsonl.h"
#include "cli/text.h"
#include "config/secrets.h"
#include "config/verify.h"
#include "profile/profile.h"

static void put_error(struct buf *out, const struct conf_error *error)
{
	struct jsonl j = {.out = out};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", error->is_warning ? "warning" : "error");
	if (error->file) {
		jsonl_text(&j, "file", error->file);
		jsonl_integer(&j, "line", error->line);
		jsonl_integer(&j, "column", error->column);
	}
	jsonl_text(&j, "text", error->text);
	jsonl_close(&j, '{');
	buf_add(out, "\n", 1);
}

static void print_errors(const struct cli *cli, const struct conf_errors *errors)
{
	struct buf out = {0};

	if (!cli->json) {
		conf_errors_print(errors, &out);
		fwrite(buf_str(&out), 1, out.len, stderr);
		buf_fini(&out);
		return;
	}
	for (size_t i = 0; i < errors->n; i++)
		put_error(&out, &errors->list[i]);
	text_write(&out);
	buf_fini(&out);
}

static void print_config(const struct config *config)
{
	struct buf out = {0};

	conf_print(&config_schema, config, 0, &out);
	text_write(&out);
	buf_fini(&out);
}

/* The verdict from what was found; the errors are printed. */
static int report(const struct cli *cli, const char *path, const struct conf_errors *errors)
{
	size_t n_warnings = errors->n - errors->n_errors;

	print_errors(cli, errors);
	if (errors->n_errors)
		return cli_fail(cli, CLI_FAILED, "%s: %zu error%s", path, errors->n_errors,
				errors->n_errors == 1 ? "" : "s");
	if (n_warnings && cli_option(cli, "strict"))
		return cli_fail(cli, CLI_FAILED, "%s: %zu warning%s, and --strict", path,
				n_warnings, n_warnings == 1 ? "" : "s");
	return CLI_DONE;
}

/* ---- profiles ---- */

/* A map that says `profile:` is one; anything else is taken for a configuration. */
static bool is_profile(const char *path)
{
	struct conf_errors errors = {0};
	struct conf_node *root = conf_load(path, &errors);
	bool is = root && root->kind == CONF_MAP && conf_get(root, "profile");

	conf_free(&root);
	conf_errors_fini(&errors);
	return is;
}

static void say_good_profile(const struct cli *cli, const char *path, const char *title)
{
	struct buf out = {0};
	struct jsonl j = {.out = &out};

	if (cli->json) {
		jsonl_open(&j, NULL, '{');
		jsonl_text(&j, "event", "good");
		jsonl_text(&j, "profile", title);
		jsonl_close(&j, '{');
		buf_add(&out, "\n", 1);
	} else {
		buf_addf(&out, "%s: good: ", path);
		text_safe(&out, title);
		buf_add(&out, "\n", 1);
	}
	text_write(&out);
	buf_fini(&out);
}

static int check_profile(const struct cli *cli, const char *path)
{
	struct conf_errors errors = {0};
	struct profile *profile = profile_load(path, &errors);
	int status = report(cli, path, &errors);

	if (!status)
		say_good_profile(cli, path, profile_title(profile));
	profile_free(&profile);
	conf_errors_fini(&errors);
	return status;
}

/* ---- configurations ---- */

static void say_good(const struct cli *cli, const char *path, const struct verified *verified)
{
	struct buf out = {0};
	struct jsonl j = {.out = &out};

	if (cli->json) {
		jsonl_open(&j, NULL, '{');
		jsonl_text(&j, "event", "good");
		jsonl_natural(&j, "channels", verified->config.channels.n);
		jsonl_natural(&j, "devices", verified->n_devices);
		jsonl_close(&j, '{');
		buf_add(&out, "\n", 1);
	} else {
		buf_addf(&out, "%s: good: %zu channels with %zu devices\n", path,
			 verified->config.channels.n, verified->n_devices);
	}
	text_write(&out);
	buf_fini(&out);
}

static int check_config(const struct cli *cli, const char *path)
{
	struct verified verified;
	int status;

	verify(&verified, path);
	status = report(cli, path, &verified.errors);
	if (!status && cli_option(cli, "print")) {
		secrets_hide(&verified);
		print_config(&verified.config);
	} else if (!status) {
		say_good(cli, path, &verified);
	}
	verified_fini(&verified);
	return status;
}

static int run(struct cli *cli)
{
	char *usual[] = {(char[]){CONF_DIR "/dragoman.yaml"}};
	char **paths = cli->n_args ? cli->args : usual;
	int status = CLI_DONE;

	for (size_t i = 0; i < (cli->n_args ? cli->n_args : 1); i++)
		if ((is_profile(paths[i]) ? check_profile : check_config)(cli, paths[i]))
			status = CLI_FAILED;
	return status;
}

static const struct cli_option options[] = {
	{"strict", NULL, "a warning is an error, too"},
	{"print", NULL, "print the effective configuration, which can be used as one"},
	{0},
};

const struct cli_command cli_check = {
	.name = "check",
	.arguments = "[FILE...]",
	.summary = "check configurations and profiles, all errors in one run",
	.help = "Reads FILE (" CONF_DIR
		"/dragoman.yaml) and channels.d beside it, loads the profiles\n"
		"and plugins that it names, and opens no port. FILE may be a profile, too; whether it says\n"
		"the truth is seen by dragoman profile test. Errors are file:line:column: text.\n",
	.max_args = SIZE_MAX,
	.options = options,
	.run = run,
};
