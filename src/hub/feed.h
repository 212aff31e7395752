/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a subscriber is given next: from the log in memory as long as its place is there, else from the store
 * (cold.h), and in between what has to be said of numbers that cannot be given.
 *
 * A live subscriber is given what the log has; a durable one what is on disk, and no more than its window.
 */
#ifndef HUB_FEED_H
#define HUB_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "hub/cursor.h"
#include "store/store.h"

struct client;

/* The newest number that it may be given. */
uint64_t feed_limit(const struct client *client);

/* What comes next, which may be nothing. Gaps are added to client.out. */
const struct gather *feed_next(struct client *client);
/* The first `bytes` of it are on their way; the rest of a frame that was cut is added to client.out. */
void feed_sent(struct client *client, const struct gather *gather, size_t bytes);

/* DONE: it has all that it may be given. WAITS: for the disk, or for an Ack; it will be made ready. MORE: there
 * is more for it. */
enum feed_state { FEED_DONE, FEED_WAITS, FEED_MORE };
/* Asks the store, should there be need. */
enum feed_state feed_go_on(struct client *client);
/* It waits for its socket. */
void feed_blocks(struct client *client);
/* Asks again what the system has refused to read. */
void feed_sweep(struct client *client);
/* It is no subscriber any more. */
void feed_end(struct client *client);

/* For colds_init. */
void feed_found(struct client *client, const struct store_result *result);

#endif
