/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a Frame to what a caller sees: a frame that carries events of the stream, a piece of an answer or
 * a word about the subscription gives one or several struct dragoman_event. Strings and bytes stay where
 * they are in the frame; only arrays are made anew.
 */
#ifndef CLIENT_EVENT_H
#define CLIENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "dragoman/client.h"
#include "wire/frame.h"

/* Arrays that live as long as the event that points to them. Zeroed memory is empty. */
struct pieces {
	struct piece *first;
};
void pieces_free(struct pieces *pieces);

/* How many events the frame gives; 0 for a frame that is none of these. */
size_t event_count(const Dragoman__V1__Frame *frame);
/* Fills in one of them (i < event_count). False if it is of a kind that this version does not know. */
bool event_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
	       struct dragoman_event *out);
/* Whether more frames of the same answer follow; and whether the frame is a piece of an answer. */
bool event_has_more(const Dragoman__V1__Frame *frame);
bool event_is_answer(const Dragoman__V1__Frame *frame);

#endif
