/* SPDX-License-Identifier: Apache-2.0 */
/* `frames:` of a profile: what the device says. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/scripted.h"
#include "profile/source.h"
#include "profile/steps.h"
#include "profile/type.h"

struct frame_source {
	struct conf_item item;
	struct codec_source codec;
	char *reading, *bad, *uncertain, *reason;
	int means;
	const struct conf_node *values, *quality, *time;
	bool is_answer;
	int64_t every_ns;
	bool each, on_connect, framed;
	const struct conf_node *remember;
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
	{.key = "time",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, time),
	 .help = "the device's own date and time, in parts"},
	{.key = "each",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct frame_source, each),
	 .fallback = "false",
	 .help = "each element of its list gives a reading of its own"},
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, bad),
	 .help = "such a frame makes all its tags bad, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, uncertain),
	 .help = "such a frame makes all its tags uncertain, for this reason"},
	{.key = "answer",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct frame_source, is_answer),
	 .fallback = "false",
	 .help = "it counts only as the answer to a request that expects it"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct frame_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "the device sends it by itself, about this often"},
	{.key = "on_connect",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct frame_source, on_connect),
	 .fallback = "false",
	 .help = "the device sends it by itself when it is connected, once: a greeting"},
	{.key = "framed",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct frame_source, framed),
	 .fallback = "true",
	 .help = "false: the device sends it as it is, without what the link adds to its other frames"},
	{.key = "remember",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, remember),
	 .help = "parameters that become what its fields say, for what is sent later"},
	{.key = NULL},
};

const struct conf_schema profile_frame_schema = {"frame", frame_rows, sizeof(struct frame_source),
						 NULL};

/* Which of the readings a frame gives: the one it names, the one of its own name, the only one. */
static struct reading *find_reading(struct loader *l, const struct conf_node *node,
				    const char *wanted, const char *name)
{
	struct profile *p = l->profile;
	const struct known *readings = KNOWN(p->readings, p->n_readings, reading, name);
	ssize_t found = known_find(readings, wanted);

	if (p->n_readings == 1 && !p->readings[0].name && !name)
		return p->readings;
	if (found < 0)
		known_error(readings, wanted, l->errors, name ? conf_get(node, "reading") : node,
			    "no reading", "; say which with reading:, or means:");
	return found < 0 ? NULL : &p->readings[found];
}

static int load_frame_quality(struct loader *l, const struct conf_node *node,
			      const struct frame_source *s, struct frame *out)
{
	if (s->bad && s->uncertain) {
		conf_error(l->errors, node, "expected either bad or uncertain");
		return -1;
	}
	out->quality = s->bad ? DRAGOMAN_BAD : s->uncertain ? DRAGOMAN_UNCERTAIN : DRAGOMAN_GOOD;
	out->quality_reason = load_keep(l, s->bad ? s->bad : s->uncertain);
	return 0;
}

/* What a frame that is no reading may not have. */
static int check_answer(struct loader *l, const struct conf_node *node,
			const struct frame_source *s)
{
	if (s->values || s->quality || s->time || s->reading || s->bad || s->uncertain) {
		conf_error(l->errors, node,
			   "a frame that means %s gives no reading: it has no values, "
			   "quality, time, reading, bad or uncertain",
			   meanings[s->means]);
		return -1;
	}
	return 0;
}

struct remember_source {
	struct conf_item item;
	char *field, *decode;
};

static const struct conf_row remember_rows[] = {
	{.key = "field",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct remember_source, field),
	 .flags = CONF_REQUIRED,
	 .help = "what is remembered"},
	{.key = "decode",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct remember_source, decode),
	 .help = "the function of the script that makes the parameter of it"},
	{.key = NULL},
};

const struct conf_schema profile_remember_schema = {"remember", remember_rows,
						    sizeof(struct remember_source), NULL};

/* {parameter: field}, or {parameter: {field, decode}} */
static int load_one_remember(struct loader *l, const struct conf_node *node, struct frame *frame,
			     struct remember *out)
{
	struct steps_compiler c = {l, frame, &l->profile->arena, NULL, false};
	struct remember_source s = {0};
	int parameter = parameter_find(l, node, node->key);
	int bad = parameter < 0 ? -1 : 0;

	if (node->kind != CONF_SCALAR)
		bad |= conf_read(&profile_remember_schema, node, &s, l->errors);
	if (!bad) {
		out->field = steps_field(&c, node, s.field ? s.field : node->text);
		out->parameter = (uint16_t)parameter;
		bad = out->field == NO_FIELD ? -1 : 0;
	}
	if (!bad && s.decode) {
		out->script = scripted_use(l, conf_get(node, "decode"), s.decode, NULL,
					   frame->codec.n_fields);
		bad = out->script ? 0 : -1;
	}
	conf_fini(&profile_remember_schema, &s);
	if (bad)
		return -1;
	frame->codec.fields[out->field].is_control = true;
	l->profile->parameters[parameter].is_remembered = true;
	return 0;
}

static int load_remember(struct loader *l, const struct conf_node *section, struct frame *out)
{
	int bad = 0;

	if (!load_is_section(l, section))
		return section ? -1 : 0;
	out->remember = arena_alloc(&l->profile->arena, section->n * sizeof(*out->remember));
	for (const struct conf_node *n = section->first; n; n = n->next)
		if (load_one_remember(l, n, out, &out->remember[out->n_remember]) == 0)
			out->n_remember++;
		else
			bad = -1;
	return bad;
}

