/* SPDX-License-Identifier: Apache-2.0 */
/* Ack, ListSubscribers, RemoveSubscriber: what clients say and ask of durable subscribers. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/durable.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "hub/window.h"
#include "wire/field.h"
#include "wire/stamp.h"

enum { FRAME_SUBSCRIBERS = 30, SUBSCRIBERS_ENTRIES = 1 };

void ack_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	uint64_t seq = frame->ack->seq;

	if (!client->durable) {
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			      "Ack is for a durable subscriber; this connection is none");
		return;
	}
	/* What an earlier connection gave it, before a crash took the Ack, it may have as well. */
	if (seq > client->hub->kept) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "Ack of number %llu, which was not given to any durable subscriber yet",
			    (unsigned long long)seq);
		return;
	}
	durable_ack(client->durable, seq);
	if (!client->window)
		return;
	window_ack(client->window, seq);
	if (client->state == CLIENT_WAITING)
		client_ready(client);
}

/* ---- ListSubscribers ---- */

static size_t list_kinds(const struct filter *filter, Dragoman__V1__Kind kinds[EVENT_KINDS])
{
	size_t n = 0;

	for (uint32_t kind = EVENT_KIND_FIRST; kind <= EVENT_KIND_LAST; kind++)
		if (filter->kinds & kind_bit(kind))
			kinds[n++] = (Dragoman__V1__Kind)kind;
	return n;
}

/* Numbers of one run are consecutive; of events in several runs only bytes are known. */
static uint64_t events_behind(const struct hub *hub, uint64_t place)
{
	return hub->kept >> 32 == place >> 32 && hub->kept > place ? hub->kept - place : 0;
}

static void put_entry(const struct durable *durable, struct buf *out)
{
	Dragoman__V1__Subscribers__Entry entry = DRAGOMAN__V1__SUBSCRIBERS__ENTRY__INIT;
	const struct filter *filter = durable->terms.filter;
	Dragoman__V1__Kind kinds[EVENT_KINDS];
	char you[CLIENT_TEXT_SIZE];
	size_t len;

	entry.name = durable->name;
	entry.place = durable->place;
	entry.behind_events = events_behind(durable->hub, durable->place);
	entry.behind_bytes = store_bytes_from(durable->hub->storage.store, durable->place + 1);
	entry.connected = durable->client && durable->client->durable == durable;
	if (entry.connected)
		entry.you = (char *)(uintptr_t)client_you(durable->client, you);
	entry.patterns = filter->patterns;
	entry.n_patterns = filter->n_patterns;
	entry.n_kinds = list_kinds(filter, kinds);
	entry.kinds = kinds;
	entry.retain_bytes = durable->terms.retain_bytes;
	entry.retain_s = durable->terms.retain_s;
	entry.since = durable->since;
	entry.oldest_time = durable_oldest_time(durable);
	entry.gaps = durable->gaps;
	len = protobuf_c_message_get_packed_size(&entry.base);
	field_put_head(out, SUBSCRIBERS_ENTRIES, len);
	protobuf_c_message_pack(&entry.base, buf_room(out, len));
	buf_grown(out, len);
}

/* Those of a store that could not be opened are not: they are there, and nobody can say which. */
static bool are_known(struct client *client, uint64_t id)
{
	const struct storage *storage = &client->hub->storage;

	if (storage_is_on(storage) || storage_state(storage) == STORAGE_MEMORY)
		return true;
	client_refuse(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
		      "the store cannot be used, so durable subscribers are not known; the log of "
		      "the hub says what to do");
	return false;
}

void list_subscribers_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	struct durable *durable, *next;
	struct buf entries = {0};

	if (!are_known(client, frame->id))
		return;
	HASH_ITER (hh, client->hub->durables.by_name, durable, next)
		if (durable->state != DURABLE_NEW)
			put_entry(durable, &entries);
	walk_put_frame(&client->out, frame->id, FRAME_SUBSCRIBERS, &entries);
	client_ready(client);
	buf_fini(&entries);
}

/* ---- RemoveSubscriber ---- */

void remove_subscriber_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const char *name = frame->remove_subscriber->name;
	struct durable *durable = durables_find(&client->hub->durables, name);

	if (!are_known(client, frame->id))
		return;
	if (durable && durable->state != DURABLE_NEW)
		durable_remove(durable, client, frame->id);
	else
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NO_SUCH_SUBSCRIBER,
			      "there is no durable subscriber \"%.130s\"", name);
}

void subscriber_removed(struct client *client, uint64_t id, bool is_kept)
{
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Done done = DRAGOMAN__V1__DONE__INIT;

	if (!is_kept) {
		client_refuse(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
			      "the store has failed, so it is not removed; try again later");
		return;
	}
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_SUBSCRIBER_REMOVED;
	answer.subscriber_removed = &done;
	client_reply(client, id, &answer);
}
