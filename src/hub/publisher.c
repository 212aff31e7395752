/* SPDX-License-Identifier: Apache-2.0 */
/* Publishers and their incarnations; see publisher.h. */
#include "hub/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/checkpoint.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/publisher_inside.h"

enum { COUNTERS_MAX = 256 };

/* For a connection that broke to come back; after a start of the hub, for those that were live; for the rest of
 * what a dead process sent to be read. */
#define RECONNECT_NS (2 * NS_PER_S)
#define AWAIT_NS (10 * NS_PER_S)
#define DRAIN_NS (200 * NS_PER_MS)

/* ---- The table ---- */

static void kept_is_due(void *arg)
{
	struct publishers *publishers = arg;

	publishers->is_due = publishers->is_all_due = true;
}

void publishers_init(struct publishers *publishers, struct hub *hub)
{
	*publishers = (struct publishers){.hub = hub};
	TAILQ_INIT(&publishers->unacknowledged);
	timer_init(&publishers->kept, hub->loop, kept_is_due, publishers);
}

static void forget_report(struct publisher *publisher)
{
	if (publisher->report)
		dragoman__v1__report__free_unpacked(publisher->report, NULL);
	publisher->report = NULL;
}

static void publisher_free(struct publishers *publishers, struct publisher *publisher)
{
	struct device *device;

	while ((device = TAILQ_FIRST(&publisher->devices)))
		publisher_own(NULL, device);
	if (publisher->is_listed)
		TAILQ_REMOVE(&publishers->unacknowledged, publisher, link);
	HASH_DEL(publishers->by_name, publisher);
	timer_fini(&publisher->end);
	forget_report(publisher);
	free(publisher->name);
	free(publisher->token);
	free(publisher->last_end);
	free(publisher->farewell);
	free(publisher);
}

void publishers_fini(struct publishers *publishers)
{
	while (publishers->by_name)
		publisher_free(publishers, publishers->by_name);
	timer_fini(&publishers->kept);
}

struct publisher *publishers_find(const struct publishers *publishers, const char *name)
{
	struct publisher *publisher;

	HASH_FIND_STR(publishers->by_name, name, publisher);
	return publisher;
}

static void end_of_wait(void *arg);

static struct publisher *publisher_new(struct publishers *publishers, const char *name)
{
	struct publisher *publisher = xcalloc(1, sizeof *publisher);

	publisher->hub = publishers->hub;
	publisher->name = xstrdup(name);
	TAILQ_INIT(&publisher->devices);
	timer_init(&publisher->end, publishers->hub->loop, end_of_wait, publisher);
	HASH_ADD_KEYPTR(hh, publishers->by_name, publisher->name, strlen(name), publisher);
	return publisher;
}

struct publisher *publishers_get(struct publishers *publishers, const char *name)
{
	struct publisher *publisher = publishers_find(publishers, name);

	return publisher ? publisher : publisher_new(publishers, name);
}

struct publisher *publishers_allow(struct publishers *publishers, const char *name,
				   const uint8_t *token, size_t len)
{
	struct publisher *publisher = publishers_get(publishers, name);

	free(publisher->token);
	publisher->token = xmemdup(token, len);
	publisher->token_len = len;
	return publisher;
}

static bool tokens_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t differs = 0;

	for (size_t i = 0; i < len; i++)
		differs = (uint8_t)(differs | (a[i] ^ b[i]));
	return !differs;
}

struct publisher *publishers_authenticate(const struct publishers *publishers, const uint8_t *token,
					  size_t len)
{
	struct publisher *publisher, *next, *found = NULL;

	HASH_ITER (hh, publishers->by_name, publisher, next)
		if (len && publisher->token_len == len &&
		    tokens_equal(publisher->token, token, len))
			found = publisher;
	return found;
}

void publisher_own(struct publisher *publisher, struct device *device)
{
	if (device->publisher == publisher)
		return;
	if (device->publisher) {
		TAILQ_REMOVE(&device->publisher->devices, device, of_publisher);
		device->publisher->n_devices--;
		if (device->publisher->last_device == device)
			device->publisher->last_device = NULL;
		if (device->publisher->line == device)
			device->publisher->line = NULL;
	}
	device->publisher = publisher;
	device->is_declared = publisher != NULL;
	if (!publisher)
		return;
	TAILQ_INSERT_TAIL(&publisher->devices, device, of_publisher);
	publisher->n_devices++;
}

