/* SPDX-License-Identifier: Apache-2.0 */
/* `parameters:`, `tags:` and `readings:` of a profile. */
#include <stdio.h>
#include <string.h>

#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/values.h"

enum { MAX_KEYS = 64 }; /* as many as a device may declare */

struct parameter_source {
	struct conf_item item;
	int type;
	const struct conf_node *fallback;
	double min, max;
	char *help;
	bool secret;
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
	{.key = "secret",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct parameter_source, secret),
	 .fallback = "false",
	 .help = "a password: it is shown to nobody"},
	{.key = NULL},
};

const struct conf_schema profile_parameter_schema = {"parameter", parameter_rows,
						     sizeof(struct parameter_source), NULL};

struct tag_source {
	struct conf_item item;
	int type;
	char *unit, *description, *write;
	const struct conf_node *typical;
	int64_t repeat;
	double deadband;
};

static const char *const tag_types[] = {"number", "integer", "natural", "boolean",
					"text",   "data",    NULL};

static const enum dragoman_type tag_values[] = {DRAGOMAN_NUMBER,  DRAGOMAN_INTEGER,
						DRAGOMAN_NATURAL, DRAGOMAN_BOOLEAN,
						DRAGOMAN_TEXT,    DRAGOMAN_DATA};

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
	 .help = "where a number usually is, [from, to], or a list of usual values (of a number, not two); for the simulator"},
	{.key = "write",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tag_source, write),
	 .help = "the command by which it can be written"},
	{.key = "repeat",
	 .type = CONF_INT,
	 .offset = offsetof(struct tag_source, repeat),
	 .fallback = "0",
	 .min = 0,
	 .max = 256,
	 .help = "so many of them: name.1, name.2 ..."},
	{.key = "deadband",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct tag_source, deadband),
	 .fallback = "0",
	 .min = 0,
	 .max = 1e300,
	 .help = "where only changes are reported: a number that is no farther off has not changed"},
	{.key = NULL},
};

const struct conf_schema profile_tag_schema = {"tag", tag_rows, sizeof(struct tag_source), NULL};

struct report_source {
	struct conf_item item;
	bool on_change;
	int64_t at_least_ns;
};

static const struct conf_row report_rows[] = {
	{.key = "on_change",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct report_source, on_change),
	 .fallback = "true",
	 .help = "a reading that says nothing new is held back"},
	{.key = "at_least",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct report_source, at_least_ns),
	 .fallback = "1min",
	 .min = 1e6,
	 .max = 86400e9,
	 .help = "after this time the next one is sent anyway"},
	{.key = NULL},
};

const struct conf_schema profile_report_schema = {"report", report_rows,
						  sizeof(struct report_source), NULL};

struct reading_source {
	struct conf_item item;
	char *description;
	const struct conf_node *tags, *report;
	int64_t repeat;
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
	{.key = "report",
	 .type = CONF_ANY,
	 .offset = offsetof(struct reading_source, report),
	 .help = "which readings are sent: {on_change, at_least}"},
	{.key = "repeat",
	 .type = CONF_INT,
	 .offset = offsetof(struct reading_source, repeat),
	 .fallback = "0",
	 .min = 0,
	 .max = MAX_KEYS,
	 .help = "so many of them: name.1, name.2 ..."},
	{.key = NULL},
};

const struct conf_schema profile_reading_schema = {"reading", reading_rows,
						   sizeof(struct reading_source), NULL};

static void check_limits(struct loader *l, const struct conf_node *node,
			 const struct parameter_source *s)
{
	if (s->min != s->max && parameter_values[s->type] == DRAGOMAN_TEXT)
		conf_error(l->errors, node, "only a number has limits");
	else if (s->min > s->max || (s->min == s->max && s->min != 0))
		conf_error(l->errors, node, "expected a min and a max above it; found %g and %g",
			   s->min, s->max);
}

static void check_fallback(struct loader *l, const struct conf_node *node,
			   const struct parameter *parameter)
{
	double number = parameter->type == DRAGOMAN_INTEGER ? (double)parameter->fallback.integer
							    : parameter->fallback.number;

	if (parameter->type != DRAGOMAN_TEXT && parameter->min < parameter->max &&
	    (number < parameter->min || number > parameter->max))
		conf_error(l->errors, node, "the default is outside of %g to %g", parameter->min,
			   parameter->max);
}

static void load_parameter(struct loader *l, const struct conf_node *node, struct parameter *out)
{
	struct parameter_source s = {0};

	load_check_name(l, node);
	if (conf_read(&profile_parameter_schema, node, &s, l->errors) == 0) {
		out->type = parameter_values[s.type];
		out->help = load_keep(l, s.help);
		out->min = s.min;
		out->max = s.max;
		out->is_secret = s.secret;
		check_limits(l, node, &s);
		if (s.fallback && constant_read(s.fallback, out->type, &out->fallback) < 0)
			conf_error(l->errors, s.fallback, "that is no %s", parameter_types[s.type]);
		else if (s.fallback)
			check_fallback(l, s.fallback, out);
	}
	out->name = node->key;
	conf_fini(&profile_parameter_schema, &s);
}

