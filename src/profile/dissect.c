/* SPDX-License-Identifier: Apache-2.0 */
/* One frame, piece by piece; see dissect.h. */
#include "profile/dissect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "conf/value.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/exchange.h"
#include "profile/ops.h"
#include "profile/pattern.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/type.h"
#include "profile/values.h"

struct dissector {
	const struct profile *profile;
	struct parameters parameters;
	struct raw *raw;
	struct dragoman_value *values;
	struct buf scratch;
	struct codec_trace trace;
	struct arena texts; /* of the last frame */
	struct dissect_piece *pieces;
	struct dissect_reading *readings;
	struct dissection found;
};

struct dissector *dissector_new(const struct profile *p, const struct conf_node *given,
				struct conf_errors *errors)
{
	struct dissector *d = xcalloc(1, sizeof(*d));

	d->profile = p;
	d->raw = xcalloc(p->max_fields + 1, sizeof(*d->raw));
	d->values = xcalloc(p->max_tags + 1, sizeof(*d->values));
	d->parameters.n = p->n_parameters;
	d->parameters.list = xcalloc(p->n_parameters + 1, sizeof(*d->parameters.list));
	if (parameters_read(p, given, d->parameters.list, errors) < 0)
		dissector_free(&d);
	return d;
}

void dissector_free(struct dissector **dissector)
{
	struct dissector *d = *dissector;

	if (!d)
		return;
	codec_trace_fini(&d->trace);
	arena_fini(&d->texts);
	buf_fini(&d->scratch);
	free(d->parameters.list);
	free(d->raw);
	free(d->values);
	free(d->pieces);
	free(d->readings);
	free(d);
	*dissector = NULL;
}

/* ---------------------------------------------------------------------------------------------
 * Words
 */