/* ---- The end of an incarnation ---- */

/* Called before an incarnation begins or ends, and noted after it: a checkpoint stands before that note until it is
 * on disk. */
static void remember(struct publisher *publisher)
{
	if (publisher->noted.note > publisher->hub->storage.settled)
		return;
	publisher->noted.incarnation = publisher->incarnation;
	publisher->noted.kept = publisher->kept;
	publisher->noted.is_live = publisher->is_live;
}

static void note(struct publisher *publisher)
{
	publisher->noted.note = checkpoint_publisher(&publisher->hub->storage, publisher);
}

void publisher_say_loss(struct publisher *publisher, struct device *device, uint64_t count,
			uint64_t from, const char *reason)
{
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__Loss loss = DRAGOMAN__V1__LOSS__INIT;

	loss.publisher = publisher->name;
	loss.incarnation = publisher->incarnation;
	loss.count = count;
	loss.from = from;
	loss.to = (uint64_t)clock_wall_ns();
	loss.reason = (char *)(uintptr_t)reason; /* protobuf-c knows no const */
	loss.last_number = publisher->received;
	event.body_case = DRAGOMAN__V1__EVENT__BODY_LOSS;
	event.loss = &loss;
	hub_say(publisher->hub, device, &event);
	publisher->hub->losses++;
}

static void make_stale(struct publisher *publisher, struct device *device, const char *reason,
		       const char *loss)
{
	device->is_declared = false;
	if (loss)
		publisher_say_loss(publisher, device, 0, publisher->last_event, loss);
	if (device->state == DEVICE_REMOVED)
		return;
	device->is_stale_by_hub = true;
	hub_say_state(publisher->hub, device, DEVICE_STALE, reason, "");
}

static void end_incarnation(struct publisher *publisher, const char *reason, bool in_order)
{
	struct device *device;

	timer_clear(&publisher->end);
	if (!publisher->is_live)
		return;
	remember(publisher);
	publisher->is_live = publisher->is_awaited = false;
	note(publisher);
	TAILQ_FOREACH(device, &publisher->devices, of_publisher)
	if (device->is_declared)
		make_stale(publisher, device, reason,
			   in_order ? NULL : "publisher ended without a goodbye");
	log_info("publisher %s has ended: %s", publisher->name, reason);
}

static const char *reason_of_end(const struct publisher *publisher)
{
	if (publisher->has_ended)
		return publisher->last_end;
	return publisher->is_awaited ? "not back since the hub was started" : "connection lost";
}

static void end_of_wait(void *arg)
{
	struct publisher *publisher = arg;
	struct client *client = publisher->client;

	/* Nobody has told of it since the start: it was taken out of the configuration while there was no hub. */
	if (publisher->is_awaited && !publisher->token && !publisher->has_ended) {
		publishers_remove(&publisher->hub->publishers, publisher->name);
		return;
	}
	publisher->client = NULL;
	if (client)
		client_hang_up(client);
	end_incarnation(publisher, reason_of_end(publisher), false);
}

/* All that it waited for was told. */
void publisher_leave(struct publisher *publisher)
{
	struct client *client = publisher->client;

	publisher->is_leaving = false;
	publisher->client = NULL;
	if (client)
		client_hang_up(client);
	end_incarnation(publisher, publisher->farewell, true);
}

void publisher_goodbye(struct publisher *publisher, const char *reason)
{
	struct storage *storage = &publisher->hub->storage;

	free(publisher->farewell);
	publisher->farewell = xstrdup(*reason ? reason : "publisher stopped");
	publisher->is_leaving = true;
	if (storage_is_on(storage) && publisher->kept < publisher->received)
		storage_hurry(storage);
	else if (publisher->is_listed)
		publisher_acknowledge(publisher);
	else
		publisher_leave(publisher);
}

