/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw fields to tags and back: scale, offset, decimals, tables, special values, limits, and rules by which
 * one field decides how good others are.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "profile/charset.h"
#include "profile/constant.h"
#include "profile/moment.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/type.h"
#include "profile/values.h"

bool table_row_matches(const struct table_row *row, const struct raw *raw)
{
	if (raw->kind == RAW_TEXT)
		return row->is_text && row->len == raw->as.text.len &&
		       !memcmp(row->bytes, raw->as.text.bytes, row->len);
	if (row->is_text)
		return false;
	return raw->kind == RAW_INTEGER && row->number.kind == RAW_INTEGER
		       ? raw->as.integer == row->number.as.integer
		       : raw_equal(&row->number, raw);
}

const struct table_row *table_find(const struct table *table, const struct raw *raw)
{
	for (size_t i = 0; i < table->n; i++)
		if (table_row_matches(&table->rows[i], raw))
			return &table->rows[i];
	return NULL;
}

static const char absent[] = "absent";

static void worsen(struct dragoman_value *value, enum dragoman_quality quality, const char *reason)
{
	if (quality <= value->quality)
		return;
	value->quality = quality;
	value->reason = reason;
	if (quality == DRAGOMAN_BAD)
		value->type = DRAGOMAN_NONE;
}

static void set_bad(struct dragoman_value *value, const char *reason)
{
	worsen(value, DRAGOMAN_BAD, reason);
}

static void set_constant(struct dragoman_value *value, enum dragoman_type type,
			 const struct constant *constant)
{
	value->type = type;
	switch (type) {
	case DRAGOMAN_BOOLEAN: value->as.boolean = constant->boolean; break;
	case DRAGOMAN_INTEGER: value->as.integer = constant->integer; break;
	case DRAGOMAN_NATURAL: value->as.natural = constant->natural; break;
	case DRAGOMAN_NUMBER: value->as.number = constant->number; break;
	default:
		value->as.text.bytes = constant->text;
		value->as.text.len = constant->text_len;
		break;
	}
}

/* To UTF-8, into scratch, which has room. */
static void set_converted(struct dragoman_value *value, enum charset charset, const uint8_t *bytes,
			  size_t len, struct buf *scratch)
{
	uint8_t *to = buf_room(scratch, 3 * len);
	size_t n = 0;

	value->as.text.bytes = (const char *)to;
	for (size_t i = 0; i < len; i++)
		n += charset_to_utf8(charset, bytes[i] ? bytes[i] : ' ', to + n);
	value->as.text.len = n;
	buf_grown(scratch, n);
}

/* Bytes of no stated set that are no UTF-8 are taken for Latin-1. */
static bool needs_converting(enum charset charset, const struct raw *raw)
{
	if (charset == CHARSET_ANY)
		return !utf8_is_valid((const char *)raw->as.text.bytes, raw->as.text.len);
	return charset > CHARSET_UTF8;
}

static void set_text(struct dragoman_value *value, enum dragoman_type type, enum charset charset,
		     const struct raw *raw, struct buf *scratch)
{
	if (raw->kind != RAW_TEXT) {
		set_bad(value, "not a text");
		return;
	}
	value->type = type;
	value->as.text.bytes = (const char *)raw->as.text.bytes;
	value->as.text.len = raw->as.text.len;
	if (type == DRAGOMAN_TEXT && needs_converting(charset, raw))
		set_converted(value, charset == CHARSET_ANY ? CHARSET_LATIN1 : charset,
			      raw->as.text.bytes, raw->as.text.len, scratch);
}

static void set_table(struct dragoman_value *value, enum dragoman_type type,
		      const struct table *table, const struct raw *raw)
{
	const struct table_row *row = table_find(table, raw);

	if (row) {
		set_constant(value, type, &row->value);
		return;
	}
	if (table->other.type == DRAGOMAN_NONE) {
		set_bad(value, "unknown code");
		return;
	}
	set_constant(value, type, &table->other);
	worsen(value, DRAGOMAN_UNCERTAIN, "unknown code");
}

