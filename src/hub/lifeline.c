/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor says to the hub; see lifeline.h. */
#include "hub/lifeline.h"

#include "base/log.h"
#include "hub/hub.h"
#include "wire/control.h"

static void say(struct lifeline *lifeline, const struct control *control)
{
	control_pack(peer_out(&lifeline->peer), control);
	peer_flush(&lifeline->peer);
}

static void ping(struct lifeline *lifeline, const struct control *control)
{
	say(lifeline, &(struct control){.kind = CONTROL_PONG, .number = control->number});
}

static void terminate(struct lifeline *lifeline, const struct control *control)
{
	(void)control;
	hub_end(lifeline->hub);
}

static void publisher_started(struct lifeline *lifeline, const struct control *control)
{
	struct publisher *publisher = publishers_allow(&lifeline->hub->publishers, control->name,
						       control->token, sizeof control->token);

	publisher->pid = control->pid;
	publisher->restarts = control->restarts;
}

static void publisher_ended(struct lifeline *lifeline, const struct control *control)
{
	struct publisher *publisher = publishers_find(&lifeline->hub->publishers, control->name);

	if (publisher)
		publisher_process_ended(publisher, control->reason);
}

static void publisher_removed(struct lifeline *lifeline, const struct control *control)
{
	publishers_remove(&lifeline->hub->publishers, control->name);
}

typedef void control_fn(struct lifeline *lifeline, const struct control *control);

static control_fn *const handlers[CONTROL_KINDS] = {
	[CONTROL_PING] = ping,
	[CONTROL_TERMINATE] = terminate,
	[CONTROL_PUBLISHER_STARTED] = publisher_started,
	[CONTROL_PUBLISHER_ENDED] = publisher_ended,
	[CONTROL_PUBLISHER_REMOVED] = publisher_removed,
};

static void closed(void *arg, const char *reason)
{
	struct lifeline *lifeline = arg;

	log_warning("the supervisor is gone (%s); finishing", reason);
	hub_end(lifeline->hub);
}

static void frame(void *arg, const uint8_t *payload, size_t len)
{
	struct lifeline *lifeline = arg;
	struct control control;
	const char *problem = control_parse(payload, len, CONTROL_SUPERVISOR, &control);

	if (problem) {
		log_error("the supervisor said what is no message: %s", problem);
		peer_close(&lifeline->peer);
		hub_end(lifeline->hub);
		return;
	}
	handlers[control.kind](lifeline, &control);
}

static const struct peer_events events = {.frame = frame, .closed = closed};

void lifeline_init(struct lifeline *lifeline, struct hub *hub, int fd)
{
	lifeline->hub = hub;
	peer_init(&lifeline->peer, hub->loop, fd, CONTROL_MAX, &events, lifeline);
	say(lifeline, &(struct control){.kind = CONTROL_READY});
}

void lifeline_fini(struct lifeline *lifeline)
{
	peer_close(&lifeline->peer);
}
