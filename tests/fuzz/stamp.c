/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a publisher's frame: what the scan says of it is what protobuf-c says, and what was stamped
 * is a frame with the same event. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "wire/frame.h"
#include "wire/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_text(struct event_text text, const char *other)
{
	size_t len = strlen(other);

	must(len <= text.len && (!len || !memcmp(other, text.text, len)));
}

static void compare(const struct event_scan *scan, const Dragoman__V1__Event *event)
{
	must(scan->time == event->time && scan->incarnation == event->incarnation &&
	     scan->number == event->number && scan->kind == (uint32_t)event->body_case);
	same_text(scan->publisher, event->publisher);
	same_text(scan->device, event->device);
	if (event->body_case == DRAGOMAN__V1__EVENT__BODY_READING)
		same_text(scan->key, event->reading->key);
}

static void stamp(const uint8_t *event, size_t len)
{
	size_t size = stamp_size(len), back;
	uint8_t *out = malloc(size);
	const uint8_t *payload;

	must(stamp_put(out, 5, 6, event, len) == size);
	must(!memcmp(stamp_event(out, size, &back), event, len) && back == len);
	must(frame_next(out, size, size, &payload, &back) == (ssize_t)size);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_scan frame;
	struct event_scan event;
	Dragoman__V1__Frame *parsed;

	if (scan_frame(data, size, &frame) < 0 || frame.body != FRAME_EVENT)
		return 0;
	stamp(frame.bytes, frame.len);
	parsed = frame_parse(data, size);
	if (scan_event(frame.bytes, frame.len, &event) == 0 && parsed &&
	    parsed->body_case == DRAGOMAN__V1__FRAME__BODY_EVENT)
		compare(&event, parsed->event);
	frame_free(&parsed);
	return 0;
}
