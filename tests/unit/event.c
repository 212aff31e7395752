/* SPDX-License-Identifier: Apache-2.0 */
/* The packer written by hand, held to protobuf-c: what it packs is byte for byte what the library packs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wire/event.h"
#include "wire/frame.h"

enum { TIME = 1700000000123456789, NUMBER = 77 };
#define INCARNATION 0xfedcba9876543210u

static struct event_head head;
static struct event_room room;

static int setup(void **state)
{
	(void)state;
	event_head_init(&head, "scale-line", INCARNATION, "hall2/truck-scale");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	event_head_fini(&head);
	event_room_fini(&room);
	return 0;
}

/* The event that all tests expect, its body left to them. */
static Dragoman__V1__Event event(void)
{
	Dragoman__V1__Event e = DRAGOMAN__V1__EVENT__INIT;

	e.time = TIME;
	e.publisher = (char *)(uintptr_t) "scale-line";
	e.incarnation = INCARNATION;
	e.number = NUMBER;
	e.device = (char *)(uintptr_t) "hall2/truck-scale";
	return e;
}

static void assert_packed(const uint8_t *bytes, size_t len, Dragoman__V1__Event *e, bool prompt)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	struct buf want = {0};

	frame.body_case = DRAGOMAN__V1__FRAME__BODY_EVENT;
	frame.event = e;
	frame.prompt = prompt;
	frame_pack(&want, &frame.base);
	assert_non_null(bytes);
	assert_int_equal(len, want.len);
	assert_memory_equal(bytes, buf_bytes(&want), len);
	buf_fini(&want);
}

static void values_of_all_types_are_packed(void **state)
{
	struct dragoman_value in[] = {
		{.tag = "a", .type = DRAGOMAN_BOOLEAN, .as.boolean = true},
		{.tag = "b", .type = DRAGOMAN_BOOLEAN, .as.boolean = false},
		{.tag = "c", .type = DRAGOMAN_INTEGER, .as.integer = INT64_MIN},
		{.tag = "d", .type = DRAGOMAN_INTEGER, .as.integer = 300},
		{.tag = "e", .type = DRAGOMAN_NUMBER, .as.number = -12.5},
		{.tag = "f", .type = DRAGOMAN_NUMBER, .as.number = 0},
		{.tag = "g", .type = DRAGOMAN_TEXT, .as.text = {"S S", 3}},
		{.tag = "h", .type = DRAGOMAN_TEXT, .as.text = {"", 0}},
		{.tag = "i", .type = DRAGOMAN_DATA, .as.text = {"\0\xff", 2}},
		{.tag = "j", .type = DRAGOMAN_TIME, .as.time_ns = TIME},
		{.tag = "k", .quality = DRAGOMAN_BAD, .reason = "overload"},
		{.tag = "l",
		 .quality = DRAGOMAN_UNCERTAIN,
		 .reason = "unstable",
		 .type = DRAGOMAN_INTEGER,
		 .as.integer = -1},
		{.tag = "m", .type = DRAGOMAN_NATURAL, .as.natural = INT64_MAX},
		{.tag = "n", .type = DRAGOMAN_NATURAL, .as.natural = UINT64_MAX},
	};
	enum { N = sizeof in / sizeof in[0] };
	Dragoman__V1__Value values[N], *list[N];
	Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;
	Dragoman__V1__Event e = event();
	size_t len;
	const uint8_t *bytes;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		list[i] = &values[i];
		dragoman__v1__value__init(list[i]);
		values[i].tag = (char *)(uintptr_t)in[i].tag;
		values[i].quality = (Dragoman__V1__Quality)in[i].quality;
		if (in[i].reason)
			values[i].reason = (char *)(uintptr_t)in[i].reason;
		switch (in[i].type) {
		case DRAGOMAN_NONE: break;
		case DRAGOMAN_BOOLEAN:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_BOOLEAN;
			values[i].boolean = in[i].as.boolean;
			break;
		case DRAGOMAN_INTEGER:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_INTEGER;
			values[i].integer = in[i].as.integer;
			break;
		case DRAGOMAN_NATURAL:
			if (in[i].as.natural > INT64_MAX) {
				values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_NATURAL;
				values[i].natural = in[i].as.natural;
			} else {
				values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_INTEGER;
				values[i].integer = (int64_t)in[i].as.natural;
			}
			break;
		case DRAGOMAN_NUMBER:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_NUMBER;
			values[i].number = in[i].as.number;
			break;
		case DRAGOMAN_TEXT:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_TEXT;
			values[i].text = (char *)(uintptr_t)in[i].as.text.bytes;
			break;
		case DRAGOMAN_DATA:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_DATA;
			values[i].data.data = (uint8_t *)(uintptr_t)in[i].as.text.bytes;
			values[i].data.len = in[i].as.text.len;
			break;
		case DRAGOMAN_TIME:
			values[i].value_case = DRAGOMAN__V1__VALUE__VALUE_TIME;
			values[i].time = (uint64_t)in[i].as.time_ns;
			break;
		}
	}
	reading.key = (char *)(uintptr_t) "weight";
	reading.device_time = TIME + 1;
	reading.n_values = N;
	reading.values = list;
	e.body_case = DRAGOMAN__V1__EVENT__BODY_READING;
	e.reading = &reading;
	bytes = event_pack_reading(&room, &head, TIME, NUMBER,
				   &(struct dragoman_reading){.key = "weight",
							      .device_time_ns = TIME + 1,
							      .values = in,
							      .n_values = N,
							      .cookie = 9},
				   NULL, &len);
	assert_packed(bytes, len, &e, true);
}

