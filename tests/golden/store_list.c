/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a store, one line for each part, to be compared with what a program in another language finds
 * (tests/golden/store/read.py); and a small store with something of everything.
 *
 *	store_list DIRECTORY
 *	store_list --make DIRECTORY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ev/loop.h"
#include "store/store.h"

/* ---- list ---- */

static void print_hex(const char *what, const uint8_t *bytes, size_t len)
{
	printf("%s ", what);
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void on_segment(void *arg, const char *path, const struct store_segment_info *info)
{
	(void)arg;
	printf("segment %s %llu\n", name_of(path), (unsigned long long)info->events);
}

static void on_damage(void *arg, const char *path, uint64_t offset, const char *what)
{
	(void)arg;
	(void)what;
	printf("damage %s %llu\n", name_of(path), (unsigned long long)offset);
}

static void on_notes(void *arg, const uint8_t *notes, size_t len, bool is_checkpoint)
{
	(void)arg;
	print_hex(is_checkpoint ? "checkpoint" : "notes", notes, len);
}

static void on_frames(void *arg, const uint8_t *frames, size_t len)
{
	(void)arg;
	print_hex("frames", frames, len);
}

static int list(const char *dir)
{
	const struct store_visit visit = {
		.segment = on_segment, .damage = on_damage, .notes = on_notes, .frames = on_frames};
	uint8_t stream[STORE_STREAM_SIZE];
	struct err err;

	if (store_visit(dir, stream, &visit, &err) < 0)
		fatal("%s", err.text);
	print_hex("stream", stream, sizeof stream);
	return 0;
}

/* ---- make ---- */

struct maker {
	struct loop *loop;
	struct store *store;
	bool is_told;
};

static void checkpoint(void *arg, struct buf *out, size_t max)
{
	struct maker *m = arg;

	(void)max;
	buf_addf(out, "checkpoint at %llu", (unsigned long long)store_stats(m->store).newest);
}

static void committed(void *arg, const struct err *err)
{
	struct maker *m = arg;

	must(!err);
	m->is_told = true;
}

static void dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	(void)arg;
	(void)oldest;
	(void)notes;
	(void)len;
}

static void commit(struct maker *m, const struct store_group *group)
{
	m->is_told = false;
	store_commit(m->store, group);
	while (!m->is_told)
		loop_turn(m->loop, -1);
}

static void commit_text(struct maker *m, uint64_t number, uint32_t events, const char *notes)
{
	struct store_group group = {.notes = (const uint8_t *)notes, .notes_len = strlen(notes)};
	char frames[4096] = "";

	for (uint32_t i = 0; i < events; i++)
		snprintf(frames + strlen(frames), sizeof frames - strlen(frames), "event %llu\n",
			 (unsigned long long)(number + i));
	if (events) {
		group.frames = (const uint8_t *)frames;
		group.frames_len = strlen(frames);
		group.first = number;
		group.last = number + events - 1;
		group.events = events;
		group.newest_time = 1700000000000000000u + group.last;
		group.n_slots = number % 3 ? 1 + number % 7 : STORE_SLOTS_MAX + 1;
		for (uint32_t i = 0; i < 7; i++)
			group.slots[i] = 8 + i;
	}
	commit(m, &group);
}

static int make(const char *dir)
{
	const struct store_settings settings = {
		.dir = dir, .size = 1 << 20, .segment_size = 32 * STORE_BLOCK};
	struct maker m = {.loop = loop_new()};
	const struct store_recovery recovery = {0};
	const struct store_events events = {
		.checkpoint = checkpoint, .committed = committed, .dropped = dropped, .arg = &m};
	uint8_t stream[STORE_STREAM_SIZE] = "a golden stream";
	struct err err;

	m.store = store_open(m.loop, &settings, &recovery, &events, stream, &err);
	if (!m.store)
		fatal("%s", err.text);
	commit_text(&m, 0, 0, "notes of a run");
	for (uint64_t i = 0; i < 8; i++)
		commit_text(&m, (1ull << 32) + 1 + 20 * i, 20, i % 2 ? "" : "some notes");
	commit_text(&m, (2ull << 32) + 1, 150, "more notes");
	for (uint64_t i = 0; i < 24; i++)
		commit_text(&m, (3ull << 32) + 1 + i, 1, "");
	store_close(&m.store);
	loop_free(&m.loop);
	return 0;
}

int main(int argc, char **argv)
{
	log_init("store_list", NULL, LOG_WARNING);
	if (argc == 3 && !strcmp(argv[1], "--make"))
		return make(argv[2]);
	if (argc != 2)
		fatal("usage: store_list [--make] DIRECTORY");
	return list(argv[1]);
}
