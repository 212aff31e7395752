/* SPDX-License-Identifier: Apache-2.0 */
/* `values:` of a frame: how its tags come out of its fields. rules.c has `quality:`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/exchange.h"
#include "profile/load.h"
#include "profile/moment.h"
#include "profile/program.h"
#include "profile/scripted.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"

struct value_source {
	struct conf_item item;
	struct conf_texts field;
	char *bad, *uncertain, *decode, *encode;
	double offset, rolls_over;
	int derive;
	int64_t per_ns;
	const struct conf_node *scale, *sum, *product, *ratio, *decimals, *table, *special, *is,
		*min, *max, *time;
};

static const char *const derivations[] = {"nothing", "total", "difference", "rate", NULL};

static const struct conf_row value_rows[] = {
	{.key = "field",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct value_source, field),
	 .help = "the field it comes from, of several the first that is there; the one of its own name if left out"},
	{.key = "sum",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, sum),
	 .help = "the fields it comes from: {field: factor}"},
	{.key = "product",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, product),
	 .help = "the fields that are multiplied: a list"},
	{.key = "ratio",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, ratio),
	 .help = "the field that is divided, and the one that it is divided by: [a, b]"},
	{.key = "scale",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, scale),
	 .help = "what the raw number is multiplied by: a number, a field, {field, table}, or "
		 "{parameter, table}"},
	{.key = "offset",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct value_source, offset),
	 .fallback = "0",
	 .help = "what is added then"},
	{.key = "decimals",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, decimals),
	 .help = "how many of the digits are decimals: a number, a field, or {field, table}"},
	{.key = "table",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, table),
	 .help = "raw value to value; \"default\" for all others"},
	{.key = "special",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, special),
	 .help = "raw value to {bad: reason} or {uncertain: reason}"},
	{.key = "is",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, is),
	 .help = "the value itself, which such a frame always means"},
	{.key = "time",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, time),
	 .help = "it is a date and time, whose parts stand in fields"},
	{.key = "decode",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct value_source, decode),
	 .help = "the function of the script that makes it: of the field and all fields"},
	{.key = "encode",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct value_source, encode),
	 .help = "the function that makes the field of the value"},
	{.key = "derive",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct value_source, derive),
	 .fallback = "nothing",
	 .choices = derivations,
	 .help = "of it and the one before: the total of a counter, the difference, the rate"},
	{.key = "rolls_over",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct value_source, rolls_over),
	 .fallback = "0",
	 .min = 0,
	 .max = 1.9e19,
	 .help = "the raw number at which the counter begins again at 0"},
	{.key = "per",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct value_source, per_ns),
	 .fallback = "1s",
	 .min = 1e6,
	 .max = 366 * 86400e9,
	 .help = "of a rate: so much in this time"},
	{.key = "min",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, min),
	 .help = "less than this is uncertain: out of range"},
	{.key = "max",
	 .type = CONF_ANY,
	 .offset = offsetof(struct value_source, max),
	 .help = "more than this is uncertain: out of range"},
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct value_source, bad),
	 .help = "it is bad, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct value_source, uncertain),
	 .help = "it is uncertain, for this reason"},
	{.key = NULL},
};

const struct conf_schema profile_value_schema = {"value", value_rows, sizeof(struct value_source),
						 NULL};

static int read_constant(struct steps_compiler *c, const struct value_source *source,
			 struct step *step)
{
	enum dragoman_type type = c->frame->reading->tags[step->tag].declared.type;

	if (source->is && constant_read(source->is, type, &step->constant) < 0)
		return steps_wrong(c, source->is, "that is no value of the tag's type");
	return 0;
}

/* Whether the field's raw values can become the tag's at all. */
static int check_types(struct steps_compiler *c, const struct conf_node *node,
		       const struct step *step)
{
	const struct tag *tag = &c->frame->reading->tags[step->tag];
	const struct field *field = &c->frame->codec.fields[step->field];
	bool wants_text =
		tag->declared.type == DRAGOMAN_TEXT || tag->declared.type == DRAGOMAN_DATA;

	if (step->table || wants_text == field_is_text(field))
		return 0;
	conf_error(c->loader->errors, node,
		   "the tag %s is a %s, and the field %s a %s; use a table, or another type",
		   tag->declared.name, wants_text ? "text" : "number", field->name,
		   wants_text ? "number" : "text");
	return -1;
}