static const double powers_of_ten[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* What the raw number is divided by for the decimals that another field gives; 0: it makes no sense. */
double values_divisor(const struct step *step, const struct raw *raw)
{
	const struct raw *field = &raw[step->decimals_field];
	int64_t decimals = field->kind == RAW_INTEGER ? field->as.integer : -100;

	if (step->decimals) {
		const struct table_row *row = table_find(step->decimals, field);

		decimals = row ? row->value.integer : -100;
	}
	if (decimals < -15 || decimals > 15)
		return 0;
	return decimals < 0 ? 1 / powers_of_ten[-decimals] : powers_of_ten[decimals];
}

bool values_has_factor(const struct step *step)
{
	return step->scale_field != NO_FIELD || step->scale_parameter;
}

double values_factor(const struct step *step, const struct parameters *parameters,
		     const struct raw *raw)
{
	const struct raw *field = step->scale_parameter
					  ? &parameters->list[step->scale_parameter - 1]
					  : &raw[step->scale_field];
	const struct table_row *row;

	if (step->scales) {
		row = table_find(step->scales, field);
		return row ? row->value.number : 0;
	}
	return raw_is_number(field) ? raw_number(field) : 0;
}

/* What the step makes of a raw number: an integer where all of it is whole, so that none of 64 bits is lost. */
static void apply_linear(const struct step *step, const struct parameters *parameters,
			 const struct raw *raw, struct raw *number)
{
	double divisor = step->divisor, scale = step->scale;
	wide_int whole;

	if (step->decimals_field != NO_FIELD)
		divisor *= values_divisor(step, raw);
	if (values_has_factor(step))
		scale = values_factor(step, parameters, raw);
	if (divisor == 1 && raw_is_whole(scale) && scale != 0 && raw_is_whole(step->offset) &&
	    raw_whole(number, &whole)) {
		raw_set_whole(number, whole * (int64_t)scale + (int64_t)step->offset);
		return;
	}
	*number = (struct raw){.kind = RAW_NUMBER,
			       .as.number = divisor == 0 || scale == 0
						    ? (double)NAN
						    : raw_number(number) * scale / divisor +
							      step->offset};
}

static void set_whole(struct dragoman_value *value, enum dragoman_type type, wide_int whole)
{
	if (type == DRAGOMAN_INTEGER && whole >= INT64_MIN && whole <= INT64_MAX)
		value->as.integer = (int64_t)whole;
	else if (type == DRAGOMAN_NATURAL && whole >= 0 && whole <= UINT64_MAX)
		value->as.natural = (uint64_t)whole;
	else if (type == DRAGOMAN_BOOLEAN)
		value->as.boolean = whole != 0;
	else if (type == DRAGOMAN_NUMBER)
		value->as.number = (double)whole;
	else
		set_bad(value, "out of range");
	if (value->quality != DRAGOMAN_BAD)
		value->type = type;
	if (type == DRAGOMAN_NUMBER && (wide_int)value->as.number != whole)
		worsen(value, DRAGOMAN_UNCERTAIN, "rounded");
}

static void set_fraction(struct dragoman_value *value, enum dragoman_type type, double number)
{
	if (!isfinite(number))
		set_bad(value, "not a number");
	else if (type == DRAGOMAN_NUMBER)
		value->as.number = number;
	else if (type == DRAGOMAN_BOOLEAN)
		value->as.boolean = number != 0;
	else if (type == DRAGOMAN_INTEGER ? fabs(number) < 0x1p63
					  : number > -0.5 && number < 0x1p64)
		value_set_number(value, type, number);
	else
		set_bad(value, "out of range");
	if (value->quality != DRAGOMAN_BAD)
		value->type = type;
}

static void set_number(struct dragoman_value *value, enum dragoman_type type,
		       const struct step *step, const struct parameters *parameters,
		       const struct raw *raw)
{
	struct raw number = raw[step->field];
	const char *problem = step->terms ? combine_fields(step, raw, &number) : NULL;
	wide_int whole, before;
	bool was_whole;

	if (problem) {
		set_bad(value, problem);
		return;
	}
	if (!raw_is_number(&number)) {
		set_bad(value, number.kind == RAW_ABSENT ? absent : "not a number");
		return;
	}
	was_whole = raw_whole(&number, &before);
	if (step->linear)
		apply_linear(step, parameters, raw, &number);
	if (raw_whole(&number, &whole)) {
		set_whole(value, type, whole);
		return;
	}
	set_fraction(value, type, raw_number(&number));
	if (was_whole && (wide_int)(double)before != before)
		worsen(value, DRAGOMAN_UNCERTAIN, "rounded");
}

/* A number that stands for something else. */
static const struct special *find_special(const struct field *field, const struct raw *raw)
{
	if (raw->kind == RAW_SPECIAL)
		return &field->specials[raw->as.special];
	for (size_t i = 0; i < field->n_specials; i++) {
		const struct special *s = &field->specials[i];

		if (s->is_text ? raw->kind == RAW_TEXT && s->len == raw->as.text.len &&
					 !memcmp(s->bytes, raw->as.text.bytes, s->len)
			       : raw_equal(&s->number, raw))
			return s;
	}
	return NULL;
}

/* The worst of what its fields say in place of a number, and whether there is no number beside it. */
static const struct special *worst_special(const struct frame *frame, const struct step *step,
					   const struct raw *raw, bool *is_alone)
{
	const struct special *worst = NULL;
	size_t n = step->terms ? step->n_terms : 1;

	for (size_t i = 0; i < n; i++) {
		uint16_t at = step->terms ? step->terms[i].field : step->field;
		const struct field *field = &frame->codec.fields[at];
		const struct special *s = field->n_specials ? find_special(field, &raw[at]) : NULL;

		if (!s || (worst && s->quality <= worst->quality))
			continue;
		worst = s;
		*is_alone = s->quality == DRAGOMAN_BAD || raw[at].kind == RAW_SPECIAL;
	}
	return worst;
}

void values_check_limits(struct dragoman_value *value, const struct step *step)
{
	double number = value_as_number(value);

	if (!value_is_number(value->type))
		return;
	if (number < step->min || number > step->max)
		worsen(value, DRAGOMAN_UNCERTAIN, "out of range");
}

static void set_time(struct dragoman_value *value, enum dragoman_type type,
		     const struct moment *time, const struct raw *raw, struct buf *scratch)
{
	int64_t ns;
	enum moment_end end = moment_decode(time, raw, 0, &ns);

	if (end != MOMENT_GOOD) {
		set_bad(value, end == MOMENT_ABSENT ? absent : "invalid time");
		return;
	}
	value->type = type;
	if (type == DRAGOMAN_INTEGER) {
		value->as.integer = ns / NS_PER_S;
	} else if (type == DRAGOMAN_NUMBER) {
		value->as.number = (double)(ns / NS_PER_MS) / 1000;
	} else {
		char *to = (char *)buf_room(scratch, MOMENT_TEXT_SIZE);

		value->as.text.bytes = to;
		value->as.text.len = moment_to_str(ns, to);
		buf_grown(scratch, value->as.text.len);
	}
}

static void decode_step(const struct frame *frame, const struct step *step,
			const struct parameters *parameters, const struct raw *raw,
			struct buf *scratch, struct dragoman_value *value)
{
	enum dragoman_type type = frame->reading->tags[step->tag].declared.type;
	const struct special *special;
	bool is_alone = false;

	if (step->is_alternative && raw[step->field].kind == RAW_ABSENT)
		return;
	*value = (struct dragoman_value){.tag = value->tag};
	if (step->script) {
		scripted_decode(frame, step, raw, value);
		if (step->has_limits && !step->derive)
			values_check_limits(value, step);
		worsen(value, step->quality, step->reason);
		return;
	}
	if (step->field == NO_FIELD) {
		if (step->time)
			set_time(value, type, step->time, raw, scratch);
		if (step->constant.type != DRAGOMAN_NONE)
			set_constant(value, type, &step->constant);
		worsen(value, step->quality, step->reason);
		return;
	}
	if (raw[step->field].kind == RAW_ABSENT) {
		set_bad(value, absent);
		return;
	}
	special = worst_special(frame, step, raw, &is_alone);
	if (special && is_alone) {
		worsen(value, special->quality, special->reason);
		return;
	}
	if (step->table)
		set_table(value, type, step->table, &raw[step->field]);
	else if (type == DRAGOMAN_TEXT || type == DRAGOMAN_DATA)
		set_text(value, type, (enum charset)frame->codec.fields[step->field].type.charset,
			 &raw[step->field], scratch);
	else
		set_number(value, type, step, parameters, raw);
	if (special)
		worsen(value, special->quality, special->reason);
	if (step->has_limits && !step->derive)
		values_check_limits(value, step);
	worsen(value, step->quality, step->reason);
}

static bool condition_holds(const struct condition *c, const struct raw *raw)
{
	const struct raw *field = &raw[c->field];
	bool any = !c->n;

	for (size_t i = 0; i < c->n && !any; i++)
		any = table_row_matches(&c->any[i], field);
	return any && (!c->has_above || raw_number(field) > c->above) &&
	       (!c->has_below || raw_number(field) < c->below);
}

bool when_holds(const struct when_op *when, const struct raw *raw)
{
	size_t n = 0;

	for (size_t i = 0; i < when->n; i++)
		n += condition_holds(&when->conditions[i], raw);
	return when->is_other ? !n : n == when->n;
}

bool values_rule_holds(const struct rule *rule, const struct raw *raw)
{
	for (size_t i = 0; i < rule->n; i++)
		if (!condition_holds(&rule->conditions[i], raw))
			return false;
	return true;
}

/* As many bytes as the texts of the values may take, so that none of them moves. */
static void make_room(const struct frame *frame, const struct raw *raw, struct buf *scratch)
{
	size_t need = 0;

	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];

		if (s->time)
			need += MOMENT_TEXT_SIZE;
		else if (s->field != NO_FIELD && raw[s->field].kind == RAW_TEXT)
			need += 3 * raw[s->field].as.text.len;
	}
	buf_room(scratch, need);
}

