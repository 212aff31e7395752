/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One segment: what the store remembers of it, and the walk over its groups, which is how everybody reads:
 * recovery, readers, `dragoman store`. A walk passes over what is not readable to the next group that is
 * good, and says that something was lost.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/dir.h"
#include "store/format.h"

struct segment {
	struct header header; /* id and size are there also if is_bad */
	bool is_bad;          /* its header is not readable: neither is anything in it */
	bool is_copy;         /* the header was read from its copy in the last block */
	bool is_short;        /* the file is shorter than the header says */
	bool is_end_known;    /* from the header behind it, or because this process wrote it */
	uint64_t end;         /* of the groups */
	uint64_t last;        /* number of the stream up to its end */
	uint64_t newest_time; /* of its events */
	uint64_t events;
	uint64_t damage_seen; /* damage in front of this offset was counted */
};

/* Where a segment has no room any more: its last block is the copy of the header. */
static inline uint64_t segment_data_end(const struct segment *s)
{
	return s->header.size - STORE_BLOCK;
}

enum segment_found { SEGMENT_GOOD, SEGMENT_BAD, SEGMENT_NEWER, SEGMENT_FAILED };

/* Reads the header, or its copy. SEGMENT_FAILED: the system refused, with err. */
enum segment_found segment_load(const struct dir *dir, uint64_t id, struct segment *out,
				struct err *err);
/* A descriptor to read from, or -1 with errno. */
int segment_open(const struct dir *dir, uint64_t id);

struct walk {
	int fd; /* the caller's */
	uint64_t nonce;
	uint64_t offset, end;
	uint64_t file_end; /* a file may be shorter than it was */
	uint64_t previous; /* checksum of the group that was passed last; 0: not known */
	uint64_t last;     /* number up to here */
	bool lost; /* something since this was last cleared was not readable; the caller clears it */
	uint64_t lost_at; /* where that began */
	bool refused;     /* the disk gave an error for something; another time it may not */

	uint8_t *window; /* part of the file; kept from one walk to the next */
	size_t window_size, window_len;
	uint64_t window_at;
	int error;
};

enum walked {
	WALK_GROUP,
	WALK_END,
	WALK_FAILED, /* errno in error; not what is merely unreadable */
};

/* Zeroed memory is a walk that has not begun. It stands at the first group of the segment. */
void walk_begin(struct walk *w, int fd, const struct segment *segment);
/* Goes on at a group's offset that is known from an earlier walk. */
void walk_jump(struct walk *w, uint64_t offset);
void walk_fini(struct walk *w);

/* The next group that has a good head; the walk stays before it. At the end, an unreadable rest is lost. */
enum walked walk_next(struct walk *w, struct group *out);
/* Its notes and frames, valid until the next call; false: they are not readable (or error is set). */
bool walk_body(struct walk *w, struct group *group);
void walk_pass(struct walk *w, const struct group *group);

#endif
