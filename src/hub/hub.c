/* SPDX-License-Identifier: Apache-2.0 */
/* The hub as a whole; see hub.h. */
#include "hub/hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/feed.h"

enum { MIN_MEMORY = 2 * FRAME_MAX, EARLY_BYTES = 512 * 1024, FRAME_LENGTH_MAX = 5 };

#define SWEEP_NS NS_PER_S
#define STEP_NS (100 * NS_PER_MS)
/* At the end: for those who do not take the last that is for them; for those who have it and do not close. */
#define LAST_FLUSH_NS NS_PER_S
#define LAST_CLOSE_NS (100 * NS_PER_MS)
#define MAX_MEMORY ((size_t)1 << 31)

/* The number before the first without a store: a memory log is a stream of its own, and this start its first run. */
#define BEFORE_FIRST ((uint64_t)1 << 32)

static void on_turn(void *arg)
{
	hub_deliver(arg);
}

/* The wall clock was set if it moved against the time since boot, which counts a suspension too. That it is
 * slewed does not show: both are. */
static void watch_clock(struct hub *hub)
{
	int64_t ahead = clock_wall_ns() - clock_boot_ns(), step = ahead - hub->wall_ahead;
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__ClockStep body = DRAGOMAN__V1__CLOCK_STEP__INIT;
	struct device *device;

	if (llabs(step) < STEP_NS)
		return;
	hub->wall_ahead = ahead;
	log_warning("the clock was set by %.3f s", (double)step / NS_PER_S);
	device = hub_device(hub, "$hub");
	if (!device)
		return;
	body.step_ns = step;
	event.body_case = DRAGOMAN__V1__EVENT__BODY_CLOCK_STEP;
	event.clock_step = &body;
	hub_say(hub, device, &event);
}

static void sweep(void *arg)
{
	struct hub *hub = arg;
	struct client *client, *next;

	hub->now_s = (uint32_t)(clock_mono_ns() / NS_PER_S);
	watch_clock(hub);
	storage_sweep(&hub->storage);
	durables_sweep(&hub->durables);
	for (client = TAILQ_FIRST(&hub->clients); client; client = next) {
		next = TAILQ_NEXT(client, all);
		client_sweep(client);
	}
	timer_set(&hub->sweep, SWEEP_NS);
}

static void dropping(void *arg, uint64_t seq, const struct eventlog_entry *entry)
{
	struct hub *hub = arg;

	devices_dropping(&hub->devices, &hub->log, seq, entry, !storage_is_on(&hub->storage));
}

static void random_bytes(void *out, size_t size)
{
	must(getrandom(out, size, 0) == (ssize_t)size);
}

static size_t memory_of(const struct hub_settings *settings)
{
	if (settings->memory > MAX_MEMORY)
		return MAX_MEMORY;
	return settings->memory < MIN_MEMORY ? MIN_MEMORY : settings->memory;
}

static void end_now(void *arg)
{
	loop_stop(arg);
}

int hub_init(struct hub *hub, struct loop *loop, const struct hub_settings *settings,
	     struct err *err)
{
	*hub = (struct hub){.loop = loop, .settings = *settings, .started = clock_wall_ns()};
	if (eventlog_init(&hub->log, memory_of(settings), BEFORE_FIRST, dropping, hub, err) < 0)
		return -1;
	hub_new_stream(hub);
	random_bytes(&hub->incarnation, sizeof hub->incarnation);
	storage_init(&hub->storage, hub);
	devices_init(&hub->devices);
	filters_init(&hub->filters, &hub->devices);
	publishers_init(&hub->publishers, hub);
	durables_init(&hub->durables, hub);
	colds_init(&hub->colds, feed_found);
	TAILQ_INIT(&hub->clients);
	TAILQ_INIT(&hub->ready);
	linger_init(&hub->lingering, loop, client_ready);
	hub->receive_size = HUB_READ_SIZE + FRAME_MAX + FRAME_LENGTH_MAX;
	hub->receive_size += HUB_READ_SIZE; /* what a paused client had left */
	hub->receive = xmalloc(hub->receive_size);
	timer_init(&hub->sweep, loop, sweep, hub);
	timer_init(&hub->last_flush, loop, end_now, loop);
	timer_init(&hub->last_close, loop, end_now, loop);
	hub->wall_ahead = clock_wall_ns() - clock_boot_ns();
	sweep(hub);
	loop_on_turn(loop, on_turn, hub);
	return 0;
}

