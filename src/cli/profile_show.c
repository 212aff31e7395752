/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman profile show: what a profile would send and expect, byte by byte, and the tags that come of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/jsonl.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "profile/outline.h"

static const char *word_of(const struct profile *p, const char *key)
{
	const struct conf_node *node = conf_get(profile_root(p), key);

	return node && node->kind == CONF_SCALAR ? node->text : "";
}

/* ---- for people ---- */

static void print_line(const char *head, const char *text)
{
	struct buf line = {0};

	if (!*text)
		return;
	buf_addf(&line, "%-9s ", head);
	text_safe(&line, text);
	while (line.len && strchr("\n ", buf_bytes(&line)[line.len - 1]))
		line.len--;
	buf_add_str(&line, "\n");
	text_write(&line);
	buf_fini(&line);
}

static void print_node(const char *head, const struct conf_node *node)
{
	struct buf text = {0};

	if (!node)
		return;
	if (node->kind == CONF_SCALAR)
		buf_add_str(&text, node->text);
	for (const struct conf_node *n = node->first; n; n = n->next) {
		buf_addf(&text, "%s%s%s", text.len ? ", " : "", n->key ? n->key : "",
			 n->key ? ": " : "");
		buf_add_str(&text, n->kind == CONF_SCALAR ? n->text : "...");
	}
	print_line(head, buf_str(&text));
	buf_fini(&text);
}

static void print_head(const struct profile *p)
{
	const struct conf_node *root = profile_root(p);

	print_line("title", word_of(p, "title"));
	print_node("maker", conf_get(root, "maker"));
	print_node("models", conf_get(root, "models"));
	print_node("category", conf_get(root, "category"));
	print_node("maturity", conf_get(root, "maturity"));
	print_node("source", conf_get(root, "source"));
	print_node("omits", conf_get(root, "omits"));
	print_node("line", conf_get(root, "line"));
	print_node("link", conf_get(root, "link"));
}

/* "4", "4-11", "4-" of what goes as far as it goes, "-" where nobody can say. */
static const char *place_words(const struct outline_piece *piece, char out[48])
{
	if (!piece->has_place)
		snprintf(out, 48, "-");
	else if (!piece->len)
		snprintf(out, 48, "%zu-", piece->at);
	else if (piece->len == 1)
		snprintf(out, 48, "%zu", piece->at);
	else
		snprintf(out, 48, "%zu-%zu", piece->at, piece->at + piece->len - 1);
	return out;
}

static void print_pieces(const struct outline_part *part)
{
	static const char *const heads[] = {"BYTES", "LENGTH", "FIELD", "TYPE", "GIVES"};
	struct table table;

	table_init(&table, 5, heads);
	for (size_t i = 0; i < part->n_pieces; i++) {
		const struct outline_piece *piece = &part->pieces[i];
		char place[48], len[24] = "";
		struct buf type = {0};

		if (piece->len)
			snprintf(len, sizeof len, "%zu", piece->len);
		buf_addf(&type, "%s%s", piece->type, piece->depth ? ", may be left out" : "");
		table_add(&table, (const char *const[]){place_words(piece, place), len, piece->name,
							buf_str(&type), piece->text});
		buf_fini(&type);
	}
	if (part->n_pieces)
		table_print(&table, 4);
	table_free(&table);
}

static void print_parts(const struct outline *o, enum outline_kind kind)
{
	static const char *const heads[] = {"requests", "commands", "frames"};
	bool is_first = true;

	for (size_t i = 0; i < o->n_parts; i++) {
		const struct outline_part *part = &o->parts[i];

		if (part->kind != kind)
			continue;
		if (is_first)
			printf("\n%s\n", heads[kind]);
		is_first = false;
		if (*part->name)
			printf("  %s: %s%s\n", part->name, part->says,
			       part->is_decode_only ? " (decode-only)" : "");
		else
			printf("   or the record\n");
		if (part->pattern)
			printf("    pattern %s\n", part->pattern);
		print_pieces(part);
	}
}