void publisher_disconnected(struct publisher *publisher, struct client *client)
{
	if (publisher->client != client)
		return;
	publisher->client = NULL;
	if (publisher->is_leaving)
		publisher_leave(publisher);
	else if (publisher->has_ended)
		end_incarnation(publisher, publisher->last_end, false);
	else
		timer_set(&publisher->end, RECONNECT_NS);
}

void publisher_process_ended(struct publisher *publisher, const char *reason)
{
	free(publisher->last_end);
	publisher->last_end = xstrdup(reason);
	publisher->has_ended = true;
	publisher->pid = 0;
	if (!publisher->client)
		end_incarnation(publisher, reason, false);
	else
		timer_set(&publisher->end, DRAIN_NS);
}

void publishers_remove(struct publishers *publishers, const char *name)
{
	struct publisher *publisher = publishers_find(publishers, name);
	struct device *device;
	struct client *client;

	if (!publisher)
		return;
	publisher->client = NULL;
	publisher->is_live = false;
	while ((device = TAILQ_FIRST(&publisher->devices))) {
		hub_say_state(publisher->hub, device, DEVICE_REMOVED, "no longer configured", "");
		device_clear_keys(&publisher->hub->devices, device);
		publisher_own(NULL, device);
		checkpoint_device(&publisher->hub->storage, device);
	}
	TAILQ_FOREACH(client, &publisher->hub->clients, all)
	{
		if (client->publisher != publisher)
			continue;
		client_speaks_for(client, NULL);
		client->is_registered = false;
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			    "%s is no longer configured", name);
	}
	publisher_free(publishers, publisher);
}

/* ---- Registering ---- */

static void replace_connection(struct publisher *publisher, struct client *client)
{
	struct client *old = publisher->client;

	publisher->client = client;
	if (!old || old == client)
		return;
	old->is_registered = false;
	client_fail(old, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_REPLACED,
		    "another connection publishes as %s now", publisher->name);
}

static void forget_numbers(struct publisher *publisher)
{
	publisher->has_numbers = false;
	publisher->received = publisher->received_seq = publisher->kept = publisher->cut = 0;
	publisher->prompt = publisher->hole.first = publisher->hole.last = 0;
}

/* One that comes back after it was given up goes on with its numbers. */
static void begin_incarnation(struct publisher *publisher, uint64_t incarnation)
{
	remember(publisher);
	if (publisher->incarnation != incarnation)
		forget_numbers(publisher);
	publisher->incarnation = incarnation;
	publisher->is_live = true;
	publisher->has_ended = false;
	forget_report(publisher);
	note(publisher);
	log_info("publisher %s has begun", publisher->name);
}

static void take_line(struct publisher *publisher)
{
	char name[NAME_MAX_LEN + 16];

	snprintf(name, sizeof name, "$channel/%s", publisher->name);
	publisher->line = hub_device(publisher->hub, name);
	if (!publisher->line)
		return;
	if (publisher->line->publisher != publisher) {
		publisher_own(publisher, publisher->line);
		checkpoint_device(&publisher->hub->storage, publisher->line);
	}
	publisher->line->is_declared = true;
	if (publisher->line->is_stale_by_hub || publisher->line->state == DEVICE_REMOVED)
		hub_say_state(publisher->hub, publisher->line, DEVICE_STARTING, "", "");
	publisher->line->is_stale_by_hub = false;
}

/* What may be told with Registered, and what needs a Kept of its own, since it is not on disk. */
static uint64_t begin_telling(struct publisher *publisher)
{
	publisher->hole.is_told =
		false; /* what was sent last may have been lost with the connection before */
	publisher->told = publisher->hole.first ? publisher->hole.first - 1 : publisher->kept;
	if (publisher->told < publisher->kept) {
		publisher_list(publisher, 0);
		publisher->hub->publishers.is_due = publisher->hub->publishers.is_all_due = true;
	}
	return publisher->told;
}

uint64_t publisher_register(struct publisher *publisher, struct client *client,
			    uint64_t incarnation)
{
	bool is_known = publisher->is_live && publisher->incarnation == incarnation;

	replace_connection(publisher, client);
	client->is_registered = true;
	publisher->is_leaving = false;
	if (is_known) {
		timer_clear(&publisher->end);
		publisher->is_awaited = false;
	} else {
		end_incarnation(publisher, publisher->has_ended ? publisher->last_end : "restarted",
				false);
		begin_incarnation(publisher, incarnation);
		take_line(publisher);
	}
	return begin_telling(publisher);
}

