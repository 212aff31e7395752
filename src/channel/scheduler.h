/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may speak on the line, and when: one exchange at a time, by priority and then in order, with a
 * silence between two of them. A function of calls and time: it has no clock and no timer of its own.
 *
 *	            start             written                     replied
 *	RESTING --------> SENDING ------------> WAITING ------------------> RESTING
 *	   ^   \             ^  |                  |     no reply expected
 *	   |    \ break      |  | stuck            | timeout
 *	   |     \           |  |                  |
 *	   +-------\---------+--+-------<----------+---- retries left: once more, after the gap
 *	            \        |
 *	             BREAKING -> PAUSING   what an exchange wants before it: a break, silence
 *
 * An attempt in whose time bytes came that nobody understood is no silence: it ends GARBLED, and does not count
 * as one without an answer.
 *
 * A device that leaves DEAD_AFTER attempts in a row without an answer is dead: it gets no retries, and
 * where others share the line its polls are held back, from HOLD_FIRST up to HOLD_MOST, so that they keep
 * their rate. Commands to it are not held back. Any answer brings it back.
 */
#ifndef CHANNEL_SCHEDULER_H
#define CHANNEL_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

enum {
	SCHEDULER_QUEUE_MAX = 64, /* exchanges of one device */
	SCHEDULER_DEAD_AFTER = 3,
	SCHEDULER_COMMAND = 5, /* the priority from which on an exchange is a command */
};

struct scheduler;
struct scheduler_slot; /* one device */

struct scheduler_events {
	/* Put this on the line. -1: it cannot be sent. Only from scheduler_run. */
	int (*send)(void *device, const uint8_t *data, size_t len, bool is_raw);
	/* Hold the line in the break state; scheduler_written follows. -1: it has none. From scheduler_run. */
	int (*send_break)(void *device, int64_t duration_ns);
	/* Set the line. From scheduler_run and scheduler_written. */
	void (*set_line)(void *device, const struct dragoman_line *settings);
	/* An exchange ended. From scheduler_run and scheduler_replied. It may queue the next one. */
	void (*ended)(void *device, uint64_t cookie, enum dragoman_end end);
	/* One attempt had no answer; in_a_row of this device. From scheduler_run. */
	void (*unanswered)(void *device, unsigned in_a_row);
};

struct scheduler *scheduler_new(int64_t gap_ns, const struct scheduler_events *events);
void scheduler_free(struct scheduler **scheduler);

struct scheduler_slot *scheduler_add(struct scheduler *scheduler, void *device);

/* Queues an exchange; its bytes are copied. -1: this device has SCHEDULER_QUEUE_MAX already. While the
 * line is down it is taken, and ends NOT_SENT a little later. */
int scheduler_queue(struct scheduler_slot *slot, const struct dragoman_ask *ask, int64_t now_ns);

/* The device (NULL: none) whose reply is awaited, and its exchange's cookie. */
void *scheduler_current(const struct scheduler *scheduler, uint64_t *cookie_out);

void scheduler_line(struct scheduler *scheduler, bool is_up, int64_t now_ns);
/* No poll begins while it is paused; commands do. */
void scheduler_pause(struct scheduler *scheduler, bool is_paused);
/* What was sent has left, or the break is over. */
void scheduler_written(struct scheduler *scheduler, int64_t now_ns);
/* Bytes came. */
void scheduler_received(struct scheduler *scheduler, int64_t now_ns);
/* What came since was for somebody: it is not what spoils an answer. */
void scheduler_understood(struct scheduler *scheduler);
/* The current exchange has part of its reply. */
void scheduler_part(struct scheduler *scheduler, int64_t now_ns);
/* The current exchange has its reply. */
void scheduler_replied(struct scheduler *scheduler, int64_t now_ns);
/* The device is alive, whatever it said. */
void scheduler_heard(struct scheduler_slot *slot);

/* When scheduler_run has something to do: 0 never, else a monotonic time, which may have passed. */
int64_t scheduler_deadline(const struct scheduler *scheduler);
/* Ends what is over and starts what is due. Not from within one of the events. */
void scheduler_run(struct scheduler *scheduler, int64_t now_ns);

struct scheduler_stats {
	uint64_t exchanges, retries, timeouts;
};
struct scheduler_stats scheduler_stats(const struct scheduler *scheduler);

#endif
