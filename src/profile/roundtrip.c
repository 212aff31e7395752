/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode(encode(x)) = x, for fields from all over their domains: what is read back is the same frame with
 * the same raw fields, and the values made of it make the same fields again where they determine them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/moment.h"
#include "profile/ops.h"
#include "profile/play.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/type.h"
#include "profile/values.h"

enum { TEXT_MAX = 12, TRIES = 50, MANY_TRIES = 2000 };

/* When a frame was received that says no year. */
static const int64_t RECEIVED_NS = 2500000000 * NS_PER_S;

struct trip {
	const struct profile *profile;
	const struct conf_node *node; /* of the frame or request */
	const struct codec *codec;
	const struct frame *frame; /* NULL: a request */
	uint64_t random;
	struct parameters parameters;
	struct raw *raw, *again;
	struct dragoman_value *values;
	struct buf texts, bytes, scratch[2];
	struct buf back[2]; /* bytes of values, by turns */
	unsigned turn;
	struct buf *report;
	size_t failures;
};

/* ---- something in a field's domain ---- */

static uint64_t below(struct trip *t, uint64_t n)
{
	return n ? play_random(&t->random) % n : play_random(&t->random);
}

static int64_t power_of_ten(unsigned n)
{
	int64_t p = 1;

	while (n--)
		p *= 10;
	return p;
}

static void any_binary(struct trip *t, const struct type *type, struct raw *out)
{
	uint64_t bits = play_random(&t->random) >> (64 - type->bits);
	unsigned spare = 64u - type->bits;

	if (below(t, 4) == 0) /* the ends of the domain */
		bits = below(t, 2) ? UINT64_MAX >> spare : 0;
	*out = (struct raw){.kind = RAW_INTEGER};
	if (type->kind == TYPE_SIGNED)
		out->as.integer = type_signed(type, bits);
	else
		raw_set_whole(out, bits);
}

static void any_hex(struct trip *t, const struct type *type, struct raw *out)
{
	const struct type whole = {.kind = type->is_signed ? TYPE_SIGNED : TYPE_UNSIGNED,
				   .bits = (uint8_t)(4 * type->digits)};

	any_binary(t, &whole, out);
}

static void any_number(struct trip *t, const struct type *type, struct raw *out)
{
	int decimals = type->decimals > 0 ? type->decimals : 0;
	int point = decimals && !type->implied;
	int room = (type->size ? type->size : 9) - decimals - point - 1;
	int64_t most = power_of_ten((unsigned)(room < 1   ? 1
					       : room > 9 ? 9
							  : room) +
				    (unsigned)decimals);
	int64_t value = (int64_t)below(t, (uint64_t)most);

	if (type->size == 1 || room < 1) /* one column: no sign */
		value = (int64_t)below(t, 10);
	else if (below(t, 2))
		value = -value;
	if (!decimals && !type->exponent) {
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = value};
	} else if (type->exponent) {
		int digits = type->decimals > 0 ? type->decimals : 3;
		char text[64];

		snprintf(text, sizeof(text), "%.*E", digits,
			 (double)value * pow(10, (double)below(t, 8) - 4));
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = strtod(text, NULL)};
	} else {
		*out = (struct raw){.kind = RAW_NUMBER,
				    .as.number = (double)value /
						 (double)power_of_ten((unsigned)decimals)};
	}
}

/* Letters and digits, which end no text and are no constant of their own. */
static void any_text(struct trip *t, const struct type *type, struct raw *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = type->size ? 1 + below(t, type->size) : below(t, TEXT_MAX + 1);
	uint8_t *at = buf_bytes(&t->texts) + t->texts.len;

	if (type->kind == TYPE_DATA && type->size)
		len = type->size;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)letters[below(t, sizeof(letters) - 1)];
	t->texts.len += len;
	raw_set_text(out, at, len);
}

static void any_float(struct trip *t, const struct type *type, struct raw *out)
{
	double value = (double)(int64_t)play_random(&t->random) / 65536;

	*out = (struct raw){.kind = RAW_NUMBER,
			    .as.number = type->bits == 32 ? (double)(float)value : value};
}

