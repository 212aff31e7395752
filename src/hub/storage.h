/* SPDX-License-Identifier: Apache-2.0 */
/* Between the hub and its store: what becomes of events and notes until they are on disk. */
#ifndef HUB_STORAGE_H
#define HUB_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/note.h"

struct storage;
struct store;

/* Adds a note to the next group. prompt: somebody waits for it, it is committed at the end of the turn. Notes
 * are numbered from 1; durables_committed tells of the newest that is on disk. */
uint64_t storage_note(struct storage *storage, const Dragoman__Internal__Note *note, bool prompt);

/* There will be something to note when the next group is cut, which is done within the interval, with or
 * without events. */
void storage_want(struct storage *storage);

/* Numbers that never reached the disk. */
struct hole {
	uint64_t first, last;
	const uint32_t *slots; /* of what was in it */
	size_t n_slots;        /* above STORE_SLOTS_MAX: not known */
};

/* The first hole that has numbers from `from` to `to`; NULL if there is none. */
const struct hole *storage_hole(const struct storage *storage, uint64_t from, uint64_t to);

#endif
