/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a durable subscriber was given and has not acknowledged, as a count with a limit.
 *
 * Numbers of events jump, so an Ack does not say how many it covers. Marks do: a few numbers with the count of
 * events up to each. An Ack counts as far as the last mark that it covers, in steps of at most a sixteenth of
 * the window; one of the newest event counts in full.
 */
#ifndef HUB_WINDOW_H
#define HUB_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum { WINDOW_STEPS = 16, WINDOW_MARKS = 2 * WINDOW_STEPS + 2 };

struct window {
	uint32_t size, step;
	uint64_t given, acked; /* events */
	size_t n;              /* marks, oldest first */
	struct window_mark {
		uint64_t seq, given;
	} marks[WINDOW_MARKS];
};

/* size: at least 1. */
void window_init(struct window *window, uint32_t size);

/* So many may be given at once: at most a step. */
size_t window_room(const struct window *window);
/* n events were given, no more than there was room for; the last of them has the number seq. */
void window_give(struct window *window, size_t n, uint64_t seq);
/* Everything up to seq was acknowledged. */
void window_ack(struct window *window, uint64_t seq);

#endif
