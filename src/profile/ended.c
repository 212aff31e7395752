/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter "profile" as the gateway: what follows from the end of an exchange. */
#include "base/must.h"
#include "profile/engine.h"
#include "profile/program.h"
#include "profile/raw.h"

/* What is asked once is asked again, later and later, up to so late. */
static const int64_t again_most_ns = 600 * NS_PER_S;

/* So many exchanges in a row without an answer, and there is no session any more. */
enum { SILENT_MOST = 3 };

static void ask_again(struct engine *e)
{
	int64_t now = engine_now(e);
	bool any = false;

	for (size_t i = 0; i < e->profile->n_requests; i++) {
		if (!e->profile->requests[i].on_connect || e->turns[i].due_ns)
			continue;
		e->turns[i].due_ns = now + e->again_ns;
		any = true;
	}
	if (any)
		e->again_ns = e->again_ns * 2 > again_most_ns ? again_most_ns : e->again_ns * 2;
}

/* It does not let us in. Silence is the scheduler's to tell. */
static void tell_closed(struct engine *e, const struct request *r, enum dragoman_end end)
{
	const struct frame *frame = e->outcome.last;
	const char *reason = e->outcome.reason         ? e->outcome.reason
			     : end == DRAGOMAN_GARBLED ? "garbled answer"
			     : frame && frame->reason  ? frame->reason
						       : "session refused";

	if (e->is_refused || (end != DRAGOMAN_GARBLED && !e->outcome.is_refused))
		return;
	e->host->ops->state(e->host, DRAGOMAN_OFFLINE, reason);
	engine_log(e, DRAGOMAN_LOG_WARNING, "no session: to %s the device says: %s", r->name,
		   reason);
	e->is_refused = true;
}

static void tell_open(struct engine *e)
{
	if (e->is_refused)
		e->host->ops->state(e->host, DRAGOMAN_ONLINE, NULL);
	e->is_refused = false;
	e->hold_ns = GATEWAY_HOLD_FIRST_NS;
}

static void step_done(struct engine *e, const struct request *r, enum purpose purpose,
		      enum dragoman_end end, bool is_good)
{
	const struct session *s = e->profile->session;

	if (purpose == FOR_CLOSING) {
		if (++e->step == s->close.n) {
			e->session = SESSION_CLOSED;
			e->step = 0;
		}
	} else if (!is_good) {
		tell_closed(e, r, end);
		gateway_hold(e);
	} else if (++e->step == s->open.n) {
		e->session = SESSION_OPEN;
		e->step = 0;
		tell_open(e);
	}
}

/* Whatever it says, it is awake. */
static void wake_done(struct engine *e, enum dragoman_end end)
{
	if (end != DRAGOMAN_REPLIED && end != DRAGOMAN_GARBLED) {
		gateway_hold(e);
		return;
	}
	e->is_awake = true;
	e->pause_ms = e->profile->wake->pause_ms;
}

/* Silence may mean that it is switched off; any answer is better than none. */
static void identified(struct engine *e, enum dragoman_end end)
{
	if (end != DRAGOMAN_REPLIED || e->outcome.is_lost) {
		gateway_hold(e);
		return;
	}
	e->is_identified = true;
	if (!e->found || e->found == e->profile)
		return;
	if (e->found->variant)
		engine_log(e, DRAGOMAN_LOG_INFO, "it is the variant %s: %s", e->found->variant,
			   e->found->title);
	else
		engine_log(e, DRAGOMAN_LOG_INFO, "it is none of the variants: %s", e->found->title);
	engine_become(e, e->found);
	gateway_begin_line(e, true); /* and all begins anew */
}

