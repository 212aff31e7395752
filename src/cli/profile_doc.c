/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman profile doc: a page about a device, in Markdown, made from its profile: what it is for, how it is
 * configured, what it measures, what it is asked and told, and what it says.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/library.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "conf/value.h"
#include "profile/outline.h"
#include "profile/profile.h"

/* ---- text ---- */

void profile_put_plain(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\`*_[]<>|#", *text))
			buf_add(out, "\\", 1);
		buf_add(out, *text == '\n' ? " " : text, 1);
	}
}

/* Text between back quotes; those in it, and what would end its cell, are shown otherwise. */
static void put_code(struct buf *out, const char *text)
{
	if (!*text)
		return;
	buf_add(out, "`", 1);
	for (; *text; text++)
		if (*text == '|')
			buf_add_str(out, "\\|");
		else
			buf_add(out, *text == '`' ? "'" : *text == '\n' ? " " : text, 1);
	buf_add(out, "`", 1);
}

static const char *word(const struct conf_node *map, const char *key)
{
	const struct conf_node *node = conf_get(map, key);

	return node && node->kind == CONF_SCALAR ? node->text : "";
}

/* Bytes, where there are some that no text has. */
static void put_scalar(struct buf *out, const struct conf_node *node)
{
	struct conf_bytes bytes = {(uint8_t *)(uintptr_t)node->text, node->text_len};
	struct buf text = {0};

	if (strcspn(node->text, "\r\n\t\x01\x02\x03\x1b") == node->text_len) {
		profile_put_plain(out, node->text);
		return;
	}
	value_bytes_text(&bytes, &text);
	put_code(out, buf_str(&text));
	buf_fini(&text);
}

/* A scalar, a list with commas, or a map as "key: value, key: value". */
static void put_node(struct buf *out, const struct conf_node *node)
{
	if (node->kind == CONF_SCALAR)
		put_scalar(out, node);
	for (const struct conf_node *n = node->first; n; n = n->next) {
		if (n != node->first)
			buf_add_str(out, ", ");
		if (n->key) {
			profile_put_plain(out, n->key);
			buf_add_str(out, ": ");
		}
		put_node(out, n);
	}
}

static void put_row(struct buf *out, const char *head, const struct conf_node *node)
{
	if (!node)
		return;
	buf_addf(out, "| %s | ", head);
	put_node(out, node);
	buf_add_str(out, " |\n");
}

/* ---- the page ---- */

static void put_identity(struct buf *out, const struct conf_node *root, const char *name)
{
	buf_add_str(out, "# ");
	profile_put_plain(out, word(root, "title"));
	buf_addf(out, "\n\n| profile | `%s` |\n| --- | --- |\n", name);
	put_row(out, "maker", conf_get(root, "maker"));
	put_row(out, "models", conf_get(root, "models"));
	put_row(out, "category", conf_get(root, "category"));
	put_row(out, "maturity", conf_get(root, "maturity"));
	put_row(out, "source", conf_get(root, "source"));
	put_row(out, "omits", conf_get(root, "omits"));
	put_row(out, "line", conf_get(root, "line"));
	put_row(out, "link", conf_get(root, "link"));
	if (*word(root, "description")) {
		buf_add_str(out, "\n");
		profile_put_plain(out, word(root, "description"));
		while (out->len && buf_bytes(out)[out->len - 1] == ' ')
			out->len--;
		buf_add_str(out, "\n");
	}
}

static void put_variants(struct buf *out, const struct conf_node *variants)
{
	if (!variants || !variants->n)
		return;
	buf_add_str(out, "\n## Variants\n\n| variant | | models |\n| --- | --- | --- |\n");
	for (const struct conf_node *v = variants->first; v; v = v->next) {
		buf_add_str(out, "| ");
		put_code(out, v->key ? v->key : "");
		buf_add_str(out, " | ");
		profile_put_plain(out, word(v, "title"));
		buf_add_str(out, " | ");
		if (conf_get(v, "models"))
			put_node(out, conf_get(v, "models"));
		buf_add_str(out, " |\n");
	}
}

