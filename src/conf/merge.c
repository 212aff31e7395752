/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a map's keys come to once all of them are read: "<<" gives way to what it merges, and no key
 * stands twice. Sorting finds doubles, so that a map of any size costs no more than it should.
 */
#include "conf/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* The children of a map with the rank at which they count: its own keys come before merged ones, and
 * those merged first before those merged later. */
struct candidate {
	struct conf_node *node;
	size_t rank, order;
};

struct candidates {
	struct candidate *list;
	size_t n, size;
};

static void add_candidate(struct candidates *c, struct conf_node *node, size_t rank)
{
	if (c->n == c->size) {
		c->size = c->size ? c->size * 2 : 16;
		c->list = xreallocarray(c->list, c->size, sizeof *c->list);
	}
	c->list[c->n] = (struct candidate){node, rank, c->n};
	c->n++;
}

static int by_key(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int d = strcmp(a->node->key, b->node->key);

	if (d)
		return d;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int by_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* What stands behind "<<": a map, or a list of maps. Each one's children become candidates. */
static void add_merged(struct candidates *c, const struct conf_node *merge, size_t *rank,
		       struct conf_errors *errors)
{
	if (merge->kind == CONF_LIST) {
		for (const struct conf_node *item = merge->first; item; item = item->next)
			if (item->kind == CONF_MAP)
				add_merged(c, item, rank, errors);
			else
				conf_error(errors, item, "\"<<\" merges maps only");
		return;
	}
	if (merge->kind != CONF_MAP) {
		conf_error(errors, merge, "\"<<\" merges a map, given as an alias: <<: *name");
		return;
	}
	++*rank;
	for (struct conf_node *child = merge->first; child; child = child->next)
		add_candidate(c, child, *rank);
}

/* Keeps the first of each key; a key of the map's own that stands twice is an error. */
static void drop_doubles(struct candidates *c, struct conf_errors *errors)
{
	size_t kept = 0;

	qsort(c->list, c->n, sizeof *c->list, by_key);
	for (size_t i = 0; i < c->n; i++) {
		const struct conf_node *first = kept ? c->list[kept - 1].node : NULL;
		struct conf_node *node = c->list[i].node;

		if (!first || strcmp(first->key, node->key))
			c->list[kept++] = c->list[i];
		else if (!c->list[i].rank)
			conf_error_key(errors, node, "\"%s\" stands here twice; first in line %d",
				       node->key, first->key_line);
	}
	c->n = kept;
	if (c->n)
		qsort(c->list, c->n, sizeof *c->list, by_order);
}

/* A merged map is a copy of its own under "<<", so its children can simply be moved. */
static void relink(struct conf_node *map, const struct candidates *c)
{
	map->first = map->last = NULL;
	map->n = c->n;
	for (size_t i = 0; i < c->n; i++) {
		struct conf_node *node = c->list[i].node;

		node->parent = map;
		node->next = NULL;
		if (map->last)
			map->last->next = node;
		else
			map->first = node;
		map->last = node;
	}
}

void merge_keys(struct conf_node *map, struct conf_errors *errors)
{
	struct candidates c = {0};
	size_t rank = 0;

	if (!map->n)
		return;
	for (struct conf_node *child = map->first; child; child = child->next)
		if (!strcmp(child->key, "<<"))
			add_merged(&c, child, &rank, errors);
		else
			add_candidate(&c, child, 0);
	if (c.n)
		drop_doubles(&c, errors);
	relink(map, &c);
	free(c.list);
}
