/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as a list of a manual page (mdoc): key, what is expected, bounds, fallback, help. */
#include <string.h>

#include "conf/conf.h"
#include "conf/rows.h"

/* Text of ours as mdoc wants it: no line starts a macro, a backslash is a backslash. */
static void add_text(const char *text, struct buf *out)
{
	if (*text == '.' || *text == '\'')
		buf_add_str(out, "\\&");
	for (; *text; text++)
		if (*text == '\\')
			buf_add_str(out, "\\e");
		else
			buf_add(out, text, 1);
}

/* As the argument of a macro: in quotes, since it may have blanks and what looks like a macro. */
static void add_argument(const char *text, struct buf *out)
{
	buf_add_str(out, "\"\\&");
	for (; *text; text++)
		if (*text == '\\')
			buf_add_str(out, "\\e");
		else if (*text == '"')
			buf_add_str(out, "\\(dq");
		else if (*text == '-')
			buf_add_str(out, "\\-");
		else
			buf_add(out, text, 1);
	buf_add_str(out, "\"");
}

static void add_sentence(const char *help, struct buf *out)
{
	struct buf text = {0};

	buf_add_str(&text, help);
	if (*help >= 'a' && *help <= 'z')
		buf_bytes(&text)[0] = (uint8_t)(*help - 'a' + 'A');
	add_text(buf_str(&text), out);
	buf_add_str(out, ".\n");
	buf_fini(&text);
}

static const char *unit_of_bounds(const struct conf_row *row)
{
	switch (row->type) {
	case CONF_TEXT: return " characters";
	case CONF_BYTES: return " bytes";
	case CONF_TEXTS:
	case CONF_EACH:
	case CONF_LIST_OF: return " entries";
	default: return "";
	}
}

static void add_facts(const struct conf_row *row, struct buf *out)
{
	struct buf expected = {0}, bounds = {0};

	rows_expected(row, SIZE_MAX, &expected);
	rows_bounds(row, &bounds);
	if (row->type != CONF_ANY && row->type != CONF_GROUP) {
		buf_add_str(out, "Expects ");
		add_text(buf_str(&expected), out);
		/* How long a text may be at most is of interest to nobody before it is too long. */
		if (bounds.len && !(row->type == CONF_TEXT && row->min <= 1))
			buf_addf(out, ", %s%s", buf_str(&bounds), unit_of_bounds(row));
		buf_add_str(out, ".\n");
	}
	if (row->flags & CONF_REQUIRED)
		buf_add_str(out, "Must be given.\n");
	if (row->fallback) {
		buf_add_str(out, "If left out:\n.Ql ");
		add_argument(row->fallback, out);
		buf_add_str(out, " .\n");
	}
	buf_fini(&expected);
	buf_fini(&bounds);
}

static void add_row(const struct conf_row *row, struct buf *out)
{
	buf_add_str(out, ".It Ic ");
	add_argument(row->key, out);
	buf_add_str(out, "\n");
	if (row->help)
		add_sentence(row->help, out);
	add_facts(row, out);
	if (row->type == CONF_GROUP)
		conf_mdoc(row->schema, out);
}

void conf_mdoc(const struct conf_schema *schema, struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width Ds\n");
	for (const struct conf_row *row = schema->rows; row->key; row++)
		add_row(row, out);
	buf_add_str(out, ".El\n");
}

/* ---- kinds ---- */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* They differ at most in where they are read into. */
static bool is_same(const struct conf_row *a, const struct conf_row *b)
{
	return !strcmp(a->key, b->key) && a->type == b->type && a->schema == b->schema &&
	       a->min == b->min && a->max == b->max && a->flags == b->flags &&
	       is_same_text(a->fallback, b->fallback) && is_same_text(a->help, b->help);
}

/* The first of the kinds before this one that has the same row, or NULL. */
static const struct conf_kind *told_at(const struct conf_kinds *kinds, size_t n,
				       const struct conf_row *row)
{
	for (size_t i = 0; i < n; i++)
		for (const struct conf_row *r = kinds->list[i].schema ? kinds->list[i].schema->rows
								      : NULL;
		     r && r->key; r++)
			if (is_same(r, row))
				return &kinds->list[i];
	return NULL;
}

/* What the kind has in common with those before it is named, not told again. */
static void add_common(const struct conf_kinds *kinds, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *before = ".Pp\nAs with\n.Ic";

		for (const struct conf_row *row = kinds->list[n].schema->rows; row->key; row++) {
			if (told_at(kinds, n, row) != &kinds->list[i])
				continue;
			if (before)
				buf_addf(out, "%s %s :\n", before, kinds->list[i].name);
			else
				buf_add_str(out, " ,\n");
			before = NULL;
			buf_addf(out, ".Ic %s", row->key);
		}
		if (!before)
			buf_add_str(out, " .\n");
	}
}

static void add_own(const struct conf_kinds *kinds, size_t n, struct buf *out)
{
	bool is_open = false;

	for (const struct conf_row *row = kinds->list[n].schema->rows; row->key; row++) {
		if (told_at(kinds, n, row))
			continue;
		if (!is_open)
			buf_add_str(out, ".Bl -tag -width Ds\n");
		is_open = true;
		add_row(row, out);
	}
	if (is_open)
		buf_add_str(out, ".El\n");
}

void conf_mdoc_kinds(const struct conf_kinds *kinds, struct buf *out)
{
	for (size_t i = 0; i < kinds->n; i++) {
		const struct conf_kind *kind = &kinds->list[i];

		buf_addf(out, ".Ss The %s %s\n", kinds->key, kind->name);
		add_sentence(kind->help, out);
		if (!kind->schema)
			continue;
		add_own(kinds, i, out);
		add_common(kinds, i, out);
	}
}
