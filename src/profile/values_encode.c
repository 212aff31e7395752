/* SPDX-License-Identifier: Apache-2.0 */
/* Tags to raw fields: the way back of values.c, for the device that is played. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/moment.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/type.h"
#include "profile/values.h"

static bool constant_equals(const struct constant *constant, const struct dragoman_value *value)
{
	switch (value->type) {
	case DRAGOMAN_BOOLEAN: return constant->boolean == value->as.boolean;
	case DRAGOMAN_INTEGER: return constant->integer == value->as.integer;
	case DRAGOMAN_NATURAL: return constant->natural == value->as.natural;
	case DRAGOMAN_NUMBER: return constant->number == value->as.number;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA:
		return constant->text_len == value->as.text.len &&
		       !memcmp(constant->text, value->as.text.bytes, constant->text_len);
	default: return false;
	}
}

void raw_from_row(const struct table_row *row, struct raw *out)
{
	if (row->is_text) {
		raw_set_text(out, row->bytes, row->len);
	} else {
		*out = row->number;
	}
}

static int encode_table(const struct table *table, const struct dragoman_value *value,
			struct raw *out)
{
	for (size_t i = 0; i < table->n; i++)
		if (constant_equals(&table->rows[i].value, value)) {
			raw_from_row(&table->rows[i], out);
			return 0;
		}
	return -1;
}

static bool takes_fractions(const struct type *t)
{
	return t->kind == TYPE_FLOAT || t->kind == TYPE_NUMBER;
}

int values_set_field(const struct field *field, double number, struct raw *out)
{
	if (takes_fractions(&field->type))
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = number};
	else if (fabs(number) < 0x1p65)
		raw_set_whole(out, (wide_int)round(number));
	else
		return -1;
	return 0;
}

static void raw_of_value(const struct dragoman_value *value, struct raw *out)
{
	switch (value->type) {
	case DRAGOMAN_INTEGER: raw_set_whole(out, value->as.integer); break;
	case DRAGOMAN_NATURAL: raw_set_whole(out, value->as.natural); break;
	case DRAGOMAN_BOOLEAN: raw_set_whole(out, value->as.boolean); break;
	default: *out = (struct raw){.kind = RAW_NUMBER, .as.number = value->as.number}; break;
	}
}

/* To the nearest integer. */
static wide_int divide(wide_int a, wide_int b)
{
	wide_int quotient = a / b, rest = a % b;

	if (2 * (rest < 0 ? -rest : rest) >= (b < 0 ? -b : b))
		quotient += (a < 0) == (b < 0) ? 1 : -1;
	return quotient;
}

/* The way back of the step's scale, decimals and offset. -1: there is none. */
static int undo_linear(const struct step *step, const struct field *fields,
		       const struct parameters *parameters, const struct raw *raw,
		       struct raw *number)
{
	double divisor = step->divisor, scale = step->scale;
	bool is_whole = !takes_fractions(&fields[step->field].type);
	wide_int whole;

	if (step->decimals_field != NO_FIELD)
		divisor *= values_divisor(step, raw);
	if (values_has_factor(step))
		scale = values_factor(step, parameters, raw);
	if (scale == 0)
		return -1;
	if (is_whole && divisor == 1 && raw_is_whole(scale) && raw_is_whole(step->offset) &&
	    raw_whole(number, &whole)) {
		raw_set_whole(number, divide(whole - (int64_t)step->offset, (int64_t)scale));
		return 0;
	}
	*number = (struct raw){.kind = RAW_NUMBER,
			       .as.number = (raw_number(number) - step->offset) * divisor / scale};
	return 0;
}

static int encode_number(const struct step *step, const struct field *fields,
			 const struct parameters *parameters, const struct dragoman_value *value,
			 struct raw *raw)
{
	struct raw *out = &raw[step->field];
	struct raw number;

