/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable subscribers: names whose place in the stream the hub keeps, with or without a connection.
 *
 *	NEW        its note is on the way to the disk; whoever asked for it has no answer yet
 *	KEPT       it is on disk
 *	LEAVING    so is, soon, the note of its removal
 *
 * A place is a number: everything up to it was acknowledged. Its connection, if there is one, has a cursor of
 * its own, which is ahead of the place and never beyond what is on disk.
 */
#ifndef HUB_DURABLE_H
#define HUB_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/note.h"

struct client;
struct filter;
struct hub;

enum durable_state { DURABLE_NEW, DURABLE_KEPT, DURABLE_LEAVING };

struct durable {
	UT_hash_handle hh;
	char *name;
	struct filter *filter;
	uint64_t place;        /* acknowledged up to here */
	uint64_t retain_bytes; /* 0: as much as the store holds */
	uint64_t since;        /* wall time */
	uint64_t gaps;
	uint64_t note; /* when that is on disk, the state changes */
	struct client *client;
	uint32_t retain_s; /* 0: as long as the store holds it */
	uint8_t state;
	bool is_moved; /* the place, since it was noted last; listed in durables.moved */
	bool is_heavy; /* holds most of the store: the log has said so */
	TAILQ_ENTRY(durable) link;
};

struct durables {
	struct hub *hub;
	struct durable *by_name;
	size_t n, bytes; /* of all notes about them */
	TAILQ_HEAD(, durable) moved;
};

void durables_init(struct durables *durables, struct hub *hub);
void durables_fini(struct durables *durables);

/* ---- For the storage ---- */

/* A Subscriber, SubscriberRemoved or Acked note of a store that is being opened, in their order. */
int durables_restore(struct durables *durables, const Dragoman__Internal__Note *note,
		     struct err *err);
/* Appends what a checkpoint has to say of them. */
void durables_checkpoint(const struct durables *durables, struct buf *out);
/* A group is about to be cut: the places that have moved since the last one, by storage_note. */
void durables_note_places(struct durables *durables);
/* What was noted up to this note is on disk; or it is not, and will not be. */
void durables_committed(struct durables *durables, uint64_t note, bool is_kept);
/* hub.kept has moved on from `before`, over events of these slots (n_slots above STORE_SLOTS_MAX: not
 * listed): wakes those whom it concerns. */
void durables_wake(struct durables *durables, uint64_t before, const uint32_t *slots,
		   size_t n_slots);
/* Once a second: what the store has to keep for them, and who makes it keep too much. */
void durables_sweep(struct durables *durables);

#endif
