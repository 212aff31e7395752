/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman subscribers: the names whose place the gateway keeps, and their removal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/text.h"

struct subscribers {
	const struct cli *cli;
	struct table table;
	size_t n;
};

static void put_patterns(struct buf *out, const struct dragoman_event_subscriber *s)
{
	for (size_t i = 0; i < s->n_patterns; i++) {
		buf_add_str(out, i ? " " : "");
		buf_add_str(out, s->patterns[i]);
	}
	if (!s->n_patterns)
		buf_add_str(out, "#");
}

static void add(struct subscribers *list, const struct dragoman_event_subscriber *s)
{
	char place[TEXT_SHORT_SIZE], behind[TEXT_SHORT_SIZE], oldest[TEXT_SHORT_SIZE],
		since[TEXT_SHORT_SIZE], gaps[24];
	struct buf patterns = {0};
	const char *cells[8] = {s->name, s->connected ? s->you : "-", place, NULL, "-", gaps};
	int64_t now = clock_wall_ns();

	put_patterns(&patterns, s);
	text_seq(s->place, place);
	cells[3] = s->behind_bytes ? text_size(s->behind_bytes, behind) : "-";
	if (s->oldest_time_ns)
		cells[4] = text_age(now - s->oldest_time_ns, oldest);
	snprintf(gaps, sizeof gaps, "%" PRIu64, s->gaps);
	cells[6] = s->since_ns ? text_age(now - s->since_ns, since) : "-";
	cells[7] = buf_str(&patterns);
	table_add(&list->table, cells);
	buf_fini(&patterns);
}

static void take(void *arg, const struct dragoman_event *event)
{
	struct subscribers *list = arg;
	struct buf line = {0};

	if (event->kind != DRAGOMAN_EVENT_SUBSCRIBER)
		return;
	list->n++;
	if (!list->cli->json) {
		add(list, &event->as.subscriber);
		return;
	}
	event_json(&line, event, NULL);
	text_write(&line);
	buf_fini(&line);
}

static int show(struct cli *cli, struct dragoman *d)
{
	static const char *const heads[] = {"NAME",   "CLIENT", "PLACE", "BEHIND",
					    "OLDEST", "GAPS",   "FOR",   "PATTERNS"};
	struct subscribers list = {.cli = cli};
	int status;

	table_init(&list.table, sizeof heads / sizeof heads[0], heads);
	status = gateway_answer(cli, d, dragoman_subscribers(d), take, &list);
	if (!status && !cli->json && list.n)
		table_print(&list.table, 0);
	else if (!status && !cli->json)
		puts("there are no durable subscribers");
	table_free(&list.table);
	return status;
}

static int remove_one(struct cli *cli, struct dragoman *d)
{
	struct subscribers nobody = {.cli = cli};
	int status =
		gateway_answer(cli, d, dragoman_remove_subscriber(d, cli->args[1]), take, &nobody);

	if (!status && !cli->json)
		puts("removed");
	return status;
}

static int run(struct cli *cli)
{
	bool is_removal = cli->n_args && !strcmp(cli->args[0], "remove");
	struct dragoman *d;
	int status;

	if (cli->n_args && !is_removal && strcmp(cli->args[0], "list") != 0)
		return cli_fail(
			cli, CLI_USAGE,
			"there is no \"subscribers %s\"; there are \"list\" and \"remove NAME\"",
			cli->args[0]);
	if (cli->n_args != (is_removal ? 2 : cli->n_args ? 1 : 0))
		return cli_fail(cli, CLI_USAGE,
				is_removal ? "remove needs a name" : "list takes no name");
	d = gateway_open(cli);
	if (!d)
		return CLI_NO_GATEWAY;
	status = is_removal ? remove_one(cli, d) : show(cli, d);
	dragoman_free(&d);
	return status;
}

const struct cli_command cli_subscribers = {
	.name = "subscribers",
	.arguments = "[list | remove NAME]",
	.summary = "the durable subscribers, and the removal of one",
	.help = "Shows the names whose place the gateway keeps: up to which event each has acknowledged\n"
		"(PLACE), how much is kept for it behind that (BEHIND), how old the oldest of it is\n"
		"(OLDEST), and how often it was told that something could not be given (GAPS).\n"
		"A name that was removed is disconnected, and nothing is kept for it any more.\n",
	.max_args = 2,
	.run = run,
};
