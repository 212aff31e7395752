/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler of a line; its states are drawn in scheduler.h. */
#include "channel/scheduler.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"

#define STUCK_NS (60 * NS_PER_S)  /* a request that does not leave: held by flow control */
#define DOWN_NS (100 * NS_PER_MS) /* what is queued while the line is down ends so late */
#define HOLD_FIRST_NS NS_PER_S
#define HOLD_MOST_NS (30 * NS_PER_S)

enum state { RESTING, SENDING, WAITING };

struct exchange {
	struct exchange *prev, *next;
	struct scheduler_slot *slot;
	uint8_t *data;
	size_t len;
	int64_t timeout_ns, queued_ns;
	uint32_t retries_left;
	uint32_t priority;
	uint64_t cookie;
};

struct scheduler_slot {
	struct scheduler *scheduler;
	struct scheduler_slot *next;
	void *device;
	unsigned n;          /* exchanges, the one under way included */
	unsigned unanswered; /* attempts in a row */
	int64_t hold_ns, held_until_ns;
};

struct scheduler {
	const struct scheduler_events *events;
	int64_t gap_ns;
	struct scheduler_slot *slots;
	size_t n_slots;
	struct exchange *queue; /* in order of arrival */
	struct exchange *current;
	enum state state;
	bool is_up, is_paused;
	int64_t free_ns;     /* the line is silent long enough from here on */
	int64_t deadline_ns; /* of SENDING and WAITING */
	struct scheduler_stats stats;
};

struct scheduler *scheduler_new(int64_t gap_ns, const struct scheduler_events *events)
{
	struct scheduler *s = xcalloc(1, sizeof *s);

	s->gap_ns = gap_ns;
	s->events = events;
	return s;
}

static void exchange_free(struct exchange *x)
{
	if (x)
		free(x->data);
	free(x);
}

void scheduler_free(struct scheduler **scheduler)
{
	struct scheduler *s = *scheduler;
	struct exchange *x, *next_x;
	struct scheduler_slot *slot, *next_slot;

	if (!s)
		return;
	DL_FOREACH_SAFE (s->queue, x, next_x)
		exchange_free(x);
	exchange_free(s->current);
	LL_FOREACH_SAFE (s->slots, slot, next_slot)
		free(slot);
	free(s);
	*scheduler = NULL;
}

struct scheduler_slot *scheduler_add(struct scheduler *s, void *device)
{
	struct scheduler_slot *slot = xcalloc(1, sizeof *slot);

	slot->scheduler = s;
	slot->device = device;
	LL_APPEND(s->slots, slot);
	s->n_slots++;
	return slot;
}

int scheduler_queue(struct scheduler_slot *slot, const struct dragoman_exchange *exchange,
		    int64_t now_ns)
{
	struct scheduler *s = slot->scheduler;
	struct exchange *x;

	if (slot->n == SCHEDULER_QUEUE_MAX)
		return -1;
	x = xcalloc(1, sizeof *x);
	*x = (struct exchange){.slot = slot,
			       .data = xmemdup(exchange->data, exchange->len),
			       .len = exchange->len,
			       .timeout_ns = exchange->timeout_ms * NS_PER_MS,
			       .queued_ns = now_ns,
			       .retries_left = exchange->retries,
			       .priority = exchange->priority,
			       .cookie = exchange->cookie};
	DL_APPEND(s->queue, x);
	slot->n++;
	s->stats.exchanges++;
	return 0;
}

void *scheduler_current(const struct scheduler *s, uint64_t *cookie_out)
{
	*cookie_out = s->current ? s->current->cookie : 0;
	return s->current ? s->current->slot->device : NULL;
}

struct scheduler_stats scheduler_stats(const struct scheduler *s)
{
	return s->stats;
}

/* ---------------------------------------------------------------------------------------------
 * The exchange under way
 */

/* It is out of every list before its owner hears of it: he may queue the next one at once. */
static void end(struct scheduler *s, struct exchange *x, enum dragoman_end how)
{
	x->slot->n--;
	s->events->ended(x->slot->device, x->cookie, how);
	exchange_free(x);
}

static void end_current(struct scheduler *s, enum dragoman_end how, int64_t now_ns)
{
	struct exchange *x = s->current;

	s->current = NULL;
	s->state = RESTING;
	s->free_ns = now_ns + s->gap_ns;
	end(s, x, how);
}

void scheduler_written(struct scheduler *s, int64_t now_ns)
{
	if (s->state != SENDING)
		return;
	s->state = WAITING;
	/* At once, if there is no reply to wait for; by scheduler_run. */
	s->deadline_ns = now_ns + s->current->timeout_ns;
}

void scheduler_heard(struct scheduler_slot *slot)
{
	slot->unanswered = 0;
	slot->hold_ns = slot->held_until_ns = 0;
}

