/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile list, search: the profiles that there are, by maker, model, title and category. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "cli/jsonl.h"
#include "cli/library.h"
#include "cli/profile.h"
#include "cli/text.h"

static bool matches(struct library_entry *e, char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasestr(buf_str(&e->haystack), words[i]))
			return false;
	return true;
}

static void put_entry(const struct library_entry *e)
{
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "profile");
	jsonl_text(&j, "name", e->name);
	jsonl_text(&j, "title", e->title);
	jsonl_text(&j, "category", e->category);
	jsonl_text_if(&j, "maker", e->maker);
	jsonl_text_if(&j, "models", e->models);
	jsonl_text(&j, "maturity", e->maturity);
	jsonl_text_if(&j, "omits", e->omits);
	jsonl_open(&j, "tests", '{');
	for (int k = 0; k < LIBRARY_PROOFS; k++)
		jsonl_natural(&j, library_proof_name(k), e->tests[k]);
	jsonl_close(&j, '{');
	jsonl_text(&j, "path", e->path);
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
}

static int show(struct cli *cli, char **words, size_t n_words)
{
	static const char *const heads[] = {"NAME",   "CATEGORY", "MATURITY",
					    "COVERS", "TITLE",    "MAKER"};
	const struct conf_texts dirs = profile_dirs(cli);
	struct library library;
	struct table table;
	bool is_empty;
	size_t n = 0;

	library_read(&library, &dirs);
	table_init(&table, 6, heads);
	for (size_t i = 0; i < library.n; i++) {
		struct library_entry *e = &library.entries[i];

		if (!matches(e, words, n_words))
			continue;
		n++;
		if (cli->json)
			put_entry(e);
		else
			table_add(&table, (const char *const[]){e->name, e->category, e->maturity,
								*e->omits ? "part" : "all",
								e->title, e->maker});
	}
	if (n && !cli->json)
		table_print(&table, 0);
	table_free(&table);
	is_empty = library.n == 0;
	library_fini(&library);
	if (is_empty)
		return cli_fail(cli, CLI_NOTHING,
				"no profiles in %s; --profiles says where there are some",
				dirs.list[0]);
	return n ? CLI_DONE : cli_fail(cli, CLI_NOTHING, "no profile matches");
}

const struct profile_tool profile_tool_list = {
	.name = "list",
	.arguments = "",
	.run = show,
};

const struct profile_tool profile_tool_search = {
	.name = "search",
	.arguments = "WORD...",
	.min_args = 1,
	.max_args = 1000,
	.run = show,
};