void load_parameters(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!load_is_section(l, section))
		return;
	p->parameters = arena_alloc(&p->arena, section->n * sizeof(*p->parameters));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_parameter(l, n, &p->parameters[p->n_parameters++]);
}

/* From the least to the greatest of the list. */
static void set_range(struct tag *tag, const struct constant *list, size_t n)
{
	struct dragoman_value value = {0};

	for (size_t i = 0; i < n; i++) {
		double number;

		value_from_constant(&list[i], list[i].type, &value);
		number = value_as_number(&value);
		tag->low = i && tag->low < number ? tag->low : number;
		tag->high = i && tag->high > number ? tag->high : number;
	}
}

/* "typical: [from, to]" of a number; else a list of values. */
static void load_typical(struct loader *l, const struct conf_node *node, struct tag *tag)
{
	bool is_number = value_is_number(tag->declared.type);
	bool is_range = is_number && node->n == 2;
	struct constant *list;
	size_t n_read = 0;

	if (node->kind != CONF_LIST || !node->n) {
		conf_error(l->errors, node, "expected %s",
			   is_number ? "[from, to], or a list of values" : "a list of values");
		return;
	}
	list = arena_alloc(&l->profile->arena, node->n * sizeof(*list));
	for (const struct conf_node *n = node->first; n; n = n->next)
		if (constant_read(n, is_range ? DRAGOMAN_NUMBER : tag->declared.type,
				  &list[n_read++]) < 0)
			conf_error(l->errors, n, "that is no value of the tag's type");
	tag->has_typical = true;
	if (is_number)
		set_range(tag, list, n_read);
	if (is_range)
		return;
	tag->usual = list;
	tag->n_usual = n_read;
}

/* name.1, name.2 ... are alike. */
static void repeat_tag(struct loader *l, size_t n, struct tag *tags)
{
	for (size_t i = n; i-- > 0;) {
		char name[160];

		snprintf(name, sizeof(name), "%s.%zu", tags->declared.name, i + 1);
		tags[i] = *tags;
		tags[i].declared.name = load_keep(l, name);
	}
}

/* Returns how many tags it made. */
static size_t load_tag(struct loader *l, const struct conf_node *node, const char *key,
		       struct tag *out)
{
	struct tag_source s = {0};
	size_t n = 1;

	load_check_name(l, node);
	out->declared.name = node->key;
	out->declared.key = key;
	out->node = node;
	if (conf_read(&profile_tag_schema, node, &s, l->errors) == 0) {
		out->declared.type = tag_values[s.type];
		out->declared.unit = load_unit(l, node, s.unit);
		out->declared.description = load_keep(l, s.description);
		if (s.typical)
			load_typical(l, s.typical, out);
		out->write = load_keep(l, s.write);
		out->write_node = conf_get(node, "write");
		if (s.write)
			out->declared.access = DRAGOMAN_READ_WRITE;
		out->deadband = s.deadband;
		if (s.repeat)
			repeat_tag(l, n = (size_t)s.repeat, out);
	}
	conf_fini(&profile_tag_schema, &s);
	return n;
}

/* How many tags there are, repeated ones counted. */
static size_t count_tags(const struct conf_node *section)
{
	struct conf_errors told_later = {0};
	size_t n = 0;

	for (const struct conf_node *t = section->first; t; t = t->next) {
		struct tag_source s = {0};

		conf_read(&profile_tag_schema, t, &s, &told_later);
		n += s.repeat ? (size_t)s.repeat : 1;
		conf_fini(&profile_tag_schema, &s);
	}
	conf_errors_fini(&told_later);
	return n;
}

static void load_tags(struct loader *l, const struct conf_node *section, struct reading *reading)
{
	struct profile *p = l->profile;
	size_t n;

	if (!load_is_section(l, section))
		return;
	n = count_tags(section);
	if (n > MAX_TAGS) {
		conf_error(l->errors, section, "more than %d tags", MAX_TAGS);
		return;
	}
	reading->tags = arena_alloc(&p->arena, n * sizeof(*reading->tags));
	for (const struct conf_node *t = section->first; t; t = t->next)
		reading->n_tags += load_tag(l, t, reading->name, &reading->tags[reading->n_tags]);
	if (reading->n_tags > p->max_tags)
		p->max_tags = reading->n_tags;
	reading->first_slot = p->n_slots;
	p->n_slots += reading->n_tags;
}

