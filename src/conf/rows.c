/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in words: which there are, what they expect, within which bounds. */
#include "conf/rows.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"

const struct conf_row *rows_main(const struct conf_schema *schema, const char *kind)
{
	for (const struct conf_row *row = schema->rows; row->key; row++)
		if (row->flags & CONF_MAIN)
			return row;
	return rows_find(schema, kind, NULL);
}

const struct conf_row *rows_find(const struct conf_schema *schema, const char *key,
				 const char *main)
{
	if (main && !strcmp(key, main))
		return rows_main(schema, main);
	for (const struct conf_row *row = schema->rows; row->key; row++)
		if (!strcmp(row->key, key))
			return row;
	return NULL;
}

bool rows_takes_map(const struct conf_row *row)
{
	return row->type == CONF_GROUP || row->type == CONF_EACH || row->type == CONF_ANY;
}

static void choices(const struct conf_row *row, size_t most, struct buf *out)
{
	const char *const *choice = row->choices;
	size_t n = 0;

	while (choice[n])
		n++;
	buf_add_str(out, n > 1 ? "one of " : "");
	for (size_t i = 0; i < n && i < most; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", choice[i]);
	if (n > most)
		buf_addf(out, " and %zu more, which the manual has", n - most);
}

void rows_expected(const struct conf_row *row, size_t most_choices, struct buf *out)
{
	static const char *const texts[] = {
		[CONF_BOOL] = "true or false",
		[CONF_INT] = "a whole number",
		[CONF_NUMBER] = "a number",
		[CONF_TEXT] = "a text",
		[CONF_BYTES] = "bytes such as '\\r\\n', '\\x02' or <STX>",
		[CONF_DURATION] = "a duration such as 250ms or 1.5s",
		[CONF_SIZE] = "a size such as 64KiB or 16MiB",
		[CONF_NAME] = "a name such as scale-line",
		[CONF_DEVICE] = "a name such as truck-scale or hall2/truck-scale",
		[CONF_TEXTS] = "a text or a list of texts",
		[CONF_GROUP] = "keys and values",
		[CONF_EACH] = "names, each with keys and values behind it",
		[CONF_LIST_OF] = "a list, each entry with keys and values",
		[CONF_ANY] = "a value",
		[CONF_MARKS] = "bytes such as '\\r\\n', '\\x02' or <STX>, or a list of such",
		[CONF_MODE] = "permissions in octal such as 0660",
	};

	if (row->type == CONF_CHOICE)
		choices(row, most_choices, out);
	else
		buf_add_str(out, texts[row->type]);
}

static const char *bound(const struct conf_row *row, double value, char text[VALUE_TEXT_SIZE])
{
	switch (row->type) {
	case CONF_DURATION: return value_duration_text((int64_t)value, text);
	case CONF_SIZE: return value_size_text((uint64_t)value, text);
	case CONF_MODE: snprintf(text, VALUE_TEXT_SIZE, "%04o", (unsigned)value); return text;
	default: return value_number_text(value, text);
	}
}

/* The bounds are those of a length or a number of entries. */
static bool counts(const struct conf_row *row)
{
	return row->type == CONF_TEXT || row->type == CONF_BYTES || row->type == CONF_TEXTS ||
	       row->type == CONF_EACH || row->type == CONF_LIST_OF;
}

void rows_bounds(const struct conf_row *row, struct buf *out)
{
	char min[VALUE_TEXT_SIZE], max[VALUE_TEXT_SIZE];

	if (row->min == 0 && row->max == 0)
		return;
	bound(row, row->min, min);
	if (row->min == 0 && counts(row))
		buf_addf(out, "at most %s", bound(row, row->max, max));
	else if (row->max >= CONF_NO_MAX)
		buf_addf(out, "at least %s", min);
	else if (row->min == row->max)
		buf_add_str(out, min);
	else
		buf_addf(out, "%s to %s", min, bound(row, row->max, max));
}
