/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot path of the wire: what the hub has to know of a published event, found without unpacking it,
 * and the head that it puts in front of the event's untouched bytes.
 *
 *	in:   [length] [id, prompt ...] 1a LEN  EVENT
 *	out:  [length] 09 SEQ 15 DEVICE 1a LEN  EVENT
 */
#ifndef WIRE_STAMP_H
#define WIRE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/* Event.body's field numbers, which are the values of Kind too. */
enum { EVENT_KIND_FIRST = 6, EVENT_KIND_LAST = 12, EVENT_KINDS = 7 };

/* Frame's field numbers that are looked at here. */
enum {
	FRAME_SEQ = 1,
	FRAME_DEVICE_ID = 2,
	FRAME_EVENT = 3,
	FRAME_ID = 4,
	FRAME_PROMPT = 5,
};

/* The longest head that stamp_put writes in front of an event. */
enum { STAMP_HEAD_MAX = 25 };

struct frame_scan {
	uint64_t id;
	bool prompt;
	uint32_t body;        /* field number of the body, known or not; 0 if there is none */
	const uint8_t *bytes; /* of the body */
	size_t len;
};

struct event_text {
	const char *text; /* not terminated; stays in the event */
	size_t len;
};

static inline bool event_text_is(struct event_text text, const char *s)
{
	return strlen(s) == text.len && (!text.len || !memcmp(text.text, s, text.len));
}

struct event_scan {
	uint64_t time, incarnation, number;
	struct event_text publisher, device;
	uint32_t kind; /* EVENT_KIND_FIRST to EVENT_KIND_LAST */
	const uint8_t *body;
	size_t body_len;
	struct event_text key; /* of a reading */
};

/* Looks at a frame's own fields. -1 if it is malformed: no whole fields, a known one of the wrong wire
 * type, two bodies. */
int scan_frame(const uint8_t *payload, size_t len, struct frame_scan *out);

/* Looks at an event's own fields and, in a reading, for the key. -1 if it is malformed, or has no body
 * of a known kind. */
int scan_event(const uint8_t *event, size_t len, struct event_scan *out);

/* The size of the whole frame, length in front, that carries an event of len bytes. */
size_t stamp_size(size_t len);

/* Writes that frame; room for stamp_size bytes. Returns its size. */
size_t stamp_put(uint8_t *out, uint64_t seq, uint32_t device_id, const uint8_t *event, size_t len);

/* A frame that stamp_put wrote. */
struct stamp {
	uint64_t seq;
	uint32_t device_id;
	const uint8_t *event;
	size_t len;
};

/* Reads the first frame in bytes. The size of the whole frame; -1 if stamp_put did not write it. */
ssize_t stamp_get(const uint8_t *bytes, size_t len, struct stamp *out);
/* The kind of its event; 0 if it has none. */
uint32_t stamp_kind(const struct stamp *stamp);
/* The time of its event. */
uint64_t stamp_time(const struct stamp *stamp);

/* The event inside a frame that stamp_put wrote. */
const uint8_t *stamp_event(const uint8_t *frame, size_t size, size_t *len_out);

#endif
