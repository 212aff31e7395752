/* SPDX-License-Identifier: Apache-2.0 */
/*
 * About when numbers were given, by a clock that nobody sets: a few samples of (second, newest number), which
 * thin out as time goes by. The first one stays: what was there before is older than that.
 */
#ifndef HUB_AGES_H
#define HUB_AGES_H

#include <stddef.h>
#include <stdint.h>

enum { AGES_MAX = 512 };

struct ages {
	uint32_t step_s; /* between two samples, at least */
	size_t n;
	struct age {
		uint32_t now_s;
		uint64_t seq;
	} at[AGES_MAX];
};

/* Zeroed memory knows nothing. seq is the newest number at this second; both rise. */
void ages_note(struct ages *ages, uint32_t now_s, uint64_t seq);

/* The newest number that was given at this second or before, as far as is known; 0: none. */
uint64_t ages_until(const struct ages *ages, uint32_t now_s);

/* The second until which a number was given; `now_s` if it is newer than all samples. */
uint32_t ages_of(const struct ages *ages, uint64_t seq, uint32_t now_s);

#endif
