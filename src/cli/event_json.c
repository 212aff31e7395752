/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from a gateway, as JSON; see event_json.h. Each kind of event is one row. */
#include "cli/event_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/jsonl.h"
#include "cli/text.h"

typedef void put_fn(struct jsonl *j, const struct dragoman_event *event, const struct units *units);

/* 64 random bits: as text, since many readers of JSON keep 53. */
static void put_incarnation(struct jsonl *j, const char *key, uint64_t incarnation)
{
	char text[20];

	snprintf(text, sizeof text, "%016" PRIx64, incarnation);
	jsonl_text(j, key, text);
}

static void put_datum_value(struct jsonl *j, const struct dragoman_datum *datum)
{
	switch (datum->type) {
	case DRAGOMAN_VALUE_BOOLEAN: jsonl_bool(j, "value", datum->as.boolean); break;
	case DRAGOMAN_VALUE_INTEGER: jsonl_integer(j, "value", datum->as.integer); break;
	case DRAGOMAN_VALUE_NATURAL: jsonl_natural(j, "value", datum->as.natural); break;
	case DRAGOMAN_VALUE_NUMBER: jsonl_number(j, "value", datum->as.number); break;
	case DRAGOMAN_VALUE_TEXT: jsonl_text(j, "value", datum->as.text); break;
	case DRAGOMAN_VALUE_DATA:
		jsonl_bytes(j, "value", datum->as.data.data, datum->as.data.len);
		break;
	case DRAGOMAN_VALUE_TIME: jsonl_time_if(j, "value", datum->as.time_ns); break;
	default: jsonl_null(j, "value"); break;
	}
}

static void put_datum(struct jsonl *j, const struct dragoman_datum *datum,
		      const struct dragoman_device_tag *tag)
{
	jsonl_open(j, NULL, '{');
	jsonl_text(j, "tag", datum->tag);
	jsonl_text(j, "type", text_type(datum->type));
	put_datum_value(j, datum);
	if (tag)
		jsonl_text_if(j, "unit", tag->unit);
	jsonl_text(j, "quality", text_quality(datum->quality));
	jsonl_text_if(j, "reason", datum->reason);
	jsonl_close(j, '{');
}

static void put_reading(struct jsonl *j, const struct dragoman_event *event,
			const struct units *units)
{
	const struct dragoman_event_reading *reading = &event->as.reading;

	jsonl_text_if(j, "key", reading->key);
	jsonl_time_if(j, "device_time", reading->device_time_ns);
	jsonl_bool(j, "live", !reading->snapshot);
	if (reading->stale) {
		jsonl_bool(j, "stale", true);
		jsonl_text_if(j, "stale_reason", reading->stale_reason);
	}
	jsonl_open(j, "values", '[');
	for (size_t i = 0; i < reading->n_values; i++)
		put_datum(j, &reading->values[i],
			  units ? units_find(units, event->device, reading->values[i].tag) : NULL);
	jsonl_close(j, '[');
	if (*reading->type) {
		jsonl_text(j, "message_type", reading->type);
		jsonl_bytes(j, "message", reading->message.data, reading->message.len);
	}
}

static void put_state_members(struct jsonl *j, const struct dragoman_event_state *state)
{
	jsonl_text(j, "state", text_state(state->code));
	jsonl_text_if(j, "reason", state->reason);
	jsonl_text_if(j, "text", state->text);
}

static void put_state(struct jsonl *j, const struct dragoman_event *event,
		      const struct units *units)
{
	(void)units;
	put_state_members(j, &event->as.state);
}

static void put_raw(struct jsonl *j, const struct dragoman_event *event, const struct units *units)
{
	(void)units;
	jsonl_text(j, "direction", event->as.raw.sent ? "sent" : "received");
	jsonl_bytes(j, "data", event->as.raw.data.data, event->as.raw.data.len);
}

static void put_loss(struct jsonl *j, const struct dragoman_event *event, const struct units *units)
{
	const struct dragoman_event_loss *loss = &event->as.loss;

	(void)units;
	jsonl_text(j, "of", loss->publisher);
	if (loss->count)
		jsonl_natural(j, "count", loss->count);
	jsonl_time_if(j, "from", loss->from_ns);
	jsonl_time_if(j, "to", loss->to_ns);
	jsonl_text(j, "reason", loss->reason);
	put_incarnation(j, "of_incarnation", loss->incarnation);
	jsonl_natural(j, "last_number", loss->last_number);
}

