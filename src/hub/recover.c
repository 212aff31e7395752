/* SPDX-License-Identifier: Apache-2.0 */
/* From notes and events to the hub's state; see recover.h. */
#include "hub/recover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "hub/dropped.h"
#include "hub/hub.h"

typedef Dragoman__Internal__Note Note;

/* ---- Devices ---- */

/* Ids come in their order but where something was not readable. What stood there has no name any more. */
static void fill_up_to(struct devices *devices, uint32_t id)
{
	char name[32];

	while (devices->last_id + 1 < id) {
		struct device *device;

		snprintf(name, sizeof name, "$lost/%u", devices->last_id + 1);
		device = devices_add(devices, name);
		device->state = DEVICE_REMOVED;
	}
}

static void say_contradiction(uint32_t id, const char *name, size_t len)
{
	static struct log_limit limit = {.burst = 3, .period_ms = 60000};

	log_limited(&limit, LOG_WARNING,
		    "the store: id %u is not that of device %.*s; what it says of it is left out",
		    id, (int)len, name);
}

/* The device with this id and this name; NULL if the store contradicts itself. */
static struct device *device_at(struct hub *hub, uint32_t id, const char *name, size_t len)
{
	struct devices *devices = &hub->devices;
	struct device *device = devices_find(devices, name, len);
	char *copy;

	if (device && device->id == id)
		return device;
	if (device || id <= devices->last_id || id > DEVICES_MAX) {
		say_contradiction(id, name, len);
		return NULL;
	}
	fill_up_to(devices, id);
	copy = xstrndup(name, len);
	device = devices_add(devices, copy);
	filters_add_device(&hub->filters, device);
	free(copy);
	return device;
}

static struct publisher *owner_of(struct hub *hub, const char *name)
{
	return *name ? publishers_get(&hub->publishers, name) : NULL;
}

static void restore_descriptor(struct devices *devices, struct device *device,
			       const Dragoman__Internal__DeviceNote *note)
{
	const struct descriptor *descriptor = NULL;

	if (note->described_as && note->described_as <= devices->last_id)
		descriptor = devices_get(devices, note->described_as)->descriptor;
	if (descriptor)
		device_set_descriptor(devices, device, descriptor->bytes, descriptor->len);
	else
		device_set_descriptor(devices, device, note->descriptors.data,
				      note->descriptors.len);
}

static void apply_device(struct hub *hub, const Dragoman__Internal__DeviceNote *note)
{
	struct device *device = device_at(hub, note->id, note->name, strlen(note->name));

	if (!device || note->state < DEVICE_STARTING || note->state > DEVICE_REMOVED)
		return;
	publisher_own(owner_of(hub, note->publisher), device);
	device_set_catalogue(device, xmemdup(note->catalogue.data, note->catalogue.len),
			     note->catalogue.len);
	restore_descriptor(&hub->devices, device, note);
	device_set_state(device, (enum device_state)note->state, note->reason, note->text,
			 note->state_since);
	device->state_since = note->state_since;
	if (note->last_event > device->last_event)
		device->last_event = note->last_event;
	device->is_stale_by_hub = note->stale_by_hub;
}

static void apply_last_reading(struct hub *hub, const Dragoman__Internal__LastReading *note)
{
	struct devices *devices = &hub->devices;
	struct device_key *key;

	if (note->device_id < 1 || note->device_id > devices->last_id)
		return;
	key = device_key(devices, devices_get(devices, note->device_id), note->key,
			 strlen(note->key));
	if (key && note->seq > key->seq)
		device_key_restore(key, note->seq, note->event.data, note->event.len);
}

static void apply_newest(struct recovery *recovery, const Dragoman__Internal__Newest *note)
{
	struct devices *devices = &recovery->hub->devices;
	uint32_t id = slot_device(note->slot);

	if (note->seq > recovery->newest)
		recovery->newest = note->seq;
	if (id < 1 || id > devices->last_id)
		return;
	devices_get(devices, id)->newest[note->slot & 7] =
		(struct dropped){.seq = note->seq, .time = note->time};
}

/* ---- Notes ---- */

static void apply_hole(struct recovery *recovery, const Dragoman__Internal__Hole *note)
{
	holes_add(&recovery->hub->storage.holes,
		  &(struct hole){.first = note->first,
				 .last = note->last,
				 .newest_time = note->newest_time,
				 .slots = note->slots,
				 .n_slots = note->n_slots ? note->n_slots : STORE_SLOTS_MAX + 1});
	if (note->last > recovery->newest)
		recovery->newest = note->last;
}

static int apply(void *arg, const Note *note, struct err *err)
{
	struct recovery *recovery = arg;
	struct hub *hub = recovery->hub;

	switch (note->body_case) {
	case DRAGOMAN__INTERNAL__NOTE__BODY_RUN: recovery->until = note->run->until; break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_DEVICE: apply_device(hub, note->device); break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_LAST_READING:
		apply_last_reading(hub, note->last_reading);
		break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_PUBLISHER:
		publisher_restore(publishers_get(&hub->publishers, note->publisher->name),
				  note->publisher);
		break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_SUBSCRIBER:
	case DRAGOMAN__INTERNAL__NOTE__BODY_SUBSCRIBER_REMOVED:
	case DRAGOMAN__INTERNAL__NOTE__BODY_ACKED:
		return durables_restore(&hub->durables, note, err);
	case DRAGOMAN__INTERNAL__NOTE__BODY_HOLE: apply_hole(recovery, note->hole); break;
	case DRAGOMAN__INTERNAL__NOTE__BODY_NEWEST: apply_newest(recovery, note->newest); break;
	default: break; /* of a later version */
	}
	return 0;
}

