/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run of memory that has no end: the same pages mapped twice in a row, so that any stretch of up to
 * its size is contiguous, wherever it starts. Positions count on for ever.
 */
#ifndef HUB_RING_H
#define HUB_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ring {
	uint8_t *base;
	size_t size; /* a power of two, whole pages */
};

/* At least size bytes. Pages cost memory when they are first written to. */
int ring_init(struct ring *ring, size_t size, struct err *err);
void ring_fini(struct ring *ring);

static inline uint8_t *ring_at(const struct ring *ring, uint64_t position)
{
	return ring->base + (position & (ring->size - 1));
}

#endif
