/* SPDX-License-Identifier: Apache-2.0 */
/* What requests and commands of a profile share: what is sent, with which arguments, and what answers it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/exchange.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/scripted.h"
#include "profile/source.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"
#include "transport/serial_options.h"

const char *const silence_names[] = {"failure", "success", NULL};

/* ---- arguments ---- */

struct argument_source {
	struct conf_item item;
	int type;
	char *unit, *description;
	const struct conf_node *fallback, *min, *max, *choices;
};

static const char *const argument_types[] = {"number",  "integer", "natural",
					     "boolean", "text",    NULL};

static const enum dragoman_type argument_values[] = {
	DRAGOMAN_NUMBER, DRAGOMAN_INTEGER, DRAGOMAN_NATURAL, DRAGOMAN_BOOLEAN, DRAGOMAN_TEXT};

static const struct conf_row argument_rows[] = {
	{.key = "type",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct argument_source, type),
	 .fallback = "number",
	 .choices = argument_types,
	 .help = "of its value"},
	{.key = "unit",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct argument_source, unit),
	 .help = "in UCUM: kg, Cel, V, m/s"},
	{.key = "description",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct argument_source, description),
	 .help = "one line"},
	{.key = "default",
	 .type = CONF_ANY,
	 .offset = offsetof(struct argument_source, fallback),
	 .help = "its value if none is given; without it one must be"},
	{.key = "min",
	 .type = CONF_ANY,
	 .offset = offsetof(struct argument_source, min),
	 .help = "less than this is refused"},
	{.key = "max",
	 .type = CONF_ANY,
	 .offset = offsetof(struct argument_source, max),
	 .help = "more than this is refused"},
	{.key = "choices",
	 .type = CONF_ANY,
	 .offset = offsetof(struct argument_source, choices),
	 .help = "a list: anything else is refused"},
	{.key = NULL},
};

const struct conf_schema profile_argument_schema = {"argument", argument_rows,
						    sizeof(struct argument_source), NULL};

static void read_constant(struct loader *l, const struct conf_node *node, enum dragoman_type type,
			  struct constant *out)
{
	if (node && constant_read(node, type, out) < 0)
		conf_error(l->errors, node, "that is no value of the argument's type");
}

static void load_limits(struct loader *l, const struct argument_source *s, enum dragoman_type type,
			struct argument *out)
{
	struct constant min = {.number = -1e308}, max = {.number = 1e308};

	if (!s->min && !s->max)
		return;
	if (!value_is_number(type)) {
		conf_error_key(l->errors, s->min ? s->min : s->max, "only a number has limits");
		return;
	}
	read_constant(l, s->min, DRAGOMAN_NUMBER, &min);
	read_constant(l, s->max, DRAGOMAN_NUMBER, &max);
	out->has_limits = true;
	out->min = min.number;
	out->max = max.number;
}

static void load_choices(struct loader *l, const struct conf_node *node, enum dragoman_type type,
			 struct argument *out)
{
	struct constant *list;

	if (node->kind != CONF_LIST || !node->n) {
		conf_error(l->errors, node, "expected a list of values");
		return;
	}
	list = arena_alloc(&l->profile->arena, node->n * sizeof(*list));
	for (const struct conf_node *n = node->first; n; n = n->next)
		read_constant(l, n, type, &list[out->n_choices++]);
	out->choices = list;
}

static void load_argument(struct loader *l, const struct conf_node *node, struct tag *tag,
			  struct argument *out)
{
	struct argument_source s = {0};

	load_check_name(l, node);
	tag->declared.name = node->key;
	if (conf_read(&profile_argument_schema, node, &s, l->errors) == 0) {
		tag->declared.type = argument_values[s.type];
		tag->declared.access = DRAGOMAN_WRITE;
		tag->declared.unit = load_unit(l, node, s.unit);
		tag->declared.description = load_keep(l, s.description);
		read_constant(l, s.fallback, tag->declared.type, &out->fallback);
		load_limits(l, &s, tag->declared.type, out);
		if (s.choices)
			load_choices(l, s.choices, tag->declared.type, out);
	}
	conf_fini(&profile_argument_schema, &s);
}

