/* SPDX-License-Identifier: Apache-2.0 */
/* libdragoman's functions, as client.h tells them: taking events, the subscription, requests, waiting.
 * The connection itself is session.c. */
#include "dragoman/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "client/session.h"

#define FRAME_BODY(name) DRAGOMAN__V1__FRAME__BODY_##name

static const struct {
	int code;
	const char *name;
} code_names[] = {
	{DRAGOMAN_OK, "ok"},
	{DRAGOMAN_E_UNIMPLEMENTED, "unimplemented"},
	{DRAGOMAN_E_UNKNOWN_REQUEST, "unknown_request"},
	{DRAGOMAN_E_MALFORMED, "malformed"},
	{DRAGOMAN_E_TOO_LONG, "too_long"},
	{DRAGOMAN_E_HELLO_FIRST, "hello_first"},
	{DRAGOMAN_E_VERSION, "version"},
	{DRAGOMAN_E_NOT_ALLOWED, "not_allowed"},
	{DRAGOMAN_E_BAD_TOKEN, "bad_token"},
	{DRAGOMAN_E_BAD_PATTERN, "bad_pattern"},
	{DRAGOMAN_E_ALREADY, "already"},
	{DRAGOMAN_E_NO_SUCH_DEVICE, "no_such_device"},
	{DRAGOMAN_E_NO_SUCH_SUBSCRIBER, "no_such_subscriber"},
	{DRAGOMAN_E_DEVICE_TAKEN, "device_taken"},
	{DRAGOMAN_E_NUMBER, "number"},
	{DRAGOMAN_E_LIMIT, "limit"},
	{DRAGOMAN_E_IDLE, "idle"},
	{DRAGOMAN_E_SLOW, "slow"},
	{DRAGOMAN_E_SHUTTING_DOWN, "shutting_down"},
	{DRAGOMAN_E_REPLACED, "replaced"},
	{DRAGOMAN_E_INTERNAL, "internal"},
	{DRAGOMAN_E_STORAGE, "storage"},
	{DRAGOMAN_E_ADDRESS, "address"},
	{DRAGOMAN_E_UNREACHABLE, "unreachable"},
	{DRAGOMAN_E_DENIED, "denied"},
	{DRAGOMAN_E_LOST, "lost"},
	{DRAGOMAN_E_PROTOCOL, "protocol"},
	{DRAGOMAN_E_TIMEOUT, "timeout"},
	{DRAGOMAN_E_NOT_CONNECTED, "not_connected"},
	{DRAGOMAN_E_BUSY, "busy"},
	{DRAGOMAN_E_FILE, "file"},
};

const char *dragoman_code_name(int code)
{
	for (size_t i = 0; i < sizeof code_names / sizeof code_names[0]; i++)
		if (code_names[i].code == code)
			return code_names[i].name;
	return "unknown";
}

/* ---- the connection ---- */

struct dragoman *dragoman_new(const char *address)
{
	struct dragoman *d = xcalloc(1, sizeof *d);

	if (!address)
		address = getenv("DRAGOMAN_SERVER");
	session_init(d, address && *address ? address : SERVER_LOCAL);
	return d;
}

static void free_patterns(struct dragoman_subscription *sub)
{
	for (size_t i = 0; i < sub->n_patterns; i++)
		free((char *)sub->patterns[i]);
	free((void *)sub->patterns);
	*sub = (struct dragoman_subscription){0};
}

void dragoman_free(struct dragoman **d)
{
	if (!d || !*d)
		return;
	pieces_free(&(*d)->pieces);
	frame_free(&(*d)->frame);
	free_patterns(&(*d)->sub);
	session_fini(*d);
	free(*d);
	*d = NULL;
}

const char *dragoman_address(const struct dragoman *d)
{
	return d->server.text;
}

void dragoman_set_name(struct dragoman *d, const char *name)
{
	free(d->name);
	d->name = xstrdup(name);
}

void dragoman_set_retry(struct dragoman *d, uint32_t first_ms, uint32_t most_ms)
{
	d->retry_first_ms = first_ms;
	d->retry_most_ms = most_ms;
}

void dragoman_set_timeout(struct dragoman *d, uint32_t silence_ms)
{
	d->silence_ms = silence_ms;
}

