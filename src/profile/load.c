/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a profile: its sections by rows, in the order in which they lean on each other (parameters, tags,
 * frames, requests). All mistakes are gathered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "link/link.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/vectors.h"

enum { LANGUAGE = 1, MAX_KEYS = 64 };

/* ---------------------------------------------------------------------------------------------
 * What stands in the file
 */

struct profile_source {
	struct conf_item item;
	int64_t version;
	char *title, *maker, *description;
	struct conf_texts models;
	const struct conf_node *source, *parameters, *line, *link, *tags, *readings, *frames,
		*requests, *commands, *tests;
	int maturity;
};

static const char *const maturities[] = {"unproven", "documented", "captured", "proven", NULL};

static const struct conf_row profile_rows[] = {
	{.key = "profile",
	 .type = CONF_INT,
	 .offset = offsetof(struct profile_source, version),
	 .flags = CONF_REQUIRED,
	 .min = 1,
	 .max = 1000,
	 .help = "version of this language: 1"},
	{.key = "title",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, title),
	 .flags = CONF_REQUIRED,
	 .help = "what it is, in one line"},
	{.key = "maker",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, maker),
	 .help = "who makes the devices"},
	{.key = "models",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct profile_source, models),
	 .help = "which devices it is for"},
	{.key = "description",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, description),
	 .help = "what a user should know: settings of the device, wiring"},
	{.key = "source",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, source),
	 .help = "where the facts are from: manual, edition, pages"},
	{.key = "maturity",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct profile_source, maturity),
	 .fallback = "unproven",
	 .choices = maturities,
	 .help = "how far it has been shown to be right"},
	{.key = "parameters",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, parameters),
	 .help = "what a user sets for each device"},
	{.key = "line",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, line),
	 .help = "the device's factory settings: baud, format, flow"},
	{.key = "link",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, link),
	 .help = "from bytes to frames: a link and its options"},
	{.key = "tags",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, tags),
	 .help = "the values, of a device with one kind of reading"},
	{.key = "readings",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, readings),
	 .help = "the kinds of reading, each with its tags"},
	{.key = "frames",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, frames),
	 .flags = CONF_REQUIRED,
	 .help = "what the device says"},
	{.key = "requests",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, requests),
	 .help = "what it is asked"},
	{.key = "commands",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, commands),
	 .help = "reserved"},
	{.key = "tests",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, tests),
	 .help = "bytes and what they mean"},
	{.key = NULL},
};
static const struct conf_schema profile_schema = {"profile", profile_rows,
						  sizeof(struct profile_source), NULL};

struct parameter_source {
	struct conf_item item;
	int type;
	const struct conf_node *fallback;
	double min, max;
	char *help;
};
static const char *const parameter_types[] = {"integer", "number", "text", NULL};
static const enum dragoman_type parameter_values[] = {DRAGOMAN_INTEGER, DRAGOMAN_NUMBER,
						      DRAGOMAN_TEXT};
static const struct conf_row parameter_rows[] = {
	{.key = "type",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct parameter_source, type),
	 .fallback = "integer",
	 .choices = parameter_types,
	 .help = "what it is"},
	{.key = "default",
	 .type = CONF_ANY,
	 .offset = offsetof(struct parameter_source, fallback),
	 .help = "its value if the user sets none; without it the user must"},
	{.key = "min",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct parameter_source, min),
	 .fallback = "0",
	 .help = "of a number"},
	{.key = "max",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct parameter_source, max),
	 .fallback = "0",
	 .help = "of a number; no limits if both are 0"},
	{.key = "help",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct parameter_source, help),
	 .help = "one line for the user"},
	{.key = NULL},
};
static const struct conf_schema parameter_schema = {"parameter", parameter_rows,
						    sizeof(struct parameter_source), NULL};

