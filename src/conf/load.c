/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From YAML to the tree, by libyaml's events: anchors, aliases and merge keys are resolved on the way, so
 * that whoever reads a tree sees maps, lists and scalars only. What libyaml says about broken syntax is
 * turned into words by syntax.c.
 */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <yaml.h>

#include "base/fd.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/merge.h"
#include "conf/syntax.h"

/* A key is short enough to be printed as a YAML key again, escapes and all: those end at 1,024 bytes. */
enum { TEXT_MAX = 8 << 20, DEPTH_MAX = 64, NODES_MAX = 200000, KEY_MAX = 200 };

struct anchor {
	char *name;
	struct conf_node *node;
	bool is_open; /* its node is not yet complete: an alias to it would never end */
	UT_hash_handle hh;
};

struct load {
	yaml_parser_t parser;
	const char *file;
	const char *text;
	size_t len;
	struct conf_errors *errors;
	struct conf_node *root;
	struct anchor *anchors;
	size_t n_nodes;
	bool is_over; /* a bound was hit or the syntax is broken: nothing more is read */
};

/* A key that waits for its value. */
struct key {
	const char *text; /* NULL in a list */
	yaml_mark_t mark;
};

static void load_value(struct load *l, yaml_event_t *event, struct conf_node *parent,
		       const struct key *key, int depth);

static int line_of(yaml_mark_t mark)
{
	return (int)mark.line + 1;
}

static int column_of(yaml_mark_t mark)
{
	return (int)mark.column + 1;
}

static void error_at(struct load *l, yaml_mark_t mark, const char *text)
{
	conf_error_at(l->errors, l->file, line_of(mark), column_of(mark), "%s", text);
}

/* The next event; false at the end of what can be read. */
static bool next(struct load *l, yaml_event_t *event)
{
	if (l->is_over)
		return false;
	if (yaml_parser_parse(&l->parser, event))
		return true;
	syntax_error(&l->parser, l->file, l->text, l->len, l->errors);
	l->is_over = true;
	return false;
}

static void stop(struct load *l, yaml_mark_t mark, const char *text)
{
	if (!l->is_over)
		error_at(l, mark, text);
	l->is_over = true;
}

static bool count_node(struct load *l, yaml_mark_t mark, int depth)
{
	if (depth > DEPTH_MAX)
		stop(l, mark, "nested deeper than 64 levels");
	else if (++l->n_nodes > NODES_MAX)
		stop(l, mark,
		     "more than 200,000 keys and values, aliases counted as what they stand for");
	return !l->is_over;
}

static struct conf_node *add_node(struct load *l, struct conf_node *parent,
				  enum conf_node_kind kind, const struct key *key, yaml_mark_t mark,
				  const char *text, size_t len)
{
	struct conf_node *node;

	if (parent)
		node = conf_add(parent, kind, key->text, text, len);
	else
		node = l->root = conf_new(l->file, kind, text, len);
	node->line = line_of(mark);
	node->column = column_of(mark);
	if (key && key->text) {
		node->key_line = line_of(key->mark);
		node->key_column = column_of(key->mark);
	}
	return node;
}

/* ---- anchors and aliases ---- */

/* A name that is used again stands for the newer node from here on, as YAML has it. */
static struct anchor *set_anchor(struct load *l, const char *name, struct conf_node *node)
{
	struct anchor *anchor;

	if (!name)
		return NULL;
	HASH_FIND_STR(l->anchors, name, anchor);
	if (!anchor) {
		anchor = xcalloc(1, sizeof *anchor);
		anchor->name = xstrdup(name);
		HASH_ADD_KEYPTR(hh, l->anchors, anchor->name, strlen(anchor->name), anchor);
	}
	anchor->node = node;
	anchor->is_open = true;
	return anchor;
}

static void close_anchor(struct anchor *anchor, const struct conf_node *node)
{
	if (anchor && anchor->node == node)
		anchor->is_open = false;
}

static void free_anchors(struct load *l)
{
	struct anchor *anchor, *following;

	HASH_ITER (hh, l->anchors, anchor, following) {
		HASH_DEL(l->anchors, anchor);
		free(anchor->name);
		free(anchor);
	}
}

static size_t count_nodes(const struct conf_node *node)
{
	size_t n = 1;

	for (const struct conf_node *child = node->first; child; child = child->next)
		n += count_nodes(child);
	return n;
}

static int height(const struct conf_node *node)
{
	int most = 0;

	for (const struct conf_node *child = node->first; child; child = child->next) {
		int h = height(child);

		most = h > most ? h : most;
	}
	return most + 1;
}

/* Copies what an alias or a merge key stands for. Its places stay those of the original, where a mistake
 * in it is put right; only the key is here. */
static struct conf_node *copy_node(struct load *l, struct conf_node *parent, const struct key *key,
				   const struct conf_node *node, yaml_mark_t mark, int depth)
{
	struct conf_node *copy;

	l->n_nodes += count_nodes(node) - 1;
	if (!count_node(l, mark, depth + height(node) - 1))
		return NULL;
	copy = conf_add_copy(parent, key->text, node);
	copy->key_line = key->text ? line_of(key->mark) : 0;
	copy->key_column = key->text ? column_of(key->mark) : 0;
	return copy;
}

static void load_alias(struct load *l, const yaml_event_t *event, struct conf_node *parent,
		       const struct key *key, int depth)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor;

	HASH_FIND_STR(l->anchors, name, anchor);
	if (anchor && !anchor->is_open) {
		copy_node(l, parent, key, anchor->node, event->start_mark, depth);
		return;
	}
	conf_error_at(l->errors, l->file, line_of(event->start_mark), column_of(event->start_mark),
		      anchor ? "the alias *%s stands inside of what it stands for"
			     : "there is no anchor &%s before this alias",
		      name);
}

