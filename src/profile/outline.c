/* SPDX-License-Identifier: Apache-2.0 */
/* A profile's codecs as lists of pieces; see outline.h. */
#include "profile/outline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/value.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/exchange.h"
#include "profile/message.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/type.h"
#include "profile/values.h"

struct outline_store {
	struct arena arena;
};

/* Where it is in a codec. */
struct walk {
	struct outline *outline;
	const struct profile *profile;
	const struct frame *frame; /* of a request its message */
	const struct codec *codec;
	struct outline_part *part;
	size_t at;
	bool has_place;
	unsigned depth;
};

/* ---- words ---- */

static const char *keep(struct outline *o, struct buf *text)
{
	const char *kept = arena_str(&o->store->arena, buf_str(text), text->len);

	buf_fini(text);
	return kept;
}

static const char *say(struct outline *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static const char *say(struct outline *o, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	return arena_str(&o->store->arena, line, strlen(line));
}

static const char *bytes_words(struct outline *o, const uint8_t *bytes, size_t len)
{
	struct conf_bytes all = {(uint8_t *)(uintptr_t)bytes, len};
	struct buf text = {0};

	value_bytes_text(&all, &text);
	return keep(o, &text);
}

static const char *type_words(struct outline *o, const struct type *type)
{
	bool has_order = type->kind <= TYPE_DIGITS && type->size > 1 && type->order != ORDER_BIG;

	return has_order ? say(o, "%s, %s", type->text, order_names[type->order]) : type->text;
}

/* The tags that come from a field, with their units. */
static const char *tags_words(const struct walk *w, size_t field)
{
	struct buf text = {0};

	for (size_t i = 0; w->frame->reading && i < w->frame->n_steps; i++) {
		const struct step *step = &w->frame->steps[i];
		const struct dragoman_tag *tag = &w->frame->reading->tags[step->tag].declared;

		if (step->field == field)
			buf_addf(&text, "%s%s%s%s", text.len ? ", " : "", tag->name,
				 tag->unit ? " in " : "", tag->unit ? tag->unit : "");
	}
	return keep(w->outline, &text);
}

/* ---- pieces ---- */

static struct outline_piece *add_piece(struct walk *w, size_t len)
{
	struct outline_part *part = w->part;
	struct outline_piece *piece;

	part->pieces = xreallocarray(part->pieces, part->n_pieces + 1, sizeof(*part->pieces));
	piece = &part->pieces[part->n_pieces++];
	*piece = (struct outline_piece){.has_place = w->has_place,
					.at = w->at,
					.len = len,
					.name = "",
					.type = "",
					.text = "",
					.depth = w->depth};
	return piece;
}

/* What stands behind has no known place if this is of no known length. */
static void pass(struct walk *w, size_t len)
{
	w->has_place = w->has_place && len && !w->depth;
	w->at += len;
}

/* 0: it is not always as long. */
static size_t field_len(const struct type *type)
{
	size_t len = type->loose ? 0 : type->size;

	for (size_t i = 0; i < type->n_choices; i++)
		if (type->choices[i].len != type->choices[0].len)
			return 0;
	return type->n_choices ? type->choices[0].len : len;
}

static void add_field(struct walk *w, const struct field *field, size_t index)
{
	size_t len = field_len(&field->type);
	struct outline_piece *piece = add_piece(w, len);

	piece->name = field->name[0] == '#' ? "" : field->name;
	piece->type = type_words(w->outline, &field->type);
	piece->text = field->name[0] == '#' ? "length" : tags_words(w, index);
	pass(w, len);
}

static void add_bits(struct walk *w, const struct bits_op *bits)
{
	for (size_t i = 0; i < bits->n; i++) {
		uint16_t field = bits->parts[i].field;
		unsigned low = bits->parts[i].shift, high = low + bits->parts[i].bits - 1u;
		struct outline_piece *piece = add_piece(w, bits->whole.type.size);

		piece->type = low == high
				      ? say(w->outline, "%s, bit %u", bits->whole.type.text, low)
				      : say(w->outline, "%s, bits %u-%u", bits->whole.type.text,
					    low, high);
		if (field == NO_FIELD) {
			piece->text = say(w->outline, "%llu",
					  (unsigned long long)bits->parts[i].constant);
			continue;
		}
		piece->name = w->codec->fields[field].name;
		piece->text =
			bits->parts[i].parameter ? "the device's parameter" : tags_words(w, field);
	}
	pass(w, bits->whole.type.size);
}

static void add_plain(struct walk *w, const struct op *op, const char *type)
{
	const struct field *ignored = op->code == OP_SKIP ? op->more.ignored : NULL;
	size_t len = ignored ? field_len(&ignored->type) : op->len;
	struct outline_piece *piece = add_piece(w, len);

	piece->type = type;
	if (op->code == OP_LITERAL)
		piece->text = bytes_words(w->outline, op->bytes, op->len);
	else if (ignored)
		piece->text = type_words(w->outline, &ignored->type);
	pass(w, len);
}

static void add_ops(struct walk *w, const struct op *ops, size_t from, size_t to);

/* What may be missing. Of a list its first element stands for all. */
static void add_optional(struct walk *w, const struct op *ops, size_t i)
{
	if (ops[i].code == OP_CASE) /* its tag, and perhaps its length, stand before it */
		w->has_place = false;
	w->depth++;
	if (ops[i].code != OP_ELEMENT || !ops[i].index)
		add_ops(w, ops, i + 1, ops[i].jump);
	w->depth--;
	w->has_place = false;
}

static void add_ops(struct walk *w, const struct op *ops, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct op *op = &ops[i];

		switch ((enum op_code)op->code) {
		case OP_LITERAL: add_plain(w, op, "constant"); break;
		case OP_SKIP: add_plain(w, op, "ignored"); break;
		case OP_CHECK: add_plain(w, op, "checksum"); break;
		case OP_FIELD: add_field(w, &w->codec->fields[op->field], op->field); break;
		case OP_PARAMETER:
			add_field(w, &w->codec->fields[op->field], op->field);
			w->part->pieces[w->part->n_pieces - 1].text = "the device's parameter";
			break;
		case OP_BITS: add_bits(w, op->more.bits); break;
		case OP_LENGTH:
			add_field(w, &w->codec->fields[op->field], op->field);
			w->part->pieces[w->part->n_pieces - 1].text = "length";
			break;
		case OP_CHOICE: break;
		case OP_OPTIONAL:
		case OP_WHEN:
		case OP_ELEMENT:
		case OP_TAGGED:
		case OP_CASE:
			add_optional(w, ops, i);
			i = (size_t)op->jump - 1;
			break;
		case OP_SIZED:
			add_ops(w, ops, i + 1, op->jump);
			i = (size_t)op->jump - 1;
			break;
		}
	}
}

