/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line. A verb is one struct cli_command in a file of its own, listed in the table of cli.c;
 * from it come parsing, --help, the list of verbs and what the shell completes.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NO_GATEWAY = 3, /* it could not be reached, or was lost for good */
	CLI_NOTHING = 4,    /* nothing matched the patterns */
};

struct cli_option {
	const char *name;     /* without its dashes */
	const char *argument; /* what to call its value in the help; NULL: it has none */
	const char *help;     /* one line */
};

struct cli;

struct cli_command {
	const char *name;
	const char *arguments; /* as the usage line shows them, "[PATTERN...]" */
	const char *summary;   /* one line for the list of verbs */
	const char *help;      /* whole lines, shown as they are */
	size_t min_args, max_args;
	const struct cli_option *options; /* ends with a row without name; may be NULL */
	int (*run)(struct cli *cli);      /* enum cli_exit */
};

enum { CLI_VALUES_MAX = 16 };

struct cli {
	const struct cli_command *command;
	const char *server; /* --server, or NULL */
	bool json;
	char **args;
	size_t n_args;
	struct cli_value {
		const char *name, *text;
	} values[CLI_VALUES_MAX];
	size_t n_values;
};

extern const struct cli_command cli_check, cli_get, cli_help, cli_list, cli_ports, cli_profile,
	cli_schema, cli_simulate, cli_status, cli_store, cli_subscribers, cli_version, cli_watch;

/* All of main: parses, runs the verb, makes sure that its output was written. */
int cli_main(int argc, char **argv);

/* The rows of the table in order, NULL behind the last. */
const struct cli_command *cli_command_at(size_t i);
const struct cli_command *cli_find(const char *name);
/* Prints a verb's help, or the list of verbs (NULL), on stdout. */
void cli_print_help(const struct cli_command *command);

/* The value of an option, the last one if it was given several times; NULL if it was not given. A
 * flag's value is "". */
const char *cli_option(const struct cli *cli, const char *name);
/* A whole number within bounds; fallback if the option was not given. -1 after saying what is wrong. */
int cli_option_number(const struct cli *cli, const char *name, int64_t fallback, int64_t min,
		      int64_t max, int64_t *out);

/* "dragoman watch: ..." on stderr; returns the status given, to end with "return cli_fail(...)". */
int cli_fail(const struct cli *cli, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