static void load_arguments(struct loader *l, const struct conf_node *section, struct request *out)
{
	struct profile *p = l->profile;
	struct reading *reading = arena_alloc(&p->arena, sizeof(*reading));

	out->message.reading = reading;
	if (!load_is_section(l, section))
		return;
	if (section->n > MAX_ARGUMENTS) {
		conf_error(l->errors, section, "more than %d arguments", MAX_ARGUMENTS);
		return;
	}
	reading->tags = arena_alloc(&p->arena, section->n * sizeof(*reading->tags));
	out->arguments = arena_alloc(&p->arena, section->n * sizeof(*out->arguments));
	for (const struct conf_node *n = section->first; n; n = n->next) {
		size_t i = reading->n_tags++;

		load_argument(l, n, &reading->tags[i], &out->arguments[i]);
	}
	if (reading->n_tags > p->max_tags)
		p->max_tags = reading->n_tags;
}

/* ---- what is sent ---- */

struct send_source {
	struct conf_item item;
	struct codec_source codec;
};

static const struct conf_row send_rows[] = {
	CODEC_ROWS(struct send_source, codec),
	{.key = NULL},
};

static const struct conf_schema send_schema = {"request", send_rows, sizeof(struct send_source),
					       NULL};

/* A template alone, or a map like a frame's. */
static int load_codec(struct loader *l, const struct conf_node *node, struct codec *out)
{
	struct send_source s = {0};
	int bad = 0;

	if (node->kind == CONF_SCALAR)
		s.codec.text = node;
	else
		bad = conf_read(&send_schema, node, &s, l->errors);
	if (!bad)
		bad = codec_compile(l, node, &s.codec, out);
	if (!bad && !out->can_encode) {
		conf_error(l->errors, node, "a pattern cannot be sent; use a template");
		bad = -1;
	}
	if (node->kind != CONF_SCALAR)
		conf_fini(&send_schema, &s);
	return bad;
}

static bool is_filled(const struct frame *message, size_t field)
{
	const struct field *f = &message->codec.fields[field];

	return f->name[0] == '@' || f->is_computed || values_determine(message, field);
}

static bool is_used(const struct frame *message, size_t argument)
{
	for (size_t i = 0; i < message->n_steps; i++)
		if (message->steps[i].tag == argument && message->steps[i].field != NO_FIELD)
			return true;
	return false;
}

/* Each hole has a parameter or an argument, each argument a hole. */
static void check_filled(struct loader *l, const struct conf_node *node,
			 const struct frame *message)
{
	for (size_t i = 0; i < message->codec.n_fields; i++)
		if (!is_filled(message, i))
			conf_error(l->errors, node,
				   "nothing fills the field %s: it is neither a parameter, "
				   "{@name:type}, nor under arguments:",
				   message->codec.fields[i].name);
	for (size_t i = 0; i < message->reading->n_tags; i++)
		if (!is_used(message, i))
			conf_error(l->errors, node, "the argument %s is nowhere in what is sent",
				   message->reading->tags[i].declared.name);
}

static void load_send(struct loader *l, const struct conf_node *node, const struct ask_source *s,
		      struct request *out)
{
	struct frame *message = &out->message;

	message->name = node->key;
	message->node = node;
	load_arguments(l, s->arguments, out);
	if (s->run)
		return;
	if (!s->send) {
		if (!s->break_ns)
			conf_error(l->errors, node,
				   "expected send: what is sent, or run: a function of the script");
		return;
	}
	out->has_send = true;
	if (load_codec(l, s->send, &message->codec) == 0 &&
	    steps_compile(l, message, &(struct steps_source){.values = s->values}) == 0) {
		check_filled(l, s->send, message);
		if (!message->codec.can_encode)
			conf_error(l->errors, s->values, "what is sent needs encode beside decode");
	}
}

/* ---- what answers it ---- */

/* The frame of that name, or NULL with an error at node. */
static struct frame *find_frame(struct loader *l, const struct conf_node *node, const char *name)
{
	struct profile *p = l->profile;
	const struct known *frames = KNOWN(p->frames, p->n_frames, frame, name);
	ssize_t found = known_find(frames, name);

	if (found < 0)
		known_error(frames, name, l->errors, node, "no frame", NULL);
	return found < 0 ? NULL : &p->frames[found];
}

