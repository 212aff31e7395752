/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a codec's operations over a frame; codec_write.c is the other direction. Reading goes from left to
 * right and never back, but for an optional part that is not there; so it takes no longer than the frame is
 * long, times the number of records for a frame of records.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/ops.h"
#include "profile/pattern.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/type.h"
#include "profile/values.h"

struct cursor {
	const uint8_t *data;
	size_t len, at; /* len: of the part that is being read */
	size_t whole;   /* of the frame, or of the record */
	size_t known;   /* bytes of constants that matched */
	size_t failed;  /* the farthest place where something did not fit */
	bool foreign;
	enum dragoman_verdict verdict;
	const struct field *fields;
	const struct parameters *parameters;
	struct raw *raw;
	struct codec_trace *trace; /* NULL: nobody looks */
};

static bool fail(struct cursor *c, enum dragoman_verdict verdict)
{
	if (c->at >= c->failed || c->verdict == DRAGOMAN_TAKEN) {
		c->failed = c->at;
		c->verdict = verdict;
	}
	return false;
}

static bool read_literal(struct cursor *c, const struct op *op)
{
	size_t rest = c->len - c->at;

	if (op->len > rest)
		return fail(c, memcmp(c->data + c->at, op->bytes, rest) ? DRAGOMAN_FORMAT
									: DRAGOMAN_SHORT);
	if (memcmp(c->data + c->at, op->bytes, op->len))
		return fail(c, DRAGOMAN_FORMAT);
	c->at += op->len;
	c->known += op->len;
	return true;
}

static bool read_field(struct cursor *c, const struct op *op)
{
	ssize_t n = type_read(&c->fields[op->field], c->data + c->at, c->len - c->at, &op->until,
			      &c->raw[op->field]);

	if (n < 0)
		return fail(c, (enum dragoman_verdict) - n);
	c->at += (size_t)n;
	return true;
}

/* A text without columns is as long as the parameter, which may be empty. */
static bool read_own_text(struct cursor *c, const struct op *op)
{
	const struct raw *own = &c->parameters->list[op->index];
	size_t len = own->as.text.len;

	if (len > c->len - c->at)
		return fail(c, DRAGOMAN_SHORT);
	if (len && memcmp(c->data + c->at, own->as.text.bytes, len) != 0)
		c->foreign = true;
	c->raw[op->field] = *own;
	c->at += len;
	return true;
}

/* Anything else than what the user set is for another device, unless it is what the device itself says. */
static void compare_parameter(struct cursor *c, size_t parameter, const struct raw *raw)
{
	if (c->parameters->is_open && c->parameters->is_open[parameter])
		return;
	if (!raw_equal(raw, &c->parameters->list[parameter]))
		c->foreign = true;
}

static bool read_parameter(struct cursor *c, const struct op *op)
{
	const struct type *type = &c->fields[op->field].type;

	if (type->kind == TYPE_TEXT && !type->size &&
	    c->parameters->list[op->index].kind == RAW_TEXT)
		return read_own_text(c, op);
	if (!read_field(c, op))
		return false;
	compare_parameter(c, op->index, &c->raw[op->field]);
	return true;
}

static bool read_skip(struct cursor *c, const struct op *op)
{
	static const struct field any = {.type = {.kind = TYPE_DATA}};
	struct raw ignored;
	ssize_t n;

	if (op->more.ignored) {
		n = type_read(op->more.ignored, c->data + c->at, c->len - c->at, NULL, &ignored);
		if (n < 0)
			return fail(c, (enum dragoman_verdict) - n);
		c->at += (size_t)n;
		return true;
	}
	if (!op->len) {
		c->at += (size_t)type_read(&any, c->data + c->at, c->len - c->at, &op->until,
					   &ignored);
		return true;
	}
	if (op->len > c->len - c->at)
		return fail(c, DRAGOMAN_SHORT);
	c->at += op->len;
	return true;
}

