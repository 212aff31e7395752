/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscribe and Unsubscribe: where a subscription starts, and what could not be given to it.
 *
 * Where it starts may have to be looked up on disk (a time), and a new durable subscriber has to be there first:
 * until then the client has a start, and no answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/durable.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "hub/window.h"

enum { POSITION_EVERY_S = 10 };

struct start {
	struct client *client;
	uint64_t id;
	uint64_t next; /* the first number that is looked at */
	bool has_snapshot;
	bool has_gap, is_resumed;
	uint64_t first, last; /* of the gap */
	const char *reason;
	uint64_t time;          /* to be looked up on disk */
	struct store_read read; /* that does */
	char *name;             /* of a durable subscriber, or NULL */
	struct durable *durable;
	struct durable_terms terms; /* their filter is everybody's */
	uint32_t window, position_every_s;
	uint16_t linger_ms;
};

/* ---- Answers ---- */

static void put_subscribed(const struct start *start)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Subscribed subscribed = DRAGOMAN__V1__SUBSCRIBED__INIT;
	struct hub *hub = start->client->hub;

	subscribed.stream = (ProtobufCBinaryData){sizeof hub->stream, hub->stream};
	subscribed.place = start->next - 1;
	subscribed.resumed = start->is_resumed;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_SUBSCRIBED;
	frame.subscribed = &subscribed;
	client_reply(start->client, start->id, &frame);
}

static void start_free(struct start **start_p)
{
	struct start *start = *start_p;
	struct client *client = start->client;

	*start_p = NULL;
	if (store_read_is_pending(&start->read))
		store_read_cancel(&start->read);
	if (start->durable && start->durable->client == client && !client->durable)
		start->durable->client = NULL;
	filters_release(&client->hub->filters, &start->terms.filter);
	free(start->name);
	free(start);
}

void subscribe_cancel(struct client *client)
{
	if (client->start)
		start_free(&client->start);
}

static void begin_window(struct client *client, uint32_t size)
{
	if (!size)
		return;
	client->window = xmalloc(sizeof *client->window);
	window_init(client->window, size);
}

/* A durable subscriber that resumes is given the state that holds at its place: what came since, it is about to be
 * given. */
static void begin_snapshot(const struct start *start)
{
	struct walk walk = {.step = snapshot_step, .id = start->id, .filter = start->terms.filter};

	walk.filter->refs++;
	walk.until = start->next - 1;
	walk_start(start->client, &walk);
}

static void begin(struct start *start)
{
	struct client *client = start->client;

	client->linger_ms = start->linger_ms;
	client->position_every_s = start->position_every_s;
	start->terms.filter->refs++;
	client_subscribe(client, start->terms.filter, start->next, start->durable);
	begin_window(client, start->window);
	put_subscribed(start);
	if (start->has_gap)
		client_put_gap(client, start->first, start->last, start->reason);
	if (start->has_snapshot)
		begin_snapshot(start);
	start_free(&client->start);
}

/* ---- Durable ones ---- */

void subscribe_go_on(struct client *client, bool is_kept)
{
	uint64_t id;

	must(client->start);
	id = client->start->id;
	if (is_kept) {
		begin(client->start);
		return;
	}
	subscribe_cancel(client);
	client_refuse(
		client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
		"a durable subscriber has to be on disk first, and the store has failed; try again "
		"later");
}

/* Its connection is this one from now on. */
static void take_over(struct durable *durable, struct start *start)
{
	struct client *old = durable->client;

	if (old)
		client_fail(old, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_REPLACED,
			    "another connection subscribes as %s now", durable->name);
	durable->client = start->client;
	start->durable = durable;
}

