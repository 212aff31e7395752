/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as a JSON Schema (draft 2020-12), for editors and other tools. It accepts what conf_read accepts,
 * as far as a schema can say it: what it cannot are the bounds of durations and the schemas' own checks.
 */
#include <string.h>

#include "conf/conf.h"
#include "conf/json.h"
#include "conf/rows.h"
#include "conf/value.h"

#define NUMBER_WITH_UNIT "^[0-9]+(\\.[0-9]+)? *"
#define NAME_PART "[A-Za-z0-9_.:][A-Za-z0-9_.:-]*"

/* What a CONF_ANY row of this key is: one of several kinds. */
struct writing {
	struct json json;
	const struct conf_kinds *kinds;
	size_t n_kinds;
};

static void write_object(struct writing *w, const struct conf_schema *schema, const char *main);

/* ---- scalars ---- */

static void types(struct json *json, const char *const *names)
{
	struct buf list = {0};

	for (; *names; names++)
		buf_addf(&list, "%s\"%s\"", list.len ? ", " : "[", *names);
	buf_add_str(&list, "]");
	json_bare(json, "type", buf_str(&list));
	buf_fini(&list);
}

/* A number is a text, too, if a text is wanted: no quotes are needed. */
static void write_text_type(struct json *json)
{
	types(json, (const char *const[]){"string", "number", "boolean", NULL});
}

static void write_bounds(struct json *json, const struct conf_row *row, const char *min,
			 const char *max)
{
	if (row->min == 0 && row->max == 0)
		return;
	json_number(json, min, row->min);
	if (row->max < CONF_NO_MAX)
		json_number(json, max, row->max);
}

static void write_pattern(struct json *json, const char *start, const char *units)
{
	struct buf pattern = {0};

	buf_addf(&pattern, "%s(%s)$", start, units);
	json_text(json, "pattern", buf_str(&pattern));
	buf_fini(&pattern);
}

static void write_duration(struct json *json)
{
	json_open(json, "anyOf", '[');
	json_open(json, NULL, '{');
	json_text(json, "type", "string");
	write_pattern(json, NUMBER_WITH_UNIT, value_duration_units);
	json_close(json, '}');
	json_open(json, NULL, '{');
	json_bare(json, "const", "0");
	json_close(json, '}');
	json_close(json, ']');
}

static void write_size(struct json *json, const struct conf_row *row)
{
	json_open(json, "anyOf", '[');
	json_open(json, NULL, '{');
	json_text(json, "type", "integer");
	write_bounds(json, row, "minimum", "maximum");
	json_close(json, '}');
	json_open(json, NULL, '{');
	json_text(json, "type", "string");
	write_pattern(json, NUMBER_WITH_UNIT, value_size_units);
	json_close(json, '}');
	json_close(json, ']');
}

/* YAML makes a number of an 8: a choice that is written as one comes in both guises. */
static void write_choices(struct json *json, const struct conf_row *row)
{
	struct err unheard;
	double number;

	json_open(json, "enum", '[');
	for (const char *const *choice = row->choices; *choice; choice++) {
		json_text(json, NULL, *choice);
		if (value_number(*choice, &number, &unheard) == 0)
			json_number(json, NULL, number);
	}
	json_close(json, ']');
}

static void write_name(struct json *json, bool levels)
{
	json_text(json, "pattern",
		  levels ? "^" NAME_PART "(/[A-Za-z0-9_.:-]+)*$" : "^" NAME_PART "$");
	json_bare(json, "maxLength", "120");
}

static void write_texts(struct json *json, const struct conf_row *row)
{
	json_open(json, "anyOf", '[');
	json_open(json, NULL, '{');
	write_text_type(json);
	json_close(json, '}');
	json_open(json, NULL, '{');
	json_text(json, "type", "array");
	json_open(json, "items", '{');
	write_text_type(json);
	json_close(json, '}');
	write_bounds(json, row, "minItems", "maxItems");
	json_close(json, '}');
	json_close(json, ']');
}

/* ---- lists and maps ---- */