static bool read_part(struct cursor *c, uint64_t whole, const struct bits_part *part)
{
	uint64_t bits = whole >> part->shift & UINT64_MAX >> (64 - part->bits);
	const struct type *t;

	if (part->field == NO_FIELD)
		return bits == part->constant || fail(c, DRAGOMAN_FORMAT);
	t = &c->fields[part->field].type;
	raw_set_whole(&c->raw[part->field],
		      t->kind == TYPE_SIGNED ? (wide_int)type_signed(t, bits) : (wide_int)bits);
	if (part->parameter)
		compare_parameter(c, part->parameter - 1u, &c->raw[part->field]);
	return true;
}

static bool read_bits(struct cursor *c, const struct op *op)
{
	const struct bits_op *bits = op->more.bits;
	uint64_t whole;
	ssize_t n = type_read_bits(&bits->whole.type, c->data + c->at, c->len - c->at, &whole);

	if (n < 0)
		return fail(c, (enum dragoman_verdict) - n);
	for (size_t i = 0; i < bits->n; i++)
		if (!read_part(c, whole, &bits->parts[i]))
			return false;
	c->at += (size_t)n;
	return true;
}

/* Whether what stands there is the check of the data. */
static bool is_right(const struct check_op *check, const uint8_t *data, size_t len,
		     const uint8_t *there, size_t size)
{
	const uint8_t *made;

	if (!check->script)
		return checksum_verify(check->sum, data, len, there, size);
	made = scripted_check(check->script, data, len, size);
	return made && !memcmp(made, there, size);
}

static bool read_check(struct cursor *c, const struct op *op)
{
	const struct check_op *check = op->more.check;

	if (op->len > c->len - c->at || check->from + check->before > c->at)
		return fail(c, DRAGOMAN_SHORT);
	if (!is_right(check, c->data + check->from, c->at - check->before - check->from,
		      c->data + c->at, op->len))
		return fail(c, DRAGOMAN_CHECK);
	c->at += op->len;
	return true;
}

static void add_trace(struct cursor *c, const struct op *op, size_t at)
{
	struct codec_trace *t = c->trace;

	t->list = xreallocarray(t->list, t->n + 1, sizeof(*t->list));
	t->list[t->n++] = (struct codec_piece){op, c->data + at, c->at - at};
}

/* What an operation took, from `at` on. */
static void note(struct cursor *c, const struct op *op, size_t at)
{
	if (!op->jump && op->code != OP_CHOICE) /* what is in it was noted; it took nothing */
		add_trace(c, op, at);
}

/* A length or a count as bytes or as a number; -1 if it is none. */
static int64_t control_value(const struct raw *raw)
{
	return raw->kind == RAW_INTEGER && raw->as.integer >= 0 ? raw->as.integer : -1;
}

static int64_t measured(const struct raw *raw, const struct measure *m)
{
	int64_t value = control_value(raw);

	if (value < 0 || value > UINT32_MAX)
		return -1;
	return (value - m->add) * m->unit;
}

/* The frame must be as long as it says. */
static bool read_length(struct cursor *c, const struct op *op)
{
	const struct measure *m = op->more.measure;
	size_t from;
	int64_t len;

	if (!read_field(c, op))
		return false;
	from = m->from == SIZE_MAX ? c->at : m->from;
	len = measured(&c->raw[op->field], m);
	if (len < 0)
		return fail(c, DRAGOMAN_FORMAT);
	if (from + (uint64_t)len + m->without > c->whole)
		return fail(c, DRAGOMAN_SHORT);
	return from + (uint64_t)len + m->without == c->whole || fail(c, DRAGOMAN_LONG);
}

static bool read_ops(struct cursor *c, const struct op *ops, size_t from, size_t to);

/* The fields of a part that is not there. */
static void forget(struct cursor *c, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		for (size_t b = 0; b < op_fields(&ops[i]); b++)
			if (op_field(&ops[i], b) != NO_FIELD)
				c->raw[op_field(&ops[i], b)].kind = RAW_ABSENT;
}

