/* SPDX-License-Identifier: Apache-2.0 */
/* The counters and their names, which dragoman-channel(8) lists. */
#include "channel/report.h"

#include <stdio.h>

#include "adapter/host.h"
#include "wire/frame.h"

enum { REPORT_MAX = 48, NAME_SIZE = 32 };

static const char *const line_names[LINE_COUNTS] = {
	[COUNT_BYTES_RECEIVED] = "bytes.received",
	[COUNT_BYTES_SENT] = "bytes.sent",
	[COUNT_FRAMES] = "frames",
	[COUNT_OPENED] = "line.opened",
	[COUNT_LOST] = "line.lost",
	[COUNT_PAUSED] = "line.paused",
	[COUNT_UNSENT] = "bytes.unsent",
	[COUNT_UNOFFERED] = "frames.unoffered",
};

struct report {
	Dragoman__V1__Status__Counter counters[REPORT_MAX], *list[REPORT_MAX];
	char names[REPORT_MAX][NAME_SIZE];
	size_t n;
};

/* "group.name", blanks in the name made to dashes. */
static void add(struct report *report, const char *group, const char *name, uint64_t value)
{
	Dragoman__V1__Status__Counter *counter = &report->counters[report->n];
	char *out = report->names[report->n];

	snprintf(out, NAME_SIZE, "%s%s%s", group, *group ? "." : "", name);
	for (char *p = out; *p; p++)
		if (*p == ' ')
			*p = '-';
	dragoman__v1__status__counter__init(counter);
	counter->name = out;
	counter->value = value;
	report->list[report->n++] = counter;
}

static void add_line(struct report *report, const struct line *line)
{
	const struct line_counts *counts = line_counts(line);
	struct scheduler_stats scheduler = line_scheduler_stats(line);

	for (int i = 0; i < LINE_COUNTS; i++)
		add(report, "", line_names[i], counts->of[i]);
	for (int i = 0; i < LINK_VERDICTS; i++)
		add(report, "link", link_verdict_name((enum link_verdict)i), counts->link[i]);
	for (int i = 0; i <= DRAGOMAN_UNSOLICITED; i++)
		add(report, "adapter", adapter_verdict_name((enum dragoman_verdict)i),
		    counts->adapter[i]);
	add(report, "", "exchanges", scheduler.exchanges);
	add(report, "exchanges", "retries", scheduler.retries);
	add(report, "exchanges", "timeouts", scheduler.timeouts);
}

_Static_assert((int)LINE_COUNTS + (int)LINK_VERDICTS + (int)DRAGOMAN_UNSOLICITED + 1 + 6 <=
		       REPORT_MAX,
	       "REPORT_MAX is too small");

void report_pack(const struct line *line, const struct publisher *publisher, struct buf *out)
{
	struct publisher_stats stats = publisher_stats(publisher);
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Report message = DRAGOMAN__V1__REPORT__INIT;
	struct report report = {.n = 0};

	add_line(&report, line);
	add(&report, "", "events", stats.events);
	add(&report, "events", "dropped", stats.dropped);
	add(&report, "events", "waiting-bytes", stats.waiting);
	message.n_counters = report.n;
	message.counters = report.list;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_REPORT;
	frame.report = &message;
	frame_pack(out, &frame.base);
}
