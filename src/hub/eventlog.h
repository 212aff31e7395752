/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: the newest events in memory, each as the bytes of its frame on the wire, ready to be sent.
 *
 *	ring    ...|frame|frame|frame|frame|...      tail <= position < end, one frame after the other
 *	index   number & mask -> where the frame is, how long, which device, kind and key
 *
 * Numbers low to head are held; low is head + 1 when none is. The oldest give way to the new, and the
 * owner is told of each before its bytes are gone.
 */
#ifndef HUB_EVENTLOG_H
#define HUB_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "hub/ring.h"

enum { EVENTLOG_NO_KEY = 0xffffffff };

/* A device and a kind in one number: what filters are bitmaps over. */
static inline uint32_t slot_of(uint32_t device, uint32_t kind)
{
	return device << 3 | (kind & 7);
}

static inline uint32_t slot_device(uint32_t slot)
{
	return slot >> 3;
}

struct eventlog_entry {
	uint32_t position; /* its low bits, which are enough for any ring of up to 4 GiB */
	uint32_t size;     /* of the frame with its length in front */
	uint32_t slot;
	uint32_t key;  /* of a reading, see device.h; EVENTLOG_NO_KEY */
	uint64_t time; /* of the event */
};

typedef void eventlog_drop_fn(void *arg, uint64_t seq, const struct eventlog_entry *entry);

struct eventlog {
	struct ring ring;
	struct eventlog_entry *index;
	uint64_t *newest_time; /* a block of events: the latest time among them, for searching */
	uint64_t mask;
	uint64_t tail, end;
	uint64_t low, head;
	uint64_t events, bytes; /* appended so far */
	eventlog_drop_fn *drop;
	void *arg;
};

/* What is about to be appended. */
struct eventlog_new {
	uint32_t device, kind, key;
	uint64_t time;
	const uint8_t *event;
	size_t len;
};

/* size is the ring's; the number after `before` is the first. */
int eventlog_init(struct eventlog *log, size_t size, uint64_t before, eventlog_drop_fn *drop,
		  void *arg, struct err *err);
void eventlog_fini(struct eventlog *log);
/* Of a log that is empty: the number after `before` is the first. */
void eventlog_start(struct eventlog *log, uint64_t before);

/* The longest event that may be appended. */
size_t eventlog_max_event(const struct eventlog *log);

/* Appends one event and returns its number. */
uint64_t eventlog_append(struct eventlog *log, const struct eventlog_new *event);

static inline const struct eventlog_entry *eventlog_entry(const struct eventlog *log, uint64_t seq)
{
	return &log->index[seq & log->mask];
}

static inline uint8_t *eventlog_frame(const struct eventlog *log,
				      const struct eventlog_entry *entry)
{
	return ring_at(&log->ring, entry->position);
}

static inline bool eventlog_has(const struct eventlog *log, uint64_t seq)
{
	return seq >= log->low && seq <= log->head;
}

/* The first number held, from `from` on, whose event has this time or a later one; head + 1 if there is
 * none. */
uint64_t eventlog_find_time(const struct eventlog *log, uint64_t from, uint64_t time);

/* Bytes held from this number on. */
uint64_t eventlog_bytes_from(const struct eventlog *log, uint64_t seq);

#endif
