/* SPDX-License-Identifier: Apache-2.0 */
/* Browse: what was declared, with what the hub knows of it. */
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "wire/field.h"

enum { FRAME_CATALOGUE = 51, CATALOGUE_DEVICES = 1, CATALOGUE_MORE = 2 };

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

bool catalogue_step(struct walk *walk, struct hub *hub, struct buf *out)
{
	const struct devices *devices = &hub->devices;
	struct buf page = {0};
	bool has_more;

	while (page.len < WALK_PAGE && walk->place < devices->last_id) {
		const struct device *device = devices_get(devices, (uint32_t)++walk->place);

		if (device->state != DEVICE_REMOVED && filter_selects(walk->filter, device->name))
			put_device(device, &page);
	}
	has_more = walk->place < devices->last_id;
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
