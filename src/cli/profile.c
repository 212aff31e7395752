/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile: the tools for profiles; see profile.h. */
#include "cli/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "profile/profile.h"

static const struct profile_tool *const tools[] = {
	&profile_tool_decode, &profile_tool_doc,  &profile_tool_list,
	&profile_tool_lock,   &profile_tool_new,  &profile_tool_proto,
	&profile_tool_search, &profile_tool_show, &profile_tool_test,
};

enum { N_TOOLS = sizeof tools / sizeof tools[0] };

struct conf_texts profile_dirs(const struct cli *cli)
{
	static char builtin[] = PROFILE_DIR;
	static char *list[2];
	char *own = (char *)(uintptr_t)cli_option(cli, "profiles");
	size_t n = 0;

	if (own)
		list[n++] = own;
	list[n++] = builtin;
	return (struct conf_texts){list, n};
}

char *profile_path(const struct cli *cli, const char *name)
{
	const struct conf_texts dirs = profile_dirs(cli);
	struct err err;
	char *path = profile_find(name, &dirs, &err);

	if (!path)
		cli_fail(cli, CLI_FAILED, "%s", err.text);
	return path;
}

struct profile *profile_open(const struct cli *cli, const char *path, bool has_warnings)
{
	struct conf_errors errors = {0};
	struct profile *p = profile_load_variant(path, cli_option(cli, "variant"), &errors);
	struct buf text = {0};

	if (!p || has_warnings)
		conf_errors_print(&errors, &text);
	fputs(buf_str(&text), stderr);
	if (!p)
		cli_fail(cli, CLI_FAILED, "%s: %zu error%s", path, errors.n_errors,
			 errors.n_errors == 1 ? "" : "s");
	buf_fini(&text);
	conf_errors_fini(&errors);
	return p;
}

static const struct profile_tool *find(const struct cli *cli, const char *name)
{
	const char *names[N_TOOLS], *nearest;

	for (size_t i = 0; i < N_TOOLS; i++) {
		if (!strcmp(tools[i]->name, name))
			return tools[i];
		names[i] = tools[i]->name;
	}
	nearest = conf_nearest(name, names, N_TOOLS);
	cli_fail(cli, CLI_USAGE, "there is no \"profile %s\"; did you mean \"profile %s\"?", name,
		 nearest ? nearest : "test");
	return NULL;
}

/* The verb's options are those of all tools; this one takes some of them. */
static bool takes(const struct profile_tool *tool, const char *option)
{
	static const char *const everywhere[] = {"profiles", "json", "server", NULL};

	for (size_t i = 0; everywhere[i]; i++)
		if (!strcmp(everywhere[i], option))
			return true;
	for (size_t i = 0; tool->options && tool->options[i]; i++)
		if (!strcmp(tool->options[i], option))
			return true;
	return false;
}

static int run(struct cli *cli)
{
	const struct profile_tool *tool = find(cli, cli->args[0]);
	size_t n = cli->n_args - 1;

	if (!tool)
		return CLI_USAGE;
	for (size_t i = 0; i < cli->n_values; i++)
		if (!takes(tool, cli->values[i].name))
			return cli_fail(cli, CLI_USAGE, "profile %s has no option --%s", tool->name,
					cli->values[i].name);
	if (n < tool->min_args || n > tool->max_args)
		return cli_fail(cli, CLI_USAGE, "usage: dragoman profile %s %s", tool->name,
				tool->arguments);
	return tool->run(cli, cli->args + 1, n);
}

static const struct cli_option options[] = {
	{"profiles", "DIRECTORY", "look for profiles there first"},
	{"strict", NULL, "test: a warning is an error: no tests, no lock, a test without source"},
	{"capture", "FILE", "decode, test: the bytes are in this recording, or plain file"},
	{"hex", NULL, "decode: the bytes are in hexadecimal; else \"aa c0\" is, and the rest text"},
	{"text", NULL, "decode: the bytes are a text with escapes, as '\\x02 12.5\\r\\n'"},
	{"payload", NULL, "decode: the bytes are what stands in a frame, without the link's"},
	{"request", "NAME", "decode: the request that they answer"},
	{"parameter", "NAME=VALUE", "decode, test: a parameter of the profile; may be repeated"},
	{"variant", "NAME", "decode, show: one of the profile's variants"},
	{"readings", NULL, "decode: show readings only, and what was refused"},
	{"output", "DIRECTORY", "doc: write NAME.md there for each"},
	{"title", "TEXT", "new: what it is, in one line"},
	{"maker", "TEXT", "new: who makes it"},
	{"models", "LIST", "new: which models"},
	{"source", "TEXT", "new: manual and page that the example is from"},
	{"baud", "NUMBER", "new: bits a second: 9600"},
	{"format", "TEXT", "new: data bits, parity, stop bits: 8N1"},
	{"kind", "KIND", "new: text (lines) or binary (frames of one length, in hexadecimal)"},
	{"end", "BYTES", "new: what a line ends in: '\\r\\n'"},
	{"ask", "BYTES", "new: what the device is asked; left out: it sends by itself"},
	{"answer", "BYTES", "new: an example of what it says"},
	{"tags", "LIST", "new: name or name:unit for each value in it: weight:kg,count"},
	{"yes", NULL, "new: ask nothing"},
	{"check", NULL, "lock: only look whether the lock is up to date"},
	{"descriptor", NULL, "proto: the encoded FileDescriptorSet in place of the text"},
	{0},
};

const struct cli_command cli_profile = {
	.name = "profile",
	.arguments = "TOOL [ARGUMENT...]",
	.summary = "test, show and decode with profiles; their field numbers and .proto",
	.help = "PROFILE is the name of one, or the path of a file. See dragoman-profile(5).\n\n"
		"  decode PROFILE BYTES...  show what each byte is taken for, and where and why it fails\n"
		"  doc PROFILE...           print a page about the device, in Markdown\n"
		"  list                     show the profiles that there are\n"
		"  lock PROFILE...          give each tag its field number: writes NAME.lock beside the file\n"
		"  new NAME                 write a profile to begin with, from one example; asks\n"
		"  proto PROFILE            print the .proto of the messages that the profile gives\n"
		"  search WORD...           list those whose name, title, maker or models have the words\n"
		"  show PROFILE             show what it sends and expects, with offsets, types and units\n"
		"  test PROFILE...          send each test's bytes through the profile's link and fields\n"
		"                           and compare what comes out; then write frames with values from\n"
		"                           all over their fields' domains, and read them back\n",
	.min_args = 1,
	.max_args = 1001,
	.options = options,
	.run = run,
};