/* What a device's own message consists of, good and not good, in an order that is not that of the fields. */
static const struct event_field fields[] = {
	{"weight", DRAGOMAN_NUMBER, 2},   {"state", DRAGOMAN_TEXT, 1},
	{"count", DRAGOMAN_INTEGER, 300}, {"stable", DRAGOMAN_BOOLEAN, 16},
	{"at", DRAGOMAN_TIME, 4},         {"raw", DRAGOMAN_TEXT, 6}, /* in another model */
	{"raw", DRAGOMAN_DATA, 5},        {"tare", DRAGOMAN_NUMBER, 7},
	{"late", DRAGOMAN_NUMBER, 8},     {"energy", DRAGOMAN_NATURAL, 9},
};
static const struct dragoman_value typed_values[] = {
	{.tag = "weight", .type = DRAGOMAN_NUMBER, .as.number = 0},
	{.tag = "state", .type = DRAGOMAN_TEXT, .as.text = {"", 0}},
	{.tag = "count", .type = DRAGOMAN_INTEGER, .as.integer = -2},
	{.tag = "stable", .type = DRAGOMAN_BOOLEAN, .as.boolean = false},
	{.tag = "unknown", .type = DRAGOMAN_BOOLEAN, .as.boolean = true},
	{.tag = "at", .type = DRAGOMAN_TIME, .as.time_ns = 1},
	{.tag = "raw", .type = DRAGOMAN_DATA, .as.text = {"\0", 1}},
	{.tag = "energy", .type = DRAGOMAN_NATURAL, .as.natural = UINT64_MAX},
	{.tag = "tare", .quality = DRAGOMAN_BAD, .reason = "overload"},
	{.tag = "late",
	 .quality = DRAGOMAN_UNCERTAIN,
	 .reason = "unstable",
	 .type = DRAGOMAN_NUMBER,
	 .as.number = 1},
};
static const uint8_t typed_message[] = {
	0x11, 0,    0,    0,    0,    0,    0,    0,    0,             /* 2: double 0 */
	0x0a, 0,                                                       /* 1: "" */
	0xe0, 0x12, 3,                                                 /* 300: sint64 -2 */
	0x80, 0x01, 0,                                                 /* 16: false */
	0x21, 1,    0,    0,    0,    0,    0,    0,    0,             /* 4: fixed64 1 */
	0x2a, 1,    0,                                                 /* 5: a byte 0 */
	0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, /* 9: uint64 2^64 - 1 */
};
enum { N_TYPED = sizeof typed_values / sizeof typed_values[0] };

