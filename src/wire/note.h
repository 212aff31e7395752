/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store holds beside the events: the notes of proto/dragoman/internal/store.proto, one behind the
 * other, each with its length in front.
 */
#ifndef WIRE_NOTE_H
#define WIRE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dragoman/internal/store.pb-c.h"

/* Appends a note. */
void note_put(struct buf *out, const Dragoman__Internal__Note *note);

/* Calls fn for each note, as long as it returns 0. -1 with err if fn said so, or if these are no notes. A
 * note of a later version has the body DRAGOMAN__INTERNAL__NOTE__BODY__NOT_SET. */
typedef int note_fn(void *arg, const Dragoman__Internal__Note *note, struct err *err);
int note_each(const uint8_t *notes, size_t len, note_fn *fn, void *arg, struct err *err);

#endif