static struct frame **find_frames(struct loader *l, const struct conf_node *node,
				  const struct conf_texts *names, size_t *n_out)
{
	struct frame **list = arena_alloc(&l->profile->arena, names->n * sizeof(*list));

	*n_out = 0;
	for (size_t i = 0; i < names->n; i++) {
		struct frame *found = find_frame(l, node, names->list[i]);

		if (found)
			list[(*n_out)++] = found;
	}
	return list;
}

const struct frame **load_find_frames(struct loader *l, const struct conf_node *node,
				      const struct conf_texts *names, size_t *n_out)
{
	struct frame **list = find_frames(l, node, names, n_out);

	return arena_copy(&l->profile->arena, list, *n_out * sizeof(*list));
}

struct busy_source {
	struct conf_item item;
	int64_t after_ns, times;
};

static const struct conf_row busy_rows[] = {
	{.key = "after",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct busy_source, after_ns),
	 .fallback = "1s",
	 .min = 1e6,
	 .max = 3600e9,
	 .help = "how long the device is left alone"},
	{.key = "times",
	 .type = CONF_INT,
	 .offset = offsetof(struct busy_source, times),
	 .fallback = "3",
	 .min = 1,
	 .max = 1000,
	 .help = "how often it is tried before that is the answer"},
	{.key = NULL},
};

const struct conf_schema profile_busy_schema = {"busy", busy_rows, sizeof(struct busy_source),
						NULL};

static void load_busy(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct busy_source s = {0};

	if (conf_read(&profile_busy_schema, node, &s, l->errors) == 0) {
		out->busy_after_ms = (uint32_t)(s.after_ns / NS_PER_MS);
		out->busy_times = (uint32_t)s.times;
	}
	conf_fini(&profile_busy_schema, &s);
}

static void load_replies(struct loader *l, const struct conf_node *node, const struct ask_source *s,
			 struct request *out)
{
	out->replies = find_frames(l, conf_get(node, "expect"), &s->expect, &out->n_replies);
	out->count = (unsigned)s->replies;
	out->until = load_find_frames(l, conf_get(node, "until"), &s->until, &out->n_until);
	if (!s->expect.n && (s->replies > 1 || s->until.n))
		conf_error(l->errors, node, "replies and until go with expect: which frames come");
	if (s->replies > 1 && s->until.n)
		conf_error(l->errors, node, "expected either replies or until");
	for (size_t i = 0; i < out->n_until; i++)
		if (!frame_is_in(out->until[i], (const struct frame *const *)out->replies,
				 out->n_replies))
			conf_error(l->errors, conf_get(node, "until"),
				   "the frame %s is not under expect", out->until[i]->name);
}

/* ---- the line ---- */

struct line_change_source {
	struct conf_item item;
	int64_t baud;
	char *format, *baud_from;
	const struct conf_node *table;
	bool as_set;
	int when;
};

static const char *const whens[] = {"after", "before", NULL};

static const struct conf_row line_change_rows[] = {
	{.key = "baud",
	 .type = CONF_INT,
	 .offset = offsetof(struct line_change_source, baud),
	 .fallback = "0",
	 .min = 0,
	 .max = 4000000,
	 .help = "bits a second; left out: as the port is set"},
	{.key = "baud_from",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct line_change_source, baud_from),
	 .help = "in place of baud: the parameter that holds it, remembered from a frame"},
	{.key = "table",
	 .type = CONF_ANY,
	 .offset = offsetof(struct line_change_source, table),
	 .help = "what the parameter holds to bits a second"},
	{.key = "format",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct line_change_source, format),
	 .help = "data bits, parity and stop bits; left out: as the port is set"},
	{.key = "as_set",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct line_change_source, as_set),
	 .fallback = "false",
	 .help = "back to the settings of the port"},
	{.key = "when",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct line_change_source, when),
	 .fallback = "after",
	 .choices = whens,
	 .help = "before it is sent, or after: its answer comes with the new settings"},
	{.key = NULL},
};

const struct conf_schema profile_line_change_schema = {"line", line_change_rows,
						       sizeof(struct line_change_source), NULL};

