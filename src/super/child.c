/* SPDX-License-Identifier: Apache-2.0 */
/* A child that is kept alive; see child.h, and state.h for its life. */
#include "super/child.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"

enum { CHILD_MAGIC = 0x4368696c };

static void due(void *arg);
static void pulse(void *arg);

void child_init(struct child *child, struct loop *loop, const char *role, const char *name,
		const struct backoff_rule *rule, const struct child_times *times,
		const struct child_owner *owner, void *arg)
{
	*child = (struct child){.magic = CHILD_MAGIC,
				.state = CHILD_HELD,
				.rule = *rule,
				.loop = loop,
				.times = times,
				.owner = owner,
				.arg = arg};
	snprintf(child->name, sizeof child->name, "%s", name ? name : "");
	snprintf(child->label, sizeof child->label, name ? "%s %s" : "%s", role, name);
	timer_init(&child->timer, loop, due, child);
	timer_init(&child->pulse, loop, pulse, child);
}

void child_fini(struct child *child)
{
	must(child->magic == CHILD_MAGIC && !process_is_alive(&child->process));
	timer_fini(&child->timer);
	timer_fini(&child->pulse);
	child->magic = 0;
}

bool child_is_ending(const struct child *child)
{
	return child->state == CHILD_RENEWING || child->state == CHILD_STOPPING;
}

/* ---- what the table says is to be done ---- */

static void do_nothing(struct child *child)
{
	(void)child;
}

static void heard(void *arg, const uint8_t *payload, size_t len);
static void hung_up(void *arg, const char *reason);
static void process_ended(void *arg, const struct process_end *end);
static void end_without_process(struct child *child, const char *why);

static const struct peer_events lifeline_events = {.frame = heard, .closed = hung_up};

static int try_spawn(struct child *child, struct spawn *spawn, int theirs, struct err *err)
{
	if (child->owner->outfit(child->arg, child, spawn, err) < 0)
		return -1;
	spawn_fd(spawn, "--lifeline", theirs);
	return process_start(&child->process, child->loop, spawn, process_ended, child, err);
}

static void do_spawn(struct child *child)
{
	struct spawn spawn = {0};
	struct err err;
	int pair[2];

	child->fault[0] = '\0';
	child->awaits_pong = false;
	child->silent_ns = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		end_without_process(child, strerror(errno));
		return;
	}
	if (try_spawn(child, &spawn, pair[1], &err) < 0) {
		end_without_process(child, err.text);
		fd_close(&pair[0]);
	} else {
		peer_init(&child->lifeline, child->loop, pair[0], CONTROL_MAX, &lifeline_events,
			  child);
		timer_set(&child->timer, child->times->start_ns);
		log_info("%s started, process %d", child->label, child->process.pid);
		child->owner->started(child->arg, child);
	}
	fd_close(&pair[1]);
	spawn_fini(&spawn);
}

static void do_welcome(struct child *child)
{
	timer_clear(&child->timer);
	timer_set(&child->pulse, child->times->ping_ns);
	if (child->owner->ready)
		child->owner->ready(child->arg, child);
}

static void do_tell(struct child *child)
{
	timer_clear(&child->pulse);
	child_tell(child, &(struct control){.kind = CONTROL_TERMINATE});
	timer_set(&child->timer, child->times->finish_ns);
}

static void do_kill(struct child *child)
{
	timer_clear(&child->timer);
	timer_clear(&child->pulse);
	log_warning("%s (process %d) %s: killing it", child->label, child->process.pid,
		    child->fault);
	process_kill(&child->process);
}

static void do_rest(struct child *child)
{
	child->restarts++;
	timer_set(&child->timer, child->backoff.last_ns);
	if (child->owner->ended)
		child->owner->ended(child->arg, child, child->reason,
				    (uint32_t)(child->backoff.last_ns / NS_PER_MS));
}

static void do_hold(struct child *child)
{
	timer_clear(&child->timer);
	child->owner->held(child->arg, child);
}

static void do_release(struct child *child)
{
	timer_clear(&child->timer);
	child->owner->gone(child->arg, child);
}

static void do_abort(struct child *child)
{
	(void)child;
	must(!"an event that cannot come in this state");
}

static void (*const actions[])(struct child *child) = {
	[CHILD_NOTHING] = do_nothing, [CHILD_SPAWN] = do_spawn,     [CHILD_WELCOME] = do_welcome,
	[CHILD_TELL] = do_tell,       [CHILD_KILL] = do_kill,       [CHILD_REST] = do_rest,
	[CHILD_HOLD] = do_hold,       [CHILD_RELEASE] = do_release, [CHILD_IMPOSSIBLE] = do_abort,
};

void child_step(struct child *child, enum child_event event)
{
	struct child_cell cell;

	must(child->magic == CHILD_MAGIC);
	cell = child_next(child->state, event);
	log_debug("%s: %s, %s: %s", child->label, child_state_name(child->state),
		  child_event_name(event), child_state_name(cell.next));
	child->state = cell.next;
	actions[cell.action](child);
}

/* ---- the ends ---- */

/* A child's own log lines carry its label in front; the obituary names it already. */
static const char *last_words(const struct child *child)
{
	const char *words = child->process.words.last, *at = strstr(words, child->label);
	size_t len = strlen(child->label);

	return at && !strncmp(at + len, ": ", 2) ? at + len + 2 : words;
}

