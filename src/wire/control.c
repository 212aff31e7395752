/* SPDX-License-Identifier: Apache-2.0 */
/* The lifeline's messages; see control.h. Each kind is one row: who says it, how it is written into the
 * generated struct and how it is read out of it, side by side. */
#include "wire/control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "dragoman/internal/control.pb-c.h"
#include "wire/frame.h"

typedef Dragoman__Internal__Control Message;

/* Room for the body of any kind, so that packing allocates nothing. */
union body {
	Dragoman__Internal__Ping ping;
	Dragoman__Internal__Terminate terminate;
	Dragoman__Internal__PublisherStarted started;
	Dragoman__Internal__PublisherEnded ended;
	Dragoman__Internal__PublisherRemoved removed;
	Dragoman__Internal__Ready ready;
	Dragoman__Internal__Pong pong;
};

static const char *take_name(const char *name, struct control *out)
{
	if (name_problem(name, false))
		return "not a channel's name";
	snprintf(out->name, sizeof out->name, "%s", name);
	return NULL;
}

static void put_ping(Message *m, union body *body, const struct control *c)
{
	dragoman__internal__ping__init(&body->ping);
	body->ping.number = c->number;
	m->ping = &body->ping;
}

static const char *get_ping(const Message *m, struct control *out)
{
	out->number = m->ping->number;
	return NULL;
}

static void put_terminate(Message *m, union body *body, const struct control *c)
{
	(void)c;
	dragoman__internal__terminate__init(&body->terminate);
	m->terminate = &body->terminate;
}

static const char *get_nothing(const Message *m, struct control *out)
{
	(void)m;
	(void)out;
	return NULL;
}

static void put_started(Message *m, union body *body, const struct control *c)
{
	dragoman__internal__publisher_started__init(&body->started);
	body->started.name = (char *)c->name;
	body->started.token = (ProtobufCBinaryData){TOKEN_LEN, (uint8_t *)c->token};
	body->started.pid = c->pid;
	body->started.restarts = c->restarts;
	m->publisher_started = &body->started;
}

static const char *get_started(const Message *m, struct control *out)
{
	const Dragoman__Internal__PublisherStarted *started = m->publisher_started;

	if (started->token.len != TOKEN_LEN)
		return "not a token";
	memcpy(out->token, started->token.data, TOKEN_LEN);
	out->pid = started->pid;
	out->restarts = started->restarts;
	return take_name(started->name, out);
}

static void put_ended(Message *m, union body *body, const struct control *c)
{
	dragoman__internal__publisher_ended__init(&body->ended);
	body->ended.name = (char *)c->name;
	body->ended.reason = (char *)c->reason;
	body->ended.restart_in_ms = c->restart_in_ms;
	m->publisher_ended = &body->ended;
}

static const char *get_ended(const Message *m, struct control *out)
{
	const Dragoman__Internal__PublisherEnded *ended = m->publisher_ended;

	if (strlen(ended->reason) >= sizeof out->reason)
		return "reason too long";
	snprintf(out->reason, sizeof out->reason, "%s", ended->reason);
	out->restart_in_ms = ended->restart_in_ms;
	return take_name(ended->name, out);
}

static void put_removed(Message *m, union body *body, const struct control *c)
{
	dragoman__internal__publisher_removed__init(&body->removed);
	body->removed.name = (char *)c->name;
	m->publisher_removed = &body->removed;
}

static const char *get_removed(const Message *m, struct control *out)
{
	return take_name(m->publisher_removed->name, out);
}

static void put_ready(Message *m, union body *body, const struct control *c)
{
	(void)c;
	dragoman__internal__ready__init(&body->ready);
	m->ready = &body->ready;
}

static void put_pong(Message *m, union body *body, const struct control *c)
{
	dragoman__internal__pong__init(&body->pong);
	body->pong.number = c->number;
	body->pong.in_call_ms = c->in_call_ms;
	body->pong.max_call_ms = c->max_call_ms;
	m->pong = &body->pong;
}

static const char *get_pong(const Message *m, struct control *out)
{
	out->number = m->pong->number;
	out->in_call_ms = m->pong->in_call_ms;
	out->max_call_ms = m->pong->max_call_ms;
	return NULL;
}

#define BODY(name) DRAGOMAN__INTERNAL__CONTROL__BODY_##name

static const struct row {
	Dragoman__Internal__Control__BodyCase body;
	enum control_side from;
	void (*put)(Message *m, union body *body, const struct control *c);
	const char *(*get)(const Message *m, struct control *out);
} rows[CONTROL_KINDS] = {
	[CONTROL_PING] = {BODY(PING), CONTROL_SUPERVISOR, put_ping, get_ping},
	[CONTROL_TERMINATE] = {BODY(TERMINATE), CONTROL_SUPERVISOR, put_terminate, get_nothing},
	[CONTROL_PUBLISHER_STARTED] = {BODY(PUBLISHER_STARTED), CONTROL_SUPERVISOR, put_started,
				       get_started},
	[CONTROL_PUBLISHER_ENDED] = {BODY(PUBLISHER_ENDED), CONTROL_SUPERVISOR, put_ended,
				     get_ended},
	[CONTROL_PUBLISHER_REMOVED] = {BODY(PUBLISHER_REMOVED), CONTROL_SUPERVISOR, put_removed,
				       get_removed},
	[CONTROL_READY] = {BODY(READY), CONTROL_CHILD, put_ready, get_nothing},
	[CONTROL_PONG] = {BODY(PONG), CONTROL_CHILD, put_pong, get_pong},
};

void control_pack(struct buf *out, const struct control *control)
{
	Message message = DRAGOMAN__INTERNAL__CONTROL__INIT;
	union body body;

	must(control->kind < CONTROL_KINDS);
	message.body_case = rows[control->kind].body;
	rows[control->kind].put(&message, &body, control);
	must(dragoman__internal__control__get_packed_size(&message) <= CONTROL_MAX);
	frame_pack(out, &message.base);
}

static const char *read_body(const Message *message, enum control_side from, struct control *out)
{
	for (size_t i = 0; i < CONTROL_KINDS; i++) {
		if (rows[i].body != message->body_case)
			continue;
		if (rows[i].from != from)
			return "from the wrong side";
		out->kind = (enum control_kind)i;
		return rows[i].get(message, out);
	}
	return "of an unknown kind";
}

const char *control_parse(const uint8_t *payload, size_t len, enum control_side from,
			  struct control *out)
{
	Message *message;
	const char *problem;

	if (len > CONTROL_MAX)
		return "too long";
	message = dragoman__internal__control__unpack(NULL, len, payload);
	if (!message)
		return "not a message";
	*out = (struct control){0};
	problem = read_body(message, from, out);
	dragoman__internal__control__free_unpacked(message, NULL);
	return problem;
}
