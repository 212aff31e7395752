/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the hub and its store: which events and notes are written when, what is on disk, and what is not
 * and never will be.
 *
 *	 on disk, or in a hole | the cut, being written | collecting
 *	        ... hub.kept ->|            ... cut.last -> ... log.head
 *
 * A cut is made at the end of a turn: at once if somebody waits for what is in it, else when commit_size or
 * commit_interval says so. One is under way at a time, and what comes meanwhile collects: so the slower the
 * disk, the larger the groups. It is a copy: however long the disk takes, the log need not wait for it.
 *
 * A hole is a run of numbers that never reached the disk because the store was out. Publishers are told that
 * what was in it is in memory only; who reads on over it later gets a Gap. What comes while the store is out
 * is tried again like anything else, and goes into the hole each time that fails.
 *
 * A store that cannot be opened leaves a stream of its own in memory, with a new identity.
 */
#ifndef HUB_STORAGE_H
#define HUB_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ev/loop.h"
#include "hub/hole.h"
#include "store/store.h"
#include "wire/note.h"

struct hub;

struct storage_settings {
	struct store_settings store; /* dir NULL: the stream is in memory */
	int64_t commit_interval_ns;
	size_t commit_size;
};

enum storage_state {
	STORAGE_MEMORY, /* no store is wanted */
	STORAGE_DISK,
	STORAGE_FAILING, /* there should be one, and what comes now does not get there */
};

/* The newest of one device and kind in a cut. */
struct cut_slot {
	uint32_t slot;
	uint64_t seq;
	uint64_t time; /* the latest, which may be another event's */
};

struct cut {
	uint64_t first, last; /* numbers; first is last + 1 if there are none */
	uint64_t newest_time;
	uint32_t events;
	struct cut_slot *slots;
	size_t n_slots, slots_size;
	uint64_t note;  /* the last one in it */
	bool is_prompt; /* somebody waits for it */
	int64_t begun;  /* monotonic */
	struct buf notes, frames;
};

struct storage {
	struct hub *hub;
	struct storage_settings settings;
	struct store *store; /* NULL: none, or it could not be opened */
	char *problem;       /* what is wrong, and what to do; NULL: nothing */
	uint32_t until;      /* numbers of the runs before this one may be given */
	uint64_t before;     /* the newest number of earlier runs; 0: none */

	struct buf notes; /* for the next cut */
	uint64_t n_notes;
	uint64_t settled;     /* the last note that is on disk, or never will be */
	struct cut cut, rest; /* under way, or the last one; what was given up without trying */
	uint64_t taken;       /* the last number that a cut or a hole has */
	uint64_t end;         /* of the log, up to where all is on disk or in a hole */
	struct timer interval;
	bool is_due, is_prompt, is_wanted;
	bool is_out;     /* the last cut did not get to the disk */
	bool is_stalled; /* nor has the one under way, for long */
	bool is_pressed;

	struct holes holes;
	uint64_t lost; /* events in them since the store went out */
};

void storage_init(struct storage *storage, struct hub *hub);
/* Waits for what is being written. */
void storage_fini(struct storage *storage);

/* Opens the store, makes the hub's state what it was, and begins a run; or logs why that cannot be. For the
 * beginning, when nobody is connected and nothing was said yet: waits for the disk. */
void storage_open(struct storage *storage, const struct storage_settings *settings);

/* What was found in a store that is not used after all. */
void storage_forget(struct storage *storage);

enum storage_state storage_state(const struct storage *storage);
/* Whether there is a store, be it out at present. */
static inline bool storage_is_on(const struct storage *storage)
{
	return storage->store;
}
/* The oldest and the newest number that can be given, on disk or in memory; 0 if there is none. */
uint64_t storage_oldest(const struct storage *storage);
uint64_t storage_newest(const struct storage *storage);

/* Adds a note to the next cut. prompt: somebody waits for it. Notes are numbered from 1. */
uint64_t storage_note(struct storage *storage, const Dragoman__Internal__Note *note, bool prompt);
/* There will be something to note when the next cut is made, which is done within the interval. */
void storage_want(struct storage *storage);
/* Somebody waits for what has come so far. */
void storage_hurry(struct storage *storage);

/* An event was appended to the log. */
void storage_appended(struct storage *storage);
/* At the end of a turn: makes a cut if one is due. */
void storage_turn(struct storage *storage);
/* Once a second. */
void storage_sweep(struct storage *storage);
/* Publishers have sent more than can be written: nothing is read from them until the disk has caught up. */
static inline bool storage_is_pressed(const struct storage *storage)
{
	return storage->is_pressed;
}
/* At the end: makes the last cut. True when nothing is under way any more. */
bool storage_finish(struct storage *storage);

#endif