int report_read(const struct conf_node *node, struct report *out, struct conf_errors *errors)
{
	struct report_source s = {0};
	int bad = conf_read(&profile_report_schema, node, &s, errors);

	if (!bad)
		*out = (struct report){s.on_change, s.at_least_ns};
	conf_fini(&profile_report_schema, &s);
	return bad;
}

static void load_report(struct loader *l, const struct conf_node *node, struct report *out)
{
	if (node)
		report_read(node, out, l->errors);
}

/* The only one, of a profile with tags. */
static void load_only_reading(struct loader *l, const struct conf_node *tags,
			      const struct conf_node *report)
{
	struct profile *p = l->profile;

	p->readings = arena_alloc(&p->arena, sizeof(*p->readings));
	p->n_readings = 1;
	load_tags(l, tags, p->readings);
	load_report(l, report, &p->readings->report);
}

/* One, or name.1, name.2 ... */
static void load_reading(struct loader *l, const struct conf_node *node)
{
	struct profile *p = l->profile;
	struct reading_source r = {0};
	char name[160];

	load_check_name(l, node);
	if (conf_read(&profile_reading_schema, node, &r, l->errors) == 0) {
		size_t n = r.repeat ? (size_t)r.repeat : 1;

		for (size_t i = 0; i < n && p->n_readings < MAX_KEYS; i++) {
			struct reading *out = &p->readings[p->n_readings++];

			snprintf(name, sizeof(name), "%s.%zu", node->key, i + 1);
			out->name = r.repeat ? load_keep(l, name) : node->key;
			out->description = load_keep(l, r.description);
			load_tags(l, r.tags, out);
			load_report(l, r.report, &out->report);
		}
		if (p->n_readings == MAX_KEYS && node->next)
			conf_error(l->errors, node, "more than %d kinds of reading", MAX_KEYS);
	}
	conf_fini(&profile_reading_schema, &r);
}

void load_readings(struct loader *l, const struct conf_node *tags, const struct conf_node *readings,
		   const struct conf_node *report)
{
	struct profile *p = l->profile;

	if (!tags == !readings) {
		conf_error(l->errors, tags ? tags : l->profile->root,
			   "expected either tags or readings");
		return;
	}
	if (tags) {
		load_only_reading(l, tags, report);
		return;
	}
	if (report)
		conf_error_key(l->errors, report, "goes into each of the readings");
	if (!load_is_section(l, readings))
		return;
	p->readings = arena_alloc(&p->arena, MAX_KEYS * sizeof(*p->readings));
	for (const struct conf_node *n = readings->first; n; n = n->next)
		load_reading(l, n);
}

/* ---- Tags that nothing gives ---- */

/* Of each slot. */
static bool *given_slots(struct loader *l, const struct profile *p)
{
	bool *given = arena_alloc(&l->profile->arena, p->n_slots * sizeof(*given));
	const struct frame *f;

	for (size_t i = 0; i < p->n_frames; i++)
		for (size_t e = 0; (f = frame_element(&p->frames[i], e)); e++)
			for (size_t s = 0; f->reading && s < f->n_steps; s++)
				given[f->reading->first_slot + f->steps[s].tag] = true;
	return given;
}

static bool is_same_key(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool variant_gives(const struct profile *v, const bool *given, const struct tag *tag)
{
	for (size_t r = 0; r < v->n_readings; r++)
		for (size_t t = 0; t < v->readings[r].n_tags; t++)
			if (given[v->readings[r].first_slot + t] &&
			    is_same_key(v->readings[r].name, tag->declared.key) &&
			    !strcmp(v->readings[r].tags[t].declared.name, tag->declared.name))
				return true;
	return false;
}

static bool is_given(const struct profile *p, bool *const *given, const struct tag *tag,
		     size_t slot)
{
	bool is = given[0][slot];

	for (size_t v = 0; v < p->n_variants && !is; v++)
		is = variant_gives(p->variants[v], given[v + 1], tag);
	return is;
}

void load_check_given(struct loader *l)
{
	const struct profile *p = l->profile;
	bool **given = arena_alloc(&l->profile->arena, (p->n_variants + 1) * sizeof(*given));

	given[0] = given_slots(l, p);
	for (size_t v = 0; v < p->n_variants; v++)
		given[v + 1] = given_slots(l, p->variants[v]);
	for (size_t r = 0; r < p->n_readings; r++) {
		const struct reading *reading = &p->readings[r];
		bool any = false;

		for (size_t t = 0; t < reading->n_tags; t++) {
			const struct tag *tag = &reading->tags[t];

			any |= is_given(p, given, tag, reading->first_slot + t);
			if (t + 1 < reading->n_tags && reading->tags[t + 1].node == tag->node)
				continue; /* name.1, name.2 ...: one of them is enough */
			if (!any)
				conf_warning(l->errors, tag->node, "no frame gives the tag %s",
					     tag->node->key);
			any = false;
		}
	}
}