int dragoman_error(const struct dragoman *d, const char **text_out)
{
	if (text_out)
		*text_out = d->why.code ? d->why.err.text : "";
	return d->why.code;
}

bool dragoman_is_over(const struct dragoman *d)
{
	return d->phase == PHASE_OVER && !d->tell_lost && !d->n_requests;
}

const struct dragoman_welcome *dragoman_welcome(const struct dragoman *d)
{
	return d->greeting ? &d->welcome : NULL;
}

/* ---- taking events ---- */

/* How many events are acknowledged at once, if they come without a pause. */
static unsigned ack_every(const struct dragoman *d)
{
	unsigned most = 256, part = d->durable.window / 4;

	return !d->durable.window || part > most ? most : part ? part : 1;
}

/* The event that the caller has is dealt with now. */
static void note_dealt_with(struct dragoman *d)
{
	if (!d->durable_name || d->durable.explicit_ack || d->sub_phase != SUB_ON)
		return;
	d->ack_seq = d->given_seq;
	if (d->unacked >= ack_every(d))
		session_ack(d);
}

/* Forgets the event that the caller has, and its frame if it was the last one in it. */
static void clear_event(struct dragoman *d)
{
	note_dealt_with(d);
	pieces_free(&d->pieces);
	d->event = (struct dragoman_event){.device = "", .publisher = ""};
	if (d->item >= d->n_items)
		frame_free(&d->frame);
}

static bool tell(struct dragoman *d, enum dragoman_event_kind kind)
{
	d->event.kind = kind;
	return true;
}

static bool tell_lost(struct dragoman *d)
{
	d->tell_lost = false;
	d->event.as.lost = (struct dragoman_event_lost){
		.code = d->why.code,
		.text = d->why.err.text,
		.retry_in_ms = d->retry_in_ms,
		.failures = d->failures,
	};
	return tell(d, DRAGOMAN_EVENT_LOST);
}

static bool tell_done(struct dragoman *d, uint64_t id, int code, const char *text)
{
	d->event.request = id;
	d->event.as.done = (struct dragoman_event_done){code, text};
	return tell(d, DRAGOMAN_EVENT_DONE);
}

static struct request *find_request(struct dragoman *d, uint64_t id)
{
	for (size_t i = 0; id && i < d->n_requests; i++)
		if (d->requests[i].id == id && !d->requests[i].is_lost)
			return &d->requests[i];
	return NULL;
}

static void drop_request(struct dragoman *d, struct request *request)
{
	size_t at = (size_t)(request - d->requests);

	d->n_requests--;
	memmove(request, request + 1, (d->n_requests - at) * sizeof *request);
}

static bool tell_lost_request(struct dragoman *d)
{
	uint64_t id = d->requests[0].id;

	drop_request(d, &d->requests[0]);
	return tell_done(d, id, DRAGOMAN_E_LOST, "the connection ended before the answer came");
}

static bool is_behind_place(const struct dragoman *d, uint64_t seq)
{
	return d->has_place && seq <= d->place.seq &&
	       memcmp(d->stream, d->place.stream, sizeof d->stream) == 0;
}

/* What was taken moves the place on: from there it is resumed. */
static void advance(struct dragoman *d, uint64_t seq)
{
	d->given_seq = seq;
	d->unacked++;
	if (is_behind_place(d, seq))
		return;
	memcpy(d->place.stream, d->stream, sizeof d->place.stream);
	d->place.seq = seq;
	d->has_place = true;
}

/* Whether the event is told. */
static bool take_event(struct dragoman *d)
{
	const Dragoman__V1__Event *event = d->frame->event;
	bool was_given = is_behind_place(d, d->frame->seq);

	advance(d, d->frame->seq);
	d->event.repeated = (event->number && repeats_look(&d->repeats, event->publisher,
							   event->incarnation, event->number)) ||
			    was_given;
	return !d->event.repeated || d->are_repeats_wanted;
}

