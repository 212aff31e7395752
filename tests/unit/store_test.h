/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in a directory of its own, for the tests of src/store: groups whose bytes follow from their
 * numbers, calls that wait, and what recovery and readers were given.
 */
#ifndef TESTS_UNIT_STORE_TEST_H
#define TESTS_UNIT_STORE_TEST_H

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ev/loop.h"
#include "store/store.h"

enum {
	SEGMENT = 16 * 1024, /* as small as the store takes them */
	TIME_STEP = 1000,    /* of the events: number * TIME_STEP */
	FRAME = 40,
};

struct store_test {
	char dir[64];
	struct loop *loop;
	struct store *store;
	struct store_settings settings;
	uint8_t stream[STORE_STREAM_SIZE];
	uint64_t next; /* number of the next event */

	/* what store_events told */
	unsigned committed, refused, checkpoints, drops;
	bool is_told;
	struct err why;
	uint64_t oldest; /* of dropped() */
	uint64_t dropped_checkpoint;

	/* what recovery gave */
	struct buf frames;
	uint64_t checkpoint, oldest_checkpoint, notes;
	bool is_refusing;

	/* what a reader was given */
	struct store_read read;
	struct store_result result;
	bool is_read;
};

/* Frames are FRAME bytes: the number, and bytes that follow from it. */
static inline void frame_fill(uint8_t *out, uint64_t seq)
{
	memcpy(out, &seq, 8);
	for (size_t i = 8; i < FRAME; i++)
		out[i] = (uint8_t)(seq * 31 + i);
}

static inline void check_frames(const uint8_t *frames, size_t len, uint64_t first)
{
	uint8_t expected[FRAME];

	assert_int_equal(len % FRAME, 0);
	for (size_t i = 0; i < len / FRAME; i++) {
		frame_fill(expected, first + i);
		assert_memory_equal(frames + i * FRAME, expected, FRAME);
	}
}

static inline uint64_t frame_seq(const uint8_t *frame)
{
	uint64_t seq;

	memcpy(&seq, frame, 8);
	return seq;
}

/* ---- what the store calls ---- */

/* A checkpoint is the number up to which it holds, and a marker. */
static inline void on_checkpoint(void *arg, struct buf *out, size_t max)
{
	struct store_test *t = arg;

	assert_true(max >= 1024);
	t->checkpoints++;
	buf_addf(out, "checkpoint %016" PRIx64, store_stats(t->store).newest);
}

static inline uint64_t parse_checkpoint(const uint8_t *notes, size_t len)
{
	char text[32] = "";

	assert_int_equal(len, 27);
	memcpy(text, notes, len);
	assert_memory_equal(text, "checkpoint ", 11);
	return strtoull(text + 11, NULL, 16);
}

static inline void on_committed(void *arg, const struct err *err)
{
	struct store_test *t = arg;

	t->is_told = true;
	if (err)
		t->why = *err;
	t->committed += !err;
	t->refused += err != NULL;
}

static inline void on_dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	struct store_test *t = arg;

	t->drops++;
	t->oldest = oldest;
	t->dropped_checkpoint = notes ? parse_checkpoint(notes, len) : 0;
}

static inline int on_notes(void *arg, const uint8_t *notes, size_t len, struct err *err)
{
	struct store_test *t = arg;

	if (t->is_refusing)
		return err_set(err, "refused by the test");
	if (len >= 4 && !memcmp(notes, "note", 4))
		t->notes++;
	else
		t->checkpoint = parse_checkpoint(notes, len) + 1;
	return 0;
}

static inline int on_frames(void *arg, const uint8_t *frames, size_t len, struct err *err)
{
	struct store_test *t = arg;

	(void)err;
	buf_add(&t->frames, frames, len);
	return 0;
}

static inline int on_oldest(void *arg, const uint8_t *notes, size_t len, struct err *err)
{
	struct store_test *t = arg;

	(void)err;
	t->oldest_checkpoint = notes ? parse_checkpoint(notes, len) + 1 : 0;
	return 0;
}

/* ---- a store ---- */

static inline int store_test_open(struct store_test *t, struct err *err)
{
	const struct store_recovery recovery = {
		.notes = on_notes, .frames = on_frames, .oldest = on_oldest, .arg = t};
	const struct store_events events = {.checkpoint = on_checkpoint,
					    .committed = on_committed,
					    .dropped = on_dropped,
					    .arg = t};

	t->settings.dir = t->dir;
	t->checkpoint = t->oldest_checkpoint = t->notes = 0;
	buf_clear(&t->frames);
	t->read = (struct store_read){0};
	t->store = store_open(t->loop, &t->settings, &recovery, &events, t->stream, err);
	if (!t->store)
		return -1;
	t->next = store_stats(t->store).newest + 1;
	return 0;
}

