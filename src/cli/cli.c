/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, and what they have in common: options, help, errors; see cli.h. */
#include "cli/cli.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static const struct cli_command *const commands[] = {
	&cli_check,       &cli_get,     &cli_help,     &cli_list,   &cli_ports,
	&cli_profile,     &cli_schema,  &cli_simulate, &cli_status, &cli_store,
	&cli_subscribers, &cli_version, &cli_watch,
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const struct cli_option common[] = {
	{"server", "ADDRESS", "the gateway: a socket's path, HOST or HOST:PORT"},
	{"json", NULL, "one JSON object a line, for programs"},
	{"help", NULL, "show this"},
	{0},
};

const struct cli_command *cli_command_at(size_t i)
{
	return i < N_COMMANDS ? commands[i] : NULL;
}

const struct cli_command *cli_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* ---- errors ---- */

int cli_fail(const struct cli *cli, int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "dragoman%s%s: ", cli->command ? " " : "",
		cli->command ? cli->command->name : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

static int unknown_verb(const struct cli *cli, const char *name)
{
	const char *names[N_COMMANDS], *near;

	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i]->name;
	near = conf_nearest(name, names, N_COMMANDS);
	if (near)
		return cli_fail(cli, CLI_USAGE, "there is no verb \"%s\"; did you mean \"%s\"?",
				name, near);
	return cli_fail(cli, CLI_USAGE, "there is no verb \"%s\"; see dragoman help", name);
}

/* ---- options ---- */

static const struct cli_option *find_option(const struct cli_option *options, const char *name,
					    size_t len)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == len && !memcmp(options->name, name, len))
			return options;
	return NULL;
}

static int unknown_option(const struct cli *cli, const char *arg)
{
	const char *names[64], *near;
	size_t n = 0;

	for (const struct cli_option *o = common; o->name; o++)
		names[n++] = o->name;
	if (cli->command && cli->command->options)
		for (const struct cli_option *o = cli->command->options; o->name; o++)
			names[n++] = o->name;
	near = conf_nearest(arg + 2, names, n);
	if (near)
		return cli_fail(cli, CLI_USAGE, "there is no option %s; did you mean --%s?", arg,
				near);
	return cli_fail(cli, CLI_USAGE, "there is no option %s; see dragoman %s%s--help", arg,
			cli->command ? cli->command->name : "", cli->command ? " " : "");
}

static int keep_value(struct cli *cli, const struct cli_option *option, const char *text)
{
	if (cli->n_values == CLI_VALUES_MAX)
		return cli_fail(cli, CLI_USAGE, "too many options");
	cli->values[cli->n_values++] = (struct cli_value){option->name, text};
	if (!strcmp(option->name, "server"))
		cli->server = text;
	else if (!strcmp(option->name, "json"))
		cli->json = true;
	return CLI_DONE;
}

/* One argument that starts with "--", and its value, which may be the next one. */
static int take_option(struct cli *cli, char **argv, int *at)
{
	const char *name = argv[*at] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *option = find_option(common, name, len);

	if (!option && cli->command)
		option = find_option(cli->command->options, name, len);
	if (!option)
		return unknown_option(cli, argv[*at]);
	if (!option->argument && equals)
		return cli_fail(cli, CLI_USAGE, "--%s takes no value", option->name);
	if (!option->argument)
		return keep_value(cli, option, "");
	if (equals)
		return keep_value(cli, option, equals + 1);
	if (!argv[*at + 1])
		return cli_fail(cli, CLI_USAGE, "--%s needs a value: %s", option->name,
				option->argument);
	return keep_value(cli, option, argv[++*at]);
}

/* Short forms that people type without thinking. */
static char *long_form(char *arg)
{
	static char help[] = "--help", version[] = "version";

	if (!strcmp(arg, "-h") || !strcmp(arg, "-?"))
		return help;
	if (!strcmp(arg, "--version") || !strcmp(arg, "-V"))
		return version;
	return arg;
}

