/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on from the store; see cold.h. */
#include "hub/cold.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/filter.h"
#include "hub/hub.h"
#include "wire/stamp.h"

void colds_init(struct colds *colds,
		void (*found)(struct client *client, const struct store_result *result))
{
	*colds = (struct colds){.found = found};
	TAILQ_INIT(&colds->ahead);
	TAILQ_INIT(&colds->queue);
	TAILQ_INIT(&colds->busy);
}

struct cold *cold_new(struct client *client)
{
	struct cold *cold = xcalloc(1, sizeof *cold);

	cold->client = client;
	return cold;
}

/* ---- Room ---- */

static void read_done(void *arg, const struct store_result *result);

static void begin(struct colds *colds, struct cold *cold)
{
	cold->state = COLD_READING;
	TAILQ_INSERT_TAIL(&colds->busy, cold, link);
	colds->n_busy++;
	store_read(colds->store, &cold->read, cold->seq, 0, read_done, cold);
}

static void leave_busy(struct colds *colds, struct cold *cold)
{
	TAILQ_REMOVE(&colds->busy, cold, link);
	colds->n_busy--;
	cold->state = COLD_RESTING;
	if (cold->chunk)
		store_release(colds->store, &cold->chunk);
}

/* Gives the room that there is to those who wait for it. */
static void serve_queue(struct colds *colds)
{
	struct cold *first;

	while (colds->n_busy < COLD_ROOM && (first = TAILQ_FIRST(&colds->queue))) {
		TAILQ_REMOVE(&colds->queue, first, link);
		begin(colds, first);
	}
}

/* Takes the room of the reader that has waited longest for its socket. */
static void take_room(struct colds *colds)
{
	struct cold *cold;

	TAILQ_FOREACH(cold, &colds->busy, link)
	if (cold->state == COLD_HOLDING && cold->client->state == CLIENT_BLOCKED) {
		leave_busy(colds, cold);
		return;
	}
}

void cold_ask(struct colds *colds, struct cold *cold, uint64_t seq, uint64_t until)
{
	must(cold->state == COLD_RESTING);
	cold->seq = seq;
	cold->until = until;
	cold->state = COLD_QUEUED;
	TAILQ_INSERT_TAIL(&colds->queue, cold, link);
	if (colds->n_busy == COLD_ROOM)
		take_room(colds);
	serve_queue(colds);
}

void cold_wait(struct colds *colds, struct cold *cold)
{
	must(cold->state == COLD_RESTING);
	cold->state = COLD_AHEAD;
	TAILQ_INSERT_TAIL(&colds->ahead, cold, link);
}

void colds_go_on(struct colds *colds)
{
	struct cold *cold;

	while ((cold = TAILQ_FIRST(&colds->ahead))) {
		TAILQ_REMOVE(&colds->ahead, cold, link);
		cold->state = COLD_RESTING;
		client_ready(cold->client);
	}
}

void cold_blocks(struct colds *colds, struct cold *cold)
{
	if (cold->state != COLD_HOLDING || TAILQ_EMPTY(&colds->queue))
		return;
	leave_busy(colds, cold);
	serve_queue(colds);
}

void cold_free(struct colds *colds, struct cold **cold_p)
{
	struct cold *cold = *cold_p;

	*cold_p = NULL;
	if (!cold)
		return;
	if (cold->state == COLD_READING)
		store_read_cancel(&cold->read);
	if (cold->state == COLD_AHEAD)
		TAILQ_REMOVE(&colds->ahead, cold, link);
	else if (cold->state == COLD_QUEUED)
		TAILQ_REMOVE(&colds->queue, cold, link);
	else if (cold->state != COLD_RESTING)
		leave_busy(colds, cold);
	serve_queue(colds);
	free(cold);
}

/* ---- What was read ---- */

static void read_done(void *arg, const struct store_result *result)
{
	struct cold *cold = arg;
	struct colds *colds = &cold->client->hub->colds;
	struct store_chunk *chunk = result->chunk;

	cold->state = COLD_RESTING;
	colds->found(cold->client, result);
	if (cold->state == COLD_HOLDING) {
		if (cold->client->state == CLIENT_BLOCKED)
			cold_blocks(colds, cold);
		return;
	}
	if (chunk)
		store_release(colds->store, &chunk);
	leave_busy(colds, cold);
	serve_queue(colds);
}

enum match { MATCH_NONE, MATCH_SOME, MATCH_ALL };

/* By the slots alone. */
static enum match match_slots(const struct store_chunk *chunk, const struct filter *filter)
{
	size_t n = 0;

	if (chunk->n_slots > STORE_SLOTS_MAX)
		return MATCH_SOME;
	for (size_t i = 0; i < chunk->n_slots; i++)
		n += filter_matches(filter, chunk->slots[i]);
	return n == 0 ? MATCH_NONE : n == chunk->n_slots ? MATCH_ALL : MATCH_SOME;
}

