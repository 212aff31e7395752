/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs events, from their end to their beginning: so the length of what lies inside is known when it is
 * to be written in front of it, and one pass is enough. Field numbers are those of dragoman.proto.
 *
 *	room  |  free      <- at | value n ... value 1, reading, event, frame: written in this order
 */
#include "wire/event.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "wire/frame.h"
#include "wire/varint.h"

enum { ROOM_SIZE_FIRST = 512, ROOM_SIZE_MAX = 2 * FRAME_MAX };

/* A field's number and wire type as they stand in front of it; all our own numbers are below 16. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };
#define KEY(number, type) ((uint8_t)((number) << 3 | (type)))

/* The writer: sticky when the room is too small, so that it is looked at once, at the end. */
struct out {
	uint8_t *start, *at;
	bool is_short;
};

static uint8_t *take(struct out *out, size_t n)
{
	if ((size_t)(out->at - out->start) < n) {
		out->is_short = true;
		return NULL;
	}
	out->at -= n;
	return out->at;
}

static void put_key(struct out *out, uint8_t key)
{
	uint8_t *p = take(out, 1);

	if (p)
		*p = key;
}

static void put_varint(struct out *out, uint64_t value)
{
	uint8_t *p;

	if (value < 0x80) {
		put_key(out, (uint8_t)value);
		return;
	}
	p = take(out, varint_size(value));
	if (p)
		varint_put(p, value);
}

static void put_bytes(struct out *out, const void *bytes, size_t len)
{
	uint8_t *p = len ? take(out, len) : NULL;

	if (p)
		memcpy(p, bytes, len);
}

static void put_fixed64(struct out *out, uint8_t key, uint64_t value)
{
	uint64_t little = htole64(value);

	put_bytes(out, &little, sizeof little);
	put_key(out, key);
}

static void put_uint(struct out *out, uint8_t key, uint64_t value)
{
	put_varint(out, value);
	put_key(out, key);
}

static void put_data(struct out *out, uint8_t key, const void *bytes, size_t len)
{
	put_bytes(out, bytes, len);
	put_uint(out, key, len);
}

/* proto3: what is empty or 0 is not written, except in a oneof. */
static void put_text(struct out *out, uint8_t key, const char *text)
{
	if (text && *text)
		put_data(out, key, text, strlen(text));
}

static void put_fixed64_unless_0(struct out *out, uint8_t key, uint64_t value)
{
	if (value)
		put_fixed64(out, key, value);
}

static void put_uint_unless_0(struct out *out, uint8_t key, uint64_t value)
{
	if (value)
		put_uint(out, key, value);
}

/* The length of what was written since `end`, and the key in front. */
static void close_message(struct out *out, uint8_t key, const uint8_t *end)
{
	put_uint(out, key, (uint64_t)(end - out->at));
}

/* ---------------------------------------------------------------------------------------------
 * Reading, Value
 */

static uint64_t zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static uint64_t bits_of(double number)
{
	uint64_t bits;

	_Static_assert(sizeof bits == sizeof number, "a double has 64 bits");
	memcpy(&bits, &number, sizeof bits);
	return bits;
}

/* One that an integer can say is one, for programs that look for nothing else. */
static void put_natural(struct out *out, uint64_t value)
{
	if (value <= INT64_MAX)
		put_uint(out, KEY(5, VARINT), zigzag((int64_t)value));
	else
		put_uint(out, KEY(10, VARINT), value);
}

