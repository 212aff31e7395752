/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman watch: live readings, one line for each value, columns that grow as wider things come. What
 * is not a reading (states, losses, gaps, the connection itself) is a line between them, so that nobody
 * takes silence for calm.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/event_json.h"
#include "cli/gateway.h"
#include "cli/text.h"
#include "cli/typed.h"
#include "cli/wanted.h"

/* Wider cells stand out of their column. */
enum { COLUMN_MOST = 40, VALUE_MOST = 20 };
/* Events between two acknowledgements, if they come without a pause. */
enum { SHOWN_MOST = 200 };

struct watch {
	struct cli *cli;
	struct dragoman *d;
	struct units units;
	struct types types;
	unsigned kinds;       /* subscribed to */
	unsigned count_kinds; /* that --count counts */
	int64_t count;        /* still to come; -1: no end */
	uint64_t browsing;    /* request under way, 0: none */
	struct wanted wanted;
	unsigned shown; /* events that are not acknowledged yet */
	bool has_colours;
	size_t device_width, tag_width, value_width, unit_width;
	char date[TEXT_SHORT_SIZE]; /* of the last line */
	struct buf line;
};

static const struct {
	enum dragoman_event_kind kind;
	unsigned bit;
	const char *name;
} kinds[] = {
	{DRAGOMAN_EVENT_READING, DRAGOMAN_READINGS, "readings"},
	{DRAGOMAN_EVENT_STATE, DRAGOMAN_STATES, "states"},
	{DRAGOMAN_EVENT_RAW, DRAGOMAN_RAWS, "raws"},
	{DRAGOMAN_EVENT_LOSS, DRAGOMAN_LOSSES, "losses"},
	{DRAGOMAN_EVENT_AUDIT, DRAGOMAN_AUDITS, "audits"},
	{DRAGOMAN_EVENT_ASSIGNMENT, DRAGOMAN_ASSIGNMENTS, "assignments"},
	{DRAGOMAN_EVENT_CLOCK_STEP, DRAGOMAN_CLOCK_STEPS, "clock_steps"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- lines for people ---- */

/* Cuts what does not fit on the terminal, with its colours closed. */
static void put_line(struct watch *w)
{
	size_t most = text_terminal_width(), width = 0, at = 0;
	const char *text;

	while (w->line.len && buf_bytes(&w->line)[w->line.len - 1] == ' ')
		w->line.len--;
	text = buf_str(&w->line);

	while (text[at] && (!most || width < most)) {
		if (text[at] == '\033')
			at += strcspn(text + at, "m");
		else
			width += ((unsigned char)text[at] & 0xc0) != 0x80;
		at++;
	}
	while (((unsigned char)text[at] & 0xc0) == 0x80)
		at++;
	fwrite(text, 1, at, stdout);
	fputs(text[at] && w->has_colours ? "\033[0m\n" : "\n", stdout);
	buf_clear(&w->line);
}

static void put_date(struct watch *w, int64_t time_ns)
{
	char date[TEXT_SHORT_SIZE], today[TEXT_SHORT_SIZE];

	text_date(time_ns, date);
	if (!*w->date)
		memcpy(w->date, text_date(clock_wall_ns(), today), sizeof w->date);
	if (!strcmp(w->date, date))
		return;
	memcpy(w->date, date, sizeof w->date);
	printf("-- %s --\n", date);
}

/* A cell and blanks up to its column's width, which grows; two blanks stand between columns. */
static void put_cell(struct watch *w, size_t *width, size_t most, const char *text)
{
	size_t at = w->line.len, used;

	text_safe(&w->line, text);
	used = text_width(buf_str(&w->line) + at);
	if (used > *width && used <= most)
		*width = used;
	buf_addf(&w->line, "%*s", (int)(*width > used ? *width - used : 0) + 2, "");
}

static void put_time(struct watch *w, int64_t time_ns)
{
	char time[TEXT_SHORT_SIZE];

	if (time_ns)
		put_date(w, time_ns);
	buf_addf(&w->line, "%-12s  ", time_ns ? text_clock(time_ns, time) : "");
}

static enum text_colour quality_colour(enum dragoman_value_quality quality)
{
	static const enum text_colour colours[] = {TEXT_PLAIN, TEXT_YELLOW, TEXT_RED, TEXT_DIM};

	return (unsigned)quality < 4 ? colours[quality] : TEXT_RED;
}

static void put_coloured(struct watch *w, enum text_colour colour, const char *text)
{
	struct buf safe = {0};

	text_safe(&safe, text);
	text_coloured(&w->line, w->has_colours ? colour : TEXT_PLAIN, buf_str(&safe));
	buf_fini(&safe);
}

/* "bad: over range"; nothing for a good and live one. */
static void put_quality(struct watch *w, const struct dragoman_event_reading *reading,
			const struct dragoman_datum *datum)
{
	const char *reason = reading->stale ? reading->stale_reason : datum->reason;
	enum dragoman_value_quality quality =
		reading->stale ? DRAGOMAN_QUALITY_STALE : datum->quality;
	struct buf text = {0};

	if (quality != DRAGOMAN_QUALITY_GOOD)
		buf_addf(&text, "%s%s%s", text_quality(quality), *reason ? ": " : "", reason);
	else if (reading->snapshot)
		buf_add_str(&text, "last known");
	put_coloured(w, reading->snapshot && !reading->stale ? TEXT_DIM : quality_colour(quality),
		     buf_str(&text));
	buf_fini(&text);
}

static void put_datum(struct watch *w, const struct dragoman_event *event,
		      const struct dragoman_datum *datum)
{
	const struct dragoman_device_tag *tag = units_find(&w->units, event->device, datum->tag);
	struct buf value = {0};

	put_time(w, event->time_ns);
	put_cell(w, &w->device_width, COLUMN_MOST, event->device);
	put_cell(w, &w->tag_width, COLUMN_MOST, datum->tag);
	text_value(&value, datum, tag);
	put_cell(w, &w->value_width, VALUE_MOST, buf_str(&value));
	put_cell(w, &w->unit_width, COLUMN_MOST, tag ? text_unit(tag->unit) : "");
	put_quality(w, &event->as.reading, datum);
	put_line(w);
	buf_fini(&value);
}

static void put_head(struct watch *w, const struct dragoman_event *event)
{
	put_time(w, event->time_ns);
	put_cell(w, &w->device_width, COLUMN_MOST, event->device);
}

static void show_reading(struct watch *w, const struct dragoman_event *event)
{
	const struct dragoman_event_reading *reading = &event->as.reading;

	for (size_t i = 0; i < reading->n_values; i++)
		put_datum(w, event, &reading->values[i]);
	if (reading->n_values || !*reading->type)
		return;
	put_head(w, event);
	text_safe(&w->line, reading->type);
	buf_addf(&w->line, ", %zu bytes", reading->message.len);
	put_line(w);
}

static void show_state(struct watch *w, const struct dragoman_event *event)
{
	static const enum text_colour colours[] = {TEXT_PLAIN, TEXT_PLAIN, TEXT_GREEN, TEXT_RED,
						   TEXT_DIM};
	const struct dragoman_event_state *state = &event->as.state;

	put_head(w, event);
	put_coloured(w, colours[(unsigned)state->code < 5 ? state->code : 0],
		     text_state(state->code));
	if (*state->reason) {
		buf_add_str(&w->line, ": ");
		text_safe(&w->line, state->reason);
	}
	if (*state->text) {
		buf_add_str(&w->line, " (");
		text_safe(&w->line, state->text);
		buf_add_str(&w->line, ")");
	}
	put_line(w);
}

/* Bytes as hex and, where they are printable, as characters. */
static void show_raw(struct watch *w, const struct dragoman_event *event)
{
	const struct dragoman_bytes *data = &event->as.raw.data;

	put_head(w, event);
	buf_add_str(&w->line, event->as.raw.sent ? "> " : "< ");
	for (size_t i = 0; i < data->len; i++)
		buf_addf(&w->line, "%02x ", data->data[i]);
	buf_add_str(&w->line, " |");
	for (size_t i = 0; i < data->len; i++)
		buf_addf(&w->line, "%c",
			 data->data[i] >= 0x20 && data->data[i] < 0x7f ? data->data[i] : '.');
	buf_add_str(&w->line, "|");
	put_line(w);
}

static void show_loss(struct watch *w, const struct dragoman_event *event)
{
	const struct dragoman_event_loss *loss = &event->as.loss;

	put_head(w, event);
	put_coloured(w, TEXT_RED, "lost: ");
	if (loss->count)
		buf_addf(&w->line, "%llu events", (unsigned long long)loss->count);
	else
		buf_add_str(&w->line, "an unknown number of events");
	buf_add_str(&w->line, " of ");
	text_safe(&w->line, loss->publisher);
	buf_add_str(&w->line, " never came: ");
	text_safe(&w->line, loss->reason);
	put_line(w);
}

static void show_gap(struct watch *w, const struct dragoman_event *event)
{
	const struct dragoman_event_gap *gap = &event->as.gap;
	char first[TEXT_SHORT_SIZE], last[TEXT_SHORT_SIZE];

	put_head(w, event);
	put_coloured(w, TEXT_RED, "gap: ");
	if (gap->count)
		buf_addf(&w->line, "%llu events", (unsigned long long)gap->count);
	else
		buf_add_str(&w->line, "events");
	if (gap->first)
		buf_addf(&w->line, " from %s", text_seq(gap->first, first));
	buf_addf(&w->line, " up to %s could not be given: ", text_seq(gap->last, last));
	text_safe(&w->line, gap->reason);
	put_line(w);
}

static void show_audit(struct watch *w, const struct dragoman_event *event)
{
	put_head(w, event);
	text_safe(&w->line, event->as.audit.client);
	buf_add_str(&w->line, ": ");
	text_safe(&w->line, event->as.audit.request);
	if (*event->as.audit.text) {
		buf_add_str(&w->line, ": ");
		text_safe(&w->line, event->as.audit.text);
	}
	put_line(w);
}

static void show_assignment(struct watch *w, const struct dragoman_event *event)
{
	put_head(w, event);
	buf_addf(&w->line, "is device number %u", event->device_id);
	put_line(w);
}

static void show_clock_step(struct watch *w, const struct dragoman_event *event)
{
	put_head(w, event);
	buf_addf(&w->line, "the clock was set, by %+.3f s",
		 (double)event->as.clock_step_ns / NS_PER_S);
	put_line(w);
}

/* On stderr: it is about the watching, not about a device. */
static void show_lost(struct watch *w, const struct dragoman_event *event)
{
	struct buf text = {0};

	text_safe(&text, event->as.lost.text);
	if (event->as.lost.failures == 1)
		cli_fail(w->cli, CLI_DONE, "%s; trying again", buf_str(&text));
	buf_fini(&text);
}

static void show_connected(struct watch *w, const struct dragoman_event *event)
{
	(void)event;
	cli_fail(w->cli, CLI_DONE, "connected to %s again", dragoman_address(w->d));
}

static const struct {
	enum dragoman_event_kind kind;
	void (*show)(struct watch *w, const struct dragoman_event *event);
} shows[] = {
	{DRAGOMAN_EVENT_READING, show_reading},
	{DRAGOMAN_EVENT_STATE, show_state},
	{DRAGOMAN_EVENT_RAW, show_raw},
	{DRAGOMAN_EVENT_LOSS, show_loss},
	{DRAGOMAN_EVENT_AUDIT, show_audit},
	{DRAGOMAN_EVENT_ASSIGNMENT, show_assignment},
	{DRAGOMAN_EVENT_CLOCK_STEP, show_clock_step},
	{DRAGOMAN_EVENT_GAP, show_gap},
	{DRAGOMAN_EVENT_LOST, show_lost},
	{DRAGOMAN_EVENT_CONNECTED, show_connected},
};

static void show_plain(struct watch *w, const struct dragoman_event *event)
{
	if (w->cli->json) {
		event_json(&w->line, event, &w->units);
		text_write(&w->line);
		return;
	}
	for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++)
		if (shows[i].kind == event->kind)
			shows[i].show(w, event);
}

static void show(struct watch *w, const struct dragoman_event *event)
{
	struct typed_view view = {0};

	show_plain(w, typed_view(&view, &w->types, &w->units, event));
	typed_view_fini(&view);
}

/* ---- what to subscribe to ---- */

static int kind_of(const char *name, size_t len, unsigned *bit_out)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, name, len))
			continue;
		*bit_out = kinds[i].bit;
		return 0;
	}
	return -1;
}

