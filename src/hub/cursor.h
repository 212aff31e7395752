/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscriber's place in the log. It stands on a frame boundary and pins nothing; when the log has
 * moved on past it, it is told what it missed.
 *
 * Delivery in three steps: cursor_catch_up makes sure that the place is in the log and reports the Gap;
 * cursor_gather finds what is to be sent, as few long pieces; cursor_sent moves the place by what the
 * socket took, and saves the rest of a frame that was cut.
 */
#ifndef HUB_CURSOR_H
#define HUB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "hub/eventlog.h"

struct devices;
struct filter;

struct cursor {
	struct filter *filter;
	uint64_t next; /* the first number that was not looked at */
};

enum { GATHER_PIECES = 64, GATHER_BYTES = 256 * 1024 };

/* What is to be sent from one place, under one filter. */
struct gather {
	const struct filter *filter;
	uint64_t from, end; /* it holds for this place, up to here */
	uint64_t next;      /* the place when all of it is sent */
	uint64_t last;      /* the number of the last frame in it */
	size_t bytes, frames, n;
	struct iovec pieces[GATHER_PIECES];
};

/* Brings a place that the log has dropped to its oldest event. Returns true, with the numbers from and
 * to which something was lost that the filter matches, if there is any such thing. */
bool cursor_catch_up(struct cursor *cursor, const struct eventlog *log,
		     const struct devices *devices, uint64_t *first_out, uint64_t *last_out);

/* The number of the newest event that matches, was received at time or later, and is held no more; 0 if
 * there is none. */
uint64_t cursor_newest_dropped(const struct cursor *cursor, const struct devices *devices,
			       uint64_t time);

/* The number of the newest event that matches and is on disk; 0 if there is none. */
uint64_t cursor_newest_kept(const struct cursor *cursor, const struct devices *devices);

/* The first number held whose event matches and was received at time or later; head + 1 if there is
 * none. */
uint64_t cursor_find_time(const struct cursor *cursor, const struct eventlog *log, uint64_t time);

/* Fills in what comes next, up to the number end, at most `most` frames and the limits. A gather that holds
 * already is left as it is: subscribers who ask for the same and keep up share the work. */
void cursor_gather(const struct cursor *cursor, const struct eventlog *log, uint64_t end,
		   size_t most, struct gather *gather);

/* The first `bytes` of what was gathered are on their way. Returns the number of frames among them, the
 * cut one included, whose rest is appended to rest. */
size_t cursor_sent(struct cursor *cursor, const struct eventlog *log, const struct gather *gather,
		   size_t bytes, struct buf *rest);

/* Empties it; nobody shares it until it has a filter. */
void gather_begin(struct gather *gather);
/* Adds a frame to the pieces; false if there is no room. */
bool gather_add(struct gather *gather, const uint8_t *frame, size_t size);

#endif
