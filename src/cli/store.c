/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman store: the stream on disk, as the gateway sees it or, given a directory, as it stands there. Files are
 * only read, and may belong to a gateway that runs.
 */
#include "cli/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/jsonl.h"
#include "cli/text.h"
#include "client/event.h"
#include "conf/conf.h"
#include "store/store.h"
#include "wire/frame.h"
#include "wire/note.h"

#define USUAL_DIR STATE_DIR "/stream"

/* What was found in a directory. */
struct found {
	const struct cli *cli;
	uint8_t stream[STORE_STREAM_SIZE];
	uint64_t segments, bytes, used, groups, events;
	uint64_t first, last; /* numbers */
	int64_t begun_ns, newest_ns;
	struct place {
		char *name;
		uint64_t seq;
	} * places; /* of durable subscribers, as far as their acknowledgements were noted */
	size_t n_places;
	struct table table;
	struct buf line;
};

/* ---- for people ---- */

/* A stream that has lost nothing yet begins before its first run. */
static void show_numbers(uint64_t first, uint64_t last)
{
	char from[TEXT_SHORT_SIZE], to[TEXT_SHORT_SIZE];

	if (!last)
		printf("no events");
	else if (first >> 32)
		printf("events %s to %s", text_seq(first, from), text_seq(last, to));
	else
		printf("events up to %s", text_seq(last, to));
}

static void show_since(int64_t since_ns)
{
	char date[TEXT_SHORT_SIZE], clock[TEXT_SHORT_SIZE], age[TEXT_SHORT_SIZE];

	if (since_ns)
		printf(", since %s %.8s (%s)", text_date(since_ns, date),
		       text_clock(since_ns, clock), text_age(clock_wall_ns() - since_ns, age));
}

void store_show(const struct dragoman_event_store *s)
{
	char used[TEXT_SHORT_SIZE], size[TEXT_SHORT_SIZE], needed[TEXT_SHORT_SIZE];
	struct buf problem = {0};

	printf("store: %s of %s in %u segment%s; ", text_size(s->bytes, used),
	       text_size(s->size, size), s->segments, s->segments == 1 ? "" : "s");
	show_numbers(s->oldest, s->newest);
	show_since(s->oldest_time_ns);
	printf("\n%u durable subscriber%s, for whom %s are kept; %" PRIu64
	       " commits, the last in %.1f ms, the slowest in %.1f ms\n",
	       s->subscribers, s->subscribers == 1 ? "" : "s", text_size(s->needed_bytes, needed),
	       s->commits, (double)s->commit_ns / NS_PER_MS,
	       (double)s->slowest_commit_ns / NS_PER_MS);
	if (s->failures || s->damaged)
		printf("writes that failed %" PRIu64 ", groups that are not readable %" PRIu64 "\n",
		       s->failures, s->damaged);
	text_safe(&problem, s->problem);
	if (problem.len)
		printf("the store is not well: %s\n", buf_str(&problem));
	buf_fini(&problem);
}

/* ---- live ---- */

struct live {
	const struct cli *cli;
	bool is_found;
};

static void take_live(void *arg, const struct dragoman_event *event)
{
	struct live *live = arg;
	struct buf line = {0};

	if (event->kind != DRAGOMAN_EVENT_STORE)
		return;
	live->is_found = true;
	if (!live->cli->json) {
		store_show(&event->as.store);
		return;
	}
	event_json(&line, event, NULL);
	text_write(&line);
	buf_fini(&line);
}

static int show_live(const struct cli *cli)
{
	struct live live = {.cli = cli};
	struct dragoman *d = gateway_open(cli);
	int status;

	if (!d)
		return CLI_NO_GATEWAY;
	status = gateway_answer(cli, d, dragoman_status(d), take_live, &live);
	if (!status && !live.is_found)
		status = cli_fail(
			cli, CLI_FAILED,
			"this gateway has no store: its stream is in memory; see \"store\" in "
			"dragoman.yaml(5)");
	dragoman_free(&d);
	return status;
}

/* ---- at rest ---- */

