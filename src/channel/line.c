/* SPDX-License-Identifier: Apache-2.0 */
/* The line; see line.h. */
#include "channel/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "transport/capture.h"
#include "transport/transport.h"

enum { LINE_MAGIC = 0x4c696e65, SAMPLE_LEN = 32, NOISE_MOST = 5 };

struct line {
	uint32_t magic;
	const struct config_channel *config;
	struct loop *loop;
	struct publisher *publisher;
	struct publisher_source *source; /* "$channel/NAME" */
	struct transport *transport;
	struct link *link;
	struct scheduler *scheduler;
	struct capture *capture;
	struct device **devices;
	size_t n_devices;

	bool is_open, is_closed, is_paused;
	enum event_state state;
	char *reason;            /* of the state that was said last */
	int64_t retry_ns;        /* the next delay before it is opened again */
	struct timer retry, due; /* due: the link's and the scheduler's deadlines */
	int64_t due_ns;          /* when the timer fires; 0: it does not run */
	bool is_touched;         /* something happened that may have moved the deadlines */
	struct line_counts counts;
	struct log_limit refused_limit;
	int64_t noise_ns; /* monotonic: when the present second of noise began */
	int n_noise;      /* samples published in it */
	struct log_limit settings_limit;
	struct log_limit life_limit; /* of a line that comes and goes all the time */

	void (*on_declared)(void *arg);
	void *on_declared_arg;
};

static const struct transport_events transport_events;
static const struct link_sink link_sink;
static const struct scheduler_events scheduler_events;

static void retry_fired(void *arg);
static void due_fired(void *arg);
static void set_due(struct line *line);

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

static int add_device(struct line *line, const struct config_device *config,
		      const struct conf_texts *plugins, struct conf_errors *errors)
{
	const char *name = config->profile ? "profile" : config->adapter;
	const struct dragoman_adapter *adapter;
	struct device *device;
	struct err err;

	adapter = adapter_find(name, plugins, &err);
	if (!adapter) {
		conf_error(errors, config->item.node, "%s", err.text);
		return -1;
	}
	device = device_new(line, config, adapter, errors);
	if (!device)
		return -1;
	line->devices[line->n_devices++] = device;
	return 0;
}

static int add_devices(struct line *line, const struct conf_texts *plugins,
		       struct conf_errors *errors)
{
	const struct conf_each *each = &line->config->devices;
	int status = 0;

	line->devices = xcalloc(each->n + 1, sizeof *line->devices);
	for (size_t i = 0; i < each->n; i++)
		if (add_device(line, each->list[i], plugins, errors) < 0)
			status = -1;
	return status;
}

/* What the configuration names, else what the devices want, who must want the same. */
static const struct conf_node *choose_link(struct line *line, struct conf_errors *errors)
{
	const struct conf_node *chosen = NULL;
	struct buf first = {0}, other = {0};

	if (line->config->link)
		return line->config->link;
	for (size_t i = 0; i < line->n_devices; i++) {
		const struct conf_node *link = adapter_default_link(line->devices[i]->instance);

		buf_clear(&other);
		if (link)
			conf_print_node(link, 0, &other);
		if (i == 0) {
			buf_add(&first, buf_bytes(&other), other.len);
			chosen = link;
		} else if (strcmp(buf_str(&first), buf_str(&other)) != 0) {
			conf_error(errors, line->config->item.node,
				   "the devices %s and %s want different links on one line; "
				   "say which it is with \"link:\"",
				   line->devices[0]->name, line->devices[i]->name);
		}
	}
	buf_fini(&first);
	buf_fini(&other);
	return chosen;
}

static int make_layers(struct line *line, struct conf_errors *errors)
{
	const struct config_channel *config = line->config;
	struct link_line link_line = {0};
	const struct conf_node *link;

	line->transport = transport_new(config->port, line->loop, &transport_events, line, errors);
	if (line->transport)
		link_line.char_ns = transport_char_ns(line->transport);
	link = choose_link(line, errors);
	line->link = link_new(link, &link_line, errors);
	if (!line->transport || !line->link)
		return -1;
	link_set_sink(line->link, &link_sink, line);
	return 0;
}

static int start_capture(struct line *line, struct conf_errors *errors)
{
	const struct config_channel *config = line->config;
	struct err err;

	if (!config->capture)
		return 0;
	line->capture = capture_new(line->loop, config->capture, config->capture_limit,
				    config->item.name, &err);
	if (line->capture)
		return 0;
	conf_error(errors, config->item.node, "%s", err.text);
	return -1;
}

struct line *line_new(struct loop *loop, struct publisher *publisher,
		      const struct config_channel *config, const struct conf_texts *plugins,
		      struct conf_errors *errors)
{
	struct line *line = xcalloc(1, sizeof *line);
	char *name = xasprintf("$channel/%s", config->item.name);
	size_t before = errors->n_errors;

