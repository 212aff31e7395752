/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman help, dragoman version. */
#include <stdio.h>

#include "cli/cli.h"
#include "config.h"
#include "dragoman/adapter.h"

static const struct cli_option help_options[] = {
	{"names", NULL, "only the verbs, one a line"},
	{0},
};

static void print_names(void)
{
	for (size_t i = 0; cli_command_at(i); i++)
		puts(cli_command_at(i)->name);
}

static int run_help(struct cli *cli)
{
	const struct cli_command *command = NULL;

	if (cli->n_args) {
		command = cli_find(cli->args[0]);
		if (!command)
			return cli_fail(cli, CLI_USAGE, "there is no verb \"%s\"", cli->args[0]);
	}
	if (cli_option(cli, "names"))
		print_names();
	else
		cli_print_help(command);
	return CLI_DONE;
}

const struct cli_command cli_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "show the verbs, or the help of one",
	.help = "",
	.max_args = 1,
	.options = help_options,
	.run = run_help,
};

static int run_version(struct cli *cli)
{
	if (cli->json)
		printf("{\"version\":\"%s\",\"protocol\":1,\"abi\":%d}\n", PACKAGE_VERSION,
		       DRAGOMAN_ABI);
	else
		printf("dragoman %s (protocol 1, adapter ABI %d)\n", PACKAGE_VERSION, DRAGOMAN_ABI);
	return CLI_DONE;
}

const struct cli_command cli_version = {
	.name = "version",
	.arguments = "",
	.summary = "show the version of the program, the protocol and the adapter interface",
	.help = "",
	.run = run_version,
};
