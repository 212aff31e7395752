/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a frame by its codec's operations. Lengths and counts come before what they are of; so a frame that
 * has some is written twice, the first time to find out what they are.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/ops.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/type.h"
#include "profile/values.h"

struct writer {
	const struct field *fields;
	const struct parameters *parameters;
	const struct raw *raw;
	struct buf *out;
	size_t begin;     /* of the frame, in out */
	size_t whole;     /* of the frame, as the first writing found it; 0: this is the first */
	struct raw *made; /* of each field: the lengths and counts; NULL: there are none */
};

/* What is written for a field. */
static const struct raw *raw_of(const struct writer *w, uint16_t field)
{
	return w->fields[field].is_computed ? &w->made[field] : &w->raw[field];
}

static void make(struct writer *w, uint16_t field, int64_t value)
{
	w->made[field] = (struct raw){.kind = RAW_INTEGER, .as.integer = value};
}

/* -1: it is no whole number of units. */
static int64_t measure(const struct measure *m, size_t len)
{
	return (int64_t)len % m->unit ? -1 : (int64_t)len / m->unit + m->add;
}

/* The bits of one part, where they belong in the whole. */
static int part_bits(const struct writer *w, const struct bits_part *part, uint64_t *out)
{
	const struct type *t;
	const struct raw *raw;
	wide_int whole;

	*out = part->constant;
	if (part->field == NO_FIELD)
		return 0;
	t = &w->fields[part->field].type;
	raw = part->parameter ? &w->parameters->list[part->parameter - 1] : raw_of(w, part->field);
	if (raw->kind == RAW_INTEGER && t->kind == TYPE_SIGNED)
		return type_sign(t, raw->as.integer, out);
	if (!raw_whole(raw, &whole) || t->kind == TYPE_SIGNED || whole < 0)
		return -1;
	*out = (uint64_t)whole;
	return *out & ~(UINT64_MAX >> (64 - part->bits)) ? -1 : 0;
}

static int write_bits(struct writer *w, const struct bits_op *bits)
{
	uint64_t value = bits->set;

	for (size_t i = 0; i < bits->n; i++) {
		const struct bits_part *part = &bits->parts[i];
		uint64_t mask = UINT64_MAX >> (64 - part->bits) << part->shift, own;

		if (part_bits(w, part, &own) < 0)
			return -1;
		value = (value & ~mask) | own << part->shift;
	}
	return type_write_bits(&bits->whole.type, value, w->out);
}

static int write_made(struct writer *w, const struct check_op *check, size_t size, size_t at)
{
	const uint8_t *made =
		scripted_check(check->script, buf_bytes(w->out) + w->begin + check->from,
			       at - check->before - check->from, size);

	if (!made)
		return -1;
	buf_add(w->out, made, size);
	return 0;
}