/* Whether it goes on page for page, and then with its cursor set. */
static bool turn_page(struct engine *e, const struct request *r, struct turn *t)
{
	const struct repeat *repeat = r->repeat;

	if (!repeat || !e->outcome.last || t->n_pages + 1 >= repeat->limit ||
	    !frame_is_in(e->outcome.last, repeat->frames, repeat->n_frames))
		return false;
	t->n_pages++;
	if (repeat->cursor >= 0 && e->parameters.list[repeat->cursor].kind == RAW_INTEGER)
		e->parameters.list[repeat->cursor].as.integer += repeat->add;
	return true;
}

void gateway_follow(struct engine *e, const struct request *r)
{
	for (size_t i = 0; i < e->profile->n_requests; i++) {
		const struct request *other = &e->profile->requests[i];

		for (size_t a = 0; a < other->n_after; a++)
			if (other->after[a] == r)
				gateway_want(e, other);
	}
}

static void answered(struct engine *e, const struct request *r, struct turn *t)
{
	if (turn_page(e, r, t))
		return;
	t->order = 0;
	gateway_follow(e, r);
}

static void failed(struct engine *e, const struct request *r, struct turn *t, enum dragoman_end end)
{
	bool is_whole = r->count > 1 || r->n_until || r->run; /* it is begun anew */

	if (is_whole && t->retries_left) {
		t->retries_left--;
		return; /* and it is wanted still */
	}
	t->order = 0;
	if (end == DRAGOMAN_GARBLED)
		gateway_say_bad(e, r, e->outcome.reason ? e->outcome.reason : "garbled answer", 0);
	if (end == DRAGOMAN_TIMED_OUT)
		ask_again(e);
}

static void poll_done(struct engine *e, const struct request *r, enum dragoman_end end)
{
	struct turn *t = gateway_turn(e, r);

	if (e->outcome.is_lost) { /* it is asked again in the next session */
		gateway_hold(e);
	} else if (end != DRAGOMAN_REPLIED) {
		failed(e, r, t, end);
	} else if (e->outcome.is_busy && t->busy_left) {
		t->busy_left--;
		t->again_ns = engine_now(e) + r->busy_after_ms * NS_PER_MS;
	} else if (e->outcome.is_refused) {
		t->order = 0;
		if (e->outcome.reason)
			gateway_say_bad(e, r, e->outcome.reason, 0);
	} else {
		answered(e, r, t);
	}
}

void gateway_note_silence(struct engine *e, enum dragoman_end end)
{
	if (end != DRAGOMAN_NOT_SENT)
		e->asked_ns = engine_now(e);
	if (end != DRAGOMAN_TIMED_OUT) {
		e->n_silent = 0;
		return;
	}
	e->is_awake = false;
	if (++e->n_silent < SILENT_MOST || e->session != SESSION_OPEN)
		return;
	e->session = SESSION_CLOSED;
	e->step = 0;
}

void gateway_lost_session(struct engine *e)
{
	gateway_hold(e);
	gateway_go_on(e);
}

void gateway_over(struct engine *e, const struct request *r, enum dragoman_end end)
{
	bool is_good = end == DRAGOMAN_REPLIED && !e->outcome.is_refused && !e->outcome.is_lost;
	enum purpose purpose = e->purpose;

	e->under_way = NULL;
	e->purpose = FOR_NOTHING;
	switch (purpose) {
	case FOR_WAKING: wake_done(e, end); break;
	case FOR_OPENING:
	case FOR_CLOSING: step_done(e, r, purpose, end, is_good); break;
	case FOR_ITSELF: poll_done(e, r, end); break;
	case FOR_IDENTIFYING: identified(e, end); break;
	case FOR_NOTHING: must(!"an exchange without a purpose");
	}
}

void gateway_done(struct engine *e, uint64_t cookie, enum dragoman_end end)
{
	const struct request *r = e->running.script ? e->running.asked : e->under_way;

	if (!r || cookie >> 32 != e->generation || (uint32_t)cookie != gateway_index(e, r) + 1)
		return;
	gateway_note_silence(e, end);
	if (e->running.script)
		running_done(e, end);
	else
		gateway_over(e, r, end);
	gateway_go_on(e);
}