/* A clock that shows a time that cannot be makes doubtful what it dates. */
static void check_time(const struct frame *frame, const struct raw *raw,
		       struct dragoman_value *values)
{
	int64_t ns;

	if (moment_decode(frame->time, raw, 0, &ns) != MOMENT_INVALID)
		return;
	for (size_t i = 0; i < frame->reading->n_tags; i++)
		worsen(&values[i], DRAGOMAN_UNCERTAIN, "invalid time");
}

int64_t values_time(const struct frame *frame, const struct raw *raw, int64_t received_ns)
{
	int64_t ns = 0;

	if (frame->time && moment_decode(frame->time, raw, received_ns, &ns) != MOMENT_GOOD)
		return 0;
	return ns;
}

/* Why there is nothing says more than that there is nothing. */
static void judge(struct dragoman_value *value, const struct rule *rule)
{
	if (rule->quality == DRAGOMAN_BAD && value->reason == absent)
		value->reason = rule->reason;
	worsen(value, rule->quality, rule->reason);
}

void values_decode(const struct frame *frame, const struct parameters *parameters,
		   const struct raw *raw, struct buf *scratch, struct dragoman_value *values)
{
	const struct reading *reading = frame->reading;

	make_room(frame, raw, scratch);
	for (size_t i = 0; i < reading->n_tags; i++)
		values[i] = (struct dragoman_value){.tag = reading->tags[i].declared.name,
						    .quality = DRAGOMAN_BAD,
						    .reason = absent};
	for (size_t i = 0; i < frame->n_steps; i++)
		decode_step(frame, &frame->steps[i], parameters, raw, scratch,
			    &values[frame->steps[i].tag]);
	for (size_t i = 0; i < frame->n_rules; i++) {
		const struct rule *rule = &frame->rules[i];

		if (!values_rule_holds(rule, raw))
			continue;
		for (size_t j = 0; j < rule->n_steps; j++)
			judge(&values[frame->steps[rule->steps[j]].tag], rule);
	}
	if (frame->time)
		check_time(frame, raw, values);
	for (size_t i = 0; frame->quality && i < reading->n_tags; i++) {
		struct dragoman_value *v = &values[i];

		if (v->quality == DRAGOMAN_BAD && frame->quality == DRAGOMAN_BAD)
			v->reason = frame->quality_reason;
		worsen(v, frame->quality, frame->quality_reason);
	}
}

const struct frame *frame_element(const struct frame *frame, size_t i)
{
	return !i ? frame : i <= frame->n_more ? &frame->more[i - 1] : NULL;
}

bool frame_is_there(const struct frame *element, const struct raw *raw)
{
	for (size_t i = 0; i < element->n_own; i++)
		if (raw[element->own[i]].kind != RAW_ABSENT)
			return true;
	return !element->n_own;
}
