/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a segment's header and of a group's head, as doc/store.md has them. Files are kept for years:
 * what is written here under version 1 may not change, and tests/golden/store holds a store that must be
 * readable for ever. Something new is a new version, which an older program refuses by number.
 *
 * Pure: no files, no clock.
 */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum {
	FORMAT_VERSION = 1,
	FORMAT_PAGE = 4096,      /* what a write is rounded up to */
	FORMAT_GROUP_HEAD = 104, /* without the slots, which end within the first block */
};

struct header {
	uint32_t version;
	uint64_t id;   /* rising; the file is named after it */
	uint64_t size; /* of the file; the last block is a copy of the header */
	uint64_t nonce;
	uint8_t stream[STORE_STREAM_SIZE];
	uint64_t begun; /* wall time */
	uint64_t age;   /* the steady clock then */
	uint64_t from;  /* no number in this segment is below it */
	struct {
		uint64_t id;   /* 0: there is none */
		uint64_t end;  /* what stands there and behind does not exist */
		uint64_t last; /* number of the stream up to here, 0 if there is none */
		uint64_t newest_time, events; /* in that segment */
	} previous;
	uint64_t checksum;
};

enum group_flags { GROUP_CHECKPOINT = 1 };

struct group {
	uint16_t flags;
	uint64_t offset;   /* where it stands */
	uint64_t previous; /* checksum of the group before it, or of the header */
	uint64_t first;    /* number; 0 if it has no events */
	uint64_t last;     /* of the stream up to here, also if it has no events */
	uint64_t newest_time;
	uint32_t events;
	uint64_t written, age; /* wall time and the steady clock */
	const uint8_t *notes, *frames;
	uint32_t notes_len, frames_len;
	uint64_t notes_checksum, frames_checksum;
	uint32_t slots[STORE_SLOTS_MAX];
	size_t n_slots; /* STORE_SLOTS_MAX + 1: not listed */
	uint64_t checksum;
};

uint64_t format_checksum(uint64_t nonce, const uint8_t *bytes, size_t len);

/* Fills in the checksum too. */
void header_pack(struct header *header, uint8_t block[STORE_BLOCK]);
enum header_found { HEADER_GOOD, HEADER_BAD, HEADER_NEWER };
enum header_found header_parse(const uint8_t block[STORE_BLOCK], struct header *out);

/* Writes the head and the slots with the three checksums, of which it fills in all; notes and frames are
 * looked at, not copied. The number of bytes. */
size_t group_pack(struct group *group, uint64_t nonce, uint8_t block[STORE_BLOCK]);
/* Whether a group of this segment begins in this block, which stands at that offset, and ends at or
 * before `end`. Notes and frames are left NULL. */
bool group_parse(const uint8_t block[STORE_BLOCK], uint64_t nonce, uint64_t offset, uint64_t end,
		 struct group *out);

/* Where its notes begin, from its own beginning; how much room it takes in whole blocks. */
size_t group_notes_at(const struct group *group);
uint64_t group_size(const struct group *group);

static inline uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

#endif