	*line = (struct line){.magic = LINE_MAGIC,
			      .config = config,
			      .loop = loop,
			      .publisher = publisher,
			      .scheduler = scheduler_new(config->gap_ns, &scheduler_events),
			      .retry_ns = config->retry.first_ns,
			      .refused_limit = {.burst = 5, .period_ms = 10000},
			      .settings_limit = {.burst = 1, .period_ms = 3600000},
			      .life_limit = {.burst = 20, .period_ms = 60000}};
	timer_init(&line->retry, loop, retry_fired, line);
	timer_init(&line->due, loop, due_fired, line);
	line->source = publisher_add(publisher, name, NULL, NULL);
	free(name);
	if (add_devices(line, plugins, errors) < 0 || make_layers(line, errors) < 0 ||
	    start_capture(line, errors) < 0 || errors->n_errors > before)
		line_free(&line);
	return line;
}

void line_free(struct line **line)
{
	struct line *gone = *line;

	if (!gone)
		return;
	for (size_t i = 0; i < gone->n_devices; i++)
		device_free(&gone->devices[i]);
	free(gone->devices);
	timer_fini(&gone->retry);
	timer_fini(&gone->due);
	transport_free(&gone->transport);
	link_free(&gone->link);
	capture_free(&gone->capture);
	scheduler_free(&gone->scheduler);
	free(gone->reason);
	gone->magic = 0;
	free(gone);
	*line = NULL;
}

/* ---------------------------------------------------------------------------------------------
 * Opening and losing
 */

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
	set_due(line);
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

static void retry_fired(void *arg)
{
	struct line *line = arg;

	transport_open(line->transport);
}

/* ---------------------------------------------------------------------------------------------
 * From the line to the devices
 */

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

static void log_refused(struct line *line, const char *who, const char *verdict,
			const uint8_t *bytes, size_t len)
{
	char hex[3 * SAMPLE_LEN + 4];

	log_limited(&line->refused_limit, LOG_WARNING, "%s%s%s, %zu bytes: %s", who,
		    *who ? ": " : "", verdict, len, hex_text(bytes, len, hex, sizeof hex));
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

static void link_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct line *line = arg;

	line->counts.link[verdict]++;
	log_refused(line, "", link_verdict_name(verdict), bytes, len);
	if (is_noise_wanted(line))
		publisher_raw(line->source, EVENT_RECEIVED, bytes, len, 0);
	tell_spoilt(line);
}

/* ---------------------------------------------------------------------------------------------
 * Records: frames whose sender waits for the link's answer
 */

static void record_kept(void *arg, uint64_t ticket, bool is_kept)
{
	struct line *line = arg;

	must(line->magic == LINE_MAGIC);
	line->is_touched = true;
	link_settle(line->link, ticket, is_kept ? LINK_KEPT : LINK_NOT_KEPT, clock_mono_ns());
}

/* All that comes of it is published: its fate follows from that. */
static void close_record(const struct offer *offer)
{
	struct publisher_record *record = offer->record;

	publisher_close_record(&record);
}

static void refuse_record(struct line *line, const struct offer *offer, enum link_fate fate)
{
	struct publisher_record *record = offer->record;

	if (!record)
		return;
	publisher_abandon_record(&record);
	link_settle(line->link, offer->ticket, fate, clock_mono_ns());
}

/* Bytes that were damaged may come better the next time. What is whole, and of no use to any device, is
 * not: it is acknowledged, once it is kept as far as the configuration wants it. */
static bool is_damage(enum dragoman_verdict verdict)
{
	return verdict >= DRAGOMAN_SHORT && verdict <= DRAGOMAN_FORMAT;
}

/* ---------------------------------------------------------------------------------------------
 * Frames look for their device
 */

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

static void nobody_took(struct line *line, const struct offer *offer, enum dragoman_verdict verdict,
			const struct device *who)
{
	line->counts.adapter[verdict]++;
	if (verdict == DRAGOMAN_FOREIGN)
		scheduler_understood(line->scheduler);
	if (verdict >= DRAGOMAN_SHORT)
		log_refused(line, who->name, adapter_verdict_name(verdict), offer->data,
			    offer->len);
	if (line->config->raw == CONFIG_RAW_REFUSED)
		publisher_raw(line->source, EVENT_RECEIVED, offer->data, offer->len,
			      offer->received_ns);
	if (is_damage(verdict))
		refuse_record(line, offer, LINK_NOT_GOOD);
	else
		close_record(offer);
	if (verdict >= DRAGOMAN_SHORT)
		tell_spoilt(line);
}

/* True if the offer goes on to the next device. */
static bool take_verdict(struct line *line, struct device *device, struct offer *offer,
			 enum dragoman_verdict verdict)
{
	uint64_t cookie;

