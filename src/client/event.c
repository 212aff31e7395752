/* SPDX-License-Identifier: Apache-2.0 */
/* From a Frame to what a caller sees; see event.h. The tables at the end say which frame gives what. */
#include "client/event.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct piece {
	struct piece *next;
	_Alignas(16) unsigned char bytes[];
};

/* Zeroed; NULL if n is 0. */
static void *piece_new(struct pieces *pieces, size_t n, size_t size)
{
	struct piece *piece;

	if (!n)
		return NULL;
	piece = xcalloc(1, sizeof *piece + n * size); /* n is bounded by a frame's length */
	piece->next = pieces->first;
	pieces->first = piece;
	return piece->bytes;
}

void pieces_free(struct pieces *pieces)
{
	while (pieces->first) {
		struct piece *next = pieces->first->next;

		free(pieces->first);
		pieces->first = next;
	}
}

static struct dragoman_bytes to_bytes(ProtobufCBinaryData data)
{
	return (struct dragoman_bytes){data.data, data.len};
}

/* ---- values ---- */

static void get_datum(const Dragoman__V1__Value *value, struct dragoman_datum *out)
{
	out->tag = value->tag;
	out->reason = value->reason;
	out->quality = (enum dragoman_value_quality)value->quality;
	switch (value->value_case) {
	case DRAGOMAN__V1__VALUE__VALUE_BOOLEAN:
		out->type = DRAGOMAN_VALUE_BOOLEAN;
		out->as.boolean = value->boolean;
		break;
	case DRAGOMAN__V1__VALUE__VALUE_INTEGER:
		out->type = DRAGOMAN_VALUE_INTEGER;
		out->as.integer = value->integer;
		break;
	case DRAGOMAN__V1__VALUE__VALUE_NUMBER:
		out->type = DRAGOMAN_VALUE_NUMBER;
		out->as.number = value->number;
		break;
	case DRAGOMAN__V1__VALUE__VALUE_TEXT:
		out->type = DRAGOMAN_VALUE_TEXT;
		out->as.text = value->text;
		break;
	case DRAGOMAN__V1__VALUE__VALUE_DATA:
		out->type = DRAGOMAN_VALUE_DATA;
		out->as.data = to_bytes(value->data);
		break;
	case DRAGOMAN__V1__VALUE__VALUE_TIME:
		out->type = DRAGOMAN_VALUE_TIME;
		out->as.time_ns = (int64_t)value->time;
		break;
	case DRAGOMAN__V1__VALUE__VALUE_NATURAL:
		out->type = DRAGOMAN_VALUE_NATURAL;
		out->as.natural = value->natural;
		break;
	default: break;
	}
}

static void get_typed(const Dragoman__V1__Typed *typed, struct pieces *pieces,
		      struct dragoman_event_reading *out)
{
	struct dragoman_field *fields = piece_new(pieces, typed->n_qualities, sizeof *fields);

	for (size_t i = 0; i < typed->n_qualities; i++) {
		fields[i].number = typed->qualities[i]->field;
		fields[i].quality = (enum dragoman_value_quality)typed->qualities[i]->quality;
		fields[i].reason = typed->qualities[i]->reason;
	}
	out->type = typed->type;
	out->message = to_bytes(typed->message);
	out->fields = fields;
	out->n_fields = typed->n_qualities;
}

/* ---- bodies of events ---- */

static void get_reading(const Dragoman__V1__Event *event, struct pieces *pieces,
			struct dragoman_event *out)
{
	const Dragoman__V1__Reading *reading = event->reading;
	struct dragoman_event_reading *r = &out->as.reading;
	struct dragoman_datum *values = piece_new(pieces, reading->n_values, sizeof *values);

	for (size_t i = 0; i < reading->n_values; i++)
		get_datum(reading->values[i], &values[i]);
	r->key = reading->key;
	r->device_time_ns = (int64_t)reading->device_time;
	r->values = values;
	r->n_values = reading->n_values;
	r->type = r->stale_reason = "";
	if (reading->typed)
		get_typed(reading->typed, pieces, r);
}

static void get_state_code(const Dragoman__V1__State *state, struct dragoman_event_state *out)
{
	out->code = state ? (enum dragoman_state_code)state->code : DRAGOMAN_STATE_UNKNOWN;
	out->reason = state ? state->reason : "";
	out->text = state ? state->text : "";
}

static void get_state(const Dragoman__V1__Event *event, struct pieces *pieces,
		      struct dragoman_event *out)
{
	(void)pieces;
	get_state_code(event->state, &out->as.state);
}

