/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw fields to tags and back: scale, offset, decimals, tables, special values, limits, and rules by which
 * one field decides how good others are.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "profile/program.h"

/* ---------------------------------------------------------------------------------------------
 * Small things
 */

static bool row_matches(const struct table_row *row, const struct raw *raw)
{
	if (raw->kind == RAW_TEXT)
		return row->is_text && row->len == raw->as.text.len &&
		       !memcmp(row->bytes, raw->as.text.bytes, row->len);
	return !row->is_text && raw_number(raw) == (double)row->integer;
}

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

/* ---------------------------------------------------------------------------------------------
 * Decoding
 */

static void set_constant(struct dragoman_value *value, enum dragoman_type type,
			 const struct constant *constant)
{
	value->type = type;
	switch (type) {
	case DRAGOMAN_BOOLEAN: value->as.boolean = constant->boolean; break;
	case DRAGOMAN_INTEGER: value->as.integer = constant->integer; break;
	case DRAGOMAN_NUMBER: value->as.number = constant->number; break;
	default:
		value->as.text.bytes = constant->text;
		value->as.text.len = constant->text_len;
		break;
	}
}

static bool is_utf8(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] < 0x80 && p[i])
		i++;
	while (i < len) {
		uint8_t c = p[i];
		size_t more = c < 0x80   ? 0
			      : c < 0xc2 ? 9
			      : c < 0xe0 ? 1
			      : c < 0xf0 ? 2
			      : c < 0xf5 ? 3
					 : 9;

		if (!c || more > len - i - 1)
			return false;
		for (size_t j = 1; j <= more; j++)
			if ((p[i + j] & 0xc0) != 0x80)
				return false;
		if ((c == 0xe0 && p[i + 1] < 0xa0) || (c == 0xed && p[i + 1] > 0x9f) ||
		    (c == 0xf0 && p[i + 1] < 0x90) || (c == 0xf4 && p[i + 1] > 0x8f))
			return false;
		i += more + 1;
	}
	return true;
}

/* Latin-1 to UTF-8, into scratch, which has room. */
static void set_latin1(struct dragoman_value *value, const uint8_t *bytes, size_t len,
		       struct buf *scratch)
{
	uint8_t *to = buf_room(scratch, 2 * len);
	size_t n = 0;

	value->as.text.bytes = (const char *)to;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] < 0x80) {
			to[n++] = bytes[i] ? bytes[i] : ' ';
			continue;
		}
		to[n++] = (uint8_t)(0xc0 | bytes[i] >> 6);
		to[n++] = (uint8_t)(0x80 | (bytes[i] & 0x3f));
	}
	value->as.text.len = n;
	buf_grown(scratch, n);
}

static void set_text(struct dragoman_value *value, enum dragoman_type type, const struct raw *raw,
		     struct buf *scratch)
{
	if (raw->kind != RAW_TEXT) {
		set_bad(value, "not a text");
		return;
	}
	value->type = type;
	value->as.text.bytes = (const char *)raw->as.text.bytes;
	value->as.text.len = raw->as.text.len;
	if (type == DRAGOMAN_TEXT && !is_utf8(raw->as.text.bytes, raw->as.text.len))
		set_latin1(value, raw->as.text.bytes, raw->as.text.len, scratch);
}

static void set_table(struct dragoman_value *value, enum dragoman_type type,
		      const struct table *table, const struct raw *raw)
{
	for (size_t i = 0; i < table->n; i++)
		if (row_matches(&table->rows[i], raw)) {
			set_constant(value, type, &table->rows[i].value);
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
static double decimals_divisor(const struct step *step, const struct raw *raw)
{
	const struct raw *field = &raw[step->decimals_field];
	int64_t decimals = field->kind == RAW_INTEGER ? field->as.integer : -100;

	if (step->decimals) {
		decimals = -100;
		for (size_t i = 0; i < step->decimals->n; i++)
			if (row_matches(&step->decimals->rows[i], field))
				decimals = step->decimals->rows[i].value.integer;
	}
	if (decimals < -15 || decimals > 15)
		return 0;
	return decimals < 0 ? 1 / powers_of_ten[-decimals] : powers_of_ten[decimals];
}

static double apply_linear(const struct step *step, const struct raw *raw, double number)
{
	double divisor = step->divisor;

	if (step->decimals_field != NO_FIELD)
		divisor *= decimals_divisor(step, raw);
	return divisor == 0 ? NAN : number * step->scale / divisor + step->offset;
}

static void set_integer(struct dragoman_value *value, double number)
{
	if (!(fabs(number) < 9.2e18)) {
		set_bad(value, "out of range");
		return;
	}
	value->type = DRAGOMAN_INTEGER;
	value->as.integer = (int64_t)llround(number);
}

static void set_number(struct dragoman_value *value, enum dragoman_type type,
		       const struct step *step, const struct raw *raw)
{
	const struct raw *field = &raw[step->field];
	double number = raw_number(field);

	if (field->kind == RAW_TEXT) {
		set_bad(value, "not a number");
		return;
	}
	if (type == DRAGOMAN_INTEGER && !step->linear && field->kind == RAW_INTEGER) {
		value->type = type;
		value->as.integer = field->as.integer;
		return;
	}
	if (step->linear)
		number = apply_linear(step, raw, number);
	if (!isfinite(number)) {
		set_bad(value, "not a number");
	} else if (type == DRAGOMAN_BOOLEAN) {
		value->type = type;
		value->as.boolean = number != 0;
	} else if (type == DRAGOMAN_INTEGER) {
		set_integer(value, number);
	} else {
		value->type = type;
		value->as.number = number;
	}
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
			       : raw_number(raw) == s->number)
			return s;
	}
	return NULL;
}