static inline void reopen(struct store_test *t)
{
	struct err err = {""};

	store_close(&t->store);
	if (store_test_open(t, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void clean_dir(const struct store_test *t)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", t->dir);
	assert_int_equal(system(command), 0);
}

static inline void store_test_init(struct store_test *t)
{
	*t = (struct store_test){
		.settings = {.size = 64 * SEGMENT, .segment_size = SEGMENT, .sync = true}};
	snprintf(t->dir, sizeof t->dir, "/tmp/dragoman-store.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	memcpy(t->stream, "stream of a test", STORE_STREAM_SIZE);
	t->loop = loop_new();
}

static inline void store_test_fini(struct store_test *t)
{
	store_close(&t->store);
	loop_free(&t->loop);
	buf_fini(&t->frames);
	clean_dir(t);
}

static inline int setup(void **state)
{
	struct store_test *t = calloc(1, sizeof *t);
	struct err err;

	store_test_init(t);
	*state = t;
	return store_test_open(t, &err);
}

static inline int teardown(void **state)
{
	store_test_fini(*state);
	free(*state);
	return 0;
}

/* ---- calls that wait ---- */

static inline void begin_commit(struct store_test *t, const uint8_t *frames, uint32_t n,
				const char *notes)
{
	struct store_group group = {
		.notes = (const uint8_t *)notes,
		.notes_len = notes ? strlen(notes) : 0,
		.frames = frames,
		.frames_len = n * FRAME,
		.first = n ? t->next : 0,
		.last = n ? t->next + n - 1 : 0,
		.newest_time = n ? (t->next + n - 1) * TIME_STEP : 0,
		.events = n,
		.slots = {8, 16 + (uint32_t)(t->next % 3)},
		.n_slots = n ? 2 : 0,
	};

	t->is_told = false;
	store_commit(t->store, &group);
	assert_true(store_is_busy(t->store));
	assert_false(t->is_told);
}

static inline void wait_committed(struct store_test *t)
{
	while (!t->is_told)
		loop_turn(t->loop, -1);
}

/* n events with the next numbers. Whether they are on disk. */
static inline bool commit(struct store_test *t, uint32_t n, const char *notes)
{
	uint8_t *frames = malloc(n ? n * FRAME : 1);
	unsigned before = t->committed;

	for (uint32_t i = 0; i < n; i++)
		frame_fill(frames + i * FRAME, t->next + i);
	begin_commit(t, frames, n, notes);
	wait_committed(t);
	free(frames);
	t->next += n;
	return t->committed > before;
}

static inline void commit_many(struct store_test *t, unsigned groups, uint32_t n)
{
	while (groups--)
		assert_true(commit(t, n, NULL));
}

static inline void on_read(void *arg, const struct store_result *result)
{
	struct store_test *t = arg;

	t->is_read = true;
	t->result = *result;
	t->result.err = NULL;
}

static inline enum store_found read_time(struct store_test *t, uint64_t seq, uint64_t time)
{
	if (t->result.chunk)
		store_release(t->store, &t->result.chunk);
	t->is_read = false;
	store_read(t->store, &t->read, seq, time, on_read, t);
	assert_false(t->is_read);
	while (!t->is_read)
		loop_turn(t->loop, -1);
	assert_false(store_read_is_pending(&t->read));
	return t->result.found;
}

static inline enum store_found read_seq(struct store_test *t, uint64_t seq)
{
	return read_time(t, seq, 0);
}

static inline void end_reading(struct store_test *t)
{
	if (t->result.chunk)
		store_release(t->store, &t->result.chunk);
	t->read = (struct store_read){0};
}

/* Reads from `seq` to the end, where everything must be there and follow. The number after the last. */
static inline uint64_t read_all(struct store_test *t, uint64_t seq)
{
	while (read_seq(t, seq) == STORE_CHUNK) {
		const struct store_chunk *c = t->result.chunk;

		assert_true(c->first <= seq && c->last >= seq);
		assert_int_equal(c->len, (c->last - c->first + 1) * FRAME);
		check_frames(c->frames, c->len, c->first);
		seq = c->last + 1;
	}
	assert_int_equal(t->result.found, STORE_END);
	end_reading(t);
	return seq;
}

/* ---- files ---- */

static inline char *segment_path(const struct store_test *t, uint64_t id)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%016" PRIx64 ".segment", t->dir, id);
	return path;
}

static inline bool segment_exists(const struct store_test *t, uint64_t id)
{
	return access(segment_path(t, id), F_OK) == 0;
}

/* Bytes that are not what was there. */
static inline void spoil(const struct store_test *t, uint64_t id, off_t at, size_t len)
{
	int fd = open(segment_path(t, id), O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(pread(fd, &byte, 1, at + (off_t)i), 1);
		byte ^= 0x5a;
		assert_int_equal(pwrite(fd, &byte, 1, at + (off_t)i), 1);
	}
	close(fd);
}

#endif
