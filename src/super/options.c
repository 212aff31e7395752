/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of dragomand; the table says all of it. */
#include "super/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config.h"

enum kind { TEXT, FLAG, MS, ENV, HELP, VERSION };

#define AT(field) offsetof(struct super_options, field)

static const struct row {
	const char *name;
	enum kind kind;
	size_t at;
	int64_t fallback_ms;
	const char *argument, *help;
} rows[] = {
	{"config", TEXT, AT(config), 0, "PATH", "the configuration (" CONF_DIR "/dragoman.yaml)"},
	{"check", FLAG, AT(is_check), 0, NULL, "check it, say what is wrong, and end"},
	{"run-dir", TEXT, AT(run_dir), 0, "DIR",
	 "for the lock and the local socket, in place of paths.run"},
	{"data-dir", TEXT, AT(data_dir), 0, "DIR", "for what is kept, in place of paths.data"},
	{"user", TEXT, AT(user), 0, "NAME",
	 "whom the processes run as if started by root, in place of `user` (may be root)"},
	{"libexec", TEXT, AT(libexec), 0, "DIR",
	 "where dragoman-hub and the others are (" HELPER_DIR ")"},
	{"keep-env", ENV, 0, 0, "NAME", "hand this variable on to the processes; may be repeated"},
	{"ping-ms", MS, AT(times.ping_ns), 1000, "MS", "between two pings of a process"},
	{"answer-ms", MS, AT(times.answer_ns), 10000, "MS",
	 "one that has not answered for so long is killed"},
	{"start-ms", MS, AT(times.start_ns), 30000, "MS", "so long a process may take to be ready"},
	{"finish-ms", MS, AT(times.finish_ns), 2000, "MS", "so long it may take to finish"},
	{"check-ms", MS, AT(check_ns), 60000, "MS",
	 "so long the check of the configuration may take"},
	{"restart-first-ms", MS, AT(channel_rule.first_ns), 200, "MS",
	 "wait before a channel is started again; doubles with each time"},
	{"restart-most-ms", MS, AT(channel_rule.most_ns), 30000, "MS",
	 "and this is the longest wait"},
	{"stable-ms", MS, AT(channel_rule.stable_ns), 60000, "MS",
	 "one that ran for so long is started again as if for the first time"},
	{"help", HELP, 0, 0, NULL, "print this"},
	{"version", VERSION, 0, 0, NULL, "print the version"},
};

enum { N_ROWS = sizeof rows / sizeof *rows };

static void print_help(void)
{
	printf("Usage: dragomand [OPTION]...\n"
	       "Starts the gateway's processes, and keeps them running. Stays in the foreground, logs to\n"
	       "standard error. SIGHUP reads the configuration again, SIGTERM ends everything.\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char option[40];

		snprintf(option, sizeof option, "--%s%s%s", rows[i].name,
			 rows[i].argument ? "=" : "", rows[i].argument ? rows[i].argument : "");
		printf("  %-24s %s", option, rows[i].help);
		if (rows[i].kind == MS)
			printf(" (%lld)", (long long)rows[i].fallback_ms);
		putchar('\n');
	}
	printf("\nSee dragomand(8).\n");
}

static int read_ms(const struct row *row, const char *text, int64_t *out)
{
	char *end;
	long long ms;

	errno = 0;
	ms = strtoll(text, &end, 10);
	if (errno || *end || end == text || ms < 1 || ms > 86400000) {
		fprintf(stderr, "dragomand: --%s=%s: milliseconds are wanted, from 1 to 86400000\n",
			row->name, text);
		return -1;
	}
	*out = ms * NS_PER_MS;
	return 0;
}

static int add_env(struct super_options *options, const char *name)
{
	size_t n = 0;

	while (options->keep_env[n])
		n++;
	if (n == OPTIONS_ENV_MAX) {
		fprintf(stderr, "dragomand: --keep-env: at most %d times\n", OPTIONS_ENV_MAX);
		return -1;
	}
	options->keep_env[n] = name;
	return 0;
}

static enum super_options_verdict take(struct super_options *options, const struct row *row,
				       const char *text)
{
	void *at = (char *)options + row->at;

	switch (row->kind) {
	case TEXT: *(const char **)at = text; break;
	case FLAG: *(bool *)at = true; break;
	case MS: return read_ms(row, text, at) < 0 ? OPTIONS_WRONG : OPTIONS_RUN;
	case ENV: return add_env(options, text) < 0 ? OPTIONS_WRONG : OPTIONS_RUN;
	case HELP: print_help(); return OPTIONS_DONE;
	case VERSION: puts("dragomand " PACKAGE_VERSION); return OPTIONS_DONE;
	}
	return OPTIONS_RUN;
}

static void set_fallbacks(struct super_options *options)
{
	const char *libexec = secure_getenv("DRAGOMAN_LIBEXEC");

	*options = (struct super_options){.config = CONF_DIR "/dragoman.yaml",
					  .libexec = libexec ? libexec : HELPER_DIR};
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].kind == MS)
			*(int64_t *)(void *)((char *)options + rows[i].at) =
				rows[i].fallback_ms * NS_PER_MS;
	options->channel_rule.step_ns = 100 * NS_PER_MS;
}

/* The hub is started again at once, and waits less: every client waits with it. */
static void derive_hub_rule(struct super_options *options)
{
	options->hub_rule = options->channel_rule;
	options->hub_rule.first_ns = 0;
	if (options->hub_rule.most_ns > 5 * NS_PER_S)
		options->hub_rule.most_ns = 5 * NS_PER_S;
}

enum super_options_verdict super_options_read(struct super_options *options, int argc, char **argv)
{
	struct option longs[N_ROWS + 1] = {0};
	enum super_options_verdict verdict = OPTIONS_RUN;
	int which, c;

	set_fallbacks(options);
	for (size_t i = 0; i < N_ROWS; i++)
		longs[i] = (struct option){
			rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, 0};
	optind = 0;
	while (verdict == OPTIONS_RUN && (c = getopt_long(argc, argv, "", longs, &which)) != -1)
		verdict = c == 0 ? take(options, &rows[which], optarg) : OPTIONS_WRONG;
	if (verdict == OPTIONS_RUN && optind < argc) {
		fprintf(stderr, "dragomand: %s: there are only options; see --help\n",
			argv[optind]);
		verdict = OPTIONS_WRONG;
	}
	derive_hub_rule(options);
	return verdict;
}
