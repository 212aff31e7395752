/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on from disk, against a list of all that was ever committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ev/loop.h"
#include "hub/client.h"
#include "hub/cold.h"
#include "hub/hub.h"
#include "hub/window.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/stamp.h"

enum { EVENTS = 6000, DEVICES = 6, READERS = 3 * COLD_ROOM };

static struct hub hub; /* of which only what colds and filters need is used */
static struct store *store;
static char dir[] = "/tmp/dragoman-cold.XXXXXX";
static uint32_t slots[EVENTS + 1]; /* by number */

/* ---- A store with groups of all sizes ---- */

static bool is_told;

static void on_checkpoint(void *arg, struct buf *out, size_t max)
{
	(void)arg;
	(void)max;
	buf_add_str(out, "checkpoint");
}

static void on_committed(void *arg, const struct err *err)
{
	(void)arg;
	assert_null(err);
	is_told = true;
}

static void on_dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	(void)arg;
	(void)oldest;
	(void)notes;
	(void)len;
	fail();
}

/* An event that says no more than its device and kind. */
static size_t put_frame(uint8_t *out, uint64_t seq, uint32_t device, uint32_t kind)
{
	struct buf event = {0};
	uint8_t filler[300] = {0};
	size_t size;

	field_put_fixed64(&event, 1, seq);
	field_put_bytes(&event, kind, filler, seq % sizeof filler);
	size = stamp_put(out, seq, device, buf_bytes(&event), event.len);
	buf_fini(&event);
	return size;
}

static void add_slot(struct store_group *group, uint32_t slot)
{
	size_t i = 0;

	while (i < group->n_slots && group->slots[i] < slot)
		i++;
	if (i < group->n_slots && group->slots[i] == slot)
		return;
	memmove(group->slots + i + 1, group->slots + i,
		(group->n_slots++ - i) * sizeof *group->slots);
	group->slots[i] = slot;
}

static void commit(uint64_t first, uint64_t last)
{
	static uint8_t frames[1 << 20];
	struct store_group group = {.frames = frames, .first = first, .last = last};

	for (uint64_t seq = first; seq <= last; seq++) {
		uint32_t device = 1 + (uint32_t)(rand() % (seq % 3 ? 2 : DEVICES)),
			 kind = rand() % 5 ? 6 : 7;

		group.frames_len += put_frame(frames + group.frames_len, seq, device, kind);
		slots[seq] = slot_of(device, kind);
		add_slot(&group, slots[seq]);
		group.events++;
	}
	is_told = false;
	store_commit(store, &group);
	while (!is_told)
		loop_turn(hub.loop, -1);
}

static int set_up(void **state)
{
	const struct store_settings settings = {
		.dir = dir, .size = 16 << 20, .segment_size = 1 << 20, .sync = false};
	const struct store_events events = {on_checkpoint, on_committed, on_dropped, NULL};
	uint8_t stream[STORE_STREAM_SIZE] = {1};
	char name[16];
	struct err err;

	(void)state;
	srand(1);
	hub.loop = loop_new();
	devices_init(&hub.devices);
	filters_init(&hub.filters, &hub.devices);
	TAILQ_INIT(&hub.ready);
	for (int i = 1; i <= DEVICES; i++) {
		snprintf(name, sizeof name, "d%d", i);
		devices_add(&hub.devices, name);
	}
	if (!mkdtemp(dir))
		return -1;
	store = store_open(hub.loop, &settings, &(struct store_recovery){0}, &events, stream, &err);
	if (!store)
		return -1;
	for (uint64_t seq = 1; seq <= EVENTS;) {
		uint64_t last = seq + (uint64_t)rand() % (rand() % 3 ? 10 : 1000);

		last = last > EVENTS ? EVENTS : last;
		commit(seq, last);
		seq = last + 1;
	}
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	store_close(&store);
	filters_fini(&hub.filters);
	devices_fini(&hub.devices);
	loop_free(&hub.loop);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* ---- Readers ---- */

struct reader {
	struct client client;
	uint64_t expected; /* all before it was given, or does not match */
	struct buf got;
	bool is_done;
};

static struct filter *get(const char *pattern, unsigned kinds)
{
	char copy[8], *patterns[] = {copy};

	snprintf(copy, sizeof copy, "%s", pattern);
	return filters_get(&hub.filters, patterns, 1, kinds);
}

static void found(struct client *client, const struct store_result *result)
{
	struct reader *reader = (struct reader *)(void *)client;
	struct cursor *cursor = &client->cursor;

	if (result->found == STORE_END) {
		reader->is_done = true;
		return;
	}
	assert_int_equal(result->found, STORE_CHUNK);
	if (chunk_matches(result->chunk, cursor->filter, cursor->next))
		cold_hold(client->cold, cursor, result->chunk);
	else
		cursor->next = result->chunk->last + 1;
}

static uint64_t next_match(const struct reader *reader, uint64_t seq)
{
	while (seq <= EVENTS && !filter_matches(reader->client.cursor.filter, slots[seq]))
		seq++;
	return seq;
}

static void check_frames(struct reader *reader)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;

	while ((used = frame_next(buf_bytes(&reader->got), reader->got.len, FRAME_MAX, &payload,
				  &len)) > 0) {
		reader->expected = next_match(reader, reader->expected);
		assert_int_equal(fixed64_get(payload + 1), reader->expected++);
		buf_consume(&reader->got, (size_t)used);
	}
	assert_int_equal(used, 0);
}

