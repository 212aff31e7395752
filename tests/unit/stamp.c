/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning and stamping by hand, held to what protobuf-c makes of the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/stamp.h"

static char publisher[] = "line", device[] = "hall/scale", key[] = "w", tag[] = "weight";

static Dragoman__V1__Value value = DRAGOMAN__V1__VALUE__INIT;
static Dragoman__V1__Value *values[] = {&value};
static Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;
static Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;

static void make_event(void)
{
	value.tag = tag;
	value.value_case = DRAGOMAN__V1__VALUE__VALUE_NUMBER;
	value.number = 12.5;
	reading.key = key;
	reading.n_values = 1;
	reading.values = values;
	event.time = 17;
	event.publisher = publisher;
	event.incarnation = 3;
	event.number = 4;
	event.device = device;
	event.body_case = DRAGOMAN__V1__EVENT__BODY_READING;
	event.reading = &reading;
}

static int set_up(void **state)
{
	struct buf *bytes = calloc(1, sizeof *bytes);
	size_t len;

	make_event();
	len = dragoman__v1__event__get_packed_size(&event);
	dragoman__v1__event__pack(&event, buf_room(bytes, len));
	buf_grown(bytes, len);
	*state = bytes;
	return 0;
}

static int tear_down(void **state)
{
	buf_fini(*state);
	free(*state);
	return 0;
}

static void the_head_of_an_event_is_found(void **state)
{
	struct buf *bytes = *state;
	struct event_scan scan;

	assert_int_equal(scan_event(buf_bytes(bytes), bytes->len, &scan), 0);
	assert_int_equal(scan.time, 17);
	assert_int_equal(scan.incarnation, 3);
	assert_int_equal(scan.number, 4);
	assert_int_equal(scan.kind, DRAGOMAN__V1__KIND__KIND_READING);
	assert_int_equal(scan.publisher.len, 4);
	assert_memory_equal(scan.publisher.text, "line", 4);
	assert_int_equal(scan.device.len, 10);
	assert_memory_equal(scan.device.text, "hall/scale", 10);
	assert_int_equal(scan.key.len, 1);
	assert_memory_equal(scan.key.text, "w", 1);
}

static void a_stamped_event_is_a_frame_with_the_same_event(void **state)
{
	struct buf *bytes = *state;
	size_t size = stamp_size(bytes->len), len;
	uint8_t *out = malloc(size);
	const uint8_t *payload;
	Dragoman__V1__Frame *frame;

	assert_int_equal(stamp_put(out, 0x100000007, 9, buf_bytes(bytes), bytes->len), size);
	assert_int_equal(frame_next(out, size, FRAME_MAX, &payload, &len), size);
	frame = frame_parse(payload, len);
	assert_non_null(frame);
	assert_int_equal(frame->seq, 0x100000007);
	assert_int_equal(frame->device_id, 9);
	assert_int_equal(frame->body_case, DRAGOMAN__V1__FRAME__BODY_EVENT);
	assert_string_equal(frame->event->reading->values[0]->tag, "weight");
	frame_free(&frame);
	assert_memory_equal(stamp_event(out, size, &len), buf_bytes(bytes), bytes->len);
	assert_int_equal(len, bytes->len);
	free(out);
}

static void an_event_that_is_cut_anywhere_is_malformed(void **state)
{
	struct buf *bytes = *state;

	for (size_t len = 0; len < bytes->len; len++) {
		uint8_t *cut =
			malloc(len ? len : 1); /* so that a sanitizer sees one byte too many */
		struct event_scan scan;

		memcpy(cut, buf_bytes(bytes), len);
		assert_int_equal(scan_event(cut, len, &scan), -1);
		free(cut);
	}
}

static void a_field_that_stands_twice_is_malformed(void **state)
{
	struct buf *bytes = *state;
	struct event_scan scan;

	field_put_fixed64(bytes, 4, 5);
	assert_int_equal(scan_event(buf_bytes(bytes), bytes->len, &scan), -1);
}

static void a_second_body_is_malformed(void **state)
{
	struct buf *bytes = *state;
	struct event_scan scan;

	field_put_bytes(bytes, DRAGOMAN__V1__KIND__KIND_STATE, "", 0);
	assert_int_equal(scan_event(buf_bytes(bytes), bytes->len, &scan), -1);
}

static void a_field_of_a_later_version_is_passed_over(void **state)
{
	struct buf *bytes = *state;
	struct event_scan scan;

	field_put_text(bytes, 100, "later");
	field_put_varint(bytes, 101, 1);
	assert_int_equal(scan_event(buf_bytes(bytes), bytes->len, &scan), 0);
}

static void an_event_without_a_body_is_malformed(void **state)
{
	struct buf bytes = {0};
	struct event_scan scan;

	(void)state;
	field_put_fixed64(&bytes, 1, 5);
	assert_int_equal(scan_event(buf_bytes(&bytes), bytes.len, &scan), -1);
	buf_fini(&bytes);
}

static void a_frame_tells_its_id_its_haste_and_its_body(void **state)
{
	struct buf bytes = {0};
	struct frame_scan scan;

	(void)state;
	field_put_varint(&bytes, FRAME_ID, 300);
	field_put_varint(&bytes, FRAME_PROMPT, 1);
	field_put_bytes(&bytes, FRAME_EVENT, "abc", 3);
	assert_int_equal(scan_frame(buf_bytes(&bytes), bytes.len, &scan), 0);
	assert_int_equal(scan.id, 300);
	assert_true(scan.prompt);
	assert_int_equal(scan.body, FRAME_EVENT);
	assert_int_equal(scan.len, 3);
	field_put_bytes(&bytes, 13, "", 0);
	assert_int_equal(scan_frame(buf_bytes(&bytes), bytes.len, &scan), -1);
	buf_fini(&bytes);
}

static void a_frame_with_a_known_field_of_the_wrong_type_is_malformed(void **state)
{
	struct buf bytes = {0};
	struct frame_scan scan;

	(void)state;
	field_put_varint(&bytes, FRAME_SEQ, 1);
	assert_int_equal(scan_frame(buf_bytes(&bytes), bytes.len, &scan), -1);
	buf_clear(&bytes);
	field_put_varint(&bytes, FRAME_EVENT, 1);
	assert_int_equal(scan_frame(buf_bytes(&bytes), bytes.len, &scan), -1);
	buf_fini(&bytes);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(the_head_of_an_event_is_found),
		EACH(a_stamped_event_is_a_frame_with_the_same_event),
		EACH(an_event_that_is_cut_anywhere_is_malformed),
		EACH(a_field_that_stands_twice_is_malformed),
		EACH(a_second_body_is_malformed),
		EACH(a_field_of_a_later_version_is_passed_over),
		cmocka_unit_test(an_event_without_a_body_is_malformed),
		cmocka_unit_test(a_frame_tells_its_id_its_haste_and_its_body),
		cmocka_unit_test(a_frame_with_a_known_field_of_the_wrong_type_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