void hub_new_stream(struct hub *hub)
{
	random_bytes(hub->stream, sizeof hub->stream);
	eventlog_start(&hub->log, BEFORE_FIRST);
	hub->kept = BEFORE_FIRST;
}

void hub_open_store(struct hub *hub)
{
	timer_clear(&hub->sweep); /* nothing is said before the run is known */
	storage_open(&hub->storage, &hub->settings.storage);
	hub->colds.store = hub->storage.store;
	sweep(hub);
}

void hub_fini(struct hub *hub)
{
	struct client *client;

	loop_on_turn(hub->loop, NULL, NULL);
	while ((client = TAILQ_FIRST(&hub->clients)))
		client_free(&client);
	storage_fini(&hub->storage);
	publishers_fini(&hub->publishers);
	durables_fini(&hub->durables);
	filters_fini(&hub->filters);
	devices_fini(&hub->devices);
	linger_fini(&hub->lingering);
	timer_fini(&hub->sweep);
	timer_fini(&hub->last_flush);
	timer_fini(&hub->last_close);
	eventlog_fini(&hub->log);
	free(hub->receive);
	free(hub->settings.gateway);
}

/* ---- Events ---- */

static void wake_filter(struct filter *filter, uint64_t seq)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&filter->resting)))
		client_wake(client, seq);
}

static void wake(struct device *device, uint32_t slot, uint64_t seq)
{
	for (size_t i = 0; i < device->n_filters; i++) {
		struct filter *filter = device->filters[i];

		if (filter_matches(filter, slot))
			wake_filter(filter, seq);
	}
}

static struct device_key *key_of(struct hub *hub, struct device *device,
				 const struct event_scan *scan)
{
	if (scan->kind != DRAGOMAN__V1__KIND__KIND_READING)
		return NULL;
	return device_key(&hub->devices, device, scan->key.text ? scan->key.text : "",
			  scan->key.len);
}

uint64_t hub_append(struct hub *hub, struct device *device, const struct event_scan *scan,
		    const uint8_t *event, size_t len)
{
	struct device_key *key = key_of(hub, device, scan);
	uint64_t seq = eventlog_append(&hub->log, &(struct eventlog_new){
							  .device = device->id,
							  .kind = scan->kind,
							  .key = key ? key->index : EVENTLOG_NO_KEY,
							  .time = scan->time,
							  .event = event,
							  .len = len,
						  });

	if (key)
		device_key_set(key, seq);
	device->last_event = scan->time;
	hub->undelivered += len;
	storage_appended(&hub->storage);
	wake(device, slot_of(device->id, scan->kind), seq);
	return seq;
}

void hub_say(struct hub *hub, struct device *device, Dragoman__V1__Event *event)
{
	char publisher[] = "$hub";
	struct event_scan scan;
	uint8_t *bytes;
	size_t len;

	event->time = (uint64_t)clock_wall_ns();
	event->publisher = publisher;
	event->incarnation = hub->incarnation;
	event->number = ++hub->number;
	event->device = device->name;
	len = dragoman__v1__event__get_packed_size(event);
	bytes = xmalloc(len);
	dragoman__v1__event__pack(event, bytes);
	must(scan_event(bytes, len, &scan) == 0);
	hub_append(hub, device, &scan, bytes, len);
	free(bytes);
}

void hub_say_state(struct hub *hub, struct device *device, enum device_state code,
		   const char *reason, const char *text)
{
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__State state = DRAGOMAN__V1__STATE__INIT;

	state.code = (Dragoman__V1__State__Code)code;
	state.reason = (char *)(uintptr_t)reason; /* protobuf-c knows no const */
	state.text = (char *)(uintptr_t)text;
	event.body_case = DRAGOMAN__V1__EVENT__BODY_STATE;
	event.state = &state;
	hub_say(hub, device, &event);
	device_set_state(device, code, reason, text, event.time);
}