static void subscribed(struct dragoman *d, const Dragoman__V1__Subscribed *frame)
{
	if (frame->stream.len == sizeof d->stream)
		memcpy(d->stream, frame->stream.data, sizeof d->stream);
	if (memcmp(d->stream, d->place.stream, sizeof d->stream) != 0)
		d->ack_seq = 0;
	d->acked_seq = frame->place;
	d->sub_phase = SUB_ON;
	d->is_established = true;
	/* When resuming the old place holds until something is taken: a Gap may still be on its way. */
	if (!d->has_place || d->is_in_snapshot)
		advance(d, frame->place);
}

/* A frame of the subscription: whether it is wanted, and what it does to the place. */
static bool take_subscribed(struct dragoman *d)
{
	if (d->frame->body_case == FRAME_BODY(SUBSCRIBED)) {
		if (d->sub_phase != SUB_ASKED || d->frame->id != d->sub_id)
			return false;
		subscribed(d, d->frame->subscribed);
		d->event.request = d->sub_id;
		return true;
	}
	if (d->sub_phase != SUB_ON)
		return false;
	switch (d->frame->body_case) {
	case FRAME_BODY(EVENT): return take_event(d);
	case FRAME_BODY(POSITION): advance(d, d->frame->position->seq); break;
	case FRAME_BODY(GAP): advance(d, d->frame->gap->last); break;
	case FRAME_BODY(SNAPSHOT_END): d->is_in_snapshot = false; break;
	default: break;
	}
	return true;
}

/* The gateway's disk may come back: a durable subscriber that was there before tries again, like after any
 * other loss. */
static bool is_passing(const struct dragoman *d, const Dragoman__V1__Error *error)
{
	return error->code == DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE && d->durable_name &&
	       d->is_established;
}

static bool is_subscription_refused(const struct dragoman *d)
{
	return d->frame->id && d->frame->id == d->sub_id && d->sub_phase == SUB_ASKED;
}

/* An Error: the end of a request, of the subscription, or soon of the connection. */
static bool take_error(struct dragoman *d)
{
	const Dragoman__V1__Error *error = d->frame->error;
	struct request *request = find_request(d, d->frame->id);

	if (error->closing)
		fail_set(&d->closing, (int)error->code,
			 "the gateway at %s closes the connection: %s", d->server.text,
			 error->text);
	if (request) {
		drop_request(d, request);
	} else if (is_subscription_refused(d) && is_passing(d, error)) {
		fail_set(&d->why, (int)error->code, "the gateway at %s: %s", d->server.text,
			 error->text);
		session_drop(d);
		return false;
	} else if (is_subscription_refused(d)) {
		d->sub_phase = SUB_NONE;
		d->sub_id = 0;
	} else {
		return false;
	}
	return tell_done(d, d->frame->id, (int)error->code, error->text);
}

/* The end of an answer, behind its last item. */
static bool take_end(struct dragoman *d)
{
	struct request *request = find_request(d, d->frame->id);

	if (request)
		drop_request(d, request);
	return request && tell_done(d, d->frame->id, DRAGOMAN_OK, "");
}

/* The next event of the frame at hand; false if there is none that is told. */
static bool take_item(struct dragoman *d)
{
	size_t i = d->item++;

	if (d->frame->body_case == FRAME_BODY(ERROR))
		return take_error(d);
	if (i == event_count(d->frame))
		return take_end(d);
	if (event_is_answer(d->frame) && !find_request(d, d->frame->id))
		return false;
	if (!event_get(d->frame, i, &d->pieces, &d->event))
		return false;
	if (!event_is_answer(d->frame))
		return take_subscribed(d);
	d->event.request = d->frame->id;
	return true;
}

static void answer_ping(struct dragoman *d)
{
	const ProtobufCBinaryData *data = &d->frame->ping->data;

	if (d->out.len < OUT_MAX && d->phase == PHASE_OPEN) {
		request_pong(&d->out, data->data, data->len);
		session_flush(d);
	}
}

/* Makes the next frame the one at hand. */
static bool take_frame(struct dragoman *d)
{
	d->frame = session_next_frame(d);
	if (!d->frame)
		return false;
	if (d->frame->body_case == FRAME_BODY(PING))
		answer_ping(d);
	d->item = 0;
	d->n_items = event_count(d->frame);
	if (d->frame->body_case == FRAME_BODY(ERROR) ||
	    (event_is_answer(d->frame) && !event_has_more(d->frame)))
		d->n_items++;
	return true;
}