void scheduler_replied(struct scheduler *s, int64_t now_ns)
{
	if (!s->current)
		return;
	scheduler_heard(s->current->slot);
	end_current(s, DRAGOMAN_REPLIED, now_ns);
}

/* A dead device's next poll waits; a device that is alone on its line takes nobody's time. */
static void hold(struct scheduler *s, struct scheduler_slot *slot, int64_t now_ns)
{
	if (s->n_slots < 2)
		return;
	slot->hold_ns = slot->hold_ns ? slot->hold_ns * 2 : HOLD_FIRST_NS;
	if (slot->hold_ns > HOLD_MOST_NS)
		slot->hold_ns = HOLD_MOST_NS;
	slot->held_until_ns = now_ns + slot->hold_ns;
}

static void unanswered(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x = s->current;
	bool is_dead = ++x->slot->unanswered >= SCHEDULER_DEAD_AFTER;

	s->stats.timeouts++;
	s->events->unanswered(x->slot->device, x->slot->unanswered);
	if (is_dead)
		hold(s, x->slot, now_ns);
	if (is_dead || !x->retries_left) {
		end_current(s, DRAGOMAN_TIMED_OUT, now_ns);
		return;
	}
	x->retries_left--;
	s->stats.retries++;
	/* In front of all others of its priority: it is not new. */
	s->current = NULL;
	s->state = RESTING;
	s->free_ns = now_ns + s->gap_ns;
	DL_PREPEND(s->queue, x);
}

static void expire(struct scheduler *s, int64_t now_ns)
{
	if (s->state == WAITING && !s->current->timeout_ns)
		end_current(s, DRAGOMAN_REPLIED, now_ns);
	else
		unanswered(s, now_ns);
}

/* ---------------------------------------------------------------------------------------------
 * The next one
 */

static bool is_poll(const struct exchange *x)
{
	return x->priority < SCHEDULER_COMMAND;
}

/* From when on an exchange may start, the gap aside. */
static int64_t ready_ns(const struct scheduler *s, const struct exchange *x)
{
	if (!s->is_up)
		return x->queued_ns + DOWN_NS;
	if (!is_poll(x))
		return 0;
	return s->is_paused ? INT64_MAX : x->slot->held_until_ns;
}

static struct exchange *best(const struct scheduler *s, int64_t now_ns)
{
	struct exchange *x, *found = NULL;

	DL_FOREACH (s->queue, x)
		if (ready_ns(s, x) <= now_ns && (!found || x->priority > found->priority))
			found = x;
	return found;
}

static void start(struct scheduler *s, struct exchange *x, int64_t now_ns)
{
	DL_DELETE(s->queue, x);
	s->current = x;
	s->state = SENDING;
	s->deadline_ns = now_ns + STUCK_NS;
	if (s->events->send(x->slot->device, x->data, x->len) == 0)
		return;
	end_current(s, DRAGOMAN_NOT_SENT, now_ns);
	s->free_ns = now_ns + DOWN_NS; /* whoever tries again at once does not keep us busy */
}

/* Ends those whose time is over while the line is down. They may queue others, which come later. */
static void end_waiting(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x;

	while ((x = best(s, now_ns))) {
		DL_DELETE(s->queue, x);
		end(s, x, DRAGOMAN_NOT_SENT);
	}
}

void scheduler_run(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x;

	if (s->current && now_ns >= s->deadline_ns)
		expire(s, now_ns);
	if (!s->is_up) {
		end_waiting(s, now_ns);
		return;
	}
	if (!s->current && now_ns >= s->free_ns && (x = best(s, now_ns)))
		start(s, x, now_ns);
}

void scheduler_line(struct scheduler *s, bool is_up, int64_t now_ns)
{
	struct exchange *x;

	if (s->is_up == is_up)
		return;
	s->is_up = is_up;
	s->free_ns = now_ns;
	/* It may have reached the device. */
	if (s->current)
		end_current(s, DRAGOMAN_TIMED_OUT, now_ns);
	if (is_up)
		return;
	DL_FOREACH (s->queue, x)
		x->queued_ns = now_ns - DOWN_NS;
	end_waiting(s, now_ns);
}

void scheduler_pause(struct scheduler *s, bool is_paused)
{
	s->is_paused = is_paused;
}

int64_t scheduler_deadline(const struct scheduler *s)
{
	int64_t first = 0;
	struct exchange *x;

	if (s->current)
		return s->deadline_ns;
	DL_FOREACH (s->queue, x) {
		int64_t at = ready_ns(s, x);

		if (s->is_up && at < s->free_ns)
			at = s->free_ns;
		if (at < 1)
			at = 1; /* 0 is never */
		if (at < INT64_MAX && (!first || at < first))
			first = at;
	}
	return first;
}