static void assert_typed(bool is_alone)
{
	const struct event_type type = {"dragoman.profile.scale.Net", fields,
					sizeof fields / sizeof fields[0], is_alone};
	const struct dragoman_reading in = {
		.key = "net", .values = typed_values, .n_values = N_TYPED};
	Dragoman__V1__FieldQuality bad = DRAGOMAN__V1__FIELD_QUALITY__INIT, doubtful = bad;
	Dragoman__V1__FieldQuality *qualities[] = {&bad, &doubtful};
	Dragoman__V1__Typed typed = DRAGOMAN__V1__TYPED__INIT;
	Dragoman__V1__Reading *got;
	Dragoman__V1__Frame *frame;
	struct buf want = {0}, have = {0};
	const uint8_t *bytes, *payload;
	size_t len, payload_len;

	bad.field = 7;
	bad.quality = DRAGOMAN__V1__QUALITY__QUALITY_BAD;
	bad.reason = (char *)(uintptr_t) "overload";
	doubtful.field = 8;
	doubtful.quality = DRAGOMAN__V1__QUALITY__QUALITY_UNCERTAIN;
	doubtful.reason = (char *)(uintptr_t) "unstable";
	typed.type = (char *)(uintptr_t)type.name;
	typed.message.data = (uint8_t *)(uintptr_t)typed_message;
	typed.message.len = sizeof typed_message;
	typed.n_qualities = 2;
	typed.qualities = qualities;

	bytes = event_pack_reading(&room, &head, TIME, NUMBER, &in, &type, &len);
	assert_non_null(bytes);
	assert_true(frame_next(bytes, len, FRAME_MAX, &payload, &payload_len) == (ssize_t)len);
	frame = frame_parse(payload, payload_len);
	assert_non_null(frame);
	got = frame->event->reading;
	assert_int_equal(got->n_values, is_alone ? 0 : N_TYPED);
	assert_string_equal(got->key, "net");
	buf_room(&want, dragoman__v1__typed__get_packed_size(&typed));
	buf_grown(&want, dragoman__v1__typed__pack(&typed, want.data));
	buf_room(&have, dragoman__v1__typed__get_packed_size(got->typed));
	buf_grown(&have, dragoman__v1__typed__pack(got->typed, have.data));
	assert_int_equal(have.len, want.len);
	assert_memory_equal(have.data, want.data, want.len);
	buf_fini(&want);
	buf_fini(&have);
	frame_free(&frame);
}

static void a_message_of_its_own_type_stands_beside_the_values(void **state)
{
	(void)state;
	assert_typed(false);
}

static void a_message_of_its_own_type_stands_in_place_of_the_values(void **state)
{
	(void)state;
	assert_typed(true);
}

static void an_empty_reading_is_packed(void **state)
{
	Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;
	Dragoman__V1__Event e = event();
	size_t len;
	const uint8_t *bytes;

	(void)state;
	e.body_case = DRAGOMAN__V1__EVENT__BODY_READING;
	e.reading = &reading;
	bytes = event_pack_reading(&room, &head, TIME, NUMBER, &(struct dragoman_reading){0}, NULL,
				   &len);
	assert_packed(bytes, len, &e, false);
}

/* Lengths around those at which a length takes one byte more, and beyond the first room. */
static void readings_of_any_length_are_packed(void **state)
{
	static const size_t lengths[] = {1,   100, 120, 127,   128,   200,
					 400, 511, 512, 16300, 16384, 70000};
	char *text = calloc(1, 70001);

	(void)state;
	memset(text, 'x', 70000);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct dragoman_value in = {.tag = "data", .type = DRAGOMAN_TEXT};
		Dragoman__V1__Value value = DRAGOMAN__V1__VALUE__INIT, *list[] = {&value};
		Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;
		Dragoman__V1__Event e = event();
		size_t len;
		const uint8_t *bytes;

		in.as.text.bytes = text + 70000 - lengths[i];
		in.as.text.len = lengths[i];
		value.tag = (char *)(uintptr_t) "data";
		value.value_case = DRAGOMAN__V1__VALUE__VALUE_TEXT;
		value.text = text + 70000 - lengths[i];
		reading.n_values = 1;
		reading.values = list;
		e.body_case = DRAGOMAN__V1__EVENT__BODY_READING;
		e.reading = &reading;
		bytes = event_pack_reading(&room, &head, TIME, NUMBER,
					   &(struct dragoman_reading){.values = &in, .n_values = 1},
					   NULL, &len);
		assert_packed(bytes, len, &e, false);
	}
	free(text);
}

