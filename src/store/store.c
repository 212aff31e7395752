/* SPDX-License-Identifier: Apache-2.0 */
/* The store as a whole: its birth and death, its segments, what there is; see store.h. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "store/inside.h"

static int open_all(struct store *store, const char *dir, const struct store_recovery *recovery,
		    struct err *err)
{
	if (dir_open(&store->dir, dir, err) < 0 || recover(store, recovery, err) < 0 ||
	    commit_init(store, err) < 0 || prepare_init(store, err) < 0 ||
	    reads_init(store, err) < 0)
		return -1;
	return 0;
}

struct store *store_open(struct loop *loop, const struct store_settings *settings,
			 const struct store_recovery *recovery, const struct store_events *events,
			 uint8_t stream[STORE_STREAM_SIZE], struct err *err)
{
	struct store *store = xcalloc(1, sizeof *store);

	must(settings->segment_size % STORE_BLOCK == 0 &&
	     settings->segment_size >= 32 * STORE_BLOCK);
	store->loop = loop;
	store->settings = *settings;
	store->settings.dir = NULL;
	if (!store->settings.retry_ns)
		store->settings.retry_ns = 10 * NS_PER_S;
	store->events = *events;
	store->needed = UINT64_MAX;
	store->dir.fd = store->dir.lock_fd = store->commit.work.fd = -1;
	store->age_mono_ns = clock_mono_ns();
	memcpy(store->stream, stream, STORE_STREAM_SIZE);
	if (open_all(store, settings->dir, recovery, err) < 0) {
		store_close(&store);
		return NULL;
	}
	memcpy(stream, store->stream, STORE_STREAM_SIZE);
	prepare_look(store);
	return store;
}

void store_close(struct store **store)
{
	if (!*store)
		return;
	commit_fini(*store);
	prepare_fini(*store);
	reads_fini(*store);
	dir_close(&(*store)->dir);
	free((*store)->segments);
	free(*store);
	*store = NULL;
}

/* ---- segments ---- */

struct segment *store_newest(const struct store *store)
{
	return store->n ? &store->segments[store->n - 1] : NULL;
}

ssize_t store_find(const struct store *store, uint64_t id)
{
	size_t from = 0, to = store->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (store->segments[middle].header.id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < store->n && store->segments[from].header.id == id ? (ssize_t)from : -1;
}

void store_add_segment(struct store *store, const struct segment *segment)
{
	store->segments = xreallocarray(store->segments, store->n + 1, sizeof *store->segments);
	store->segments[store->n++] = *segment;
}

uint64_t store_age(const struct store *store)
{
	return store->age + (uint64_t)(clock_mono_ns() - store->age_mono_ns);
}

void store_damage(struct store *store, uint64_t id, uint64_t offset, const char *what)
{
	ssize_t i = store_find(store, id);
	char name[DIR_NAME_SIZE];

	if (i < 0 || store->segments[i].damage_seen > offset)
		return;
	store->segments[i].damage_seen = offset + 1;
	store->damaged++;
	log_warning(
		"%s/%s is damaged at byte %llu: %s; what else it holds is served. Look at the disk, and at "
		"dragoman-store(7)",
		store->dir.path, dir_name(id, name), (unsigned long long)offset, what);
}

void store_set_needed(struct store *store, uint64_t seq)
{
	store->needed = seq;
}

/* ---- what there is ---- */

/* Groups of this segment that have this number or a later one: from its events, as if all had one length, and their
 * numbers were the last ones. A start in between, where numbers jump, makes it too much. */
static uint64_t bytes_from(const struct segment *s, uint64_t seq)
{
	uint64_t used = s->end - STORE_BLOCK, events;

	if (s->is_bad || s->last < seq)
		return 0;
	events = s->last - seq + 1;
	if (seq <= s->header.from || events >= s->events)
		return used;
	return (uint64_t)((double)used * (double)events / (double)s->events);
}

uint64_t store_bytes_from(const struct store *store, uint64_t seq)
{
	uint64_t sum = 0;

	for (size_t i = store->n;
	     i-- > 0 && (store->segments[i].last >= seq || store->segments[i].is_bad);)
		sum += bytes_from(&store->segments[i], seq);
	return sum;
}

/* The newest, if none is. */
static const struct segment *oldest_readable(const struct store *store)
{
	const struct segment *s = store->segments;

	while (s->is_bad && s != store_newest(store))
		s++;
	return s;
}

struct store_stats store_stats(const struct store *store)
{
	struct store_stats stats = {
		.size = store->settings.size,
		.needed_bytes =
			store->needed == UINT64_MAX ? 0 : store_bytes_from(store, store->needed),
		.segments = (uint32_t)store->n,
		.groups = store->groups,
		.events = store->events_kept,
		.commit_ns = store->commit_ns,
		.slowest_commit_ns = store->slowest_commit_ns,
		.failures = store->failures,
		.damaged = store->damaged,
	};

	for (size_t i = 0; i < store->n; i++)
		stats.bytes += store->segments[i].header.size;
	if (store->n) {
		const struct segment *oldest = oldest_readable(store);

		stats.oldest = oldest->header.from;
		stats.oldest_time = oldest->header.begun;
		stats.newest = store_newest(store)->last;
	}
	return stats;
}
