/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start finds in the store, made the hub's state again: devices with their ids, states and last
 * readings, publishers with their numbers, holes. Notes come before the events that they were written with,
 * and what events say themselves was not noted: so both are applied, in their order.
 */
#ifndef HUB_RECOVER_H
#define HUB_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct hub;

struct recovery {
	struct hub *hub;
	uint32_t until;       /* the first run that has not been given away; 0: none has */
	uint64_t newest;      /* number on disk, or in a hole; 0: none */
	bool is_past_unknown; /* what was dropped before the oldest number is not readable */
};

/* The calls for store_open; the recovery outlives them. */
struct store_recovery recover_begin(struct recovery *recovery, struct hub *hub);
/* The store is open: publishers that were live have some time to come back. */
void recover_end(struct recovery *recovery);
/* It could not be opened: the hub is as if nothing had been found. */
void recover_undo(struct hub *hub);

#endif