static void any_raw(struct trip *t, const struct field *field, struct raw *out)
{
	const struct type *type = &field->type;
	const struct choice *choice;

	switch ((enum type_kind)type->kind) {
	case TYPE_UNSIGNED:
	case TYPE_SIGNED: any_binary(t, type, out); break;
	case TYPE_FLOAT: any_float(t, type, out); break;
	case TYPE_BCD:
	case TYPE_DIGITS:
		*out = (struct raw){
			.kind = RAW_INTEGER,
			.as.integer = (int64_t)below(t, (uint64_t)power_of_ten(type->digits))};
		if (type->is_signed && below(t, 2))
			out->as.integer = -out->as.integer;
		break;
	case TYPE_NUMBER:
	case TYPE_INTEGER: any_number(t, type, out); break;
	case TYPE_HEX: any_hex(t, type, out); break;
	case TYPE_BIT:
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)below(t, 2)};
		break;
	case TYPE_CHOICE:
		choice = &type->choices[below(t, type->n_choices)];
		raw_set_text(out, choice->bytes, choice->len);
		break;
	case TYPE_TEXT:
	case TYPE_DATA: any_text(t, type, out); break;
	case TYPES: break;
	}
	if (field->n_specials && below(t, 8) == 0 && field->specials[0].is_text)
		*out = (struct raw){.kind = RAW_SPECIAL, .as.special = below(t, field->n_specials)};
	if (out->kind == RAW_SPECIAL && !field->specials[out->as.special].is_text)
		out->as.special = 0;
}

/* ---- there and back ---- */

static void fail(struct trip *t, const char *what)
{
	char hex[200];

	buf_addf(t->report, "%s:%d:%d: %s%s%s: %s: %s\n", t->node->file, t->node->line,
		 t->node->column, t->profile->variant ? t->profile->variant : "",
		 t->profile->variant ? ": " : "", t->node->key, what,
		 hex_text(buf_bytes(&t->bytes), t->bytes.len, hex, sizeof(hex)));
	t->failures++;
}

/* Of the second half of this century, so that two digits of a year do. */
static void any_moment(struct trip *t, const struct moment *time)
{
	int64_t seconds = 2000000000 + (int64_t)below(t, 1000000000);

	if (time->parts[MOMENT_TICKS].field == NO_FIELD) /* else any number is one */
		moment_encode(time, t->codec->fields, seconds * NS_PER_S, t->raw);
}

/* Parts of a time make one: fields that were drawn apart hardly ever do. */
static void any_moments(struct trip *t)
{
	const struct frame *f;

	for (size_t e = 0; t->frame && (f = frame_element(t->frame, e)); e++) {
		if (f->time)
			any_moment(t, f->time);
		for (size_t i = 0; i < f->n_steps; i++)
			if (f->steps[i].time)
				any_moment(t, f->steps[i].time);
	}
}

/* ---- a frame that can be ---- */

static void leave_out(struct trip *t, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		for (size_t f = 0; f < op_fields(&ops[i]); f++)
			if (op_field(&ops[i], f) != NO_FIELD)
				t->raw[op_field(&ops[i], f)].kind = RAW_ABSENT;
}

/* One of the values that a condition waits for. */
static void satisfy(struct trip *t, const struct table_row *rows, size_t n, uint16_t field)
{
	if (n && below(t, 4))
		raw_from_row(&rows[below(t, n)], &t->raw[field]);
}

/* Choices and conditions hardly ever hold of what was drawn; most of the time they are made to. */
static void satisfy_all(struct trip *t, const struct ops *ops)
{
	for (size_t i = 0; i < ops->n; i++) {
		const struct op *op = &ops->list[i];

		if (op->code == OP_WHEN && !op->more.when->is_other)
			for (size_t k = 0; k < op->more.when->n; k++)
				satisfy(t, op->more.when->conditions[k].any,
					op->more.when->conditions[k].n,
					op->more.when->conditions[k].field);
	}
	for (size_t i = 0; i < ops->n; i++) {
		const struct op *op = &ops->list[i];

		if (op->code == OP_CHOICE)
			satisfy(t, op->more.choice->rows, op->more.choice->n, op->field);
	}
}

static bool is_left_out(struct trip *t, const struct op *ops, size_t i, size_t *elements)
{
	const struct op *op = &ops[i];

	switch ((enum op_code)op->code) {
	case OP_OPTIONAL:
	case OP_CASE: return below(t, 4) == 0;
	case OP_WHEN:
		for (size_t k = 0; k < op->more.when->n; k++)
			if (t->codec->fields[op->more.when->conditions[k].field].is_computed)
				return below(t, 4) == 0;
		return !when_holds(op->more.when, t->raw);
	case OP_ELEMENT:
		if (op->counted_by)
			return op->index >= op_counted(op, &t->parameters.list[op->counted_by - 1]);
		if (!op->index)
			*elements = below(t, op->len + 1);
		return op->index >= *elements;
	default: return false;
	}
}

