/* SPDX-License-Identifier: Apache-2.0 */
/* The log in memory; see eventlog.h. */
#include "hub/eventlog.h"

#include <sys/mman.h>

#include "base/must.h"
#include "wire/stamp.h"

/* One index entry for so many bytes of the ring: shorter frames are rare. */
enum { FRAME_BYTES_LEAST = 64, BLOCK_SHIFT = 8 };

static size_t entries(const struct eventlog *log)
{
	return log->ring.size / FRAME_BYTES_LEAST;
}

static size_t blocks(const struct eventlog *log)
{
	return (entries(log) >> BLOCK_SHIFT) + 1;
}

/* Large and touched little by little, hence not from malloc. */
static void *map_zeroed(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int eventlog_init(struct eventlog *log, size_t size, uint64_t before, eventlog_drop_fn *drop,
		  void *arg, struct err *err)
{
	*log = (struct eventlog){.low = before + 1, .head = before, .drop = drop, .arg = arg};
	if (ring_init(&log->ring, size, err) < 0)
		return -1;
	must(log->ring.size <= UINT32_MAX);
	log->mask = entries(log) - 1;
	log->index = map_zeroed(entries(log) * sizeof *log->index);
	log->newest_time = map_zeroed(blocks(log) * sizeof *log->newest_time);
	if (log->index && log->newest_time)
		return 0;
	err_errno(err, "cannot map memory for the index of the log");
	eventlog_fini(log);
	return -1;
}

void eventlog_fini(struct eventlog *log)
{
	if (log->index)
		munmap(log->index, entries(log) * sizeof *log->index);
	if (log->newest_time)
		munmap(log->newest_time, blocks(log) * sizeof *log->newest_time);
	ring_fini(&log->ring);
	*log = (struct eventlog){.low = 1};
}

void eventlog_start(struct eventlog *log, uint64_t before)
{
	must(log->low > log->head);
	log->low = before + 1;
	log->head = before;
}

size_t eventlog_max_event(const struct eventlog *log)
{
	return log->ring.size / 2 - STAMP_HEAD_MAX;
}

static void drop_oldest(struct eventlog *log)
{
	const struct eventlog_entry *entry = eventlog_entry(log, log->low);

	log->drop(log->arg, log->low, entry);
	log->tail += entry->size;
	log->low++;
}

static uint64_t *block_of(const struct eventlog *log, uint64_t seq)
{
	return &log->newest_time[(seq >> BLOCK_SHIFT) % blocks(log)];
}

static void note_time(struct eventlog *log, uint64_t time)
{
	uint64_t *newest = block_of(log, log->head);
	bool first = (log->head & ((1 << BLOCK_SHIFT) - 1)) == 0 || log->head == log->low;

	if (first || time > *newest)
		*newest = time;
}

uint64_t eventlog_append(struct eventlog *log, const struct eventlog_new *event)
{
	size_t size = stamp_size(event->len);

	must(event->len <= eventlog_max_event(log));
	while (log->end + size - log->tail > log->ring.size || log->head + 1 - log->low > log->mask)
		drop_oldest(log);
	log->head++;
	stamp_put(ring_at(&log->ring, log->end), log->head, event->device, event->event,
		  event->len);
	log->index[log->head & log->mask] = (struct eventlog_entry){
		.position = (uint32_t)log->end,
		.size = (uint32_t)size,
		.slot = slot_of(event->device, event->kind),
		.key = event->key,
		.time = event->time,
	};
	log->end += size;
	log->events++;
	log->bytes += size;
	note_time(log, event->time);
	return log->head;
}

/* Blocks first, by the latest time in each; then the events of one block. Times need not rise. */
uint64_t eventlog_find_time(const struct eventlog *log, uint64_t from, uint64_t time)
{
	uint64_t seq = from > log->low ? from : log->low;

	while (seq <= log->head) {
		uint64_t next = ((seq >> BLOCK_SHIFT) + 1) << BLOCK_SHIFT;

		if (*block_of(log, seq) >= time) {
			for (; seq < next && seq <= log->head; seq++)
				if (eventlog_entry(log, seq)->time >= time)
					return seq;
		}
		seq = next;
	}
	return log->head + 1;
}

uint64_t eventlog_bytes_from(const struct eventlog *log, uint64_t seq)
{
	uint32_t start;

	if (seq > log->head)
		return 0;
	if (seq <= log->low)
		return log->end - log->tail;
	start = eventlog_entry(log, seq)->position;
	return (uint32_t)log->end - start;
}
