/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman list: the catalogue. Channels are headings, devices stand under theirs, tags under those. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/text.h"

static const char channel_prefix[] = "$channel/";

/* Devices as they come, rendered at once: a catalogue is told in pieces, and sorted at the end. */
struct list {
	const struct cli *cli;
	bool has_patterns, names_only;
	struct entry {
		char *channel, *name, *text;
	} * entries;
	size_t n;
};

static void put_state(struct buf *out, const struct dragoman_event_device *device)
{
	char age[TEXT_SHORT_SIZE];

	buf_add_str(out, text_state(device->state.code));
	if (*device->state.reason) {
		buf_add_str(out, ": ");
		text_safe(out, device->state.reason);
	}
	if (device->state_since_ns)
		buf_addf(out, ", for %s", text_age(clock_wall_ns() - device->state_since_ns, age));
}

static const char *access_of(const struct dragoman_device_tag *tag)
{
	if (!tag->writable)
		return "";
	return tag->readable ? "writable" : "write only";
}

/* Tags as aligned lines. The widths are this device's own. */
static void put_tags(struct buf *out, const struct dragoman_event_device *device)
{
	size_t name = 0, unit = 0;

	for (size_t i = 0; i < device->n_tags; i++) {
		size_t n = text_width(device->tags[i].name),
		       u = text_width(text_unit(device->tags[i].unit));

		name = n > name ? n : name;
		unit = u > unit ? u : unit;
	}
	for (size_t i = 0; i < device->n_tags; i++) {
		const struct dragoman_device_tag *tag = &device->tags[i];
		const char *u = text_unit(tag->unit), *access = access_of(tag);

		buf_add_str(out, "    ");
		text_safe(out, tag->name);
		buf_addf(out, "%*s  %-8s", (int)(name - text_width(tag->name)), "",
			 text_type(tag->type));
		if (unit) {
			buf_add_str(out, " ");
			text_safe(out, u);
			buf_addf(out, "%*s", (int)(unit - text_width(u)), "");
		}
		buf_addf(out, "%s%s  ", *access ? "  " : "", access);
		text_safe(out, tag->description);
		while (out->len && buf_bytes(out)[out->len - 1] == ' ')
			out->len--;
		buf_add_str(out, "\n");
	}
}

static void put_commands(struct buf *out, const struct dragoman_event_device *device)
{
	for (size_t i = 0; i < device->n_commands; i++) {
		buf_add_str(out, "    command ");
		text_safe(out, device->commands[i].name);
		if (*device->commands[i].description)
			buf_add_str(out, ": ");
		text_safe(out, device->commands[i].description);
		buf_add_str(out, "\n");
	}
}

static void put_device(struct buf *out, const struct dragoman_event_device *device)
{
	buf_add_str(out, "  ");
	text_safe(out, device->name);
	if (*device->adapter) {
		buf_add_str(out, " (");
		text_safe(out, device->adapter);
		buf_add_str(out, ")");
	}
	buf_add_str(out, " ");
	put_state(out, device);
	buf_add_str(out, "\n");
	if (*device->description) {
		buf_add_str(out, "    ");
		text_safe(out, device->description);
		buf_add_str(out, "\n");
	}
	put_tags(out, device);
	put_commands(out, device);
}

static bool is_channel(const struct dragoman_event_device *device)
{
	return !strncmp(device->name, channel_prefix, strlen(channel_prefix));
}

static const char *channel_of(const struct dragoman_event_device *device)
{
	return is_channel(device) ? device->name + strlen(channel_prefix) : device->channel;
}

static void put_channel(struct buf *out, const struct dragoman_event_device *device)
{
	buf_add_str(out, "channel ");
	text_safe(out, channel_of(device));
	buf_add_str(out, " ");
	put_state(out, device);
	buf_add_str(out, "\n");
}

/* Appends what is shown of a device. */
static void render(const struct list *list, const struct dragoman_event *event, struct buf *out)
{
	const struct dragoman_event_device *device = &event->as.device;

	if (list->cli->json)
		event_json(out, event, NULL);
	else if (list->names_only && (!is_channel(device) || list->has_patterns))
		buf_addf(out, "%s\n", device->name);
	else if (!list->names_only && is_channel(device))
		put_channel(out, device);
	else if (!list->names_only)
		put_device(out, device);
}

static void take(void *arg, const struct dragoman_event *event)
{
	struct list *list = arg;
	struct buf text = {0};

	if (event->kind != DRAGOMAN_EVENT_DEVICE)
		return;
	render(list, event, &text);
	list->entries = xreallocarray(list->entries, list->n + 1, sizeof *list->entries);
	list->entries[list->n++] = (struct entry){
		.channel = xstrdup(channel_of(&event->as.device)),
		/* A channel heads its devices. */
		.name = xstrdup(is_channel(&event->as.device) ? "" : event->device),
		.text = xstrdup(buf_str(&text)),
	};
	buf_fini(&text);
}

static int by_channel(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->channel, y->channel);

	return order ? order : strcmp(x->name, y->name);
}

/* Heads the devices of a channel that is not among what was selected. */
static void print_head(const struct list *list, size_t i)
{
	const struct entry *entry = &list->entries[i];
	struct buf line = {0};

	if (list->cli->json || list->names_only || !*entry->name ||
	    (i && !strcmp(list->entries[i - 1].channel, entry->channel)))
		return;
	buf_add_str(&line, "channel ");
	text_safe(&line, entry->channel);
	buf_add_str(&line, "\n");
	text_write(&line);
	buf_fini(&line);
}

static void free_entries(struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->entries[i].channel);
		free(list->entries[i].name);
		free(list->entries[i].text);
	}
	free(list->entries);
}

static void print(struct list *list)
{
	if (list->n)
		qsort(list->entries, list->n, sizeof *list->entries, by_channel);
	for (size_t i = 0; i < list->n; i++) {
		print_head(list, i);
		fputs(list->entries[i].text, stdout);
	}
	free_entries(list);
}

static int run(struct cli *cli)
{
	static const char *const everything[] = {"#", "$channel/#"};
	struct list list = {
		.cli = cli, .has_patterns = cli->n_args, .names_only = cli_option(cli, "names")};
	struct dragoman *d = gateway_open(cli);
	uint64_t request;
	int status;

	if (!d)
		return CLI_NO_GATEWAY;
	request = cli->n_args ? dragoman_browse(d, (const char *const *)cli->args, cli->n_args)
			      : dragoman_browse(d, everything, 2);
	status = gateway_answer(cli, d, request, take, &list);
	dragoman_free(&d);
	if (!status && !list.n && cli->n_args)
		status = cli_fail(cli, CLI_NOTHING, "no device matches");
	print(&list);
	return status;
}

static const struct cli_option options[] = {
	{"names", NULL, "only the devices' names, one a line"},
	{0},
};

const struct cli_command cli_list = {
	.name = "list",
	.arguments = "[PATTERN...]",
	.summary = "show channels, devices and their tags with units",
	.help = "Shows what there is, channel by channel. PATTERN selects devices, as in watch.\n",
	.max_args = SIZE_MAX,
	.options = options,
	.run = run,
};