/* {"0": 300, "5": 9600} */
static const struct table *load_bauds(struct loader *l, const struct conf_node *node)
{
	struct arena *arena = &l->profile->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	struct table_row *rows;

	if (!load_is_section(l, node))
		return NULL;
	rows = arena_alloc(arena, node->n * sizeof(*rows));
	for (const struct conf_node *n = node->first; n; n = n->next) {
		struct table_row *row = &rows[table->n++];

		row->is_text = true;
		row->bytes = (const uint8_t *)n->key;
		row->len = strlen(n->key);
		if (constant_read(n, DRAGOMAN_INTEGER, &row->value) < 0 || row->value.integer < 50)
			conf_error(l->errors, n, "expected bits a second");
	}
	table->rows = rows;
	return table;
}

static void load_line_change(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct line_change_source s = {0};
	struct line_change *change = arena_alloc(&l->profile->arena, sizeof(*change));
	struct serial_format format;

	if (conf_read(&profile_line_change_schema, node, &s, l->errors) == 0) {
		change->is_before = s.when;
		change->baud = (uint32_t)s.baud;
		change->format = load_keep(l, s.format);
		change->baud_from =
			s.baud_from ? parameter_find(l, conf_get(node, "baud_from"), s.baud_from)
				    : -1;
		change->table = s.table ? load_bauds(l, s.table) : NULL;
		if (s.format && serial_format_parse(s.format, &format) < 0)
			conf_error(l->errors, conf_get(node, "format"), SERIAL_FORMAT_PROBLEM,
				   s.format);
		if ((s.baud || s.baud_from || s.format) == s.as_set)
			conf_error(l->errors, node,
				   "expected baud, baud_from or format, or as_set");
		if (s.baud && s.baud_from)
			conf_error(l->errors, node, "expected either baud or baud_from");
		out->line = change;
	}
	conf_fini(&profile_line_change_schema, &s);
}

/* ---- a function that asks ---- */

enum { RUN_S = 60 }; /* it takes at most, if nothing else is said */

static uint32_t ms(int64_t ns)
{
	return (uint32_t)(ns / NS_PER_MS);
}

/* What is the business of the requests that it asks. */
static const char *const asked_keys[] = {"send", "values",        "replies", "until", "first_byte",
					 "busy", "between_bytes", "silence", "break", "pause",
					 "line", "framed",        "repeat"};

static void load_run(struct loader *l, const struct conf_node *node, const struct ask_source *s,
		     struct request *out)
{
	const struct conf_node *asks = conf_get(node, "asks");

	if (!s->run) {
		if (asks)
			conf_error_key(l->errors, asks, "asks goes with run");
		return;
	}
	for (size_t i = 0; i < sizeof asked_keys / sizeof asked_keys[0]; i++)
		if (conf_get(node, asked_keys[i]))
			conf_error_key(l->errors, conf_get(node, asked_keys[i]),
				       "with run this is said of the requests that it asks");
	if (scripted_check_function(l, conf_get(node, "run"), s->run) < 0)
		return;
	out->run = load_keep(l, s->run);
	out->asks = (uint32_t)s->asks;
	out->run_ms = conf_get(node, "timeout") ? ms(s->timeout_ns) : RUN_S * 1000;
}

/* ---- all of it ---- */

void load_ask(struct loader *l, const struct conf_node *node, const struct ask_source *s,
	      struct request *out)
{
	bool has_answer;

	out->description = load_keep(l, s->description);
	load_send(l, node, s, out);
	load_replies(l, node, s, out);
	out->silence_is_success = s->silence;
	has_answer = out->n_replies || out->silence_is_success;
	out->timeout_ms = has_answer ? ms(s->timeout_ns) : 0;
	out->first_byte_ms = ms(s->first_byte_ns);
	out->between_bytes_ms = ms(s->between_bytes_ns);
	out->retries = out->silence_is_success ? 0 : (uint32_t)s->retries;
	out->priority = (uint32_t)s->priority;
	out->break_ms = ms(s->break_ns);
	out->pause_ms = ms(s->pause_ns);
	out->is_framed = s->framed;
	if (s->busy)
		load_busy(l, s->busy, out);
	if (s->line)
		load_line_change(l, s->line, out);
	load_run(l, node, s, out);
}
