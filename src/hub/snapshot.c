/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last readings, for Subscribe with a snapshot and for Get.
 *
 * A snapshot that was asked for at number N gives what was last at N or before; a reading that came while
 * the client was draining has a higher number, is in the log ahead of the client's place, and comes live.
 * So nothing comes twice, and nothing older after something newer.
 */
#include <string.h>

#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "wire/field.h"

/* Field numbers of Frame, Snapshot, SnapshotEnd, Got and Got.Entry. */
enum { FRAME_SNAPSHOT = 24, FRAME_SNAPSHOT_END = 25, FRAME_GOT = 55 };
enum { SNAPSHOT_EVENT = 1, SNAPSHOT_STALE, SNAPSHOT_REASON };
enum { SNAPSHOT_END_COUNT = 1 };
enum { GOT_ENTRIES = 1, GOT_MORE, ENTRY_SEQ = 1, ENTRY_LAST };

/* The next key with a reading, of a device that the walk's filter matches; NULL at the end. */
static const struct device_key *next_reading(struct walk *walk, const struct hub *hub)
{
	const struct devices *devices = &hub->devices;

	for (; walk->place < devices->last_id; walk->place++, walk->key = 0) {
		uint32_t id = (uint32_t)walk->place + 1;
		const struct device *device = devices_get(devices, id);
		const struct device_key *key;

		if (!filter_matches(walk->filter, slot_of(id, EVENT_KIND_FIRST)))
			continue;
		while ((key = device_key_after(device, walk->key))) {
			walk->key = key->order;
			if (key->seq && key->seq <= walk->until)
				return key;
		}
	}
	return NULL;
}

static void put_snapshot(const struct hub *hub, const struct device_key *key, struct buf *out)
{
	const struct device *device = devices_get(&hub->devices, key->device);
	const char *reason;
	size_t len;
	const uint8_t *event = device_key_event(key, &hub->log, &len);

	field_put_bytes(out, SNAPSHOT_EVENT, event, len);
	if (!hub_device_is_stale(device, &reason))
		return;
	field_put_varint(out, SNAPSHOT_STALE, 1);
	field_put_text(out, SNAPSHOT_REASON, reason);
}

static void put_snapshot_frame(struct walk *walk, const struct hub *hub,
			       const struct device_key *key, struct buf *out)
{
	struct buf snapshot = {0}, frame = {0};
	uint8_t length[VARINT_MAX];

	put_snapshot(hub, key, &snapshot);
	field_put_fixed64(&frame, FRAME_SEQ, key->seq);
	field_put_fixed32(&frame, FRAME_DEVICE_ID, key->device);
	if (walk->id)
		field_put_varint(&frame, FRAME_ID, walk->id);
	field_put_head(&frame, FRAME_SNAPSHOT, snapshot.len);
	buf_add(out, length, varint_put(length, frame.len + snapshot.len));
	buf_add(out, buf_bytes(&frame), frame.len);
	buf_add(out, buf_bytes(&snapshot), snapshot.len);
	buf_fini(&frame);
	buf_fini(&snapshot);
}

bool snapshot_step(struct walk *walk, struct hub *hub, struct buf *out)
{
	const struct device_key *key = next_reading(walk, hub);
	struct buf end = {0};

	if (key) {
		put_snapshot_frame(walk, hub, key, out);
		walk->count++;
		return true;
	}
	field_put_varint(&end, SNAPSHOT_END_COUNT, walk->count);
	walk_put_frame(out, walk->id, FRAME_SNAPSHOT_END, &end);
	buf_fini(&end);
	return false;
}

static void put_entry(const struct hub *hub, const struct device_key *key, struct buf *out)
{
	struct buf entry = {0}, last = {0};

	put_snapshot(hub, key, &last);
	field_put_fixed64(&entry, ENTRY_SEQ, key->seq);
	field_put_bytes(&entry, ENTRY_LAST, buf_bytes(&last), last.len);
	field_put_bytes(out, GOT_ENTRIES, buf_bytes(&entry), entry.len);
	buf_fini(&last);
	buf_fini(&entry);
}

static bool got_step(struct walk *walk, struct hub *hub, struct buf *out)
{
	const struct device_key *key = NULL;
	struct buf got = {0};

	while (got.len < WALK_PAGE && (key = next_reading(walk, hub)))
		put_entry(hub, key, &got);
	if (key)
		field_put_varint(&got, GOT_MORE, 1);
	walk_put_frame(out, walk->id, FRAME_GOT, &got);
	buf_fini(&got);
	return key != NULL;
}

void get_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	struct walk walk = {.step = got_step, .id = frame->id, .until = UINT64_MAX};

	walk.filter = request_filter(client, frame->id, frame->get->patterns,
				     frame->get->n_patterns, kind_bit(EVENT_KIND_FIRST));
	if (walk.filter)
		walk_start(client, &walk);
}
