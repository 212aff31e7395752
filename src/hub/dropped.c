/* SPDX-License-Identifier: Apache-2.0 */
/* What is held no more; see dropped.h. */
#include "hub/dropped.h"

#include "base/log.h"
#include "hub/hub.h"

static void drop_slot(struct hub *hub, uint32_t slot, uint64_t seq, uint64_t time)
{
	struct dropped *dropped;

	if (slot_device(slot) < 1 || slot_device(slot) > hub->devices.last_id)
		return;
	dropped = &devices_get(&hub->devices, slot_device(slot))->dropped[slot & 7];
	if (seq > dropped->seq)
		dropped->seq = seq;
	if (time > dropped->time)
		dropped->time = time;
}

int dropped_note(void *arg, const Dragoman__Internal__Note *note, struct err *err)
{
	struct storage *storage = arg;

	(void)err;
	if (note->body_case == DRAGOMAN__INTERNAL__NOTE__BODY_NEWEST)
		drop_slot(storage->hub, note->newest->slot, note->newest->seq, note->newest->time);
	return 0;
}

/* A hole whose time is not known may have had anything in it. */
static void drop_hole(struct storage *storage, const struct hole *hole)
{
	struct hub *hub = storage->hub;
	uint64_t time = hole->newest_time ? hole->newest_time : UINT64_MAX;

	if (hole->n_slots <= STORE_SLOTS_MAX) {
		for (size_t i = 0; i < hole->n_slots; i++)
			drop_slot(hub, hole->slots[i], hole->last, time);
		return;
	}
	for (uint32_t id = 1; id <= hub->devices.last_id; id++)
		for (uint32_t kind = EVENT_KIND_FIRST; kind <= EVENT_KIND_LAST; kind++)
			drop_slot(hub, slot_of(id, kind), hole->last, time);
}

void dropped_unknown(struct storage *storage, uint64_t oldest)
{
	drop_hole(storage, &(struct hole){.last = oldest - 1, .n_slots = STORE_SLOTS_MAX + 1});
}

void dropped_holes(struct storage *storage, uint64_t oldest)
{
	while (storage->holes.n && storage->holes.list[0].last < oldest) {
		drop_hole(storage, &storage->holes.list[0]);
		holes_remove(&storage->holes, 0);
	}
}

void dropped_by_store(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	struct storage *storage = arg;
	struct err err;

	if (!notes)
		dropped_unknown(storage, oldest);
	if (note_each(notes, len, dropped_note, storage, &err) < 0)
		log_warning("the store: a checkpoint is not readable: %s", err.text);
	dropped_holes(storage, oldest);
	durables_dropped(&storage->hub->durables, oldest);
}