static bool take(struct dragoman *d)
{
	if (d->tell_lost)
		return tell_lost(d);
	if (d->n_requests && d->requests[0].is_lost)
		return tell_lost_request(d);
	if (d->tell_connected) {
		d->tell_connected = false;
		return tell(d, DRAGOMAN_EVENT_CONNECTED);
	}
	if (d->phase != PHASE_OPEN && d->phase != PHASE_ENDING)
		return false;
	do {
		while (d->frame && d->item < d->n_items) {
			if (take_item(d))
				return true;
			pieces_free(&d->pieces);
		}
		frame_free(&d->frame);
	} while (take_frame(d));
	return false;
}

const struct dragoman_event *dragoman_take(struct dragoman *d)
{
	clear_event(d);
	if (take(d))
		return &d->event;
	note_dealt_with(d);
	session_ack(d);
	session_end(d);
	clear_event(d);
	return d->tell_lost && take(d) ? &d->event : NULL;
}

/* ---- waiting ---- */

int dragoman_fd(const struct dragoman *d)
{
	return session_fd(d);
}

short dragoman_wanted(const struct dragoman *d)
{
	return session_wanted(d);
}

static bool has_event(const struct dragoman *d)
{
	return d->tell_lost || d->tell_connected || (d->n_requests && d->requests[0].is_lost) ||
	       (d->frame && d->item < d->n_items) || d->phase == PHASE_ENDING ||
	       session_has_frame(d);
}

int dragoman_timeout(const struct dragoman *d)
{
	return has_event(d) ? 0 : session_timeout_ms(d);
}

void dragoman_step(struct dragoman *d)
{
	session_step(d);
}

static int until_ms(int64_t end_ns)
{
	int64_t left;

	if (end_ns < 0)
		return -1;
	left = (end_ns - clock_mono_ns() + NS_PER_MS - 1) / NS_PER_MS;
	return left < 0 ? 0 : (int)left;
}

static int64_t end_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : clock_mono_ns() + timeout_ms * NS_PER_MS;
}

/* False if a signal came or the time is up. */
static bool wait_until(struct dragoman *d, int64_t end_ns)
{
	int own = dragoman_timeout(d), left = until_ms(end_ns);
	struct pollfd p = {.fd = dragoman_fd(d), .events = dragoman_wanted(d)};

	if (left == 0)
		return false;
	if (own < 0 || (left >= 0 && left < own))
		own = left;
	return poll(&p, 1, own) >= 0 || errno != EINTR;
}

const struct dragoman_event *dragoman_next(struct dragoman *d, int timeout_ms)
{
	int64_t end_ns = end_of(timeout_ms);
	const struct dragoman_event *event = dragoman_take(d);

	while (!event) {
		dragoman_step(d);
		event = dragoman_take(d);
		if (event || dragoman_is_over(d) || !wait_until(d, end_ns))
			break;
	}
	return event;
}

int dragoman_connect(struct dragoman *d, int timeout_ms)
{
	int64_t end_ns = end_of(timeout_ms);

	while (!d->greeting) {
		dragoman_step(d);
		if (d->greeting)
			break;
		if (d->tell_lost || dragoman_is_over(d))
			return -1;
		if (!wait_until(d, end_ns))
			return fail_set(&d->why, DRAGOMAN_E_TIMEOUT, "%s does not answer",
					d->server.text);
	}
	return 0;
}

/* ---- subscribing ---- */

static void copy_subscription(struct dragoman *d, const struct dragoman_subscription *s)
{
	const char **patterns = xcalloc(s->n_patterns, sizeof *patterns);

	for (size_t i = 0; i < s->n_patterns; i++)
		patterns[i] = xstrdup(s->patterns[i]);
	free_patterns(&d->sub);
	d->sub = *s;
	d->sub.patterns = patterns;
}

/* Nothing of the one before is of any use to the next. */
static void forget_subscription(struct dragoman *d)
{
	d->sub_phase = SUB_NONE;
	d->sub_id = 0;
	d->has_place = d->is_established = false;
	d->ack_seq = d->acked_seq = d->given_seq = 0;
	d->unacked = 0;
	free(d->durable_name);
	d->durable_name = NULL;
	repeats_fini(&d->repeats);
}

