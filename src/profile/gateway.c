/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter "profile" as the gateway: what is asked, and when. engine.h draws the states. */
#include <stdlib.h>
#include <string.h>

#include "profile/constant.h"
#include "profile/engine.h"
#include "profile/program.h"
#include "profile/raw.h"

enum { CLOSING_PRIORITY = 9 };

/* A device that does not wake up or let us in is left alone at most so long. */
static const int64_t hold_most_ns = 30 * NS_PER_S;

size_t gateway_index(const struct engine *e, const struct request *r)
{
	return request_index(e->profile, r);
}

struct turn *gateway_turn(struct engine *e, const struct request *r)
{
	return &e->turns[gateway_index(e, r)];
}

const struct request *gateway_request(struct engine *e, uint64_t cookie, struct turn **turn_out)
{
	const struct profile *p = e->profile;
	size_t i = (uint32_t)cookie;

	if (!i || i > e->n_turns)
		return NULL;
	*turn_out = &e->turns[i - 1];
	if (e->running.asked && i == gateway_index(e, e->running.asked) + 1)
		*turn_out = &e->running.turn;
	return i <= p->n_requests ? &p->requests[i - 1] : &p->commands[i - 1 - p->n_requests];
}

/* ---------------------------------------------------------------------------------------------
 * What is due
 */

void gateway_want(struct engine *e, const struct request *r)
{
	struct turn *t = gateway_turn(e, r);

	if (t->order)
		return;
	t->order = ++e->order;
	t->busy_left = r->busy_times;
	t->retries_left = r->retries;
	t->n_pages = 0;
}

/* What is wanted and of the highest priority, or NULL. */
static const struct request *first_wanted(struct engine *e)
{
	const struct request *found = NULL;

	for (size_t i = 0; i < e->profile->n_requests; i++) {
		const struct request *r = &e->profile->requests[i];
		const struct turn *t = &e->turns[i];

		if (!t->order || t->again_ns)
			continue;
		if (!found || r->priority > found->priority ||
		    (r->priority == found->priority && t->order < gateway_turn(e, found)->order))
			found = r;
	}
	return found;
}

/* When the session wants a sign of life; 0: it does not. */
static int64_t keep_ns(struct engine *e)
{
	const struct session *s = e->profile->session;

	if (!e->is_up || !s || !s->keep || e->session != SESSION_OPEN || e->under_way ||
	    gateway_turn(e, s->keep)->order)
		return 0;
	return e->asked_ns + s->keep_ms * NS_PER_MS;
}

static void set_timer(struct engine *e)
{
	int64_t first = keep_ns(e);

	for (size_t i = 0; i < e->n_turns; i++)
		first = engine_earlier(engine_earlier(first, e->turns[i].due_ns),
				       e->turns[i].again_ns);
	first = engine_earlier(first, e->running.wake_ns);
	engine_set_timer(e, engine_earlier(first, e->held_ns));
}

static void look_at_turn(struct engine *e, size_t i, int64_t now)
{
	struct turn *t = &e->turns[i];

	if (t->again_ns && t->again_ns <= now)
		t->again_ns = 0;
	if (!t->due_ns || t->due_ns > now)
		return;
	t->due_ns = t->every_ns ? t->due_ns + t->every_ns : 0;
	if (t->every_ns && t->due_ns <= now) /* the clock jumped, or the line is slow: no burst */
		t->due_ns = now + t->every_ns;
	gateway_want(e, &e->profile->requests[i]);
}

void gateway_timer(struct engine *e)
{
	int64_t now = engine_now(e), keep = keep_ns(e);

	if (e->held_ns && e->held_ns <= now)
		e->held_ns = 0;
	running_timer(e, now);
	for (size_t i = 0; i < e->profile->n_requests; i++)
		look_at_turn(e, i, now);
	if (keep && keep <= now)
		gateway_want(e, e->profile->session->keep);
	gateway_go_on(e);
}

static void forget(struct engine *e)
{
	running_cancel(e);
	e->is_closing = false;
	for (size_t i = 0; i < e->n_turns; i++)
		e->turns[i].due_ns = e->turns[i].again_ns = (int64_t)(e->turns[i].order = 0);
	e->purpose = FOR_NOTHING;
	e->under_way = NULL;
	e->session = SESSION_CLOSED;
	e->step = 0;
	e->asked_ns = e->held_ns = 0;
	e->is_awake = false;
	e->n_silent = 0;
	e->hold_ns = GATEWAY_HOLD_FIRST_NS;
	e->again_ns = GATEWAY_AGAIN_FIRST_NS;
	e->pause_ms = 0;
	e->generation++;
	e->found = NULL;
	e->heard_ns = engine_now(e);
	e->n_spoilt = 0;
	e->is_spoilt = false;
}

