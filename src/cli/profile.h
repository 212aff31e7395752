/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman profile: tools for profiles. Each is one struct profile_tool in a file of its own, listed in the
 * table of profile.c, which finds profiles for them and checks their options.
 */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "conf/conf.h"

struct library;
struct profile;

struct profile_tool {
	const char *name;
	const char *arguments; /* as the usage line shows them */
	size_t min_args, max_args;
	const char *const *options; /* those of the verb's that it takes; NULL at the end */
	/* args are those behind the tool's name. */
	int (*run)(struct cli *cli, char **args, size_t n_args);
};

extern const struct profile_tool profile_tool_decode, profile_tool_doc, profile_tool_list,
	profile_tool_lock, profile_tool_new, profile_tool_proto, profile_tool_search,
	profile_tool_show, profile_tool_test;

/* Where profiles are looked for: --profiles, then where they were installed. */
struct conf_texts profile_dirs(const struct cli *cli);
/* The file of a profile by name or path, allocated; NULL after saying what is wrong. */
char *profile_path(const struct cli *cli, const char *name);
/* Loads it, and prints its errors and, if warnings are wanted, these too. NULL after saying what is wrong. */
struct profile *profile_open(const struct cli *cli, const char *path, bool has_warnings);

/* What the tools test and lock do with one profile. Whether it is good; an enum cli_exit. */
bool profile_test_file(const struct cli *cli, const char *path, bool strict);
int profile_lock_file(const struct cli *cli, const char *name);
/* A page about the library, in Markdown; with links to NAME.md beside it, if these are written. */
void profile_index(const struct library *library, bool has_pages, struct buf *out);
/* Text of a profile as Markdown shows it: nothing in it is markup, and it stays in its cell. */
void profile_put_plain(struct buf *out, const char *text);
/* Runs --capture through the one profile in args, and shows readings and what was refused. */
int profile_decode_capture(struct cli *cli, char **args, size_t n_args);

#endif
