/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the devices to the line: what they send and ask goes through the scheduler to the link, and from there
 * to the port; breaks and settings go to the port alone.
 */
#include "base/clock.h"
#include "channel/device.h"
#include "channel/line_inside.h"
#include "transport/capture.h"

void line_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct line *line = arg;
	size_t taken = transport_write(line->transport, bytes, len);

	line->counts.of[COUNT_BYTES_SENT] += taken;
	line->counts.of[COUNT_UNSENT] += len - taken;
	if (line->capture && taken)
		capture_add(line->capture, CAPTURE_SENT, bytes, taken, clock_wall_ns());
	if (taken < len)
		log_limited(&line->refused_limit, LOG_WARNING,
			    "%zu of %zu bytes could not be sent: the line takes no more; is its "
			    "flow control as the device wants it?",
			    len - taken, len);
}

int line_send(struct line *line, const uint8_t *data, size_t len)
{
	struct err err;

	if (!line->is_open)
		return -1;
	line->is_touched = true;
	if (link_send(line->link, data, len, &err) < 0) {
		log_limited(&line->refused_limit, LOG_WARNING, "cannot send: %s", err.text);
		return -1;
	}
	if (line->config->raw == CONFIG_RAW_ALL)
		publisher_raw(line->source, EVENT_SENT, data, len, clock_wall_ns());
	return 0;
}

int line_ask(struct device *device, const struct dragoman_ask *ask)
{
	device->line->is_touched = true;
	return scheduler_queue(device->slot, ask, clock_mono_ns());
}

static int scheduler_send(void *arg, const uint8_t *data, size_t len, bool is_raw)
{
	struct device *device = arg;
	struct line *line = device->line;

	if (!is_raw)
		return line_send(line, data, len);
	if (!line->is_open)
		return -1;
	line_write(line, data, len);
	if (line->config->raw == CONFIG_RAW_ALL)
		publisher_raw(line->source, EVENT_SENT, data, len, clock_wall_ns());
	return 0;
}

static int scheduler_send_break(void *arg, int64_t duration_ns)
{
	struct device *device = arg;

	if (transport_break(device->line->transport, duration_ns) == 0)
		return 0;
	log_limited(&device->line->settings_limit, LOG_INFO,
		    "%s: the device wants a break, and this port has none", device->name);
	return -1;
}

/* That a port without settings is set back to them is no news. */
static void scheduler_set_line(void *arg, const struct dragoman_line *settings)
{
	struct device *device = arg;
	bool is_back = !settings->baud && !settings->format;

	if (transport_set_line(device->line->transport, settings->baud, settings->format) < 0 &&
	    !is_back)
		log_limited(
			&device->line->settings_limit, LOG_INFO,
			"%s: the line changes its settings (%u baud, format %s; 0 or -: as they "
			"are), which this port does not do; its other end has to",
			device->name, (unsigned)settings->baud,
			settings->format ? settings->format : "-");
}

static void scheduler_ended(void *arg, uint64_t cookie, enum dragoman_end end)
{
	device_exchange_done(arg, cookie, end);
}

static void scheduler_unanswered(void *arg, unsigned in_a_row)
{
	device_unanswered(arg, in_a_row);
}

const struct scheduler_events line_scheduler_events = {
	.send = scheduler_send,
	.send_break = scheduler_send_break,
	.set_line = scheduler_set_line,
	.ended = scheduler_ended,
	.unanswered = scheduler_unanswered,
};