static struct outline_part *add_part(struct outline *o, const char *name)
{
	struct outline_part *part;

	o->parts = xreallocarray(o->parts, o->n_parts + 1, sizeof(*o->parts));
	part = &o->parts[o->n_parts++];
	*part = (struct outline_part){.name = name, .says = ""};
	return part;
}

/* Each kind of record is a part of its own. */
static void add_records(struct walk *w)
{
	bool is_decode_only = w->part->is_decode_only;
	enum outline_kind kind = w->part->kind;

	for (size_t i = 0; i < w->codec->records.n; i++) {
		const struct ops *ops = &w->codec->records.list[i];

		if (i)
			w->part = add_part(w->outline, "");
		w->part->is_decode_only = is_decode_only;
		w->part->kind = kind;
		w->at = 0;
		w->has_place = true;
		add_ops(w, ops->list, 0, ops->n);
	}
}

static const char *pattern_text(const struct conf_node *node)
{
	const struct conf_node *pattern = conf_get(node, "pattern");

	return pattern && pattern->kind == CONF_SCALAR ? pattern->text : "";
}

static void add_codec(struct walk *w, const struct conf_node *node)
{
	w->part->is_decode_only = !w->codec->can_encode;
	w->has_place = true;
	if (w->codec->kind == CODEC_RECORDS) {
		add_records(w);
	} else if (w->codec->kind == CODEC_PATTERN) {
		w->part->pattern = pattern_text(node);
		w->has_place = false;
		for (size_t i = 0; i < w->codec->n_fields; i++)
			add_field(w, &w->codec->fields[i], i);
	} else {
		add_ops(w, w->codec->ops.list, 0, w->codec->ops.n);
	}
}