static void get_raw(const Dragoman__V1__Event *event, struct pieces *pieces,
		    struct dragoman_event *out)
{
	(void)pieces;
	out->as.raw.sent = event->raw->direction == DRAGOMAN__V1__RAW__DIRECTION__SENT;
	out->as.raw.data = to_bytes(event->raw->data);
}

static void get_loss(const Dragoman__V1__Event *event, struct pieces *pieces,
		     struct dragoman_event *out)
{
	const Dragoman__V1__Loss *loss = event->loss;

	(void)pieces;
	out->as.loss = (struct dragoman_event_loss){
		.publisher = loss->publisher,
		.incarnation = loss->incarnation,
		.count = loss->count,
		.from_ns = (int64_t)loss->from,
		.to_ns = (int64_t)loss->to,
		.reason = loss->reason,
		.last_number = loss->last_number,
	};
}

static void get_audit(const Dragoman__V1__Event *event, struct pieces *pieces,
		      struct dragoman_event *out)
{
	const Dragoman__V1__Audit *audit = event->audit;

	(void)pieces;
	out->as.audit = (struct dragoman_event_audit){
		.client = audit->client,
		.request = audit->request,
		.frame = to_bytes(audit->frame),
		.outcome = audit->result ? (int)audit->result->outcome : 0,
		.text = audit->result ? audit->result->text : "",
	};
}

static void get_assignment(const Dragoman__V1__Event *event, struct pieces *pieces,
			   struct dragoman_event *out)
{
	(void)pieces;
	out->device_id = event->assignment->device_id;
}

static void get_clock_step(const Dragoman__V1__Event *event, struct pieces *pieces,
			   struct dragoman_event *out)
{
	(void)pieces;
	out->as.clock_step_ns = event->clock_step->step_ns;
}

#define EVENT_BODY(name) DRAGOMAN__V1__EVENT__BODY_##name

static const struct {
	Dragoman__V1__Event__BodyCase body;
	enum dragoman_event_kind kind;
	void (*get)(const Dragoman__V1__Event *event, struct pieces *pieces,
		    struct dragoman_event *out);
} bodies[] = {
	{EVENT_BODY(READING), DRAGOMAN_EVENT_READING, get_reading},
	{EVENT_BODY(STATE), DRAGOMAN_EVENT_STATE, get_state},
	{EVENT_BODY(RAW), DRAGOMAN_EVENT_RAW, get_raw},
	{EVENT_BODY(LOSS), DRAGOMAN_EVENT_LOSS, get_loss},
	{EVENT_BODY(AUDIT), DRAGOMAN_EVENT_AUDIT, get_audit},
	{EVENT_BODY(ASSIGNMENT), DRAGOMAN_EVENT_ASSIGNMENT, get_assignment},
	{EVENT_BODY(CLOCK_STEP), DRAGOMAN_EVENT_CLOCK_STEP, get_clock_step},
};

static bool get_event(const Dragoman__V1__Event *event, struct pieces *pieces,
		      struct dragoman_event *out)
{
	out->device = event->device;
	out->time_ns = (int64_t)event->time;
	out->publisher = event->publisher;
	out->incarnation = event->incarnation;
	out->number = event->number;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		if (bodies[i].body != event->body_case)
			continue;
		out->kind = bodies[i].kind;
		bodies[i].get(event, pieces, out);
		return true;
	}
	return false;
}

/* A snapshot holds readings; anything else in it is of no use to anybody. */
static bool get_last(const Dragoman__V1__Snapshot *snapshot, struct pieces *pieces,
		     struct dragoman_event *out)
{
	if (!snapshot || !snapshot->event || !get_event(snapshot->event, pieces, out) ||
	    out->kind != DRAGOMAN_EVENT_READING)
		return false;
	out->as.reading.snapshot = true;
	out->as.reading.stale = snapshot->stale;
	out->as.reading.stale_reason = snapshot->reason;
	return true;
}

/* ---- the catalogue ---- */

/* The numbers are the same; a type that a later gateway knows is shown as none. */
static enum dragoman_value_type to_type(Dragoman__V1__Type type)
{
	return type <= DRAGOMAN__V1__TYPE__TYPE_NATURAL ? (enum dragoman_value_type)type
							: DRAGOMAN_VALUE_NONE;
}

static void get_tag(const Dragoman__V1__Tag *tag, struct pieces *pieces,
		    struct dragoman_device_tag *out)
{
	struct dragoman_label *labels = piece_new(pieces, tag->n_labels, sizeof *labels);