/* --kinds a,b,c and --raw */
static int choose_kinds(struct watch *w)
{
	const char *text = cli_option(w->cli, "kinds");
	unsigned bit;

	while (text && *text) {
		size_t len = strcspn(text, ",");

		if (kind_of(text, len, &bit))
			return cli_fail(w->cli, CLI_USAGE,
					"\"%.*s\" is no kind; there are readings, states, losses, "
					"raws, audits, assignments, clock_steps",
					(int)len, text);
		w->kinds |= bit;
		text += text[len] ? len + 1 : len;
	}
	w->count_kinds = w->kinds ? w->kinds : DRAGOMAN_READINGS;
	if (!w->kinds)
		w->kinds = DRAGOMAN_READINGS | DRAGOMAN_STATES | DRAGOMAN_LOSSES;
	if (cli_option(w->cli, "raw")) {
		w->kinds |= DRAGOMAN_RAWS;
		w->count_kinds |= DRAGOMAN_RAWS;
	}
	return CLI_DONE;
}

/* ---- the loop ---- */

static void widen(size_t *width, const char *text)
{
	size_t wanted = text_width(text);

	if (wanted > *width && wanted <= COLUMN_MOST)
		*width = wanted;
}

/* What is in the catalogue is as wide as it will be: the columns need not grow later. */
static void learn(void *arg, const struct dragoman_event *event)
{
	struct watch *w = arg;

	if (event->kind == DRAGOMAN_EVENT_DESCRIPTORS)
		types_learn(&w->types, &event->as.descriptors);
	if (event->kind != DRAGOMAN_EVENT_DEVICE)
		return;
	units_learn(&w->units, &event->as.device);
	widen(&w->device_width, event->device);
	for (size_t i = 0; i < event->as.device.n_tags; i++) {
		widen(&w->tag_width, event->as.device.tags[i].name);
		widen(&w->unit_width, text_unit(event->as.device.tags[i].unit));
	}
}