/* Its parameters without a default must be set: they stand in the example. */
static void put_use(struct buf *out, const struct conf_node *root, const char *name)
{
	const struct conf_node *parameters = conf_get(root, "parameters");
	struct buf needed = {0};

	for (const struct conf_node *p = parameters ? parameters->first : NULL; p; p = p->next)
		if (!conf_get(p, "default"))
			buf_addf(&needed, "%s%s: ...", needed.len ? ", " : "", p->key);
	buf_addf(out,
		 "\n## Configuration\n\n```yaml\nchannels:\n  line:\n    port: {serial: "
		 "/dev/ttyUSB0}\n    devices:\n      device: {profile: %s%s%s%s}\n```\n",
		 name, needed.len ? ", options: {parameters: {" : "", buf_str(&needed),
		 needed.len ? "}}" : "");
	buf_fini(&needed);
	if (!parameters || !parameters->n)
		return;
	buf_add_str(out, "\n| parameter | type | default | |\n| --- | --- | --- | --- |\n");
	for (const struct conf_node *p = parameters->first; p; p = p->next) {
		const char *type = word(p, "type");

		buf_add_str(out, "| ");
		put_code(out, p->key);
		buf_addf(out, " | %s | ", *type ? type : "integer");
		put_code(out, word(p, "default"));
		buf_add_str(out, " | ");
		profile_put_plain(out, word(p, "help"));
		buf_add_str(out, " |\n");
	}
}

struct readings {
	struct buf *out;
	const char *last; /* the reading whose table is open */
};

static void put_tag(void *arg, const char *reading, const char *description,
		    const struct dragoman_tag *tag, uint32_t field)
{
	struct readings *r = arg;
	struct buf *out = r->out;

	if (!r->last || strcmp(r->last, reading) != 0) {
		buf_addf(out, "%s\n", r->last ? "" : "\n## What it measures\n");
		if (*reading) {
			buf_add_str(out, "### ");
			put_code(out, reading);
			buf_add_str(out, *description ? ": " : "");
			profile_put_plain(out, description);
			buf_add_str(out, "\n\n");
		}
		buf_add_str(out,
			    "| tag | type | unit | field | |\n| --- | --- | --- | --- | --- |\n");
		r->last = reading;
	}
	buf_add_str(out, "| ");
	put_code(out, tag->name);
	buf_addf(out, " | %s | ", text_type((enum dragoman_value_type)tag->type));
	profile_put_plain(out, tag->unit ? text_unit(tag->unit) : "");
	if (field)
		buf_addf(out, " | %u | ", field);
	else
		buf_add_str(out, " | | ");
	profile_put_plain(out, tag->description ? tag->description : "");
	buf_add_str(out, " |\n");
}

static void put_piece(struct buf *out, const struct outline_piece *piece)
{
	bool is_constant = !*piece->name;

	buf_add_str(out, "| ");
	if (piece->has_place && piece->len > 1)
		buf_addf(out, "%zu-%zu", piece->at, piece->at + piece->len - 1);
	else if (piece->has_place)
		buf_addf(out, "%zu%s", piece->at, piece->len ? "" : "-");
	buf_add_str(out, " | ");
	put_code(out, piece->name);
	buf_add_str(out, " | ");
	profile_put_plain(out, piece->type);
	buf_addf(out, "%s | ", piece->depth ? ", may be left out" : "");
	(is_constant ? put_code : profile_put_plain)(out, piece->text);
	buf_add_str(out, " |\n");
}

