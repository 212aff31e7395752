/* SPDX-License-Identifier: Apache-2.0 */
/* One of several kinds: which one a node names, and its options by that kind's rows (conf.h). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/rows.h"

static int find(const struct conf_kind *kinds, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(kinds[i].name, name))
			return (int)i;
	return -1;
}

/* "serial, tcp or pty" */
static void add_names(const struct conf_kind *kinds, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", kinds[i].name);
}

static void unknown(const char *what, const struct conf_kind *kinds, size_t n,
		    const struct conf_node *node, const char *name, struct conf_errors *errors)
{
	const char **known = xcalloc(n + 1, sizeof *known), *nearest;
	struct buf all = {0};

	for (size_t i = 0; i < n; i++)
		known[i] = kinds[i].name;
	add_names(kinds, n, &all);
	nearest = conf_nearest(name, known, n);
	if (nearest)
		conf_error_key(errors, node, "\"%s\" is no kind of %s; did you mean \"%s\"?", name,
			       what, nearest);
	else
		conf_error_key(errors, node, "\"%s\" is no kind of %s; expected %s", name, what,
			       buf_str(&all));
	buf_fini(&all);
	free(known);
}

static void unnamed(const char *what, const struct conf_kind *kinds, size_t n,
		    const struct conf_node *node, struct conf_errors *errors)
{
	struct buf all = {0};

	add_names(kinds, n, &all);
	conf_error(errors, node,
		   "no kind of %s is named; expected a map such as {%s: ...}, with one of %s", what,
		   kinds[0].name, buf_str(&all));
	buf_fini(&all);
}

static int make(const struct conf_kind *kind, const struct conf_node *node, const char *main,
		void **options_out, struct conf_errors *errors)
{
	const struct conf_node *map = node->kind == CONF_MAP ? node : NULL;

	if (!kind->schema)
		return 0;
	*options_out = xcalloc(1, kind->schema->size ? kind->schema->size : 1);
	if (rows_read(kind->schema, map, node, main, *options_out, errors) == 0)
		return 0;
	conf_free_kind(kind, options_out);
	return -1;
}

/* The first child whose key is a kind's name. */
static const struct conf_node *find_named(const struct conf_kind *kinds, size_t n,
					  const struct conf_node *map)
{
	for (const struct conf_node *child = map->first; child; child = child->next)
		if (find(kinds, n, child->key) >= 0)
			return child;
	return NULL;
}

/* {kind: {options}}, unless it is the main option that is a map. */
static bool is_long_form(const struct conf_kind *kind, const struct conf_node *named)
{
	const struct conf_row *row = kind->schema ? rows_main(kind->schema, kind->name) : NULL;

	return named->kind == CONF_MAP && !(row && rows_takes_map(row));
}

/* Two kinds in one node, which unknown keys alone would not make plain. */
static int refuse_second(const char *what, const struct conf_kind *kinds, size_t n,
			 const struct conf_node *named, struct conf_errors *errors)
{
	const struct conf_kind *kind = &kinds[find(kinds, n, named->key)];
	int status = 0;

	for (const struct conf_node *child = named->next; child; child = child->next) {
		if (find(kinds, n, child->key) < 0 ||
		    (kind->schema && rows_find(kind->schema, child->key, NULL)))
			continue;
		conf_error_key(errors, child, "this %s is of kind \"%s\" already", what,
			       kind->name);
		status = -1;
	}
	return status;
}

/* Beside {kind: {...}} nothing may stand: it belongs into the braces. */
static int refuse_others(const struct conf_node *map, const struct conf_node *named,
			 struct conf_errors *errors)
{
	int status = 0;

	for (const struct conf_node *child = map->first; child; child = child->next)
		if (child != named) {
			conf_error_key(
				errors, child,
				"\"%s\" stands beside \"%s\"; it belongs to the options behind it",
				child->key, named->key);
			status = -1;
		}
	return status;
}

static int refuse_options(const char *what, const struct conf_kind *kind,
			  const struct conf_node *named, struct conf_errors *errors)
{
	if ((kind->schema && kind->schema->rows->key) || conf_is_nothing(named) ||
	    (named->kind == CONF_MAP && !named->n))
		return 0;
	conf_error(errors, named, "the %s \"%s\" takes no options", what, kind->name);
	return -1;
}

/* map: the node; named: its child whose key is the kind's name. */
static int read_map(const char *what, const struct conf_kind *kind, const struct conf_node *map,
		    const struct conf_node *named, void **options_out, struct conf_errors *errors)
{
	const struct conf_row *row = kind->schema ? rows_main(kind->schema, kind->name) : NULL;

	if (refuse_options(what, kind, named, errors) < 0)
		return -1;
	if (is_long_form(kind, named))
		return (refuse_others(map, named, errors) |
			make(kind, named, NULL, options_out, errors));
	if (conf_is_nothing(named) && map->n == 1)
		return make(kind, named, NULL, options_out, errors);
	if (row)
		return make(kind, map, kind->name, options_out, errors);
	if (kind->schema)
		conf_error(errors, named,
			   "the options of \"%s\" are keys and values, such as \"%s:\"", kind->name,
			   kind->schema->rows->key);
	else
		return refuse_others(map, named, errors);
	return -1;
}

int conf_read_kind(const char *what, const struct conf_kind *kinds, size_t n,
		   const struct conf_node *node, void **options_out, struct conf_errors *errors)
{
	const struct conf_node *named;
	int kind;

	*options_out = NULL;
	if (node->kind == CONF_LIST || !(node->n || node->text_len)) {
		unnamed(what, kinds, n, node, errors);
		return -1;
	}
	if (node->kind == CONF_SCALAR) {
		kind = find(kinds, n, node->text);
		if (kind < 0)
			unknown(what, kinds, n, node, node->text, errors);
		return kind < 0 || make(&kinds[kind], node, NULL, options_out, errors) < 0 ? -1
											   : kind;
	}
	named = find_named(kinds, n, node);
	if (!named) {
		unknown(what, kinds, n, node->first, node->first->key, errors);
		return -1;
	}
	kind = find(kinds, n, named->key);
	if (refuse_second(what, kinds, n, named, errors) < 0 ||
	    read_map(what, &kinds[kind], node, named, options_out, errors) < 0) {
		conf_free_kind(&kinds[kind], options_out);
		return -1;
	}
	return kind;
}

const struct conf_node *conf_kind_options(const struct conf_kind *kind,
					  const struct conf_node *node)
{
	const struct conf_node *named = conf_get(node, kind->name);

	if (!named)
		return NULL;
	return is_long_form(kind, named) ? named : node;
}

void conf_free_kind(const struct conf_kind *kind, void **options)
{
	if (!*options)
		return;
	conf_fini(kind->schema, *options);
	free(*options);
	*options = NULL;
}
