/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be kept for durable subscribers, and what is too old for them by their own limits; see durable.h.
 *
 * A number's age is counted from when it was given, by a clock that nobody sets (ages.h). Of what was there before
 * this start only the wall time is known.
 */
#include "base/clock.h"
#include "base/log.h"
#include "hub/durable.h"
#include "hub/hub.h"

/* Of what is sure to stay, the store without the segment that goes next: from when on a subscriber is heavy, and until
 * when it stays so. */
enum { HEAVY_PERCENT = 80, LIGHT_PERCENT = 70 };

/* ---- What is too old ---- */

static int64_t seconds_since(uint64_t time, int64_t now)
{
	return now > (int64_t)time ? (now - (int64_t)time) / NS_PER_S : 0;
}

bool durable_is_old(const struct durable *durable, uint64_t last, uint64_t newest_time)
{
	const struct hub *hub = durable->hub;
	const struct ages *ages = &hub->durables.ages;
	int64_t age_s;

	if (last < durable->floor)
		return true;
	if (!durable->terms.retain_s || !ages->n || last > ages->at[0].seq)
		return false;
	age_s = seconds_since(newest_time, hub->started) + (hub->now_s - ages->at[0].now_s);
	return age_s > durable->terms.retain_s;
}

uint64_t durable_oldest_time(const struct durable *durable)
{
	const struct hub *hub = durable->hub;
	const struct ages *ages = &hub->durables.ages;
	uint32_t then_s = ages_of(ages, durable->place + 1, hub->now_s);

	if (durable->place >= hub->kept)
		return 0;
	if (ages->n && durable->place < ages->at[0].seq)
		return store_stats(hub->storage.store).oldest_time;
	return (uint64_t)(clock_wall_ns() - (int64_t)(hub->now_s - then_s) * NS_PER_S);
}

/* The first number with at most that many bytes from there on. */
static uint64_t first_within(const struct store *store, uint64_t low, uint64_t high, uint64_t bytes)
{
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (store_bytes_from(store, middle) > bytes)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t floor_of(const struct durable *durable)
{
	const struct durable_terms *terms = &durable->terms;
	const struct hub *hub = durable->hub;
	const struct ages *ages = &hub->durables.ages;
	uint64_t floor = 0, by_age;

	if (terms->retain_bytes &&
	    store_bytes_from(hub->storage.store, durable->place + 1) > terms->retain_bytes)
		floor = first_within(hub->storage.store, durable->place + 1, hub->kept + 1,
				     terms->retain_bytes);
	if (!terms->retain_s || terms->retain_s >= hub->now_s)
		return floor;
	by_age = ages_until(ages, hub->now_s - terms->retain_s - 1);
	/* The first sample is of what was there before this start: see durable_is_old. */
	if (by_age > ages->at[0].seq && by_age + 1 > floor)
		floor = by_age + 1;
	return floor;
}

void durable_look(struct durable *durable)
{
	durable->floor = floor_of(durable);
}

/* ---- What the store keeps ---- */

void durables_need(struct durables *durables, uint64_t place)
{
	if (place >= durables->needed)
		return;
	durables->needed = place;
	store_set_needed(durables->hub->storage.store, place);
}

/* What stands before it, it does not need. */
static uint64_t needed_from(const struct durable *durable)
{
	return durable->floor > durable->place + 1 ? durable->floor : durable->place + 1;
}

/* A quiet filter holds nothing, however old its place is. */
static bool holds_something(const struct durable *durable)
{
	const struct cursor cursor = {.filter = durable->terms.filter};

	return cursor_newest_kept(&cursor, &durable->hub->devices) >= needed_from(durable);
}

static bool loses_something(const struct durable *durable)
{
	const struct cursor cursor = {.filter = durable->terms.filter};

	return cursor_newest_dropped(&cursor, &durable->hub->devices, 0) >= needed_from(durable);
}

static void weigh(struct durable *durable, const struct store_settings *store)
{
	uint64_t sure = store->size - store->segment_size;
	uint64_t held = store_bytes_from(durable->hub->storage.store, needed_from(durable));

	if (held < sure / 100 * LIGHT_PERCENT)
		durable->is_heavy = false;
	if (durable->is_heavy || held < sure / 100 * HEAVY_PERCENT || !holds_something(durable))
		return;
	durable->is_heavy = true;
	log_warning(
		"durable subscriber %s has not acknowledged %llu of the %llu MiB of the store; when "
		"they are used up it loses the oldest: look after it, give the store more room, or "
		"remove it (dragoman subscribers)",
		durable->name, (unsigned long long)held >> 20,
		(unsigned long long)store->size >> 20);
}

void durables_sweep(struct durables *durables)
{
	struct hub *hub = durables->hub;
	struct durable *durable, *next;
	uint64_t needed = UINT64_MAX;

	if (!storage_is_on(&hub->storage))
		return;
	durables->swept = hub->log.bytes;
	ages_note(&durables->ages, hub->now_s, hub->kept);
	HASH_ITER (hh, durables->by_name, durable, next) {
		durable_look(durable);
		if (needed_from(durable) - 1 < needed)
			needed = needed_from(durable) - 1;
		weigh(durable, &hub->storage.settings.store);
	}
	durables->needed = needed;
	store_set_needed(hub->storage.store, needed);
}

/* It is said once, until the subscriber has caught up. */
void durables_dropped(struct durables *durables, uint64_t oldest)
{
	struct durable *durable, *next;

	HASH_ITER (hh, durables->by_name, durable, next) {
		bool is_losing = needed_from(durable) < oldest && loses_something(durable);

		if (is_losing && !durable->is_losing)
			log_warning(
				"durable subscriber %s loses events: the store is full, and the "
				"oldest go, which it has not acknowledged",
				durable->name);
		durable->is_losing = is_losing;
	}
}