	for (size_t i = 0; i < tag->n_labels; i++)
		labels[i] = (struct dragoman_label){tag->labels[i]->value, tag->labels[i]->name};
	*out = (struct dragoman_device_tag){
		.name = tag->name,
		.unit = tag->unit,
		.description = tag->description,
		.type = to_type(tag->type),
		.readable = tag->access != DRAGOMAN__V1__ACCESS__ACCESS_WRITE,
		.writable = tag->access != DRAGOMAN__V1__ACCESS__ACCESS_READ,
		.keys = (const char *const *)tag->keys,
		.n_keys = tag->n_keys,
		.labels = labels,
		.n_labels = tag->n_labels,
		.minimum = tag->range ? tag->range->minimum : -INFINITY,
		.maximum = tag->range ? tag->range->maximum : INFINITY,
		.field = tag->field,
	};
}

static const struct dragoman_device_tag *get_tags(Dragoman__V1__Tag **tags, size_t n,
						  struct pieces *pieces)
{
	struct dragoman_device_tag *out = piece_new(pieces, n, sizeof *out);

	for (size_t i = 0; i < n; i++)
		get_tag(tags[i], pieces, &out[i]);
	return out;
}

static void get_keys_and_commands(const Dragoman__V1__Device *device, struct pieces *pieces,
				  struct dragoman_event_device *out)
{
	struct dragoman_device_key *keys = piece_new(pieces, device->n_keys, sizeof *keys);
	struct dragoman_device_command *commands =
		piece_new(pieces, device->n_commands, sizeof *commands);

	for (size_t i = 0; i < device->n_keys; i++)
		keys[i] = (struct dragoman_device_key){
			device->keys[i]->name, device->keys[i]->description, device->keys[i]->type};
	for (size_t i = 0; i < device->n_commands; i++) {
		const Dragoman__V1__Command *command = device->commands[i];

		commands[i].name = command->name;
		commands[i].description = command->description;
		commands[i].arguments = get_tags(command->arguments, command->n_arguments, pieces);
		commands[i].n_arguments = command->n_arguments;
	}
	out->keys = keys;
	out->n_keys = device->n_keys;
	out->commands = commands;
	out->n_commands = device->n_commands;
}

static void get_device(const Dragoman__V1__Device *device, struct pieces *pieces,
		       struct dragoman_event *out)
{
	struct dragoman_event_device *d = &out->as.device;

	out->kind = DRAGOMAN_EVENT_DEVICE;
	out->device = device->name;
	out->device_id = device->device_id;
	d->name = device->name;
	d->description = device->description;
	d->channel = device->channel;
	d->adapter = device->adapter;
	d->device_id = device->device_id;
	d->tags = get_tags(device->tags, device->n_tags, pieces);
	d->n_tags = device->n_tags;
	get_keys_and_commands(device, pieces, d);
	get_state_code(device->state, &d->state);
	d->state_since_ns = (int64_t)device->state_since;
	d->last_event_ns = (int64_t)device->last_event;
}

static size_t catalogue_count(const Dragoman__V1__Frame *frame)
{
	return frame->catalogue->n_devices + frame->catalogue->n_descriptors;
}

static bool catalogue_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			  struct dragoman_event *out)
{
	const Dragoman__V1__Catalogue *catalogue = frame->catalogue;

	if (i < catalogue->n_devices) {
		get_device(catalogue->devices[i], pieces, out);
		return true;
	}
	out->kind = DRAGOMAN_EVENT_DESCRIPTORS;
	out->as.descriptors = to_bytes(catalogue->descriptors[i - catalogue->n_devices]);
	return true;
}

/* ---- status ---- */

static void get_hub(const Dragoman__V1__Status__Hub *hub, struct dragoman_event *out)
{
	out->kind = DRAGOMAN_EVENT_HUB;
	out->as.hub = (struct dragoman_event_hub){
		.pid = hub->pid,
		.started_ns = (int64_t)hub->started,
		.events = hub->events,
		.bytes = hub->bytes,
		.oldest = hub->oldest,
		.head = hub->head,
		.memory_size = hub->memory_size,
		.memory_used = hub->memory_used,
		.repeats = hub->repeats,
		.losses = hub->losses,
		.refused_frames = hub->refused_frames,
		.devices = hub->devices,
		.storage = (enum dragoman_storage)hub->storage,
	};
}