	if (verdict == DRAGOMAN_UNKNOWN || verdict == DRAGOMAN_FOREIGN) {
		offer->is_unknown |= verdict == DRAGOMAN_UNKNOWN;
		offer->at++;
		return true;
	}
	if (verdict >= DRAGOMAN_SHORT && verdict <= DRAGOMAN_RANGE) {
		nobody_took(line, offer, verdict, device);
		return false;
	}
	line->counts.adapter[verdict]++;
	device_heard(device);
	close_record(offer);
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
	nobody_took(line, offer, offer->is_unknown ? DRAGOMAN_UNKNOWN : DRAGOMAN_FOREIGN, NULL);
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

static void link_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct offer offer = {.data = payload, .len = len, .received_ns = received_ns};

	offer_first(arg, &offer);
}

static void link_record(void *arg, const uint8_t *payload, size_t len, int64_t received_ns,
			uint64_t ticket)
{
	struct line *line = arg;
	struct offer offer = {
		.data = payload, .len = len, .received_ns = received_ns, .ticket = ticket};

	offer.record = publisher_open_record(line->publisher, record_kept, line, ticket);
	offer_first(line, &offer);
}

/* ---------------------------------------------------------------------------------------------
 * From the devices to the line
 */

static void link_write(void *arg, const uint8_t *bytes, size_t len)
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
	link_write(line, data, len);
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

static void drained(void *arg)
{
	struct line *line = arg;

	line->is_touched = true;
	scheduler_written(line->scheduler, clock_mono_ns());
}

static const struct transport_events transport_events = {
	.opened = opened,
	.received = received,
	.drained = drained,
	.lost = lost,
	.waiting = waiting,
};

static const struct link_sink link_sink = {
	.frame = link_frame,
	.refused = link_refused,
	.write = link_write,
	.record = link_record,
};

static const struct scheduler_events scheduler_events = {
	.send = scheduler_send,
	.send_break = scheduler_send_break,
	.set_line = scheduler_set_line,
	.ended = scheduler_ended,
	.unanswered = scheduler_unanswered,
};

/* ---------------------------------------------------------------------------------------------
 * Time
 */

static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* One timer for both deadlines. A deadline that moved away leaves it as it is: it fires for nothing,
 * once, which is cheaper than setting it anew with each byte. */
static void set_due(struct line *line)
{
	int64_t at = scheduler_deadline(line->scheduler);

	if (line->is_open)
		at = earlier(at, link_deadline(line->link));
	if (!at || (line->due_ns && line->due_ns <= at))
		return;
	line->due_ns = at;
	timer_set(&line->due, at - clock_mono_ns());
}

static void due_fired(void *arg)
{
	struct line *line = arg;
	int64_t now = clock_mono_ns(), link = link_deadline(line->link);

	line->due_ns = 0;
	line->is_touched = true;
	if (line->is_open && link && link <= now)
		link_expire(line->link, now);
}

void line_turn(struct line *line)
{
	int64_t deadline;

	if (!line->is_touched || line->is_closed)
		return;
	line->is_touched = false;
	deadline = scheduler_deadline(line->scheduler);
	if (deadline) {
		int64_t now = clock_mono_ns();

		if (deadline <= now)
			scheduler_run(line->scheduler, now);
	}
	set_due(line);
}

/* ---------------------------------------------------------------------------------------------
 * For its devices and its owner
 */

struct loop *line_loop(const struct line *line)
{
	return line->loop;
}

struct publisher_source *line_add_source(struct line *line, struct device *device,
					 publisher_kept_fn *kept)
{
	return publisher_add(line->publisher, device->name, kept, device);
}

struct scheduler_slot *line_add_slot(struct line *line, struct device *device)
{
	return scheduler_add(line->scheduler, device);
}

void line_lost_frame(struct line *line, const struct offer *offer)
{
	line->counts.of[COUNT_UNOFFERED]++;
	refuse_record(line, offer, LINK_NOT_KEPT);
}

void line_on_declared(struct line *line, void (*fn)(void *arg), void *arg)
{
	line->on_declared = fn;
	line->on_declared_arg = arg;
}

void line_declared(struct line *line)
{
	if (line->on_declared)
		line->on_declared(line->on_declared_arg);
}

struct device *const *line_devices(const struct line *line, size_t *n_out)
{
	*n_out = line->n_devices;
	return line->devices;
}

const char *line_name(const struct line *line)
{
	return line->config->item.name;
}

const struct transport *line_transport(const struct line *line)
{
	return line->transport;
}

const char *line_description(const struct line *line)
{
	return line->config->description;
}

const struct line_counts *line_counts(const struct line *line)
{
	return &line->counts;
}

struct scheduler_stats line_scheduler_stats(const struct line *line)
{
	return scheduler_stats(line->scheduler);
}
