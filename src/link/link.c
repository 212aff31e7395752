/* SPDX-License-Identifier: Apache-2.0 */
/* The list of links, making one by configuration, and the calls into it; see link.h. */
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "link/kinds.h"

const struct link_kind *const link_kinds[] = {
	&link_raw, &link_delimiter, &link_start_end, &link_fixed, &link_length_field, &link_gap,
	NULL,
};

const char *link_verdict_name(enum link_verdict verdict)
{
	static const char *const names[LINK_VERDICTS] = {
		[LINK_GARBAGE] = "garbage",
		[LINK_TOO_LONG] = "too long",
		[LINK_TOO_SHORT] = "too short",
		[LINK_BAD_CHECK] = "bad check",
		[LINK_BAD_LENGTH] = "bad length",
		[LINK_BAD_ESCAPE] = "bad escape",
		[LINK_CUT] = "cut",
	};

	return names[verdict];
}

/* ---------------------------------------------------------------------------------------------
 * Making one
 */

static const struct link_kind *find_kind(const char *name)
{
	for (const struct link_kind *const *k = link_kinds; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static void unknown_kind(const struct conf_node *node, const char *name, struct conf_errors *errors)
{
	const char *known[sizeof(link_kinds) / sizeof(link_kinds[0])];
	size_t n = 0;
	const char *near;

	for (; link_kinds[n]; n++)
		known[n] = link_kinds[n]->name;
	near = conf_nearest(name, known, n);
	conf_error(errors, node,
		   "there is no link \"%s\"%s%s%s; expected raw, delimiter, start_end, fixed, "
		   "length_field or gap",
		   name, near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
}

static bool has_row(const struct link_kind *kind, const char *key)
{
	for (const struct conf_row *row = kind->schema->rows; row->key; row++)
		if (strcmp(row->key, key) == 0)
			return true;
	return false;
}

/* The kind that one key of the map names. */
static const struct link_kind *kind_of_map(const struct conf_node *map, struct conf_errors *errors)
{
	const struct link_kind *kind = NULL;

	for (const struct conf_node *c = map->first; c; c = c->next) {
		const struct link_kind *found = find_kind(c->key);

		if (found && kind) {
			conf_error_key(errors, c,
				       "a link is of one kind, and this one is %s already",
				       kind->name);
			return NULL;
		}
		kind = found ? found : kind;
	}
	if (!kind && map->first)
		unknown_kind(map, map->first->key, errors);
	else if (!kind)
		conf_error(errors, map,
			   "the link has no kind; expected {delimiter: \"\\r\\n\"} or such");
	return kind;
}

/* The map of the options of a kind that has none of its own name. */
static const struct conf_node *inner_map(const struct link_kind *kind, const struct conf_node *map,
					 struct conf_errors *errors)
{
	const struct conf_node *inner = conf_get(map, kind->name);

	for (const struct conf_node *c = map->first; c; c = c->next)
		if (c != inner)
			conf_error_key(errors, c,
				       "\"%s\" does not belong here; the options of %s stand "
				       "behind it: {%s: {...}}",
				       c->key, kind->name, kind->name);
	if (inner->kind == CONF_MAP)
		return map->n == 1 ? inner : NULL;
	conf_error(errors, inner, "expected a map of the options of %s", kind->name);
	return NULL;
}

static struct link *make(const struct link_kind *kind, const struct conf_node *map,
			 const struct link_line *line, struct conf_errors *errors)
{
	void *options = xcalloc(1, kind->schema->size);
	struct link *link = NULL;

	if (conf_read(kind->schema, map, options, errors) == 0)
		link = kind->new (options, line, map, errors);
	if (!link) {
		conf_fini(kind->schema, options);
		free(options);
		return NULL;
	}
	link->kind = kind;
	link->options = options;
	return link;
}

static struct link *make_bare(const struct link_kind *kind, const struct conf_node *node,
			      const struct link_line *line, struct conf_errors *errors)
{
	struct conf_node *map = conf_new_map(node ? node->file : "");
	struct link *link;

	if (node) {
		map->line = node->line;
		map->column = node->column;
	}
	link = make(kind, map, line, errors);
	conf_free(&map);
	return link;
}

struct link *link_new(const struct conf_node *node, const struct link_line *line,
		      struct conf_errors *errors)
{
	const struct link_kind *kind;

	if (!node)
		return make_bare(&link_raw, NULL, line, errors);
	if (node->kind == CONF_SCALAR) {
		kind = find_kind(node->text);
		if (kind)
			return make_bare(kind, node, line, errors);
		unknown_kind(node, node->text, errors);
		return NULL;
	}
	if (node->kind != CONF_MAP) {
		conf_error(errors, node,
			   "expected the name of a link, or a map such as {delimiter: \"\\r\\n\"}");
		return NULL;
	}
	kind = kind_of_map(node, errors);
	if (kind && !has_row(kind, kind->name))
		node = inner_map(kind, node, errors);
	return kind && node ? make(kind, node, line, errors) : NULL;
}

void link_free(struct link **link)
{
	const struct link_kind *kind;
	void *options;

	if (!*link)
		return;
	kind = (*link)->kind;
	options = (*link)->options;
	kind->free(*link);
	conf_fini(kind->schema, options);
	free(options);
	*link = NULL;
}

/* ---------------------------------------------------------------------------------------------
 * Calls
 */

void link_set_sink(struct link *link, const struct link_sink *sink, void *arg)
{
	link->sink = sink;
	link->sink_arg = arg;
}

void link_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
		  int64_t mono_ns)
{
	must(link->sink);
	link->kind->receive(link, bytes, len, received_ns, mono_ns);
}

int link_send(struct link *link, const uint8_t *payload, size_t len, struct err *err)
{
	must(link->sink);
	return link->kind->send(link, payload, len, err);
}

int64_t link_deadline(const struct link *link)
{
	return link->deadline_ns;
}

void link_expire(struct link *link, int64_t mono_ns)
{
	if (link->deadline_ns && mono_ns >= link->deadline_ns)
		link->kind->expire(link, mono_ns);
}

void link_reset(struct link *link)
{
	if (link->kind->reset)
		link->kind->reset(link);
}
