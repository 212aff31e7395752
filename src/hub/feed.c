/* SPDX-License-Identifier: Apache-2.0 */
/* What comes next for a subscriber; see feed.h. */
#include "hub/feed.h"

#include <stdlib.h>

#include "base/log.h"
#include "hub/client.h"
#include "hub/cold.h"
#include "hub/durable.h"
#include "hub/hub.h"
#include "hub/window.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t feed_limit(const struct client *client)
{
	return client->durable ? client->hub->kept : client->hub->log.head;
}

static bool is_in_memory(const struct client *client)
{
	return client->cursor.next >= client->hub->log.low;
}

static size_t room_of(const struct client *client)
{
	return client->window ? window_room(client->window) : SIZE_MAX;
}

/* ---- What cannot be given ---- */

static bool hole_matches(const struct hole *hole, const struct filter *filter)
{
	if (hole->n_slots > STORE_SLOTS_MAX)
		return true;
	for (size_t i = 0; i < hole->n_slots; i++)
		if (filter_matches(filter, hole->slots[i]))
			return true;
	return false;
}

/* Moves the place on to this number, over what is not on disk. */
static void pass(struct client *client, uint64_t to)
{
	struct cursor *cursor = &client->cursor;
	const struct hole *hole;

	while (cursor->next < to &&
	       (hole = holes_find(&client->hub->storage.holes, cursor->next, to - 1))) {
		uint64_t first = hole->first > cursor->next ? hole->first : cursor->next;
		uint64_t last = least(hole->last, to - 1);

		if (hole_matches(hole, cursor->filter))
			client_put_gap(client, first, last, "not kept: the store had failed");
		cursor->next = last + 1;
	}
	if (cursor->next < to)
		cursor->next = to;
}

/* A live subscriber is given what is in memory, be it on disk or not. */
static void leave_holes(struct client *client)
{
	const struct hub *hub = client->hub;
	uint64_t until = client->durable ? feed_limit(client) + 1 : hub->log.low;
	const struct hole *hole;

	while (client->cursor.next < until &&
	       (hole = holes_find(&hub->storage.holes, client->cursor.next, client->cursor.next)))
		pass(client, least(hole->last + 1, until));
}

/* Without a store: what memory holds no more. */
static void catch_up(struct client *client)
{
	const struct hub *hub = client->hub;
	uint64_t first, last;

	if (cursor_catch_up(&client->cursor, &hub->log, &hub->devices, &first, &last))
		client_put_gap(client, first, last, "too slow for memory");
}

static bool memory_matches(const struct client *client, uint64_t end)
{
	for (uint64_t seq = client->cursor.next; seq < end; seq++)
		if (filter_matches(client->cursor.filter,
				   eventlog_entry(&client->hub->log, seq)->slot))
			return true;
	return false;
}

/* What a durable subscriber was not to be kept for any longer. */
static void tell_missed(struct client *client)
{
	struct cold *cold = client->cold;

	if (!cold || !cold->missed)
		return;
	client_put_gap(client, cold->missed, client->cursor.next - 1, DURABLE_TOO_OLD);
	cold->missed = 0;
}

static void leave_old_in_memory(struct client *client)
{
	struct cursor *cursor = &client->cursor;
	uint64_t end;

	if (!client->durable || client->durable->floor <= cursor->next)
		return;
	end = least(client->durable->floor, client->hub->log.head + 1);
	if (memory_matches(client, end))
		client_put_gap(client, cursor->next, end - 1, DURABLE_TOO_OLD);
	cursor->next = end;
}

/* ---- From the store ---- */

static void take_chunk(struct client *client, struct store_chunk *chunk)
{
	struct cursor *cursor = &client->cursor;
	struct cold *cold = client->cold;
	bool is_wanted = chunk_matches(chunk, cursor->filter, cursor->next);

	pass(client, chunk->first);
	if (client->durable && durable_is_old(client->durable, chunk->last, chunk->newest_time)) {
		if (is_wanted && !cold->missed)
			cold->missed = cursor->next;
		cursor->next = chunk->last + 1;
		if (cold->missed && client->durable->floor > cursor->next)
			cursor->next = client->durable->floor;
		return;
	}
	tell_missed(client);
	if (is_wanted)
		cold_hold(cold, cursor, chunk);
	else
		cursor->next = chunk->last + 1;
}

/* Numbers before this one are held no more. */
static void leave_gone(struct client *client, uint64_t oldest)
{
	struct cursor *cursor = &client->cursor;
	const struct hub *hub = client->hub;
	uint64_t last = cursor_newest_dropped(cursor, &hub->devices, 0);

	if (last >= cursor->next)
		client_put_gap(client, cursor->next, least(last, oldest - 1),
			       "too old for the store");
	if (cursor->next < oldest)
		cursor->next = oldest;
}

