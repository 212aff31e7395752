/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child prints: read from its pipe, handed on to our standard error line by line, and its last
 * line kept for the obituary. A child that prints too much is cut short with a count, one that prints
 * control characters has them shown as \xNN, and a standard error that is stuck loses lines instead of
 * stopping the supervisor.
 */
#ifndef SUPER_WORDS_H
#define SUPER_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "ev/loop.h"

enum { WORDS_LINE_MAX = 2000 };

struct words {
	struct io io;
	int fd; /* owned */
	size_t len;
	char line[WORDS_LINE_MAX + 1]; /* the line that is not yet whole */
	char last[WORDS_LINE_MAX + 1]; /* the last that was */
	int64_t second_ns;             /* when the present second of the limit began */
	uint32_t in_second;            /* lines handed on in it */
	uint32_t left_out;
};

/* Takes over fd, the reading end of a pipe that does not block. */
void words_init(struct words *words, struct loop *loop, int fd);
/* The child has ended: takes what is still in the pipe. Then words->last are its last words, "" if it
 * said nothing. */
void words_drain(struct words *words);
void words_fini(struct words *words);

#endif
