/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that talk to a gateway share; see gateway.h. */
#include "cli/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/text.h"

/* A text that came over the network, without its control characters. */
static int fail_text(const struct cli *cli, int status, const char *text)
{
	struct buf safe = {0};

	text_safe(&safe, text);
	cli_fail(cli, status, "%s", buf_str(&safe));
	buf_fini(&safe);
	return status;
}

struct dragoman *gateway_open(const struct cli *cli)
{
	struct dragoman *d = dragoman_new(cli->server);
	const char *text;
	char name[64];

	snprintf(name, sizeof name, "dragoman %s", cli->command->name);
	dragoman_set_name(d, name);
	dragoman_set_retry(d, 0, 0);
	if (dragoman_connect(d, GATEWAY_PATIENCE_MS) == 0)
		return d;
	dragoman_error(d, &text);
	fail_text(cli, CLI_NO_GATEWAY, text);
	dragoman_free(&d);
	return NULL;
}

/* The event's part in the answer: true when the answer is over, with its status. */
static bool is_end(const struct cli *cli, const struct dragoman_event *event, uint64_t request,
		   int *status)
{
	if (event->kind == DRAGOMAN_EVENT_LOST) {
		*status = fail_text(cli, CLI_NO_GATEWAY, event->as.lost.text);
		return true;
	}
	if (event->kind != DRAGOMAN_EVENT_DONE || event->request != request)
		return false;
	*status = event->as.done.code ? fail_text(cli, CLI_FAILED, event->as.done.text) : CLI_DONE;
	return true;
}

int gateway_answer(const struct cli *cli, struct dragoman *d, uint64_t request, gateway_fn *fn,
		   void *arg)
{
	const struct dragoman_event *event;
	const char *text;
	int status;

	if (!request) {
		dragoman_error(d, &text);
		return fail_text(cli, CLI_NO_GATEWAY, text);
	}
	while ((event = dragoman_next(d, GATEWAY_PATIENCE_MS))) {
		if (is_end(cli, event, request, &status))
			return status;
		if (event->request == request)
			fn(arg, event);
	}
	return cli_fail(cli, CLI_NO_GATEWAY, "%s does not answer", dragoman_address(d));
}

/* ---- units ---- */

struct units_device {
	struct units_device *next;
	char *name;
	struct dragoman_device_tag *tags;
	size_t n_tags;
};

static void fill_tag(struct dragoman_device_tag *out, const struct dragoman_device_tag *tag)
{
	struct dragoman_label *labels = xcalloc(tag->n_labels, sizeof *labels);

	for (size_t i = 0; i < tag->n_labels; i++)
		labels[i] =
			(struct dragoman_label){tag->labels[i].value, xstrdup(tag->labels[i].name)};
	*out = (struct dragoman_device_tag){.name = xstrdup(tag->name),
					    .unit = xstrdup(tag->unit),
					    .type = tag->type,
					    .field = tag->field,
					    .labels = labels,
					    .n_labels = tag->n_labels};
}

static void empty_tag(struct dragoman_device_tag *tag)
{
	for (size_t i = 0; i < tag->n_labels; i++)
		free((char *)tag->labels[i].name);
	free((void *)tag->labels);
	free((char *)tag->name);
	free((char *)tag->unit);
}

void units_fini(struct units *units)
{
	while (units->first) {
		struct units_device *device = units->first;

		units->first = device->next;
		for (size_t i = 0; i < device->n_tags; i++)
			empty_tag(&device->tags[i]);
		free(device->tags);
		free(device->name);
		free(device);
	}
}

static struct units_device *find(const struct units *units, const char *name)
{
	struct units_device *device = units->first;

	while (device && strcmp(device->name, name))
		device = device->next;
	return device;
}

static struct units_device *find_or_add(struct units *units, const char *name)
{
	struct units_device *device = find(units, name);

	if (!device) {
		device = xcalloc(1, sizeof *device);
		device->name = xstrdup(name);
		device->next = units->first;
		units->first = device;
	}
	return device;
}

static struct dragoman_device_tag *find_tag(const struct units_device *device, const char *name)
{
	for (size_t i = 0; device && i < device->n_tags; i++)
		if (!strcmp(device->tags[i].name, name))
			return &device->tags[i];
	return NULL;
}

static void put_tag(struct units_device *device, const struct dragoman_device_tag *from)
{
	struct dragoman_device_tag *tag = find_tag(device, from->name);

	if (tag) {
		empty_tag(tag);
	} else {
		device->tags =
			xreallocarray(device->tags, device->n_tags + 1, sizeof *device->tags);
		tag = &device->tags[device->n_tags++];
	}
	fill_tag(tag, from);
}

void units_learn(struct units *units, const struct dragoman_event_device *from)
{
	struct units_device *device = find_or_add(units, from->name);

	for (size_t i = 0; i < from->n_tags; i++)
		put_tag(device, &from->tags[i]);
}

bool units_lack(struct units *units, const struct dragoman_event *event)
{
	const struct dragoman_event_reading *reading = &event->as.reading;
	struct units_device *device = find_or_add(units, event->device);
	bool lack = false;

	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_device_tag unknown = {.name = reading->values[i].tag,
							    .unit = ""};

		if (find_tag(device, unknown.name))
			continue;
		put_tag(device, &unknown);
		lack = true;
	}
	return lack;
}

const struct dragoman_device_tag *units_find(const struct units *units, const char *name,
					     const char *tag)
{
	return find_tag(find(units, name), tag);
}

const struct dragoman_device_tag *units_field(const struct units *units, const char *name,
					      uint32_t field)
{
	const struct units_device *device = find(units, name);

	for (size_t i = 0; device && i < device->n_tags; i++)
		if (field && device->tags[i].field == field)
			return &device->tags[i];
	return NULL;
}
