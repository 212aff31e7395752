/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came over the line and is of no use to any device: refused by the link or by an adapter, or known to
 * nobody. It is counted, logged with its first bytes in hex, and given to the stream as far as the
 * configuration wants it.
 */
#include "base/clock.h"
#include "base/hex.h"
#include "channel/device.h"
#include "channel/line_inside.h"

enum { SAMPLE_LEN = 32, NOISE_MOST = 5 };

static void log_refused(struct line *line, const char *who, const char *verdict,
			const char *problem, const uint8_t *bytes, size_t len)
{
	char hex[3 * SAMPLE_LEN + 4];

	log_limited(&line->refused_limit, LOG_WARNING, "%s%s%s%s%s, %zu bytes: %s", who,
		    *who ? ": " : "", verdict, *problem ? ": " : "", problem, len,
		    hex_text(bytes, len, hex, sizeof hex));
}

/* With several devices nobody knows whose it was. */
static void tell_spoilt(struct line *line)
{
	if (line->n_devices == 1)
		device_spoilt(line->devices[0]);
}

/* Of a line that is all noise a few samples are enough: the stream is for what devices say. */
static bool is_noise_wanted(struct line *line)
{
	int64_t now = clock_mono_ns();

	if (now - line->noise_ns >= NS_PER_S) {
		line->noise_ns = now;
		line->n_noise = 0;
	}
	if (line->config->raw == CONFIG_RAW_REFUSED)
		return line->n_noise++ < NOISE_MOST;
	return line->config->raw == CONFIG_RAW_ALL;
}

void line_link_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct line *line = arg;

	line->counts.link[verdict]++;
	log_refused(line, "", link_verdict_name(verdict), link_problem(line->link), bytes, len);
	if (is_noise_wanted(line))
		publisher_raw(line->source, EVENT_RECEIVED, bytes, len, 0);
	tell_spoilt(line);
}

/* Bytes that were damaged may come better the next time. What is whole, and of no use to any device, is
 * not: it is acknowledged, once it is kept as far as the configuration wants it. */
static bool is_damage(enum dragoman_verdict verdict)
{
	return verdict >= DRAGOMAN_SHORT && verdict <= DRAGOMAN_FORMAT;
}

void line_offer_refused(struct line *line, const struct offer *offer, enum dragoman_verdict verdict,
			const struct device *who)
{
	line->counts.adapter[verdict]++;
	if (verdict == DRAGOMAN_FOREIGN || verdict == DRAGOMAN_UNSOLICITED)
		scheduler_understood(line->scheduler);
	if (verdict >= DRAGOMAN_SHORT)
		log_refused(line, who->name, adapter_verdict_name(verdict), "", offer->data,
			    offer->len);
	if (line->config->raw == CONFIG_RAW_REFUSED)
		publisher_raw(line->source, EVENT_RECEIVED, offer->data, offer->len,
			      offer->received_ns);
	if (is_damage(verdict))
		record_refuse(line, offer, LINK_NOT_GOOD);
	else
		record_close(offer);
	if (verdict >= DRAGOMAN_SHORT && verdict != DRAGOMAN_UNSOLICITED)
		tell_spoilt(line);
}