/* The part as a whole, or as if it had not been tried. What it begins with tells nothing about the kind. */
static void read_optional(struct cursor *c, const struct op *ops, size_t i)
{
	size_t at = c->at, known = c->known, len = c->len, noted = c->trace ? c->trace->n : 0;

	if (read_ops(c, ops, i + 1, ops[i].jump)) {
		if (at == 0)
			c->known = known;
		return;
	}
	c->at = at;
	c->len = len;
	c->known = known;
	if (c->trace)
		c->trace->n = noted;
	forget(c, ops, i + 1, ops[i].jump);
}

/* The operations over exactly len bytes. */
static bool read_within(struct cursor *c, const struct op *ops, size_t from, size_t to, int64_t len)
{
	size_t before = c->len;

	if (len < 0)
		return fail(c, DRAGOMAN_FORMAT);
	if ((uint64_t)len > c->len - c->at)
		return fail(c, DRAGOMAN_SHORT);
	c->len = c->at + (size_t)len;
	if (!read_ops(c, ops, from, to))
		return false;
	if (c->at != c->len)
		return fail(c, DRAGOMAN_LONG);
	c->len = before;
	return true;
}

static bool read_sized(struct cursor *c, const struct op *ops, size_t i)
{
	const struct op *op = &ops[i];
	int64_t len = op->field == NO_FIELD ? (int64_t)op->len
					    : measured(&c->raw[op->field], op->more.measure);

	return read_within(c, ops, i + 1, op->jump, len);
}

/* Of a list that goes on as long as there are bytes for it: whether the element is there. */
static bool is_one_more(const struct cursor *c, const struct op *op)
{
	struct raw *count = &c->raw[op->field];

	if (!op->index)
		*count = (struct raw){.kind = RAW_INTEGER};
	if (c->len - c->at <= op->until.tail || count->as.integer != op->index)
		return false;
	count->as.integer++;
	return true;
}

/* As many as the field or the parameter says, or as there are bytes for. */
static bool read_element(struct cursor *c, const struct op *ops, size_t i)
{
	const struct op *op = &ops[i];
	int64_t n;

	if (op->is_open && !is_one_more(c, op))
		return true;
	n = op->counted_by ? op_counted(op, &c->parameters->list[op->counted_by - 1])
			   : control_value(&c->raw[op->field]);
	if (n < 0 || n > op->len)
		return fail(c, DRAGOMAN_RANGE);
	return n <= op->index || read_ops(c, ops, i + 1, op->jump);
}

/* The case of a tag: its index among the operations, or 0. */
static size_t find_case(const struct op *ops, size_t i, const struct raw *tag)
{
	for (size_t j = i + 1; j < ops[i].jump; j = ops[j].jump)
		if (table_row_matches(ops[j].more.key, tag))
			return j;
	return 0;
}

/* The entry behind its tag. */
static bool read_entry(struct cursor *c, const struct op *ops, size_t i, const struct raw *tag)
{
	const struct tagged_op *tagged = ops[i].more.tagged;
	size_t which = find_case(ops, i, tag), begin = c->at;
	struct raw length;
	ssize_t n;
	int64_t len;

	if (!which && (tagged->is_strict || !tagged->has_length))
		return fail(c, DRAGOMAN_FORMAT);
	if (!tagged->has_length)
		return read_ops(c, ops, which + 1, ops[which].jump);
	n = type_read(&tagged->length, c->data + c->at, c->len - c->at, NULL, &length);
	if (n < 0)
		return fail(c, (enum dragoman_verdict) - n);
	c->at += (size_t)n;
	if (c->trace)
		add_trace(c, &ops[i], begin);
	len = measured(&length, &tagged->measure);
	if (which)
		return read_within(c, ops, which + 1, ops[which].jump, len);
	if (len < 0 || (uint64_t)len > c->len - c->at)
		return fail(c, len < 0 ? DRAGOMAN_FORMAT : DRAGOMAN_SHORT);
	c->at += (size_t)len;
	return true;
}

