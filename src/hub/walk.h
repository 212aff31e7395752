/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long answer that is produced as the client drains: a snapshot, the catalogue, a status. A walk holds
 * a place in what it walks over by number, never a pointer, so that what changes under it does no harm.
 */
#ifndef HUB_WALK_H
#define HUB_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct client;
struct filter;
struct hub;
struct walk;

/* Appends one or a few frames of the answer to out; false when that was the last. */
typedef bool walk_fn(struct walk *walk, struct hub *hub, struct buf *out);

struct walk {
	walk_fn *step;
	uint64_t id;           /* of the request */
	struct filter *filter; /* which devices; a reference of the walk's own, or NULL */
	uint64_t until;        /* a snapshot: readings after this number come live */
	uint64_t place;        /* what was done last: a device's id, a client's */
	uint32_t key; /* of the device behind it, the order of the key that was done last */
	size_t part;  /* which of several things are walked over, in order */
	uint32_t count;
};

/* A page of an answer is closed when it has so many bytes. */
enum { WALK_PAGE = 32 * 1024 };

/* Starts a walk with a copy of this one; the filter's reference is taken over. */
void walk_start(struct client *client, const struct walk *walk);
/* Appends to client.out until it is long enough or the walk is done. */
void walk_go(struct client *client);
void walk_end(struct client *client);

/* Appends a frame with its length, whose body of this field number has these bytes. */
void walk_put_frame(struct buf *out, uint64_t id, uint32_t body, const struct buf *bytes);

walk_fn snapshot_step;

#endif