static int read_derivation(struct steps_compiler *c, const struct conf_node *node,
			   const struct value_source *s, struct step *step)
{
	enum dragoman_type type = c->frame->reading->tags[step->tag].declared.type;
	struct derivation *derive = arena_alloc(c->arena, sizeof(*derive));

	if (!s->derive)
		return s->rolls_over != 0 ? steps_wrong(c, conf_get(node, "rolls_over"),
							"goes with derive only")
					  : 0;
	if (!value_is_number(type) || step->table)
		return steps_wrong(c, conf_get(node, "derive"), "is of numbers only");
	if (s->rolls_over != 0 && (step->decimals_field != NO_FIELD || values_has_factor(step)))
		return steps_wrong(c, conf_get(node, "rolls_over"),
				   "needs a scale that is always the same");
	*derive = (struct derivation){(enum derive_kind)s->derive,
				      fabs(s->rolls_over * step->scale / step->divisor), s->per_ns};
	step->derive = derive;
	return 0;
}

static int read_from_field(struct steps_compiler *c, const struct conf_node *node,
			   const struct value_source *s, struct step *step)
{
	enum dragoman_type type = c->frame->reading->tags[step->tag].declared.type;
	struct field *field = &c->frame->codec.fields[step->field];
	int bad = linear_scale(c, s->scale, step);

	step->offset = s->offset;
	step->linear |= s->offset != 0;
	bad |= linear_limits(c, s->min, s->max, step);
	if (s->decimals)
		bad |= linear_decimals(c, s->decimals, step);
	if (s->table)
		bad |= steps_table(c, s->table, field, type, &step->table);
	if (s->special)
		bad |= steps_specials(c, s->special, field);
	if (!bad)
		bad = read_derivation(c, node, s, step);
	return bad ? bad : check_types(c, node, step);
}

static bool is_combined(const struct value_source *s)
{
	return s->sum || s->product || s->ratio;
}

/* A value that a program makes, of one field or of all. Without a way back the frame is not written. */
static int read_script(struct steps_compiler *c, const struct conf_node *node,
		       const struct value_source *s, struct step *step)
{
	const char *name = s->field.n ? s->field.list[0] : node->key;
	const struct conf_node *at = conf_get(node, s->decode ? "decode" : "encode");

	if (!s->decode || s->is || s->table || s->special || s->decimals || s->scale ||
	    is_combined(s) || s->time)
		return steps_wrong(
			c, at,
			"a function makes the value by itself, from its field: no "
			"is, table, special, decimals, scale, sum, product, ratio, time");
	step->field = s->field.n ? steps_field(c, conf_get(node, "field"), name)
				 : steps_find_field(c, name);
	if (step->field == NO_FIELD && (s->field.n || s->encode))
		return s->field.n ? -1 : steps_wrong(c, at, "what is encoded needs a field");
	step->script = scripted_use(c->loader, at, s->decode, s->encode, c->frame->codec.n_fields);
	if (!step->script)
		return -1;
	for (size_t i = 0; i < c->frame->codec.n_fields; i++) /* the function may look at all */
		c->frame->codec.fields[i].is_control = true;
	if (!s->encode)
		c->frame->codec.can_encode = false;
	return linear_limits(c, s->min, s->max, step) < 0 ? -1 : read_derivation(c, node, s, step);
}

static int read_combined(struct steps_compiler *c, const struct conf_node *node,
			 const struct value_source *s, struct step *step)
{
	int bad;

	if (s->field.n || s->is || s->table || s->special || !s->sum + !s->product + !s->ratio < 2)
		return steps_wrong(c, node,
				   "expected one of field, sum, product and ratio; the last three "
				   "are of numbers, and go without is, table and special");
	bad = s->sum       ? linear_sum(c, s->sum, step)
	      : s->product ? linear_product(c, s->product, step)
			   : linear_ratio(c, s->ratio, step);
	return bad < 0 ? -1 : read_from_field(c, node, s, step);
}

