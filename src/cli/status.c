/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman status: the hub, its publishers (channels and programs of somebody else's), its clients. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/store.h"
#include "cli/text.h"

struct status {
	const struct cli *cli;
	const struct dragoman_welcome *welcome;
	struct table publishers, clients;
	struct buf counters;
};

static const char *ago(int64_t ns, char out[TEXT_SHORT_SIZE])
{
	return ns ? text_age(clock_wall_ns() - ns, out) : "never";
}

static const char *where(enum dragoman_storage storage)
{
	switch (storage) {
	case DRAGOMAN_STORAGE_DISK: return "on disk";
	case DRAGOMAN_STORAGE_FAILING: return "in memory, since its store has failed";
	default: return "in memory";
	}
}

static void show_hub(struct status *s, const struct dragoman_event *event)
{
	const struct dragoman_event_hub *hub = &event->as.hub;
	char since[TEXT_SHORT_SIZE], used[TEXT_SHORT_SIZE], size[TEXT_SHORT_SIZE],
		bytes[TEXT_SHORT_SIZE];
	struct buf name = {0};

	text_safe(&name, s->welcome->gateway);
	printf("gateway %s, %s, hub process %d, up for %s\n", buf_str(&name), s->welcome->software,
	       hub->pid, ago(hub->started_ns, since));
	printf("stream %s: %" PRIu64 " events (%s) of %u devices; %s of %s in memory\n",
	       where(hub->storage), hub->events, text_size(hub->bytes, bytes), hub->devices,
	       text_size(hub->memory_used, used), text_size(hub->memory_size, size));
	printf("losses %" PRIu64 ", repeats %" PRIu64 ", refused frames %" PRIu64 "\n", hub->losses,
	       hub->repeats, hub->refused_frames);
	buf_fini(&name);
}

/* Those that counted something. */
static void add_counters(struct status *s, const struct dragoman_event_publisher *p)
{
	bool has_before = false;

	for (size_t i = 0; i < p->n_counters; i++) {
		if (!p->counters[i].value)
			continue;
		buf_add_str(&s->counters, has_before ? ", " : "  ");
		if (!has_before)
			text_safe(&s->counters, p->name);
		buf_add_str(&s->counters, has_before ? "" : ": ");
		text_safe(&s->counters, p->counters[i].name);
		buf_addf(&s->counters, " %" PRIu64, p->counters[i].value);
		has_before = true;
	}
	if (has_before)
		buf_add_str(&s->counters, "\n");
}

static void add_publisher(struct status *s, const struct dragoman_event *event)
{
	const struct dragoman_event_publisher *p = &event->as.publisher;
	char pid[16], restarts[16], devices[16], events[24], last[TEXT_SHORT_SIZE];
	struct buf line = {0};
	const char *cells[8] = {p->name, pid, NULL, devices, events, last, restarts, p->last_end};

	snprintf(pid, sizeof pid, p->pid ? "%d" : "-", p->pid);
	snprintf(restarts, sizeof restarts, "%u", p->restarts);
	snprintf(devices, sizeof devices, "%u", p->devices);
	snprintf(events, sizeof events, "%" PRIu64, p->events);
	ago(p->last_event_ns, last);
	if (!p->connected)
		buf_add_str(&line, "not connected");
	else
		buf_addf(&line, "%s%s%s", text_state(p->line.code), *p->line.reason ? ": " : "",
			 p->line.reason);
	cells[2] = buf_str(&line);
	cells[5] = p->last_event_ns ? last : "never";
	table_add(&s->publishers, cells);
	add_counters(s, p);
	buf_fini(&line);
}

static void add_client(struct status *s, const struct dragoman_event *event)
{
	const struct dragoman_event_client *client = &event->as.client;
	char since[TEXT_SHORT_SIZE], behind[TEXT_SHORT_SIZE], events[24], gaps[24];
	const char *cells[7] = {client->you, client->name, client->address, NULL, events,
				behind,      gaps};

	cells[3] = ago(client->since_ns, since);
	snprintf(events, sizeof events, "%" PRIu64, client->events);
	snprintf(gaps, sizeof gaps, "%" PRIu64, client->gaps);
	text_size(client->behind_bytes, behind);
	table_add(&s->clients, cells);
}

static void take(void *arg, const struct dragoman_event *event)
{
	struct status *s = arg;
	struct buf line = {0};

	if (s->cli->json) {
		event_json(&line, event, NULL);
		text_write(&line);
		buf_fini(&line);
	} else if (event->kind == DRAGOMAN_EVENT_HUB) {
		show_hub(s, event);
	} else if (event->kind == DRAGOMAN_EVENT_STORE) {
		store_show(&event->as.store);
	} else if (event->kind == DRAGOMAN_EVENT_PUBLISHER) {
		add_publisher(s, event);
	} else if (event->kind == DRAGOMAN_EVENT_CLIENT) {
		add_client(s, event);
	}
}

static void print(struct status *s)
{
	puts("\nchannels and other publishers");
	table_print(&s->publishers, 2);
	if (s->counters.len) {
		puts("\ncounters");
		text_write(&s->counters);
	}
	puts("\nclients");
	table_print(&s->clients, 2);
}

static int run(struct cli *cli)
{
	static const char *const publishers[] = {"NAME",   "PID",  "LINE",     "DEVICES",
						 "EVENTS", "LAST", "RESTARTS", "LAST END"};
	static const char *const clients[] = {"CLIENT", "NAME",   "FROM", "FOR",
					      "EVENTS", "BEHIND", "GAPS"};
	struct status s = {.cli = cli};
	struct dragoman *d = gateway_open(cli);
	int status;

	if (!d)
		return CLI_NO_GATEWAY;
	s.welcome = dragoman_welcome(d);
	table_init(&s.publishers, 8, publishers);
	table_init(&s.clients, 7, clients);
	status = gateway_answer(cli, d, dragoman_status(d), take, &s);
	if (!status && !cli->json)
		print(&s);
	table_free(&s.publishers);
	table_free(&s.clients);
	buf_fini(&s.counters);
	dragoman_free(&d);
	return status;
}

const struct cli_command cli_status = {
	.name = "status",
	.arguments = "",
	.summary = "show the gateway's processes, counters and clients",
	.help = "Shows the hub and its log, each channel with its process, line, restarts and counters,\n"
		"and who is connected.\n",
	.run = run,
};
