/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: frames whose sender waits for the link's answer. The device is told last: a record is open at the
 * publisher while its frame is offered to the devices, what they publish belongs to it, and once all of that
 * is kept, or will not be, the link answers.
 */
#include "base/clock.h"
#include "base/must.h"
#include "channel/line_inside.h"

static void record_kept(void *arg, uint64_t ticket, bool is_kept)
{
	struct line *line = arg;

	must(line->magic == LINE_MAGIC);
	line->is_touched = true;
	link_settle(line->link, ticket, is_kept ? LINK_KEPT : LINK_NOT_KEPT, clock_mono_ns());
}

void record_open(struct line *line, struct offer *offer)
{
	offer->record = publisher_open_record(line->publisher, record_kept, line, offer->ticket);
}

void record_close(const struct offer *offer)
{
	struct publisher_record *record = offer->record;

	publisher_close_record(&record);
}

void record_refuse(struct line *line, const struct offer *offer, enum link_fate fate)
{
	struct publisher_record *record = offer->record;

	if (!record)
		return;
	publisher_abandon_record(&record);
	link_settle(line->link, offer->ticket, fate, clock_mono_ns());
}