/* As a socket that takes what it likes, and a window that opens as it likes. */
static void take(struct reader *reader)
{
	struct client *client = &reader->client;
	struct gather gather = {0};
	size_t most = rand() % 3 ? SIZE_MAX : 1 + (size_t)rand() % 50, n, frames;

	cold_gather(client->cold, &client->cursor, most, &gather);
	n = rand() % 2 || !gather.bytes ? gather.bytes : (size_t)rand() % (gather.bytes + 1);
	for (size_t i = 0, left = n; left; i++) {
		size_t part = left < gather.pieces[i].iov_len ? left : gather.pieces[i].iov_len;

		buf_add(&reader->got, gather.pieces[i].iov_base, part);
		left -= part;
	}
	frames = cold_sent(&hub.colds, client->cold, &client->cursor, &gather, n, &reader->got);
	assert_true(frames <= most);
	check_frames(reader);
}

static void go(struct reader *reader)
{
	struct client *client = &reader->client;

	client->state = rand() % 4 ? CLIENT_WAITING : CLIENT_BLOCKED;
	if (client->cold->state == COLD_RESTING)
		cold_ask(&hub.colds, client->cold, client->cursor.next, EVENTS + 1);
	else if (client->cold->state == COLD_HOLDING && client->state == CLIENT_BLOCKED)
		cold_blocks(&hub.colds, client->cold);
	else if (client->cold->state == COLD_HOLDING)
		take(reader);
	assert_true(hub.colds.n_busy <= COLD_ROOM);
}

static bool all_are_done(const struct reader *readers)
{
	for (size_t i = 0; i < READERS; i++)
		if (!readers[i].is_done)
			return false;
	return true;
}

static void readers_of_all_kinds_get_what_they_asked_for(void **state)
{
	static const char *const patterns[] = {"#", "d1", "d5", "+", "d4", "none"};
	static struct reader readers[READERS];

	(void)state;
	colds_init(&hub.colds, found);
	hub.colds.store = store;
	for (size_t i = 0; i < READERS; i++) {
		struct client *client = &readers[i].client;
		uint64_t first = i % 4 ? 1 : 1 + (uint64_t)rand() % EVENTS;

		client->hub = &hub;
		client->cursor = (struct cursor){
			.filter = get(patterns[i % 6], i % 3 ? 0 : kind_bit(6) | kind_bit(7)),
			.next = first};
		client->cold = cold_new(client);
		readers[i].expected = first;
	}
	while (!all_are_done(readers)) {
		for (size_t i = 0; i < READERS; i++)
			if (!readers[i].is_done)
				go(&readers[i]);
		loop_turn(hub.loop, 0);
	}
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(readers[i].got.len, 0);
		assert_int_equal(next_match(&readers[i], readers[i].expected), EVENTS + 1);
		cold_free(&hub.colds, &readers[i].client.cold);
		filters_release(&hub.filters, &readers[i].client.cursor.filter);
		buf_fini(&readers[i].got);
	}
	assert_int_equal(hub.colds.n_busy, 0);
}

/* What a slow reader costs the hub, without its socket's buffer; stated in doc/architecture.md. */
static void a_reader_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct cold) <= 176);
	assert_true(sizeof(struct durable) <= 200);
	assert_true(sizeof(struct window) <= 640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_of_all_kinds_get_what_they_asked_for),
		cmocka_unit_test(a_reader_is_small),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