static void add_tag(void *arg, const char *reading, const char *description,
		    const struct dragoman_tag *tag, uint32_t field)
{
	struct table *table = arg;
	char number[16] = "";

	(void)description;
	if (field)
		snprintf(number, sizeof number, "%u", field);
	table_add(table, (const char *const[]){reading, tag->name,
					       text_type((enum dragoman_value_type)tag->type),
					       tag->unit ? text_unit(tag->unit) : "", number,
					       tag->description ? tag->description : ""});
}

static void print_tags(const struct profile *p)
{
	static const char *const heads[] = {"READING", "TAG", "TYPE", "UNIT", "NUMBER", ""};
	struct table table;

	printf("\ntags\n");
	table_init(&table, 6, heads);
	outline_tags(p, add_tag, &table);
	table_print(&table, 2);
	table_free(&table);
}

/* ---- for programs: an object for each request, frame and tag ---- */

static void end_line(struct jsonl *j)
{
	jsonl_close(j, '{');
	buf_add(j->out, "\n", 1);
	text_write(j->out);
	j->has_before = false;
}

static void put_part(const struct outline_part *part)
{
	static const char *const kinds[] = {"request", "command", "frame"};
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", kinds[part->kind]);
	jsonl_text(&j, "name", part->name);
	jsonl_text_if(&j, "says", part->says);
	jsonl_bool(&j, "decode_only", part->is_decode_only);
	if (part->pattern)
		jsonl_text(&j, "pattern", part->pattern);
	jsonl_open(&j, "fields", '[');
	for (size_t i = 0; i < part->n_pieces; i++) {
		const struct outline_piece *piece = &part->pieces[i];

		jsonl_open(&j, NULL, '{');
		if (piece->has_place)
			jsonl_natural(&j, "offset", piece->at);
		if (piece->len)
			jsonl_natural(&j, "length", piece->len);
		jsonl_text_if(&j, "field", piece->name);
		jsonl_text(&j, "type", piece->type);
		jsonl_text_if(&j, "gives", piece->text);
		if (piece->depth)
			jsonl_bool(&j, "optional", true);
		jsonl_close(&j, '{');
	}
	jsonl_close(&j, '[');
	end_line(&j);
	buf_fini(&line);
}

static void put_tag(void *arg, const char *reading, const char *description,
		    const struct dragoman_tag *tag, uint32_t field)
{
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	(void)arg;
	(void)description;
	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "tag");
	jsonl_text(&j, "tag", tag->name);
	jsonl_text_if(&j, "reading", reading);
	jsonl_text_if(&j, "unit", tag->unit ? tag->unit : "");
	jsonl_text_if(&j, "description", tag->description ? tag->description : "");
	if (field)
		jsonl_natural(&j, "field", field);
	end_line(&j);
	buf_fini(&line);
}

static void show(const struct cli *cli, const struct profile *p)
{
	struct outline *o = outline_new(p);

	if (cli->json) {
		for (size_t i = 0; i < o->n_parts; i++)
			put_part(&o->parts[i]);
		outline_tags(p, put_tag, NULL);
	} else {
		print_head(p);
		for (int kind = 0; kind < OUTLINE_KINDS; kind++)
			print_parts(o, (enum outline_kind)kind);
		print_tags(p);
	}
	outline_free(&o);
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	char *path = profile_path(cli, args[0]);
	struct profile *p = path ? profile_open(cli, path, false) : NULL;
	int status = p ? CLI_DONE : CLI_FAILED;

	(void)n_args;
	if (p)
		show(cli, p);
	profile_free(&p);
	free(path);
	return status;
}

static const char *const options[] = {"variant", NULL};

const struct profile_tool profile_tool_show = {
	.name = "show",
	.arguments = "PROFILE",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.run = run,
};