struct tag_source {
	struct conf_item item;
	int type;
	char *unit, *description;
	const struct conf_node *typical;
};
static const char *const tag_types[] = {"number", "integer", "boolean", "text", "data", NULL};
static const enum dragoman_type tag_values[] = {DRAGOMAN_NUMBER, DRAGOMAN_INTEGER, DRAGOMAN_BOOLEAN,
						DRAGOMAN_TEXT, DRAGOMAN_DATA};
static const struct conf_row tag_rows[] = {
	{.key = "type",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct tag_source, type),
	 .fallback = "number",
	 .choices = tag_types,
	 .help = "of its value"},
	{.key = "unit",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tag_source, unit),
	 .help = "in UCUM: kg, Cel, V, m/s"},
	{.key = "description",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tag_source, description),
	 .help = "one line"},
	{.key = "typical",
	 .type = CONF_ANY,
	 .offset = offsetof(struct tag_source, typical),
	 .help = "where a number usually is, [from, to], or a list of usual values; for the simulator"},
	{.key = NULL},
};
static const struct conf_schema tag_schema = {"tag", tag_rows, sizeof(struct tag_source), NULL};

struct reading_source {
	struct conf_item item;
	char *description;
	const struct conf_node *tags;
};
static const struct conf_row reading_rows[] = {
	{.key = "description",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct reading_source, description),
	 .help = "one line"},
	{.key = "tags",
	 .type = CONF_ANY,
	 .offset = offsetof(struct reading_source, tags),
	 .flags = CONF_REQUIRED,
	 .help = "the values that come in it"},
	{.key = NULL},
};
static const struct conf_schema reading_schema = {"reading", reading_rows,
						  sizeof(struct reading_source), NULL};

struct frame_source {
	struct conf_item item;
	struct codec_source codec;
	char *reading, *bad, *uncertain, *reason;
	int means;
	const struct conf_node *values, *quality;
	int64_t every_ns;
};
static const char *const meanings[] = {"reading", "yes", "no", "busy", "error", "nothing", NULL};
static const struct conf_row frame_rows[] = {
	CODEC_ROWS(struct frame_source, codec),
	{.key = "reading",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, reading),
	 .help = "which of the readings it gives; the one of its own name if left out"},
	{.key = "means",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct frame_source, means),
	 .fallback = "reading",
	 .choices = meanings,
	 .help = "a reading, or as an answer: yes, no, busy, error; or nothing at all"},
	{.key = "reason",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, reason),
	 .help = "of no, busy and error: what the device wants to say"},
	{.key = "values",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, values),
	 .help = "how tags come out of fields, where that is not by name"},
	{.key = "quality",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, quality),
	 .help = "rules by which fields decide how good tags are"},
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, bad),
	 .help = "such a frame makes all its tags bad, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, uncertain),
	 .help = "such a frame makes all its tags uncertain, for this reason"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct frame_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "the device sends it by itself, about this often"},
	{.key = NULL},
};
static const struct conf_schema frame_schema = {"frame", frame_rows, sizeof(struct frame_source),
						NULL};

struct request_source {
	struct conf_item item;
	const struct conf_node *send;
	struct conf_texts expect;
	int64_t every_ns, timeout_ns, retries, priority;
	bool on_connect;
};
static const struct conf_row request_rows[] = {
	{.key = "send",
	 .type = CONF_ANY,
	 .offset = offsetof(struct request_source, send),
	 .flags = CONF_REQUIRED,
	 .help = "a template, or a map as of a frame"},
	{.key = "expect",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct request_source, expect),
	 .help = "the frames that answer it, the usual one first; without it there is no answer"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "how often it is sent"},
	{.key = "on_connect",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct request_source, on_connect),
	 .fallback = "false",
	 .help = "it is sent when the line has opened"},
	{.key = "timeout",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, timeout_ns),
	 .fallback = "1s",
	 .min = 1e6,
	 .max = 600e9,
	 .help = "how long the answer may take"},
	{.key = "retries",
	 .type = CONF_INT,
	 .offset = offsetof(struct request_source, retries),
	 .fallback = "1",
	 .min = 0,
	 .max = 100,
	 .help = "how often it is sent again then"},
	{.key = "priority",
	 .type = CONF_INT,
	 .offset = offsetof(struct request_source, priority),
	 .fallback = "0",
	 .min = 0,
	 .max = 9,
	 .help = "before those of a lower one"},
	{.key = NULL},
};
static const struct conf_schema request_schema = {"request", request_rows,
						  sizeof(struct request_source), NULL};