/* ---- maps ---- */

/* Reads a key into a copy of its own. NULL if it is none; what stands there is skipped. */
static char *load_key(struct load *l, yaml_event_t *event, struct key *key)
{
	const char *text = (const char *)event->data.scalar.value;

	key->mark = event->start_mark;
	if (event->type == YAML_SCALAR_EVENT && *text && event->data.scalar.length <= KEY_MAX &&
	    strlen(text) == event->data.scalar.length && !event->data.scalar.tag)
		return xstrdup(text);
	stop(l, event->start_mark, "a key is a word or a text of 1 to 200 bytes");
	return NULL;
}

static void load_map(struct load *l, struct conf_node *map, int depth)
{
	yaml_event_t event;

	while (next(l, &event) && event.type != YAML_MAPPING_END_EVENT) {
		struct key key = {0};
		char *text = load_key(l, &event, &key);

		yaml_event_delete(&event);
		key.text = text;
		if (text && next(l, &event)) {
			load_value(l, &event, map, &key, depth + 1);
			yaml_event_delete(&event);
		}
		free(text);
	}
	merge_keys(map, l->errors);
}

static void load_list(struct load *l, struct conf_node *list, int depth)
{
	yaml_event_t event;

	while (next(l, &event) && event.type != YAML_SEQUENCE_END_EVENT) {
		load_value(l, &event, list, &(struct key){0}, depth + 1);
		yaml_event_delete(&event);
	}
}

/* ---- values and documents ---- */

static void load_scalar(struct load *l, const yaml_event_t *event, struct conf_node *parent,
			const struct key *key)
{
	struct conf_node *node =
		add_node(l, parent, CONF_SCALAR, key, event->start_mark,
			 (const char *)event->data.scalar.value, event->data.scalar.length);

	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	close_anchor(set_anchor(l, (const char *)event->data.scalar.anchor, node), node);
}

static void refuse_tag(struct load *l, const yaml_event_t *event, const yaml_char_t *tag)
{
	if (tag)
		error_at(l, event->start_mark, "tags (\"!!str\", \"!name\") mean nothing here");
}

static void load_value(struct load *l, yaml_event_t *event, struct conf_node *parent,
		       const struct key *key, int depth)
{
	struct conf_node *node;
	struct anchor *anchor;

	if (!count_node(l, event->start_mark, depth))
		return;
	switch (event->type) {
	case YAML_ALIAS_EVENT: load_alias(l, event, parent, key, depth); return;
	case YAML_SCALAR_EVENT:
		refuse_tag(l, event, event->data.scalar.tag);
		load_scalar(l, event, parent, key);
		return;
	case YAML_SEQUENCE_START_EVENT:
		refuse_tag(l, event, event->data.sequence_start.tag);
		node = add_node(l, parent, CONF_LIST, key, event->start_mark, NULL, 0);
		anchor = set_anchor(l, (const char *)event->data.sequence_start.anchor, node);
		load_list(l, node, depth);
		close_anchor(anchor, node);
		return;
	case YAML_MAPPING_START_EVENT:
		refuse_tag(l, event, event->data.mapping_start.tag);
		node = add_node(l, parent, CONF_MAP, key, event->start_mark, NULL, 0);
		anchor = set_anchor(l, (const char *)event->data.mapping_start.anchor, node);
		load_map(l, node, depth);
		close_anchor(anchor, node);
		return;
	default: return;
	}
}

static void load_stream(struct load *l)
{
	yaml_event_t event;
	int documents = 0;
	bool is_end = false;

	while (!is_end && next(l, &event)) {
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && documents++)
			stop(l, event.start_mark,
			     "a second document begins here (\"---\"); a file has one");
		else if (event.type == YAML_ALIAS_EVENT)
			error_at(l, event.start_mark, "there is nothing before this alias");
		else if (event.type == YAML_SCALAR_EVENT ||
			 event.type == YAML_SEQUENCE_START_EVENT ||
			 event.type == YAML_MAPPING_START_EVENT)
			load_value(l, &event, NULL, NULL, 1);
		yaml_event_delete(&event);
	}
}

struct conf_node *conf_parse(const char *file, const char *text, size_t len,
			     struct conf_errors *errors)
{
	struct load l = {.file = file, .text = text, .len = len, .errors = errors};

	if (len > TEXT_MAX) {
		conf_error_at(errors, file, 0, 0, "longer than 8 MiB");
		return NULL;
	}
	if (!yaml_parser_initialize(&l.parser))
		abort(); /* out of memory */
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, len);
	load_stream(&l);
	yaml_parser_delete(&l.parser);
	free_anchors(&l);
	if (l.is_over)
		conf_free(&l.root);
	else if (!l.root || (conf_is_nothing(l.root) && !l.root->quoted)) {
		conf_free(&l.root);
		l.root = conf_new_map(file);
		l.root->line = l.root->column = 1;
	}
	return l.root;
}

struct conf_node *conf_load(const char *path, struct conf_errors *errors)
{
	struct conf_node *root;
	struct err err;
	size_t len;
	char *text = fd_read_path(path, TEXT_MAX, &len, &err);

	if (!text) {
		const char *why = err.text;

		if (!strncmp(why, path, strlen(path)) && why[strlen(path)] == ':')
			why += strlen(path) + 2;
		conf_error_at(errors, path, 0, 0, "%s", why);
		return NULL;
	}
	root = conf_parse(path, text, len, errors);
	free(text);
	return root;
}