/* The units of a device or of tags that were not there when we began, and its messages. */
static void look_up(struct watch *w, const struct dragoman_event *event)
{
	if (!w->browsing && event->kind == DRAGOMAN_EVENT_READING &&
	    (units_lack(&w->units, event) || types_lack(&w->types, event)))
		w->browsing = dragoman_browse(w->d, &event->device, 1);
}

static void count(struct watch *w, const struct dragoman_event *event)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].kind == event->kind && w->count_kinds & kinds[i].bit && w->count > 0)
			w->count--;
}

static bool is_final(const struct dragoman_event *event)
{
	return event->kind == DRAGOMAN_EVENT_LOST && event->as.lost.retry_in_ms < 0;
}

/* One event; the exit status, or -1 to go on. */
static int handle(struct watch *w, const struct dragoman_event *event, uint64_t subscription)
{
	if (is_final(event)) {
		if (w->cli->json)
			show(w, event);
		return cli_fail(w->cli, CLI_FAILED, "%s", event->as.lost.text);
	}
	if (event->kind == DRAGOMAN_EVENT_DONE) {
		if (event->request == w->browsing)
			w->browsing = 0;
		if (event->request != subscription)
			return -1;
		return cli_fail(w->cli, CLI_FAILED, "%s", event->as.done.text);
	}
	if (event->request && event->request == w->browsing) {
		learn(w, event);
		return -1;
	}
	show(w, event);
	look_up(w, event);
	count(w, event);
	return w->count == 0 || ferror(stdout) ? CLI_DONE : -1;
}