/* The settings of the line as the device leaves the factory: what the user sets counts more. */
struct line_source {
	struct conf_item item;
	int64_t baud;
	char *format;
	int flow;
};
static const char *const flows[] = {"none", "xonxoff", "rtscts", "dtrdsr", NULL};
static const struct conf_row line_rows[] = {
	{.key = "baud",
	 .type = CONF_INT,
	 .offset = offsetof(struct line_source, baud),
	 .fallback = "9600",
	 .min = 50,
	 .max = 4000000,
	 .help = "bits a second"},
	{.key = "format",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct line_source, format),
	 .fallback = "8N1",
	 .help = "data bits, parity and stop bits"},
	{.key = "flow",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct line_source, flow),
	 .fallback = "none",
	 .choices = flows,
	 .help = "flow control"},
	{.key = NULL},
};
static const struct conf_schema line_schema = {"line", line_rows, sizeof(struct line_source), NULL};

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

const struct conf_schema *const profile_schemas[] = {
	&profile_schema,
	&parameter_schema,
	&line_schema,
	&reading_schema,
	&tag_schema,
	&frame_schema,
	&profile_item_schema,
	&profile_check_schema,
	&profile_records_schema,
	&profile_value_schema,
	&profile_special_schema,
	&profile_rule_schema,
	&request_schema,
	&vector_schema,
	NULL,
};

/* ---------------------------------------------------------------------------------------------
 * Sections
 */

static char *keep(struct loader *l, const char *text)
{
	return text ? arena_str(&l->profile->arena, text, strlen(text)) : NULL;
}

/* Whether it is a map of names to maps; an error otherwise. NULL is none, and good. */
static bool is_section(struct loader *l, const struct conf_node *node)
{
	if (!node)
		return false;
	if (node->kind == CONF_MAP)
		return true;
	conf_error(l->errors, node, "%s: expected a map of names", node->key);
	return false;
}

static bool good_name(struct loader *l, const struct conf_node *node)
{
	const char *problem = name_problem(node->key, false);

	if (problem)
		conf_error_key(l->errors, node, "\"%s\" is no good name: %s", node->key, problem);
	return !problem;
}

static void load_parameter(struct loader *l, const struct conf_node *node, struct parameter *out)
{
	struct parameter_source s = {0};

	good_name(l, node);
	if (conf_read(&parameter_schema, node, &s, l->errors) == 0) {
		out->type = parameter_values[s.type];
		out->help = keep(l, s.help);
		out->min = s.min;
		out->max = s.max;
		if (s.fallback && constant_read(s.fallback, out->type, &out->fallback) < 0)
			conf_error(l->errors, s.fallback, "that is no %s", parameter_types[s.type]);
	}
	out->name = node->key;
	conf_fini(&parameter_schema, &s);
}

static void load_parameters(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!is_section(l, section))
		return;
	p->parameters = arena_alloc(&p->arena, section->n * sizeof(*p->parameters));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_parameter(l, n, &p->parameters[p->n_parameters++]);
}

/* "typical: [from, to]" of a number; else a list of values. */
static void load_typical(struct loader *l, const struct conf_node *node, struct tag *tag)
{
	bool number =
		tag->declared.type == DRAGOMAN_NUMBER || tag->declared.type == DRAGOMAN_INTEGER;
	struct constant *list;

	if (node->kind != CONF_LIST || !node->n || (number && node->n != 2)) {
		conf_error(l->errors, node, "expected %s",
			   number ? "[from, to]" : "a list of values");
		return;
	}
	list = arena_alloc(&l->profile->arena, node->n * sizeof(*list));
	for (const struct conf_node *n = node->first; n; n = n->next)
		if (constant_read(n, number ? DRAGOMAN_NUMBER : tag->declared.type,
				  &list[tag->n_usual++]) < 0)
			conf_error(l->errors, n, "that is no value of the tag's type");
	tag->has_typical = true;
	tag->usual = list;
	tag->low = list[0].number;
	tag->high = number ? list[1].number : 0;
}

