/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler of a line; its states are drawn in scheduler.h. */
#include "channel/scheduler.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"

#define STUCK_NS (60 * NS_PER_S)  /* a request that does not leave: held by flow control */
#define DOWN_NS (100 * NS_PER_MS) /* what is queued while the line is down ends so late */
#define HOLD_FIRST_NS NS_PER_S
#define HOLD_MOST_NS (30 * NS_PER_S)

enum state { RESTING, BREAKING, PAUSING, SENDING, WAITING };

/* Settings of the line in memory of their own. */
struct setting {
	bool is_there;
	struct dragoman_line line;
	char format[8];
};

struct exchange {
	struct exchange *prev, *next;
	struct scheduler_slot *slot;
	uint8_t *data;
	size_t len;
	uint32_t flags;
	bool is_ask;     /* its end may be GARBLED */
	bool is_garbled; /* something came in this attempt that nobody understood */
	int64_t timeout_ns, first_byte_ns, between_bytes_ns, break_ns, pause_ns, queued_ns;
	int64_t over_ns; /* WAITING: the latest end of the attempt */
	struct setting before, after;
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

static void copy_setting(struct setting *out, const struct dragoman_line *line)
{
	if (!line)
		return;
	out->is_there = true;
	out->line.baud = line->baud;
	if (!line->format)
		return;
	strncpy(out->format, line->format, sizeof out->format - 1);
	out->line.format = out->format;
}

int scheduler_queue(struct scheduler_slot *slot, const struct dragoman_ask *ask, int64_t now_ns)
{
	const struct dragoman_exchange *exchange = &ask->exchange;
	struct scheduler *s = slot->scheduler;
	struct exchange *x;

	if (slot->n == SCHEDULER_QUEUE_MAX)
		return -1;
	x = xcalloc(1, sizeof *x);
	*x = (struct exchange){.slot = slot,
			       .data = exchange->data ? xmemdup(exchange->data, exchange->len)
						      : NULL,
			       .len = exchange->len,
			       .flags = ask->flags,
			       .is_ask = ask->size,
			       .first_byte_ns = ask->first_byte_ms * NS_PER_MS,
			       .between_bytes_ns = ask->between_bytes_ms * NS_PER_MS,
			       .break_ns = ask->break_ms * NS_PER_MS,
			       .pause_ns = ask->pause_ms * NS_PER_MS,
			       .timeout_ns = exchange->timeout_ms * NS_PER_MS,
			       .queued_ns = now_ns,
			       .retries_left = exchange->retries,
			       .priority = exchange->priority,
			       .cookie = exchange->cookie};
	copy_setting(&x->before, ask->before);
	copy_setting(&x->after, ask->after);
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

/* How long the line may be silent now, within the time of the attempt. */
static void wait_for(struct scheduler *s, int64_t silence_ns, int64_t now_ns)
{
	s->deadline_ns = s->current->over_ns;
	if (silence_ns && now_ns + silence_ns < s->deadline_ns)
		s->deadline_ns = now_ns + silence_ns;
}

static void wait_for_reply(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x = s->current;

	s->state = WAITING;
	x->is_garbled = false;
	/* At once, if there is no reply to wait for; by scheduler_run. */
	x->over_ns = now_ns + x->timeout_ns;
	wait_for(s, x->first_byte_ns, now_ns);
	if (x->after.is_there)
		s->events->set_line(x->slot->device, &x->after.line);
}

static void pause_before(struct scheduler *s, int64_t now_ns)
{
	s->state = PAUSING;
	s->deadline_ns = now_ns + s->current->pause_ns;
}

void scheduler_written(struct scheduler *s, int64_t now_ns)
{
	if (s->state == SENDING)
		wait_for_reply(s, now_ns);
	else if (s->state == BREAKING)
		pause_before(s, now_ns);
}

void scheduler_received(struct scheduler *s, int64_t now_ns)
{
	if (s->state != WAITING)
		return;
	s->current->is_garbled = true; /* until somebody understands it */
	if (s->current->timeout_ns)
		wait_for(s, s->current->between_bytes_ns, now_ns);
}

void scheduler_understood(struct scheduler *s)
{
	if (s->current)
		s->current->is_garbled = false;
}

void scheduler_part(struct scheduler *s, int64_t now_ns)
{
	if (s->state != WAITING)
		return;
	scheduler_heard(s->current->slot);
	s->current->over_ns = now_ns + s->current->timeout_ns;
	wait_for(s, s->current->between_bytes_ns, now_ns);
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

/* Whether the device is dead. */
static bool note_silence(struct scheduler *s, int64_t now_ns)
{
	struct scheduler_slot *slot = s->current->slot;
	bool is_dead = ++slot->unanswered >= SCHEDULER_DEAD_AFTER;

	s->events->unanswered(slot->device, slot->unanswered);
	if (is_dead)
		hold(s, slot, now_ns);
	return is_dead;
}

static void unanswered(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x = s->current;
	bool is_garbled = x->is_ask && x->is_garbled;
	bool is_dead = !is_garbled && note_silence(s, now_ns);

	s->stats.timeouts++;
	if (is_dead || !x->retries_left) {
		end_current(s, is_garbled ? DRAGOMAN_GARBLED : DRAGOMAN_TIMED_OUT, now_ns);
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
	struct exchange *x = s->current;
	bool is_silent = (x->flags & DRAGOMAN_ASK_SILENT) && !x->is_garbled;

	if (s->state == WAITING && (!x->timeout_ns || is_silent))
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

static void transmit(struct scheduler *s, int64_t now_ns)
{
	struct exchange *x = s->current;

	s->state = SENDING;
	s->deadline_ns = now_ns + STUCK_NS;
	if (!x->data) { /* a break alone */
		wait_for_reply(s, now_ns);
		return;
	}
	if (s->events->send(x->slot->device, x->data, x->len, x->flags & DRAGOMAN_ASK_RAW) == 0)
		return;
	end_current(s, DRAGOMAN_NOT_SENT, now_ns);
	s->free_ns = now_ns + DOWN_NS; /* whoever tries again at once does not keep us busy */
}

static void start(struct scheduler *s, struct exchange *x, int64_t now_ns)
{
	DL_DELETE(s->queue, x);
	s->current = x;
	if (x->before.is_there)
		s->events->set_line(x->slot->device, &x->before.line);
	if (x->break_ns && s->events->send_break(x->slot->device, x->break_ns) == 0) {
		s->state = BREAKING;
		s->deadline_ns = now_ns + STUCK_NS;
	} else if (x->pause_ns) {
		pause_before(s, now_ns);
	} else {
		transmit(s, now_ns);
	}
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

	if (s->current && now_ns >= s->deadline_ns) {
		if (s->state == PAUSING)
			transmit(s, now_ns);
		else
			expire(s, now_ns);
	}
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