/* A durable subscriber has dealt with what is out. */
static void acknowledge(struct watch *w)
{
	struct dragoman_place place;

	w->shown = 0;
	if (fflush(stdout) == 0 && w->wanted.name && dragoman_get_place(w->d, &place))
		dragoman_ack(w->d, place.seq);
}

/* The next event, once there is one. What was shown is out before we wait for it. */
static const struct dragoman_event *next(struct watch *w)
{
	const struct dragoman_event *event = NULL;

	if (w->shown < SHOWN_MOST)
		event = dragoman_next(w->d, 0);
	w->shown++;
	if (event)
		return event;
	acknowledge(w);
	return dragoman_next(w->d, -1);
}

static int follow(struct watch *w, uint64_t subscription)
{
	for (;;) {
		const struct dragoman_event *event = next(w);
		int status = event ? handle(w, event, subscription) : -1;

		if (status >= 0)
			return status;
	}
}

/* The gateway has read our last acknowledgement when it answers what was asked behind it. */
static void finish(struct watch *w)
{
	const struct dragoman_event *event;
	uint64_t ping;

	acknowledge(w);
	ping = w->wanted.name ? dragoman_ping(w->d) : 0;
	while (ping && (event = dragoman_next(w->d, GATEWAY_PATIENCE_MS)))
		if (event->kind == DRAGOMAN_EVENT_LOST || event->request == ping)
			return;
}