/* ---- Events ---- */

static struct device *find_device(struct publisher *publisher, struct event_text name)
{
	struct device *device = publisher->last_device;

	if (!device || !event_text_is(name, device->name))
		device = devices_find(&publisher->hub->devices, name.text ? name.text : "",
				      name.len);
	if (!device || device->publisher != publisher || !device->is_declared)
		return NULL;
	publisher->last_device = device;
	return device;
}

/* A publisher's own State is the device's state. */
static int follow_state(struct device *device, const struct event_scan *scan)
{
	Dragoman__V1__State *state = dragoman__v1__state__unpack(NULL, scan->body_len, scan->body);

	if (!state)
		return -1;
	if (state->code >= DRAGOMAN__V1__STATE__CODE__STARTING &&
	    state->code <= DRAGOMAN__V1__STATE__CODE__REMOVED) {
		device->is_stale_by_hub = false;
		device_set_state(device, (enum device_state)state->code, state->reason, state->text,
				 scan->time);
	}
	dragoman__v1__state__free_unpacked(state, NULL);
	return 0;
}

/* An event that cannot be in the stream under its device's name is a Loss, told with the next Kept. */
static void refuse_event(struct publisher *publisher, const struct event_scan *scan)
{
	static struct log_limit limit = {.burst = 3, .period_ms = 10000};

	if (!publisher->refused.count++)
		publisher->refused.from = scan->time;
	publisher->refused.to = scan->time;
	log_limited(&limit, LOG_WARNING, "publisher %s: an event of device %.*s, which it has not",
		    publisher->name, (int)scan->device.len, scan->device.text);
}

/* Whether the event belongs to this incarnation and has the next number. */
static bool is_next(struct publisher *publisher, struct client *client,
		    const struct event_scan *scan)
{
	if (!event_text_is(scan->publisher, publisher->name) ||
	    scan->incarnation != publisher->incarnation || !scan->number) {
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "an event with another publisher or incarnation than %s registered, or "
			    "without a number",
			    publisher->name);
		return false;
	}
	if (scan->number <= publisher->received) {
		publisher->hub->repeats++;
		publisher->is_repeated |= scan->number <= publisher->kept;
		publisher_list(publisher, 0);
		return false;
	}
	if (publisher->has_numbers && scan->number != publisher->received + 1) {
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_NUMBER,
			    "event %llu of %s came after %llu; numbers have no holes, what had to "
			    "be dropped is a Loss",
			    (unsigned long long)scan->number, publisher->name,
			    (unsigned long long)publisher->received);
		return false;
	}
	return true;
}

/* What it was told to be in memory only, before the hub was started again, is not sent again. */
static void note_jump(struct publisher *publisher, const struct event_scan *scan)
{
	struct device *device;

	if (publisher->has_numbers || !publisher->received ||
	    scan->number == publisher->received + 1)
		return;
	TAILQ_FOREACH(device, &publisher->devices, of_publisher)
	if (device->is_declared)
		publisher_say_loss(publisher, device, 0, publisher->last_event,
				   "the store was out, and the hub has ended since");
}

/* The number was taken: it is to be acknowledged, and somebody may wait for that. */
static void take_number(struct publisher *publisher, const struct event_scan *scan,
			const struct frame_scan *frame)
{
	struct hub *hub = publisher->hub;

	publisher->received = scan->number;
	publisher->has_numbers = true;
	publisher_list(publisher, frame->len);
	if (frame->prompt)
		publisher->prompt = scan->number;
	if (frame->prompt && storage_is_on(&hub->storage))
		storage_hurry(&hub->storage);
	if (frame->prompt || publisher->unacknowledged >= KEPT_BYTES)
		hub->publishers.is_due = true;
}

