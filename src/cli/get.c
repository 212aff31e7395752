/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman get: the last known values, with their age and quality. */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/text.h"
#include "cli/typed.h"

struct get {
	const struct cli *cli;
	struct units units;
	struct types types;
	struct table table;
	size_t n;
};

static void learn(void *arg, const struct dragoman_event *event)
{
	struct get *get = arg;

	if (event->kind == DRAGOMAN_EVENT_DEVICE)
		units_learn(&get->units, &event->as.device);
	else if (event->kind == DRAGOMAN_EVENT_DESCRIPTORS)
		types_learn(&get->types, &event->as.descriptors);
}

static void put_quality(struct buf *out, const struct dragoman_event_reading *reading,
			const struct dragoman_datum *datum)
{
	const char *reason = reading->stale ? reading->stale_reason : datum->reason;

	buf_addf(out, "%s%s%s",
		 text_quality(reading->stale ? DRAGOMAN_QUALITY_STALE : datum->quality),
		 *reason ? ": " : "", reason);
}

static void add_datum(struct get *get, const struct dragoman_event *event,
		      const struct dragoman_datum *datum)
{
	const struct dragoman_device_tag *tag = units_find(&get->units, event->device, datum->tag);
	struct buf value = {0}, quality = {0};
	char age[TEXT_SHORT_SIZE];
	const char *cells[6];

	text_value(&value, datum, tag);
	put_quality(&quality, &event->as.reading, datum);
	cells[0] = event->device;
	cells[1] = datum->tag;
	cells[2] = buf_str(&value);
	cells[3] = tag ? text_unit(tag->unit) : "";
	cells[4] = text_age(clock_wall_ns() - event->time_ns, age);
	cells[5] = buf_str(&quality);
	table_add(&get->table, cells);
	buf_fini(&value);
	buf_fini(&quality);
}

static void show(struct get *get, const struct dragoman_event *event)
{
	struct buf line = {0};

	if (get->cli->json) {
		event_json(&line, event, &get->units);
		text_write(&line);
		buf_fini(&line);
		return;
	}
	for (size_t i = 0; i < event->as.reading.n_values; i++)
		add_datum(get, event, &event->as.reading.values[i]);
}

static void take(void *arg, const struct dragoman_event *event)
{
	struct typed_view view = {0};
	struct get *get = arg;

	if (event->kind != DRAGOMAN_EVENT_READING)
		return;
	get->n++;
	show(get, typed_view(&view, &get->types, &get->units, event));
	typed_view_fini(&view);
}

static int run(struct cli *cli)
{
	static const char *const heads[] = {"DEVICE", "TAG", "VALUE", "UNIT", "AGE", "QUALITY"};
	const char *const *patterns = (const char *const *)cli->args;
	struct get get = {.cli = cli};
	struct dragoman *d = gateway_open(cli);
	int status;

	if (!d)
		return CLI_NO_GATEWAY;
	table_init(&get.table, 6, heads);
	status = gateway_answer(cli, d, dragoman_browse(d, patterns, cli->n_args), learn, &get);
	if (!status)
		status = gateway_answer(cli, d, dragoman_get(d, patterns, cli->n_args), take, &get);
	if (!status && !get.n)
		status = cli_fail(cli, CLI_NOTHING, "no reading of a device that matches");
	if (status || cli->json)
		table_free(&get.table);
	else
		table_print(&get.table, 0);
	units_fini(&get.units);
	types_fini(&get.types);
	dragoman_free(&d);
	return status;
}

const struct cli_command cli_get = {
	.name = "get",
	.arguments = "PATTERN...",
	.summary = "show the last known values, with age and quality",
	.help = "Shows the last reading of each kind of the devices that match, and does not ask the\n"
		"devices. A value is stale when its device or its line is gone.\n",
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = run,
};