static int notes(void *arg, const uint8_t *notes, size_t len, struct err *err)
{
	return note_each(notes, len, apply, arg, err);
}

/* ---- Events ---- */

static bool is_by_hub(const struct event_scan *scan)
{
	return scan->publisher.len == 4 && !memcmp(scan->publisher.text, "$hub", 4);
}

static void follow_state(struct hub *hub, struct device *device, const struct event_scan *scan)
{
	Dragoman__V1__State *state = dragoman__v1__state__unpack(NULL, scan->body_len, scan->body);

	if (state && state->code >= DRAGOMAN__V1__STATE__CODE__STARTING &&
	    state->code <= DRAGOMAN__V1__STATE__CODE__REMOVED) {
		device->is_stale_by_hub =
			is_by_hub(scan) && state->code == DRAGOMAN__V1__STATE__CODE__STALE;
		device_set_state(device, (enum device_state)state->code, state->reason, state->text,
				 scan->time);
		if (is_by_hub(scan) && state->code == DRAGOMAN__V1__STATE__CODE__REMOVED)
			device_clear_keys(&hub->devices, device);
	}
	if (state)
		dragoman__v1__state__free_unpacked(state, NULL);
}

static void follow_reading(struct hub *hub, struct device *device, const struct event_scan *scan,
			   const struct stamp *frame)
{
	struct device_key *key = device_key(&hub->devices, device,
					    scan->key.text ? scan->key.text : "", scan->key.len);

	if (key && frame->seq > key->seq)
		device_key_restore(key, frame->seq, frame->event, frame->len);
	if (device->state == DEVICE_STARTING)
		device_set_state(device, DEVICE_ONLINE, "", "", scan->time);
}

static void follow_device(struct hub *hub, struct device *device, const struct event_scan *scan,
			  const struct stamp *frame)
{
	struct dropped *newest = &device->newest[scan->kind & 7];

	newest->seq = frame->seq;
	if (scan->time > newest->time)
		newest->time = scan->time;
	device->last_event = scan->time;
	if (scan->kind == DRAGOMAN__V1__KIND__KIND_STATE)
		follow_state(hub, device, scan);
	else if (scan->kind == DRAGOMAN__V1__KIND__KIND_READING)
		follow_reading(hub, device, scan, frame);
}

static int follow(struct recovery *recovery, const struct stamp *frame, struct err *err)
{
	struct hub *hub = recovery->hub;
	struct event_scan scan;
	struct device *device;

	if (scan_event(frame->event, frame->len, &scan) < 0)
		return err_set(err, "event %llu is none", (unsigned long long)frame->seq);
	device = device_at(hub, frame->device_id, scan.device.text ? scan.device.text : "",
			   scan.device.len);
	if (device)
		follow_device(hub, device, &scan, frame);
	publishers_follow(&hub->publishers, &scan);
	recovery->newest = frame->seq;
	return 0;
}

static int frames(void *arg, const uint8_t *frames, size_t len, struct err *err)
{
	for (size_t at = 0; at < len;) {
		struct stamp frame;
		ssize_t size = stamp_get(frames + at, len - at, &frame);

		if (size < 0)
			return err_set(err, "a group with what is no event, %zu bytes in", at);
		if (follow(arg, &frame, err) < 0)
			return -1;
		at += (size_t)size;
	}
	return 0;
}

static int oldest(void *arg, const uint8_t *notes, size_t len, struct err *err)
{
	struct recovery *recovery = arg;

	recovery->is_past_unknown = !notes;
	return note_each(notes, len, dropped_note, &recovery->hub->storage, err);
}

/* ---- Beginning and end ---- */

struct store_recovery recover_begin(struct recovery *recovery, struct hub *hub)
{
	*recovery = (struct recovery){.hub = hub};
	return (struct store_recovery){
		.notes = notes, .frames = frames, .oldest = oldest, .arg = recovery};
}

/* What an incarnation that is over had declared is nobody's declared device now. Whether one that is live had
 * declared all that it owns was not kept; it rather has a Loss too many when that ends. */
static void settle_devices(struct devices *devices)
{
	for (uint32_t id = 1; id <= devices->last_id; id++) {
		struct device *device = devices_get(devices, id);

		device->is_declared = device->publisher && device->publisher->is_live &&
				      device->state != DEVICE_REMOVED;
	}
}

void recover_end(struct recovery *recovery)
{
	settle_devices(&recovery->hub->devices);
	publishers_await(&recovery->hub->publishers);
}

void recover_undo(struct hub *hub)
{
	publishers_forget(&hub->publishers);
	durables_fini(&hub->durables);
	devices_fini(&hub->devices);
	storage_forget(&hub->storage);
	hub_new_stream(hub);
}
