/* SPDX-License-Identifier: Apache-2.0 */
/* Browse: what was declared, with what the hub knows of it. */
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "wire/field.h"

enum { FRAME_CATALOGUE = 51 };
enum { CATALOGUE_DEVICES = 1, CATALOGUE_MORE = 2, CATALOGUE_DESCRIPTORS = 3 };

/* The device as declared, and then the hub's fields: bytes that follow each other are one message. */
static void put_device(const struct device *device, struct buf *out)
{
	Dragoman__V1__Device added = DRAGOMAN__V1__DEVICE__INIT;
	Dragoman__V1__State state = DRAGOMAN__V1__STATE__INIT;
	size_t len;

	state.code = (Dragoman__V1__State__Code)device->state;
	state.reason = device->reason ? device->reason : state.reason;
	state.text = device->text ? device->text : state.text;
	added.name = device->name;
	added.device_id = device->id;
	added.state = &state;
	added.state_since = device->state_since;
	added.last_event = device->last_event;
	len = dragoman__v1__device__get_packed_size(&added);
	field_put_head(out, CATALOGUE_DEVICES, device->catalogue_len + len);
	buf_add(out, device->catalogue, device->catalogue_len);
	dragoman__v1__device__pack(&added, buf_room(out, len));
	buf_grown(out, len);
}

static bool is_selected(const struct walk *walk, const struct device *device)
{
	return device->state != DEVICE_REMOVED && filter_selects(walk->filter, device->name);
}

/* The devices, a page of them. False: that was the last. */
static bool put_devices(struct walk *walk, const struct devices *devices, struct buf *page)
{
	while (page->len < WALK_PAGE && walk->place < devices->last_id) {
		const struct device *device = devices_get(devices, (uint32_t)++walk->place);

		if (is_selected(walk, device))
			put_device(device, page);
	}
	return walk->place < devices->last_id;
}

static bool is_wanted(const struct walk *walk, const struct devices *devices,
		      const struct descriptor *descriptor)
{
	for (uint32_t id = 1; id <= devices->last_id; id++) {
		const struct device *device = devices_get(devices, id);

		if (device->descriptor == descriptor && is_selected(walk, device))
			return true;
	}
	return false;
}

/* The descriptors of their messages, each once. False: that was the last. */
static bool put_descriptors(struct walk *walk, const struct devices *devices, struct buf *page)
{
	const struct descriptor *d;

	TAILQ_FOREACH(d, &devices->descriptors.list, others)
	{
		if (d->number <= walk->place || !is_wanted(walk, devices, d))
			continue;
		if (page->len >= WALK_PAGE)
			return true;
		field_put_bytes(page, CATALOGUE_DESCRIPTORS, d->bytes, d->len);
		walk->place = d->number;
	}
	return false;
}

enum { PART_DEVICES, PART_DESCRIPTORS };

static bool catalogue_step(struct walk *walk, struct hub *hub, struct buf *out)
{
	const struct devices *devices = &hub->devices;
	struct buf page = {0};
	bool has_more = true;

	if (walk->part == PART_DEVICES && !put_devices(walk, devices, &page)) {
		walk->part = PART_DESCRIPTORS;
		walk->place = 0;
	}
	if (walk->part == PART_DESCRIPTORS)
		has_more = put_descriptors(walk, devices, &page);
	if (has_more)
		field_put_varint(&page, CATALOGUE_MORE, 1);
	walk_put_frame(out, walk->id, FRAME_CATALOGUE, &page);
	buf_fini(&page);
	return has_more;
}

void browse_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	struct walk walk = {.step = catalogue_step, .id = frame->id};

	walk.filter = request_filter(client, frame->id, frame->browse->patterns,
				     frame->browse->n_patterns, kind_bit(EVENT_KIND_FIRST));
	if (walk.filter)
		walk_start(client, &walk);
}
