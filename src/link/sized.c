/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of known size: the same for all (fixed), or said by a field near their beginning (length_field).
 * A start mark, an end mark or a check tell a frame from garbage; without any of them only silence does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"

enum form { FORM_BINARY, FORM_HEX, FORM_DECIMAL };
enum order { ORDER_BIG, ORDER_LITTLE };
static const char *const form_names[] = {"binary", "hex", "decimal", NULL};
static const char *const order_names[] = {"big", "little", NULL};

struct sized_options {
	struct framer_options base;
	const struct conf_node *start;
	struct conf_bytes end;
	int64_t fixed; /* of link fixed: the length */
	int64_t offset, size, adjust;
	int form, order;
	bool head;
};

struct sized {
	struct framer framer;
	struct marks starts;
	struct conf_bytes end; /* the options' */
	bool idle[256];        /* none */
	size_t fixed;          /* 0: there is a field */
	size_t offset, size;
	int64_t adjust;
	enum form form;
	enum order order;
	bool keeps_head;
};

#define COMMON_ROWS                                                                                \
	{.key = "start",                                                                           \
	 .type = CONF_MARKS,                                                                       \
	 .offset = offsetof(struct sized_options, start),                                          \
	 .help = "what each frame starts with, or a list of such; the first one is sent"},         \
	{                                                                                          \
		.key = "end", .type = CONF_BYTES, .offset = offsetof(struct sized_options, end),   \
		.help = "what each frame ends with"                                                \
	}

static const struct conf_row fixed_rows[] = {
	{.key = "fixed",
	 .type = CONF_INT,
	 .offset = offsetof(struct sized_options, fixed),
	 .min = 1,
	 .max = 1 << 20,
	 .flags = CONF_REQUIRED,
	 .help = "length of each frame, marks and check included"},
	COMMON_ROWS,
	FRAMER_ROWS(struct sized_options, base, "1MiB", "true", "1s"),
	{.key = NULL},
};

static const struct conf_row field_rows[] = {
	{.key = "offset",
	 .type = CONF_INT,
	 .offset = offsetof(struct sized_options, offset),
	 .fallback = "0",
	 .max = 4096,
	 .help = "where the length stands, counted from the first byte of the frame"},
	{.key = "size",
	 .type = CONF_INT,
	 .offset = offsetof(struct sized_options, size),
	 .fallback = "1",
	 .min = 1,
	 .max = 8,
	 .help = "bytes of the length (binary: at most 4) or its digits"},
	{.key = "form",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct sized_options, form),
	 .fallback = "binary",
	 .choices = form_names,
	 .help = "how it is written"},
	{.key = "order",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct sized_options, order),
	 .fallback = "big",
	 .choices = order_names,
	 .help = "which byte of a binary length comes first"},
	{.key = "adjust",
	 .type = CONF_INT,
	 .offset = offsetof(struct sized_options, adjust),
	 .fallback = "0",
	 .min = -4096,
	 .max = 4096,
	 .help = "the length and this are the length of the whole frame, marks and check included"},
	{.key = "head",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct sized_options, head),
	 .fallback = "true",
	 .help = "the payload begins with the length and what stands before it (in a payload that is "
		 "sent the length is filled in)"},
	COMMON_ROWS,
	FRAMER_ROWS(struct sized_options, base, "4KiB", "true", "1s"),
	{.key = NULL},
};

static const struct conf_schema fixed_schema = {
	.name = "link fixed",
	.rows = fixed_rows,
	.size = sizeof(struct sized_options),
};

static const struct conf_schema field_schema = {
	.name = "link length_field",
	.rows = field_rows,
	.size = sizeof(struct sized_options),
};

static void sized_free(struct link *link)
{
	struct sized *s = (struct sized *)link;

	marks_fini(&s->starts);
	framer_fini(&s->framer);
	free(s);
}

/* ---------------------------------------------------------------------------------------------
 * The field
 */