static uint64_t begin(struct dragoman *d, const struct dragoman_subscription *subscription,
		      const char *name, const struct dragoman_durable *durable)
{
	const struct dragoman_subscription usual = {0};

	if (!subscription)
		subscription = &usual;
	if (d->phase == PHASE_OPEN && d->sub_phase != SUB_NONE)
		request_unsubscribe(&d->out);
	copy_subscription(d, subscription);
	forget_subscription(d);
	d->durable_name = name ? xstrdup(name) : NULL;
	d->durable = durable ? *durable : (struct dragoman_durable){0};
	d->sub_id = ++d->last_id;
	d->has_place = d->sub.start == DRAGOMAN_START_AFTER && !name;
	d->place = d->sub.place;
	d->is_in_snapshot = d->sub.start == DRAGOMAN_START_SNAPSHOT;
	if (d->phase == PHASE_OPEN || d->phase == PHASE_GREETING) {
		session_subscribe(d);
		session_flush(d);
	}
	return d->sub_id;
}

uint64_t dragoman_subscribe(struct dragoman *d, const struct dragoman_subscription *subscription)
{
	return begin(d, subscription, NULL, NULL);
}

uint64_t dragoman_subscribe_durable(struct dragoman *d, const char *name,
				    const struct dragoman_subscription *subscription,
				    const struct dragoman_durable *durable)
{
	return begin(d, subscription, name, durable);
}

void dragoman_ack(struct dragoman *d, uint64_t seq)
{
	if (seq > d->ack_seq)
		d->ack_seq = seq;
	session_ack(d);
}

void dragoman_set_repeats(struct dragoman *d, bool are_wanted)
{
	d->are_repeats_wanted = are_wanted;
}

void dragoman_unsubscribe(struct dragoman *d)
{
	if (d->phase == PHASE_OPEN && d->sub_phase != SUB_NONE) {
		request_unsubscribe(&d->out);
		session_flush(d);
	}
	forget_subscription(d);
}

bool dragoman_get_place(const struct dragoman *d, struct dragoman_place *place_out)
{
	if (d->has_place)
		*place_out = d->place;
	return d->has_place;
}

/* ---- asking ---- */

/* The id of a new request, or 0. */
static uint64_t new_request(struct dragoman *d)
{
	if (d->phase != PHASE_OPEN) {
		fail_set(&d->why, DRAGOMAN_E_NOT_CONNECTED, "there is no connection to %s",
			 d->server.text);
		return 0;
	}
	if (d->n_requests == REQUESTS_MAX || d->out.len >= OUT_MAX) {
		fail_set(&d->why, DRAGOMAN_E_BUSY, "too many requests wait for their answer");
		return 0;
	}
	d->requests[d->n_requests++] = (struct request){.id = ++d->last_id};
	return d->last_id;
}

static uint64_t ask(struct dragoman *d, enum request_kind kind, const char *const *patterns,
		    size_t n_patterns)
{
	uint64_t id = new_request(d);

	if (id) {
		request_ask(&d->out, id, kind, patterns, n_patterns);
		session_flush(d);
	}
	return id;
}

uint64_t dragoman_browse(struct dragoman *d, const char *const *patterns, size_t n_patterns)
{
	return ask(d, REQUEST_BROWSE, patterns, n_patterns);
}

uint64_t dragoman_get(struct dragoman *d, const char *const *patterns, size_t n_patterns)
{
	return ask(d, REQUEST_GET, patterns, n_patterns);
}

uint64_t dragoman_status(struct dragoman *d)
{
	return ask(d, REQUEST_STATUS, NULL, 0);
}

uint64_t dragoman_ping(struct dragoman *d)
{
	return ask(d, REQUEST_PING, NULL, 0);
}

uint64_t dragoman_subscribers(struct dragoman *d)
{
	return ask(d, REQUEST_SUBSCRIBERS, NULL, 0);
}

uint64_t dragoman_remove_subscriber(struct dragoman *d, const char *name)
{
	uint64_t id = new_request(d);

	if (id) {
		request_remove_subscriber(&d->out, id, name);
		session_flush(d);
	}
	return id;
}