/* A tag that is a date and time: as text, or as seconds since 1970. */
static int read_time(struct steps_compiler *c, const struct conf_node *node,
		     const struct value_source *s, struct step *step)
{
	enum dragoman_type type = c->frame->reading->tags[step->tag].declared.type;

	if (type != DRAGOMAN_TEXT && type != DRAGOMAN_NUMBER && type != DRAGOMAN_INTEGER)
		return steps_wrong(c, node, "a time is a text, or seconds: a number or an integer");
	if (s->field.n || s->is || s->table || s->special || s->decimals || is_combined(s) ||
	    s->derive)
		return steps_wrong(c, node, "a time comes from its parts alone");
	step->time = moment_compile(c, s->time, true);
	return step->time ? 0 : -1;
}

/* which: of several fields */
static int compile_value(struct steps_compiler *c, const struct conf_node *node,
			 const struct value_source *s, size_t which, struct step *step)
{
	const char *tag = node->key;
	const struct conf_node *at = conf_get(node, "field");

	if (steps_quality(c, node, s->bad, s->uncertain, &step->quality, &step->reason) < 0)
		return -1;
	if (s->decode || s->encode)
		return read_script(c, node, s, step);
	if (s->time)
		return read_time(c, node, s, step);
	if (is_combined(s))
		return read_combined(c, node, s, step);
	step->field =
		s->field.n ? steps_field(c, at, s->field.list[which]) : steps_find_field(c, tag);
	if (s->field.n && step->field == NO_FIELD)
		return -1;
	if (s->is || (step->field == NO_FIELD && step->reason)) {
		step->field = NO_FIELD;
		return read_constant(c, s, step);
	}
	if (step->field == NO_FIELD) {
		conf_error(
			c->loader->errors, node,
			"the frame %s has no field %s; say which with field:, or a value with is:",
			c->frame->name, tag);
		return -1;
	}
	return read_from_field(c, node, s, step);
}

static struct step *add_step(struct frame *frame, size_t tag)
{
	struct step *step = &frame->steps[frame->n_steps++];

	*step = (struct step){.tag = (uint16_t)tag,
			      .field = NO_FIELD,
			      .decimals_field = NO_FIELD,
			      .scale_field = NO_FIELD,
			      .scale = 1,
			      .divisor = 1};
	return step;
}

static int add_one_value(struct steps_compiler *c, const struct conf_node *node, const char *name)
{
	struct value_source source = {0};
	int tag = steps_tag(c, node, name), bad;

	if (tag < 0)
		return -1;
	bad = conf_read(&profile_value_schema, node, &source, c->loader->errors);
	for (size_t i = 0; !bad && (!i || i < source.field.n); i++) {
		struct step *step = add_step(c->frame, (size_t)tag);

		step->is_alternative = i > 0;
		bad = compile_value(c, node, &source, i, step);
	}
	conf_fini(&profile_value_schema, &source);
	return bad;
}

/* A tag, or each of name.1, name.2 ... from the fields of its element. */
static int add_value(struct steps_compiler *c, const struct conf_node *node)
{
	size_t n = c->is_each ? 0 : steps_elements(c, node->key);
	char suffix[SUFFIX_SIZE], name[160];
	int bad = 0;

	if (!n)
		return add_one_value(c, node, node->key);
	c->suffix = suffix;
	for (size_t i = 1; i <= n && !bad; i++) {
		snprintf(suffix, sizeof(suffix), ".%zu", i);
		snprintf(name, sizeof(name), "%s%s", node->key, suffix);
		bad = add_one_value(c, node, name);
	}
	c->suffix = NULL;
	return bad;
}

