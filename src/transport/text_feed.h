/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain file of a line's bytes (a terminal's log, an NMEA log), cut into chunks to be played one after
 * the other: by lines, or so many bytes at a time. No I/O here.
 */
#ifndef TRANSPORT_TEXT_FEED_H
#define TRANSPORT_TEXT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_FEED_LINE_MAX = 4096 }; /* a longer line is played in several chunks */

struct text_feed {
	size_t chunk;       /* bytes at a time; 0: by lines, each with its end */
	bool keep_comments; /* else lines that start with '#' are left out; by lines only */
	bool in_line;       /* the last chunk was a part of a line */
	bool in_comment;    /* ... which is left out */
};

/* The next chunk of what was read. Returns how many bytes are used up; 0: more are needed. The chunk is
 * empty if nothing is to be played. at_end: there is nothing behind these bytes. */
size_t text_feed_next(struct text_feed *f, const uint8_t *bytes, size_t len, bool at_end,
		      const uint8_t **chunk_out, size_t *chunk_len_out);

#endif