	raw_of_value(value, &number);
	if (step->linear && undo_linear(step, fields, parameters, raw, &number) < 0)
		return -1;
	if (step->terms)
		return combine_split(step, fields, &number, raw);
	if (number.kind == RAW_NUMBER && raw_number(out) == number.as.number)
		return 0; /* another tag has said it, perhaps with more digits */
	if (number.kind == RAW_NUMBER)
		return values_set_field(&fields[step->field], number.as.number, out);
	*out = number;
	return 0;
}

/* A value that is not there: the special text or number that says why, or nothing. */
static int encode_missing(const struct field *field, const struct dragoman_value *value,
			  struct raw *out)
{
	for (size_t i = 0; value->reason && i < field->n_specials; i++)
		if (field->specials[i].quality == value->quality &&
		    !strcmp(field->specials[i].reason, value->reason)) {
			*out = (struct raw){.kind = RAW_SPECIAL, .as.special = i};
			return 0;
		}
	out->kind = RAW_ABSENT;
	return 0;
}

static int encode_time(const struct frame *frame, const struct moment *time,
		       const struct dragoman_value *value, struct raw *raw)
{
	int64_t ns = -1;

	if (value->type == DRAGOMAN_INTEGER && value->as.integer < INT64_MAX / NS_PER_S)
		ns = value->as.integer < 0 ? -1 : value->as.integer * NS_PER_S;
	else if (value->type == DRAGOMAN_NUMBER && value->as.number >= 0 && value->as.number < 9e9)
		ns = llround(value->as.number * 1e3) * NS_PER_MS;
	else if (value->type != DRAGOMAN_TEXT ||
		 moment_from_str(value->as.text.bytes, value->as.text.len, &ns) < 0)
		return -1;
	return moment_encode(time, frame->codec.fields, ns, raw);
}

static int encode_step(const struct frame *frame, const struct step *step,
		       const struct parameters *parameters, const struct dragoman_value *value,
		       struct raw *raw)
{
	const struct field *field;
	struct raw *out;

	if (step->is_read_only)
		return 0;
	if (step->script && step->field == NO_FIELD)
		return -1;
	if (step->script && value->type != DRAGOMAN_NONE)
		return scripted_encode(step, &frame->codec.fields[step->field], value,
				       &raw[step->field]);
	if (step->time)
		return encode_time(frame, step->time, value, raw);
	if (step->field == NO_FIELD)
		return step->constant.type == DRAGOMAN_NONE || value->type == DRAGOMAN_NONE ||
				       constant_equals(&step->constant, value)
			       ? 0
			       : -1;
	field = &frame->codec.fields[step->field];
	out = &raw[step->field];
	if (value->type == DRAGOMAN_NONE)
		return encode_missing(field, value, out);
	if (step->table)
		return encode_table(step->table, value, out);
	if (value->type != DRAGOMAN_TEXT && value->type != DRAGOMAN_DATA)
		return encode_number(step, frame->codec.fields, parameters, value, raw);
	raw_set_text(out, (const uint8_t *)value->as.text.bytes, value->as.text.len);
	out->as.text.is_utf8 = value->type == DRAGOMAN_TEXT;
	return 0;
}

/* What a field holds that no tag determines. */
static void set_default(const struct field *field, size_t which, struct raw *out)
{
	const struct type *t = &field->type;

	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)which};
	if (t->kind == TYPE_CHOICE) {
		raw_set_text(out, t->choices[which % t->n_choices].bytes,
			     t->choices[which % t->n_choices].len);
	} else if (t->kind == TYPE_TEXT || t->kind == TYPE_DATA) {
		static const uint8_t nothing[1];

		raw_set_text(out, nothing, 0);
	}
}

static bool is_suspect(const struct frame *frame, size_t field, const struct raw *raw)
{
	for (size_t i = 0; i < frame->n_rules; i++)
		for (size_t j = 0; j < frame->rules[i].n; j++)
			if (frame->rules[i].conditions[j].field == field &&
			    values_rule_holds(&frame->rules[i], raw))
				return true;
	return false;
}