static void a_reading_beyond_the_longest_frame_is_refused(void **state)
{
	char *bytes = calloc(1, 3u << 20);
	struct dragoman_value in = {
		.tag = "data", .type = DRAGOMAN_DATA, .as.text = {bytes, FRAME_MAX}};
	const struct dragoman_reading reading = {.values = &in, .n_values = 1};
	size_t len;

	(void)state;
	assert_null(event_pack_reading(&room, &head, TIME, NUMBER, &reading, NULL, &len));
	in.as.text.len = 3u << 20;
	assert_null(event_pack_reading(&room, &head, TIME, NUMBER, &reading, NULL, &len));
	in.as.text.len = FRAME_MAX - 200;
	assert_non_null(event_pack_reading(&room, &head, TIME, NUMBER, &reading, NULL, &len));
	free(bytes);
}

static void a_state_is_packed(void **state)
{
	Dragoman__V1__State body = DRAGOMAN__V1__STATE__INIT;
	Dragoman__V1__Event e = event();
	size_t len;
	const uint8_t *bytes;

	(void)state;
	body.code = DRAGOMAN__V1__STATE__CODE__STALE;
	body.reason = (char *)(uintptr_t) "unplugged";
	body.text = (char *)(uintptr_t) "plug it in again";
	e.body_case = DRAGOMAN__V1__EVENT__BODY_STATE;
	e.state = &body;
	bytes = event_pack_state(&room, &head, TIME, NUMBER, EVENT_STALE, "unplugged",
				 "plug it in again", &len);
	assert_packed(bytes, len, &e, false);

	dragoman__v1__state__init(&body);
	body.code = DRAGOMAN__V1__STATE__CODE__ONLINE;
	bytes = event_pack_state(&room, &head, TIME, NUMBER, EVENT_ONLINE, NULL, "", &len);
	assert_packed(bytes, len, &e, false);
}

static void a_raw_frame_is_packed(void **state)
{
	Dragoman__V1__Raw body = DRAGOMAN__V1__RAW__INIT;
	Dragoman__V1__Event e = event();
	uint8_t data[] = {2, 0, 3};
	size_t len;
	const uint8_t *bytes;

	(void)state;
	body.direction = DRAGOMAN__V1__RAW__DIRECTION__SENT;
	body.data = (ProtobufCBinaryData){.data = data, .len = sizeof data};
	e.body_case = DRAGOMAN__V1__EVENT__BODY_RAW;
	e.raw = &body;
	bytes = event_pack_raw(&room, &head, TIME, NUMBER, EVENT_SENT, data, sizeof data, &len);
	assert_packed(bytes, len, &e, false);
	body.data.len = 0;
	body.direction = DRAGOMAN__V1__RAW__DIRECTION__RECEIVED;
	bytes = event_pack_raw(&room, &head, TIME, NUMBER, EVENT_RECEIVED, NULL, 0, &len);
	assert_packed(bytes, len, &e, false);
}

static void a_loss_is_packed(void **state)
{
	Dragoman__V1__Loss body = DRAGOMAN__V1__LOSS__INIT;
	Dragoman__V1__Event e = event();
	const struct event_loss loss = {.count = 1000,
					.from_ns = TIME - 5,
					.to_ns = TIME - 1,
					.reason = "buffer full",
					.last_number = NUMBER - 1};
	size_t len;
	const uint8_t *bytes;

	(void)state;
	body.publisher = (char *)(uintptr_t) "scale-line";
	body.incarnation = INCARNATION;
	body.count = loss.count;
	body.from = (uint64_t)loss.from_ns;
	body.to = (uint64_t)loss.to_ns;
	body.reason = (char *)(uintptr_t) "buffer full";
	body.last_number = loss.last_number;
	e.body_case = DRAGOMAN__V1__EVENT__BODY_LOSS;
	e.loss = &body;
	bytes = event_pack_loss(&room, &head, TIME, NUMBER, &loss, &len);
	assert_packed(bytes, len, &e, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_all_types_are_packed),
		cmocka_unit_test(a_message_of_its_own_type_stands_beside_the_values),
		cmocka_unit_test(a_message_of_its_own_type_stands_in_place_of_the_values),
		cmocka_unit_test(an_empty_reading_is_packed),
		cmocka_unit_test(readings_of_any_length_are_packed),
		cmocka_unit_test(a_reading_beyond_the_longest_frame_is_refused),
		cmocka_unit_test(a_state_is_packed),
		cmocka_unit_test(a_raw_frame_is_packed),
		cmocka_unit_test(a_loss_is_packed),
	};

	return cmocka_run_group_tests_name("event", tests, setup, teardown);
}