static int parse(struct cli *cli, char **argv)
{
	bool options = true;

	for (int i = 1; argv[i]; i++) {
		char *arg = argv[i] = options ? long_form(argv[i]) : argv[i];
		int status = CLI_DONE;

		if (options && !strcmp(arg, "--"))
			options = false;
		else if (options && arg[0] == '-' && arg[1] == '-')
			status = take_option(cli, argv, &i);
		else if (options && arg[0] == '-' && arg[1])
			status = cli_fail(cli, CLI_USAGE, "there is no option %s", arg);
		else if (cli->command)
			cli->args[cli->n_args++] = arg;
		else if (!(cli->command = cli_find(arg)))
			status = unknown_verb(cli, arg);
		if (status)
			return status;
	}
	return CLI_DONE;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	for (size_t i = cli->n_values; i-- > 0;)
		if (!strcmp(cli->values[i].name, name))
			return cli->values[i].text;
	return NULL;
}

int cli_option_number(const struct cli *cli, const char *name, int64_t fallback, int64_t min,
		      int64_t max, int64_t *out)
{
	const char *text = cli_option(cli, name);
	char *end;

	*out = fallback;
	if (!text)
		return 0;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (end != text && !*end && !errno && *out >= min && *out <= max)
		return 0;
	cli_fail(cli, CLI_USAGE, "--%s is a whole number from %lld to %lld, not \"%s\"", name,
		 (long long)min, (long long)max, text);
	return -1;
}

/* ---- help ---- */

static void print_options(const struct cli_option *options)
{
	for (; options && options->name; options++) {
		char name[64];

		snprintf(name, sizeof name, "--%s%s%s", options->name, options->argument ? " " : "",
			 options->argument ? options->argument : "");
		printf("  %-25s  %s\n", name, options->help);
	}
}

static void print_verbs(void)
{
	fputs("dragoman: the command line of the Dragoman protocol gateway\n\n"
	      "usage: dragoman VERB [OPTION...] [ARGUMENT...]\n\n",
	      stdout);
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-12s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nEach verb has --help. Without --server (or DRAGOMAN_SERVER in the environment) the\n"
	      "gateway is the one on this machine. Exit status: 0 done, 1 failed, 2 wrong usage,\n"
	      "3 no gateway, 4 nothing matched. See dragoman(1).\n",
	      stdout);
}

void cli_print_help(const struct cli_command *command)
{
	if (!command) {
		print_verbs();
		return;
	}
	printf("dragoman %s: %s\n\nusage: dragoman %s [OPTION...]%s%s\n\n%s\n", command->name,
	       command->summary, command->name, *command->arguments ? " " : "", command->arguments,
	       command->help);
	print_options(command->options);
	print_options(common);
}

/* ---- running ---- */

static int run(struct cli *cli)
{
	const struct cli_command *command = cli->command;

	if (cli_option(cli, "help") || !command) {
		cli_print_help(command);
		return command || cli_option(cli, "help") ? CLI_DONE : CLI_USAGE;
	}
	if (cli->n_args < command->min_args)
		return cli_fail(cli, CLI_USAGE, "usage: dragoman %s %s", command->name,
				command->arguments);
	if (cli->n_args > command->max_args)
		return cli_fail(cli, CLI_USAGE, "\"%s\" is too much; see dragoman %s --help",
				cli->args[command->max_args], command->name);
	return command->run(cli);
}

int cli_main(int argc, char **argv)
{
	struct cli cli = {.args = calloc((size_t)argc + 1, sizeof *argv)};
	int status;

	setlocale(LC_TIME, "C");
	if (!cli.args)
		return CLI_FAILED;
	status = parse(&cli, argv);
	if (!status)
		status = run(&cli);
	if ((fflush(stdout) || ferror(stdout)) && !status)
		status = cli_fail(&cli, CLI_FAILED, "cannot write: %s", strerror(errno));
	free(cli.args);
	return status;
}
