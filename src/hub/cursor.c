/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the log; see cursor.h. */
#include "hub/cursor.h"

#include "hub/device.h"
#include "hub/filter.h"

/* Of a device, the newest in a list of what was dropped or kept that matches and is late enough. */
static uint64_t newest_of(const struct device *device, const struct dropped list[8],
			  const struct filter *filter, uint64_t time)
{
	uint64_t newest = 0;

	for (uint32_t kind = 0; kind < 8; kind++)
		if (list[kind].seq > newest && list[kind].time >= time &&
		    filter_matches(filter, slot_of(device->id, kind)))
			newest = list[kind].seq;
	return newest;
}

uint64_t cursor_newest_dropped(const struct cursor *cursor, const struct devices *devices,
			       uint64_t time)
{
	uint64_t newest = 0;

	for (uint32_t id = 1; id <= devices->last_id; id++) {
		const struct device *device = devices_get(devices, id);
		uint64_t seq = newest_of(device, device->dropped, cursor->filter, time);

		if (seq > newest)
			newest = seq;
	}
	return newest;
}

uint64_t cursor_newest_kept(const struct cursor *cursor, const struct devices *devices)
{
	uint64_t newest = 0;

	for (uint32_t id = 1; id <= devices->last_id; id++) {
		const struct device *device = devices_get(devices, id);
		uint64_t seq = newest_of(device, device->newest, cursor->filter, 0);

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

void gather_begin(struct gather *gather)
{
	gather->filter = NULL;
	gather->bytes = gather->frames = gather->n = 0;
}

bool gather_add(struct gather *gather, const uint8_t *frame, size_t size)
{
	struct iovec *last = gather->n ? &gather->pieces[gather->n - 1] : NULL;

	if (gather->bytes && gather->bytes + size > GATHER_BYTES)
		return false;
	if (last && (uint8_t *)last->iov_base + last->iov_len == frame) {
		last->iov_len += size;
	} else if (gather->n < GATHER_PIECES) {
		/* An iovec knows no const. */
		gather->pieces[gather->n++] = (struct iovec){(void *)(uintptr_t)frame, size};
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

void cursor_gather(const struct cursor *cursor, const struct eventlog *log, uint64_t end,
		   size_t most, struct gather *gather)
{
	uint64_t seq;

	if (gather->filter == cursor->filter && gather->from == cursor->next &&
	    gather->end == end && gather->frames <= most)
		return;
	gather_begin(gather);
	gather->filter = cursor->filter;
	gather->from = cursor->next;
	gather->end = end;
	for (seq = cursor->next; seq <= end; seq++) {
		const struct eventlog_entry *entry = eventlog_entry(log, seq);

		if (!filter_matches(cursor->filter, entry->slot))
			continue;
		if (gather->frames == most ||
		    !gather_add(gather, frame_after(gather, log, entry), entry->size))
			break;
		gather->last = seq;
	}
	gather->next = seq;
	if (gather->frames == most)
		gather->filter = NULL; /* others may be given more */
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
