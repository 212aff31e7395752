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
#include "hub/ages.h"
#include "wire/note.h"

/* BYTES_MAX: of their notes, which a checkpoint has to hold beside everything else. */
enum { DURABLES_MAX = 4096, DURABLES_BYTES_MAX = 256 * 1024 };

#define DURABLE_TOO_OLD "older than this subscriber wanted it kept"

struct client;
struct filter;
struct hub;

enum durable_state { DURABLE_NEW, DURABLE_KEPT, DURABLE_LEAVING };

/* What a subscriber asks for, each time anew. */
struct durable_terms {
	struct filter *filter;
	uint64_t retain_bytes; /* 0: as much as the store holds */
	uint32_t retain_s;     /* 0: as long as the store holds it */
};

struct durable {
	UT_hash_handle hh;
	struct hub *hub;
	char *name;
	struct durable_terms terms;
	uint64_t place; /* acknowledged up to here */
	uint64_t floor; /* what stands before this number is too old for retain_bytes or retain_s */
	uint64_t since; /* wall time */
	uint64_t gaps;
	uint64_t note; /* when that is on disk, the state changes; listed in durables.pending */
	struct client *client; /* its connection, also while that waits to be answered; NULL */
	uint8_t state;
	bool is_moved;  /* the place, since it was noted last; listed in durables.moved */
	bool is_heavy;  /* holds most of the store: the log has said so */
	bool is_losing; /* what it has not acknowledged goes: so has it of that */
	TAILQ_ENTRY(durable) moved, pending;
};

struct durables {
	struct hub *hub;
	struct durable *by_name;
	size_t n, bytes; /* of all notes about them */
	TAILQ_HEAD(, durable) moved, pending;
	TAILQ_HEAD(, asker) askers; /* for a removal */
	struct ages ages;
	uint64_t needed; /* the store keeps what stands behind this number */
	uint64_t swept;  /* bytes that the log had taken at the last sweep */
};

void durables_init(struct durables *durables, struct hub *hub);
void durables_fini(struct durables *durables);

struct durable *durables_find(const struct durables *durables, const char *name);
/* The terms' filter is copied, as a reference of its own. NULL: there are too many. */
struct durable *durable_new(struct durables *durables, const char *name,
			    const struct durable_terms *terms, uint64_t place);
void durable_set_terms(struct durable *durable, const struct durable_terms *terms);
/* Asks for its removal; the client is answered when that is on disk. */
void durable_remove(struct durable *durable, struct client *client, uint64_t id);
/* A client is gone, and wants no answer any more. */
void durables_forget(struct durables *durables, const struct client *client);

/* Everything up to seq was acknowledged. */
void durable_ack(struct durable *durable, uint64_t seq);

/* ---- For the storage ---- */

/* A Subscriber, SubscriberRemoved or Acked note of a store that is being opened, in their order. */
int durables_restore(struct durables *durables, const Dragoman__Internal__Note *note,
		     struct err *err);
/* Appends what a checkpoint has to say of them. */
void durables_checkpoint(const struct durables *durables, struct buf *out);
/* A cut is about to be made: the places that have moved since the last one, by storage_note. */
void durables_note_places(struct durables *durables);
/* What was noted up to this note is on disk; or it is not, and will not be. */
void durables_committed(struct durables *durables, uint64_t note, bool is_kept);
/* hub.kept has moved on from `before`, over events of these slots (n_slots above STORE_SLOTS_MAX: not
 * listed): wakes those whom it concerns. */
void durables_wake(struct durables *durables, uint64_t before, const uint32_t *slots,
		   size_t n_slots);
/* ---- What has to be kept for them (retain.c) ---- */

/* What has become too old by now, for one that resumes. */
void durable_look(struct durable *durable);
/* Whether events up to the number `last`, none later than newest_time, are older than it wants to have. */
bool durable_is_old(const struct durable *durable, uint64_t last, uint64_t newest_time);
/* Wall time of about when the oldest event that it has not acknowledged was received; 0 if it has all. */
uint64_t durable_oldest_time(const struct durable *durable);

/* The store is not to let go of what stands behind this place. */
void durables_need(struct durables *durables, uint64_t place);
/* The store is about to let go of what stands before the number `oldest`. */
void durables_dropped(struct durables *durables, uint64_t oldest);
/* Once a second: what the store has to keep for them, and who makes it keep too much. */
void durables_sweep(struct durables *durables);

#endif
