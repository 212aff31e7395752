/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that never reached the disk; see hole.h. */
#include "hub/hole.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Then the oldest two become one: what is between them may be told as missing though it was given. */
enum { HOLES_MAX = 1024 };

void holes_fini(struct holes *holes)
{
	while (holes->n)
		holes_remove(holes, holes->n - 1);
	free(holes->list);
	*holes = (struct holes){0};
}

static int by_slot(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static void set_slots(struct hole *hole, const uint32_t *slots, size_t n)
{
	free(hole->slots);
	hole->slots = NULL;
	hole->n_slots = n > STORE_SLOTS_MAX ? STORE_SLOTS_MAX + 1 : n;
	if (n && n <= STORE_SLOTS_MAX)
		hole->slots = xmemdup(slots, n * sizeof *slots);
}

/* Those of both, each once; too many to be listed if either's are. */
static void merge_slots(struct hole *hole, const struct hole *more)
{
	uint32_t all[2 * STORE_SLOTS_MAX];
	size_t n = 0, kept = 0;

	if (hole->n_slots > STORE_SLOTS_MAX || more->n_slots > STORE_SLOTS_MAX) {
		set_slots(hole, NULL, STORE_SLOTS_MAX + 1);
		return;
	}
	for (size_t i = 0; i < hole->n_slots; i++)
		all[n++] = hole->slots[i];
	for (size_t i = 0; i < more->n_slots; i++)
		all[n++] = more->slots[i];
	qsort(all, n, sizeof *all, by_slot);
	for (size_t i = 0; i < n; i++)
		if (!kept || all[i] != all[kept - 1])
			all[kept++] = all[i];
	set_slots(hole, all, kept);
}

/* The hole now reaches to the end of the other one, which is behind it. */
static void swallow(struct hole *hole, const struct hole *more)
{
	hole->last = more->last;
	if (!hole->newest_time || !more->newest_time)
		hole->newest_time = 0;
	else if (more->newest_time > hole->newest_time)
		hole->newest_time = more->newest_time;
	merge_slots(hole, more);
}

void holes_remove(struct holes *holes, size_t i)
{
	free(holes->list[i].slots);
	memmove(holes->list + i, holes->list + i + 1, (--holes->n - i) * sizeof *holes->list);
}

void holes_add(struct holes *holes, const struct hole *hole)
{
	struct hole *last = holes->n ? &holes->list[holes->n - 1] : NULL;

	if (hole->last < hole->first || (last && hole->last <= last->last))
		return;
	if (last && hole->first <= last->last + 1) {
		swallow(last, hole);
		return;
	}
	if (holes->n == HOLES_MAX) {
		swallow(&holes->list[0], &holes->list[1]);
		holes_remove(holes, 1);
	}
	holes->list = xreallocarray(holes->list, holes->n + 1, sizeof *holes->list);
	last = &holes->list[holes->n++];
	*last = (struct hole){
		.first = hole->first, .last = hole->last, .newest_time = hole->newest_time};
	set_slots(last, hole->slots, hole->n_slots);
}

const struct hole *holes_find(const struct holes *holes, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < holes->n; i++)
		if (holes->list[i].last >= from)
			return holes->list[i].first <= to ? &holes->list[i] : NULL;
	return NULL;
}

void holes_fill(struct holes *holes, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < holes->n; i++) {
		struct hole *hole = &holes->list[i];

		if (hole->first < first || hole->first > last)
			continue;
		hole->first = last + 1;
		if (hole->first > hole->last)
			holes_remove(holes, i);
		return;
	}
}