static void attach(struct start *start)
{
	struct client *client = start->client;
	struct durables *durables = &client->hub->durables;
	struct durable *durable = durables_find(durables, start->name);

	if (durable && durable->state == DURABLE_LEAVING) {
		client_refuse(client, start->id, DRAGOMAN__V1__ERROR_CODE__ERROR_ALREADY,
			      "%s is being removed; try again", start->name);
		subscribe_cancel(client);
		return;
	}
	if (durable) {
		start->is_resumed = durable->state == DURABLE_KEPT;
		start->next = durable->place + 1;
		durable_set_terms(durable, &start->terms);
		durable_look(durable);
	} else {
		durable = durable_new(durables, start->name, &start->terms, start->next - 1);
	}
	if (!durable) {
		client_refuse(client, start->id, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "there are as many durable subscribers as this hub can have");
		subscribe_cancel(client);
		return;
	}
	take_over(durable, start);
	if (durable->state == DURABLE_KEPT)
		begin(start);
}

static void placed(struct start *start)
{
	if (start->name)
		attach(start);
	else
		begin(start);
}

/* ---- Where to start ---- */

/* The oldest number that can be given. */
static uint64_t oldest_of(const struct hub *hub)
{
	uint64_t oldest = storage_oldest(&hub->storage);

	return oldest ? oldest : hub->log.low;
}

static const char *too_old(const struct hub *hub)
{
	return storage_is_on(&hub->storage) ? "too old for the store" : "too old for memory";
}

/* What the filter matches, was received at time or later, has a number from first on, and is gone. */
static void find_gap(struct start *start, uint64_t first, uint64_t time)
{
	const struct hub *hub = start->client->hub;
	struct cursor cursor = {.filter = start->terms.filter};

	start->first = first;
	start->last = cursor_newest_dropped(&cursor, &hub->devices, time);
	start->reason = too_old(hub);
	start->has_gap = start->last && start->last >= first;
}

/* 0, or -1 if the request was refused. */
static int find_after(struct start *start, const Dragoman__V1__After *after)
{
	const struct hub *hub = start->client->hub;
	uint64_t oldest = oldest_of(hub);

	if (after->stream.len != sizeof hub->stream ||
	    memcmp(after->stream.data, hub->stream, sizeof hub->stream)) {
		/* What came between that place and the oldest event cannot be known. */
		start->next = oldest;
		start->has_gap = true;
		start->last = oldest - 1;
		start->reason = "another stream";
		return 0;
	}
	if (after->seq > hub->log.head) {
		client_fail(start->client, start->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "Subscribe.after: the stream has not come to number %llu yet",
			    (unsigned long long)after->seq);
		return -1;
	}
	start->next = after->seq + 1;
	if (start->next < oldest) {
		find_gap(start, start->next, 0);
		start->next = oldest;
	}
	return 0;
}

static void find_in_memory(struct start *start)
{
	struct cursor cursor = {.filter = start->terms.filter};

	start->next = cursor_find_time(&cursor, &start->client->hub->log, start->time);
}

/* Sets next to the first event that matches and is late enough, or behind the chunk and returns false. */
static bool find_in_chunk(struct start *start, const struct store_chunk *chunk)
{
	struct stamp stamp;

	start->next = chunk->last + 1;
	for (size_t at = 0; at < chunk->len;) {
		ssize_t size = stamp_get(chunk->frames + at, chunk->len - at, &stamp);

		must(size > 0); /* the hub wrote it, and the store has verified it */
		at += (size_t)size;
		if (stamp_time(&stamp) >= start->time &&
		    filter_matches(start->terms.filter,
				   slot_of(stamp.device_id, stamp_kind(&stamp)))) {
			start->next = stamp.seq;
			return true;
		}
	}
	return false;
}

static void look_up(struct start *start, uint64_t from);

static void looked_up(void *arg, const struct store_result *result)
{
	struct start *start = arg;
	struct client *client = start->client;
	struct store_chunk *chunk = result->chunk;
	bool is_found = true;

	switch (result->found) {
	case STORE_CHUNK:
		is_found = find_in_chunk(start, chunk);
		store_release(client->hub->storage.store, &chunk);
		break;
	case STORE_END: find_in_memory(start); break;
	case STORE_GONE: look_up(start, result->first); return;
	case STORE_DAMAGED: start->next = result->first; break; /* it may be in there */
	case STORE_FAILED:
		client_refuse(client, start->id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
			      "%s; try again later", result->err->text);
		subscribe_cancel(client);
		return;
	}
	if (is_found)
		placed(start);
	else
		look_up(start, start->next);
}