static void put_value_of(struct out *out, const struct dragoman_value *value)
{
	switch (value->type) {
	case DRAGOMAN_NONE: break;
	case DRAGOMAN_BOOLEAN: put_uint(out, KEY(4, VARINT), value->as.boolean); break;
	case DRAGOMAN_INTEGER: put_uint(out, KEY(5, VARINT), zigzag(value->as.integer)); break;
	case DRAGOMAN_NUMBER: put_fixed64(out, KEY(6, FIXED64), bits_of(value->as.number)); break;
	case DRAGOMAN_TEXT:
		put_data(out, KEY(7, BYTES), value->as.text.bytes, value->as.text.len);
		break;
	case DRAGOMAN_DATA:
		put_data(out, KEY(8, BYTES), value->as.text.bytes, value->as.text.len);
		break;
	case DRAGOMAN_TIME: put_fixed64(out, KEY(9, FIXED64), (uint64_t)value->as.time_ns); break;
	case DRAGOMAN_NATURAL: put_natural(out, value->as.natural); break;
	}
}

static void put_values(struct out *out, const struct dragoman_reading *reading)
{
	for (size_t i = reading->n_values; i-- > 0;) {
		const struct dragoman_value *value = &reading->values[i];
		const uint8_t *end = out->at;

		put_value_of(out, value);
		put_text(out, KEY(3, BYTES), value->reason);
		put_uint_unless_0(out, KEY(2, VARINT), value->quality);
		put_text(out, KEY(1, BYTES), value->tag);
		close_message(out, KEY(3, BYTES), end);
	}
}

/* ---------------------------------------------------------------------------------------------
 * Typed
 */

/* The number of the i-th value's field; 0: the message has none for it. */
static uint32_t field_number(const struct event_type *type, size_t i,
			     const struct dragoman_value *value)
{
	for (size_t n = 0; n < type->n; n++, i++) {
		const struct event_field *field = &type->fields[i % type->n];

		if ((value->type == field->type || value->type == DRAGOMAN_NONE) &&
		    strcmp(field->tag, value->tag) == 0)
			return field->number;
	}
	return 0;
}

static void put_any_key(struct out *out, uint32_t number, unsigned wire_type)
{
	put_varint(out, (uint64_t)number << 3 | wire_type);
}

static void put_any_bytes(struct out *out, uint32_t number, const struct dragoman_value *value)
{
	put_bytes(out, value->as.text.bytes, value->as.text.len);
	put_varint(out, value->as.text.len);
	put_any_key(out, number, BYTES);
}

static void put_any_fixed64(struct out *out, uint32_t number, uint64_t value)
{
	uint64_t little = htole64(value);

	put_bytes(out, &little, sizeof little);
	put_any_key(out, number, FIXED64);
}

/* A field of the device's own message. It is there even if it is 0 or "": what is absent is not known. */
static void put_field(struct out *out, uint32_t number, const struct dragoman_value *value)
{
	switch (value->type) {
	case DRAGOMAN_NONE: break;
	case DRAGOMAN_BOOLEAN:
		put_varint(out, value->as.boolean);
		put_any_key(out, number, VARINT);
		break;
	case DRAGOMAN_INTEGER:
		put_varint(out, zigzag(value->as.integer));
		put_any_key(out, number, VARINT);
		break;
	case DRAGOMAN_NUMBER: put_any_fixed64(out, number, bits_of(value->as.number)); break;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA: put_any_bytes(out, number, value); break;
	case DRAGOMAN_NATURAL:
		put_varint(out, value->as.natural);
		put_any_key(out, number, VARINT);
		break;
	case DRAGOMAN_TIME: put_any_fixed64(out, number, (uint64_t)value->as.time_ns); break;
	}
}

static void put_message(struct out *out, const struct event_type *type,
			const struct dragoman_reading *reading)
{
	for (size_t i = reading->n_values; i-- > 0;) {
		const struct dragoman_value *value = &reading->values[i];
		uint32_t number = field_number(type, i, value);

		if (number && value->quality == DRAGOMAN_GOOD)
			put_field(out, number, value);
	}
}