static int64_t read_binary(const struct sized *s, const uint8_t *at)
{
	int64_t value = 0;

	for (size_t i = 0; i < s->size; i++)
		value = value << 8 | at[s->order == ORDER_BIG ? i : s->size - 1 - i];
	return value;
}

/* -1 if it is no number. */
static int64_t read_digits(const struct sized *s, const uint8_t *at)
{
	int base = s->form == FORM_HEX ? 16 : 10;
	int64_t value = 0;

	for (size_t i = 0; i < s->size; i++) {
		int digit = hex_digit((char)at[i]);

		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
	}
	return value;
}

static int write_field(const struct framer *f, uint8_t *frame, size_t len, struct err *err)
{
	const struct sized *s = (const struct sized *)f;
	int64_t value = (int64_t)len - s->adjust, rest = value;
	unsigned base = s->form == FORM_BINARY ? 256 : s->form == FORM_HEX ? 16 : 10;

	if (len < s->offset + s->size)
		return err_set(err, "a frame of %zu bytes has no room for its length", len);
	for (size_t i = 0; i < s->size; i++) {
		bool is_first = s->form == FORM_BINARY && s->order == ORDER_LITTLE;
		uint8_t *at = frame + s->offset + (is_first ? i : s->size - 1 - i);
		unsigned digit = rest < 0 ? 0 : (unsigned)(rest % base);

		*at = base == 256 ? (uint8_t)digit : (uint8_t) "0123456789ABCDEF"[digit];
		rest /= base;
	}
	if (value < 0 || rest)
		return err_set(err, "a length of %lld does not fit into its field",
			       (long long)value);
	return 0;
}

/* ---------------------------------------------------------------------------------------------
 * Cutting
 */

/* What every frame has: marks, field, check. */
static size_t least(const struct sized *s, size_t mark)
{
	size_t head = s->fixed ? mark : s->offset + s->size;

	if (head < mark)
		head = mark;
	return head + s->end.len + check_len_before(s->framer.check) +
	       check_len_after(s->framer.check);
}

/* The length of the frame at bytes; 0 with *ok: it cannot be seen yet. */
static size_t total(const struct sized *s, const uint8_t *bytes, size_t len, size_t mark, bool *ok)
{
	int64_t value;

	*ok = true;
	if (s->fixed)
		return s->fixed;
	if (len < s->offset + s->size)
		return 0;
	value = s->form == FORM_BINARY ? read_binary(s, bytes + s->offset)
				       : read_digits(s, bytes + s->offset);
	*ok = value >= 0 && value + s->adjust >= (int64_t)least(s, mark) &&
	      value + s->adjust <= (int64_t)s->framer.max;
	return *ok ? (size_t)(value + s->adjust) : 0;
}

static enum cut_result refuse(enum link_verdict verdict, size_t drop, size_t len, struct cut *out)
{
	*out = (struct cut){.verdict = verdict, .drop = drop, .len = len};
	return CUT_REFUSED;
}

/* Half a frame: with nothing to tell a frame by, silence is the one thing that says where one begins. */
static enum cut_result more(struct sized *s, size_t len, bool is_final, struct cut *out)
{
	if (is_final && !s->starts.n && !s->framer.check)
		return refuse(LINK_CUT, len, len, out);
	return CUT_MORE;
}

static enum cut_result sized_cut(struct framer *f, const uint8_t *bytes, size_t len, bool is_final,
				 struct cut *out)
{
	struct sized *s = (struct sized *)f;
	size_t mark = 0, want, after = check_len_after(f->check);
	enum cut_result result;
	bool ok;

