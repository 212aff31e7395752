/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter as somebody else would write it: outside the tree, with the installed header alone. The device is
 * a door that counts: it says "IN 12 OUT 7", a line each time somebody passes, and "FAULT" when its light
 * barrier is dirty. The Makefile beside it builds it, and "make installcheck" runs it.
 */
#include <dragoman/adapter.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counter {
	struct dragoman_host *host;
};

static const struct dragoman_tag tags[] = {
	{.name = "in", .type = DRAGOMAN_INTEGER, .description = "people who came in"},
	{.name = "out", .type = DRAGOMAN_INTEGER, .description = "people who went out"},
};

static int counter_create(struct dragoman_host *host, void **self_out)
{
	struct counter *counter = malloc(sizeof(*counter));

	if (!counter)
		abort();
	counter->host = host;
	*self_out = counter;
	return host->ops->declare(host, tags, 2, NULL, 0);
}

static void counter_destroy(void *self)
{
	free(self);
}

static void emit(struct counter *counter, const struct dragoman_frame *frame,
		 const struct dragoman_value values[2])
{
	const struct dragoman_reading reading = {
		.received_ns = frame->received_ns, .values = values, .n_values = 2};

	counter->host->ops->emit(counter->host, &reading);
}

static enum dragoman_verdict counter_frame(void *self, const struct dragoman_frame *frame)
{
	struct dragoman_value values[2] = {{.tag = "in"}, {.tag = "out"}};
	char line[64];
	unsigned in, out;

	if (frame->len >= sizeof(line))
		return DRAGOMAN_LONG;
	memcpy(line, frame->data, frame->len);
	line[frame->len] = '\0';
	if (strcmp(line, "FAULT") == 0) {
		for (int i = 0; i < 2; i++) {
			values[i].quality = DRAGOMAN_BAD;
			values[i].reason = "light barrier dirty";
		}
		emit(self, frame, values);
		return DRAGOMAN_TAKEN;
	}
	if (sscanf(line, "IN %u OUT %u", &in, &out) != 2)
		return DRAGOMAN_UNKNOWN;
	values[0].type = values[1].type = DRAGOMAN_INTEGER;
	values[0].as.integer = in;
	values[1].as.integer = out;
	emit(self, frame, values);
	return DRAGOMAN_TAKEN;
}

const struct dragoman_adapter dragoman_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof(struct dragoman_adapter),
	.name = "people-counter",
	.title = "a door that counts people",
	.version = "1",
	.maturity = DRAGOMAN_UNPROVEN,
	.default_link = "{delimiter: \"\\r\\n\"}",
	.create = counter_create,
	.destroy = counter_destroy,
	.frame = counter_frame,
};
