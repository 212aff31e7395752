/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of numbers whose events never reached the disk, since the store was out (storage.h). */
#ifndef HUB_HOLE_H
#define HUB_HOLE_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct hole {
	uint64_t first, last;
	uint64_t newest_time; /* the latest among their events; 0: not known */
	uint32_t *slots;      /* of what was in it, rising */
	size_t n_slots;       /* above STORE_SLOTS_MAX: not known */
};

/* Rising, and none touches another. Zeroed memory has none. */
struct holes {
	struct hole *list;
	size_t n;
};

void holes_fini(struct holes *holes);

/* Its numbers are not below those of all others; one that goes on where the last one ends makes that longer. Slots
 * are copied. */
void holes_add(struct holes *holes, const struct hole *hole);
void holes_remove(struct holes *holes, size_t i);
/* The disk has answered after all: these numbers are on it, and no part of a hole that begins among them. */
void holes_fill(struct holes *holes, uint64_t first, uint64_t last);

/* The first hole that has numbers from `from` to `to`; NULL if there is none. */
const struct hole *holes_find(const struct holes *holes, uint64_t from, uint64_t to);

#endif