static void accept_event(struct publisher *publisher, struct device *device,
			 const struct event_scan *scan, const struct frame_scan *frame)
{
	bool is_reading = scan->kind == DRAGOMAN__V1__KIND__KIND_READING;

	if (is_reading && device->state == DEVICE_STARTING)
		device_set_state(device, DEVICE_ONLINE, "", "", scan->time);
	publisher->events++;
	publisher->last_event = scan->time;
	publisher->hub->losses += scan->kind == DRAGOMAN__V1__KIND__KIND_LOSS;
	publisher->received_seq =
		hub_append(publisher->hub, device, scan, frame->bytes, frame->len);
}

void publisher_event(struct publisher *publisher, struct client *client,
		     const struct frame_scan *frame)
{
	struct event_scan scan;
	struct device *device;

	if (frame->len > eventlog_max_event(&publisher->hub->log) ||
	    stamp_size(frame->len) > FRAME_MAX) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_TOO_LONG,
			    "an event of %zu bytes is too long for this hub", frame->len);
		return;
	}
	if (scan_event(frame->bytes, frame->len, &scan) < 0) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "an Event that is cut off, has a field twice, or has no body of a "
			    "known kind");
		return;
	}
	if (!is_next(publisher, client, &scan))
		return;
	device = find_device(publisher, scan.device);
	if (device && scan.kind == DRAGOMAN__V1__KIND__KIND_STATE &&
	    follow_state(device, &scan) < 0) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "a State that cannot be decoded");
		return;
	}
	note_jump(publisher, &scan);
	take_number(publisher, &scan, frame);
	if (device)
		accept_event(publisher, device, &scan, frame);
	else
		refuse_event(publisher, &scan);
}

/* ---- A start ---- */

void publisher_restore(struct publisher *publisher, const Dragoman__Internal__PublisherNote *note)
{
	if (publisher->incarnation != note->incarnation)
		forget_numbers(publisher);
	publisher->incarnation = note->incarnation;
	if (note->kept > publisher->kept)
		publisher->kept = publisher->received = note->kept;
	publisher->is_live = note->live;
	if (note->last_event > publisher->last_event)
		publisher->last_event = note->last_event;
}

void publishers_follow(struct publishers *publishers, const struct event_scan *scan)
{
	struct publisher *publisher;

	HASH_FIND(hh, publishers->by_name, scan->publisher.text, scan->publisher.len, publisher);
	if (!publisher || publisher->incarnation != scan->incarnation)
		return;
	publisher->last_event = scan->time;
	if (scan->number > publisher->kept)
		publisher->kept = publisher->received = scan->number;
}

void publishers_await(struct publishers *publishers)
{
	struct publisher *publisher;

	for (publisher = publishers->by_name; publisher; publisher = publisher->hh.next) {
		char name[NAME_MAX_LEN + 16];

		snprintf(name, sizeof name, "$channel/%s", publisher->name);
		publisher->line = devices_find(&publishers->hub->devices, name, strlen(name));
		publisher->is_awaited = publisher->is_live;
		if (publisher->is_live)
			timer_set(&publisher->end, AWAIT_NS);
	}
}

void publishers_forget(struct publishers *publishers)
{
	struct publisher *publisher, *next;

	HASH_ITER (hh, publishers->by_name, publisher, next) {
		struct device *device;

		while ((device = TAILQ_FIRST(&publisher->devices)))
			publisher_own(NULL, device);
		forget_numbers(publisher);
		publisher->incarnation = publisher->last_event = 0;
		publisher->is_live = false;
		if (!publisher->token)
			publisher_free(publishers, publisher);
	}
}

/* ---- Counters ---- */

static bool are_counters_good(const Dragoman__V1__Report *report)
{
	if (report->n_counters > COUNTERS_MAX)
		return false;
	for (size_t i = 0; i < report->n_counters; i++)
		if (name_problem(report->counters[i]->name, false))
			return false;
	return true;
}

int publisher_report(struct publisher *publisher, const Dragoman__V1__Report *report)
{
	size_t len = dragoman__v1__report__get_packed_size(report);
	uint8_t *packed;

	if (!are_counters_good(report))
		return -1;
	packed = xmalloc(len + 1);
	dragoman__v1__report__pack(report, packed);
	forget_report(publisher);
	publisher->report = dragoman__v1__report__unpack(NULL, len, packed);
	free(packed);
	return 0;
}
