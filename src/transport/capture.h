/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records both directions of a line into a file that Wireshark opens (pcapng.h) and the replay transport
 * plays. What was added is in the file at most a second later, or when 64 KiB have gathered. A file that
 * has reached its limit becomes PATH.1, in place of an older one, and a new one is begun: twice the limit
 * is what a capture ever takes. A file that is there already is continued.
 *
 * A recording must not stop its line: when the disk is full, what cannot be written is left out, the log
 * says so, and so does the file once it can be written again.
 */
#ifndef TRANSPORT_CAPTURE_H
#define TRANSPORT_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ev/loop.h"

struct capture;

enum capture_way { CAPTURE_RECEIVED, CAPTURE_SENT };

/* limit: bytes of a file. line is the name of the channel. NULL with err if the file cannot be opened. */
struct capture *capture_new(struct loop *loop, const char *path, uint64_t limit, const char *line,
			    struct err *err);
/* Writes what is left. */
void capture_free(struct capture **c);

/* Bytes that came or went at wall_ns. */
void capture_add(struct capture *c, enum capture_way way, const uint8_t *bytes, size_t len,
		 int64_t wall_ns);
/* Writes what has gathered now. */
void capture_flush(struct capture *c);

#endif
