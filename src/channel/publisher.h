/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher: gives each event its number, packs it once, and keeps the bytes until the hub has
 * acknowledged them. No descriptor and no timer here; uplink.c carries the bytes.
 *
 * Numbers have no holes, and an event that has its number may be in the hub's hands already; so nothing
 * that was numbered is ever taken back. When what waits has reached its bound, new events are counted
 * instead of numbered. Once there is room again each device gets a Loss that says how many of its
 * events went missing and between which times, and then its present state, should that be missing too.
 */
#ifndef CHANNEL_PUBLISHER_H
#define CHANNEL_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "wire/event.h"

struct publisher;

/* What an event is about: a device, or the line itself ("$channel/NAME"). The publisher's. */
struct publisher_source;

/* Somebody waits for a reading (its cookie) or for a record, and it is on disk, or will not be. Called from
 * publisher_settle only. */
typedef void publisher_kept_fn(void *arg, uint64_t cookie, bool kept);

/* bound: bytes of events that may wait for their acknowledgement. */
struct publisher *publisher_new(const char *name, uint64_t incarnation, size_t bound);
void publisher_free(struct publisher **publisher);

struct publisher_source *publisher_add(struct publisher *publisher, const char *device,
				       publisher_kept_fn *kept, void *arg);

/* A reading or a raw frame without a time gets the present one. type: the message that the reading is
 * published as, NULL if it is none. */
void publisher_reading(struct publisher_source *source, const struct dragoman_reading *reading,
		       const struct event_type *type);
void publisher_raw(struct publisher_source *source, enum event_direction direction,
		   const uint8_t *data, size_t len, int64_t time_ns);
/* The source's state from now on. Texts are copied. */
void publisher_state(struct publisher_source *source, enum event_state state, const char *reason,
		     const char *text);

/* A record: its sender waits for all that comes of it. What is published while one is open is marked prompt.
 * kept follows once it is closed: true if every event of it is on disk (one without events has nothing to be
 * kept), false as soon as one of them found no room or is acknowledged as in memory only. */
struct publisher_record;
struct publisher_record *publisher_open_record(struct publisher *publisher, publisher_kept_fn *kept,
					       void *arg, uint64_t cookie);
void publisher_close_record(struct publisher_record **record);
/* Closes it, and nobody is told. */
void publisher_abandon_record(struct publisher_record **record);

/* Says the present state of every source once more: to a hub whose stream has never seen it. */
void publisher_restate(struct publisher *publisher);

/* Appends whole frames that were not sent yet, at most max bytes of them (but at least one frame).
 * Returns false if there was none. */
bool publisher_take(struct publisher *publisher, struct buf *out, size_t max);

/* A new connection: the hub has everything up to `received`, the rest is to be sent again. */
int publisher_rewind(struct publisher *publisher, uint64_t received);

/* Everything up to number may be forgotten. Both return -1 if such a number was never given. */
int publisher_kept(struct publisher *publisher, uint64_t number, bool on_disk);

/* At the end of each turn: tells those who wait what became of their readings, and says what was lost
 * once there is room. Never from within an adapter's call. */
void publisher_settle(struct publisher *publisher);

/* Whether something was lost that is not said yet, for want of room. */
bool publisher_owes(const struct publisher *publisher);

/* Gives memory back that a busy time has left behind. Now and then. */
void publisher_rest(struct publisher *publisher);

uint64_t publisher_incarnation(const struct publisher *publisher);

struct publisher_stats {
	uint64_t events;  /* that got a number */
	uint64_t dropped; /* that did not */
	uint64_t waiting; /* bytes that are not acknowledged */
};
struct publisher_stats publisher_stats(const struct publisher *publisher);

#endif
