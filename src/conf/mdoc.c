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

	rows_expected(row, &expected);
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

void conf_mdoc(const struct conf_schema *schema, struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width Ds\n");
	for (const struct conf_row *row = schema->rows; row->key; row++) {
		buf_add_str(out, ".It Ic ");
		add_argument(row->key, out);
		buf_add_str(out, "\n");
		if (row->help)
			add_sentence(row->help, out);
		add_facts(row, out);
		if (row->type == CONF_GROUP)
			conf_mdoc(row->schema, out);
	}
	buf_add_str(out, ".El\n");
}