/* Of a part whose length counts several bytes as one, a text without a size is made as long as that needs. */
static void fit_text(struct trip *t, const struct op *ops, size_t i)
{
	const struct field *fields = t->codec->fields;
	struct raw *text = NULL;
	size_t len = 0, unit, over;

	if (ops[i].field == NO_FIELD)
		return;
	unit = (size_t)ops[i].more.measure->unit;
	for (size_t j = i + 1; j < ops[i].jump; j++) {
		if (ops[j].code == OP_FIELD && op_has_open_end(&ops[j], fields))
			text = &t->raw[ops[j].field];
		len += op_least_len(&ops[j], fields);
	}
	if (!text || text->kind != RAW_TEXT)
		return;
	over = (len + text->as.text.len) % unit;
	if (over <= text->as.text.len)
		text->as.text.len -= over;
}

/* Parts are there as a whole, or not at all. */
static void shape(struct trip *t, const struct op *ops, size_t from, size_t to)
{
	size_t elements = 0;

	for (size_t i = from; i < to; i++) {
		if (!ops[i].jump)
			continue;
		if (is_left_out(t, ops, i, &elements))
			leave_out(t, ops, i + 1, ops[i].jump);
		else
			shape(t, ops, i + 1, ops[i].jump);
		if (ops[i].code == OP_SIZED)
			fit_text(t, ops, i);
		i = (size_t)ops[i].jump - 1;
	}
}

/* Whether the frame is none without that line. */
static bool is_needed(const struct codec *codec, const struct ops *line)
{
	for (size_t i = 0; i < line->n; i++)
		for (size_t n = 0; n < codec->records.n_needs; n++)
			if (op_field(&line->list[i], 0) == codec->records.needs[n])
				return true;
	return false;
}

static void shape_codec(struct trip *t)
{
	const struct codec *codec = t->codec;

	satisfy_all(t, &codec->ops);
	if (codec->kind == CODEC_OPS)
		shape(t, codec->ops.list, 0, codec->ops.n);
	for (size_t i = 0; i < codec->records.n; i++)
		if (below(t, 4) || is_needed(codec, &codec->records.list[i]))
			shape(t, codec->records.list[i].list, 0, codec->records.list[i].n);
		else
			leave_out(t, codec->records.list[i].list, 0, codec->records.list[i].n);
	for (size_t i = 0; codec->kind == CODEC_PATTERN && i < codec->n_fields; i++)
		if (below(t, 4) == 0)
			t->raw[i].kind = RAW_ABSENT;
}

/* Not everything that is drawn fits: numbers into their columns, texts into what their length can say. */
static bool write_any(struct trip *t)
{
	const struct field *fields = t->codec->written ? t->codec->written : t->codec->fields;

	int most = t->codec->max_len < SIZE_MAX ? MANY_TRIES : TRIES;

	for (int tries = 0; tries < most; tries++) {
		buf_clear(&t->texts);
		for (size_t i = 0; i < t->codec->n_fields; i++)
			any_raw(t, &fields[i], &t->raw[i]);
		any_moments(t);
		if (tries < TRIES / 2 || t->codec->kind != CODEC_PATTERN)
			shape_codec(t);
		buf_clear(&t->bytes);
		if (codec_encode(t->codec, &t->parameters, t->raw, &t->bytes) == 0)
			return true;
	}
	fail(t, "values of its fields' domains cannot be written");
	return false;
}

static void compare(struct trip *t)
{
	for (size_t i = 0; i < t->codec->n_fields; i++) {
		const struct field *f = &t->codec->fields[i];
		struct raw *a = &t->raw[i], *b = &t->again[i];
		char what[160];

		if (f->name[0] == '@' || f->is_computed)
			continue;
		if (f->type.kind == TYPE_NUMBER && f->type.decimals < 0 && a->kind == b->kind &&
		    a->kind == RAW_NUMBER && fabs(a->as.number - b->as.number) <= 1e-9)
			continue;
		if (raw_equal(a, b))
			continue;
		snprintf(what, sizeof(what), "the field %s is not what was written", f->name);
		fail(t, what);
	}
}

/* How far a value may be from the one that was written: half of the last decimal, where another field says
 * how many there are. */
static double tolerance(const struct trip *t, const struct frame *frame, const char *tag,
			double value)
{
	double least = 1e-9 * fmax(1, fabs(value)), divisor, scale;

	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];

		if ((s->decimals_field == NO_FIELD && !values_has_factor(s)) ||
		    strcmp(frame->reading->tags[s->tag].declared.name, tag) != 0)
			continue;
		divisor = s->divisor;
		scale = s->scale;
		if (s->decimals_field != NO_FIELD)
			divisor *= values_divisor(s, t->again);
		if (values_has_factor(s))
			scale = values_factor(s, &t->parameters, t->again);
		if (divisor != 0)
			least = fmax(least, 0.51 * fabs(scale / divisor));
	}
	return least;
}