/* Another device may be there now. A variant that has not the request by which that is asked is left first. */
static void begin_identifying(struct engine *e)
{
	e->is_identified = !e->identifies;
	if (e->identifies && e->profile != e->base &&
	    !request_find(e->profile, e->base->identify->request->name))
		engine_become(e, e->base);
}

void gateway_line(struct engine *e, bool is_up)
{
	if (is_up)
		begin_identifying(e);
	gateway_begin_line(e, is_up);
}

void gateway_begin_line(struct engine *e, bool is_up)
{
	int64_t now = engine_now(e);

	forget(e);
	for (size_t i = 0; i < e->profile->n_requests && is_up; i++) {
		const struct request *r = &e->profile->requests[i];
		struct turn *t = &e->turns[i];

		if (t->every_ns)
			t->due_ns = now + (r->phase_ms ? r->phase_ms * NS_PER_MS : t->every_ns);
		if (r->on_connect || (t->every_ns && !r->phase_ms))
			gateway_want(e, r);
	}
	gateway_go_on(e);
}

/* ---------------------------------------------------------------------------------------------
 * The next exchange
 */

/* The row of the table for what a parameter holds, 0 if there is none. */
static uint32_t look_up(const struct table *table, const struct raw *raw)
{
	char text[24];
	const uint8_t *bytes = raw->as.text.bytes;
	size_t len = raw->as.text.len;

	if (raw->kind == RAW_INTEGER) {
		len = (size_t)snprintf(text, sizeof(text), "%lld", (long long)raw->as.integer);
		bytes = (const uint8_t *)text;
	} else if (raw->kind != RAW_TEXT) {
		return 0;
	}
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].len == len && !memcmp(table->rows[i].bytes, bytes, len))
			return (uint32_t)table->rows[i].value.integer;
	return 0;
}

static uint32_t baud_of(const struct engine *e, const struct line_change *change)
{
	const struct raw *raw;

	if (change->baud_from < 0)
		return change->baud;
	raw = &e->parameters.list[change->baud_from];
	if (change->table)
		return look_up(change->table, raw);
	return raw->kind == RAW_INTEGER ? (uint32_t)raw->as.integer : 0;
}

static bool changes_line(const struct profile *p)
{
	for (size_t i = 0; i < p->n_requests; i++)
		if (p->requests[i].line)
			return true;
	return false;
}

/* What a function asks goes before what waits, as the request does that runs it. At the end nothing waits. */
static uint32_t priority_of(const struct engine *e, const struct request *r)
{
	if (e->is_closing)
		return CLOSING_PRIORITY;
	return e->running.asked ? e->under_way->priority : r->priority;
}

bool gateway_queue(struct engine *e, const struct request *r, const struct buf *bytes,
		   bool is_first)
{
	static const struct dragoman_line as_set;
	bool is_several = r->count > 1 || r->n_until;
	struct dragoman_line line = {0};
	struct dragoman_ask ask = {
		.size = sizeof(ask),
		.flags = (r->is_framed ? 0 : DRAGOMAN_ASK_RAW) |
			 (r->silence_is_success ? DRAGOMAN_ASK_SILENT : 0),
		.exchange = {.data = r->has_send ? buf_bytes(bytes) : NULL,
			     .len = bytes->len,
			     .timeout_ms = r->timeout_ms,
			     /* Of several replies some may have come: it begins anew here. */
			     .retries = is_several ? 0 : r->retries,
			     .priority = priority_of(e, r),
			     .cookie = (uint64_t)e->generation << 32 | (gateway_index(e, r) + 1)},
		.first_byte_ms = r->first_byte_ms,
		.between_bytes_ms = r->between_bytes_ms,
		.break_ms = r->break_ms,
		.pause_ms = e->pause_ms > r->pause_ms ? e->pause_ms : r->pause_ms,
	};

	if (is_first && changes_line(e->profile))
		ask.before = &as_set;
	if (r->line) {
		line = (struct dragoman_line){baud_of(e, r->line), r->line->format};
		*(r->line->is_before ? &ask.before : &ask.after) = &line;
	}
	e->pause_ms = 0;
	return e->host->ops->ask(e->host, &ask) == 0;
}

