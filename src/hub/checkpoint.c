/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of the hub's state; see checkpoint.h. */
#include "hub/checkpoint.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "hub/hub.h"

typedef Dragoman__Internal__Note Note;

/* Texts that are not there are "". protobuf-c knows no const. */
static char *text_of(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

/* ---- One note each ---- */

struct device_note {
	Note note;
	Dragoman__Internal__DeviceNote body;
};

/* described_as: the device whose note has the descriptors already; 0: none has. */
static const Note *note_of_device(const struct device *device, uint32_t described_as,
				  struct device_note *out)
{
	dragoman__internal__note__init(&out->note);
	dragoman__internal__device_note__init(&out->body);
	out->body.id = device->id;
	out->body.name = device->name;
	out->body.publisher = text_of(device->publisher ? device->publisher->name : NULL);
	out->body.catalogue = (ProtobufCBinaryData){device->catalogue_len, device->catalogue};
	out->body.state = (uint32_t)device->state;
	out->body.reason = text_of(device->reason);
	out->body.text = text_of(device->text);
	out->body.state_since = device->state_since;
	out->body.last_event = device->last_event;
	out->body.stale_by_hub = device->is_stale_by_hub;
	if (described_as)
		out->body.described_as = described_as;
	else if (device->descriptor)
		out->body.descriptors =
			(ProtobufCBinaryData){device->descriptor->len, device->descriptor->bytes};
	out->note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_DEVICE;
	out->note.device = &out->body;
	return &out->note;
}

struct publisher_note {
	Note note;
	Dragoman__Internal__PublisherNote body;
};

static const Note *note_of_publisher(const struct publisher *publisher, struct publisher_note *out)
{
	dragoman__internal__note__init(&out->note);
	dragoman__internal__publisher_note__init(&out->body);
	out->body.name = publisher->name;
	out->body.incarnation = publisher->incarnation;
	out->body.kept = publisher->kept;
	out->body.live = publisher->is_live;
	out->body.last_event = publisher->last_event;
	out->note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_PUBLISHER;
	out->note.publisher = &out->body;
	return &out->note;
}

void checkpoint_device(struct storage *storage, const struct device *device)
{
	struct device_note note;

	storage_note(storage, note_of_device(device, 0, &note), false);
}

uint64_t checkpoint_publisher(struct storage *storage, const struct publisher *publisher)
{
	struct publisher_note note;

	return storage_note(storage, note_of_publisher(publisher, &note), true);
}

static void put_run(const struct hub *hub, struct buf *out)
{
	Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__Run run = DRAGOMAN__INTERNAL__RUN__INIT;

	run.until = hub->storage.until;
	note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_RUN;
	note.run = &run;
	note_put(out, &note);
}

static void put_hole(const struct hole *hole, struct buf *out)
{
	Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__Hole body = DRAGOMAN__INTERNAL__HOLE__INIT;

	body.first = hole->first;
	body.last = hole->last;
	body.newest_time = hole->newest_time;
	body.slots = hole->slots;
	body.n_slots = hole->n_slots > STORE_SLOTS_MAX ? 0 : hole->n_slots;
	note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_HOLE;
	note.hole = &body;
	note_put(out, &note);
}

static void put_newest(uint32_t slot, const struct dropped *newest, struct buf *out)
{
	Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__Newest body = DRAGOMAN__INTERNAL__NEWEST__INIT;

	body.slot = slot;
	body.seq = newest->seq;
	body.time = newest->time;
	note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_NEWEST;
	note.newest = &body;
	note_put(out, &note);
}

static void put_last_reading(const struct hub *hub, const struct device_key *key, struct buf *out)
{
	Note note = DRAGOMAN__INTERNAL__NOTE__INIT;
	Dragoman__Internal__LastReading body = DRAGOMAN__INTERNAL__LAST_READING__INIT;
	size_t len;
	const uint8_t *event = device_key_event(key, &hub->log, &len);

	body.device_id = key->device;
	body.key = key->name;
	body.seq = key->seq;
	body.event = (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)event};
	note.body_case = DRAGOMAN__INTERNAL__NOTE__BODY_LAST_READING;
	note.last_reading = &body;
	note_put(out, &note);
}

/* ---- All of them ---- */