static bool is_same_value(const struct trip *t, const struct frame *frame,
			  const struct dragoman_value *a, const struct dragoman_value *b)
{
	switch (a->type) {
	case DRAGOMAN_NUMBER:
		return a->as.number == b->as.number ||
		       fabs(a->as.number - b->as.number) <=
			       tolerance(t, frame, a->tag, a->as.number);
	case DRAGOMAN_INTEGER:
		return a->as.integer == b->as.integer ||
		       fabs((double)((wide_int)a->as.integer - b->as.integer)) <=
			       tolerance(t, frame, a->tag, 0);
	case DRAGOMAN_NATURAL: return a->as.natural == b->as.natural;
	case DRAGOMAN_BOOLEAN: return a->as.boolean == b->as.boolean;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA:
		return a->as.text.len == b->as.text.len &&
		       (!a->as.text.len ||
			!memcmp(a->as.text.bytes, b->as.text.bytes, a->as.text.len));
	default: return true;
	}
}

/* An hour of local time comes twice a year. */
static bool is_same_time(const struct frame *frame, int64_t a_ns, int64_t b_ns)
{
	bool is_local = frame->time && frame->time->zone == ZONE_LOCAL;

	return a_ns == b_ns || (is_local && llabs(a_ns - b_ns) <= 3600 * NS_PER_S);
}

/* The values of the fields make the same values again. */
static void there_and_back(struct trip *t, const struct frame *frame)
{
	struct dragoman_value *first = t->values, *second = t->values + t->profile->max_tags;
	size_t n = frame->reading->n_tags;
	int64_t time_ns = values_time(frame, t->again, RECEIVED_NS);
	struct buf *bytes =
		&t->back[t->turn ^= 1]; /* texts of the first values stand in the other */

	buf_clear(&t->scratch[0]);
	buf_clear(&t->scratch[1]);
	values_decode(frame, &t->parameters, t->again, &t->scratch[0], first);
	if (values_encode(frame, &t->parameters, first, t->raw) < 0)
		return;
	for (size_t i = 0; i < frame->codec.n_fields; i++)
		if (!values_determine(frame, i))
			t->raw[i] = t->again[i];
	buf_clear(bytes);
	if ((time_ns && moment_encode(frame->time, frame->codec.fields, time_ns, t->raw) < 0) ||
	    codec_encode(&frame->codec, &t->parameters, t->raw, bytes) < 0)
		return; /* a code outside of its table, an absent value: no inverse */
	if (codec_decode(&frame->codec, &t->parameters, buf_bytes(bytes), bytes->len, t->again)
		    .verdict != DRAGOMAN_TAKEN) {
		fail(t, "what its values encode to is not decoded");
		return;
	}
	if (!is_same_time(frame, values_time(frame, t->again, RECEIVED_NS), time_ns))
		fail(t, "the time is not what was written");
	values_decode(frame, &t->parameters, t->again, &t->scratch[1], second);
	for (size_t i = 0; i < n; i++)
		if (first[i].type != DRAGOMAN_NONE && second[i].type != DRAGOMAN_NONE &&
		    !is_same_value(t, frame, &first[i], &second[i]))
			fail(t, first[i].tag);
}

static const struct request *expecting(const struct request *list, size_t n,
				       const struct frame *frame)
{
	for (size_t i = 0; i < n; i++)
		if (frame_is_refusal(frame) ||
		    frame_is_in(frame, (const struct frame *const *)list[i].replies,
				list[i].n_replies))
			return &list[i];
	return NULL;
}

/* The request that is usually answered by this frame; of one that counts only as an answer any that can be. */
static const struct request *asking_for(const struct profile *p, const struct frame *frame)
{
	const struct request *found = NULL;

	for (size_t r = 0; r < p->n_requests; r++)
		if (p->requests[r].n_replies && p->requests[r].replies[0] == frame)
			return &p->requests[r];
	if (frame->is_answer)
		found = expecting(p->requests, p->n_requests, frame);
	if (frame->is_answer && !found)
		found = expecting(p->commands, p->n_commands, frame);
	return found;
}