static void load_tag(struct loader *l, const struct conf_node *node, const char *key,
		     struct tag *out)
{
	struct tag_source s = {0};

	good_name(l, node);
	out->declared.name = node->key;
	out->declared.key = key;
	if (conf_read(&tag_schema, node, &s, l->errors) == 0) {
		out->declared.type = tag_values[s.type];
		out->declared.unit = keep(l, s.unit);
		out->declared.description = keep(l, s.description);
		if (s.typical)
			load_typical(l, s.typical, out);
	}
	conf_fini(&tag_schema, &s);
}

static void load_tags(struct loader *l, const struct conf_node *section, struct reading *reading)
{
	struct profile *p = l->profile;

	if (!is_section(l, section))
		return;
	if (section->n > MAX_TAGS) {
		conf_error(l->errors, section, "more than %d tags", MAX_TAGS);
		return;
	}
	reading->tags = arena_alloc(&p->arena, section->n * sizeof(*reading->tags));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_tag(l, n, reading->name, &reading->tags[reading->n_tags++]);
	if (reading->n_tags > p->max_tags)
		p->max_tags = reading->n_tags;
}

static void load_readings(struct loader *l, const struct profile_source *s)
{
	struct profile *p = l->profile;
	const struct conf_node *section = s->readings;

	if (!s->tags == !s->readings) {
		conf_error(l->errors, s->tags ? s->tags : l->profile->root,
			   "expected either tags or readings");
		return;
	}
	if (s->tags) {
		p->readings = arena_alloc(&p->arena, sizeof(*p->readings));
		p->n_readings = 1;
		load_tags(l, s->tags, p->readings);
		return;
	}
	if (!is_section(l, section))
		return;
	if (section->n > MAX_KEYS)
		conf_error(l->errors, section, "more than %d kinds of reading", MAX_KEYS);
	p->readings = arena_alloc(&p->arena, section->n * sizeof(*p->readings));
	for (const struct conf_node *n = section->first; n; n = n->next) {
		struct reading_source r = {0};
		struct reading *out = &p->readings[p->n_readings++];

		good_name(l, n);
		out->name = n->key;
		if (conf_read(&reading_schema, n, &r, l->errors) == 0) {
			out->description = keep(l, r.description);
			load_tags(l, r.tags, out);
		}
		conf_fini(&reading_schema, &r);
	}
}

/* Which of the readings a frame gives: the one it names, the one of its own name, the only one. */
static struct reading *find_reading(struct loader *l, const struct conf_node *node,
				    const char *name)
{
	struct profile *p = l->profile;
	const char *wanted = name ? name : node->key, *known[MAX_KEYS], *nearest;
	size_t n = 0;

	if (p->n_readings == 1 && !p->readings[0].name && !name)
		return p->readings;
	for (size_t i = 0; i < p->n_readings; i++) {
		if (p->readings[i].name && !strcmp(p->readings[i].name, wanted))
			return &p->readings[i];
		if (p->readings[i].name && n < MAX_KEYS)
			known[n++] = p->readings[i].name;
	}
	nearest = conf_nearest(wanted, known, n);
	conf_error(l->errors, name ? conf_get(node, "reading") : node, "no reading %s%s%s%s",
		   wanted, nearest ? "; did you mean " : "", nearest ? nearest : "",
		   nearest ? "?" : "; say which with reading:, or means:");
	return NULL;
}

