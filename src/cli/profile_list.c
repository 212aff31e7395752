/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile list, search: the profiles that there are, by maker, model and title. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/jsonl.h"
#include "cli/profile.h"
#include "cli/text.h"

struct entry {
	char *name, *path, *title, *maker, *maturity;
	char *omits;         /* of what its source describes; "" is nothing */
	char *models;        /* all of them, with commas */
	struct buf haystack; /* what search looks through */
};

struct library {
	struct entry *entries;
	size_t n;
};

/* ---- reading ---- */

static char *text_of(const struct conf_node *map, const char *key)
{
	const struct conf_node *node = conf_get(map, key);

	return xstrdup(node && node->kind == CONF_SCALAR ? node->text : "");
}

/* A text or a list of texts. */
static void add_texts(struct buf *out, const struct conf_node *node)
{
	if (!node)
		return;
	if (node->kind == CONF_SCALAR)
		buf_addf(out, "%s%s", out->len ? ", " : "", node->text);
	for (const struct conf_node *n = node->first; n; n = n->next)
		if (n->kind == CONF_SCALAR)
			buf_addf(out, "%s%s", out->len ? ", " : "", n->text);
}

static char *texts_of(const struct conf_node *map, const char *key)
{
	struct buf texts = {0};
	char *out;

	add_texts(&texts, conf_get(map, key));
	out = xstrdup(buf_str(&texts));
	buf_fini(&texts);
	return out;
}

/* The family and its variants: who makes them, and what they are called. */
static void add_identity(struct entry *e, const struct conf_node *map, struct buf *models)
{
	static const char *const keys[] = {"title", "maker", "models"};

	for (size_t i = 0; i < 3; i++)
		add_texts(&e->haystack, conf_get(map, keys[i]));
	add_texts(models, conf_get(map, "models"));
}

static bool read_entry(struct entry *e, char *path, const char *name, size_t name_len)
{
	struct conf_errors errors = {0};
	struct conf_node *root = conf_load(path, &errors);
	const struct conf_node *variants = conf_get(root, "variants");
	struct buf models = {0};
	bool is_profile = root && conf_get(root, "profile");

	if (is_profile) {
		*e = (struct entry){.name = xstrndup(name, name_len),
				    .path = path,
				    .title = text_of(root, "title"),
				    .maker = text_of(root, "maker"),
				    .maturity = text_of(root, "maturity")};
		buf_add_str(&e->haystack, e->name);
		add_identity(e, root, &models);
		for (const struct conf_node *v = variants ? variants->first : NULL; v;
		     v = v->next) {
			buf_addf(&e->haystack, ", %s", v->key ? v->key : "");
			add_identity(e, v, &models);
		}
		e->models = xstrdup(buf_str(&models));
		e->omits = texts_of(root, "omits");
	}
	buf_fini(&models);
	conf_free(&root);
	conf_errors_fini(&errors);
	return is_profile;
}

static bool has(const struct library *library, const char *name, size_t len)
{
	for (size_t i = 0; i < library->n; i++)
		if (!strncmp(library->entries[i].name, name, len) && !library->entries[i].name[len])
			return true;
	return false;
}

/* A name that an earlier directory has is found there. */
static void read_directory(struct library *library, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		size_t len = strlen(name);
		char *path = xasprintf("%s/%s", dir, name);
		struct entry entry;

		if (len > 5 && !strcmp(name + len - 5, ".yaml") && !has(library, name, len - 5) &&
		    read_entry(&entry, path, name, len - 5)) {
			library->entries = xreallocarray(library->entries, library->n + 1,
							 sizeof(*library->entries));
			library->entries[library->n++] = entry;
			path = NULL;
		}
		free(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void library_fini(struct library *library)
{
	for (size_t i = 0; i < library->n; i++) {
		struct entry *e = &library->entries[i];

		free(e->name);
		free(e->path);
		free(e->title);
		free(e->maker);
		free(e->maturity);
		free(e->models);
		free(e->omits);
		buf_fini(&e->haystack);
	}
	free(library->entries);
}

/* ---- showing ---- */

static bool matches(struct entry *e, char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasestr(buf_str(&e->haystack), words[i]))
			return false;
	return true;
}

static void put_entry(const struct entry *e)
{
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "profile");
	jsonl_text(&j, "name", e->name);
	jsonl_text(&j, "title", e->title);
	jsonl_text_if(&j, "maker", e->maker);
	jsonl_text_if(&j, "models", e->models);
	jsonl_text(&j, "maturity", *e->maturity ? e->maturity : "unproven");
	jsonl_text_if(&j, "omits", e->omits);
	jsonl_text(&j, "path", e->path);
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
}

static int show(struct cli *cli, char **words, size_t n_words)
{
	static const char *const heads[] = {"NAME", "MATURITY", "COVERS", "TITLE", "MAKER"};
	const struct conf_texts dirs = profile_dirs(cli);
	struct library library = {0};
	struct table table;
	size_t n = 0;

	for (size_t i = 0; i < dirs.n; i++)
		read_directory(&library, dirs.list[i]);
	table_init(&table, 5, heads);
	for (size_t i = 0; i < library.n; i++) {
		struct entry *e = &library.entries[i];

		if (!matches(e, words, n_words))
			continue;
		n++;
		if (cli->json)
			put_entry(e);
		else
			table_add(&table, (const char *const[]){
						  e->name, *e->maturity ? e->maturity : "unproven",
						  *e->omits ? "part" : "all", e->title, e->maker});
	}
	if (n && !cli->json)
		table_print(&table, 0);
	table_free(&table);
	library_fini(&library);
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