/* What was in there is not known: the subscriber may have wanted it. */
static void leave_damaged(struct client *client, uint64_t first, uint64_t last)
{
	struct cursor *cursor = &client->cursor;

	pass(client, first);
	if (last >= cursor->next)
		client_put_gap(client, cursor->next, last, "damaged on disk");
	if (cursor->next <= last)
		cursor->next = last + 1;
}

void feed_found(struct client *client, const struct store_result *result)
{
	static struct log_limit limit = {.burst = 3, .period_ms = 10000};

	switch (result->found) {
	case STORE_CHUNK: take_chunk(client, result->chunk); break;
	case STORE_END: pass(client, client->cold->until); break;
	case STORE_GONE: leave_gone(client, result->first); break;
	case STORE_DAMAGED: leave_damaged(client, result->first, result->last); break;
	case STORE_FAILED:
		log_limited(&limit, LOG_WARNING, "%s; subscribers who read there wait",
			    result->err->text);
		return;
	}
	client_ready(client);
}

static void ask(struct client *client)
{
	struct hub *hub = client->hub;
	uint64_t next = client->cursor.next;

	if (next > hub->kept)
		cold_wait(&hub->colds, client->cold);
	else
		cold_ask(&hub->colds, client->cold, next, least(hub->log.low, hub->kept + 1));
}

/* ---- What comes next ---- */

/* A durable subscriber's holes are left before it comes to them. */
static uint64_t end_of(const struct client *client)
{
	uint64_t end = feed_limit(client);
	const struct hole *hole = NULL;

	if (client->durable && client->cursor.next <= end)
		hole = holes_find(&client->hub->storage.holes, client->cursor.next, end);
	return hole ? hole->first - 1 : end;
}

static const struct gather *from_memory(struct client *client, size_t most)
{
	struct hub *hub = client->hub;

	tell_missed(client);
	cold_free(&hub->colds, &client->cold);
	leave_old_in_memory(client);
	cursor_gather(&client->cursor, &hub->log, end_of(client), most, &hub->gather);
	return &hub->gather;
}

static const struct gather *from_disk(struct client *client, size_t most)
{
	struct hub *hub = client->hub;

	cold_gather(client->cold, &client->cursor, most, &hub->gather);
	return &hub->gather;
}

const struct gather *feed_next(struct client *client)
{
	static const struct gather nothing;
	size_t most = room_of(client);

	if (storage_is_on(&client->hub->storage))
		leave_holes(client);
	else
		catch_up(client);
	if (client->cursor.next > feed_limit(client) || !most)
		return &nothing;
	if (is_in_memory(client))
		return from_memory(client, most);
	if (client->cold && client->cold->state == COLD_HOLDING)
		return from_disk(client, most);
	return &nothing;
}

void feed_sent(struct client *client, const struct gather *gather, size_t bytes)
{
	struct cursor *cursor = &client->cursor;
	struct hub *hub = client->hub;
	size_t frames;

	if (!gather->next)
		return;
	frames = client->cold
			 ? cold_sent(&hub->colds, client->cold, cursor, gather, bytes, &client->out)
			 : cursor_sent(cursor, &hub->log, gather, bytes, &client->out);
	if (!frames)
		return;
	client->events += frames;
	client->given = cursor->next == gather->next ? gather->last : cursor->next - 1;
	/* What an earlier connection has acknowledged, this one may never acknowledge again. */
	if (client->window && client->given > client->durable->place)
		window_give(client->window, frames, client->given);
}

enum feed_state feed_go_on(struct client *client)
{
	if (client->cursor.next > feed_limit(client))
		return FEED_DONE;
	if (!room_of(client))
		return FEED_WAITS;
	if (is_in_memory(client) || !storage_is_on(&client->hub->storage))
		return FEED_MORE;
	if (!client->cold)
		client->cold = cold_new(client);
	if (client->cold->state == COLD_HOLDING)
		return FEED_MORE;
	if (client->cold->state == COLD_RESTING)
		ask(client);
	return FEED_WAITS;
}

void feed_blocks(struct client *client)
{
	if (client->cold)
		cold_blocks(&client->hub->colds, client->cold);
}

void feed_sweep(struct client *client)
{
	if (client->cold && client->cold->state == COLD_RESTING)
		client_ready(client);
}

void feed_end(struct client *client)
{
	cold_free(&client->hub->colds, &client->cold);
	free(client->window);
	client->window = NULL;
	client->given = 0;
	if (client->durable)
		client->durable->client = NULL;
	client->durable = NULL;
}
