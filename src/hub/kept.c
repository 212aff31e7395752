/* SPDX-License-Identifier: Apache-2.0 */
/* What publishers are told of their events: that they are on disk, or never will be; see publisher.h. */
#include "base/clock.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/publisher_inside.h"

/* OUT_MOST: a publisher that does not read gets no Kept. */
enum { OUT_MOST = 64 * 1024 };

#define KEPT_NS (50 * NS_PER_MS)

void publisher_list(struct publisher *publisher, size_t bytes)
{
	struct publishers *publishers = &publisher->hub->publishers;

	publisher->unacknowledged += bytes;
	if (publisher->is_listed)
		return;
	publisher->is_listed = true;
	TAILQ_INSERT_TAIL(&publishers->unacknowledged, publisher, link);
	if (!timer_is_set(&publishers->kept))
		timer_set(&publishers->kept, KEPT_NS);
}

static void tell_refused(struct publisher *publisher)
{
	if (!publisher->refused.count || !publisher->line)
		return;
	publisher_say_loss(
		publisher, publisher->line, publisher->refused.count, publisher->refused.from,
		"events of a device that the publisher has not declared, or was refused");
	publisher->refused.count = 0;
}

static void send_kept(struct publisher *publisher, uint64_t number, bool on_disk)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Kept kept = DRAGOMAN__V1__KEPT__INIT;

	kept.number = number;
	kept.on_disk = on_disk;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_KEPT;
	frame.kept = &kept;
	client_reply(publisher->client, 0, &frame);
}

/* Cumulative, in up to three: what is on disk, what never will be, and what came to the disk after it. */
static void tell_kept(struct publisher *publisher)
{
	bool has_store = storage_is_on(&publisher->hub->storage);

	if (publisher->hole.first && !publisher->hole.is_told) {
		if (publisher->told + 1 < publisher->hole.first)
			send_kept(publisher, publisher->hole.first - 1, true);
		send_kept(publisher, publisher->hole.last, false);
	}
	if (!publisher->hole.first || publisher->kept > publisher->hole.last)
		send_kept(publisher, publisher->kept, has_store);
	else if (publisher->hole.is_told) /* it has sent again what is in the hole */
		send_kept(publisher, publisher->kept, false);
	publisher->hole.is_told = publisher->hole.first;
	publisher->told = publisher->kept;
}

void publisher_acknowledge(struct publisher *publisher)
{
	struct publishers *publishers = &publisher->hub->publishers;

	if (!storage_is_on(&publishers->hub->storage)) {
		tell_refused(publisher);
		publisher->kept = publisher->received;
	}
	publisher->unacknowledged = 0;
	publisher->is_repeated = false;
	if (publisher->client)
		tell_kept(publisher);
	if (publisher->kept < publisher->received)
		return;
	TAILQ_REMOVE(&publishers->unacknowledged, publisher, link);
	publisher->is_listed = false;
	if (publisher->is_leaving)
		publisher_leave(publisher);
}

static bool has_news(const struct publisher *publisher)
{
	return !storage_is_on(&publisher->hub->storage) || publisher->is_repeated ||
	       publisher->told < publisher->kept || !publisher->client;
}

static bool is_hurried(const struct publisher *publisher)
{
	return publisher->told < publisher->prompt || publisher->is_leaving ||
	       publisher->unacknowledged >= KEPT_BYTES;
}

void publishers_acknowledge(struct publishers *publishers)
{
	struct publisher *publisher, *next;

	if (!publishers->is_due)
		return;
	for (publisher = TAILQ_FIRST(&publishers->unacknowledged); publisher; publisher = next) {
		next = TAILQ_NEXT(publisher, link);
		if (has_news(publisher) && (publishers->is_all_due || is_hurried(publisher)) &&
		    (!publisher->client || publisher->client->out.len < OUT_MOST))
			publisher_acknowledge(publisher);
	}
	publishers->is_due = publishers->is_all_due = false;
	if (TAILQ_EMPTY(&publishers->unacknowledged))
		timer_clear(&publishers->kept);
	else if (!timer_is_set(&publishers->kept))
		timer_set(&publishers->kept, KEPT_NS);
}

/* ---- What the storage tells ---- */

void publishers_tell_refused(struct publishers *publishers)
{
	struct publisher *publisher;

	TAILQ_FOREACH(publisher, &publishers->unacknowledged, link)
	tell_refused(publisher);
}

/* Whether the event is one of this incarnation, and its number. */
static bool is_own(const struct publisher *publisher, const struct eventlog_entry *entry,
		   uint64_t *number_out)
{
	const struct hub *hub = publisher->hub;
	const struct device *device = devices_get(&hub->devices, slot_device(entry->slot));
	struct event_scan scan;
	const uint8_t *event;
	size_t len;

	if (device->publisher != publisher)
		return false;
	event = stamp_event(eventlog_frame(&hub->log, entry), entry->size, &len);
	if (scan_event(event, len, &scan) < 0 || scan.incarnation != publisher->incarnation ||
	    !event_text_is(scan.publisher, publisher->name))
		return false;
	*number_out = scan.number;
	return true;
}

/* Its last number in a cut that does not have its last event. */
static uint64_t number_in(const struct publisher *publisher, uint64_t first, uint64_t last)
{
	const struct eventlog *log = &publisher->hub->log;
	uint64_t number;

	for (uint64_t seq = last; seq >= first; seq--)
		if (is_own(publisher, eventlog_entry(log, seq), &number))
			return number;
	return publisher->kept;
}

void publishers_cut(struct publishers *publishers, uint64_t first, uint64_t last)
{
	struct publisher *publisher;

	TAILQ_FOREACH(publisher, &publishers->unacknowledged, link)
	publisher->cut = publisher->received_seq <= last ? publisher->received
							 : number_in(publisher, first, last);
}

void publishers_kept(struct publishers *publishers, bool is_all)
{
	struct publisher *publisher;

	TAILQ_FOREACH(publisher, &publishers->unacknowledged, link)
	if (publisher->cut > publisher->kept)
		publisher->kept = publisher->cut;
	publishers->is_due = true;
	publishers->is_all_due |= is_all;
}

void publishers_unkept(struct publishers *publishers)
{
	struct publisher *publisher;

	TAILQ_FOREACH(publisher, &publishers->unacknowledged, link)
	{
		if (publisher->kept == publisher->received)
			continue;
		if (!publisher->hole.first ||
		    (publisher->hole.is_told && publisher->hole.last < publisher->kept))
			publisher->hole.first = publisher->kept + 1;
		publisher->hole.is_told = false;
		publisher->hole.last = publisher->kept = publisher->received;
	}
	publishers->is_due = publishers->is_all_due = true;
}