/* Those that cannot be written are told once. */
static bool send(struct engine *e, const struct request *r, bool is_first,
		 const struct dragoman_value *arguments)
{
	struct turn *t = gateway_turn(e, r);

	buf_clear(&e->out);
	if (request_encode(r, &e->parameters, arguments, e->raw, &e->out) < 0) {
		if (!t->is_told)
			engine_log(e, DRAGOMAN_LOG_WARNING,
				   "the request %s cannot be written: a parameter does not fit, or "
				   "nothing has been remembered for it yet",
				   r->name);
		t->is_told = true;
		return false;
	}
	t->n_replies = 0;
	t->is_told = false;
	return gateway_queue(e, r, &e->out, is_first);
}

static bool begin(struct engine *e, const struct request *r, enum purpose purpose, bool is_first,
		  const struct dragoman_value *arguments)
{
	e->outcome = (struct outcome){0};
	if (!r->run && !send(e, r, is_first, arguments))
		return false;
	e->under_way = r;
	e->purpose = purpose;
	if (r->run)
		running_begin(e, r, is_first, arguments);
	return true;
}

void gateway_begin(struct engine *e, size_t i, const struct dragoman_value *arguments)
{
	const struct profile *p = e->profile;
	const struct request *r =
		i < p->n_requests ? &p->requests[i] : &p->commands[i - p->n_requests];

	begin(e, r, FOR_ITSELF, false, arguments ? arguments : r->with);
	set_timer(e);
}

void gateway_hold(struct engine *e)
{
	e->session = SESSION_CLOSED;
	e->step = 0;
	e->held_ns = engine_now(e) + e->hold_ns;
	e->hold_ns = e->hold_ns * 2 > hold_most_ns ? hold_most_ns : e->hold_ns * 2;
}

static bool is_asleep(struct engine *e)
{
	const struct wake *wake = e->profile->wake;

	return wake && (!e->is_awake || engine_now(e) - e->asked_ns >= wake->idle_ms * NS_PER_MS);
}

/* What leads to the session being as it has to be; NULL: it is. */
static const struct request *session_step(struct engine *e, bool is_wanted, enum purpose *purpose)
{
	const struct session *s = e->profile->session;

	if (!s)
		return NULL;
	if (e->session == SESSION_CLOSED && (is_wanted || !s->each_round) && !e->is_closing) {
		*purpose = FOR_OPENING;
		return s->open.n ? s->open.list[e->step] : NULL;
	}
	if (e->session == SESSION_OPEN && (s->each_round || e->is_closing) && !is_wanted)
		e->session = s->close.n ? SESSION_CLOSING : SESSION_CLOSED;
	if (e->session != SESSION_CLOSING)
		return NULL;
	*purpose = FOR_CLOSING;
	return s->close.list[e->step];
}

/* The request that says which variant it is, if that has to be known first. */
static const struct request *identify_step(struct engine *e, enum purpose *purpose)
{
	if (e->is_identified || e->is_closing)
		return NULL;
	*purpose = FOR_IDENTIFYING;
	return request_find(e->profile, e->base->identify->request->name);
}

static void ask_next(struct engine *e)
{
	while (e->is_up && !e->under_way && !e->held_ns) {
		const struct request *r = e->is_closing ? NULL : first_wanted(e), *step;
		enum purpose purpose = FOR_ITSELF;
		bool is_first = false;

		step = identify_step(e, &purpose);
		if (!step)
			step = session_step(e, r, &purpose);
		if ((step || r) && purpose != FOR_CLOSING && is_asleep(e)) {
			step = e->profile->wake->request;
			purpose = FOR_WAKING;
			is_first = true;
		}
		if (purpose == FOR_IDENTIFYING || (purpose == FOR_OPENING && !e->step))
			is_first = true;
		if (!step && !r)
			return;
		if (begin(e, step ? step : r, purpose, is_first, NULL))
			continue;
		if (step)
			gateway_hold(e); /* and what is wanted waits */
		else
			gateway_turn(e, r)->order = 0;
	}
}

bool gateway_closing(struct engine *e)
{
	const struct session *s = e->profile->session;

	if (!s || !s->close.n)
		return false;
	if (!e->is_closing) {
		e->is_closing = true;
		e->held_ns = 0;
		if (e->running.wake_ns) {
			running_cancel(e);
			e->under_way = NULL;
		}
		gateway_go_on(e);
	}
	return e->is_up && e->session != SESSION_CLOSED;
}

void gateway_go_on(struct engine *e)
{
	ask_next(e);
	set_timer(e);
}