/* The first device with each set of descriptors has them in its note; they are few, and long. */
struct described {
	const struct descriptor *descriptor;
	uint32_t as;
};

static uint32_t described_as(struct described *sets, size_t *n, const struct device *device)
{
	if (!device->descriptor)
		return 0;
	for (size_t i = 0; i < *n; i++)
		if (sets[i].descriptor == device->descriptor)
			return sets[i].as;
	sets[(*n)++] = (struct described){device->descriptor, device->id};
	return 0;
}

static void put_devices(const struct hub *hub, struct buf *out)
{
	const struct descriptor *descriptor;
	struct described *sets;
	size_t n = 1;

	TAILQ_FOREACH(descriptor, &hub->devices.descriptors.list, others)
	n++;
	sets = xcalloc(n, sizeof *sets);
	n = 0;
	for (uint32_t id = 1; id <= hub->devices.last_id; id++) {
		const struct device *device = devices_get(&hub->devices, id);
		struct device_note note;

		note_put(out, note_of_device(device, described_as(sets, &n, device), &note));
	}
	free(sets);
}

/* As of the last group on disk: an incarnation that has begun or ended since is in a note behind this one, and the
 * events of the one before are still to come. */
static void put_publisher(const struct hub *hub, const struct publisher *publisher, struct buf *out)
{
	struct publisher_note note;

	note_of_publisher(publisher, &note);
	if (publisher->noted.note > hub->storage.settled) {
		if (publisher->noted.incarnation != publisher->incarnation)
			note.body.kept = publisher->noted.kept;
		note.body.incarnation = publisher->noted.incarnation;
		note.body.live = publisher->noted.is_live;
	}
	if (note.body.incarnation)
		note_put(out, &note.note);
}

static void put_publishers(const struct hub *hub, struct buf *out)
{
	const struct publisher *publisher;

	for (publisher = hub->publishers.by_name; publisher; publisher = publisher->hh.next)
		put_publisher(hub, publisher, out);
}

static void put_all_newest(const struct hub *hub, struct buf *out)
{
	for (uint32_t id = 1; id <= hub->devices.last_id; id++) {
		const struct device *device = devices_get(&hub->devices, id);

		for (uint32_t kind = 0; kind < 8; kind++)
			if (device->newest[kind].seq)
				put_newest(slot_of(id, kind), &device->newest[kind], out);
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct device_key *const *left = a, *const *right = b;

	return (*left)->seq > (*right)->seq ? -1 : (*left)->seq < (*right)->seq;
}

static size_t sort_keys(const struct devices *devices, const struct device_key **out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < devices->n_keys; i++)
		if (devices->keys[i] && devices->keys[i]->seq)
			out[n++] = devices->keys[i];
	qsort(out, n, sizeof *out, newest_first);
	return n;
}

static void put_last_readings(const struct hub *hub, struct buf *out, size_t max)
{
	static struct log_limit limit = {.burst = 1, .period_ms = 3600000};
	const struct device_key **keys = xcalloc(hub->devices.n_keys + 1, sizeof *keys);
	size_t n = sort_keys(&hub->devices, keys), i = 0;

	for (; i < n; i++) {
		size_t before = out->len;

		put_last_reading(hub, keys[i], out);
		if (out->len > max) {
			out->len = before;
			break;
		}
	}
	free(keys);
	if (i < n)
		log_limited(
			&limit, LOG_WARNING,
			"the store: %zu of %zu last readings have no room at the head of a segment, and "
			"would not be known after a restart; make store.segment larger",
			n - i, n);
}

void checkpoint_put(const struct hub *hub, struct buf *out, size_t max)
{
	size_t end = out->len + max;

	put_run(hub, out);
	put_devices(hub, out);
	put_publishers(hub, out);
	durables_checkpoint(&hub->durables, out);
	for (size_t i = 0; i < hub->storage.holes.n; i++)
		put_hole(&hub->storage.holes.list[i], out);
	put_all_newest(hub, out);
	if (out->len > end)
		log_error(
			"the store: what has to be known of %u devices does not fit at the head of a "
			"segment; make store.segment larger, or it will not be known after a restart",
			hub->devices.last_id);
	put_last_readings(hub, out, end);
}
