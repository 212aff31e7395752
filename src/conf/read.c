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
#include "conf/value.h"

enum { ROWS_MAX = 64, FOUND_MAX = 60 };

/* ---- words ---- */

/* What stands there, short enough for a line and without anything that a terminal would obey. */
static void found(const struct conf_node *node, struct buf *out)
{
	size_t len = node->text_len > FOUND_MAX ? FOUND_MAX : node->text_len;

	if (node->kind != CONF_SCALAR) {
		buf_add_str(out, node->kind == CONF_LIST ? "a list" : "keys and values");
		return;
	}
	if (conf_is_nothing(node)) {
		buf_add_str(out, "nothing");
		return;
	}
	while (len < node->text_len && len && (node->text[len] & 0xc0) == 0x80)
		len--;
	buf_add_str(out, node->quoted ? "\"" : "");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)node->text[i];

		if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_add(out, &c, 1);
	}
	buf_add_str(out, len < node->text_len ? "..." : "");
	buf_add_str(out, node->quoted ? "\"" : "");
}

static int expected(const struct conf_row *row, const struct conf_node *node, const char *more,
		    struct conf_errors *errors)
{
	struct buf what = {0}, is = {0};

	rows_expected(row, &what);
	found(node, &is);
	conf_error(errors, node, "%s: expected %s, found %s%s", row->key, buf_str(&what),
		   buf_str(&is), more);
	buf_fini(&what);
	buf_fini(&is);
	return -1;
}

static int out_of_range(const struct conf_row *row, const struct conf_node *node, const char *unit,
			struct conf_errors *errors)
{
	struct buf bounds = {0}, is = {0};

	rows_bounds(row, &bounds);
	found(node, &is);
	conf_error(errors, node, "%s: %s is out of range; expected %s%s", row->key, buf_str(&is),
		   buf_str(&bounds), unit);
	buf_fini(&bounds);
	buf_fini(&is);
	return -1;
}

/* ---- scalars ---- */

static bool is_within(const struct conf_row *row, double value)
{
	return (row->min == 0 && row->max == 0) ||
	       (value >= row->min && (value <= row->max || row->max >= CONF_NO_MAX));
}

static int read_bool(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	(void)row;
	return value_bool(node->text, out, err);
}

static int read_int(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct err *err)
{
	(void)row;
	return value_int(node->text, out, err);
}

static int read_number(const struct conf_row *row, const struct conf_node *node, void *out,
		       struct err *err)
{
	(void)row;
	return value_number(node->text, out, err);
}

static int read_duration(const struct conf_row *row, const struct conf_node *node, void *out,
			 struct err *err)
{
	(void)row;
	return value_duration(node->text, out, err);
}

static int read_size(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	(void)row;
	return value_size(node->text, out, err);
}

static int read_mode(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	(void)row;
	return value_mode(node->text, out, err);
}

static int read_text(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	(void)row;
	if (memchr(node->text, 0, node->text_len))
		return err_set(err, ", which has a NUL byte in it");
	*(char **)out = xstrdup(node->text);
	return 0;
}

static int read_bytes(const struct conf_row *row, const struct conf_node *node, void *out,
		      struct err *err)
{
	(void)row;
	return value_bytes(node->text, node->text_len, out, err);
}

static int read_name(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	const char *problem = name_problem(node->text, row->type == CONF_DEVICE);

	return problem ? err_set(err, " (%s)", problem) : read_text(row, node, out, err);
}

static int read_choice(const struct conf_row *row, const struct conf_node *node, void *out,
		       struct err *err)
{
	const char *nearest;
	size_t n;

	for (n = 0; row->choices[n]; n++)
		if (!strcmp(row->choices[n], node->text)) {
			*(int *)out = (int)n;
			return 0;
		}
	nearest = conf_nearest(node->text, row->choices, n);
	return nearest ? err_set(err, "; did you mean %s?", nearest) : err_set(err, "%s", "");
}

/* How each type is read, what of it is held against the bounds, and whether quotes make it a text. */
static const struct scalar {
	int (*read)(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct err *err);
	bool is_bare;
} scalars[] = {
	[CONF_BOOL] = {read_bool, true},     [CONF_INT] = {read_int, true},
	[CONF_NUMBER] = {read_number, true}, [CONF_TEXT] = {read_text, false},
	[CONF_BYTES] = {read_bytes, false},  [CONF_DURATION] = {read_duration, false},
	[CONF_SIZE] = {read_size, false},    [CONF_CHOICE] = {read_choice, false},
	[CONF_NAME] = {read_name, false},    [CONF_DEVICE] = {read_name, false},
	[CONF_MODE] = {read_mode, false},
};