static int load_frame_quality(struct loader *l, const struct conf_node *node,
			      const struct frame_source *s, struct frame *out)
{
	if (s->bad && s->uncertain) {
		conf_error(l->errors, node, "expected either bad or uncertain");
		return -1;
	}
	out->quality = s->bad ? DRAGOMAN_BAD : s->uncertain ? DRAGOMAN_UNCERTAIN : DRAGOMAN_GOOD;
	out->quality_reason = keep(l, s->bad ? s->bad : s->uncertain);
	return 0;
}

/* What a frame that is no reading may not have. */
static int check_answer(struct loader *l, const struct conf_node *node,
			const struct frame_source *s)
{
	if (s->values || s->quality || s->reading || s->bad || s->uncertain) {
		conf_error(l->errors, node,
			   "a frame that means %s gives no reading: it has no values, "
			   "quality, reading, bad or uncertain",
			   meanings[s->means]);
		return -1;
	}
	return 0;
}

static void load_frame(struct loader *l, const struct conf_node *node, struct frame *out)
{
	struct frame_source s = {0};
	int bad = conf_read(&frame_schema, node, &s, l->errors);

	good_name(l, node);
	out->name = node->key;
	out->node = node;
	if (!bad)
		bad = codec_compile(l, node, &s.codec, &out->codec);
	if (!bad && s.means != MEANS_READING)
		bad = check_answer(l, node, &s);
	if (!bad) {
		out->means = (enum means)s.means;
		out->reason = keep(l, s.reason);
		out->every_ms = s.every_ns / NS_PER_MS;
		bad = load_frame_quality(l, node, &s, out);
	}
	if (!bad && out->means == MEANS_READING) {
		out->reading = find_reading(l, node, s.reading);
		if (out->reading)
			steps_compile(l, out, s.values, s.quality);
	}
	conf_fini(&frame_schema, &s);
}

static void load_frames(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!is_section(l, section))
		return;
	p->frames = arena_alloc(&p->arena, section->n * sizeof(*p->frames));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_frame(l, n, &p->frames[p->n_frames++]);
}

static void load_expected(struct loader *l, const struct conf_node *node,
			  const struct conf_texts *names, struct request *out)
{
	struct profile *p = l->profile;
	const char **known = xcalloc(p->n_frames + 1, sizeof(*known)), *nearest;

	out->replies = arena_alloc(&p->arena, names->n * sizeof(*out->replies));
	for (size_t f = 0; f < p->n_frames; f++)
		known[f] = p->frames[f].name;
	for (size_t i = 0; i < names->n; i++) {
		struct frame *found = NULL;

		for (size_t f = 0; f < p->n_frames; f++)
			if (!strcmp(p->frames[f].name, names->list[i]))
				found = &p->frames[f];
		if (found) {
			out->replies[out->n_replies++] = found;
			continue;
		}
		nearest = conf_nearest(names->list[i], known, p->n_frames);
		conf_error(l->errors, conf_get(node, "expect"), "no frame %s%s%s%s", names->list[i],
			   nearest ? "; did you mean " : "", nearest ? nearest : "",
			   nearest ? "?" : "");
	}
	free(known);
}

/* A template alone, or a map like a frame's. What is sent has no fields but parameters. */
static int load_send(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct send_source s = {0};
	int bad = 0;

	if (node->kind == CONF_SCALAR)
		s.codec.text = node;
	else
		bad = conf_read(&send_schema, node, &s, l->errors);
	if (!bad)
		bad = codec_compile(l, node, &s.codec, &out->codec);
	for (size_t i = 0; i < out->codec.n_fields && !bad; i++)
		if (out->codec.fields[i].name[0] != '@') {
			conf_error(l->errors, node,
				   "a request has parameters, {@name:type}, and no fields: %s",
				   out->codec.fields[i].name);
			bad = -1;
		}
	if (!bad && !out->codec.can_encode) {
		conf_error(l->errors, node, "a pattern cannot be sent; use a template");
		bad = -1;
	}
	if (node->kind != CONF_SCALAR)
		conf_fini(&send_schema, &s);
	return bad;
}