static void put_audit(struct jsonl *j, const struct dragoman_event *event,
		      const struct units *units)
{
	static const char *const outcomes[] = {"none",    "done",     "sent",
					       "refused", "not_sent", "unknown"};
	const struct dragoman_event_audit *audit = &event->as.audit;

	(void)units;
	jsonl_text(j, "client", audit->client);
	jsonl_text(j, "request", audit->request);
	jsonl_text(j, "outcome", outcomes[(unsigned)audit->outcome < 6 ? audit->outcome : 0]);
	jsonl_text_if(j, "text", audit->text);
}

static void put_assignment(struct jsonl *j, const struct dragoman_event *event,
			   const struct units *units)
{
	(void)units;
	jsonl_natural(j, "device_id", event->device_id);
}

static void put_clock_step(struct jsonl *j, const struct dragoman_event *event,
			   const struct units *units)
{
	(void)units;
	jsonl_integer(j, "step_ns", event->as.clock_step_ns);
}

static void put_gap(struct jsonl *j, const struct dragoman_event *event, const struct units *units)
{
	const struct dragoman_event_gap *gap = &event->as.gap;

	(void)units;
	jsonl_natural(j, "first", gap->first);
	jsonl_natural(j, "last", gap->last);
	if (gap->count)
		jsonl_natural(j, "count", gap->count);
	jsonl_text(j, "reason", gap->reason);
}

static void put_snapshot_end(struct jsonl *j, const struct dragoman_event *event,
			     const struct units *units)
{
	(void)units;
	jsonl_natural(j, "count", event->as.count);
}

static void put_lost(struct jsonl *j, const struct dragoman_event *event, const struct units *units)
{
	const struct dragoman_event_lost *lost = &event->as.lost;

	(void)units;
	jsonl_text(j, "code", dragoman_code_name(lost->code));
	jsonl_text(j, "text", lost->text);
	if (lost->retry_in_ms >= 0)
		jsonl_integer(j, "retry_in_ms", lost->retry_in_ms);
}

static void put_nothing(struct jsonl *j, const struct dragoman_event *event,
			const struct units *units)
{
	(void)j;
	(void)event;
	(void)units;
}

/* ---- answers ---- */

static void put_tag(struct jsonl *j, const struct dragoman_device_tag *tag)
{
	jsonl_open(j, NULL, '{');
	jsonl_text(j, "tag", tag->name);
	jsonl_text(j, "type", text_type(tag->type));
	jsonl_text_if(j, "unit", tag->unit);
	jsonl_bool(j, "readable", tag->readable);
	jsonl_bool(j, "writable", tag->writable);
	jsonl_text_if(j, "description", tag->description);
	if (tag->field)
		jsonl_natural(j, "field", tag->field);
	if (isfinite(tag->minimum))
		jsonl_number(j, "minimum", tag->minimum);
	if (isfinite(tag->maximum))
		jsonl_number(j, "maximum", tag->maximum);
	if (tag->n_labels) {
		jsonl_open(j, "labels", '[');
		for (size_t i = 0; i < tag->n_labels; i++) {
			jsonl_open(j, NULL, '{');
			jsonl_integer(j, "value", tag->labels[i].value);
			jsonl_text(j, "name", tag->labels[i].name);
			jsonl_close(j, '{');
		}
		jsonl_close(j, '[');
	}
	if (tag->n_keys) {
		jsonl_open(j, "keys", '[');
		for (size_t i = 0; i < tag->n_keys; i++)
			jsonl_text(j, NULL, tag->keys[i]);
		jsonl_close(j, '[');
	}
	jsonl_close(j, '{');
}

static void put_tags(struct jsonl *j, const char *key, const struct dragoman_device_tag *tags,
		     size_t n)
{
	jsonl_open(j, key, '[');
	for (size_t i = 0; i < n; i++)
		put_tag(j, &tags[i]);
	jsonl_close(j, '[');
}

/* The messages of the device's own types, by the key of their readings. */
static void put_messages(struct jsonl *j, const struct dragoman_event_device *device)
{
	bool is_open = false;

	for (size_t i = 0; i < device->n_keys; i++) {
		if (!*device->keys[i].type)
			continue;
		if (!is_open)
			jsonl_open(j, "messages", '[');
		is_open = true;
		jsonl_open(j, NULL, '{');
		jsonl_text_if(j, "key", device->keys[i].name);
		jsonl_text(j, "message_type", device->keys[i].type);
		jsonl_close(j, '{');
	}
	if (is_open)
		jsonl_close(j, '[');
}

