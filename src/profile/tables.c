/* SPDX-License-Identifier: Apache-2.0 */
/* Raw values as the keys of maps: tables of codes, and values that mean something else. */
#include <stdlib.h>
#include <string.h>

#include "profile/arena.h"
#include "profile/charset.h"
#include "profile/constant.h"
#include "profile/load.h"
#include "profile/steps.h"
#include "profile/type.h"

bool field_is_text(const struct field *f)
{
	return f->type.kind >= TYPE_CHOICE;
}

/* Keys of a text are in UTF-8, the field's bytes in its charset. */
static int keep_text_key(struct steps_compiler *c, const struct conf_node *node,
			 const struct field *field, struct table_row *row)
{
	enum charset charset = (enum charset)field->type.charset;
	struct buf bytes = {0};
	int bad;

	if (charset <= CHARSET_UTF8)
		return 0;
	bad = charset_write(charset, row->bytes, row->len, &bytes);
	row->bytes = arena_copy(c->arena, buf_bytes(&bytes), bytes.len);
	row->len = bytes.len;
	buf_fini(&bytes);
	if (bad)
		conf_error(c->loader->errors, node, "%s has no such character",
			   charset_names[charset]);
	return bad;
}

/* A key as the raw value of the field: the text itself, or a number, which may be in hexadecimal. */
int steps_raw_key(struct steps_compiler *c, const struct conf_node *node, const char *key,
		  const struct field *field, struct table_row *row)
{
	row->is_text = field_is_text(field);
	row->bytes = (const uint8_t *)key;
	row->len = strlen(key);
	if (row->is_text)
		return keep_text_key(c, node, field, row);
	if (raw_from_text(key, &row->number))
		return 0;
	conf_error(c->loader->errors, node, "\"%s\" is no value of the field %s, which is a number",
		   key, field->name);
	return -1;
}

static int read_row(struct steps_compiler *c, const struct conf_node *node,
		    const struct field *field, enum dragoman_type type, struct table_row *row)
{
	if (constant_read(node, type, &row->value) < 0)
		return steps_wrong(c, node, "that is no value of the tag's type");
	return steps_raw_key(c, node, node->key, field, row);
}

int steps_table(struct steps_compiler *c, const struct conf_node *node, const struct field *field,
		enum dragoman_type type, const struct table **out)
{
	struct table *table = arena_alloc(c->arena, sizeof(*table));
	struct table_row *rows;
	int bad = 0;

	if (node->kind != CONF_MAP || !node->n)
		return steps_wrong(c, node, "expected {raw value: value}");
	rows = arena_alloc(c->arena, node->n * sizeof(*rows));
	for (const struct conf_node *n = node->first; n; n = n->next) {
		if (strcmp(n->key, "default"))
			bad |= read_row(c, n, field, type, &rows[table->n++]);
		else if (constant_read(n, type, &table->other) < 0)
			bad = steps_wrong(c, n, "that is no value of the tag's type");
	}
	table->rows = rows;
	*out = table;
	return bad;
}

/* ---- special values ---- */

struct special_source {
	struct conf_item item;
	char *bad, *uncertain;
};

static const struct conf_row special_rows[] = {
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct special_source, bad),
	 .help = "there is no value, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct special_source, uncertain),
	 .help = "the value is uncertain, for this reason"},
	{.key = NULL},
};

const struct conf_schema profile_special_schema = {"special value", special_rows,
						   sizeof(struct special_source), NULL};

/* A number is compared as one; anything else is a text that stands in place of the value. */
static void read_special_key(const char *key, const struct field *field, struct special *out)
{
	char *end;

	out->bytes = (const uint8_t *)key;
	out->len = strlen(key);
	out->is_text = field_is_text(field);
	if (out->is_text || raw_from_text(key, &out->number))
		return;
	out->number = (struct raw){.kind = RAW_NUMBER, .as.number = strtod(key, &end)};
	out->is_text = end == key || *end;
}

static int read_special(struct steps_compiler *c, const struct conf_node *node,
			const struct field *field, struct special *out)
{
	struct special_source source = {0};
	int bad = conf_read(&profile_special_schema, node, &source, c->loader->errors);

	if (!bad)
		bad = steps_quality(c, node, source.bad, source.uncertain, &out->quality,
				    &out->reason);
	if (!bad && !out->reason)
		bad = steps_wrong(c, node, "expected {bad: reason} or {uncertain: reason}");
	conf_fini(&profile_special_schema, &source);
	read_special_key(node->key, field, out);
	return bad;
}

int steps_specials(struct steps_compiler *c, const struct conf_node *node, struct field *field)
{
	struct special *list;
	int bad = 0;

	if (node->kind != CONF_MAP || !node->n)
		return steps_wrong(c, node, "expected {raw value: {bad: reason}}");
	if (field->n_specials && field->special_node == node)
		return 0; /* of a field that all elements share */
	if (field->n_specials)
		return steps_wrong(c, node,
				   "the field has special values already, from another tag");
	list = arena_alloc(c->arena, node->n * sizeof(*list));
	for (const struct conf_node *n = node->first; n; n = n->next)
		bad |= read_special(c, n, field, &list[field->n_specials++]);
	field->specials = list;
	field->special_node = node;
	return bad;
}