static void put_part(struct buf *out, const struct outline_part *part)
{
	if (*part->name) {
		buf_add_str(out, "\n### ");
		put_code(out, part->name);
		buf_add_str(out, "\n\n");
		profile_put_plain(out, part->says);
		buf_add_str(out, part->is_decode_only ? " (decode-only)\n" : "\n");
	} else {
		buf_add_str(out, "\nor the record\n");
	}
	if (part->pattern) {
		buf_add_str(out, "\npattern ");
		put_code(out, part->pattern);
		buf_add_str(out, "\n");
	}
	if (!part->n_pieces)
		return;
	buf_add_str(out, "\n| bytes | field | type | |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < part->n_pieces; i++)
		put_piece(out, &part->pieces[i]);
}

static void put_parts(struct buf *out, const struct outline *o)
{
	static const char *const heads[] = {"What it is asked", "What it can be told",
					    "What it says"};

	for (int kind = 0; kind < OUTLINE_KINDS; kind++) {
		bool is_first = true;

		for (size_t i = 0; i < o->n_parts; i++) {
			if ((int)o->parts[i].kind != kind)
				continue;
			if (is_first)
				buf_addf(out, "\n## %s\n", heads[kind]);
			is_first = false;
			put_part(out, &o->parts[i]);
		}
	}
}

/* What shows that it is right, by where the bytes are from. */
static void put_tests(struct buf *out, const struct conf_node *tests)
{
	size_t n[LIBRARY_PROOFS];

	if (!tests || !tests->n)
		return;
	buf_addf(out, "\n## What shows that it is right\n\n%zu tests in the profile:", tests->n);
	library_count_tests(tests, n);
	for (int k = 0; k < LIBRARY_PROOFS; k++)
		if (n[k])
			buf_addf(out, " %zu on bytes of a%s %s;", n[k],
				 k == LIBRARY_IMPLEMENTATION ? "nother" : "",
				 library_proof_name(k));
	out->len--;
	buf_add_str(out, ".\n");
}

static void put_page(struct buf *out, const struct profile *p, const char *name)
{
	const struct conf_node *root = profile_root(p);
	struct outline *o = outline_new(p);
	struct readings readings = {.out = out};

	put_identity(out, root, name);
	put_use(out, root, name);
	put_variants(out, conf_get(root, "variants"));
	outline_tags(p, put_tag, &readings);
	put_parts(out, o);
	put_tests(out, conf_get(root, "tests"));
	outline_free(&o);
}

/* ---- the tool ---- */

/* "mt-sics" of "…/mt-sics.yaml". Allocated. */
static char *stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (len > 5 && !strcmp(name + len - 5, ".yaml"))
		len -= 5;
	return xstrndup(name, len);
}

static int write_page(const struct cli *cli, struct buf *page, const char *name)
{
	const char *dir = cli_option(cli, "output");
	char *path;
	FILE *f;
	int status = CLI_DONE;

	if (!dir) {
		text_write(page);
		return CLI_DONE;
	}
	path = xasprintf("%s/%s.md", dir, name);
	f = fopen(path, "we");
	if (f && fwrite(buf_bytes(page), 1, page->len, f) != page->len)
		status = CLI_FAILED;
	if (!f || fclose(f) != 0 || status)
		status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	free(path);
	return status;
}

static int write_device(const struct cli *cli, const char *path)
{
	struct profile *p = profile_open(cli, path, false);
	struct buf page = {0};
	char *name = stem(path);
	int status = CLI_FAILED;

	if (p) {
		put_page(&page, p, name);
		status = write_page(cli, &page, name);
	}
	free(name);
	buf_fini(&page);
	profile_free(&p);
	return status;
}

/* The index, and with a directory a page for each. */
static int write_library(const struct cli *cli)
{
	const struct conf_texts dirs = profile_dirs(cli);
	bool has_pages = cli_option(cli, "output");
	struct library library;
	struct buf page = {0};
	int status;

	library_read(&library, &dirs);
	profile_index(&library, has_pages, &page);
	status = write_page(cli, &page, "index");
	for (size_t i = 0; has_pages && i < library.n && !status; i++)
		status = write_device(cli, library.entries[i].path);
	buf_fini(&page);
	library_fini(&library);
	return status;
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	int status = n_args ? CLI_DONE : write_library(cli);

	for (size_t i = 0; i < n_args && !status; i++) {
		char *path = profile_path(cli, args[i]);

		status = path ? write_device(cli, path) : CLI_FAILED;
		free(path);
	}
	return status;
}

static const char *const options[] = {"output", NULL};

const struct profile_tool profile_tool_doc = {
	.name = "doc",
	.arguments = "[--output DIRECTORY] [PROFILE...]",
	.max_args = 1000,
	.options = options,
	.run = run,
};