static const struct scalar *scalar_of(const struct conf_row *row)
{
	size_t n = sizeof scalars / sizeof *scalars;

	return (size_t)row->type < n && scalars[row->type].read ? &scalars[row->type] : NULL;
}

static int check_bounds(const struct conf_row *row, const struct conf_node *node, const void *out,
			struct conf_errors *errors)
{
	switch (row->type) {
	case CONF_INT:
	case CONF_DURATION:
		if (!is_within(row, (double)*(const int64_t *)out))
			return out_of_range(row, node, "", errors);
		return 0;
	case CONF_NUMBER:
		return is_within(row, *(const double *)out) ? 0
							    : out_of_range(row, node, "", errors);
	case CONF_SIZE:
		if (!is_within(row, (double)*(const uint64_t *)out))
			return out_of_range(row, node, "", errors);
		return 0;
	case CONF_TEXT:
		if (!is_within(row, (double)strlen(*(char *const *)out)))
			return out_of_range(row, node, " characters", errors);
		return 0;
	case CONF_BYTES:
		if (!is_within(row, (double)((const struct conf_bytes *)out)->len))
			return out_of_range(row, node, " bytes", errors);
		return 0;
	default: return 0;
	}
}

/* A value that was read and is not wanted: back to zero. */
static int take_back(const struct conf_row *row, void *out)
{
	struct conf_row one[] = {*row, {0}};

	one[0].offset = 0;
	conf_fini(&(struct conf_schema){.rows = one}, out);
	return -1;
}

static int read_scalar(const struct conf_row *row, const struct conf_node *node, void *out,
		       struct conf_errors *errors)
{
	const struct scalar *scalar = scalar_of(row);
	struct err err = {""};

	if (node->kind != CONF_SCALAR || conf_is_nothing(node))
		return expected(row, node, "", errors);
	if (node->quoted && scalar->is_bare)
		return expected(row, node, "; take the quotes away", errors);
	if ((row->flags & CONF_SECRET) && !strcmp(node->text, CONF_SECRET_TEXT)) {
		conf_warning(errors, node,
			     "%s: this stands for a secret that was not printed; put it in",
			     row->key);
		return 0;
	}
	if (scalar->read(row, node, out, &err) < 0)
		return expected(row, node, err.text, errors);
	return check_bounds(row, node, out, errors) < 0 ? take_back(row, out) : 0;
}

/* ---- lists and maps ---- */

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
			status = expected(row, item, "", errors);
		else if (read_scalar(&text, item, &texts.list[texts.n], errors) < 0)
			status = -1;
		else
			texts.n++;
	}
	*(struct conf_texts *)field = texts;
	if (status == 0 && !is_within(row, (double)n))
		status = out_of_range(row, node, " entries", errors);
	return status < 0 ? take_back(row, field) : 0;
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
		return expected(row, node, "", errors);
	if (!is_within(row, (double)node->n))
		status = out_of_range(row, node, " entries", errors);
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
	case CONF_ANY: *(const struct conf_node **)out = node; return 0;
	default: return read_scalar(row, node, out, errors);
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
	must(row->type != CONF_ANY);
	if (scalar_of(row))
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

void conf_fini(const struct conf_schema *schema, void *object)
{
	for (const struct conf_row *row = schema->rows; row->key; row++) {
		void *field = (char *)object + row->offset;
		struct conf_texts *texts = field;
		struct conf_each *each = field;

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
		case CONF_TEXTS:
			for (size_t i = 0; i < texts->n; i++)
				free(texts->list[i]);
			free(texts->list);
			*texts = (struct conf_texts){0};
			break;
		case CONF_EACH:
		case CONF_LIST_OF:
			for (size_t i = 0; i < each->n; i++) {
				conf_fini(row->schema, each->list[i]);
				free(((struct conf_item *)each->list[i])->name);
				free(each->list[i]);
			}
			free(each->list);
			*each = (struct conf_each){0};
			break;
		case CONF_GROUP: conf_fini(row->schema, field); break;
		default: break;
		}
	}
}