static int subscribe_and_follow(struct watch *w)
{
	/* What no device understood is the line's, "$channel/NAME", which "#" does not match. */
	static const char *const with_lines[] = {"#", "$channel/#"};
	bool with_raw = !w->cli->n_args && (w->kinds & DRAGOMAN_RAWS);
	struct dragoman_subscription s = {.patterns = with_raw ? with_lines
							       : (const char *const *)w->cli->args,
					  .n_patterns = with_raw ? 2 : w->cli->n_args,
					  .kinds = w->kinds};
	int status;

	dragoman_next(w->d, 0); /* CONNECTED, which gateway_open waited for */
	status = gateway_answer(w->cli, w->d, dragoman_browse(w->d, s.patterns, s.n_patterns),
				learn, w);
	if (status)
		return status;
	dragoman_set_retry(w->d, 250, 15000);
	status = follow(w, wanted_subscribe(&w->wanted, w->d, &s));
	if (!status)
		finish(w);
	return status;
}

static int run(struct cli *cli)
{
	struct watch w = {.cli = cli, .has_colours = text_has_colours(), .value_width = 10};
	int status;

	if (cli_option_number(cli, "count", -1, 1, INT64_MAX, &w.count))
		return CLI_USAGE;
	status = choose_kinds(&w);
	if (!status)
		status = wanted_read(cli, &w.wanted);
	if (status)
		return status;
	w.d = gateway_open(cli);
	if (!w.d)
		return CLI_NO_GATEWAY;
	status = subscribe_and_follow(&w);
	dragoman_free(&w.d);
	units_fini(&w.units);
	types_fini(&w.types);
	buf_fini(&w.line);
	return status;
}

static const struct cli_option options[] = {
	{"count", "N", "end after N readings (or events of --kinds)"},
	{"snapshot", NULL, "the last known values first"},
	{"since", "WHEN", "begin there: 10:00, 5min (ago), a sequence number, earliest"},
	{"durable", "NAME", "the gateway keeps the place under this name: go on where it ended"},
	{"window", "N", "of a durable one: at most N events ahead of what was shown"},
	{"retain", "LIMITS", "of a durable one: an age (7d), a size (1GiB), or both: 7d,1GiB"},
	{"raw", NULL, "the bytes on the line too"},
	{"kinds", "LIST", "which events: readings,states,losses,raws,audits,..."},
	{0},
};

const struct cli_command cli_watch = {
	.name = "watch",
	.arguments = "[PATTERN...]",
	.summary = "show readings as they come",
	.help = "Shows what devices say, one line a value, until interrupted. PATTERN selects devices:\n"
		"'+' stands for one level of a name, '#' for the rest: 'hall2/#'. States, losses and\n"
		"gaps are shown between the readings. When the gateway goes away it is waited for.\n",
	.max_args = SIZE_MAX,
	.options = options,
	.run = run,
};