static void write_each(struct writing *w, const struct conf_row *row)
{
	struct json *json = &w->json;

	types(json, (const char *const[]){"object", "null", NULL});
	json_open(json, "propertyNames", '{');
	write_name(json, row->flags & CONF_LEVELS);
	json_close(json, '}');
	json_open(json, "additionalProperties", '{');
	write_object(w, row->schema, NULL);
	json_close(json, '}');
	write_bounds(json, row, "minProperties", "maxProperties");
}

static void write_list(struct writing *w, const struct conf_row *row)
{
	struct json *json = &w->json;

	types(json, (const char *const[]){"array", "null", NULL});
	json_open(json, "items", '{');
	write_object(w, row->schema, NULL);
	json_close(json, '}');
	write_bounds(json, row, "minItems", "maxItems");
}

static void write_any(struct writing *w, const struct conf_row *row)
{
	struct buf ref = {0};

	for (size_t i = 0; i < w->n_kinds; i++)
		if (!strcmp(w->kinds[i].key, row->key)) {
			buf_addf(&ref, "#/$defs/%s", row->key);
			json_text(&w->json, "$ref", buf_str(&ref));
		}
	buf_fini(&ref);
}

static void write_type(struct writing *w, const struct conf_row *row)
{
	struct json *json = &w->json;

	switch (row->type) {
	case CONF_BOOL: json_text(json, "type", "boolean"); break;
	case CONF_INT:
		json_text(json, "type", "integer");
		write_bounds(json, row, "minimum", "maximum");
		break;
	case CONF_NUMBER:
		json_text(json, "type", "number");
		write_bounds(json, row, "minimum", "maximum");
		break;
	case CONF_TEXT:
		write_text_type(json);
		write_bounds(json, row, "minLength", "maxLength");
		break;
	case CONF_BYTES: write_text_type(json); break;
	case CONF_DURATION: write_duration(json); break;
	case CONF_SIZE: write_size(json, row); break;
	case CONF_CHOICE: write_choices(json, row); break;
	case CONF_NAME:
	case CONF_DEVICE:
		write_text_type(json);
		write_name(json, row->type == CONF_DEVICE);
		break;
	case CONF_TEXTS:
	case CONF_MARKS: write_texts(json, row); break;
	case CONF_GROUP: write_object(w, row->schema, NULL); break;
	case CONF_EACH: write_each(w, row); break;
	case CONF_LIST_OF: write_list(w, row); break;
	case CONF_ANY: write_any(w, row); break;
	case CONF_MODE:
		types(json, (const char *const[]){"string", "integer", NULL});
		json_text(json, "pattern", "^[0-7]{3,4}$");
		break;
	}
}

static void write_default(struct json *json, const struct conf_row *row)
{
	if (!row->fallback)
		return;
	switch (row->type) {
	case CONF_BOOL:
	case CONF_INT:
	case CONF_NUMBER: json_bare(json, "default", row->fallback); break;
	case CONF_TEXTS:
	case CONF_LIST_OF: break;
	default: json_text(json, "default", row->fallback);
	}
}

static void write_row(struct writing *w, const struct conf_row *row, const char *key)
{
	json_open(&w->json, key, '{');
	if (row->help)
		json_text(&w->json, "description", row->help);
	write_type(w, row);
	write_default(&w->json, row);
	json_close(&w->json, '}');
}

static bool has_required(const struct conf_schema *schema)
{
	for (const struct conf_row *row = schema->rows; row->key; row++)
		if (row->flags & CONF_REQUIRED ||
		    (row->type == CONF_GROUP && has_required(row->schema)))
			return true;
	return false;
}

