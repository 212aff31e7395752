/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribe and Unsubscribe: where a subscription starts, and what could not be given to it. */
#include <string.h>

#include "base/clock.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"

enum { POSITION_EVERY_S = 10 };

/* Where to start, worked out before anything is answered. */
struct start {
	uint64_t next; /* the first number that is looked at */
	bool has_snapshot;
	bool has_gap;
	uint64_t first, last; /* of the gap */
	const char *reason;
};

static void put_gap(struct client *client, const struct start *start)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Gap gap = DRAGOMAN__V1__GAP__INIT;

	gap.first = start->first;
	gap.last = start->last;
	gap.reason = (char *)(uintptr_t)start->reason; /* protobuf-c knows no const */
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_GAP;
	frame.gap = &gap;
	client_reply(client, 0, &frame);
	client->gaps++;
}

static void put_subscribed(struct client *client, uint64_t id, uint64_t place)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Subscribed subscribed = DRAGOMAN__V1__SUBSCRIBED__INIT;
	struct hub *hub = client->hub;

	subscribed.stream = (ProtobufCBinaryData){sizeof hub->stream, hub->stream};
	subscribed.place = place;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_SUBSCRIBED;
	frame.subscribed = &subscribed;
	client_reply(client, id, &frame);
}

/* What the filter matches, was received at time or later, has a number from first on, and is gone. */
static void find_gap(const struct hub *hub, const struct cursor *cursor, uint64_t first,
		     uint64_t time, struct start *start)
{
	start->first = first;
	start->last = cursor_newest_dropped(cursor, &hub->devices, time);
	start->reason = "too old for memory";
	start->has_gap = start->last && start->last >= first;
}

static int start_after(struct client *client, const Dragoman__V1__Frame *frame,
		       const struct cursor *cursor, struct start *start)
{
	const Dragoman__V1__After *after = frame->subscribe->after;
	const struct hub *hub = client->hub;

	if (after->stream.len != sizeof hub->stream ||
	    memcmp(after->stream.data, hub->stream, sizeof hub->stream)) {
		/* What came between that place and this stream's beginning cannot be known. */
		*start = (struct start){.next = hub->log.low,
					.has_gap = true,
					.last = hub->log.low - 1,
					.reason = "another stream"};
		return 0;
	}
	if (after->seq > hub->log.head) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "Subscribe.after: the stream has not come to number %llu yet",
			    (unsigned long long)after->seq);
		return -1;
	}
	start->next = after->seq + 1;
	if (start->next < hub->log.low) {
		find_gap(hub, cursor, start->next, 0, start);
		start->next = hub->log.low;
	}
	return 0;
}

/* 0, or -1 if the request was refused. */
static int find_start(struct client *client, const Dragoman__V1__Frame *frame,
		      const struct cursor *cursor, struct start *start)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;
	const struct hub *hub = client->hub;

	*start = (struct start){.next = hub->log.head + 1};
	switch (subscribe->start_case) {
	case DRAGOMAN__V1__SUBSCRIBE__START_SNAPSHOT: start->has_snapshot = true; return 0;
	case DRAGOMAN__V1__SUBSCRIBE__START_AFTER: return start_after(client, frame, cursor, start);
	case DRAGOMAN__V1__SUBSCRIBE__START_FROM_TIME:
		find_gap(hub, cursor, 0, subscribe->from_time, start);
		start->next = cursor_find_time(cursor, &hub->log, subscribe->from_time);
		return 0;
	case DRAGOMAN__V1__SUBSCRIBE__START_EARLIEST: start->next = hub->log.low; return 0;
	case DRAGOMAN__V1__SUBSCRIBE__START_DURABLE:
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_UNIMPLEMENTED,
			      "this hub has no store yet, hence no durable subscribers");
		return -1;
	default: return 0;
	}
}

/* The kinds as bits; -1 if one is none. */
static int kinds_of(const Dragoman__V1__Subscribe *subscribe)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < subscribe->n_kinds; i++) {
		int kind = (int)subscribe->kinds[i];

		if (kind < EVENT_KIND_FIRST || kind > EVENT_KIND_LAST)
			return -1;
		kinds |= kind_bit((uint32_t)kind);
	}
	return (int)kinds;
}

static bool is_in_range(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;

	if (kinds_of(subscribe) < 0)
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_UNIMPLEMENTED,
			      "Subscribe.kinds has a kind that this hub does not know");
	else if (subscribe->linger_ms > LINGER_MAX_MS)
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "Subscribe.linger_ms is %u; at most %d", subscribe->linger_ms,
			      LINGER_MAX_MS);
	else
		return true;
	return false;
}

static void begin(struct client *client, const Dragoman__V1__Frame *frame, struct filter *filter,
		  const struct start *start)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;
	struct walk walk = {.step = snapshot_step, .id = frame->id, .filter = filter};

	client->linger_ms = (uint16_t)subscribe->linger_ms;
	client->position_every_s =
		subscribe->position_every_s ? subscribe->position_every_s : POSITION_EVERY_S;
	client_subscribe(client, filter, start->next);
	put_subscribed(client, frame->id, start->next - 1);
	if (start->has_gap)
		put_gap(client, start);
	if (!start->has_snapshot)
		return;
	filter->refs++;
	walk.until = start->next - 1;
	walk_start(client, &walk);
}

void subscribe_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;
	struct cursor cursor = {0};
	struct start start;

	if (client->cursor.filter) {
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_ALREADY,
			      "a connection has one subscription; Unsubscribe first");
		return;
	}
	if (!is_in_range(client, frame))
		return;
	cursor.filter = request_filter(client, frame->id, subscribe->patterns,
				       subscribe->n_patterns, (unsigned)kinds_of(subscribe));
	if (!cursor.filter)
		return;
	if (find_start(client, frame, &cursor, &start) < 0)
		filters_release(&client->hub->filters, &cursor.filter);
	else
		begin(client, frame, cursor.filter, &start);
}

void unsubscribe_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Done done = DRAGOMAN__V1__DONE__INIT;

	if (client->cursor.filter)
		client_unsubscribe(client);
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_UNSUBSCRIBED;
	answer.unsubscribed = &done;
	client_reply(client, frame->id, &answer);
}
