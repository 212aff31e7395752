/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which segments make the stream, found from their headers. Each header names the segment before it and where
 * that one ends; the newest decides. A segment that the next one does not name is left over from a
 * failed attempt; one that is named and not there, or whose header is not readable, is damage.
 */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/dir.h"
#include "store/segment.h"

struct chain {
	struct segment *segments; /* oldest first */
	size_t n;
	uint64_t *leftover; /* ids; of no use to anybody */
	size_t n_leftover;
	uint64_t newest_id; /* of all files, also of those that do not belong to the stream */
};

/* The end of the newest segment is not known, nor of one whose successor is not there: is_end_known. */
int chain_load(const struct dir *dir, struct chain *out, struct err *err);
void chain_fini(struct chain *chain);

/* Between this segment and the one before it in the chain something is missing. */
static inline bool chain_is_broken_before(const struct segment *segments, size_t i)
{
	return i > 0 && (segments[i].is_bad || segments[i - 1].is_bad ||
			 segments[i].header.previous.id != segments[i - 1].header.id);
}

#endif
