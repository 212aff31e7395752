/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts, what becomes of them, and the start; see storage.h. */
#include "hub/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "hub/checkpoint.h"
#include "hub/client.h"
#include "hub/dropped.h"
#include "hub/hub.h"
#include "hub/recover.h"

enum { RUNS_SPARED = 1 << 16 };

/* A cut takes so many bytes of frames, or one frame that is longer. */
enum { CUT_BYTES = STORE_GROUP_AIM };

/* A disk that takes so long for one cut counts as one that has failed, until it has answered after all. */
#define STALL_NS (10 * NS_PER_S)

#define MIB(bytes) ((unsigned long long)(bytes) >> 20)

/* ---- Birth and death ---- */

static void interval_is_over(void *arg)
{
	struct storage *storage = arg;

	storage->is_due = true;
}

void storage_init(struct storage *storage, struct hub *hub)
{
	*storage = (struct storage){.hub = hub};
	timer_init(&storage->interval, hub->loop, interval_is_over, storage);
}

static void cut_fini(struct cut *cut)
{
	free(cut->slots);
	buf_fini(&cut->notes);
	buf_fini(&cut->frames);
}

static void close_store(struct storage *storage)
{
	store_close(&storage->store);
	timer_clear(&storage->interval);
	buf_clear(&storage->notes);
	storage->is_due = storage->is_prompt = storage->is_out = false;
}

void storage_forget(struct storage *storage)
{
	holes_fini(&storage->holes);
	storage->before = 0;
}

void storage_fini(struct storage *storage)
{
	close_store(storage);
	timer_fini(&storage->interval);
	storage_forget(storage);
	free(storage->problem);
	buf_fini(&storage->notes);
	cut_fini(&storage->cut);
	cut_fini(&storage->rest);
}

/* ---- What there is ---- */

enum storage_state storage_state(const struct storage *storage)
{
	if (!storage->settings.store.dir)
		return STORAGE_MEMORY;
	if (!storage->store || storage->is_out || storage->is_stalled)
		return STORAGE_FAILING;
	return STORAGE_DISK;
}

uint64_t storage_oldest(const struct storage *storage)
{
	const struct eventlog *log = &storage->hub->log;
	uint64_t in_memory = log->low <= log->head ? log->low : 0;
	uint64_t on_disk = storage->store ? store_stats(storage->store).oldest : 0;

	if (!in_memory || !on_disk)
		return in_memory ? in_memory : on_disk;
	return in_memory < on_disk ? in_memory : on_disk;
}

uint64_t storage_newest(const struct storage *storage)
{
	const struct eventlog *log = &storage->hub->log;

	return log->low <= log->head ? log->head : storage->before;
}

static void set_problem(struct storage *storage, const char *what, const char *help)
{
	free(storage->problem);
	storage->problem = what ? xasprintf("%s; %s", what, help) : NULL;
}

/* ---- Notes ---- */

uint64_t storage_note(struct storage *storage, const Dragoman__Internal__Note *note, bool prompt)
{
	if (!storage->store)
		return 0;
	note_put(&storage->notes, note);
	storage->is_prompt |= prompt;
	return ++storage->n_notes;
}

void storage_want(struct storage *storage)
{
	storage->is_wanted = true;
}

void storage_hurry(struct storage *storage)
{
	storage->is_prompt = true;
}

/* A run is noted before its first number is given, and the one behind it too, for a run can be used up. */
static void note_run(struct storage *storage, uint32_t until)
{
	Dragoman__Internal__Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__Run run = DRAGOMAN__INTERNAL__RUN__INIT;

	storage->until = run.until = until;
	note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_RUN;
	note.run = &run;
	storage_note(storage, &note, true);
}

/* ---- Cuts ---- */