/* Neither the coarsest nor the finest of the codes. */
static void set_middle(const struct table *codes, struct raw *out)
{
	if (codes && codes->n)
		raw_from_row(&codes->rows[codes->n / 2], out);
	else
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = 1};
}

/* Before the steps: every field as if all were well; the decimals that other fields need. */
static void set_defaults(const struct frame *frame, struct raw *raw)
{
	for (size_t i = 0; i < frame->codec.n_fields; i++)
		set_default(&frame->codec.fields[i], 0, &raw[i]);
	for (size_t i = 0; i < frame->codec.n_fields; i++)
		for (size_t which = 1; which < 4 && is_suspect(frame, i, raw); which++)
			set_default(&frame->codec.fields[i], which, &raw[i]);
	for (size_t i = 0; i < frame->codec.ops.n; i++) {
		const struct op *op = &frame->codec.ops.list[i];

		if (op->code == OP_CHOICE && op->more.choice->n)
			raw_from_row(&op->more.choice->rows[0], &raw[op->field]);
	}
	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];

		if (s->decimals_field != NO_FIELD)
			set_middle(s->decimals, &raw[s->decimals_field]);
		if (s->scale_field != NO_FIELD)
			set_middle(s->scales, &raw[s->scale_field]);
	}
}

static bool is_of(const struct step *step, size_t field)
{
	bool of = step->field == field || step->decimals_field == field ||
		  step->scale_field == field || (step->time && moment_uses(step->time, field));

	for (size_t i = 0; i < step->n_terms; i++)
		of |= step->terms[i].field == field;
	return of && !step->is_read_only;
}

bool values_determine(const struct frame *frame, size_t field)
{
	if (frame->determined)
		return frame->determined[field];
	for (size_t i = 0; i < frame->n_steps; i++)
		if (is_of(&frame->steps[i], field))
			return true;
	return frame->time && moment_uses(frame->time, field);
}

/* Whether the values say that the part is not there: it has fields of theirs, and all of them are absent. */
static bool is_said_absent(const struct frame *frame, const struct op *ops, size_t i,
			   const struct raw *raw)
{
	bool any = false;

	for (size_t j = i + 1; j < ops[i].jump; j++)
		for (size_t b = 0; b < op_fields(&ops[j]); b++) {
			uint16_t field = op_field(&ops[j], b);

			if (field == NO_FIELD || !values_determine(frame, field))
				continue;
			if (raw[field].kind != RAW_ABSENT)
				return false;
			any = true;
		}
	return any;
}

/* Fields that no value determines go with those of their part that one does. */
static void leave_out_parts(const struct frame *frame, const struct ops *ops, struct raw *raw)
{
	for (size_t i = 0; i < ops->n; i++) {
		const struct op *op = &ops->list[i];
		uint16_t field;

		if ((op->code != OP_OPTIONAL && op->code != OP_ELEMENT && op->code != OP_CASE) ||
		    !is_said_absent(frame, ops->list, i, raw))
			continue;
		for (size_t j = i + 1; j < op->jump; j++)
			for (size_t b = 0; b < op_fields(&ops->list[j]); b++)
				if ((field = op_field(&ops->list[j], b)) != NO_FIELD)
					raw[field].kind = RAW_ABSENT;
	}
}

int values_encode(const struct frame *frame, const struct parameters *parameters,
		  const struct dragoman_value *values, struct raw *raw)
{
	set_defaults(frame, raw);
	return values_encode_more(frame, parameters, values, raw);
}

int values_encode_more(const struct frame *frame, const struct parameters *parameters,
		       const struct dragoman_value *values, struct raw *raw)
{
	/* Backwards, so that of several tags from one field the first one decides. */
	for (size_t i = frame->n_steps; i-- > 0;)
		if (encode_step(frame, &frame->steps[i], parameters, &values[frame->steps[i].tag],
				raw) < 0)
			return -1;
	if (frame->codec.kind != CODEC_OPS)
		return 0;
	values_choose_parts(frame, raw);
	leave_out_parts(frame, &frame->codec.ops, raw);
	return 0;
}
