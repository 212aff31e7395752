/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that come a second time, after a crash of the gateway under another sequence number: known by their
 * publisher, its incarnation and their number there, which only rises. What is kept is the last number of
 * each publisher that was heard of, at most REPEATS_MAX of them, the latest ones.
 */
#ifndef CLIENT_REPEATS_H
#define CLIENT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPEATS_MAX = 256 };

/* Zeroed memory is an empty one. */
struct repeats {
	struct heard_of {
		char *publisher;
		uint64_t incarnation, number;
	} * list; /* the one heard last is the first */
	size_t n;
};

void repeats_fini(struct repeats *repeats);

/* Whether it was here before; from now on it was. */
bool repeats_look(struct repeats *repeats, const char *publisher, uint64_t incarnation,
		  uint64_t number);

#endif