static bool read_tagged(struct cursor *c, const struct op *ops, size_t i)
{
	const struct tagged_op *tagged = ops[i].more.tagged;

	while (c->len - c->at > ops[i].until.tail) {
		size_t begin = c->at;
		struct raw tag;
		ssize_t n = type_read(&tagged->tag, c->data + c->at, c->len - c->at, NULL, &tag);

		if (n < 0)
			return fail(c, (enum dragoman_verdict) - n);
		c->at += (size_t)n;
		if (c->trace)
			add_trace(c, &ops[i], begin);
		if (tagged->has_end && raw_equal(&tag, &tagged->end))
			return true;
		if (!read_entry(c, ops, i, &tag))
			return false;
	}
	return !tagged->has_end || fail(c, DRAGOMAN_SHORT);
}

static bool read_choice(struct cursor *c, const struct op *op)
{
	const struct table *choice = op->more.choice;

	return choice->other.type != DRAGOMAN_NONE || table_find(choice, &c->raw[op->field]) ||
	       fail(c, DRAGOMAN_FORMAT);
}

/* An operation that has others in it. */
static bool read_part_of(struct cursor *c, const struct op *ops, size_t i)
{
	switch ((enum op_code)ops[i].code) {
	case OP_OPTIONAL: read_optional(c, ops, i); return true;
	case OP_WHEN:
		return !when_holds(ops[i].more.when, c->raw) ||
		       read_ops(c, ops, i + 1, ops[i].jump);
	case OP_SIZED: return read_sized(c, ops, i);
	case OP_ELEMENT: return read_element(c, ops, i);
	case OP_TAGGED: return read_tagged(c, ops, i);
	default: return true; /* a case is read by what it is a case of */
	}
}

static bool read_ops(struct cursor *c, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct op *op = &ops[i];
		size_t at = c->at;
		bool ok = true;

		switch ((enum op_code)op->code) {
		case OP_LITERAL: ok = read_literal(c, op); break;
		case OP_FIELD: ok = read_field(c, op); break;
		case OP_PARAMETER: ok = read_parameter(c, op); break;
		case OP_SKIP: ok = read_skip(c, op); break;
		case OP_BITS: ok = read_bits(c, op); break;
		case OP_CHECK: ok = read_check(c, op); break;
		case OP_LENGTH: ok = read_length(c, op); break;
		case OP_CHOICE: ok = read_choice(c, op); break;
		case OP_OPTIONAL:
		case OP_WHEN:
		case OP_SIZED:
		case OP_ELEMENT:
		case OP_TAGGED:
		case OP_CASE:
			ok = read_part_of(c, ops, i);
			i = (size_t)op->jump - 1;
			break;
		}
		if (c->trace && ok)
			note(c, op, at);
		else if (c->trace && c->failed == c->at)
			c->trace->failed = op;
		if (!ok)
			return false;
	}
	return true;
}

/* The operations over the whole of the bytes. */
static bool read_whole(struct cursor *c, const struct ops *ops)
{
	if (!read_ops(c, ops->list, 0, ops->n))
		return false;
	return c->at == c->len || fail(c, c->failed > c->at ? c->verdict : DRAGOMAN_LONG);
}

/* One kind of record. Fields that stand before its first constant are read before it is known whether this
 * is the kind: what they held comes back if it is not. If it is, but spoilt, they are absent. */
static bool try_record(struct cursor *c, const struct ops *ops)
{
	struct raw before[MAX_LEADING];
	size_t n = 0, known = c->known, noted = c->trace ? c->trace->n : 0;

	while (n < MAX_LEADING && n < ops->n && ops->list[n].code == OP_FIELD) {
		before[n] = c->raw[ops->list[n].field];
		n++;
	}
	c->at = 0;
	if (read_whole(c, ops))
		return true;
	if (c->known > known)
		forget(c, ops->list, 0, ops->n);
	else
		while (n-- > 0)
			c->raw[ops->list[n].field] = before[n];
	c->known = known;
	if (c->trace)
		c->trace->n = noted;
	return false;
}