static struct place *find_place(struct found *f, const char *name)
{
	for (size_t i = 0; i < f->n_places; i++)
		if (!strcmp(f->places[i].name, name))
			return &f->places[i];
	return NULL;
}

static void put_place(struct found *f, const char *name, uint64_t seq)
{
	struct place *place = find_place(f, name);

	if (!place) {
		f->places = xreallocarray(f->places, f->n_places + 1, sizeof *f->places);
		place = &f->places[f->n_places++];
		place->name = xstrdup(name);
	}
	place->seq = seq;
}

static void drop_place(struct found *f, const char *name)
{
	struct place *place = find_place(f, name);

	if (!place)
		return;
	free(place->name);
	*place = f->places[--f->n_places];
}

static int take_note(void *arg, const Dragoman__Internal__Note *note, struct err *err)
{
	struct found *f = arg;

	(void)err;
	switch (note->body_case) {
	case DRAGOMAN__INTERNAL__NOTE__BODY_SUBSCRIBER:
		put_place(f, note->subscriber->name, note->subscriber->place);
		break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_ACKED:
		/* What was noted of one that is gone says nothing. */
		if (find_place(f, note->acked->name))
			put_place(f, note->acked->name, note->acked->place);
		break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_SUBSCRIBER_REMOVED:
		drop_place(f, note->subscriber_removed->name);
		break;
	default: break;
	}
	return 0;
}

static void take_notes(void *arg, const uint8_t *notes, size_t len, bool is_checkpoint)
{
	struct err err;

	(void)is_checkpoint;
	note_each(notes, len, take_note, arg, &err);
}

static void count_segment(void *arg, const char *path, const struct store_segment_info *info)
{
	struct found *f = arg;

	(void)path;
	f->segments++;
	f->bytes += info->size;
	f->used += info->used;
	f->groups += info->groups;
	f->events += info->events;
	if (!f->begun_ns)
		f->begun_ns = (int64_t)info->begun;
	if (!f->first)
		f->first = info->first;
	if (info->last)
		f->last = info->last;
	if ((int64_t)info->newest_time > f->newest_ns)
		f->newest_ns = (int64_t)info->newest_time;
}

static ssize_t visit(struct found *f, const char *dir, struct store_visit how)
{
	struct err err;
	ssize_t damaged;

	how.arg = f;
	damaged = store_visit(dir, f->stream, &how, &err);
	if (damaged < 0)
		cli_fail(f->cli, CLI_FAILED, "%s", err.text);
	return damaged;
}

static void put_stat_json(struct found *f, ssize_t damaged)
{
	struct jsonl j = {.out = &f->line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "store");
	jsonl_bytes(&j, "stream", f->stream, sizeof f->stream);
	jsonl_natural(&j, "segments", f->segments);
	jsonl_natural(&j, "bytes", f->bytes);
	jsonl_natural(&j, "events", f->events);
	jsonl_natural(&j, "oldest", f->first);
	jsonl_natural(&j, "newest", f->last);
	jsonl_time_if(&j, "oldest_time", f->begun_ns);
	jsonl_time_if(&j, "newest_time", f->newest_ns);
	jsonl_natural(&j, "damaged", (uint64_t)damaged);
	jsonl_open(&j, "places", '{');
	for (size_t i = 0; i < f->n_places; i++)
		jsonl_natural(&j, f->places[i].name, f->places[i].seq);
	jsonl_close(&j, '{');
	jsonl_close(&j, '{');
	buf_add_str(&f->line, "\n");
	text_write(&f->line);
}

static void show_stat(struct found *f, const char *dir, ssize_t damaged)
{
	char size[TEXT_SHORT_SIZE], seq[TEXT_SHORT_SIZE];

	printf("%s: %s in %" PRIu64 " segment%s; ", dir, text_size(f->bytes, size), f->segments,
	       f->segments == 1 ? "" : "s");
	show_numbers(f->first, f->last);
	printf(" (%" PRIu64 ")", f->events);
	show_since(f->begun_ns);
	printf("\n");
	for (size_t i = 0; i < f->n_places; i++) {
		text_safe(&f->line, f->places[i].name);
		printf("durable subscriber %s has acknowledged up to %s\n", buf_str(&f->line),
		       text_seq(f->places[i].seq, seq));
		buf_clear(&f->line);
	}
	if (damaged)
		printf("%zd places are not readable; see \"dragoman store verify %s\"\n", damaged,
		       dir);
}

