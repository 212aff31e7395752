/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop, and the only place that knows libevent (with peer.c). One loop a process, one thread
 * a loop. Watchers are embedded in their owner's struct; they must be finished before it is freed, also
 * from within their own callback.
 */
#ifndef EV_LOOP_H
#define EV_LOOP_H

#include <stddef.h>
#include <stdint.h>

struct loop;

/* Never fails: a process that cannot have its loop ends. */
struct loop *loop_new(void);
void loop_free(struct loop **loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Waits for events at most max_wait_ms (-1: as long as it takes), handles them, returns. For tests. */
void loop_turn(struct loop *loop, int max_wait_ms);

/* Called at the end of every turn, when all events of the turn were handled. At most one. */
void loop_on_turn(struct loop *loop, void (*fn)(void *arg), void *arg);

enum { EV_STORAGE = 128 };

enum io_events {
	IO_READ = 1,
	IO_WRITE = 2,
};

typedef void io_fn(void *arg, unsigned events);

/* Watches a descriptor, level-triggered. The descriptor stays the caller's, and open until io_fini. */
struct io {
	_Alignas(8) unsigned char storage[EV_STORAGE];
	struct loop *loop;
	io_fn *fn;
	void *arg;
	int fd;
	unsigned wanted;
};

void io_init(struct io *io, struct loop *loop, int fd, io_fn *fn, void *arg);
/* Which of IO_READ, IO_WRITE are wanted from now on; 0 rests. Calling it with what is wanted already
 * costs nothing. */
void io_want(struct io *io, unsigned events);
/* Zeroed memory, and an io that is finished, are accepted. */
void io_fini(struct io *io);

typedef void timer_fn(void *arg);

struct timer {
	struct loop *loop;
	timer_fn *fn;
	void *arg;
	int64_t deadline_ns; /* monotonic */
	size_t place;        /* in the loop's heap, from 1; 0: it does not run */
};

void timer_init(struct timer *timer, struct loop *loop, timer_fn *fn, void *arg);
/* Fires once, after delay_ns from now; a timer that runs is set anew. */
void timer_set(struct timer *timer, int64_t delay_ns);
void timer_clear(struct timer *timer);
int timer_is_set(const struct timer *timer);
/* Zeroed memory, and a timer that is finished, are accepted. */
void timer_fini(struct timer *timer);

typedef void signal_fn(void *arg, int signo);

/* From the loop, not from the signal's context. Stays until loop_free. */
void loop_on_signal(struct loop *loop, int signo, signal_fn *fn, void *arg);

#endif