static void try_frame(struct trip *t, const struct frame *frame)
{
	const struct request *asked = asking_for(t->profile, frame);
	const struct frame *found = NULL, *element;

	if (!write_any(t))
		return;
	if (t->codec->kind == CODEC_PATTERN &&
	    codec_decode(t->codec, &t->parameters, buf_bytes(&t->bytes), t->bytes.len, t->again)
			    .verdict != DRAGOMAN_TAKEN)
		return; /* only the pattern knows its domain; the profile's tests go there and back */
	if (profile_decode(t->profile, asked, &t->parameters, buf_bytes(&t->bytes), t->bytes.len,
			   t->again, &found) != DRAGOMAN_TAKEN)
		fail(t, "what was written is not decoded");
	else if (found == frame) /* else another kind of frame can say the same, and comes first */
		compare(t);
	for (size_t i = 0; found == frame && frame->reading && (element = frame_element(frame, i));
	     i++)
		there_and_back(t, element);
}

/* What is sent is read by nobody but the device that is played. */
static void try_request(struct trip *t, const struct request *request)
{
	if (!request->has_send || !write_any(t))
		return;
	if (codec_decode(t->codec, &t->parameters, buf_bytes(&t->bytes), t->bytes.len, t->again)
		    .verdict != DRAGOMAN_TAKEN) {
		fail(t, "what was written is not decoded");
		return;
	}
	compare(t);
	there_and_back(t, &request->message);
}

static void any_parameters(struct trip *t)
{
	for (size_t i = 0; i < t->profile->n_parameters; i++) {
		const struct parameter *p = &t->profile->parameters[i];

		raw_from_constant(&p->fallback, &t->parameters.list[i]);
		if (p->fallback.type == DRAGOMAN_NONE)
			t->parameters.list[i] =
				(struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)p->min};
	}
}

static void start(struct trip *t, const struct conf_node *node, const struct codec *codec,
		  const struct frame *frame)
{
	t->node = node;
	t->codec = codec;
	t->frame = frame;
	buf_clear(&t->texts);
	buf_room(&t->texts, (codec->n_fields + 1) * 4096);
}

static void try_all(struct trip *t, size_t n, struct buf *decode_only)
{
	const struct profile *p = t->profile;

	for (size_t f = 0; f < p->n_frames; f++) {
		if (!p->frames[f].codec.can_encode) {
			buf_addf(decode_only, "%s%s", decode_only->len ? ", " : "",
				 p->frames[f].name);
			continue;
		}
		start(t, p->frames[f].node, &p->frames[f].codec, &p->frames[f]);
		for (size_t i = 0, before = t->failures; i < n && t->failures == before; i++)
			try_frame(t, &p->frames[f]);
	}
	for (size_t r = 0; r < p->n_requests + p->n_commands; r++) {
		const struct request *request =
			r < p->n_requests ? &p->requests[r] : &p->commands[r - p->n_requests];

		start(t, request->node, &request->message.codec, NULL);
		for (size_t i = 0, before = t->failures; i < n && t->failures == before; i++)
			try_request(t, request);
	}
}

static size_t round_trip(const struct profile *profile, size_t n, uint64_t seed, struct buf *report,
			 struct buf *decode_only)
{
	struct trip t = {.profile = profile, .random = seed, .report = report};

	t.parameters.n = profile->n_parameters;
	t.parameters.list = xcalloc(profile->n_parameters + 1, sizeof(struct raw));
	t.raw = xcalloc(profile->max_fields + 1, sizeof(struct raw));
	t.again = xcalloc(profile->max_fields + 1, sizeof(struct raw));
	t.values = xcalloc(2 * profile->max_tags + 1, sizeof(*t.values));
	any_parameters(&t);
	try_all(&t, n, decode_only);
	free(t.parameters.list);
	free(t.raw);
	free(t.again);
	free(t.values);
	buf_fini(&t.texts);
	buf_fini(&t.bytes);
	buf_fini(&t.scratch[0]);
	buf_fini(&t.scratch[1]);
	buf_fini(&t.back[0]);
	buf_fini(&t.back[1]);
	return t.failures;
}

size_t profile_round_trip(const struct profile *profile, size_t n, uint64_t seed,
			  struct buf *report, char **decode_only)
{
	struct buf names = {0}, ignored = {0};
	size_t failures = round_trip(profile, n, seed, report, &names);

	for (size_t i = 0; i < profile->n_variants; i++)
		failures += round_trip(profile->variants[i], n, seed, report, &ignored);
	*decode_only = names.len ? xstrdup(buf_str(&names)) : NULL;
	buf_fini(&names);
	buf_fini(&ignored);
	return failures;
}
