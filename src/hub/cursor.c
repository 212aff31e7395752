/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the log; see cursor.h. */
#include "hub/cursor.h"

#include "hub/device.h"
#include "hub/filter.h"

/* The newest dropped event of a device that the filter matches and whose time is late enough. */
static uint64_t newest_of(const struct device *device, const struct filter *filter, uint64_t time)
{
	uint64_t newest = 0;

	for (uint32_t kind = 0; kind < 8; kind++) {
		const struct dropped *dropped = &device->dropped[kind];

		if (dropped->seq > newest && dropped->time >= time &&
		    filter_matches(filter, slot_of(device->id, kind)))
			newest = dropped->seq;
	}
	return newest;
}

uint64_t cursor_newest_dropped(const struct cursor *cursor, const struct devices *devices,
			       uint64_t time)
{
	uint64_t newest = 0;

	for (uint32_t id = 1; id <= devices->last_id; id++) {
		uint64_t seq = newest_of(devices_get(devices, id), cursor->filter, time);

		if (seq > newest)
			newest = seq;
	}
	return newest;
}

uint64_t cursor_find_time(const struct cursor *cursor, const struct eventlog *log, uint64_t time)
{
	uint64_t seq = eventlog_find_time(log, log->low, time);

	while (seq <= log->head && !filter_matches(cursor->filter, eventlog_entry(log, seq)->slot))
		seq = eventlog_find_time(log, seq + 1, time);
	return seq;
}

bool cursor_catch_up(struct cursor *cursor, const struct eventlog *log,
		     const struct devices *devices, uint64_t *first_out, uint64_t *last_out)
{
	uint64_t lost;

	if (cursor->next >= log->low)
		return false;
	lost = cursor_newest_dropped(cursor, devices, 0);
	*first_out = cursor->next;
	*last_out = lost;
	cursor->next = log->low;
	return lost >= *first_out;
}

/* Adds a frame to the pieces; false if there is no room. */
static bool add_piece(struct gather *gather, uint8_t *frame, size_t size)
{
	struct iovec *last = gather->n ? &gather->pieces[gather->n - 1] : NULL;

	if (gather->bytes && gather->bytes + size > GATHER_BYTES)
		return false;
	if (last && (uint8_t *)last->iov_base + last->iov_len == frame) {
		last->iov_len += size;
	} else if (gather->n < GATHER_PIECES) {
		gather->pieces[gather->n++] = (struct iovec){frame, size};
	} else {
		return false;
	}
	gather->bytes += size;
	gather->frames++;
	return true;
}

/* Where a frame that follows another one in the log stands, also across the ring's seam: the second
 * mapping goes on where the first one ends. */
static uint8_t *frame_after(const struct gather *gather, const struct eventlog *log,
			    const struct eventlog_entry *entry)
{
	uint8_t *frame = eventlog_frame(log, entry);

	if (gather->n) {
		const struct iovec *last = &gather->pieces[gather->n - 1];
		uint8_t *end = (uint8_t *)last->iov_base + last->iov_len;

		if (end == frame + log->ring.size && last->iov_len + entry->size <= log->ring.size)
			return end;
	}
	return frame;
}

void cursor_gather(const struct cursor *cursor, const struct eventlog *log, struct gather *gather)
{
	uint64_t seq;

	if (gather->filter == cursor->filter && gather->from == cursor->next &&
	    gather->head == log->head)
		return;
	gather->filter = cursor->filter;
	gather->from = cursor->next;
	gather->head = log->head;
	gather->bytes = gather->frames = gather->n = 0;
	for (seq = cursor->next; seq <= log->head; seq++) {
		const struct eventlog_entry *entry = eventlog_entry(log, seq);

		if (filter_matches(cursor->filter, entry->slot) &&
		    !add_piece(gather, frame_after(gather, log, entry), entry->size))
			break;
	}
	gather->next = seq;
}

size_t cursor_sent(struct cursor *cursor, const struct eventlog *log, const struct gather *gather,
		   size_t bytes, struct buf *rest)
{
	size_t frames = 0;

	if (bytes == gather->bytes) {
		cursor->next = gather->next;
		return gather->frames;
	}
	while (bytes) {
		const struct eventlog_entry *entry = eventlog_entry(log, cursor->next++);
		size_t taken = bytes < entry->size ? bytes : entry->size;

		if (!filter_matches(cursor->filter, entry->slot))
			continue;
		buf_add(rest, eventlog_frame(log, entry) + taken, entry->size - taken);
		bytes -= taken;
		frames++;
	}
	return frames;
}