/* Tags that `values:` does not name come from the field of their own name. */
static int add_plain(struct steps_compiler *c, size_t tag)
{
	struct frame *f = c->frame;
	uint16_t field = steps_find_field(c, f->reading->tags[tag].declared.name);
	struct step *step;

	for (size_t i = 0; i < f->n_steps; i++)
		if (f->steps[i].tag == tag)
			return 0;
	if (field == NO_FIELD)
		return 0;
	step = add_step(f, tag);
	step->field = field;
	return check_types(c, f->node, step);
}

/* A field that nothing looks at is most likely a misspelt tag. */
static bool is_used(const struct frame *f, size_t field)
{
	const struct field *which = &f->codec.fields[field];
	bool used = which->is_control || which->name[0] == '@' || which->name[0] == '#' ||
		    values_determine(f, field);

	for (size_t r = 0; r < f->n_rules; r++)
		for (size_t k = 0; k < f->rules[r].n; k++)
			used |= f->rules[r].conditions[k].field == field;
	return used;
}

void steps_check_used(struct loader *loader, const struct frame *f)
{
	for (size_t i = 0; i < f->codec.n_fields; i++) {
		bool used = f->codec.kind == CODEC_PATTERN || is_used(f, i) ||
			    load_run_says(loader->profile, f->codec.fields[i].name);

		for (size_t e = 0; e < f->n_more; e++)
			used |= is_used(&f->more[e], i);
		if (!used)
			conf_warning(loader->errors, f->node,
				     "nothing uses the field %s; name it _ if that is meant",
				     f->codec.fields[i].name);
	}
}

static bool are_determined(const struct frame *f, const struct step *s)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (!values_determine(f, s->terms[i].field))
			return false;
	return true;
}

/* What is made of fields that are tags as well is not written, nor are products and ratios. */
static void check_combined(struct frame *f)
{
	for (size_t i = 0; i < f->n_steps; i++) {
		struct step *s = &f->steps[i];

		if (!s->terms)
			continue;
		for (size_t t = 0; t < s->n_terms; t++)
			f->codec.fields[s->terms[t].field].is_control = true;
		s->is_read_only = true;
		if (are_determined(f, s))
			continue;
		s->is_read_only = s->combine != COMBINE_SUM;
		f->codec.can_encode &= !s->is_read_only;
	}
}

/* So that nobody has to look for it again. */
static void keep_determined(struct steps_compiler *c)
{
	struct frame *f = c->frame;
	bool *determined = arena_alloc(c->arena, f->codec.n_fields * sizeof(*determined));

	for (size_t i = 0; i < f->codec.n_fields; i++)
		determined[i] = values_determine(f, i);
	f->determined = determined;
}

/* At most: each tag once, and again for each further field that it may come from. */
static size_t count_steps(const struct frame *frame, const struct conf_node *values)
{
	size_t n_tags = frame->reading->n_tags, n = n_tags + 1;

	for (const struct conf_node *v = values ? values->first : NULL; v; v = v->next) {
		const struct conf_node *field = conf_get(v, "field");

		n += field && field->kind == CONF_LIST ? field->n * n_tags : 1;
	}
	return n;
}

int steps_compile(struct loader *loader, struct frame *frame, const struct steps_source *source)
{
	struct steps_compiler c = {loader, frame, &loader->profile->arena, source->suffix,
				   source->suffix != NULL};
	const struct conf_node *values = source->values;
	size_t most = count_steps(frame, values);
	int bad = 0;

	frame->steps = arena_alloc(c.arena, most * sizeof(*frame->steps));
	if (values && values->kind != CONF_MAP)
		return steps_wrong(&c, values, "expected {tag: how it comes out of the fields}");
	for (const struct conf_node *n = values ? values->first : NULL; n; n = n->next)
		bad |= add_value(&c, n);
	for (size_t i = 0; i < frame->reading->n_tags && !bad; i++)
		bad |= add_plain(&c, i);
	if (source->rules && !bad)
		bad |= rules_compile(&c, source->rules);
	if (source->time && !(frame->time = moment_compile(&c, source->time, false)))
		bad = -1;
	if (bad)
		return bad;
	check_combined(frame);
	keep_determined(&c);
	return 0;
}
