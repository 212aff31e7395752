/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line: what it is made of, its deadlines, and what its owner and its devices ask of it; see line.h. Its
 * port is in port.c, frames that come are in offer.c, record.c and refused.c, what goes out is in send.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "channel/line_inside.h"
#include "transport/capture.h"

static void due_fired(void *arg);

static const struct link_sink link_sink = {
	.frame = line_frame,
	.refused = line_link_refused,
	.write = line_write,
	.record = line_record,
};

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

	line->transport =
		transport_new(config->port, line->loop, &line_transport_events, line, errors);
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
			      .scheduler = scheduler_new(config->gap_ns, &line_scheduler_events),
			      .retry_ns = config->retry.first_ns,
			      .refused_limit = {.burst = 5, .period_ms = 10000},
			      .settings_limit = {.burst = 1, .period_ms = 3600000},
			      .life_limit = {.burst = 20, .period_ms = 60000}};
	timer_init(&line->retry, loop, line_retry, line);
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
 * Time
 */

static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* One timer for both deadlines. A deadline that moved away leaves it as it is: it fires for nothing,
 * once, which is cheaper than setting it anew with each byte. */
void line_set_due(struct line *line)
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
	line_set_due(line);
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
