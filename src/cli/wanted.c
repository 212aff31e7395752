/* SPDX-License-Identifier: Apache-2.0 */
/* Where a subscription begins and who keeps its place; see wanted.h. */
#include "cli/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/text.h"
#include "conf/value.h"

static int read_since(const struct cli *cli, const char *since, struct wanted *w)
{
	if (!strcmp(since, "earliest"))
		w->start = DRAGOMAN_START_EARLIEST;
	else if (!text_parse_seq(since, &w->after))
		w->start = DRAGOMAN_START_AFTER;
	else if (!text_parse_time(since, clock_wall_ns(), &w->from_ns))
		w->start = DRAGOMAN_START_TIME;
	else
		return cli_fail(cli, CLI_USAGE,
				"--since is a time (10:00, 2026-11-22T10:00:00Z), how long ago "
				"(5min, 2h), a sequence number or \"earliest\", not \"%s\"",
				since);
	if (w->name && w->start == DRAGOMAN_START_AFTER)
		return cli_fail(
			cli, CLI_USAGE,
			"a durable subscriber begins at a time or at \"earliest\", not at a "
			"sequence number: the gateway keeps its place from then on");
	return CLI_DONE;
}

static int read_retained(struct wanted *w, const char *text)
{
	struct err err;
	int64_t ns;

	if (!value_size(text, &w->durable.retain_bytes, &err))
		return 0;
	if (value_duration(text, &ns, &err) || ns < NS_PER_S || ns / NS_PER_S > UINT32_MAX)
		return -1;
	w->durable.retain_s = (uint32_t)(ns / NS_PER_S);
	return 0;
}

/* "7d", "1GiB", "7d,1GiB" */
static int read_retain(const struct cli *cli, const char *text, struct wanted *w)
{
	char *copy = xstrdup(text), *rest = copy, *part;
	int status = CLI_DONE;

	while (!status && (part = strtok_r(rest, ",", &rest)))
		if (read_retained(w, part))
			status = cli_fail(
				cli, CLI_USAGE,
				"--retain is an age (7d), a size (1GiB) or both, with a comma "
				"between them, not \"%s\"",
				text);
	free(copy);
	return status;
}

static int read_durable(const struct cli *cli, struct wanted *w)
{
	static const char *const needs[] = {"window", "retain"};
	const char *retain = cli_option(cli, "retain");
	int64_t window;

	w->name = cli_option(cli, "durable");
	for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
		if (!w->name && cli_option(cli, needs[i]))
			return cli_fail(cli, CLI_USAGE,
					"--%s is for a durable subscriber: give it a name with "
					"--durable",
					needs[i]);
	if (w->name && !*w->name)
		return cli_fail(cli, CLI_USAGE, "--durable needs a name");
	if (cli_option_number(cli, "window", 0, 1, UINT32_MAX, &window))
		return CLI_USAGE;
	w->durable.window = (uint32_t)window;
	/* What was shown is acknowledged, once it is out. */
	w->durable.explicit_ack = true;
	return retain ? read_retain(cli, retain, w) : CLI_DONE;
}

int wanted_read(const struct cli *cli, struct wanted *w)
{
	const char *since = cli_option(cli, "since");
	int status;

	*w = (struct wanted){.start = DRAGOMAN_START_NOW};
	status = read_durable(cli, w);
	if (!status && since && cli_option(cli, "snapshot"))
		return cli_fail(cli, CLI_USAGE, "--snapshot and --since exclude each other");
	if (cli_option(cli, "snapshot"))
		w->start = DRAGOMAN_START_SNAPSHOT;
	return status || !since ? status : read_since(cli, since, w);
}

uint64_t wanted_subscribe(const struct wanted *w, struct dragoman *d,
			  struct dragoman_subscription *s)
{
	const struct dragoman_welcome *welcome = dragoman_welcome(d);

	s->start = w->start;
	s->from_ns = w->from_ns;
	s->place.seq = w->after;
	if (welcome)
		memcpy(s->place.stream, welcome->stream, sizeof s->place.stream);
	return w->name ? dragoman_subscribe_durable(d, w->name, s, &w->durable)
		       : dragoman_subscribe(d, s);
}
