/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What subscribers ask for: patterns and kinds, as a bitmap over devices and kinds. Filters are interned,
 * so that a thousand subscribers who ask for the same share one, and an event is checked against each
 * filter once.
 *
 * Each device knows the filters that select it (device.h); each filter lists the clients that rest, with
 * nothing to be sent: the live ones, whom an event wakes, and the durable ones, whom it wakes when it is on
 * disk. So an event costs nothing for those whom it does not concern.
 */
#ifndef HUB_FILTER_H
#define HUB_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/err.h"
#include "hub/eventlog.h"

struct client;
struct device;
struct devices;
TAILQ_HEAD(client_list, client);

struct filter {
	UT_hash_handle hh;
	char *text;     /* the key: kinds and patterns in one canonical form */
	uint64_t id;    /* rises; the order in device.filters */
	unsigned kinds; /* a bit for each Kind & 7 */
	char **patterns;
	size_t n_patterns;
	uint8_t *bits;    /* bit slot_of(device, kind) */
	size_t n_devices; /* covered by bits */
	size_t refs;
	struct client_list resting, durable;
};

struct filters {
	struct filter *by_text;
	uint64_t last_id;
	struct devices *devices;
};

void filters_init(struct filters *filters, struct devices *devices);
/* All filters must have been released. */
void filters_fini(struct filters *filters);

/* Finds or makes the filter for these patterns (none: "#") and kinds (0: readings, states, losses);
 * patterns must be good. */
struct filter *filters_get(struct filters *filters, char *const *patterns, size_t n,
			   unsigned kinds);
void filters_release(struct filters *filters, struct filter **filter);

/* A device is new: every filter looks at it. */
void filters_add_device(struct filters *filters, struct device *device);

bool filter_selects(const struct filter *filter, const char *device);

/* Something of this device matches. */
static inline bool filter_selects_id(const struct filter *filter, uint32_t device)
{
	return device < filter->n_devices && filter->bits[device];
}

static inline bool filter_matches(const struct filter *filter, uint32_t slot)
{
	return slot_device(slot) < filter->n_devices && filter->bits[slot >> 3] >> (slot & 7) & 1;
}

static inline unsigned kind_bit(uint32_t kind)
{
	return 1u << (kind & 7);
}

#endif
