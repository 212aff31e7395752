/* SPDX-License-Identifier: Apache-2.0 */
/* Names and their places; see durable.h. */
#include "hub/durable.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"

/* Who holds how much is looked at whenever a part of the store was written, at the latest. */
enum { SWEEP_PARTS = 64 };

/* Bytes in the note of one: all but texts; in front of a text. */
enum { NOTE_NUMBERS = 72, TEXT_HEAD = 3 };

#define NOTE_BODY(name) DRAGOMAN__INTERNAL__NOTE__BODY_##name

/* Who waits for a removal. */
struct asker {
	TAILQ_ENTRY(asker) link;
	struct durable *durable;
	struct client *client;
	uint64_t id;
};

/* ---- Notes about them ---- */

typedef void note_use_fn(void *arg, const Dragoman__Internal__Note *note);

static void with_note(const struct durable *durable, note_use_fn *use, void *arg)
{
	Dragoman__Internal__Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__SubscriberNote subscriber = DRAGOMAN__INTERNAL__SUBSCRIBER_NOTE__INIT;

	subscriber.name = durable->name;
	subscriber.place = durable->place;
	subscriber.patterns = durable->terms.filter->patterns;
	subscriber.n_patterns = durable->terms.filter->n_patterns;
	subscriber.kinds = durable->terms.filter->kinds;
	subscriber.retain_bytes = durable->terms.retain_bytes;
	subscriber.retain_s = durable->terms.retain_s;
	subscriber.since = durable->since;
	subscriber.gaps = durable->gaps;
	note.body_case = NOTE_BODY(SUBSCRIBER);
	note.subscriber = &subscriber;
	use(arg, &note);
}

/* At most. */
static size_t note_size(const struct durable *durable)
{
	const struct filter *filter = durable->terms.filter;
	size_t size = NOTE_NUMBERS + strlen(durable->name);

	for (size_t i = 0; i < filter->n_patterns; i++)
		size += TEXT_HEAD + strlen(filter->patterns[i]);
	return size;
}

static void put(void *arg, const Dragoman__Internal__Note *note)
{
	note_put(arg, note);
}

struct noting {
	struct storage *storage;
	bool is_prompt;
	uint64_t number;
};

static void note_it(void *arg, const Dragoman__Internal__Note *note)
{
	struct noting *noting = arg;

	noting->number = storage_note(noting->storage, note, noting->is_prompt);
}

/* Returns the note's number. */
static uint64_t note_durable(const struct durable *durable, bool is_prompt)
{
	struct noting noting = {.storage = &durable->hub->storage, .is_prompt = is_prompt};

	with_note(durable, note_it, &noting);
	return noting.number;
}

static uint64_t note_removal(const struct durable *durable)
{
	Dragoman__Internal__Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__SubscriberRemoved removed =
		DRAGOMAN__INTERNAL__SUBSCRIBER_REMOVED__INIT;

	removed.name = durable->name;
	note.body_case = NOTE_BODY(SUBSCRIBER_REMOVED);
	note.subscriber_removed = &removed;
	return storage_note(&durable->hub->storage, &note, true);
}

static void note_place(const struct durable *durable)
{
	Dragoman__Internal__Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__Acked acked = DRAGOMAN__INTERNAL__ACKED__INIT;

	acked.name = durable->name;
	acked.place = durable->place;
	note.body_case = NOTE_BODY(ACKED);
	note.acked = &acked;
	storage_note(&durable->hub->storage, &note, false);
}

/* ---- The table ---- */

void durables_init(struct durables *durables, struct hub *hub)
{
	*durables = (struct durables){.hub = hub, .needed = UINT64_MAX};
	TAILQ_INIT(&durables->moved);
	TAILQ_INIT(&durables->pending);
	TAILQ_INIT(&durables->askers);
}

struct durable *durables_find(const struct durables *durables, const char *name)
{
	struct durable *durable;

	HASH_FIND_STR(durables->by_name, name, durable);
	return durable;
}

static struct durable *add(struct durables *durables, const char *name,
			   const struct durable_terms *terms)
{
	struct durable *durable = xcalloc(1, sizeof *durable);

	durable->hub = durables->hub;
	durable->name = xstrdup(name);
	durable->terms = *terms;
	durable->terms.filter->refs++;
	HASH_ADD_KEYPTR(hh, durables->by_name, durable->name, strlen(durable->name), durable);
	durables->n++;
	durables->bytes += note_size(durable);
	return durable;
}