struct device *hub_device(struct hub *hub, const char *name)
{
	struct device *device = devices_find(&hub->devices, name, strlen(name));
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__Assignment assignment = DRAGOMAN__V1__ASSIGNMENT__INIT;

	if (device || hub->devices.last_id == DEVICES_MAX)
		return device;
	device = devices_add(&hub->devices, name);
	device->state_since = (uint64_t)clock_wall_ns();
	filters_add_device(&hub->filters, device);
	assignment.device_id = device->id;
	event.body_case = DRAGOMAN__V1__EVENT__BODY_ASSIGNMENT;
	event.assignment = &assignment;
	hub_say(hub, device, &event);
	storage_hurry(
		&hub->storage); /* an id that only clients know could be given again after a crash */
	return device;
}

static bool says_stale(const struct device *device, const char **reason_out)
{
	if (device->state != DEVICE_STALE && device->state != DEVICE_REMOVED)
		return false;
	*reason_out = device->reason ? device->reason : device_state_name(device->state);
	return true;
}

bool hub_device_is_stale(const struct device *device, const char **reason_out)
{
	const struct publisher *publisher = device->publisher;

	*reason_out = "";
	if (says_stale(device, reason_out))
		return true;
	if (publisher && publisher->is_awaited) {
		*reason_out = "the hub was started anew, and its publisher is not back yet";
		return true;
	}
	if (!publisher || !publisher->is_live) {
		*reason_out = "its publisher is gone";
		return true;
	}
	return publisher->line && says_stale(publisher->line, reason_out);
}

/* ---- Delivery ---- */

static bool has_everybody_all(const struct hub *hub)
{
	const struct client *client;

	TAILQ_FOREACH(client, &hub->clients, all)
	if (!client->is_shut)
		return false;
	return true;
}

/* Closing a socket into which the other side still writes may cost it what it has not read: it is given a
 * moment to close first. */
static void dismiss(struct client *client)
{
	client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_SHUTTING_DOWN,
		    "the gateway is shutting down or restarting; connect again later");
}

/* Publishers stay until what they had sent before the end is kept, and they were told. */
static void dismiss_publishers(struct hub *hub)
{
	struct client *client;

	if (hub->kept < hub->head_at_end && storage_state(&hub->storage) == STORAGE_DISK)
		return;
	hub->publishers.is_due = hub->publishers.is_all_due = true;
	publishers_acknowledge(&hub->publishers);
	TAILQ_FOREACH(client, &hub->clients, all)
	if (!client->is_closing)
		dismiss(client);
}

static void go_on_ending(struct hub *hub)
{
	bool is_finished = storage_finish(&hub->storage);

	dismiss_publishers(hub);
	if (!is_finished)
		return;
	if (TAILQ_EMPTY(&hub->clients))
		loop_stop(hub->loop);
	else if (!timer_is_set(&hub->last_close) && has_everybody_all(hub))
		timer_set(&hub->last_close, LAST_CLOSE_NS);
}

void hub_deliver(struct hub *hub)
{
	struct client *client;

	storage_turn(&hub->storage);
	publishers_acknowledge(&hub->publishers);
	hub->gather.filter = NULL;
	hub->undelivered = 0;
	while ((client = TAILQ_FIRST(&hub->ready))) {
		TAILQ_REMOVE(&hub->ready, client, link);
		client_deliver(client);
	}
	if (hub->is_ending)
		go_on_ending(hub);
}

void hub_deliver_early(struct hub *hub)
{
	if (hub->undelivered >= EARLY_BYTES)
		hub_deliver(hub);
}

void hub_end(struct hub *hub)
{
	struct client *client;

	if (hub->is_ending)
		return;
	/* Whoever can take the newest events has them before the end. */
	TAILQ_FOREACH(client, &hub->clients, all)
	if (client->state == CLIENT_LINGERING)
		client_ready(client);
	hub_deliver(hub);
	hub->is_ending = true;
	hub->head_at_end = hub->log.head;
	TAILQ_FOREACH(client, &hub->clients, all)
	if (!client->is_registered)
		dismiss(client);
	timer_set(&hub->last_flush, LAST_FLUSH_NS);
	go_on_ending(hub);
}
