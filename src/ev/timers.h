/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timers of a loop: a heap by deadline, and one timer descriptor that is armed for the earliest. So the
 * loop's wait has no time-out of its own: setting and cancelling one with every wait costs more than the
 * rest of what we do for a line. An alarm that turns out too early is put right when it comes.
 */
#ifndef EV_TIMERS_H
#define EV_TIMERS_H

#include "ev/loop.h"

struct timers {
	struct timer **heap; /* from 1 to n; the earliest is first */
	size_t n, size;
	int fd;           /* readable when something may be due */
	int64_t armed_ns; /* for when; 0: not at all */
};

void timers_init(struct timers *timers);
void timers_fini(struct timers *timers);

/* Sets a timer, or sets it anew. */
void timers_add(struct timers *timers, struct timer *timer, int64_t delay_ns);
/* One that does not run is accepted. */
void timers_remove(struct timers *timers, struct timer *timer);

/* The descriptor is readable: calls those that are due, and arms it for the next one. */
void timers_run(struct timers *timers);

#endif