static void set_pending(struct durables *durables, struct durable *durable, uint64_t note)
{
	if (!durable->note)
		TAILQ_INSERT_TAIL(&durables->pending, durable, pending);
	durable->note = note;
}

static void set_settled(struct durables *durables, struct durable *durable)
{
	if (durable->note)
		TAILQ_REMOVE(&durables->pending, durable, pending);
	durable->note = 0;
}

static void set_place(struct durable *durable, uint64_t place)
{
	struct durables *durables = &durable->hub->durables;

	durable->place = place;
	if (durable->is_moved)
		return;
	durable->is_moved = true;
	TAILQ_INSERT_TAIL(&durables->moved, durable, moved);
	storage_want(&durable->hub->storage);
}

static void free_durable(struct durables *durables, struct durable *durable)
{
	must(!durable->client);
	set_settled(durables, durable);
	if (durable->is_moved)
		TAILQ_REMOVE(&durables->moved, durable, moved);
	durables->n--;
	durables->bytes -= note_size(durable);
	HASH_DEL(durables->by_name, durable);
	filters_release(&durables->hub->filters, &durable->terms.filter);
	free(durable->name);
	free(durable);
}

void durables_fini(struct durables *durables)
{
	while (durables->by_name)
		free_durable(durables, durables->by_name);
}

struct durable *durable_new(struct durables *durables, const char *name,
			    const struct durable_terms *terms, uint64_t place)
{
	struct durable *durable;

	if (durables->n >= DURABLES_MAX || durables->bytes >= DURABLES_BYTES_MAX)
		return NULL;
	durable = add(durables, name, terms);
	durable->place = place;
	durable->since = (uint64_t)clock_wall_ns();
	set_pending(durables, durable, note_durable(durable, true));
	durables_need(durables, place);
	return durable;
}

void durable_set_terms(struct durable *durable, const struct durable_terms *terms)
{
	struct durables *durables = &durable->hub->durables;
	struct filter *old = durable->terms.filter;

	if (terms->filter == old && terms->retain_bytes == durable->terms.retain_bytes &&
	    terms->retain_s == durable->terms.retain_s)
		return;
	durables->bytes -= note_size(durable);
	durable->terms = *terms;
	durable->terms.filter->refs++;
	durables->bytes += note_size(durable);
	filters_release(&durables->hub->filters, &old);
	note_durable(durable, false);
}

/* ---- Removal ---- */

void durable_remove(struct durable *durable, struct client *client, uint64_t id)
{
	struct durables *durables = &durable->hub->durables;
	struct asker *asker = xcalloc(1, sizeof *asker);

	*asker = (struct asker){.durable = durable, .client = client, .id = id};
	TAILQ_INSERT_TAIL(&durables->askers, asker, link);
	if (durable->state == DURABLE_LEAVING)
		return;
	durable->state = DURABLE_LEAVING;
	set_pending(durables, durable, note_removal(durable));
}

static void drop_asker(struct durables *durables, struct asker *asker)
{
	TAILQ_REMOVE(&durables->askers, asker, link);
	free(asker);
}

void durables_forget(struct durables *durables, const struct client *client)
{
	struct asker *asker, *next;

	for (asker = TAILQ_FIRST(&durables->askers); asker; asker = next) {
		next = TAILQ_NEXT(asker, link);
		if (asker->client == client)
			drop_asker(durables, asker);
	}
}

static void answer_askers(struct durables *durables, const struct durable *durable, bool is_kept)
{
	struct asker *asker, *next;

	for (asker = TAILQ_FIRST(&durables->askers); asker; asker = next) {
		next = TAILQ_NEXT(asker, link);
		if (asker->durable != durable)
			continue;
		subscriber_removed(asker->client, asker->id, is_kept);
		drop_asker(durables, asker);
	}
}

/* ---- What has become of notes ---- */

static void creation_is_over(struct durables *durables, struct durable *durable, bool is_kept)
{
	struct client *client = durable->client;

	set_settled(durables, durable);
	if (is_kept)
		durable->state = DURABLE_KEPT;
	if (client)
		subscribe_go_on(client, is_kept);
	if (!is_kept)
		free_durable(durables, durable);
}

