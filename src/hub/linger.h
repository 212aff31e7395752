/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that asked for their events to wait a little, for fewer and larger writes: a wheel of
 * milliseconds with one timer.
 */
#ifndef HUB_LINGER_H
#define HUB_LINGER_H

#include <stddef.h>
#include <stdint.h>

#include "ev/loop.h"
#include "hub/filter.h"

enum { LINGER_MAX_MS = 1000, LINGER_SLOTS = 1024 };

struct lingering {
	struct client_list slots[LINGER_SLOTS];
	size_t n;
	int64_t done_ms;  /* slots up to this time are empty */
	int64_t timer_ms; /* when the timer fires */
	struct timer timer;
	void (*due)(struct client *client);
};

/* due is called for each client whose time has come; it takes the client out by linger_remove. */
void linger_init(struct lingering *lingering, struct loop *loop,
		 void (*due)(struct client *client));
void linger_fini(struct lingering *lingering);

/* Uses client.link; ms from 1 to LINGER_MAX_MS. Returns the slot, which linger_remove wants. */
uint16_t linger_add(struct lingering *lingering, struct client *client, uint32_t ms);
void linger_remove(struct lingering *lingering, struct client *client, uint16_t slot);

#endif
