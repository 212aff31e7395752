/* SPDX-License-Identifier: Apache-2.0 */
/* The connection under a struct dragoman; the picture is in session.h. */
#include "client/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/xalloc.h"

static void fail(struct dragoman *d, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void session_init(struct dragoman *d, const char *address)
{
	*d = (struct dragoman){
		.name = xstrdup(program_invocation_short_name),
		.retry_first_ms = 250,
		.retry_most_ms = 15000,
		.silence_ms = 15000,
		.fd = -1,
		.dial = {.fd = -1},
	};
	if (server_parse(&d->server, address, &d->server_bad.err) < 0)
		d->server_bad.code = DRAGOMAN_E_ADDRESS;
}

static void close_all(struct dragoman *d)
{
	dial_stop(&d->dial);
	fd_close(&d->fd);
	buf_fini(&d->in);
	buf_fini(&d->out);
	frame_free(&d->greeting);
}

void session_fini(struct dragoman *d)
{
	close_all(d);
	server_fini(&d->server);
	repeats_fini(&d->repeats);
	free(d->durable_name);
	free(d->name);
}

/* ---- loss and back-off ---- */

/* first, twice that, four times ... most; up to a fifth shorter, so that many clients do not come back
 * all at once. */
static int backoff_ms(const struct dragoman *d)
{
	uint64_t ms = d->retry_first_ms ? d->retry_first_ms : 1, random;

	for (uint32_t i = 1; i < d->failures && ms < d->retry_most_ms; i++)
		ms *= 2;
	if (ms > d->retry_most_ms)
		ms = d->retry_most_ms;
	random = ((uint64_t)clock_mono_ns() ^ (uintptr_t)d) * 0x9e3779b97f4a7c15u >> 32;
	return (int)(ms - ms * random / 5 / UINT32_MAX);
}

static void forget_requests(struct dragoman *d)
{
	for (size_t i = 0; i < d->n_requests; i++)
		d->requests[i].is_lost = true;
}

/* Another connection has its name, or somebody has removed it: it would only be done to it again, or be
 * undone. */
static bool is_final(const struct dragoman *d)
{
	int code = d->closing.code;

	return code == DRAGOMAN_E_REPLACED ||
	       (code == DRAGOMAN_E_NO_SUCH_SUBSCRIBER && d->durable_name);
}

static void lost(struct dragoman *d)
{
	bool is_over = !d->retry_most_ms || d->server_bad.code || is_final(d);

	close_all(d);
	d->failures++;
	d->tell_lost = true;
	d->tell_connected = false;
	forget_requests(d);
	d->sub_phase = SUB_NONE;
	if (d->closing.code)
		d->why = d->closing;
	d->closing.code = 0;
	if (!is_over) {
		d->phase = PHASE_RESTING;
		d->retry_in_ms = backoff_ms(d);
		d->due_ns = clock_mono_ns() + d->retry_in_ms * NS_PER_MS;
	} else {
		d->phase = PHASE_OVER;
		d->retry_in_ms = -1;
	}
}

static void failed(struct dragoman *d)
{
	if (d->phase == PHASE_OPEN && session_has_frame(d)) {
		d->phase = PHASE_ENDING;
		fd_close(&d->fd);
	} else if (d->phase != PHASE_ENDING) {
		lost(d);
	}
}

static void fail(struct dragoman *d, int code, const char *fmt, ...)
{
	va_list ap;

	d->why.code = code;
	va_start(ap, fmt);
	vsnprintf(d->why.err.text, sizeof d->why.err.text, fmt, ap);
	va_end(ap);
	failed(d);
}

void session_drop(struct dragoman *d)
{
	failed(d);
}

void session_end(struct dragoman *d)
{
	if (d->phase == PHASE_ENDING)
		lost(d);
}

/* ---- dialling and greeting ---- */

static int64_t patience_ns(const struct dragoman *d)
{
	return (d->silence_ms ? d->silence_ms : 15000) * NS_PER_MS;
}

void session_subscribe(struct dragoman *d)
{
	struct dragoman_subscription s = d->sub;

	d->given_seq = 0;
	d->sub_phase = SUB_ASKED;
	if (d->durable_name) {
		request_subscribe_durable(&d->out, d->sub_id, &s, d->durable_name, &d->durable);
		return;
	}
	if (d->has_place && !d->is_in_snapshot) {
		s.start = DRAGOMAN_START_AFTER;
		s.place = d->place;
	}
	request_subscribe(&d->out, d->sub_id, &s);
}

/* What was dealt with on an earlier connection may not have come on this one yet. */
void session_ack(struct dragoman *d)
{
	uint64_t seq = d->ack_seq < d->given_seq ? d->ack_seq : d->given_seq;

	d->unacked = 0;
	if (!d->durable_name || d->sub_phase != SUB_ON || seq <= d->acked_seq ||
	    d->phase != PHASE_OPEN || d->out.len >= OUT_MAX)
		return;
	request_ack(&d->out, seq);
	d->acked_seq = seq;
	session_flush(d);
}

static void greet(struct dragoman *d)
{
	d->fd = dial_take(&d->dial);
	d->phase = PHASE_GREETING;
	request_hello(&d->out, d->name);
	if (d->sub_id)
		session_subscribe(d);
	session_flush(d);
}

static void dialled(struct dragoman *d, enum dial_result result)
{
	if (result == DIAL_DONE)
		greet(d);
	else if (result == DIAL_FAILED)
		failed(d);
	else
		d->phase = PHASE_DIALLING;
}

static void dial(struct dragoman *d)
{
	if (d->server_bad.code) {
		d->why = d->server_bad;
		lost(d);
		return;
	}
	d->due_ns = clock_mono_ns() + patience_ns(d);
	dialled(d, dial_start(&d->dial, &d->server, &d->why));
}

static void continue_dialling(struct dragoman *d)
{
	struct pollfd p = {.fd = d->dial.fd, .events = POLLOUT};

	if (poll(&p, 1, 0) > 0)
		dialled(d, dial_continue(&d->dial, &d->why));
	else if (clock_mono_ns() >= d->due_ns)
		fail(d, DRAGOMAN_E_TIMEOUT, "%s does not answer", d->server.text);
}

static void set_welcome(struct dragoman *d)
{
	const Dragoman__V1__Welcome *w = d->greeting->welcome;

	d->welcome = (struct dragoman_welcome){
		.gateway = w->gateway,
		.software = w->software,
		.you = w->you,
		.version = w->version,
		.storage = (enum dragoman_storage)w->storage,
		.read_only = w->read_only,
		.head = w->head,
		.oldest = w->oldest,
		.time_ns = (int64_t)w->time,
	};
	if (w->stream.len == sizeof d->welcome.stream)
		memcpy(d->welcome.stream, w->stream.data, w->stream.len);
}

/* The first frame must be a Welcome, or the reason why there is none. */
static void take_greeting(struct dragoman *d)
{
	Dragoman__V1__Frame *frame = session_next_frame(d);

	if (!frame)
		return;
	if (frame->body_case == DRAGOMAN__V1__FRAME__BODY_WELCOME) {
		d->greeting = frame;
		set_welcome(d);
		d->phase = PHASE_OPEN;
		d->failures = 0;
		d->tell_connected = true;
		return;
	}
	if (frame->body_case == DRAGOMAN__V1__FRAME__BODY_ERROR)
		fail(d, (int)frame->error->code, "%s: %s", d->server.text, frame->error->text);
	else
		fail(d, DRAGOMAN_E_PROTOCOL, "%s answers, but not as a Dragoman gateway does",
		     d->server.text);
	frame_free(&frame);
}

/* ---- reading and writing ---- */

static bool is_up(const struct dragoman *d)
{
	return d->phase == PHASE_GREETING || d->phase == PHASE_OPEN;
}

static void lost_by_errno(struct dragoman *d)
{
	fail(d, DRAGOMAN_E_LOST, "the connection to %s was lost: %s", d->server.text,
	     strerror(errno));
}

void session_flush(struct dragoman *d)
{
	while (is_up(d) && d->out.len) {
		ssize_t n = send(d->fd, buf_bytes(&d->out), d->out.len, MSG_NOSIGNAL);

		if (n >= 0)
			buf_consume(&d->out, (size_t)n);
		else if (errno == EAGAIN)
			return;
		else if (errno == EPIPE || errno == ECONNRESET)
			return; /* what the gateway said before is still to be read */
		else if (errno != EINTR)
			lost_by_errno(d);
	}
	buf_trim(&d->out);
}

/* The other end is gone; errno says how if it was not in order. */
static void ended(struct dragoman *d, bool in_order)
{
	if (d->phase == PHASE_GREETING)
		fail(d, DRAGOMAN_E_PROTOCOL, "%s closed the connection without a greeting",
		     d->server.text);
	else if (in_order)
		fail(d, DRAGOMAN_E_LOST, "the gateway at %s closed the connection", d->server.text);
	else
		lost_by_errno(d);
}

static void receive(struct dragoman *d)
{
	ssize_t n = recv(d->fd, buf_room(&d->in, IN_CHUNK), IN_CHUNK, 0);

	if (n > 0) {
		buf_grown(&d->in, (size_t)n);
		d->heard_ns = clock_mono_ns();
		d->asked_ns = 0;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		ended(d, n == 0);
	}
}

/* Silence: first it is asked, then given up. The gateway has its time to answer from then on: it may be the
 * program that had stood still. */
static void check_silence(struct dragoman *d)
{
	int64_t now = clock_mono_ns();

	if (!d->silence_ms || now - d->heard_ns < d->silence_ms * NS_PER_MS)
		return;
	if (!d->asked_ns) {
		request_ask(&d->out, 0, REQUEST_PING, NULL, 0);
		d->asked_ns = now;
		session_flush(d);
	} else if (now - d->asked_ns >= d->silence_ms * NS_PER_MS) {
		fail(d, DRAGOMAN_E_TIMEOUT, "the gateway at %s does not answer any more",
		     d->server.text);
	}
}

bool session_has_frame(const struct dragoman *d)
{
	const uint8_t *payload;
	size_t len;

	return d->in.len && frame_next(buf_bytes(&d->in), d->in.len, FRAME_MAX, &payload, &len);
}

Dragoman__V1__Frame *session_next_frame(struct dragoman *d)
{
	Dragoman__V1__Frame *frame;
	const uint8_t *payload;
	size_t len;
	ssize_t used = 0;

	if (d->in.len)
		used = frame_next(buf_bytes(&d->in), d->in.len, FRAME_MAX, &payload, &len);
	if (used == 0)
		return NULL;
	frame = used > 0 ? frame_parse(payload, len) : NULL;
	if (frame) {
		buf_consume(&d->in, (size_t)used);
		buf_trim(&d->in);
		return frame;
	}
	buf_clear(&d->in);
	fail(d, DRAGOMAN_E_PROTOCOL, "%s sent something that is no frame of the protocol",
	     d->server.text);
	session_end(d);
	return NULL;
}

static void step_up(struct dragoman *d)
{
	session_flush(d);
	/* Nothing more is read while events wait to be taken: that is what bounds `in`. */
	if (is_up(d) && !session_has_frame(d))
		receive(d);
	if (d->phase == PHASE_GREETING) {
		take_greeting(d);
		if (d->phase == PHASE_GREETING && clock_mono_ns() >= d->due_ns)
			fail(d, DRAGOMAN_E_TIMEOUT, "%s does not greet", d->server.text);
	} else if (d->phase == PHASE_OPEN) {
		check_silence(d);
	}
}

void session_step(struct dragoman *d)
{
	if (d->phase == PHASE_RESTING && clock_mono_ns() >= d->due_ns)
		dial(d);
	if (d->phase == PHASE_DIALLING)
		continue_dialling(d);
	if (is_up(d))
		step_up(d);
}

/* ---- what it waits for ---- */

int session_fd(const struct dragoman *d)
{
	return d->phase == PHASE_DIALLING ? d->dial.fd : d->fd;
}

short session_wanted(const struct dragoman *d)
{
	if (d->phase == PHASE_DIALLING)
		return POLLOUT;
	if (!is_up(d))
		return 0;
	return (short)((session_has_frame(d) ? 0 : POLLIN) | (d->out.len ? POLLOUT : 0));
}

static int64_t due_ns(const struct dragoman *d)
{
	switch (d->phase) {
	case PHASE_RESTING:
	case PHASE_DIALLING:
	case PHASE_GREETING: return d->due_ns;
	case PHASE_OPEN:
		if (d->silence_ms)
			return (d->asked_ns ? d->asked_ns : d->heard_ns) +
			       d->silence_ms * NS_PER_MS;
		return INT64_MAX;
	default: return INT64_MAX;
	}
}

int session_timeout_ms(const struct dragoman *d)
{
	int64_t due = due_ns(d), left;

	if (due == INT64_MAX)
		return -1;
	left = (due - clock_mono_ns() + NS_PER_MS - 1) / NS_PER_MS;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}
