/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port under the line: it is opened, lost and tried again, it pauses, and its bytes go to the link. What
 * becomes of it the line's devices are told, and the stream as the state of $channel/NAME.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "channel/line_inside.h"
#include "transport/capture.h"

static void say_state(struct line *line, enum event_state state, const char *reason,
		      const char *text)
{
	if (line->state == state && line->reason && strcmp(line->reason, reason) == 0)
		return;
	free(line->reason);
	line->reason = xstrdup(reason);
	line->state = state;
	publisher_state(line->source, state, reason, text);
}

void line_open(struct line *line)
{
	say_state(line, EVENT_STARTING, "", transport_describe(line->transport));
	for (size_t i = 0; i < line->n_devices; i++)
		device_start(line->devices[i]);
	transport_open(line->transport);
}

bool line_closing(struct line *line)
{
	bool is_closing = false;

	for (size_t i = 0; i < line->n_devices && line->is_open; i++)
		is_closing |= device_closing(line->devices[i]);
	return is_closing;
}

void line_close(struct line *line)
{
	line->is_closed = true;
	timer_clear(&line->retry);
	timer_clear(&line->due);
	if (line->is_open)
		link_reset(line->link);
	line->is_open = false;
	transport_close(line->transport);
}

bool line_can_wait(const struct line *line)
{
	return transport_can_wait(line->transport);
}

void line_pause(struct line *line, bool is_paused)
{
	line->is_paused = is_paused;
	if (is_paused)
		line->counts.of[COUNT_PAUSED]++;
	scheduler_pause(line->scheduler, is_paused);
	line_set_due(line);
	if (line_can_wait(line))
		transport_pause(line->transport, is_paused);
}

bool line_is_paused(const struct line *line)
{
	return line->is_paused;
}

static void opened(void *arg, const char *detail)
{
	struct line *line = arg;

	must(line->magic == LINE_MAGIC);
	log_limited(&line->life_limit, LOG_INFO, "%s is open", detail);
	line->counts.of[COUNT_OPENED]++;
	line->is_open = line->is_touched = true;
	say_state(line, EVENT_ONLINE, "", detail);
	scheduler_line(line->scheduler, true, clock_mono_ns());
	for (size_t i = 0; i < line->n_devices; i++)
		device_line(line->devices[i], true, "", detail);
}

static void waiting(void *arg, const char *detail)
{
	struct line *line = arg;

	log_limited(&line->life_limit, LOG_INFO, "waiting %s", detail);
	say_state(line, line->counts.of[COUNT_LOST] ? EVENT_STALE : EVENT_STARTING, "waiting",
		  detail);
}

/* A line that cannot be opened says so once; that it is tried again and again is no news. */
static void log_loss(struct line *line, bool was_open, const char *reason, const char *text,
		     bool is_final)
{
	const char *what = transport_describe(line->transport);
	bool is_news = was_open || line->state != EVENT_STALE || !line->reason ||
		       strcmp(line->reason, reason) != 0;
	const char *then = is_final ? "" : "; trying again";

	if (!is_news)
		log_debug("%s: still %s", what, reason);
	else if (is_final && was_open)
		log_info("%s: %s (%s)", what, text, reason);
	else
		log_limited(&line->life_limit, LOG_WARNING, "%s: %s (%s)%s", what, text, reason,
			    then);
}

static void lost(void *arg, const char *reason, const char *text, bool is_final)
{
	struct line *line = arg;
	bool was_open = line->is_open;

	must(line->magic == LINE_MAGIC);
	log_loss(line, was_open, reason, text, is_final);
	line->is_open = false;
	line->is_touched = true;
	if (was_open) {
		line->counts.of[COUNT_LOST]++;
		link_reset(line->link);
	}
	say_state(line, EVENT_STALE, reason, text);
	scheduler_line(line->scheduler, false, clock_mono_ns());
	for (size_t i = 0; i < line->n_devices; i++)
		device_line(line->devices[i], false, reason, text);
	if (is_final)
		return;
	timer_set(&line->retry, line->retry_ns);
	line->retry_ns *= 2;
	if (line->retry_ns > line->config->retry.most_ns)
		line->retry_ns = line->config->retry.most_ns;
}

void line_retry(void *arg)
{
	struct line *line = arg;

	transport_open(line->transport);
}

static void received(void *arg, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	struct line *line = arg;

	must(line->magic == LINE_MAGIC);
	line->counts.of[COUNT_BYTES_RECEIVED] += len;
	if (line->capture)
		capture_add(line->capture, CAPTURE_RECEIVED, bytes, len, received_ns);
	line->is_touched = true;
	/* Not as soon as it opens: what ends each time it has begun is not tried ever so often. */
	line->retry_ns = line->config->retry.first_ns;
	scheduler_received(line->scheduler, clock_mono_ns());
	link_receive(line->link, bytes, len, received_ns, clock_mono_ns());
}

static void drained(void *arg)
{
	struct line *line = arg;

	line->is_touched = true;
	scheduler_written(line->scheduler, clock_mono_ns());
}

const struct transport_events line_transport_events = {
	.opened = opened,
	.received = received,
	.drained = drained,
	.lost = lost,
	.waiting = waiting,
};