static void load_request(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct request_source s = {0};

	good_name(l, node);
	out->name = node->key;
	out->node = node;
	if (conf_read(&request_schema, node, &s, l->errors) == 0) {
		load_send(l, s.send, out);
		load_expected(l, node, &s.expect, out);
		out->every_ms = s.every_ns / NS_PER_MS;
		out->timeout_ms = out->n_replies ? (uint32_t)(s.timeout_ns / NS_PER_MS) : 0;
		out->retries = (uint32_t)s.retries;
		out->priority = (uint32_t)s.priority;
		out->on_connect = s.on_connect;
	}
	conf_fini(&request_schema, &s);
}

static void load_requests(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!is_section(l, section))
		return;
	p->requests = arena_alloc(&p->arena, section->n * sizeof(*p->requests));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_request(l, n, &p->requests[p->n_requests++]);
}

/* ---------------------------------------------------------------------------------------------
 * The whole
 */

/* What the channel will read: the line's settings and the link. */
static void check_line(struct loader *l, const struct profile_source *s)
{
	struct link_line line = {0};
	struct line_source source = {0};
	struct link *link = s->link ? link_new(s->link, &line, l->errors) : NULL;

	if (link)
		link_free(&link);
	if (s->line)
		conf_read(&line_schema, s->line, &source, l->errors);
	conf_fini(&line_schema, &source);
}

static void load_all(struct loader *l, const struct profile_source *s)
{
	struct profile *p = l->profile;

	if (s->version != LANGUAGE)
		conf_error(l->errors, conf_get(p->root, "profile"),
			   "this dragoman knows version %d of the profile language", LANGUAGE);
	if (s->commands)
		conf_error_key(l->errors, s->commands,
			       "commands cannot be described yet; this dragoman "
			       "reads devices through requests and frames");
	p->title = keep(l, s->title);
	p->maturity = (enum dragoman_maturity)s->maturity;
	p->link = s->link;
	p->line = s->line;
	p->tests = s->tests;
	check_line(l, s);
	load_parameters(l, s->parameters);
	load_readings(l, s);
	load_frames(l, s->frames);
	load_requests(l, s->requests);
	if (s->tests)
		vectors_check(p, l->errors);
	if (!s->tests || !s->tests->n)
		conf_warning(l->errors, p->root,
			     "the profile has no tests, so nothing shows that it is right");
	if (!s->source)
		conf_warning(l->errors, p->root,
			     "the profile does not say where its facts are from (source:)");
}

struct profile *profile_compile(const struct conf_node *root, struct conf_errors *errors)
{
	struct profile *p = xcalloc(1, sizeof(*p));
	struct loader l = {p, errors};
	struct profile_source s = {0};
	size_t before = errors->n_errors;

	p->root = root;
	if (conf_read(&profile_schema, root, &s, errors) == 0)
		load_all(&l, &s);
	conf_fini(&profile_schema, &s);
	if (errors->n_errors > before)
		profile_free(&p);
	return p;
}

struct profile *profile_load(const char *path, struct conf_errors *errors)
{
	struct conf_node *root = conf_load(path, errors);
	struct profile *p = root ? profile_compile(root, errors) : NULL;

	if (p)
		p->own_root = root;
	else
		conf_free(&root);
	return p;
}

void profile_free(struct profile **profile)
{
	struct profile *p = *profile;

	if (!p)
		return;
	for (struct check_op *c = p->checks; c; c = c->next)
		if (c->sum)
			checksum_free(&c->sum);
	for (struct codec *c = p->patterns; c; c = c->pattern_next)
		pattern_free(c->pattern);
	arena_fini(&p->arena);
	conf_free(&p->own_root);
	free(p);
	*profile = NULL;
}

const char *profile_title(const struct profile *profile)
{
	return profile->title;
}

enum dragoman_maturity profile_maturity(const struct profile *profile)
{
	return profile->maturity;
}

const struct conf_node *profile_link(const struct profile *profile)
{
	return profile->link;
}

const struct conf_node *profile_line(const struct profile *profile)
{
	return profile->line;
}