static void removal_is_over(struct durables *durables, struct durable *durable, bool is_kept)
{
	answer_askers(durables, durable, is_kept);
	if (!is_kept) {
		set_settled(durables, durable);
		durable->state = DURABLE_KEPT;
		return;
	}
	if (durable->client)
		client_fail(durable->client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_NO_SUCH_SUBSCRIBER,
			    "the durable subscriber %s was removed", durable->name);
	log_info("durable subscriber %s was removed", durable->name);
	free_durable(durables, durable);
}

void durables_committed(struct durables *durables, uint64_t note, bool is_kept)
{
	struct durable *durable, *next;

	for (durable = TAILQ_FIRST(&durables->pending); durable; durable = next) {
		next = TAILQ_NEXT(durable, pending);
		if (durable->note > note)
			continue;
		if (durable->state == DURABLE_LEAVING)
			removal_is_over(durables, durable, is_kept);
		else
			creation_is_over(durables, durable, is_kept);
	}
}

void durables_note_places(struct durables *durables)
{
	struct durable *durable;

	while ((durable = TAILQ_FIRST(&durables->moved))) {
		TAILQ_REMOVE(&durables->moved, durable, moved);
		durable->is_moved = false;
		note_place(durable);
	}
}

void durables_checkpoint(const struct durables *durables, struct buf *out)
{
	struct durable *durable, *next;

	/* The note of one that is new stands behind the checkpoint. */
	HASH_ITER (hh, durables->by_name, durable, next)
		if (durable->state != DURABLE_NEW)
			with_note(durable, put, out);
}

/* ---- A start ---- */

static int restore_subscriber(struct durables *durables,
			      const Dragoman__Internal__SubscriberNote *note, struct err *err)
{
	struct durable *durable = durables_find(durables, note->name);
	struct durable_terms terms = {.retain_bytes = note->retain_bytes,
				      .retain_s = note->retain_s};

	for (size_t i = 0; i < note->n_patterns; i++)
		if (pattern_problem(note->patterns[i]))
			return err_set(err, "the durable subscriber %s has a bad pattern",
				       note->name);
	terms.filter =
		filters_get(&durables->hub->filters, note->patterns, note->n_patterns, note->kinds);
	if (durable)
		free_durable(durables, durable);
	durable = add(durables, note->name, &terms);
	filters_release(&durables->hub->filters, &terms.filter);
	durable->state = DURABLE_KEPT;
	durable->place = note->place;
	durable->since = note->since;
	durable->gaps = note->gaps;
	return 0;
}

int durables_restore(struct durables *durables, const Dragoman__Internal__Note *note,
		     struct err *err)
{
	struct durable *durable = NULL;

	switch (note->body_case) {
	case NOTE_BODY(SUBSCRIBER): return restore_subscriber(durables, note->subscriber, err);
	case NOTE_BODY(SUBSCRIBER_REMOVED):
		durable = durables_find(durables, note->subscriber_removed->name);
		if (durable)
			free_durable(durables, durable);
		return 0;
	case NOTE_BODY(ACKED):
		durable = durables_find(durables, note->acked->name);
		if (durable && note->acked->place > durable->place)
			durable->place = note->acked->place;
		return 0;
	default: return 0;
	}
}

/* ---- Places ---- */

void durable_ack(struct durable *durable, uint64_t seq)
{
	if (seq > durable->place)
		set_place(durable, seq);
}

/* ---- Waking ---- */

static void wake_filter(struct filter *filter, uint64_t next)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&filter->durable)))
		client_wake(client, next);
}

static void wake_slot(struct hub *hub, uint32_t slot, uint64_t next)
{
	const struct device *device = devices_get(&hub->devices, slot_device(slot));

	for (size_t i = 0; i < device->n_filters; i++)
		if (filter_matches(device->filters[i], slot))
			wake_filter(device->filters[i], next);
}

void durables_wake(struct durables *durables, uint64_t before, const uint32_t *slots,
		   size_t n_slots)
{
	struct hub *hub = durables->hub;
	struct filter *filter, *next;

	if (n_slots > STORE_SLOTS_MAX)
		HASH_ITER (hh, hub->filters.by_text, filter, next)
			wake_filter(filter, before + 1);
	for (size_t i = 0; i < n_slots && n_slots <= STORE_SLOTS_MAX; i++)
		wake_slot(hub, slots[i], before + 1);
	colds_go_on(&hub->colds);
	if (hub->log.bytes - durables->swept > store_stats(hub->storage.store).size / SWEEP_PARTS)
		durables_sweep(durables);
}