static void get_publisher(const Dragoman__V1__Status__Publisher *publisher, struct pieces *pieces,
			  struct dragoman_event *out)
{
	struct dragoman_event_publisher *p = &out->as.publisher;
	struct dragoman_counter *counters =
		piece_new(pieces, publisher->n_counters, sizeof *counters);

	for (size_t i = 0; i < publisher->n_counters; i++)
		counters[i] = (struct dragoman_counter){publisher->counters[i]->name,
							publisher->counters[i]->value};
	out->kind = DRAGOMAN_EVENT_PUBLISHER;
	p->name = publisher->name;
	p->connected = publisher->connected;
	p->pid = publisher->pid;
	p->restarts = publisher->restarts;
	p->last_end = publisher->last_end;
	p->incarnation = publisher->incarnation;
	p->received = publisher->received;
	p->kept = publisher->kept;
	p->devices = publisher->devices;
	p->events = publisher->events;
	p->last_event_ns = (int64_t)publisher->last_event;
	get_state_code(publisher->line, &p->line);
	p->counters = counters;
	p->n_counters = publisher->n_counters;
}

static void get_client(const Dragoman__V1__Status__Client *client, struct dragoman_event *out)
{
	out->kind = DRAGOMAN_EVENT_CLIENT;
	out->as.client = (struct dragoman_event_client){
		.you = client->you,
		.name = client->name,
		.address = client->address,
		.since_ns = (int64_t)client->since,
		.subscribed = client->subscribed,
		.read_only = client->read_only,
		.place = client->place,
		.behind_bytes = client->behind_bytes,
		.events = client->events,
		.gaps = client->gaps,
	};
}

static void get_store(const Dragoman__V1__Status__Store *store, struct dragoman_event *out)
{
	out->kind = DRAGOMAN_EVENT_STORE;
	out->as.store = (struct dragoman_event_store){
		.oldest = store->oldest,
		.newest = store->newest,
		.oldest_time_ns = (int64_t)store->oldest_time,
		.bytes = store->bytes,
		.size = store->size,
		.needed_bytes = store->needed_bytes,
		.commits = store->commits,
		.commit_ns = store->commit_ns,
		.slowest_commit_ns = store->slowest_commit_ns,
		.failures = store->failures,
		.damaged = store->damaged,
		.problem = store->problem,
		.segments = store->segments,
		.subscribers = store->subscribers,
	};
}

static bool has_store(const Dragoman__V1__Status *status)
{
	return status->hub && status->hub->store;
}

static size_t status_count(const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Status *status = frame->status;

	return (status->hub ? 1 : 0) + (has_store(status) ? 1 : 0) + status->n_publishers +
	       status->n_clients;
}

static bool status_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
		       struct dragoman_event *out)
{
	const Dragoman__V1__Status *status = frame->status;

	if (status->hub && i-- == 0)
		get_hub(status->hub, out);
	else if (has_store(status) && i-- == 0)
		get_store(status->hub->store, out);
	else if (i < status->n_publishers)
		get_publisher(status->publishers[i], pieces, out);
	else
		get_client(status->clients[i - status->n_publishers], out);
	return true;
}

/* ---- durable subscribers ---- */

/* From KIND_READING on they follow each other. */
static unsigned to_kinds(const Dragoman__V1__Kind *kinds, size_t n)
{
	unsigned out = 0;

	for (size_t i = 0; i < n; i++)
		if (kinds[i] >= DRAGOMAN__V1__KIND__KIND_READING &&
		    kinds[i] <= DRAGOMAN__V1__KIND__KIND_CLOCK_STEP)
			out |= 1u << (kinds[i] - DRAGOMAN__V1__KIND__KIND_READING);
	return out;
}

static size_t subscribers_count(const Dragoman__V1__Frame *frame)
{
	return frame->subscribers->n_entries;
}

static bool subscribers_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			    struct dragoman_event *out)
{
	const Dragoman__V1__Subscribers__Entry *entry = frame->subscribers->entries[i];

	(void)pieces;
	out->kind = DRAGOMAN_EVENT_SUBSCRIBER;
	out->as.subscriber = (struct dragoman_event_subscriber){
		.name = entry->name,
		.place = entry->place,
		.behind_events = entry->behind_events,
		.behind_bytes = entry->behind_bytes,
		.you = entry->you,
		.patterns = (const char *const *)entry->patterns,
		.n_patterns = entry->n_patterns,
		.kinds = to_kinds(entry->kinds, entry->n_kinds),
		.retain_s = entry->retain_s,
		.retain_bytes = entry->retain_bytes,
		.since_ns = (int64_t)entry->since,
		.oldest_time_ns = (int64_t)entry->oldest_time,
		.gaps = entry->gaps,
		.connected = entry->connected,
	};
	return true;
}