static int stat_dir(struct found *f, const char *dir)
{
	ssize_t damaged =
		visit(f, dir, (struct store_visit){.segment = count_segment, .notes = take_notes});

	if (damaged < 0)
		return CLI_FAILED;
	if (f->cli->json)
		put_stat_json(f, damaged);
	else
		show_stat(f, dir, damaged);
	return CLI_DONE;
}

/* ---- verify ---- */

static void tell_damage(void *arg, const char *path, uint64_t offset, const char *what)
{
	struct found *f = arg;
	struct jsonl j = {.out = &f->line};

	if (!f->cli->json) {
		printf("%s: at byte %" PRIu64 ": %s\n", path, offset, what);
		return;
	}
	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "damage");
	jsonl_text(&j, "file", path);
	jsonl_natural(&j, "offset", offset);
	jsonl_text(&j, "text", what);
	jsonl_close(&j, '{');
	buf_add_str(&f->line, "\n");
	text_write(&f->line);
}

static int verify(struct found *f, const char *dir)
{
	ssize_t damaged = visit(
		f, dir, (struct store_visit){.segment = count_segment, .damage = tell_damage});

	if (damaged < 0)
		return CLI_FAILED;
	if (damaged)
		return cli_fail(
			f->cli, CLI_FAILED,
			"%zd places are not readable; subscribers who miss something by that are "
			"told so by a gap, and the gateway serves the rest",
			damaged);
	if (!f->cli->json)
		printf("%" PRIu64 " groups with %" PRIu64 " events in %" PRIu64
		       " segments: all are readable\n",
		       f->groups, f->events, f->segments);
	return CLI_DONE;
}

/* ---- segments ---- */

static void put_segment_json(struct found *f, const char *path,
			     const struct store_segment_info *info)
{
	struct jsonl j = {.out = &f->line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "segment");
	jsonl_text(&j, "file", path);
	jsonl_natural(&j, "size", info->size);
	jsonl_natural(&j, "used", info->used);
	jsonl_natural(&j, "groups", info->groups);
	jsonl_natural(&j, "events", info->events);
	jsonl_natural(&j, "oldest", info->first);
	jsonl_natural(&j, "newest", info->last);
	jsonl_time_if(&j, "begun", (int64_t)info->begun);
	jsonl_time_if(&j, "newest_time", (int64_t)info->newest_time);
	jsonl_natural(&j, "checkpoint_bytes", info->checkpoint_bytes);
	jsonl_natural(&j, "damaged", info->damaged);
	jsonl_close(&j, '{');
	buf_add_str(&f->line, "\n");
	text_write(&f->line);
}

static void put_segment(void *arg, const char *path, const struct store_segment_info *info)
{
	struct found *f = arg;
	const char *name = strrchr(path, '/');
	char first[TEXT_SHORT_SIZE], last[TEXT_SHORT_SIZE], used[TEXT_SHORT_SIZE],
		size[TEXT_SHORT_SIZE], age[TEXT_SHORT_SIZE], events[24], damaged[24];
	const char *const cells[] = {name ? name + 1 : path,
				     info->last ? text_seq(info->first, first) : "-",
				     info->last ? text_seq(info->last, last) : "-",
				     events,
				     text_size(info->used, used),
				     text_size(info->size, size),
				     text_age(clock_wall_ns() - (int64_t)info->begun, age),
				     damaged};

	if (f->cli->json) {
		put_segment_json(f, path, info);
		return;
	}
	snprintf(events, sizeof events, "%" PRIu64, info->events);
	snprintf(damaged, sizeof damaged, info->damaged ? "%" PRIu64 : "-", info->damaged);
	table_add(&f->table, cells);
}