/* ---- requests and frames ---- */

static const char *request_words(struct outline *o, const struct request *r)
{
	struct buf text = {0};

	if (r->every_ms)
		buf_addf(&text, "every %g s", (double)r->every_ms / 1000);
	if (r->on_connect)
		buf_addf(&text, "%swhen the line has opened", text.len ? ", " : "");
	for (size_t i = 0; i < r->n_after; i++)
		buf_addf(&text, "%safter %s", text.len ? ", " : "", r->after[i]->name);
	if (r->run)
		buf_addf(&text, "%sruns the function %s%s", text.len ? "; " : "", r->run,
			 r->n_replies ? ", for " : "");
	else
		buf_addf(&text, "%s%s", text.len ? "; " : "",
			 r->n_replies ? "answered by " : "there is no answer");
	for (size_t i = 0; i < r->n_replies; i++)
		buf_addf(&text, "%s%s", i ? ", " : "", r->replies[i]->name);
	if (r->count > 1)
		buf_addf(&text, ", %u of them", r->count);
	for (size_t i = 0; i < r->n_until; i++)
		buf_addf(&text, "%s%s", i ? " or " : ", the last one being ", r->until[i]->name);
	return keep(o, &text);
}

static const char *frame_words(struct outline *o, const struct frame *f)
{
	static const char *const words[] = {
		[MEANS_READING] = "reading", [MEANS_YES] = "yes",     [MEANS_NO] = "no",
		[MEANS_BUSY] = "busy",       [MEANS_ERROR] = "error", [MEANS_NOTHING] = "nothing"};
	static const char *const qualities[] = {"", ", uncertain", ", bad", ", stale"};

	if (!f->reading)
		return say(o, "%s%s%s", words[f->means], f->reason ? ": " : "",
			   f->reason ? f->reason : "");
	return say(o, "reading%s%s%s%s%s", f->reading->name ? " " : "",
		   f->reading->name ? f->reading->name : "", qualities[f->quality],
		   f->quality ? ": " : "", f->quality ? f->quality_reason : "");
}

static void add_request(struct outline *o, const struct profile *p, const struct request *r)
{
	struct walk w = {
		.outline = o, .profile = p, .frame = &r->message, .codec = &r->message.codec};

	w.part = add_part(o, r->name);
	w.part->kind = r->is_command ? OUTLINE_COMMAND : OUTLINE_REQUEST;
	w.part->says = request_words(o, r);
	if (r->has_send)
		add_codec(&w, r->node);
}

struct outline *outline_new(const struct profile *p)
{
	struct outline *o = xcalloc(1, sizeof(*o));

	o->store = xcalloc(1, sizeof(*o->store));
	for (size_t i = 0; i < p->n_requests + p->n_commands; i++)
		add_request(o, p,
			    i < p->n_requests ? &p->requests[i] : &p->commands[i - p->n_requests]);
	for (size_t i = 0; i < p->n_frames; i++) {
		const struct frame *f = &p->frames[i];
		struct walk w = {.outline = o, .profile = p, .frame = f, .codec = &f->codec};

		w.part = add_part(o, f->name);
		w.part->kind = OUTLINE_FRAME;
		w.part->says = frame_words(o, f);
		add_codec(&w, f->node);
	}
	return o;
}

void outline_free(struct outline **outline)
{
	struct outline *o = *outline;

	if (!o)
		return;
	for (size_t i = 0; i < o->n_parts; i++)
		free(o->parts[i].pieces);
	free(o->parts);
	arena_fini(&o->store->arena);
	free(o->store);
	free(o);
	*outline = NULL;
}

void outline_tags(const struct profile *p, outline_tag_fn *each, void *arg)
{
	for (size_t r = 0; r < p->n_readings; r++)
		for (size_t t = 0; t < p->readings[r].n_tags; t++)
			each(arg, p->readings[r].name ? p->readings[r].name : "",
			     p->readings[r].description ? p->readings[r].description : "",
			     &p->readings[r].tags[t].declared,
			     p->lock ? lock_number(p->lock, &p->readings[r].tags[t]) : 0);
}
