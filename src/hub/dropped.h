/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store holds no more. Of each device and kind the newest number that is gone is kept, and its
 * latest time (device.h): by them subscribers are told of a Gap.
 */
#ifndef HUB_DROPPED_H
#define HUB_DROPPED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/note.h"

struct storage;

/* Of the store's events (store.h); arg is the storage. */
void dropped_by_store(void *arg, uint64_t oldest, const uint8_t *notes, size_t len);
/* For note_each, over the checkpoint of the oldest segment; arg is the storage. */
int dropped_note(void *arg, const Dragoman__Internal__Note *note, struct err *err);
/* What went before this number was noted in a checkpoint that is not readable: it may have been anything. */
void dropped_unknown(struct storage *storage, uint64_t oldest);
/* Holes all of which stand before this number. */
void dropped_holes(struct storage *storage, uint64_t oldest);

#endif