static void put_qualities(struct out *out, const struct event_type *type,
			  const struct dragoman_reading *reading)
{
	for (size_t i = reading->n_values; i-- > 0;) {
		const struct dragoman_value *value = &reading->values[i];
		uint32_t number = field_number(type, i, value);
		const uint8_t *end = out->at;

		if (!number || value->quality == DRAGOMAN_GOOD)
			continue;
		put_text(out, KEY(3, BYTES), value->reason);
		put_uint(out, KEY(2, VARINT), value->quality);
		put_uint(out, KEY(1, VARINT), number);
		close_message(out, KEY(3, BYTES), end);
	}
}

static void put_typed(struct out *out, const struct event_type *type,
		      const struct dragoman_reading *reading)
{
	const uint8_t *end = out->at, *message_end;

	put_qualities(out, type, reading);
	message_end = out->at;
	put_message(out, type, reading);
	if (out->at != message_end)
		close_message(out, KEY(2, BYTES), message_end);
	put_text(out, KEY(1, BYTES), type->name);
	close_message(out, KEY(4, BYTES), end);
}

static void put_reading(struct out *out, const struct dragoman_reading *reading,
			const struct event_type *type)
{
	if (type)
		put_typed(out, type, reading);
	if (!type || !type->is_alone)
		put_values(out, reading);
	put_fixed64_unless_0(out, KEY(2, FIXED64), (uint64_t)reading->device_time_ns);
	put_text(out, KEY(1, BYTES), reading->key);
}

/* ---------------------------------------------------------------------------------------------
 * Frame, Event
 */

void event_head_init(struct event_head *head, const char *publisher, uint64_t incarnation,
		     const char *device)
{
	size_t size = 64 + strlen(publisher) + strlen(device);
	struct out out = {.start = xmalloc(size)};

	out.at = out.start + size;
	put_text(&out, KEY(5, BYTES), device);
	put_fixed64(&out, KEY(4, FIXED64), 0);
	head->number_at = (size_t)(out.start + size - out.at);
	put_fixed64(&out, KEY(3, FIXED64), incarnation);
	put_text(&out, KEY(2, BYTES), publisher);
	put_fixed64(&out, KEY(1, FIXED64), 0);
	must(!out.is_short);
	head->len = (size_t)(out.start + size - out.at);
	head->number_at = head->len - head->number_at + 1;
	head->bytes = xmemdup(out.at, head->len);
	free(out.start);
}

void event_head_fini(struct event_head *head)
{
	free(head->bytes);
	*head = (struct event_head){0};
}

void event_room_fini(struct event_room *room)
{
	free(room->bytes);
	*room = (struct event_room){0};
}

/* The head, with this event's time and number in their places. */
static void put_head(struct out *out, const struct event_head *head, int64_t time_ns,
		     uint64_t number)
{
	uint64_t time = htole64((uint64_t)time_ns), little = htole64(number);
	uint8_t *p = take(out, head->len);

	if (!p)
		return;
	memcpy(p, head->bytes, head->len);
	memcpy(p + 1, &time, sizeof time);
	memcpy(p + head->number_at, &little, sizeof little);
}

/* Begins a frame at the room's end, with Frame.prompt. */
static struct out begin(struct event_room *room, bool is_prompt)
{
	struct out out;

	if (!room->bytes) {
		room->bytes = xmalloc(ROOM_SIZE_FIRST);
		room->size = ROOM_SIZE_FIRST;
	}
	out = (struct out){.start = room->bytes, .at = room->bytes + room->size};
	put_uint_unless_0(&out, KEY(5, VARINT), is_prompt);
	return out;
}

/* Writes what stands in front of the body (its length and key, the event's head and the frame's), or
 * makes the room larger and has the caller begin again. */
static bool finish(struct event_room *room, struct out *out, uint8_t body_key,
		   const uint8_t *event_end, const struct event_head *head, int64_t time_ns,
		   uint64_t number)
{
	const uint8_t *end = room->bytes + room->size;

	close_message(out, body_key, event_end);
	put_head(out, head, time_ns, number);
	close_message(out, KEY(3, BYTES), event_end);
	put_varint(out, (uint64_t)(end - out->at));
	if (!out->is_short || room->size >= ROOM_SIZE_MAX)
		return true;
	free(room->bytes);
	room->size *= 2;
	room->bytes = xmalloc(room->size);
	return false;
}

