/* SPDX-License-Identifier: Apache-2.0 */
/* GetStatus: the hub, its publishers, its clients, in pages. */
#include <unistd.h>

#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"
#include "wire/field.h"

enum { FRAME_STATUS = 53, STATUS_HUB = 1, STATUS_PUBLISHERS, STATUS_CLIENTS, STATUS_MORE };

static void put(struct buf *out, uint32_t field, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);

	field_put_head(out, field, len);
	protobuf_c_message_pack(message, buf_room(out, len));
	buf_grown(out, len);
}

Dragoman__V1__Storage status_storage(const struct hub *hub)
{
	static const Dragoman__V1__Storage states[] = {
		[STORAGE_MEMORY] = DRAGOMAN__V1__STORAGE__STORAGE_MEMORY,
		[STORAGE_DISK] = DRAGOMAN__V1__STORAGE__STORAGE_DISK,
		[STORAGE_FAILING] = DRAGOMAN__V1__STORAGE__STORAGE_FAILING,
	};

	return states[storage_state(&hub->storage)];
}

static void get_store(const struct hub *hub, Dragoman__V1__Status__Store *out)
{
	const struct storage *storage = &hub->storage;
	struct store_stats stats = {.size = storage->settings.store.size};

	if (storage->store)
		stats = store_stats(storage->store);
	dragoman__v1__status__store__init(out);
	out->oldest = stats.oldest;
	out->newest = stats.newest;
	out->oldest_time = stats.oldest_time;
	out->bytes = stats.bytes;
	out->size = stats.size;
	out->needed_bytes = stats.needed_bytes;
	out->segments = stats.segments;
	out->commits = stats.groups;
	out->commit_ns = stats.commit_ns;
	out->slowest_commit_ns = stats.slowest_commit_ns;
	out->failures = stats.failures;
	out->damaged = stats.damaged;
	out->subscribers = (uint32_t)hub->durables.n;
	if (storage->problem)
		out->problem = storage->problem;
}

static void put_hub(const struct hub *hub, struct buf *out)
{
	Dragoman__V1__Status__Store store;
	Dragoman__V1__Status__Hub status = DRAGOMAN__V1__STATUS__HUB__INIT;
	const struct eventlog *log = &hub->log;

	status.pid = (int32_t)getpid();
	status.started = (uint64_t)hub->started;
	status.events = log->events;
	status.bytes = log->bytes;
	status.oldest = storage_oldest(&hub->storage);
	status.head = storage_newest(&hub->storage);
	status.memory_size = log->ring.size;
	status.memory_used = log->end - log->tail;
	status.repeats = hub->repeats;
	status.losses = hub->losses;
	status.refused_frames = hub->refused_frames;
	status.devices = hub->devices.last_id;
	status.storage = status_storage(hub);
	if (status.storage != DRAGOMAN__V1__STORAGE__STORAGE_MEMORY) {
		get_store(hub, &store);
		status.store = &store;
	}
	put(out, STATUS_HUB, &status.base);
}

static void put_publisher(const struct publisher *publisher, struct buf *out)
{
	Dragoman__V1__Status__Publisher status = DRAGOMAN__V1__STATUS__PUBLISHER__INIT;
	Dragoman__V1__State line = DRAGOMAN__V1__STATE__INIT;
	const struct device *device = publisher->line;

	status.name = publisher->name;
	status.connected = publisher->client != NULL;
	status.pid = publisher->pid;
	status.restarts = publisher->restarts;
	status.last_end = publisher->last_end ? publisher->last_end : status.last_end;
	status.incarnation = publisher->incarnation;
	status.received = publisher->received;
	status.kept = publisher->kept;
	status.devices = (uint32_t)(publisher->n_devices - (device != NULL));
	status.events = publisher->events;
	status.last_event = publisher->last_event;
	if (publisher->report) {
		status.n_counters = publisher->report->n_counters;
		status.counters = publisher->report->counters;
	}
	if (device) {
		line.code = (Dragoman__V1__State__Code)device->state;
		line.reason = device->reason ? device->reason : line.reason;
		line.text = device->text ? device->text : line.text;
		status.line = &line;
	}
	put(out, STATUS_PUBLISHERS, &status.base);
}

/* Bytes that come after this place: in memory, else on disk, about. */
static uint64_t behind(const struct hub *hub, uint64_t place)
{
	const struct eventlog *log = &hub->log;

	if (place + 1 >= log->low || !storage_is_on(&hub->storage))
		return eventlog_bytes_from(log, place + 1);
	return store_bytes_from(hub->storage.store, place + 1) +
	       eventlog_bytes_from(log, hub->kept + 1);
}

static void put_client(const struct client *client, struct buf *out)
{
	Dragoman__V1__Status__Client status = DRAGOMAN__V1__STATUS__CLIENT__INIT;
	char you[CLIENT_TEXT_SIZE], address[CLIENT_TEXT_SIZE];

	client_you(client, you);
	client_address(client, address);
	status.you = you;
	status.name = client->name ? client->name : status.name;
	status.address = address;
	status.since = (uint64_t)client->since;
	status.subscribed = client->cursor.filter != NULL;
	if (status.subscribed) {
		status.place = client_place(client);
		status.behind_bytes = behind(client->hub, status.place);
	}
	status.events = client->events;
	status.gaps = client->gaps;
	status.read_only = client->is_read_only;
	put(out, STATUS_CLIENTS, &status.base);
}

/* The parts fill a page as far as it goes; they return false when they have nothing more. */
typedef bool part_fn(struct walk *walk, const struct hub *hub, struct buf *page);

static bool hub_part(struct walk *walk, const struct hub *hub, struct buf *page)
{
	(void)walk;
	put_hub(hub, page);
	return false;
}

/* The place is a count: a publisher that comes or goes between two pages may be missed. */
static bool publishers_part(struct walk *walk, const struct hub *hub, struct buf *page)
{
	const struct publisher *publisher = hub->publishers.by_name;

	for (uint64_t i = 0; publisher && i < walk->place; i++)
		publisher = publisher->hh.next;
	for (; publisher && page->len < WALK_PAGE; publisher = publisher->hh.next) {
		put_publisher(publisher, page);
		walk->place++;
	}
	return publisher != NULL;
}

/* The list is in the order of ids. */
static bool clients_part(struct walk *walk, const struct hub *hub, struct buf *page)
{
	const struct client *client = TAILQ_FIRST(&hub->clients);

	while (client && client->id <= walk->place)
		client = TAILQ_NEXT(client, all);
	for (; client && page->len < WALK_PAGE; client = TAILQ_NEXT(client, all)) {
		put_client(client, page);
		walk->place = client->id;
	}
	return client != NULL;
}

static part_fn *const parts[] = {hub_part, publishers_part, clients_part};

enum { PARTS = sizeof parts / sizeof *parts };

static bool status_step(struct walk *walk, struct hub *hub, struct buf *out)
{
	struct buf page = {0};
	bool has_more;

	while (walk->part < PARTS && page.len < WALK_PAGE) {
		if (parts[walk->part](walk, hub, &page))
			continue;
		walk->part++;
		walk->place = 0;
	}
	has_more = walk->part < PARTS;
	if (has_more)
		field_put_varint(&page, STATUS_MORE, 1);
	walk_put_frame(out, walk->id, FRAME_STATUS, &page);
	buf_fini(&page);
	return has_more;
}

void status_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	walk_start(client, &(struct walk){.step = status_step, .id = frame->id});
}