/* ---- the frames ---- */

static size_t one(const Dragoman__V1__Frame *frame)
{
	(void)frame;
	return 1;
}

static bool event_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			struct dragoman_event *out)
{
	(void)i;
	return get_event(frame->event, pieces, out);
}

static bool snapshot_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			   struct dragoman_event *out)
{
	(void)i;
	return get_last(frame->snapshot, pieces, out);
}

static bool snapshot_end_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			       struct dragoman_event *out)
{
	(void)i;
	(void)pieces;
	out->kind = DRAGOMAN_EVENT_SNAPSHOT_END;
	out->as.count = frame->snapshot_end->count;
	return true;
}

static bool gap_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
		      struct dragoman_event *out)
{
	const Dragoman__V1__Gap *gap = frame->gap;

	(void)i;
	(void)pieces;
	out->kind = DRAGOMAN_EVENT_GAP;
	out->as.gap = (struct dragoman_event_gap){gap->first, gap->last, gap->count, gap->reason};
	return true;
}

static bool position_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			   struct dragoman_event *out)
{
	(void)i;
	(void)pieces;
	out->kind = DRAGOMAN_EVENT_POSITION;
	out->seq = frame->position->seq;
	return true;
}

static bool subscribed_frame(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
			     struct dragoman_event *out)
{
	(void)i;
	(void)pieces;
	out->kind = DRAGOMAN_EVENT_SUBSCRIBED;
	out->seq = frame->subscribed->place;
	out->as.subscribed.resumed = frame->subscribed->resumed;
	return true;
}

static size_t got_count(const Dragoman__V1__Frame *frame)
{
	return frame->got->n_entries;
}

static bool got_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
		    struct dragoman_event *out)
{
	out->seq = frame->got->entries[i]->seq;
	return get_last(frame->got->entries[i]->last, pieces, out);
}

static size_t none(const Dragoman__V1__Frame *frame)
{
	(void)frame;
	return 0;
}

#define FRAME_BODY(name) DRAGOMAN__V1__FRAME__BODY_##name

static const struct row {
	Dragoman__V1__Frame__BodyCase body;
	bool is_answer;
	size_t (*count)(const Dragoman__V1__Frame *frame);
	bool (*get)(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
		    struct dragoman_event *out);
} rows[] = {
	{FRAME_BODY(EVENT), false, one, event_frame},
	{FRAME_BODY(SUBSCRIBED), false, one, subscribed_frame},
	{FRAME_BODY(SNAPSHOT), false, one, snapshot_frame},
	{FRAME_BODY(SNAPSHOT_END), false, one, snapshot_end_frame},
	{FRAME_BODY(GAP), false, one, gap_frame},
	{FRAME_BODY(POSITION), false, one, position_frame},
	{FRAME_BODY(CATALOGUE), true, catalogue_count, catalogue_get},
	{FRAME_BODY(STATUS), true, status_count, status_get},
	{FRAME_BODY(GOT), true, got_count, got_get},
	{FRAME_BODY(PONG), true, none, NULL},
	{FRAME_BODY(SUBSCRIBERS), true, subscribers_count, subscribers_get},
	{FRAME_BODY(SUBSCRIBER_REMOVED), true, none, NULL},
};

static const struct row *row_of(const Dragoman__V1__Frame *frame)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].body == frame->body_case)
			return &rows[i];
	return NULL;
}

size_t event_count(const Dragoman__V1__Frame *frame)
{
	const struct row *row = row_of(frame);

	return row ? row->count(frame) : 0;
}

bool event_get(const Dragoman__V1__Frame *frame, size_t i, struct pieces *pieces,
	       struct dragoman_event *out)
{
	*out = (struct dragoman_event){
		.seq = frame->seq,
		.device_id = frame->device_id,
		.device = "",
		.publisher = "",
	};
	return row_of(frame)->get(frame, i, pieces, out);
}

bool event_is_answer(const Dragoman__V1__Frame *frame)
{
	const struct row *row = row_of(frame);

	return row && row->is_answer;
}

bool event_has_more(const Dragoman__V1__Frame *frame)
{
	switch (frame->body_case) {
	case FRAME_BODY(CATALOGUE): return frame->catalogue->more;
	case FRAME_BODY(STATUS): return frame->status->more;
	case FRAME_BODY(GOT): return frame->got->more;
	default: return false;
	}
}
