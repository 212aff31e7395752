/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning and stamping of events; see stamp.h. */
#include "wire/stamp.h"

#include <string.h>

#include "base/must.h"
#include "wire/field.h"

enum { EVENT_TIME = 1, EVENT_PUBLISHER, EVENT_INCARNATION, EVENT_NUMBER, EVENT_DEVICE };
enum { READING_KEY = 1 };

/* A singular field may come once: of two, runtimes take the last, and we would have to agree. */
static bool take(unsigned *seen, const struct field *field, enum field_type type)
{
	bool first = !(*seen & 1u << field->number);

	*seen |= 1u << field->number;
	return first && field->type == type;
}

static int take_frame_field(const struct field *field, unsigned *seen, struct frame_scan *out)
{
	switch (field->number) {
	case FRAME_SEQ: return take(seen, field, FIELD_FIXED64) ? 0 : -1;
	case FRAME_DEVICE_ID: return take(seen, field, FIELD_FIXED32) ? 0 : -1;
	case FRAME_ID: out->id = field->value; return take(seen, field, FIELD_VARINT) ? 0 : -1;
	case FRAME_PROMPT:
		out->prompt = field->value != 0;
		return take(seen, field, FIELD_VARINT) ? 0 : -1;
	}
	if (field->type != FIELD_BYTES)
		return field->number == FRAME_EVENT ? -1 : 0; /* a scalar of a later version */
	if (out->body)
		return -1;
	out->body = field->number;
	out->bytes = field->bytes;
	out->len = field->len;
	return 0;
}

int scan_frame(const uint8_t *payload, size_t len, struct frame_scan *out)
{
	unsigned seen = 0;

	*out = (struct frame_scan){0};
	for (size_t at = 0; at < len;) {
		struct field field;
		ssize_t n = field_get(payload + at, len - at, &field);

		if (n < 0 || take_frame_field(&field, &seen, out) < 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

static struct event_text text_of(const struct field *field)
{
	return (struct event_text){(const char *)field->bytes, field->len};
}

static int scan_reading(struct event_scan *out)
{
	unsigned seen = 0;

	for (size_t at = 0; at < out->body_len;) {
		struct field field;
		ssize_t n = field_get(out->body + at, out->body_len - at, &field);

		if (n < 0)
			return -1;
		at += (size_t)n;
		if (field.number != READING_KEY)
			continue;
		if (!take(&seen, &field, FIELD_BYTES))
			return -1;
		out->key = text_of(&field);
	}
	return 0;
}

static int take_event_field(const struct field *field, unsigned *seen, struct event_scan *out)
{
	switch (field->number) {
	case EVENT_TIME: out->time = field->value; return take(seen, field, FIELD_FIXED64) ? 0 : -1;
	case EVENT_PUBLISHER:
		out->publisher = text_of(field);
		return take(seen, field, FIELD_BYTES) ? 0 : -1;
	case EVENT_INCARNATION:
		out->incarnation = field->value;
		return take(seen, field, FIELD_FIXED64) ? 0 : -1;
	case EVENT_NUMBER:
		out->number = field->value;
		return take(seen, field, FIELD_FIXED64) ? 0 : -1;
	case EVENT_DEVICE:
		out->device = text_of(field);
		return take(seen, field, FIELD_BYTES) ? 0 : -1;
	}
	if (field->number > EVENT_KIND_LAST)
		return 0;
	if (out->kind || field->type != FIELD_BYTES)
		return -1;
	out->kind = field->number;
	out->body = field->bytes;
	out->body_len = field->len;
	return 0;
}

int scan_event(const uint8_t *event, size_t len, struct event_scan *out)
{
	unsigned seen = 0;

	*out = (struct event_scan){0};
	for (size_t at = 0; at < len;) {
		struct field field = {0};
		ssize_t n = field_get(event + at, len - at, &field);

		if (n < 0 || take_event_field(&field, &seen, out) < 0)
			return -1;
		at += (size_t)n;
	}
	if (!out->kind)
		return -1;
	return out->kind == EVENT_KIND_FIRST ? scan_reading(out) : 0;
}

/* The frame without its length. */
static size_t payload_size(size_t len)
{
	return 9 + 5 + field_bytes_size(FRAME_EVENT, len);
}

size_t stamp_size(size_t len)
{
	size_t payload = payload_size(len);

	return varint_size(payload) + payload;
}

size_t stamp_put(uint8_t *out, uint64_t seq, uint32_t device_id, const uint8_t *event, size_t len)
{
	size_t at = varint_put(out, payload_size(len));

	out[at++] = (uint8_t)field_key(FRAME_SEQ, FIELD_FIXED64);
	fixed64_put(out + at, seq);
	at += 8;
	out[at++] = (uint8_t)field_key(FRAME_DEVICE_ID, FIELD_FIXED32);
	fixed32_put(out + at, device_id);
	at += 4;
	out[at++] = (uint8_t)field_key(FRAME_EVENT, FIELD_BYTES);
	at += varint_put(out + at, len);
	memcpy(out + at, event, len);
	return at + len;
}

ssize_t stamp_get(const uint8_t *bytes, size_t len, struct stamp *out)
{
	uint64_t payload, event;
	int n = varint_get(bytes, len, &payload), m;
	const uint8_t *at = bytes + n;

	if (n <= 0 || payload < 9 + 5 + 2 || payload > len - (size_t)n ||
	    at[0] != field_key(FRAME_SEQ, FIELD_FIXED64) ||
	    at[9] != field_key(FRAME_DEVICE_ID, FIELD_FIXED32) ||
	    at[14] != field_key(FRAME_EVENT, FIELD_BYTES))
		return -1;
	m = varint_get(at + 15, payload - 15, &event);
	if (m <= 0 || 15 + (size_t)m + event != payload)
		return -1;
	*out = (struct stamp){.seq = fixed64_get(at + 1),
			      .device_id = fixed32_get(at + 10),
			      .event = at + 15 + m,
			      .len = event};
	return (ssize_t)((size_t)n + payload);
}

const uint8_t *stamp_event(const uint8_t *frame, size_t size, size_t *len_out)
{
	uint64_t len;
	int n = varint_get(frame, size, &len);
	size_t at = (size_t)n + 9 + 5 + 1;

	must(n > 0 && at < size);
	n = varint_get(frame + at, size - at, &len);
	must(n > 0 && at + (size_t)n + len == size);
	*len_out = (size_t)len;
	return frame + at + n;
}

/* The first field of the event that is wanted; false if it has none. */
static bool find_field(const struct stamp *stamp, uint32_t first, uint32_t last, struct field *out)
{
	for (size_t at = 0; at < stamp->len;) {
		ssize_t n = field_get(stamp->event + at, stamp->len - at, out);

		if (n < 0)
			return false;
		if (out->number >= first && out->number <= last)
			return true;
		at += (size_t)n;
	}
	return false;
}

uint32_t stamp_kind(const struct stamp *stamp)
{
	struct field field;

	return find_field(stamp, EVENT_KIND_FIRST, EVENT_KIND_LAST, &field) ? field.number : 0;
}

uint64_t stamp_time(const struct stamp *stamp)
{
	struct field field;

	return find_field(stamp, EVENT_TIME, EVENT_TIME, &field) ? field.value : 0;
}