static int segments(struct found *f, const char *dir)
{
	static const char *const heads[] = {"SEGMENT", "FROM", "TO",    "EVENTS",
					    "USED",    "OF",   "BEGUN", "DAMAGED"};
	ssize_t damaged;

	table_init(&f->table, sizeof heads / sizeof heads[0], heads);
	damaged = visit(f, dir, (struct store_visit){.segment = put_segment});
	if (damaged >= 0 && !f->cli->json)
		table_print(&f->table, 0);
	table_free(&f->table);
	return damaged < 0 ? CLI_FAILED : CLI_DONE;
}

/* ---- dump ---- */

static void dump_frame(struct found *f, const uint8_t *payload, size_t len)
{
	Dragoman__V1__Frame *frame = frame_parse(payload, len);
	struct pieces pieces = {0};
	struct dragoman_event event;

	if (frame && event_count(frame) == 1 && event_get(frame, 0, &pieces, &event)) {
		event_json(&f->line, &event, NULL);
		text_write(&f->line);
	}
	pieces_free(&pieces);
	frame_free(&frame);
}

static void dump_frames(void *arg, const uint8_t *frames, size_t len)
{
	const uint8_t *payload;
	size_t payload_len;
	ssize_t used;

	while ((used = frame_next(frames, len, FRAME_MAX, &payload, &payload_len)) > 0) {
		dump_frame(arg, payload, payload_len);
		frames += used;
		len -= (size_t)used;
	}
}

static int dump(struct found *f, const char *dir)
{
	ssize_t damaged =
		visit(f, dir, (struct store_visit){.frames = dump_frames, .damage = NULL});

	if (damaged > 0)
		return cli_fail(f->cli, CLI_FAILED,
				"%zd places are not readable; see \"dragoman store verify %s\"",
				damaged, dir);
	return damaged < 0 ? CLI_FAILED : CLI_DONE;
}

/* ---- the verb ---- */

static const struct {
	const char *name;
	int (*run)(struct found *f, const char *dir);
} tools[] = {
	{"stat", stat_dir},
	{"verify", verify},
	{"segments", segments},
	{"dump", dump},
};
enum { N_TOOLS = sizeof tools / sizeof tools[0] };

static int run_tool(const struct cli *cli, size_t i, const char *dir)
{
	struct found f = {.cli = cli};
	int status = tools[i].run(&f, dir);

	for (size_t k = 0; k < f.n_places; k++)
		free(f.places[k].name);
	free(f.places);
	buf_fini(&f.line);
	return status;
}

static int unknown_tool(const struct cli *cli, const char *name)
{
	const char *names[N_TOOLS], *near;

	for (size_t i = 0; i < N_TOOLS; i++)
		names[i] = tools[i].name;
	near = conf_nearest(name, names, N_TOOLS);
	return cli_fail(
		cli, CLI_USAGE,
		"there is no \"store %s\"; did you mean \"store %s\"? A directory stands behind "
		"stat, verify, segments or dump",
		name, near ? near : "stat");
}

static int run(struct cli *cli)
{
	const char *name = cli->n_args ? cli->args[0] : "stat";

	if (!strcmp(name, "stat") && cli->n_args < 2)
		return show_live(cli);
	for (size_t i = 0; i < N_TOOLS; i++)
		if (!strcmp(tools[i].name, name))
			return run_tool(cli, i, cli->n_args > 1 ? cli->args[1] : USUAL_DIR);
	return unknown_tool(cli, name);
}

const struct cli_command cli_store = {
	.name = "store",
	.arguments = "[TOOL [DIRECTORY]]",
	.summary = "the stream on disk: how it is doing, its files, what is in them",
	.help = "Without DIRECTORY, stat asks the gateway, and the others read " USUAL_DIR ".\n"
		"Files are only read; the gateway may run meanwhile. See dragoman-store(7).\n\n"
		"  dump      print all events, one JSON object a line\n"
		"  segments  list the files, with what they hold\n"
		"  stat      show numbers, sizes and the places of durable subscribers (the usual)\n"
		"  verify    read all, and show what is damaged\n",
	.max_args = 2,
	.run = run,
};