static const uint8_t *result(const struct event_room *room, const struct out *out, size_t *len_out)
{
	*len_out = (size_t)(room->bytes + room->size - out->at);
	return out->is_short || *len_out > FRAME_MAX ? NULL : out->at;
}

const uint8_t *event_pack_reading(struct event_room *room, const struct event_head *head,
				  int64_t time_ns, uint64_t number,
				  const struct dragoman_reading *reading,
				  const struct event_type *type, size_t *len_out)
{
	const uint8_t *event_end;
	struct out out;

	do {
		out = begin(room, room->is_prompt || reading->cookie);
		event_end = out.at;
		put_reading(&out, reading, type);
	} while (!finish(room, &out, KEY(6, BYTES), event_end, head, time_ns, number));
	return result(room, &out, len_out);
}

const uint8_t *event_pack_state(struct event_room *room, const struct event_head *head,
				int64_t time_ns, uint64_t number, enum event_state state,
				const char *reason, const char *text, size_t *len_out)
{
	const uint8_t *event_end;
	struct out out;

	do {
		out = begin(room, room->is_prompt);
		event_end = out.at;
		put_text(&out, KEY(3, BYTES), text);
		put_text(&out, KEY(2, BYTES), reason);
		put_uint(&out, KEY(1, VARINT), state);
	} while (!finish(room, &out, KEY(7, BYTES), event_end, head, time_ns, number));
	return result(room, &out, len_out);
}

const uint8_t *event_pack_raw(struct event_room *room, const struct event_head *head,
			      int64_t time_ns, uint64_t number, enum event_direction direction,
			      const uint8_t *data, size_t len, size_t *len_out)
{
	const uint8_t *event_end;
	struct out out;

	do {
		out = begin(room, room->is_prompt);
		event_end = out.at;
		if (len)
			put_data(&out, KEY(2, BYTES), data, len);
		put_uint(&out, KEY(1, VARINT), direction);
	} while (!finish(room, &out, KEY(8, BYTES), event_end, head, time_ns, number));
	return result(room, &out, len_out);
}

/* Publisher and incarnation stand in the head already, as fields 2 and 3 of Event; in Loss they are 1
 * and 2. */
static void put_loss_publisher(struct out *out, const struct event_head *head)
{
	size_t name_at = 1 + sizeof(uint64_t); /* its key */
	size_t incarnation_at = head->number_at - 1 - sizeof(uint64_t);

	put_bytes(out, head->bytes + incarnation_at, sizeof(uint64_t));
	put_key(out, KEY(2, FIXED64));
	put_bytes(out, head->bytes + name_at + 1, incarnation_at - 1 - name_at - 1);
	put_key(out, KEY(1, BYTES));
}

const uint8_t *event_pack_loss(struct event_room *room, const struct event_head *head,
			       int64_t time_ns, uint64_t number, const struct event_loss *loss,
			       size_t *len_out)
{
	const uint8_t *event_end;
	struct out out;

	do {
		out = begin(room, room->is_prompt);
		event_end = out.at;
		put_fixed64_unless_0(&out, KEY(7, FIXED64), loss->last_number);
		put_text(&out, KEY(6, BYTES), loss->reason);
		put_fixed64_unless_0(&out, KEY(5, FIXED64), (uint64_t)loss->to_ns);
		put_fixed64_unless_0(&out, KEY(4, FIXED64), (uint64_t)loss->from_ns);
		put_uint_unless_0(&out, KEY(3, VARINT), loss->count);
		put_loss_publisher(&out, head);
	} while (!finish(room, &out, KEY(9, BYTES), event_end, head, time_ns, number));
	return result(room, &out, len_out);
}