static void put_commands(struct jsonl *j, const struct dragoman_event_device *device)
{
	jsonl_open(j, "commands", '[');
	for (size_t i = 0; i < device->n_commands; i++) {
		jsonl_open(j, NULL, '{');
		jsonl_text(j, "command", device->commands[i].name);
		jsonl_text_if(j, "description", device->commands[i].description);
		put_tags(j, "arguments", device->commands[i].arguments,
			 device->commands[i].n_arguments);
		jsonl_close(j, '{');
	}
	jsonl_close(j, '[');
}

static void put_device(struct jsonl *j, const struct dragoman_event *event,
		       const struct units *units)
{
	const struct dragoman_event_device *device = &event->as.device;

	(void)units;
	jsonl_text(j, "channel", device->channel);
	jsonl_text_if(j, "adapter", device->adapter);
	jsonl_text_if(j, "description", device->description);
	jsonl_natural(j, "device_id", device->device_id);
	put_state_members(j, &device->state);
	jsonl_time_if(j, "state_since", device->state_since_ns);
	jsonl_time_if(j, "last_event", device->last_event_ns);
	put_tags(j, "tags", device->tags, device->n_tags);
	put_messages(j, device);
	put_commands(j, device);
}

static void put_hub(struct jsonl *j, const struct dragoman_event *event, const struct units *units)
{
	const struct dragoman_event_hub *hub = &event->as.hub;

	(void)units;
	jsonl_integer(j, "pid", hub->pid);
	jsonl_time_if(j, "started", hub->started_ns);
	jsonl_text(j, "storage", text_storage(hub->storage));
	jsonl_natural(j, "devices", hub->devices);
	jsonl_natural(j, "events", hub->events);
	jsonl_natural(j, "bytes", hub->bytes);
	jsonl_natural(j, "oldest", hub->oldest);
	jsonl_natural(j, "head", hub->head);
	jsonl_natural(j, "memory_size", hub->memory_size);
	jsonl_natural(j, "memory_used", hub->memory_used);
	jsonl_natural(j, "repeats", hub->repeats);
	jsonl_natural(j, "losses", hub->losses);
	jsonl_natural(j, "refused_frames", hub->refused_frames);
}

static void put_publisher(struct jsonl *j, const struct dragoman_event *event,
			  const struct units *units)
{
	const struct dragoman_event_publisher *p = &event->as.publisher;

	(void)units;
	jsonl_text(j, "name", p->name);
	jsonl_bool(j, "connected", p->connected);
	jsonl_integer(j, "pid", p->pid);
	jsonl_natural(j, "restarts", p->restarts);
	jsonl_text_if(j, "last_end", p->last_end);
	put_incarnation(j, "incarnation", p->incarnation);
	jsonl_natural(j, "received", p->received);
	jsonl_natural(j, "kept", p->kept);
	jsonl_natural(j, "devices", p->devices);
	jsonl_natural(j, "events", p->events);
	jsonl_time_if(j, "last_event", p->last_event_ns);
	jsonl_open(j, "line", '{');
	put_state_members(j, &p->line);
	jsonl_close(j, '{');
	jsonl_open(j, "counters", '{');
	for (size_t i = 0; i < p->n_counters; i++)
		jsonl_natural(j, p->counters[i].name, p->counters[i].value);
	jsonl_close(j, '{');
}

static void put_client(struct jsonl *j, const struct dragoman_event *event,
		       const struct units *units)
{
	const struct dragoman_event_client *client = &event->as.client;

	(void)units;
	jsonl_text(j, "client", client->you);
	jsonl_text(j, "name", client->name);
	jsonl_text(j, "address", client->address);
	jsonl_time_if(j, "since", client->since_ns);
	jsonl_bool(j, "subscribed", client->subscribed);
	jsonl_bool(j, "read_only", client->read_only);
	jsonl_natural(j, "place", client->place);
	jsonl_natural(j, "behind_bytes", client->behind_bytes);
	jsonl_natural(j, "events", client->events);
	jsonl_natural(j, "gaps", client->gaps);
}

