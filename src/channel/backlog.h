/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames, each with its length in front, that wait one behind the other: added at the end, forgotten from
 * the front, read from any frame on. Positions are bytes since the beginning and never repeat.
 *
 *	tail                 at                    head
 *	 | frame | frame | ... | frame ... | frame |
 */
#ifndef CHANNEL_BACKLOG_H
#define CHANNEL_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Zeroed memory is an empty backlog. */
struct backlog {
	uint8_t *data;
	size_t size; /* a power of two, or 0 */
	uint64_t tail, head;
};

void backlog_fini(struct backlog *backlog);

static inline size_t backlog_len(const struct backlog *backlog)
{
	return (size_t)(backlog->head - backlog->tail);
}

/* Adds a frame; the memory grows as it must. */
void backlog_add(struct backlog *backlog, const uint8_t *frame, size_t len);

/* Bytes that the frame at a position takes, its length included. */
size_t backlog_frame_len(const struct backlog *backlog, uint64_t at);

/* Appends the bytes between two positions. */
void backlog_copy(const struct backlog *backlog, uint64_t from, uint64_t to, struct buf *out);

/* Forgets what lies before a position. */
void backlog_forget(struct backlog *backlog, uint64_t to);

/* Shrinks the memory if most of it is not used. */
void backlog_rest(struct backlog *backlog);

#endif
