/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a byte up to the publisher: chunks of the input through a delimiter link into the adapter raw
 * and through the host's checks into the packer. What comes out is a frame of the wire. The first byte
 * says whether frames are text, and how long the chunks are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/must.h"
#include "link/link.h"
#include "wire/event.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_head head;
static struct event_room room;
static struct adapter_instance *instances[2];

/* A reading that the host lets pass is one that protobuf reads back. */
static void sink_reading(void *arg, const struct dragoman_reading *reading)
{
	const uint8_t *payload;
	size_t len, payload_len;
	const uint8_t *bytes =
		event_pack_reading(&room, &head, reading->received_ns, 1, reading, NULL, &len);
	Dragoman__V1__Frame *frame;

	(void)arg;
	must(bytes);
	must(frame_next(bytes, len, FRAME_MAX, &payload, &payload_len) == (ssize_t)len);
	frame = frame_parse(payload, payload_len);
	must(frame && frame->event && frame->event->reading->n_values == reading->n_values);
	frame_free(&frame);
}

static void sink_log(void *arg, enum dragoman_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
	must(!"raw has a bug");
}

static const struct adapter_sink adapter_sink = {.reading = sink_reading, .log = sink_log};

static void frame_came(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	const struct dragoman_frame frame = {
		.data = payload, .len = len, .received_ns = received_ns};

	must(adapter_frame(arg, &frame) == DRAGOMAN_TAKEN);
}

static void refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	must(verdict < LINK_VERDICTS && len <= 64 && (bytes || !len));
}

static void write_bytes(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct link_sink link_sink = {.frame = frame_came,
					   .refused = refused,
					   .write = write_bytes};

static void *parse(const char *text)
{
	struct conf_errors errors = {0};
	struct conf_node *node = conf_parse("fuzz", text, strlen(text), &errors);

	must(node && !errors.n);
	return node;
}

static void start(void)
{
	static const char *const options[] = {"{as: bytes}", "{as: text}"};
	struct conf_errors errors = {0};
	struct err err;

	event_head_init(&head, "c1", 1, "d1");
	for (int i = 0; i < 2; i++) {
		struct conf_node *node = parse(options[i]);

		instances[i] = adapter_new(adapter_find("raw", NULL, &err), "d1", DRAGOMAN_GATEWAY,
					   node, NULL, &adapter_sink, NULL, &errors);
		must(instances[i]);
		conf_free(&node);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct link_line line = {0};
	struct conf_errors errors = {0};
	struct conf_node *node;
	struct link *link;
	size_t chunk;

	if (!instances[0])
		start();
	if (!size)
		return 0;
	chunk = 1 + (data[0] >> 1);
	node = parse("{delimiter: \"\\n\", max: 64}");
	link = link_new(node, &line, &errors);
	must(link);
	link_set_sink(link, &link_sink, instances[data[0] & 1]);
	for (size_t at = 1; at < size; at += chunk) {
		size_t n = size - at < chunk ? size - at : chunk;

		link_receive(link, data + at, n, 1000 + (int64_t)at, 1000 + (int64_t)at);
	}
	link_reset(link);
	link_free(&link);
	conf_free(&node);
	return 0;
}