static void check_limits(struct dragoman_value *value, const struct step *step)
{
	double number =
		value->type == DRAGOMAN_INTEGER ? (double)value->as.integer : value->as.number;

	if (value->type != DRAGOMAN_INTEGER && value->type != DRAGOMAN_NUMBER)
		return;
	if (number < step->min || number > step->max)
		worsen(value, DRAGOMAN_UNCERTAIN, "out of range");
}

static void decode_step(const struct frame *frame, const struct step *step, const struct raw *raw,
			struct buf *scratch, struct dragoman_value *value)
{
	enum dragoman_type type = frame->reading->tags[step->tag].declared.type;
	const struct special *special = NULL;

	*value = (struct dragoman_value){.tag = value->tag};
	if (step->field == NO_FIELD) {
		if (step->constant.type != DRAGOMAN_NONE)
			set_constant(value, type, &step->constant);
		worsen(value, step->quality, step->reason);
		return;
	}
	if (raw[step->field].kind == RAW_ABSENT) {
		set_bad(value, "absent");
		return;
	}
	if (frame->codec.fields[step->field].n_specials)
		special = find_special(&frame->codec.fields[step->field], &raw[step->field]);
	if (special && (special->quality == DRAGOMAN_BAD || raw[step->field].kind == RAW_SPECIAL)) {
		worsen(value, special->quality, special->reason);
		return;
	}
	if (step->table)
		set_table(value, type, step->table, &raw[step->field]);
	else if (type == DRAGOMAN_TEXT || type == DRAGOMAN_DATA)
		set_text(value, type, &raw[step->field], scratch);
	else
		set_number(value, type, step, raw);
	if (special)
		worsen(value, special->quality, special->reason);
	if (step->has_limits)
		check_limits(value, step);
	worsen(value, step->quality, step->reason);
}

static bool condition_holds(const struct condition *c, const struct raw *raw)
{
	const struct raw *field = &raw[c->field];
	bool any = !c->n;

	for (size_t i = 0; i < c->n && !any; i++)
		any = row_matches(&c->any[i], field);
	return any && (!c->has_above || raw_number(field) > c->above) &&
	       (!c->has_below || raw_number(field) < c->below);
}

static bool rule_holds(const struct rule *rule, const struct raw *raw)
{
	for (size_t i = 0; i < rule->n; i++)
		if (!condition_holds(&rule->conditions[i], raw))
			return false;
	return true;
}

void values_decode(const struct frame *frame, const struct raw *raw, struct buf *scratch,
		   struct dragoman_value *values)
{
	const struct reading *reading = frame->reading;

	for (size_t i = 0; i < reading->n_tags; i++)
		values[i] = (struct dragoman_value){.tag = reading->tags[i].declared.name,
						    .quality = DRAGOMAN_BAD,
						    .reason = "absent"};
	for (size_t i = 0; i < frame->n_steps; i++)
		decode_step(frame, &frame->steps[i], raw, scratch, &values[frame->steps[i].tag]);
	for (size_t i = 0; i < frame->n_rules; i++) {
		const struct rule *rule = &frame->rules[i];

		if (!rule_holds(rule, raw))
			continue;
		for (size_t j = 0; j < rule->n_steps; j++)
			worsen(&values[frame->steps[rule->steps[j]].tag], rule->quality,
			       rule->reason);
	}
	for (size_t i = 0; frame->quality && i < reading->n_tags; i++) {
		struct dragoman_value *v = &values[i];

		if (v->quality == DRAGOMAN_BAD && frame->quality == DRAGOMAN_BAD)
			v->reason = frame->quality_reason;
		worsen(v, frame->quality, frame->quality_reason);
	}
}