static void write_obituary(struct child *child, const struct process_end *end)
{
	const char *words = last_words(child);
	bool killed = child->fault[0];

	if (child_is_ending(child) && end->is_clean) {
		log_info("%s ended as told, process %d", child->label, end->pid);
		return;
	}
	snprintf(child->reason, sizeof child->reason, "%s", killed ? child->fault : end->text);
	log_error("%s ended, process %d: %s%s after %.3f s%s%s", child->label, end->pid,
		  child->reason, killed ? " and was killed" : "", (double)end->lived_ns / NS_PER_S,
		  *words ? "; its last words: " : "", words);
	if (!child_is_ending(child))
		log_info("%s starts again in %.3f s (restart %u)", child->label,
			 (double)child->backoff.last_ns / NS_PER_S, child->restarts + 1);
}

static void process_ended(void *arg, const struct process_end *end)
{
	struct child *child = arg;

	must(child->magic == CHILD_MAGIC);
	peer_close(&child->lifeline);
	timer_clear(&child->timer);
	timer_clear(&child->pulse);
	if (!child_is_ending(child))
		backoff_next(&child->backoff, &child->rule, end->lived_ns);
	write_obituary(child, end);
	child_step(child, CHILD_EXIT);
}

static void end_without_process(struct child *child, const char *why)
{
	snprintf(child->reason, sizeof child->reason, "%s", why);
	backoff_next(&child->backoff, &child->rule, 0);
	log_error("%s cannot be started: %s; trying again in %.3f s", child->label, why,
		  (double)child->backoff.last_ns / NS_PER_S);
	child_step(child, CHILD_EXIT);
}

/* ---- the lifeline ---- */

static void find_fault(struct child *child, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void find_fault(struct child *child, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!child->fault[0])
		vsnprintf(child->fault, sizeof child->fault, fmt, ap);
	va_end(ap);
	child_step(child, CHILD_BAD);
}

static void take_pong(struct child *child, const struct control *pong)
{
	if (!child->awaits_pong || pong->number != child->ping_number) {
		find_fault(child, "answered a ping that was not sent");
		return;
	}
	child->awaits_pong = false;
	child->silent_ns = 0;
	if (pong->in_call_ms > pong->max_call_ms)
		find_fault(child, "has been in a call of its adapter for %u ms, %u ms are allowed",
			   pong->in_call_ms, pong->max_call_ms);
}

static void heard(void *arg, const uint8_t *payload, size_t len)
{
	struct child *child = arg;
	struct control control;
	const char *problem;

	must(child->magic == CHILD_MAGIC);
	problem = control_parse(payload, len, CONTROL_CHILD, &control);
	if (problem)
		find_fault(child, "said something on its lifeline that is %s", problem);
	else if (control.kind == CONTROL_READY)
		child_step(child, CHILD_READY);
	else
		take_pong(child, &control);
}

/* End of file alone is no fault: mostly its process has ended, and its exit comes next. If it has not,
 * it cannot answer its pings, and ends by that. */
static void hung_up(void *arg, const char *reason)
{
	struct child *child = arg;

	must(child->magic == CHILD_MAGIC);
	log_debug("%s: lifeline: %s", child->label, reason);
}

void child_tell(struct child *child, const struct control *control)
{
	if (!peer_is_open(&child->lifeline))
		return;
	control_pack(peer_out(&child->lifeline), control);
	peer_flush(&child->lifeline);
}

/* ---- the pulse ---- */

static void ping(struct child *child)
{
	child->awaits_pong = true;
	child_tell(child, &(struct control){.kind = CONTROL_PING, .number = ++child->ping_number});
}

static bool outgrew(struct child *child)
{
	uint64_t used = child->memory_limit ? process_memory(&child->process) : 0;

	if (used <= child->memory_limit)
		return false;
	find_fault(child, "has %llu KiB of memory, %llu KiB are allowed",
		   (unsigned long long)used >> 10, (unsigned long long)child->memory_limit >> 10);
	return true;
}

/* Silence is counted in pulses, not taken from the clock: when the supervisor itself was stopped for a
 * while, one pulse is late, and no child is blamed for it. */
static void pulse(void *arg)
{
	struct child *child = arg;

	must(child->magic == CHILD_MAGIC);
	timer_set(&child->pulse, child->times->ping_ns);
	if (child->awaits_pong)
		child->silent_ns += child->times->ping_ns;
	else
		ping(child);
	if (child->silent_ns >= child->times->answer_ns)
		find_fault(child, "has not answered for %lld ms",
			   (long long)(child->silent_ns / NS_PER_MS));
	else
		outgrew(child);
}

static void due(void *arg)
{
	struct child *child = arg;

	must(child->magic == CHILD_MAGIC);
	if (child->state == CHILD_STARTING)
		snprintf(child->fault, sizeof child->fault, "was not ready within %lld ms",
			 (long long)(child->times->start_ns / NS_PER_MS));
	else if (child_is_ending(child))
		snprintf(child->fault, sizeof child->fault, "did not finish within %lld ms",
			 (long long)(child->times->finish_ns / NS_PER_MS));
	child_step(child, CHILD_DUE);
}
