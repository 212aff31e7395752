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

static void copy_tag(const struct dragoman_device_tag *tag, struct dragoman_device_tag *out)
{
	struct dragoman_label *labels = xcalloc(tag->n_labels, sizeof *labels);

	for (size_t i = 0; i < tag->n_labels; i++)
		labels[i] =
			(struct dragoman_label){tag->labels[i].value, xstrdup(tag->labels[i].name)};
	*out = (struct dragoman_device_tag){.name = xstrdup(tag->name),
					    .unit = xstrdup(tag->unit),
					    .type = tag->type,
					    .labels = labels,
					    .n_labels = tag->n_labels};
}

static void free_tags(struct units_device *device)
{
	for (size_t i = 0; i < device->n_tags; i++) {
		struct dragoman_device_tag *tag = &device->tags[i];

		for (size_t k = 0; k < tag->n_labels; k++)
			free((char *)tag->labels[k].name);
		free((void *)tag->labels);
		free((char *)tag->name);
		free((char *)tag->unit);
	}
	free(device->tags);
}

void units_fini(struct units *units)
{
	while (units->first) {
		struct units_device *next = units->first->next;

		free_tags(units->first);
		free(units->first->name);
		free(units->first);
		units->first = next;
	}
}

static struct units_device *find(const struct units *units, const char *name)
{
	struct units_device *device = units->first;

	while (device && strcmp(device->name, name))
		device = device->next;
	return device;
}

void units_learn(struct units *units, const struct dragoman_event_device *from)
{
	struct units_device *device = find(units, from->name);

	if (!device) {
		device = xcalloc(1, sizeof *device);
		device->name = xstrdup(from->name);
		device->next = units->first;
		units->first = device;
	} else {
		free_tags(device);
	}
	device->tags = xcalloc(from->n_tags, sizeof *device->tags);
	device->n_tags = from->n_tags;
	for (size_t i = 0; i < from->n_tags; i++)
		copy_tag(&from->tags[i], &device->tags[i]);
}

bool units_know(const struct units *units, const char *device)
{
	return find(units, device) != NULL;
}

const struct dragoman_device_tag *units_find(const struct units *units, const char *name,
					     const char *tag)
{
	const struct units_device *device = find(units, name);

	for (size_t i = 0; device && i < device->n_tags; i++)
		if (!strcmp(device->tags[i].name, tag))
			return &device->tags[i];
	return NULL;
}
