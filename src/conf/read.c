/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a map into a struct by its rows. Each mistake is told once, where it stands, and does not stop the
 * reading: what failed keeps its fallback, and the schema's own check is only asked about maps whose
 * values could be read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/rows.h"
#include "conf/scalar.h"

enum { ROWS_MAX = 64 };

/* ---- lists and maps ---- */

static void fini_texts(struct conf_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->list[i]);
	free(texts->list);
	*texts = (struct conf_texts){0};
}

static int read_texts(const struct conf_row *row, const struct conf_node *node, void *field,
		      struct conf_errors *errors)
{
	const struct conf_node *item = node->kind == CONF_LIST ? node->first : node;
	size_t n = node->kind == CONF_LIST ? node->n : 1;
	struct conf_texts texts = {.list = xcalloc(n + 1, sizeof(char *))};
	const struct conf_row text = {.key = row->key, .type = CONF_TEXT};
	int status = 0;

	for (; item; item = item == node ? NULL : item->next) {
		if (item->kind != CONF_SCALAR)
			status = scalar_expected(row, item, "", errors);
		else if (scalar_read(&text, item, &texts.list[texts.n], errors) < 0)
			status = -1;
		else
			texts.n++;
	}
	if (status == 0 && !scalar_is_within(row, (double)n))
		status = scalar_out_of_range(row, node, " entries", errors);
	if (status < 0)
		fini_texts(&texts);
	*(struct conf_texts *)field = texts;
	return status;
}

/* Each is read once here, so that its place is told if it is wrong. */
static int read_marks(const struct conf_row *row, const struct conf_node *node,
		      const struct conf_node **field, struct conf_errors *errors)
{
	const struct conf_row mark = {.key = row->key, .type = CONF_BYTES};
	const struct conf_node *item = node->kind == CONF_LIST ? node->first : node;
	int status = 0;

	if (node->kind == CONF_MAP || conf_is_nothing(node))
		return scalar_expected(row, node, "", errors);
	for (; item; item = item == node ? NULL : item->next) {
		struct conf_bytes bytes = {0};

		if (scalar_read(&mark, item, &bytes, errors) < 0)
			status = -1;
		free(bytes.data);
	}
	if (status == 0)
		*field = node;
	return status;
}

/* Adds one element. Its own errors do not stop the others. */
static int read_item(const struct conf_row *row, const struct conf_node *node,
		     struct conf_each *each, struct conf_errors *errors)
{
	struct conf_item *item = xcalloc(1, row->schema->size);

	must(row->schema->size >= sizeof *item);
	if (node->key)
		item->name = xstrdup(node->key);
	item->node = node;
	each->list[each->n++] = item;
	return conf_read(row->schema, node, item, errors);
}

static int read_each(const struct conf_row *row, const struct conf_node *node, void *field,
		     struct conf_errors *errors)
{
	enum conf_node_kind kind = row->type == CONF_EACH ? CONF_MAP : CONF_LIST;
	struct conf_each *each = field;
	int status = 0;

	if (conf_is_nothing(node))
		return 0;
	if (node->kind != kind)
		return scalar_expected(row, node, "", errors);
	if (!scalar_is_within(row, (double)node->n))
		status = scalar_out_of_range(row, node, " entries", errors);
	each->list = xcalloc(node->n + 1, sizeof *each->list);
	for (const struct conf_node *child = node->first; child; child = child->next) {
		const char *problem =
			child->key ? name_problem(child->key, row->flags & CONF_LEVELS) : NULL;

		if (problem) {
			conf_error_key(errors, child, "\"%s\" is no name for a %s: %s", child->key,
				       row->schema->name, problem);
			status = -1;
		}
		if (read_item(row, child, each, errors) < 0)
			status = -1;
	}
	return status;
}

int conf_read_value(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct conf_errors *errors)
{
	switch (row->type) {
	case CONF_TEXTS: return read_texts(row, node, out, errors);
	case CONF_GROUP: return conf_read(row->schema, node, out, errors);
	case CONF_EACH:
	case CONF_LIST_OF: return read_each(row, node, out, errors);
	case CONF_MARKS: return read_marks(row, node, out, errors);
	case CONF_ANY: *(const struct conf_node **)out = node; return 0;
	default: return scalar_read(row, node, out, errors);
	}
}

/* Fallbacks are YAML as it would stand in the file; one that cannot be read is a bug. Their tree goes, so
 * nothing may point into it. */
static void read_fallback(const struct conf_row *row, void *field)
{
	struct conf_errors errors = {0};
	struct conf_node *node;

	if (!row->fallback)
		return;
	must(row->type != CONF_ANY && row->type != CONF_MARKS);
	if (scalar_is(row))
		node = conf_new("fallback", CONF_SCALAR, row->fallback, strlen(row->fallback));
	else
		node = conf_parse("fallback", row->fallback, strlen(row->fallback), &errors);
	must(node && conf_read_value(row, node, field, &errors) == 0 && !errors.n);
	for (size_t i = 0; row->schema && i < ((struct conf_each *)field)->n; i++)
		((struct conf_item *)((struct conf_each *)field)->list[i])->node = NULL;
	conf_free(&node);
}

/* ---- a map ---- */

/* Tells of a key that no row has; a row that was most likely meant is noted, so that it is not told to be
 * missing as well. */