static int by_slot(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static struct device *device_of(const struct storage *storage, uint32_t slot)
{
	return devices_get(&storage->hub->devices, slot_device(slot));
}

static void add_entry(struct cut *cut, struct device *device, const struct eventlog_entry *entry,
		      uint64_t seq)
{
	uint32_t *place = &device->in_cut[entry->slot & 7];
	struct cut_slot *slot;

	if (!*place) {
		if (cut->n_slots == cut->slots_size) {
			cut->slots_size = cut->slots_size ? 2 * cut->slots_size : 16;
			cut->slots = xreallocarray(cut->slots, cut->slots_size, sizeof *cut->slots);
		}
		cut->slots[cut->n_slots++] = (struct cut_slot){.slot = entry->slot};
		*place = (uint32_t)cut->n_slots;
	}
	slot = &cut->slots[*place - 1];
	slot->seq = seq;
	if (entry->time > slot->time)
		slot->time = entry->time;
	if (entry->time > cut->newest_time)
		cut->newest_time = entry->time;
	cut->last = seq;
	cut->events++;
}

/* Takes the events behind `taken`, as far as so many bytes go, at least one. Returns their bytes. */
static size_t gather(struct storage *storage, struct cut *cut, size_t most)
{
	const struct eventlog *log = &storage->hub->log;
	size_t bytes = 0;

	cut->first = storage->taken + 1;
	cut->last = storage->taken;
	cut->newest_time = cut->events = 0;
	cut->n_slots = 0;
	for (uint64_t seq = cut->first; seq <= log->head; seq++) {
		const struct eventlog_entry *entry = eventlog_entry(log, seq);

		if (bytes && bytes + entry->size > most)
			break;
		add_entry(cut, device_of(storage, entry->slot), entry, seq);
		bytes += entry->size;
	}
	for (size_t i = 0; i < cut->n_slots; i++)
		device_of(storage, cut->slots[i].slot)->in_cut[cut->slots[i].slot & 7] = 0;
	storage->taken = cut->last;
	return bytes;
}

static size_t slots_of(const struct cut *cut, uint32_t out[STORE_SLOTS_MAX])
{
	if (cut->n_slots > STORE_SLOTS_MAX)
		return STORE_SLOTS_MAX + 1;
	for (size_t i = 0; i < cut->n_slots; i++)
		out[i] = cut->slots[i].slot;
	qsort(out, cut->n_slots, sizeof *out, by_slot);
	return cut->n_slots;
}

static void make_hole(struct storage *storage, const struct cut *cut)
{
	uint32_t slots[STORE_SLOTS_MAX];
	struct hole hole = {.first = cut->first,
			    .last = cut->last,
			    .newest_time = cut->newest_time,
			    .slots = slots};

	hole.n_slots = slots_of(cut, slots);
	holes_add(&storage->holes, &hole);
	storage->lost += cut->events;
}

/* Events that the log had to let go of before they could be taken: so much was said by the hub itself while
 * nothing was read from publishers. */
static void skip_what_is_gone(struct storage *storage)
{
	const struct eventlog *log = &storage->hub->log;

	if (storage->taken + 1 >= log->low)
		return;
	holes_add(&storage->holes, &(struct hole){.first = storage->taken + 1,
						  .last = log->low - 1,
						  .n_slots = STORE_SLOTS_MAX + 1});
	storage->lost += log->low - 1 - storage->taken;
	storage->taken = log->low - 1;
}

static void take_notes(struct storage *storage, struct cut *cut)
{
	struct buf empty = cut->notes;

	buf_clear(&empty);
	cut->notes = storage->notes;
	storage->notes = empty;
	cut->note = storage->n_notes;
}

static void commit(struct storage *storage)
{
	struct cut *cut = &storage->cut;
	struct store_group group = {.notes = buf_bytes(&cut->notes),
				    .notes_len = cut->notes.len,
				    .frames = buf_bytes(&cut->frames),
				    .frames_len = cut->frames.len,
				    .newest_time = cut->newest_time,
				    .events = cut->events};

	if (cut->events) {
		group.first = cut->first;
		group.last = cut->last;
	}
	group.n_slots = slots_of(cut, group.slots);
	cut->begun = clock_mono_ns();
	store_commit(storage->store, &group);
}

static bool has_something(const struct storage *storage)
{
	return storage->hub->log.head > storage->taken || storage->notes.len;
}

static void make_cut(struct storage *storage)
{
	struct hub *hub = storage->hub;
	struct cut *cut = &storage->cut;
	size_t bytes;

	publishers_tell_refused(&hub->publishers);
	durables_note_places(&hub->durables);
	skip_what_is_gone(storage);
	cut->is_prompt = storage->is_prompt;
	storage->is_wanted = storage->is_due = false;
	timer_clear(&storage->interval);
	bytes = gather(storage, cut, CUT_BYTES);
	publishers_cut(&hub->publishers, cut->first, cut->last);
	if (hub->log.head == cut->last)
		storage->is_prompt = false;
	take_notes(storage, cut);
	buf_clear(&cut->frames);
	if (bytes)
		buf_add(&cut->frames,
			eventlog_frame(&hub->log, eventlog_entry(&hub->log, cut->first)), bytes);
	if (bytes || cut->notes.len)
		commit(storage);
	else
		publishers_kept(&hub->publishers, true);
}

/* ---- What has become of it ---- */

/* The kept end of the log has moved: what is behind it may be less than what had to wait. */
static void ease(struct storage *storage)
{
	struct hub *hub = storage->hub;
	struct client *client;

	storage->end = hub->log.end - eventlog_bytes_from(&hub->log, hub->kept + 1);
	if (!storage->is_pressed || hub->log.end - storage->end > hub->log.ring.size / 4)
		return;
	storage->is_pressed = false;
	TAILQ_FOREACH(client, &hub->clients, all)
	if (client->publisher && client->is_paused)
		client_ready(client);
}

static void note_newest(struct storage *storage, const struct cut *cut)
{
	for (size_t i = 0; i < cut->n_slots; i++) {
		const struct cut_slot *slot = &cut->slots[i];
		struct dropped *newest = &device_of(storage, slot->slot)->newest[slot->slot & 7];

		newest->seq = slot->seq;
		if (slot->time > newest->time)
			newest->time = slot->time;
	}
}

static void say_back(struct storage *storage)
{
	if (!storage->is_out && !storage->is_stalled)
		return;
	log_info("the store works again; %llu events of the meantime are not on disk",
		 (unsigned long long)storage->lost);
	storage->is_out = storage->is_stalled = false;
	storage->lost = 0;
	set_problem(storage, NULL, NULL);
}

static void move_kept(struct hub *hub, const struct cut *cut)
{
	uint32_t slots[STORE_SLOTS_MAX];
	uint64_t before = hub->kept;
	size_t n = slots_of(cut, slots);

	hub->kept = cut->last;
	durables_wake(&hub->durables, before, slots, n);
}

static void kept(struct storage *storage)
{
	struct hub *hub = storage->hub;
	const struct cut *cut = &storage->cut;

	storage->settled = cut->note;
	note_newest(storage, cut);
	holes_fill(&storage->holes, cut->first, cut->last);
	if (storage->is_stalled)
		storage->lost -= cut->events;
	say_back(storage);
	if (cut->last > hub->kept)
		move_kept(hub, cut);
	publishers_kept(&hub->publishers, !cut->is_prompt);
	durables_committed(&hub->durables, cut->note, true);
	ease(storage);
}

/* What has not been taken yet goes the same way as what has failed: it is told now, and not tried. */
static void give_up(struct storage *storage)
{
	struct hub *hub = storage->hub;
	uint64_t before = hub->kept;

	publishers_tell_refused(&hub->publishers);
	skip_what_is_gone(storage);
	gather(storage, &storage->rest, SIZE_MAX);
	make_hole(storage, &storage->rest);
	storage->is_due = storage->is_prompt = false;
	timer_clear(&storage->interval);
	hub->kept = storage->taken;
	publishers_unkept(&hub->publishers);
	durables_wake(&hub->durables, before, NULL, STORE_SLOTS_MAX + 1);
	ease(storage);
}

static void failed(struct storage *storage, const struct err *err)
{
	static const char help[] =
		"what is published now is in memory only; look at the disk beneath it: it is tried again "
		"every 10 s";

	if (!storage->is_out) {
		set_problem(storage, err->text, help);
		log_error("the store has failed: %s", storage->problem);
	}
	if (!storage->is_stalled) /* else it is in a hole already */
		make_hole(storage, &storage->cut);
	storage->is_out = true;
	storage->is_stalled = false;
	storage->settled = storage->cut.note;
	give_up(storage);
	durables_committed(&storage->hub->durables, storage->cut.note, false);
}

static void committed(void *arg, const struct err *err)
{
	struct storage *storage = arg;

	if (err)
		failed(storage, err);
	else
		kept(storage);
}

/* ---- The start ---- */

static void checkpoint(void *arg, struct buf *out, size_t max)
{
	const struct storage *storage = arg;

	checkpoint_put(storage->hub, out, max);
}

static const struct store_events events_of_storage = {.checkpoint = checkpoint,
						      .committed = committed,
						      .dropped = dropped_by_store};

static void fail_to_open(struct storage *storage, const struct err *err)
{
	static const char help[] =
		"the stream is a new one, in memory only, until this is mended and the hub started again";

	close_store(storage);
	recover_undo(storage->hub);
	set_problem(storage, err->text, help);
	log_error("the store cannot be used: %s", storage->problem);
}

/* Nobody is connected yet: there is nothing else to be done meanwhile. */
static int commit_now(struct storage *storage, struct err *err)
{
	make_cut(storage);
	while (store_is_busy(storage->store))
		loop_turn(storage->hub->loop, -1);
	return storage->is_out ? err_set(err, "%s", storage->problem) : 0;
}

/* Its first number comes only after this has returned 0. */
static int begin_run(struct storage *storage, uint32_t run, struct err *err)
{
	struct hub *hub = storage->hub;

	eventlog_start(&hub->log, (uint64_t)run << 32);
	hub->kept = storage->taken = hub->log.head;
	note_run(storage, run + 2);
	return commit_now(storage, err);
}

/* Damage may have cost the note of a run of which numbers were given: many are left out rather than one
 * given twice. */
static uint32_t next_run(const struct storage *storage, const struct recovery *recovery)
{
	struct store_stats stats = store_stats(storage->store);
	uint32_t behind = (uint32_t)(stats.newest >> 32) + 1;
	uint32_t run = recovery->until > behind ? recovery->until : behind;

	return stats.damaged ? run + RUNS_SPARED : run;
}

static void say_open(const struct storage *storage)
{
	struct store_stats stats = store_stats(storage->store);
	char since[CLOCK_TEXT_SIZE] = "now";

	if (stats.oldest)
		clock_text((int64_t)stats.oldest_time, 0, since);
	log_info("the stream is in %s: %llu of %llu MiB, events since %s, run %u",
		 storage->settings.store.dir, MIB(stats.bytes), MIB(stats.size), since,
		 storage->until - 2);
	if (stats.damaged)
		log_warning(
			"the store: %llu groups are not readable, and will be gaps; \"dragoman store\" "
			"says where",
			(unsigned long long)stats.damaged);
}

void storage_open(struct storage *storage, const struct storage_settings *settings)
{
	struct hub *hub = storage->hub;
	struct store_events events = events_of_storage;
	struct recovery recovery;
	struct store_recovery calls;
	struct err err;

	storage->settings = *settings;
	if (!settings->store.dir)
		return;
	events.arg = storage;
	calls = recover_begin(&recovery, hub);
	storage->store =
		store_open(hub->loop, &settings->store, &calls, &events, hub->stream, &err);
	if (!storage->store) {
		fail_to_open(storage, &err);
		return;
	}
	storage->before = recovery.newest;
	if (recovery.is_past_unknown)
		dropped_unknown(storage, store_stats(storage->store).oldest);
	if (begin_run(storage, next_run(storage, &recovery), &err) < 0) {
		fail_to_open(storage, &err);
		return;
	}
	recover_end(&recovery);
	dropped_holes(storage, store_stats(storage->store).oldest);
	say_open(storage);
}

/* ---- Turns ---- */

static bool is_cut_due(const struct storage *storage)
{
	const struct eventlog *log = &storage->hub->log;

	return storage->is_prompt || storage->is_due ||
	       log->end - storage->end >= storage->settings.commit_size;
}

static void watch_run(struct storage *storage)
{
	if ((storage->hub->log.head >> 32) + 2 > storage->until)
		note_run(storage, storage->until + 1);
}

void storage_turn(struct storage *storage)
{
	if (!storage->store)
		return;
	watch_run(storage);
	if (is_cut_due(storage)) {
		if (!store_is_busy(storage->store))
			make_cut(storage);
		else if (storage->is_stalled)
			give_up(storage);
	} else if (!timer_is_set(&storage->interval) &&
		   (has_something(storage) || storage->is_wanted)) {
		timer_set(&storage->interval, storage->settings.commit_interval_ns);
	}
}

void storage_appended(struct storage *storage)
{
	const struct eventlog *log = &storage->hub->log;

	if (storage->store && log->end - storage->end > log->ring.size / 2)
		storage->is_pressed = true;
}

void storage_sweep(struct storage *storage)
{
	static const char help[] = "what is published now is in memory only, until it does";
	char text[ERR_TEXT_SIZE];

	if (!storage->store || storage->is_stalled || !store_is_busy(storage->store) ||
	    clock_mono_ns() - storage->cut.begun < STALL_NS)
		return;
	storage->is_stalled = true;
	snprintf(text, sizeof text, "%s: the disk has not answered for %d s",
		 storage->settings.store.dir, (int)(STALL_NS / NS_PER_S));
	set_problem(storage, text, help);
	log_error("the store: %s", storage->problem);
	make_hole(storage, &storage->cut);
	give_up(storage);
}

bool storage_finish(struct storage *storage)
{
	if (!storage->store || storage->is_out || storage->is_stalled)
		return true;
	if (store_is_busy(storage->store))
		return false;
	if (!has_something(storage) && !storage->is_wanted)
		return true;
	make_cut(storage);
	return !store_is_busy(storage->store);
}
