/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a codec's operations over a frame, in either direction. Reading goes from left to right and never
 * back, but for an optional part that is not there; so it takes no longer than the frame is long, times the
 * number of records for a frame of records.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/program.h"

struct cursor {
	const uint8_t *data;
	size_t len, at;
	size_t known;  /* bytes of constants that matched */
	size_t failed; /* the farthest place where something did not fit */
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

static bool read_parameter(struct cursor *c, const struct op *op)
{
	const struct type *type = &c->fields[op->field].type;

	if (type->kind == TYPE_TEXT && !type->size &&
	    c->parameters->list[op->index].kind == RAW_TEXT)
		return read_own_text(c, op);
	if (!read_field(c, op))
		return false;
	if (c->parameters->is_open && c->parameters->is_open[op->index])
		return true;
	if (!raw_equal(&c->raw[op->field], &c->parameters->list[op->index]))
		c->foreign = true;
	return true;
}

static bool read_skip(struct cursor *c, const struct op *op)
{
	static const struct field any = {.type = {.kind = TYPE_DATA}};
	struct raw ignored;

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

/* The bits of a value as a number of the part's own sign. */
static int64_t part_value(uint64_t whole, const struct bits_part *part, const struct type *t)
{
	uint64_t mask = UINT64_MAX >> (64 - t->bits);
	uint64_t value = whole >> part->shift & mask;

	if (t->kind == TYPE_SIGNED && value >> (t->bits - 1))
		value |= ~mask;
	return (int64_t)value;
}

static bool read_bits(struct cursor *c, const struct op *op)
{
	const struct bits_op *bits = op->more.bits;
	struct raw raw;
	ssize_t n = type_read(&bits->whole, c->data + c->at, c->len - c->at, NULL, &raw);
	uint64_t whole;

	if (n < 0)
		return fail(c, (enum dragoman_verdict) - n);
	if (raw.kind != RAW_INTEGER && raw.kind != RAW_NUMBER)
		return fail(c, DRAGOMAN_FORMAT);
	whole = raw.kind == RAW_INTEGER ? (uint64_t)raw.as.integer : (uint64_t)raw.as.number;
	for (size_t i = 0; i < bits->n; i++) {
		const struct bits_part *part = &bits->parts[i];

		c->raw[part->field] = (struct raw){
			.kind = RAW_INTEGER,
			.as.integer = part_value(whole, part, &c->fields[part->field].type)};
	}
	c->at += (size_t)n;
	return true;
}

static bool read_check(struct cursor *c, const struct op *op)
{
	const struct check_op *check = op->more.check;

	if (op->len > c->len - c->at || check->from + check->before > c->at)
		return fail(c, DRAGOMAN_SHORT);
	if (!checksum_verify(check->sum, c->data + check->from, c->at - check->before - check->from,
			     c->data + c->at, op->len))
		return fail(c, DRAGOMAN_CHECK);
	c->at += op->len;
	return true;
}

/* What an operation took, from `at` on. */
static void note(struct cursor *c, const struct op *op, size_t at)
{
	struct codec_trace *t = c->trace;

	if (op->code == OP_OPTIONAL)
		return; /* what is in it was noted */
	t->list = xreallocarray(t->list, t->n + 1, sizeof(*t->list));
	t->list[t->n++] = (struct codec_piece){op, c->data + at, c->at - at};
}

static bool read_ops(struct cursor *c, const struct op *ops, size_t from, size_t to);

/* The part as a whole, or as if it had not been tried. */
static void read_optional(struct cursor *c, const struct op *ops, size_t i)
{
	size_t at = c->at, known = c->known, noted = c->trace ? c->trace->n : 0;

	if (read_ops(c, ops, i + 1, ops[i].jump))
		return;
	c->at = at;
	c->known = known;
	if (c->trace)
		c->trace->n = noted;
	for (size_t j = i + 1; j < ops[i].jump; j++)
		if (ops[j].code == OP_FIELD)
			c->raw[ops[j].field].kind = RAW_ABSENT;
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
		case OP_OPTIONAL:
			read_optional(c, ops, i);
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

static void forget_fields(struct cursor *c, const struct ops *ops)
{
	for (size_t i = 0; i < ops->n; i++)
		if (ops->list[i].code == OP_FIELD)
			c->raw[ops->list[i].field].kind = RAW_ABSENT;
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
		forget_fields(c, ops);
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
		c->len = len;
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
			   .fields = codec->fields,
			   .parameters = parameters,
			   .raw = raw,
			   .trace = trace};
	bool ok;

	if (!codec->first[len ? data[0] : 0] && len)
		return (struct match){DRAGOMAN_FORMAT, 0, 0};
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
 * Writing
 */

struct writer {
	const struct field *fields;
	const struct parameters *parameters;
	const struct raw *raw;
	struct buf *out;
	size_t begin; /* of the frame, in out */
};

static int write_bits(struct writer *w, const struct bits_op *bits)
{
	struct raw whole = {.kind = RAW_INTEGER};
	uint64_t value = bits->set;

	for (size_t i = 0; i < bits->n; i++) {
		const struct bits_part *part = &bits->parts[i];
		const struct type *t = &w->fields[part->field].type;
		const struct raw *raw = &w->raw[part->field];
		uint64_t mask = UINT64_MAX >> (64 - t->bits);

		if (raw->kind != RAW_INTEGER ||
		    part_value((uint64_t)raw->as.integer, &(struct bits_part){0}, t) !=
			    raw->as.integer)
			return -1;
		value = (value & ~(mask << part->shift)) | ((uint64_t)raw->as.integer & mask)
								   << part->shift;
	}
	whole.as.integer = (int64_t)value;
	if (value > INT64_MAX)
		whole = (struct raw){.kind = RAW_NUMBER, .as.number = (double)value};
	return type_write(&bits->whole, &whole, w->out);
}

static int write_check(struct writer *w, const struct op *op)
{
	const struct check_op *check = op->more.check;
	size_t at = w->out->len - w->begin;
	uint64_t value;
	uint8_t *room;

	if (check->from + check->before > at)
		return -1;
	value = checksum_compute(check->sum, buf_bytes(w->out) + w->begin + check->from,
				 at - check->before - check->from);
	room = buf_room(w->out, op->len);
	checksum_render(check->sum, value, room);
	buf_grown(w->out, op->len);
	return 0;
}

static void write_skip(struct writer *w, const struct op *op)
{
	if (op->bytes)
		buf_add(w->out, op->bytes, op->len);
	else
		buf_addf(w->out, "%*s", (int)op->len, "");
}

/* An optional part is written if a field of it is there; one without fields is not. */
static bool is_wanted(const struct writer *w, const struct op *ops, size_t i)
{
	for (size_t j = i + 1; j < ops[i].jump; j++)
		if (ops[j].code == OP_FIELD && w->raw[ops[j].field].kind != RAW_ABSENT)
			return true;
	return false;
}

static int write_ops(struct writer *w, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct op *op = &ops[i];
		int bad = 0;

		switch ((enum op_code)op->code) {
		case OP_LITERAL: buf_add(w->out, op->bytes, op->len); break;
		case OP_FIELD:
			bad = type_write(&w->fields[op->field], &w->raw[op->field], w->out);
			break;
		case OP_PARAMETER:
			bad = type_write(&w->fields[op->field], &w->parameters->list[op->index],
					 w->out);
			break;
		case OP_SKIP: write_skip(w, op); break;
		case OP_BITS: bad = write_bits(w, op->more.bits); break;
		case OP_CHECK: bad = write_check(w, op); break;
		case OP_OPTIONAL:
			if (is_wanted(w, ops, i))
				bad = write_ops(w, ops, i + 1, op->jump);
			i = (size_t)op->jump - 1;
			break;
		}
		if (bad)
			return -1;
	}
	return 0;
}

/* A record is written if it has no field, or one that is there. */
static bool has_record(const struct writer *w, const struct ops *ops)
{
	bool any = false;

	for (size_t i = 0; i < ops->n; i++) {
		if (ops->list[i].code != OP_FIELD)
			continue;
		if (w->raw[ops->list[i].field].kind != RAW_ABSENT)
			return true;
		any = true;
	}
	return !any;
}

static int write_records(struct writer *w, const struct codec *codec)
{
	bool first = true;

	for (size_t i = 0; i < codec->records.n; i++) {
		if (!has_record(w, &codec->records.list[i]))
			continue;
		if (!first)
			buf_add(w->out, codec->records.separator, codec->records.separator_len);
		first = false;
		w->begin = w->out->len;
		if (write_ops(w, codec->records.list[i].list, 0, codec->records.list[i].n) < 0)
			return -1;
	}
	return 0;
}

int codec_encode(const struct codec *codec, const struct parameters *parameters,
		 const struct raw *raw, struct buf *out)
{
	const struct field *fields = codec->written ? codec->written : codec->fields;
	struct writer w = {fields, parameters, raw, out, out->len};
	size_t before = out->len;
	int bad;

	if (!codec->can_encode)
		return -1;
	bad = codec->kind == CODEC_RECORDS ? write_records(&w, codec)
					   : write_ops(&w, codec->ops.list, 0, codec->ops.n);
	if (bad)
		out->len = before;
	return bad;
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