static const char *say(struct dissector *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static const char *say(struct dissector *d, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return arena_str(&d->texts, line, strlen(line));
}

static const char *bytes_words(struct dissector *d, const uint8_t *bytes, size_t len)
{
	struct conf_bytes all = {(uint8_t *)(uintptr_t)bytes, len};
	struct buf text = {0};
	const char *kept;

	value_bytes_text(&all, &text);
	kept = arena_str(&d->texts, buf_str(&text), text.len);
	buf_fini(&text);
	return kept;
}

static const char *raw_words(struct dissector *d, const struct field *field, const struct raw *raw)
{
	char number[VALUE_TEXT_SIZE];

	switch (raw->kind) {
	case RAW_ABSENT: return "absent";
	case RAW_INTEGER: return say(d, "%lld", (long long)raw->as.integer);
	case RAW_NATURAL: return say(d, "%llu", (unsigned long long)raw->as.natural);
	case RAW_NUMBER: return say(d, "%s", value_number_text(raw->as.number, number));
	case RAW_TEXT: return bytes_words(d, raw->as.text.bytes, raw->as.text.len);
	case RAW_SPECIAL:
		return say(d, "special: %s",
			   field->specials[raw->as.special].reason
				   ? field->specials[raw->as.special].reason
				   : "");
	}
	return "";
}

static const char *type_words(struct dissector *d, const struct type *type)
{
	bool has_order = type->kind <= TYPE_DIGITS && type->size > 1 && type->order != ORDER_BIG;

	return has_order ? say(d, "%s, %s", type->text, order_names[type->order]) : type->text;
}

/* The checksum that should stand at this byte of the frame, and what it is over. */
static const char *check_words(struct dissector *d, const struct op *op, const uint8_t *data,
			       size_t at)
{
	const struct check_op *check = op->more.check;
	size_t len = at - check->before - check->from;
	char words[CHECKSUM_WORDS_SIZE], hex[CHECKSUM_WORDS_SIZE];
	const uint8_t *made;

	if (check->from + check->before > at)
		return say(d, "a checksum of %u bytes", op->len);
	if (check->sum)
		return say(d, "%s", checksum_expected(check->sum, data, check->from, len, words));
	made = scripted_check(check->script, data + check->from, len, op->len);
	if (!made)
		return say(d, "a checksum of %u bytes", op->len);
	return say(d, "%s (a script over %s)", hex_text(made, op->len, hex, sizeof(hex)),
		   checksum_range(check->from, len, words));
}

/* What should have stood where an operation failed. */
static const char *expected_words(struct dissector *d, const struct codec *codec,
				  const struct op *op, const uint8_t *data, size_t at)
{
	const struct field *field;

	if (!op)
		return "the frame's end";
	switch ((enum op_code)op->code) {
	case OP_LITERAL: return say(d, "\"%s\"", bytes_words(d, op->bytes, op->len));
	case OP_CHECK:
		return codec->kind == CODEC_OPS ? check_words(d, op, data, at)
						: "a checksum that is right";
	case OP_SKIP:
		return op->more.ignored ? op->more.ignored->type.text : say(d, "%u bytes", op->len);
	case OP_BITS: return say(d, "%s", op->more.bits->whole.type.text);
	case OP_FIELD:
	case OP_PARAMETER: break;
	case OP_LENGTH: return "a length that is the frame's";
	case OP_SIZED:
		return op->field == NO_FIELD
			       ? say(d, "%u bytes", op->len)
			       : say(d, "as many bytes as %s says", codec->fields[op->field].name);
	case OP_ELEMENT: return say(d, "at most %u elements", op->len);
	case OP_TAGGED: return "entries with tags";
	case OP_CHOICE: return say(d, "one of the cases of %s", codec->fields[op->field].name);
	case OP_OPTIONAL:
	case OP_WHEN:
	case OP_CASE: return "";
	}
	field = &codec->fields[op->field];
	return say(d, "%s: %s", field->name, type_words(d, &field->type));
}

/* ---------------------------------------------------------------------------------------------
 * Pieces
 */

static struct dissect_piece *add_piece(struct dissector *d, size_t at, size_t len)
{
	struct dissect_piece *piece;

	d->pieces = xreallocarray(d->pieces, d->found.n_pieces + 1, sizeof(*d->pieces));
	piece = &d->pieces[d->found.n_pieces++];
	*piece = (struct dissect_piece){at, len, "", "", ""};
	d->found.pieces = d->pieces;
	return piece;
}

static void add_bits(struct dissector *d, const struct codec *codec, const struct bits_op *bits,
		     size_t at, size_t len)
{
	for (size_t i = 0; i < bits->n; i++) {
		uint16_t field = bits->parts[i].field;
		unsigned low = bits->parts[i].shift, high = low + bits->parts[i].bits - 1u;
		struct dissect_piece *piece = add_piece(d, at, len);

		piece->type = low == high ? say(d, "bit %u", low) : say(d, "bits %u-%u", low, high);
		if (field == NO_FIELD) {
			piece->value = say(d, "%llu", (unsigned long long)bits->parts[i].constant);
			continue;
		}
		piece->name = codec->fields[field].name;
		piece->value = raw_words(d, &codec->fields[field], &d->raw[field]);
	}
}

static void add_op(struct dissector *d, const struct codec *codec, const struct codec_piece *noted,
		   size_t at)
{
	const struct op *op = noted->op;
	struct dissect_piece *piece;

	if (op->code == OP_BITS) {
		add_bits(d, codec, op->more.bits, at, noted->len);
		return;
	}
	piece = add_piece(d, at, noted->len);
	if (op->code == OP_FIELD || op->code == OP_PARAMETER || op->code == OP_LENGTH) {
		piece->name = codec->fields[op->field].name;
		if (piece->name[0] == '#') /* a length that has no name */
			piece->name = "";
		piece->type = type_words(d, &codec->fields[op->field].type);
		piece->value = raw_words(d, &codec->fields[op->field], &d->raw[op->field]);
		return;
	}
	piece->type = op->code == OP_LITERAL  ? "constant"
		      : op->code == OP_CHECK  ? "checksum"
		      : op->code == OP_TAGGED ? "tag or length"
					      : "ignored";
	piece->value = op->code == OP_CHECK ? "right" : bytes_words(d, noted->bytes, noted->len);
}

/* Of a regular expression: its groups, where they matched. */
static void add_groups(struct dissector *d, const struct codec *codec)
{
	for (size_t i = 0; i < codec->n_fields; i++) {
		struct dissect_piece *piece;
		size_t at, len;

		if (!pattern_place(codec->pattern, i, &at, &len))
			continue;
		piece = add_piece(d, at, len);
		piece->name = codec->fields[i].name;
		piece->type = type_words(d, &codec->fields[i].type);
		piece->value = raw_words(d, &codec->fields[i], &d->raw[i]);
	}
}

static struct match run(struct dissector *d, const struct codec *codec, const uint8_t *data,
			size_t len)
{
	return codec_trace(codec, &d->parameters, data, len, d->raw, &d->trace);
}

/* Runs the codec once more, and keeps what it says. */
static void describe(struct dissector *d, const struct codec *codec, const char *name,
		     const uint8_t *data, size_t len)
{
	struct match m = run(d, codec, data, len);

	d->found.frame = name;
	d->found.verdict = m.verdict;
	if (codec->kind == CODEC_PATTERN && m.verdict == DRAGOMAN_TAKEN)
		add_groups(d, codec);
	for (size_t i = 0; i < d->trace.n; i++)
		add_op(d, codec, &d->trace.list[i], (size_t)(d->trace.list[i].bytes - data));
	if (m.verdict == DRAGOMAN_TAKEN)
		return;
	d->found.failed_at = m.at;
	d->found.expected =
		codec->kind == CODEC_PATTERN ? "what its pattern describes"
		: m.verdict == DRAGOMAN_FOREIGN
			? "this device's parameters"
			: expected_words(d, codec,
					 m.verdict == DRAGOMAN_LONG ? NULL : d->trace.failed, data,
					 m.at);
}

/* ---------------------------------------------------------------------------------------------
 * Frames and requests
 */

static void begin(struct dissector *d)
{
	arena_fini(&d->texts);
	d->found = (struct dissection){.verdict = DRAGOMAN_UNKNOWN};
}

static void add_reading(struct dissector *d, const struct frame *frame, int64_t received_ns)
{
	const struct reading *reading = frame->reading;
	struct dissect_value *values =
		arena_alloc(&d->texts, (reading->n_tags + 1) * sizeof(*values));
	struct dissect_reading *out;

	values_decode(frame, &d->parameters, d->raw, &d->scratch, d->values);
	for (size_t i = 0; i < reading->n_tags; i++) {
		const char *unit = reading->tags[i].declared.unit;

		values[i] = (struct dissect_value){d->values[i], unit ? unit : ""};
	}
	d->readings = xreallocarray(d->readings, d->found.n_readings + 1, sizeof(*d->readings));
	out = &d->readings[d->found.n_readings++];
	*out = (struct dissect_reading){.name = reading->name ? reading->name : "",
					.time_ns = values_time(frame, d->raw, received_ns),
					.values = values,
					.n_values = reading->n_tags};
	d->found.readings = d->readings;
}

/* Texts of all readings stay where they are: there is room for each from the beginning. */
static void add_readings(struct dissector *d, const struct frame *frame, size_t len,
			 int64_t received_ns)
{
	static const char *const words[] = {
		[MEANS_READING] = "",  [MEANS_YES] = "yes",     [MEANS_NO] = "no",
		[MEANS_BUSY] = "busy", [MEANS_ERROR] = "error", [MEANS_NOTHING] = "nothing"};
	const struct frame *element;

	if (!frame->reading) {
		d->found.means = say(d, "%s%s%s", words[frame->means], frame->reason ? ": " : "",
				     frame->reason ? frame->reason : "");
		return;
	}
	buf_clear(&d->scratch);
	buf_room(&d->scratch, (2 * len + 1) * (frame->n_more + 1));
	for (size_t i = 0; (element = frame_element(frame, i)); i++)
		if (frame_is_there(element, d->raw))
			add_reading(d, element, received_ns);
}

static bool is_nearer(const struct match *a, const struct match *b)
{
	return a->known != b->known ? a->known > b->known : a->at > b->at;
}

/* Where it got furthest, of those that know a byte of it at least. */
static const struct frame *nearest(struct dissector *d, const uint8_t *data, size_t len)
{
	const struct frame *found = NULL;
	struct match best = {DRAGOMAN_UNKNOWN, 0, 0};

	for (size_t i = 0; i < d->profile->n_frames; i++) {
		struct match m = run(d, &d->profile->frames[i].codec, data, len);

		if (m.verdict == DRAGOMAN_FOREIGN || (m.at && is_nearer(&m, &best))) {
			best = m;
			found = &d->profile->frames[i];
			if (m.verdict == DRAGOMAN_FOREIGN)
				break;
		}
	}
	return found;
}

static const struct request *request_of(const struct profile *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_requests; i++)
		if (!strcmp(p->requests[i].name, name))
			return &p->requests[i];
	return NULL;
}

const struct dissection *dissect_received(struct dissector *d, const char *request,
					  const uint8_t *data, size_t len, int64_t received_ns)
{
	const struct frame *frame = NULL;
	bool is_taken;

	begin(d);
	is_taken = profile_decode(d->profile, request_of(d->profile, request), &d->parameters, data,
				  len, d->raw, &frame) == DRAGOMAN_TAKEN;
	if (!is_taken)
		frame = nearest(d, data, len);
	if (frame)
		describe(d, &frame->codec, frame->name, data, len);
	if (is_taken)
		add_readings(d, frame, len, received_ns);
	return &d->found;
}

const struct dissection *dissect_sent(struct dissector *d, const uint8_t *data, size_t len)
{
	const struct profile *p = d->profile;

	begin(d);
	for (size_t i = 0; i < p->n_requests + p->n_commands; i++) {
		const struct request *r =
			i < p->n_requests ? &p->requests[i] : &p->commands[i - p->n_requests];

		if (!r->has_send || run(d, &r->message.codec, data, len).verdict != DRAGOMAN_TAKEN)
			continue;
		describe(d, &r->message.codec, r->name, data, len);
		break;
	}
	return &d->found;
}
