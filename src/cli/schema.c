/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman schema: the configuration's rows as JSON Schema, for editors. */
#include "base/buf.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "conf/config.h"
#include "link/link.h"
#include "transport/transport.h"

static int run(struct cli *cli)
{
	const struct conf_kinds kinds[] = {*transport_conf_kinds(), *link_conf_kinds()};
	struct buf out = {0};

	if (cli_option(cli, "channels"))
		config_channels_json_schema(kinds, 2, &out);
	else
		config_json_schema(kinds, 2, &out);
	text_write(&out);
	buf_fini(&out);
	return CLI_DONE;
}

static const struct cli_option options[] = {
	{"channels", NULL, "of a file in channels.d, in place of dragoman.yaml"},
	{0},
};

const struct cli_command cli_schema = {
	.name = "schema",
	.arguments = "",
	.summary = "print the JSON Schema of the configuration, for editors",
	.help = "Editors that know the YAML language server complete and check dragoman.yaml with it:\n"
		"dragoman schema >dragoman.schema.json, and in the first line of dragoman.yaml\n"
		"# yaml-language-server: $schema=dragoman.schema.json\n",
	.options = options,
	.run = run,
};
