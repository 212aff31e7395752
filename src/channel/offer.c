/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame that looks for its device: it is offered to the one whose exchange is under way, then to the
 * others, until one takes it or refuses it. A device whose adapter may block says its word later, and the
 * offer goes on from there.
 */
#include "base/clock.h"
#include "channel/device.h"
#include "channel/line_inside.h"

/* The n-th device that an offer goes to, or NULL: first the one that waits for a reply, then the rest. */
static struct device *candidate(const struct line *line, const struct offer *offer)
{
	if (offer->at == 0)
		return offer->first;
	return offer->at <= line->n_devices ? line->devices[offer->at - 1] : NULL;
}

/* The device it goes to next; the first one is not asked twice. */
static struct device *next_candidate(const struct line *line, struct offer *offer)
{
	while (offer->at <= line->n_devices) {
		struct device *device = candidate(line, offer);

		if (device && (offer->at == 0 || device != offer->first))
			return device;
		offer->at++;
	}
	return NULL;
}

/* True if the offer goes on to the next device. */
static bool take_verdict(struct line *line, struct device *device, struct offer *offer,
			 enum dragoman_verdict verdict)
{
	uint64_t cookie;

	if (verdict == DRAGOMAN_UNKNOWN || verdict == DRAGOMAN_FOREIGN ||
	    verdict == DRAGOMAN_UNSOLICITED) {
		offer->is_unknown |= verdict == DRAGOMAN_UNKNOWN;
		if (verdict == DRAGOMAN_UNSOLICITED)
			offer->unsolicited = device;
		offer->at++;
		return true;
	}
	if (verdict >= DRAGOMAN_SHORT && verdict <= DRAGOMAN_RANGE) {
		line_offer_refused(line, offer, verdict, device);
		return false;
	}
	line->counts.adapter[verdict]++;
	device_heard(device);
	record_close(offer);
	scheduler_understood(line->scheduler);
	if (scheduler_current(line->scheduler, &cookie) != device || cookie != offer->cookie)
		return false;
	if (verdict == DRAGOMAN_REPLY)
		scheduler_replied(line->scheduler, clock_mono_ns());
	else if (verdict == DRAGOMAN_PART)
		scheduler_part(line->scheduler, clock_mono_ns());
	return false;
}

static void offer_on(struct line *line, struct offer *offer)
{
	struct device *device;

	while ((device = next_candidate(line, offer))) {
		enum dragoman_verdict verdict;
		uint64_t cookie = device == offer->first ? offer->cookie : 0;

		if (!device_frame(device, offer, cookie, &verdict))
			return; /* line_verdict goes on */
		if (!take_verdict(line, device, offer, verdict))
			return;
	}
	if (offer->unsolicited)
		line_offer_refused(line, offer, DRAGOMAN_UNSOLICITED, offer->unsolicited);
	else
		line_offer_refused(line, offer,
				   offer->is_unknown ? DRAGOMAN_UNKNOWN : DRAGOMAN_FOREIGN, NULL);
}

void line_verdict(struct line *line, struct device *device, const struct offer *offer,
		  enum dragoman_verdict verdict)
{
	struct offer on = *offer;

	line->is_touched = true;
	if (take_verdict(line, device, &on, verdict))
		offer_on(line, &on);
}

static void offer_first(struct line *line, struct offer *offer)
{
	line->counts.of[COUNT_FRAMES]++;
	if (line->config->raw == CONFIG_RAW_ALL)
		publisher_raw(line->source, EVENT_RECEIVED, offer->data, offer->len,
			      offer->received_ns);
	offer->first = scheduler_current(line->scheduler, &offer->cookie);
	offer_on(line, offer);
}

void line_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct offer offer = {.data = payload, .len = len, .received_ns = received_ns};

	offer_first(arg, &offer);
}

void line_record(void *arg, const uint8_t *payload, size_t len, int64_t received_ns,
		 uint64_t ticket)
{
	struct line *line = arg;
	struct offer offer = {
		.data = payload, .len = len, .received_ns = received_ns, .ticket = ticket};

	record_open(line, &offer);
	offer_first(line, &offer);
}

void line_lost_frame(struct line *line, const struct offer *offer)
{
	line->counts.of[COUNT_UNOFFERED]++;
	record_refuse(line, offer, LINK_NOT_KEPT);
}