/* The members of an object's schema. With main the main row goes by that key, which must be there. */
static void write_object(struct writing *w, const struct conf_schema *schema, const char *main)
{
	const struct conf_row *main_row = main ? rows_main(schema, main) : NULL;
	struct json *json = &w->json;

	if (main || has_required(schema))
		json_text(json, "type", "object");
	else
		types(json, (const char *const[]){"object", "null", NULL});
	json_open(json, "properties", '{');
	for (const struct conf_row *row = schema->rows; row->key; row++)
		write_row(w, row, row == main_row ? main : row->key);
	json_close(json, '}');
	json_open(json, "required", '[');
	for (const struct conf_row *row = schema->rows; row->key; row++)
		if (row == main_row || row->flags & CONF_REQUIRED ||
		    (row->type == CONF_GROUP && has_required(row->schema)))
			json_text(json, NULL, row == main_row ? main : row->key);
	json_close(json, ']');
	json_bare(json, "additionalProperties", "false");
}

/* ---- kinds ---- */

/* {kind: {options}}, and with no options to give {kind: }. */
static void write_long_form(struct writing *w, const struct conf_kind *kind)
{
	struct json *json = &w->json;

	json_open(json, NULL, '{');
	json_text(json, "title", kind->name);
	json_text(json, "description", kind->help);
	json_text(json, "type", "object");
	json_open(json, "properties", '{');
	json_open(json, kind->name, '{');
	if (kind->schema)
		write_object(w, kind->schema, NULL);
	else
		json_text(json, "type", "null");
	json_close(json, '}');
	json_close(json, '}');
	json_open(json, "required", '[');
	json_text(json, NULL, kind->name);
	json_close(json, ']');
	json_bare(json, "additionalProperties", "false");
	json_close(json, '}');
}

/* {kind: main option, other options}. */
static void write_short_form(struct writing *w, const struct conf_kind *kind)
{
	json_open(&w->json, NULL, '{');
	json_text(&w->json, "title", kind->name);
	json_text(&w->json, "description", kind->help);
	write_object(w, kind->schema, kind->name);
	json_close(&w->json, '}');
}

static void write_bare_names(struct json *json, const struct conf_kinds *kinds)
{
	json_open(json, NULL, '{');
	json_open(json, "enum", '[');
	for (size_t i = 0; i < kinds->n; i++)
		if (!kinds->list[i].schema || !has_required(kinds->list[i].schema))
			json_text(json, NULL, kinds->list[i].name);
	json_close(json, ']');
	json_close(json, '}');
}

static void write_kinds(struct writing *w, const struct conf_kinds *kinds)
{
	json_open(&w->json, kinds->key, '{');
	json_open(&w->json, "oneOf", '[');
	write_bare_names(&w->json, kinds);
	for (size_t i = 0; i < kinds->n; i++) {
		const struct conf_kind *kind = &kinds->list[i];
		const struct conf_row *main =
			kind->schema ? rows_main(kind->schema, kind->name) : NULL;

		if (main)
			write_short_form(w, kind);
		if (!main || !rows_takes_map(main))
			write_long_form(w, kind);
	}
	json_close(&w->json, ']');
	json_close(&w->json, '}');
}

/* ---- a whole schema ---- */

static void begin(struct writing *w, const char *title)
{
	json_open(&w->json, NULL, '{');
	json_text(&w->json, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_text(&w->json, "title", title);
}

static void end(struct writing *w)
{
	if (w->n_kinds) {
		json_open(&w->json, "$defs", '{');
		for (size_t i = 0; i < w->n_kinds; i++)
			write_kinds(w, &w->kinds[i]);
		json_close(&w->json, '}');
	}
	json_close(&w->json, '}');
}

void conf_json_schema_of(const char *title, const struct conf_schema *schema,
			 const struct conf_kinds *kinds, size_t n_kinds, struct buf *out)
{
	struct writing w = {.json.out = out, .kinds = kinds, .n_kinds = n_kinds};

	begin(&w, title);
	write_object(&w, schema, NULL);
	end(&w);
}

void conf_json_schema_of_each(const char *title, const struct conf_row *row,
			      const struct conf_kinds *kinds, size_t n_kinds, struct buf *out)
{
	struct writing w = {.json.out = out, .kinds = kinds, .n_kinds = n_kinds};

	begin(&w, title);
	write_each(&w, row);
	end(&w);
}