static void unknown_key(const struct conf_schema *schema, const struct conf_node *node,
			uint64_t *meant, struct conf_errors *errors)
{
	const char *known[ROWS_MAX] = {NULL}, *nearest;
	struct buf all = {0};
	size_t n;

	for (n = 0; schema->rows[n].key && n < ROWS_MAX; n++) {
		known[n] = schema->rows[n].key;
		buf_addf(&all, "%s%s", n ? ", " : "", known[n]);
	}
	nearest = conf_nearest(node->key, known, n);
	for (size_t i = 0; i < n; i++)
		if (known[i] == nearest)
			*meant |= UINT64_C(1) << i;
	if (nearest)
		conf_error_key(errors, node, "unknown key \"%s\" in %s; did you mean \"%s\"?",
			       node->key, schema->name, nearest);
	else
		conf_error_key(errors, node, "unknown key \"%s\" in %s; known are %s", node->key,
			       schema->name, n ? buf_str(&all) : "none");
	buf_fini(&all);
}

static const struct conf_node *find_node(const struct conf_schema *schema,
					 const struct conf_node *map, const struct conf_row *row,
					 const char *main)
{
	for (const struct conf_node *node = map ? map->first : NULL; node; node = node->next)
		if (rows_find(schema, node->key, main) == row)
			return node;
	return NULL;
}

static bool is_nested(const struct conf_row *row)
{
	return row->type == CONF_GROUP || row->type == CONF_EACH || row->type == CONF_LIST_OF;
}

/* Reads one row. Returns -1 only for errors of this struct itself, not for those of elements. */
static int read_row(const struct conf_row *row, const struct conf_node *node,
		    const struct conf_node *place, bool is_meant, const char *name, void *field,
		    struct conf_errors *errors)
{
	int status = 0;

	if (row->type == CONF_GROUP) {
		return node ? conf_read(row->schema, node, field, errors)
			    : rows_read(row->schema, NULL, place, NULL, field, errors);
	}
	if (node && !(is_nested(row) && conf_is_nothing(node) && row->fallback)) {
		if (conf_read_value(row, node, field, errors) == 0 || is_nested(row))
			return 0;
		status = -1;
	} else if (!node && (row->flags & CONF_REQUIRED)) {
		if (!is_meant)
			conf_error_key(errors, place, "%s needs \"%s\"%s%s", name, row->key,
				       row->help ? ": " : "", row->help ? row->help : "");
		return -1;
	}
	read_fallback(row, field);
	return status;
}

int rows_read(const struct conf_schema *schema, const struct conf_node *map,
	      const struct conf_node *place, const char *main, void *object,
	      struct conf_errors *errors)
{
	size_t before = errors->n_errors;
	uint64_t meant = 0;
	int status = 0;

	for (const struct conf_node *child = map ? map->first : NULL; child; child = child->next)
		if (!rows_find(schema, child->key, main)) {
			unknown_key(schema, child, &meant, errors);
			status = -1;
		}
	for (size_t i = 0; schema->rows[i].key; i++) {
		const struct conf_row *row = &schema->rows[i];

		must(i < ROWS_MAX);
		if (read_row(row, find_node(schema, map, row, main), place, meant >> i & 1,
			     schema->name, (char *)object + row->offset, errors) < 0)
			status = -1;
	}
	if (!map && place && place->kind != CONF_MAP)
		map = place; /* "name:" with nothing behind it, or a bare name: a place for errors */
	if (schema->check && status == 0)
		schema->check(object, map, errors);
	return errors->n_errors == before ? 0 : -1;
}

int conf_read(const struct conf_schema *schema, const struct conf_node *map, void *object,
	      struct conf_errors *errors)
{
	struct conf_errors unheard = {0};

	if (map->kind == CONF_MAP || conf_is_nothing(map))
		return rows_read(schema, map->kind == CONF_MAP ? map : NULL, map, NULL, object,
				 errors);
	conf_error(errors, map, "a %s has keys and values, such as \"%s:\"; found %s", schema->name,
		   schema->rows->key ? schema->rows->key : "",
		   map->kind == CONF_LIST ? "a list" : "a single value");
	rows_read(schema, NULL, map, NULL, object, &unheard);
	conf_errors_fini(&unheard);
	return -1;
}

static void fini_each(const struct conf_row *row, struct conf_each *each)
{
	for (size_t i = 0; i < each->n; i++) {
		struct conf_item *item = each->list[i];

		conf_fini(row->schema, item);
		free(item->name);
		free(item);
	}
	free(each->list);
	*each = (struct conf_each){0};
}

void conf_fini(const struct conf_schema *schema, void *object)
{
	for (const struct conf_row *row = schema->rows; row->key; row++) {
		void *field = (char *)object + row->offset;

		switch (row->type) {
		case CONF_TEXT:
		case CONF_NAME:
		case CONF_DEVICE:
			free(*(char **)field);
			*(char **)field = NULL;
			break;
		case CONF_BYTES:
			free(((struct conf_bytes *)field)->data);
			*(struct conf_bytes *)field = (struct conf_bytes){0};
			break;
		case CONF_TEXTS: fini_texts(field); break;
		case CONF_EACH:
		case CONF_LIST_OF: fini_each(row, field); break;
		case CONF_GROUP: conf_fini(row->schema, field); break;
		default: break;
		}
	}
}