static void load_steps(struct loader *l, const struct conf_node *node, const struct frame_source *s,
		       struct frame *out)
{
	const struct steps_source source = {s->values, s->quality, s->time, NULL};

	out->reading = find_reading(l, node, s->reading ? s->reading : node->key, s->reading);
	if (out->reading && steps_compile(l, out, &source) == 0)
		steps_check_used(l, out);
}

/* A pattern's frame is written with fields of other types, that have the same special values. */
static void share_specials(const struct codec *codec)
{
	for (size_t i = 0; codec->written && i < codec->n_fields; i++) {
		codec->written[i].specials = codec->fields[i].specials;
		codec->written[i].n_specials = codec->fields[i].n_specials;
	}
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

/* The fields of an element: those whose names end with its number. */
static void find_own(struct loader *l, const char *suffix, struct frame *element)
{
	const struct codec *codec = &element->codec;
	uint16_t *own = arena_alloc(&l->profile->arena, codec->n_fields * sizeof(*own));

	for (size_t i = 0; i < codec->n_fields; i++)
		if (ends_with(codec->fields[i].name, suffix))
			own[element->n_own++] = (uint16_t)i;
	element->own = own;
}

/* How many elements the list of the frame has. */
static size_t count_elements(const struct codec *codec)
{
	char suffix[SUFFIX_SIZE];
	size_t n = 0;
	bool any;

	do {
		snprintf(suffix, sizeof(suffix), ".%zu", n + 1);
		any = false;
		for (size_t i = 0; i < codec->n_fields; i++)
			any |= codec->fields[i].name[0] != '#' &&
			       ends_with(codec->fields[i].name, suffix);
		n += any;
	} while (any);
	return n;
}

/* The reading of element i: one of its own, name.1, name.2 ..., or the same for all. */
static struct reading *find_element_reading(struct loader *l, const struct conf_node *node,
					    const char *name, const char *suffix)
{
	const char *wanted = name ? name : node->key;
	char own[160];

	snprintf(own, sizeof(own), "%s%s", wanted, suffix);
	for (size_t i = 0; i < l->profile->n_readings; i++)
		if (l->profile->readings[i].name && !strcmp(l->profile->readings[i].name, own))
			return &l->profile->readings[i];
	return find_reading(l, node, wanted, name);
}

static int load_element(struct loader *l, const struct conf_node *node,
			const struct frame_source *s, size_t i, struct frame *element)
{
	struct steps_source source = {s->values, s->quality, s->time, NULL};
	char *suffix = arena_alloc(&l->profile->arena, SUFFIX_SIZE);

	snprintf(suffix, SUFFIX_SIZE, ".%zu", i + 1);
	source.suffix = suffix;
	find_own(l, suffix, element);
	element->reading = find_element_reading(l, node, s->reading, suffix);
	return element->reading ? steps_compile(l, element, &source) : -1;
}

static void load_elements(struct loader *l, const struct conf_node *node,
			  const struct frame_source *s, struct frame *out)
{
	size_t n = count_elements(&out->codec);
	int bad = 0;

	if (!n) {
		conf_error(l->errors, conf_get(node, "each"), "the frame has no list: repeat");
		return;
	}
	out->more = arena_alloc(&l->profile->arena, n * sizeof(*out->more));
	out->n_more = n - 1;
	for (size_t i = 1; i < n; i++) {
		out->more[i - 1] = *out;
		out->more[i - 1].n_more = 0;
	}
	for (size_t i = 0; i < n && !bad; i++)
		bad = load_element(l, node, s, i, i ? &out->more[i - 1] : out);
	if (!bad)
		steps_check_used(l, out);
}

static void load_frame(struct loader *l, const struct conf_node *node, struct frame *out)
{
	struct frame_source s = {0};
	int bad = conf_read(&profile_frame_schema, node, &s, l->errors);

	load_check_name(l, node);
	out->name = node->key;
	out->node = node;
	if (!bad)
		bad = codec_compile(l, node, &s.codec, &out->codec);
	if (!bad && s.means != MEANS_READING)
		bad = check_answer(l, node, &s);
	if (!bad) {
		out->means = (enum means)s.means;
		out->reason = load_keep(l, s.reason);
		out->every_ms = s.every_ns / NS_PER_MS;
		out->is_answer = s.is_answer;
		if (s.is_answer && s.every_ns)
			conf_error(l->errors, conf_get(node, "every"),
				   "what the device sends by itself is not only an answer");
		out->on_connect = s.on_connect;
		out->is_framed = s.framed;
		bad = load_frame_quality(l, node, &s, out);
	}
	if (!bad)
		bad = load_remember(l, s.remember, out);
	if (!bad && out->means == MEANS_READING) {
		if (s.each)
			load_elements(l, node, &s, out);
		else
			load_steps(l, node, &s, out);
		share_specials(&out->codec);
	}
	conf_fini(&profile_frame_schema, &s);
}

void load_frames(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!load_is_section(l, section))
		return;
	p->frames = arena_alloc(&p->arena, section->n * sizeof(*p->frames));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_frame(l, n, &p->frames[p->n_frames++]);
}