static void look_up(struct start *start, uint64_t from)
{
	store_read(start->client->hub->storage.store, &start->read, from, start->time, looked_up,
		   start);
}

static void start_from_time(struct start *start, uint64_t time)
{
	const struct hub *hub = start->client->hub;
	uint64_t oldest = oldest_of(hub);

	find_gap(start, 0, time);
	start->time = time;
	if (storage_is_on(&hub->storage) && oldest < hub->log.low) {
		look_up(start, oldest);
		return;
	}
	find_in_memory(start);
	placed(start);
}

static bool is_durable_possible(struct client *client, const Dragoman__V1__Frame *frame)
{
	const char *name = frame->subscribe->durable->name;
	const struct storage *storage = &client->hub->storage;
	const char *problem = name_problem(name, false);

	if (storage_state(storage) == STORAGE_MEMORY)
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_UNIMPLEMENTED,
			      "this hub has no store, hence no durable subscribers");
	else if (!storage_is_on(storage))
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
			      "the store cannot be used; the log of the hub says what to do");
	else if (problem)
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "Durable.name \"%.130s\": %s", name, problem);
	else
		return true;
	return false;
}

/* One that the hub knows goes on where it was, whatever it says of a start. */
static void start_durable(struct start *start, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Durable *durable = frame->subscribe->durable;
	struct client *client = start->client;
	struct hub *hub = client->hub;

	if (!is_durable_possible(client, frame)) {
		subscribe_cancel(client); /* unless it is closing, and that was done */
		return;
	}
	start->name = xstrdup(durable->name);
	start->window = durable->window;
	start->terms.retain_bytes = durable->retain_bytes;
	start->terms.retain_s = durable->retain_s;
	start->has_snapshot = durable->snapshot;
	if (durable->earliest)
		start->next = oldest_of(hub);
	if (durable->from_time && !durables_find(&hub->durables, start->name))
		start_from_time(start, durable->from_time);
	else
		attach(start);
}

static void find_start(struct start *start, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;
	struct client *client = start->client;

	start->next = client->hub->log.head + 1;
	switch (subscribe->start_case) {
	case DRAGOMAN__V1__SUBSCRIBE__START_FROM_TIME:
		start_from_time(start, subscribe->from_time);
		return;
	case DRAGOMAN__V1__SUBSCRIBE__START_DURABLE: start_durable(start, frame); return;
	case DRAGOMAN__V1__SUBSCRIBE__START_SNAPSHOT: start->has_snapshot = true; break;
	case DRAGOMAN__V1__SUBSCRIBE__START_EARLIEST: start->next = oldest_of(client->hub); break;
	case DRAGOMAN__V1__SUBSCRIBE__START_AFTER:
		if (find_after(start, subscribe->after) < 0)
			return; /* the client is closing */
		break;
	default: break;
	}
	begin(start);
}

/* ---- Requests ---- */

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

void subscribe_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Subscribe *subscribe = frame->subscribe;
	struct filter *filter;
	struct start *start;

	if (client->cursor.filter || client->start) {
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_ALREADY,
			      "a connection has one subscription; Unsubscribe first");
		return;
	}
	if (!is_in_range(client, frame))
		return;
	filter = request_filter(client, frame->id, subscribe->patterns, subscribe->n_patterns,
				(unsigned)kinds_of(subscribe));
	if (!filter)
		return;
	start = xcalloc(1, sizeof *start);
	start->client = client;
	start->id = frame->id;
	start->terms.filter = filter;
	start->linger_ms = (uint16_t)subscribe->linger_ms;
	start->position_every_s =
		subscribe->position_every_s ? subscribe->position_every_s : POSITION_EVERY_S;
	client->start = start;
	find_start(start, frame);
}

void unsubscribe_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Done done = DRAGOMAN__V1__DONE__INIT;

	subscribe_cancel(client);
	if (client->cursor.filter)
		client_unsubscribe(client);
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_UNSUBSCRIBED;
	answer.unsubscribed = &done;
	client_reply(client, frame->id, &answer);
}