static int write_check(struct writer *w, const struct op *op)
{
	const struct check_op *check = op->more.check;
	size_t at = w->out->len - w->begin;
	uint64_t value;
	uint8_t *room;

	if (check->from + check->before > at)
		return -1;
	if (check->script)
		return write_made(w, check, op->len, at);
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

static bool is_there(const struct writer *w, uint16_t field)
{
	return field != NO_FIELD && !w->fields[field].is_computed &&
	       w->raw[field].kind != RAW_ABSENT;
}

/* An optional part is written if a field of it is there; one without fields is not. */
static bool is_wanted(const struct writer *w, const struct op *ops, size_t i)
{
	for (size_t j = i + 1; j < ops[i].jump; j++)
		for (size_t b = 0; ops[j].code != OP_PARAMETER && b < op_fields(&ops[j]); b++)
			if (is_there(w, op_field(&ops[j], b)))
				return true;
	return false;
}

/* What depends on a length or a count goes by whether its fields are there. */
static bool holds(const struct writer *w, const struct op *ops, size_t i)
{
	const struct when_op *when = ops[i].more.when;

	for (size_t n = 0; n < when->n; n++)
		if (w->fields[when->conditions[n].field].is_computed)
			return is_wanted(w, ops, i);
	return when_holds(when, w->raw);
}

static int write_ops(struct writer *w, const struct op *ops, size_t from, size_t to);

/* A rest at the end of a part with a size is as long as that. */
static void fill_up(struct writer *w, const struct op *last, size_t missing)
{
	uint8_t fill = last->bytes ? *last->bytes : ' ';

	if (last->code != OP_SKIP || last->len)
		return;
	for (; missing; missing--)
		buf_add(w->out, &fill, 1);
}

static int write_sized(struct writer *w, const struct op *ops, size_t i)
{
	const struct op *op = &ops[i];
	size_t begin = w->out->len;

	if (write_ops(w, ops, i + 1, op->jump) < 0)
		return -1;
	if (op->field == NO_FIELD) {
		if (w->out->len - begin < op->len && op->jump > i + 1)
			fill_up(w, &ops[op->jump - 1], op->len - (w->out->len - begin));
		return w->out->len - begin == op->len ? 0 : -1;
	}
	make(w, op->field, measure(op->more.measure, w->out->len - begin));
	return w->made[op->field].as.integer < 0 ? -1 : 0;
}

/* Of a list that is as long as a parameter says: what there may be beyond that is not written. */
static int write_counted(struct writer *w, const struct op *ops, size_t i)
{
	const struct op *op = &ops[i];
	int64_t n = op_counted(op, &w->parameters->list[op->counted_by - 1]);

	if (n < 0 || n > op->len)
		return -1;
	return n <= op->index ? 0 : write_ops(w, ops, i + 1, op->jump);
}

/* Elements follow each other: none is left out before one that is there. */
static int write_element(struct writer *w, const struct op *ops, size_t i)
{
	const struct op *op = &ops[i];

	if (op->counted_by)
		return write_counted(w, ops, i);
	if (!op->index)
		make(w, op->field, 0);
	if (!is_wanted(w, ops, i))
		return 0;
	if (w->made[op->field].as.integer != op->index)
		return -1;
	make(w, op->field, op->index + 1);
	return write_ops(w, ops, i + 1, op->jump);
}

/* The length of an entry goes into its place when the entry is there. */
static int write_entry(struct writer *w, const struct op *ops, size_t i,
		       const struct tagged_op *tagged)
{
	struct raw tag, length = {.kind = RAW_INTEGER};
	struct buf bytes = {0};
	size_t at, begin;
	int bad;

	raw_from_row(ops[i].more.key, &tag);
	if (type_write(&tagged->tag, &tag, w->out) < 0)
		return -1;
	if (!tagged->has_length)
		return write_ops(w, ops, i + 1, ops[i].jump);
	at = w->out->len;
	if (type_write(&tagged->length, &length, w->out) < 0)
		return -1;
	begin = w->out->len;
	if (write_ops(w, ops, i + 1, ops[i].jump) < 0)
		return -1;
	length.as.integer = measure(&tagged->measure, w->out->len - begin);
	bad = type_write(&tagged->length, &length, &bytes);
	if (!bad)
		memcpy(buf_bytes(w->out) + at, buf_bytes(&bytes), bytes.len);
	buf_fini(&bytes);
	return bad;
}

static int write_tagged(struct writer *w, const struct op *ops, size_t i)
{
	const struct tagged_op *tagged = ops[i].more.tagged;

	for (size_t j = i + 1; j < ops[i].jump; j = ops[j].jump)
		if (is_wanted(w, ops, j) && write_entry(w, ops, j, tagged) < 0)
			return -1;
	return tagged->has_end ? type_write(&tagged->tag, &tagged->end, w->out) : 0;
}

static int write_length(struct writer *w, const struct op *op)
{
	const struct measure *m = op->more.measure;
	size_t size = w->fields[op->field].type.size, from = m->from;

	if (from == SIZE_MAX)
		from = w->out->len - w->begin + size;
	if (w->whole && from + m->without > w->whole)
		return -1;
	make(w, op->field, w->whole ? measure(m, w->whole - from - m->without) : 0);
	return type_write(&w->fields[op->field], raw_of(w, op->field), w->out);
}

static int write_choice(const struct writer *w, const struct op *op)
{
	return w->fields[op->field].is_computed || op->more.choice->other.type != DRAGOMAN_NONE ||
			       table_find(op->more.choice, &w->raw[op->field])
		       ? 0
		       : -1;
}

/* An operation that has others in it. */
static int write_part_of(struct writer *w, const struct op *ops, size_t i)
{
	bool wanted = true;

	switch ((enum op_code)ops[i].code) {
	case OP_OPTIONAL: wanted = is_wanted(w, ops, i); break;
	case OP_WHEN: wanted = holds(w, ops, i); break;
	case OP_SIZED: return write_sized(w, ops, i);
	case OP_ELEMENT: return write_element(w, ops, i);
	case OP_TAGGED: return write_tagged(w, ops, i);
	default: return 0; /* a case is written by what it is a case of */
	}
	return wanted ? write_ops(w, ops, i + 1, ops[i].jump) : 0;
}

static int write_ops(struct writer *w, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct op *op = &ops[i];
		int bad = 0;

		switch ((enum op_code)op->code) {
		case OP_LITERAL: buf_add(w->out, op->bytes, op->len); break;
		case OP_FIELD:
			bad = type_write(&w->fields[op->field], raw_of(w, op->field), w->out);
			break;
		case OP_PARAMETER:
			bad = type_write(&w->fields[op->field], &w->parameters->list[op->index],
					 w->out);
			break;
		case OP_SKIP: write_skip(w, op); break;
		case OP_BITS: bad = write_bits(w, op->more.bits); break;
		case OP_CHECK: bad = write_check(w, op); break;
		case OP_LENGTH: bad = write_length(w, op); break;
		case OP_CHOICE: bad = write_choice(w, op); break;
		case OP_OPTIONAL:
		case OP_WHEN:
		case OP_SIZED:
		case OP_ELEMENT:
		case OP_TAGGED:
		case OP_CASE:
			bad = write_part_of(w, ops, i);
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

static int write_codec(struct writer *w, const struct codec *codec)
{
	return codec->kind == CODEC_RECORDS ? write_records(w, codec)
					    : write_ops(w, codec->ops.list, 0, codec->ops.n);
}

/* Lengths and counts are 0 at first. */
static int write_twice(struct writer *w, const struct codec *codec)
{
	int bad;

	w->made = xcalloc(codec->n_fields, sizeof(*w->made));
	for (size_t i = 0; i < codec->n_fields; i++)
		w->made[i].kind = RAW_INTEGER;
	bad = write_codec(w, codec);
	w->whole = w->out->len - w->begin;
	w->out->len = w->begin;
	if (!bad)
		bad = write_codec(w, codec);
	free(w->made);
	return bad;
}

int codec_encode(const struct codec *codec, const struct parameters *parameters,
		 const struct raw *raw, struct buf *out)
{
	struct writer w = {.fields = codec->written ? codec->written : codec->fields,
			   .parameters = parameters,
			   .raw = raw,
			   .out = out,
			   .begin = out->len};
	size_t before = out->len;
	int bad;

	if (!codec->can_encode)
		return -1;
	bad = codec->has_computed ? write_twice(&w, codec) : write_codec(&w, codec);
	if (!bad && (out->len - before < codec->min_len || out->len - before > codec->max_len))
		bad = -1;
	if (bad)
		out->len = before;
	return bad;
}