/* ---------------------------------------------------------------------------------------------
 * Encoding
 */

static bool constant_equals(const struct constant *constant, const struct dragoman_value *value)
{
	switch (value->type) {
	case DRAGOMAN_BOOLEAN: return constant->boolean == value->as.boolean;
	case DRAGOMAN_INTEGER: return constant->integer == value->as.integer;
	case DRAGOMAN_NUMBER: return constant->number == value->as.number;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA:
		return constant->text_len == value->as.text.len &&
		       !memcmp(constant->text, value->as.text.bytes, constant->text_len);
	default: return false;
	}
}

static void raw_from_row(const struct table_row *row, struct raw *out)
{
	if (row->is_text) {
		out->kind = RAW_TEXT;
		out->as.text.bytes = row->bytes;
		out->as.text.len = row->len;
	} else {
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = row->integer};
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

static int encode_number(const struct step *step, const struct field *field,
			 const struct dragoman_value *value, const struct raw *raw, struct raw *out)
{
	double number = value->type == DRAGOMAN_INTEGER   ? (double)value->as.integer
			: value->type == DRAGOMAN_BOOLEAN ? (double)value->as.boolean
							  : value->as.number;
	double divisor = step->divisor;

	if (!step->linear && value->type == DRAGOMAN_INTEGER) {
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = value->as.integer};
		return 0;
	}
	if (step->decimals_field != NO_FIELD)
		divisor *= decimals_divisor(step, raw);
	if (step->linear)
		number = (number - step->offset) * divisor / step->scale;
	if (takes_fractions(&field->type))
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = number};
	else if (fabs(number) < 9.2e18)
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)llround(number)};
	else
		return -1;
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

static int encode_step(const struct frame *frame, const struct step *step,
		       const struct dragoman_value *value, struct raw *raw)
{
	const struct field *field;
	struct raw *out;

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
		return encode_number(step, field, value, raw, out);
	out->kind = RAW_TEXT;
	out->as.text.bytes = (const uint8_t *)value->as.text.bytes;
	out->as.text.len = value->as.text.len;
	return 0;
}

/* What a field holds that no tag determines. */
static void set_default(const struct field *field, size_t which, struct raw *out)
{
	const struct type *t = &field->type;

	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)which};
	if (t->kind == TYPE_CHOICE) {
		out->kind = RAW_TEXT;
		out->as.text.bytes = t->choices[which % t->n_choices].bytes;
		out->as.text.len = t->choices[which % t->n_choices].len;
	} else if (t->kind == TYPE_TEXT || t->kind == TYPE_DATA) {
		static const uint8_t nothing[1];

		out->kind = RAW_TEXT;
		out->as.text.bytes = nothing;
		out->as.text.len = 0;
	}
}

static bool is_suspect(const struct frame *frame, size_t field, const struct raw *raw)
{
	for (size_t i = 0; i < frame->n_rules; i++)
		for (size_t j = 0; j < frame->rules[i].n; j++)
			if (frame->rules[i].conditions[j].field == field &&
			    rule_holds(&frame->rules[i], raw))
				return true;
	return false;
}

/* Before the steps: every field as if all were well; the decimals that other fields need. */
static void set_defaults(const struct frame *frame, struct raw *raw)
{
	for (size_t i = 0; i < frame->codec.n_fields; i++)
		set_default(&frame->codec.fields[i], 0, &raw[i]);
	for (size_t i = 0; i < frame->codec.n_fields; i++)
		for (size_t which = 1; which < 4 && is_suspect(frame, i, raw); which++)
			set_default(&frame->codec.fields[i], which, &raw[i]);
	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];

		if (s->decimals_field == NO_FIELD)
			continue;
		if (s->decimals)
			raw_from_row(&s->decimals->rows[s->decimals->n / 2],
				     &raw[s->decimals_field]);
		else
			raw[s->decimals_field] = (struct raw){.kind = RAW_INTEGER, .as.integer = 1};
	}
}

int values_encode(const struct frame *frame, const struct dragoman_value *values, struct raw *raw)
{
	set_defaults(frame, raw);
	/* Backwards, so that of several tags from one field the first one decides. */
	for (size_t i = frame->n_steps; i-- > 0;)
		if (encode_step(frame, &frame->steps[i], &values[frame->steps[i].tag], raw) < 0)
			return -1;
	return 0;
}
