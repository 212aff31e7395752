/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a store gives back: notes of durable subscribers, and frames. What was restored is noted again,
 * and restored from that it is the same. */
#include <string.h>

#include "base/must.h"
#include "hub/hub.h"
#include "wire/note.h"
#include "wire/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int restore(void *arg, const Dragoman__Internal__Note *note, struct err *err)
{
	return durables_restore(arg, note, err);
}

/* Of a hub, what durable subscribers need when a store is opened. */
static void begin(struct hub *hub)
{
	*hub = (struct hub){0};
	devices_init(&hub->devices);
	filters_init(&hub->filters, &hub->devices);
	durables_init(&hub->durables, hub);
}

static void end(struct hub *hub)
{
	durables_fini(&hub->durables);
	filters_fini(&hub->filters);
	devices_fini(&hub->devices);
}

static void restore_again(const struct buf *notes)
{
	struct buf again = {0};
	struct hub hub;
	struct err err;

	begin(&hub);
	must(note_each(buf_bytes(notes), notes->len, restore, &hub.durables, &err) == 0);
	durables_checkpoint(&hub.durables, &again);
	must(again.len == notes->len &&
	     (!again.len || !memcmp(buf_bytes(&again), buf_bytes(notes), again.len)));
	buf_fini(&again);
	end(&hub);
}

static void read_frames(const uint8_t *data, size_t size)
{
	struct stamp stamp;
	ssize_t n;

	for (size_t at = 0; at < size && (n = stamp_get(data + at, size - at, &stamp)) > 0;
	     at += (size_t)n) {
		must(stamp.event + stamp.len == data + at + n);
		must(stamp_kind(&stamp) <= EVENT_KIND_LAST);
		stamp_time(&stamp);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf notes = {0};
	struct hub hub;
	struct err err;

	read_frames(data, size);
	begin(&hub);
	note_each(data, size, restore, &hub.durables, &err);
	durables_checkpoint(&hub.durables, &notes);
	restore_again(&notes);
	buf_fini(&notes);
	end(&hub);
	return 0;
}