/* The first of the kinds of record that fits, beginning with the one after `last`, since devices keep an
 * order; its number, or n. */
static size_t read_record(struct cursor *c, const struct codec *codec, size_t last)
{
	size_t n = codec->records.n;

	for (size_t i = 1; i <= n; i++)
		if (try_record(c, &codec->records.list[(last + i) % n]))
			return (last + i) % n;
	return n;
}

static bool has_needs(struct cursor *c, const struct codec *codec)
{
	for (size_t i = 0; i < codec->records.n_needs; i++)
		if (c->raw[codec->records.needs[i]].kind == RAW_ABSENT)
			return fail(c, DRAGOMAN_SHORT);
	return true;
}

/* Each piece between separators is a record of its own. */
static bool read_records(struct cursor *c, const struct codec *codec)
{
	struct cursor whole = *c;
	size_t at = 0, last = codec->records.n - 1, found = 0;

	while (at <= whole.len) {
		const uint8_t *from = whole.data + at;
		const uint8_t *end = memmem(from, whole.len - at, codec->records.separator,
					    codec->records.separator_len);
		size_t len = end ? (size_t)(end - from) : whole.len - at, which;

		c->data = from;
		c->len = c->whole = len;
		which = len ? read_record(c, codec, last) : codec->records.n;
		if (which < codec->records.n) {
			last = which;
			found++;
		} else if (len && codec->records.strict) {
			c->at = c->failed = at;
			return false;
		}
		at += len + codec->records.separator_len;
	}
	c->at = 0;
	if (found)
		return has_needs(c, codec);
	return fail(c, DRAGOMAN_FORMAT);
}

static struct match decode(const struct codec *codec, const struct parameters *parameters,
			   const uint8_t *data, size_t len, struct raw *raw,
			   struct codec_trace *trace)
{
	struct cursor c = {.data = data,
			   .len = len,
			   .whole = len,
			   .fields = codec->fields,
			   .parameters = parameters,
			   .raw = raw,
			   .trace = trace};
	bool ok;

	if (!codec->first[len ? data[0] : 0] && len)
		return (struct match){DRAGOMAN_FORMAT, 0, 0};
	if (len < codec->min_len || len > codec->max_len)
		return (struct match){len < codec->min_len ? DRAGOMAN_SHORT : DRAGOMAN_LONG, 0, 0};
	for (size_t i = 0; i < codec->n_fields; i++)
		raw[i].kind = RAW_ABSENT;
	if (codec->kind == CODEC_PATTERN)
		return pattern_decode(codec->pattern, codec->fields, codec->n_fields, data, len,
				      raw);
	ok = codec->kind == CODEC_OPS ? read_whole(&c, &codec->ops) : read_records(&c, codec);
	if (ok)
		return (struct match){c.foreign ? DRAGOMAN_FOREIGN : DRAGOMAN_TAKEN, c.known, len};
	return (struct match){c.verdict, c.known, c.failed};
}

struct match codec_decode(const struct codec *codec, const struct parameters *parameters,
			  const uint8_t *data, size_t len, struct raw *raw)
{
	return decode(codec, parameters, data, len, raw, NULL);
}

struct match codec_trace(const struct codec *codec, const struct parameters *parameters,
			 const uint8_t *data, size_t len, struct raw *raw,
			 struct codec_trace *trace)
{
	trace->n = 0;
	trace->failed = NULL;
	return decode(codec, parameters, data, len, raw, trace);
}

void codec_trace_fini(struct codec_trace *trace)
{
	free(trace->list);
	*trace = (struct codec_trace){0};
}

/* ---------------------------------------------------------------------------------------------
 * What every frame of the kind has
 */

void codec_finish(struct codec *codec)
{
	const struct ops *ops = &codec->ops;
	bool any = codec->kind != CODEC_OPS || !ops->n || ops->list[0].code != OP_LITERAL;

	memset(codec->first, any, sizeof(codec->first));
	if (!any)
		codec->first[ops->list[0].bytes[0]] = true;
}