	if (s->starts.n) {
		mark = framer_hunt(&s->starts, s->idle, bytes, len, is_final, &result, out);
		if (!mark)
			return result;
	}
	want = total(s, bytes, len, mark, &ok);
	if (!ok)
		return refuse(LINK_BAD_LENGTH, 1, s->offset + s->size, out);
	if (!want || len < want)
		return more(s, len, is_final, out);
	out->mark = mark;
	out->body = s->keeps_head ? mark : s->offset + s->size;
	out->end_len = s->end.len;
	out->end = want - after - s->end.len;
	out->len = want;
	out->drop = 1;
	if (s->end.len && memcmp(bytes + out->end, s->end.data, s->end.len) != 0)
		return refuse(LINK_BAD_LENGTH, 1, want, out);
	return CUT_FRAME;
}

/* ---------------------------------------------------------------------------------------------
 * Making one
 */

static void check_lengths(const struct sized *s, const struct conf_node *node,
			  struct conf_errors *errors)
{
	const struct framer *f = &s->framer;

	if (s->fixed && least(s, s->starts.longest) > s->fixed)
		conf_error(errors, node, "%zu bytes are too few for the marks and the check",
			   s->fixed);
	if (!s->fixed && s->form == FORM_BINARY && s->size > 4)
		conf_error(errors, node,
			   "a binary length has at most 4 bytes; expected size: 1 to 4");
	if (check_may_be_absent(f->check))
		conf_error(errors, node,
			   "in a frame whose length is known the check is there or not; "
			   "expected required: true");
	for (size_t i = 0; !s->keeps_head && i < (s->starts.n ? s->starts.n : 1); i++)
		if ((s->starts.n ? s->starts.list[i].len : 0) != s->offset) {
			conf_error(
				errors, node,
				"bytes between start mark and length would be lost; expected head: "
				"true, or the length directly behind the start mark");
			break;
		}
}

static struct link *make(const struct sized_options *o, size_t fixed, const struct conf_node *node,
			 struct conf_errors *errors)
{
	struct sized *s = xcalloc(1, sizeof(*s));
	size_t before = errors->n_errors;

	s->framer.cut = sized_cut;
	s->end = o->end;
	s->fixed = s->framer.send_len = fixed;
	s->offset = (size_t)o->offset;
	s->size = (size_t)o->size;
	s->adjust = o->adjust;
	s->form = (enum form)o->form;
	s->order = (enum order)o->order;
	s->keeps_head = fixed || o->head;
	framer_init(&s->framer, &o->base, node, errors);
	if (fixed)
		s->framer.max = fixed;
	marks_init(&s->starts, o->start, false, errors);
	s->framer.send_start = s->starts.list;
	s->framer.send_end = o->end.len ? &o->end : NULL;
	if (!fixed) {
		s->framer.seal = write_field;
		s->framer.head_len = s->keeps_head ? 0 : s->size;
	}
	check_lengths(s, node, errors);
	if (errors->n_errors == before)
		return &s->framer.link;
	sized_free(&s->framer.link);
	return NULL;
}

static struct link *fixed_new(const void *options, const struct link_line *line,
			      const struct conf_node *node, struct conf_errors *errors)
{
	const struct sized_options *o = options;

	(void)line;
	return make(o, (size_t)o->fixed, node, errors);
}

static struct link *field_new(const void *options, const struct link_line *line,
			      const struct conf_node *node, struct conf_errors *errors)
{
	(void)line;
	return make(options, 0, node, errors);
}

const struct link_kind link_fixed = {
	.name = "fixed",
	.help = "all frames have the same length",
	.schema = &fixed_schema,
	.new = fixed_new,
	.free = sized_free,
	.receive = framer_receive,
	.send = framer_send,
	.expire = framer_expire,
	.reset = framer_reset,
	.add_alone = framer_add_alone,
};

const struct link_kind link_length_field = {
	.name = "length_field",
	.help = "a frame says its length near its beginning",
	.schema = &field_schema,
	.new = field_new,
	.free = sized_free,
	.receive = framer_receive,
	.send = framer_send,
	.expire = framer_expire,
	.reset = framer_reset,
	.add_alone = framer_add_alone,
};