static size_t frame_at(const struct store_chunk *chunk, size_t at, struct stamp *out)
{
	ssize_t size = stamp_get(chunk->frames + at, chunk->len - at, out);

	must(size > 0); /* the hub wrote it, and the store has verified it */
	return (size_t)size;
}

static bool is_wanted(const struct filter *filter, const struct stamp *stamp)
{
	return filter_selects_id(filter, stamp->device_id) &&
	       filter_matches(filter, slot_of(stamp->device_id, stamp_kind(stamp)));
}

bool chunk_matches(const struct store_chunk *chunk, const struct filter *filter, uint64_t from)
{
	enum match match = match_slots(chunk, filter);
	struct stamp stamp;

	if (match != MATCH_SOME)
		return match == MATCH_ALL;
	for (size_t at = 0; at < chunk->len;) {
		at += frame_at(chunk, at, &stamp);
		if (stamp.seq >= from && is_wanted(filter, &stamp))
			return true;
	}
	return false;
}

/* Numbers of a group have no holes. */
static void seek(struct cold *cold, uint64_t seq)
{
	struct stamp stamp;

	while (cold->seq < seq) {
		cold->at += frame_at(cold->chunk, cold->at, &stamp);
		cold->seq++;
	}
}

void cold_hold(struct cold *cold, const struct cursor *cursor, struct store_chunk *chunk)
{
	cold->state = COLD_HOLDING;
	cold->chunk = chunk;
	cold->at = 0;
	cold->seq = chunk->first;
	cold->is_all = match_slots(chunk, cursor->filter) == MATCH_ALL;
	seek(cold, cursor->next);
}

/* ---- Sending it ---- */

/* Without a look at the frames; a write may end within one. */
static void gather_all(struct cold *cold, struct gather *gather)
{
	const struct store_chunk *chunk = cold->chunk;
	size_t left = chunk->len - cold->at;

	gather_add(gather, chunk->frames + cold->at, left < COLD_BYTES ? left : COLD_BYTES);
	gather->frames = (size_t)(chunk->last - cold->seq) + 1;
	gather->last = chunk->last;
	gather->next = chunk->last + 1;
	cold->gathered = chunk->len;
}

static void gather_some(struct cold *cold, const struct filter *filter, size_t most,
			struct gather *gather)
{
	const struct store_chunk *chunk = cold->chunk;
	uint64_t seq = cold->seq;
	size_t at = cold->at;

	while (seq <= chunk->last && gather->frames < most && gather->bytes < COLD_BYTES) {
		struct stamp stamp;
		size_t size = frame_at(chunk, at, &stamp);

		if (cold->is_all || is_wanted(filter, &stamp)) {
			if (!gather_add(gather, chunk->frames + at, size))
				break;
			gather->last = seq;
		}
		at += size;
		seq++;
	}
	gather->next = seq;
	cold->gathered = at;
}

void cold_gather(struct cold *cold, const struct cursor *cursor, size_t most, struct gather *gather)
{
	must(cold->state == COLD_HOLDING && cold->seq == cursor->next);
	gather_begin(gather);
	if (cold->is_all && cold->chunk->last - cold->seq < most)
		gather_all(cold, gather);
	else
		gather_some(cold, cursor->filter, most, gather);
}

/* Frame by frame, as far as the bytes go. */
static size_t sent_some(struct cold *cold, const struct filter *filter, size_t bytes,
			struct buf *rest)
{
	size_t frames = 0;

	while (bytes) {
		struct stamp stamp;
		size_t size = frame_at(cold->chunk, cold->at, &stamp);
		size_t taken = bytes < size ? bytes : size;

		if (cold->is_all || is_wanted(filter, &stamp)) {
			buf_add(rest, cold->chunk->frames + cold->at + taken, size - taken);
			bytes -= taken;
			frames++;
		}
		cold->at += size;
		cold->seq++;
	}
	return frames;
}

static bool is_cut(const struct cold *cold, const struct gather *gather)
{
	return cold->is_all && cold->gathered == cold->chunk->len &&
	       cold->at + gather->bytes < cold->gathered;
}

size_t cold_sent(struct colds *colds, struct cold *cold, struct cursor *cursor,
		 const struct gather *gather, size_t bytes, struct buf *rest)
{
	size_t frames;

	if (bytes == gather->bytes && !is_cut(cold, gather)) {
		frames = gather->frames;
		cold->at = cold->gathered;
		cold->seq = gather->next;
	} else {
		frames = sent_some(cold, cursor->filter, bytes, rest);
	}
	cursor->next = cold->seq;
	if (cold->seq > cold->chunk->last) {
		leave_busy(colds, cold);
		serve_queue(colds);
	}
	return frames;
}