static void put_store(struct jsonl *j, const struct dragoman_event *event,
		      const struct units *units)
{
	const struct dragoman_event_store *store = &event->as.store;

	(void)units;
	jsonl_natural(j, "segments", store->segments);
	jsonl_natural(j, "bytes", store->bytes);
	jsonl_natural(j, "size", store->size);
	jsonl_natural(j, "needed_bytes", store->needed_bytes);
	jsonl_natural(j, "oldest", store->oldest);
	jsonl_natural(j, "newest", store->newest);
	jsonl_time_if(j, "oldest_time", store->oldest_time_ns);
	jsonl_natural(j, "commits", store->commits);
	jsonl_natural(j, "commit_ns", store->commit_ns);
	jsonl_natural(j, "slowest_commit_ns", store->slowest_commit_ns);
	jsonl_natural(j, "failures", store->failures);
	jsonl_natural(j, "damaged", store->damaged);
	jsonl_natural(j, "subscribers", store->subscribers);
	jsonl_text_if(j, "problem", store->problem);
}

static void put_subscriber(struct jsonl *j, const struct dragoman_event *event,
			   const struct units *units)
{
	const struct dragoman_event_subscriber *s = &event->as.subscriber;

	(void)units;
	jsonl_text(j, "name", s->name);
	jsonl_bool(j, "connected", s->connected);
	jsonl_text_if(j, "client", s->you);
	jsonl_natural(j, "place", s->place);
	jsonl_natural(j, "behind_bytes", s->behind_bytes);
	if (s->behind_events)
		jsonl_natural(j, "behind_events", s->behind_events);
	jsonl_time_if(j, "oldest_time", s->oldest_time_ns);
	jsonl_natural(j, "gaps", s->gaps);
	jsonl_time_if(j, "since", s->since_ns);
	if (s->retain_bytes)
		jsonl_natural(j, "retain_bytes", s->retain_bytes);
	if (s->retain_s)
		jsonl_natural(j, "retain_s", s->retain_s);
	jsonl_open(j, "patterns", '[');
	for (size_t i = 0; i < s->n_patterns; i++)
		jsonl_text(j, NULL, s->patterns[i]);
	jsonl_close(j, '[');
}

static const struct {
	enum dragoman_event_kind kind;
	const char *name;
	put_fn *put;
} rows[] = {
	{DRAGOMAN_EVENT_READING, "reading", put_reading},
	{DRAGOMAN_EVENT_STATE, "state", put_state},
	{DRAGOMAN_EVENT_RAW, "raw", put_raw},
	{DRAGOMAN_EVENT_LOSS, "loss", put_loss},
	{DRAGOMAN_EVENT_AUDIT, "audit", put_audit},
	{DRAGOMAN_EVENT_ASSIGNMENT, "assignment", put_assignment},
	{DRAGOMAN_EVENT_CLOCK_STEP, "clock_step", put_clock_step},
	{DRAGOMAN_EVENT_GAP, "gap", put_gap},
	{DRAGOMAN_EVENT_SNAPSHOT_END, "snapshot_end", put_snapshot_end},
	{DRAGOMAN_EVENT_LOST, "lost", put_lost},
	{DRAGOMAN_EVENT_CONNECTED, "connected", put_nothing},
	{DRAGOMAN_EVENT_DEVICE, "device", put_device},
	{DRAGOMAN_EVENT_HUB, "hub", put_hub},
	{DRAGOMAN_EVENT_PUBLISHER, "publisher", put_publisher},
	{DRAGOMAN_EVENT_CLIENT, "client", put_client},
	{DRAGOMAN_EVENT_STORE, "store", put_store},
	{DRAGOMAN_EVENT_SUBSCRIBER, "subscriber", put_subscriber},
};

/* What all events of the stream have. */
static void put_common(struct jsonl *j, const struct dragoman_event *event)
{
	if (event->seq)
		jsonl_natural(j, "seq", event->seq);
	jsonl_text_if(j, "device", event->device);
	jsonl_time_if(j, "time", event->time_ns);
	if (*event->publisher) {
		jsonl_text(j, "publisher", event->publisher);
		put_incarnation(j, "incarnation", event->incarnation);
		jsonl_natural(j, "number", event->number);
	}
}

void event_json(struct buf *out, const struct dragoman_event *event, const struct units *units)
{
	struct jsonl j = {.out = out};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].kind != event->kind)
			continue;
		jsonl_open(&j, NULL, '{');
		jsonl_text(&j, "event", rows[i].name);
		put_common(&j, event);
		rows[i].put(&j, event, units);
		jsonl_close(&j, '{');
		buf_add(out, "\n", 1);
	}
}
