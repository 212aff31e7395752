/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames with byte stuffing: marks stand between them, and a byte of the data that would look like a mark is
 * written as an escape byte and a code (stuffing.h).
 *
 * So a mark within a frame is never data. A start mark there begins a new frame, and what is a frame of its
 * own (DLE ACK) may stand within another one: it was put between by the other end, and is handed out first.
 *
 * Where the start mark is the end mark too (the flag of HDLC), or where there is none (SLIP), one mark between
 * two frames is enough.
 *
 * The check is over what is called the plain frame: marks without their escape byte, data without stuffing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"
#include "link/stuffing.h"

enum over { OVER_DATA, OVER_LINE };

struct stuffed_options {
	struct framer_options base;
	const struct conf_node *start, *end, *alone;
	struct conf_bytes send;
	struct stuffing_options stuffing;
	int over;
};

struct stuffed {
	struct framer framer;
	struct marks starts, ends;
	struct marks sent; /* the start mark of the other direction */
	struct stuffing stuffing;
	bool is_special[256];  /* the escape, and first bytes of marks */
	bool has_shared_marks; /* the end of a frame may be the start of the next one */
	enum over over;

	bool has_begun;    /* an end mark was seen: what follows is a frame */
	struct buf plain;  /* of the frame at the front, as far as framer.seen */
	size_t plain_mark; /* length of its start mark in it */
	struct buf within; /* frames of their own that stood in it: size_t index of the mark */
	bool is_broken;    /* by a code that means nothing */
	struct buf frame;  /* that is sent */
};

static const char *const over_names[] = {"data", "line", NULL};

static const struct conf_row rows[] = {
	{.key = "start",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct stuffed_options, start),
	 .help = "what starts a frame, \"<DLE><STX>\", or a list of such; none if left out"},
	{.key = "end",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct stuffed_options, end),
	 .flags = CONF_REQUIRED,
	 .help = "what ends a frame, \"<DLE><ETX>\", or a list of such; the first one is sent"},
	{.key = "send",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct stuffed_options, send),
	 .help = "what starts a frame that is sent; the first start mark if left out"},
	STUFFING_ROWS(struct stuffed_options, stuffing),
	{.key = "alone",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct stuffed_options, alone),
	 .help = "bytes that are a frame of their own, \"<DLE><ACK>\", or a list of such"},
	{.key = "over",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct stuffed_options, over),
	 .fallback = "data",
	 .choices = over_names,
	 .help = "what the check is computed over: data without the escapes, or the bytes of the line"},
	FRAMER_STRIPPED_ROWS(struct stuffed_options, base, "4KiB", "1s"),
	{.key = NULL},
};

static const struct conf_schema schema = {
	.name = "link stuffed",
	.rows = rows,
	.size = sizeof(struct stuffed_options),
};

static void stuffed_free(struct link *link)
{
	struct stuffed *s = (struct stuffed *)link;

	marks_fini(&s->starts);
	marks_fini(&s->ends);
	marks_fini(&s->sent);
	buf_fini(&s->plain);
	buf_fini(&s->within);
	buf_fini(&s->frame);
	framer_fini(&s->framer);
	free(s);
}

/* ---------------------------------------------------------------------------------------------
 * Between frames
 */

static enum cut_result refuse(enum link_verdict verdict, size_t drop, size_t len, struct cut *out)
{
	*out = (struct cut){.verdict = verdict, .drop = drop, .len = len};
	return CUT_REFUSED;
}

static enum cut_result noise(const struct stuffed *s, const uint8_t *bytes, size_t len,
			     struct cut *out)
{
	size_t n = 1;

	while (n < len && !s->is_special[bytes[n]])
		n++;
	return refuse(LINK_GARBAGE, n, n, out);
}

/* The length of the start mark at the front, or 0 with what else is there. Data that is left of a bad frame
 * may have doubled escapes in it, the second of which starts nothing. */
static size_t find_start(const struct stuffed *s, const uint8_t *bytes, size_t len, bool is_final,
			 enum cut_result *result_out, struct cut *out)
{
	int start = marks_at(&s->starts, bytes, len);
	int end = s->stuffing.is_doubled ? marks_at(&s->ends, bytes, len) : 0;
	bool is_pair = s->stuffing.is_doubled && bytes[0] == s->stuffing.escape;

	*result_out = CUT_MORE;
	if (!is_final && (start == MARKS_PART || end == MARKS_PART || (is_pair && len < 2)))
		return 0;
	if (is_pair && len >= 2 && bytes[1] == s->stuffing.escape)
		*result_out = refuse(LINK_GARBAGE, 2, 2, out);
	else if (end > 0)
		*result_out = refuse(LINK_GARBAGE, (size_t)end, (size_t)end, out);
	else if (start > 0)
		return (size_t)start;
	else
		*result_out = noise(s, bytes, len, out);
	return 0;
}

/* Whether a frame begins at the front where one mark may stand between two; else what is there. */
static bool is_content(struct stuffed *s, const uint8_t *bytes, size_t len, bool is_final,
		       enum cut_result *result_out, struct cut *out)
{
	int end = marks_at(&s->ends, bytes, len);

	*result_out = CUT_MORE;
	if (end == MARKS_PART && !is_final)
		return false;
	if (end > 0) {
		s->has_begun = true;
		out->drop = (size_t)end;
		*result_out = CUT_PASSED;
		return false;
	}
	if (s->has_begun || !s->starts.n)
		return true;
	*result_out = noise(s, bytes, len, out);
	return false;
}

/* Behind a frame that was too long, up to its end. */
static enum cut_result skip(struct stuffed *s, const uint8_t *bytes, size_t len, struct cut *out)
{
	size_t mark_len, keep = s->ends.longest - 1;
	size_t end = marks_find_end(&s->ends, bytes, s->framer.seen, len, &mark_len);

	if (!end && len <= keep)
		return CUT_MORE;
	s->framer.is_skipping = !end;
	out->drop = end ? end : len - keep;
	return CUT_PASSED;
}

/* ---------------------------------------------------------------------------------------------
 * Within a frame
 */

enum found { FOUND_MORE, FOUND_END, FOUND_START };

static void begin(struct stuffed *s, const uint8_t *mark, size_t len)
{
	size_t without = len && s->stuffing.is_doubled ? 1 : 0;

	buf_clear(&s->plain);
	buf_clear(&s->within);
	buf_add(&s->plain, mark + without, len - without);
	s->plain_mark = s->plain.len;
	s->is_broken = false;
}

/* What was put between the bytes of the frame. */
static void note_within(struct stuffed *s, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < s->framer.alone.n; i++)
		if (s->framer.alone.list[i].len == len &&
		    !memcmp(s->framer.alone.list[i].data, bytes, len))
			buf_add(&s->within, &i, sizeof(i));
}

static void hand_out_within(struct stuffed *s)
{
	struct framer *f = &s->framer;
	size_t i;

	for (size_t at = 0; at < s->within.len; at += sizeof(i)) {
		memcpy(&i, buf_bytes(&s->within) + at, sizeof(i));
		f->link.sink->frame(f->link.sink_arg, f->alone.list[i].data, f->alone.list[i].len,
				    f->received_ns);
	}
	buf_clear(&s->within);
}

/* The escape and what is behind it. Returns how many bytes are done with. */
static size_t take_code(struct stuffed *s, const uint8_t *bytes)
{
	uint8_t byte;

	if (s->stuffing.means[bytes[1]] < 0) {
		s->is_broken = true;
		return s->is_special[bytes[1]] ? 1 : 2;
	}
	byte = (uint8_t)s->stuffing.means[bytes[1]];
	buf_add(&s->plain, &byte, 1);
	return 2;
}

/* A byte that is none of the data's. Returns how many are done with, 0: a mark (*found_out), or it cannot be
 * seen yet. */
static size_t take_special(struct stuffed *s, const uint8_t *bytes, size_t len,
			   enum found *found_out)
{
	int end = marks_at(&s->ends, bytes, len), start = marks_at(&s->starts, bytes, len);
	int alone = marks_at(&s->framer.alone, bytes, len);
	bool is_escape = bytes[0] == s->stuffing.escape;

	*found_out = FOUND_MORE;
	if (is_escape && len >= 2 && s->stuffing.means[bytes[1]] >= 0)
		return take_code(s, bytes);
	if (end > 0) {
		*found_out = FOUND_END;
		return 0;
	}
	if (alone > 0) {
		note_within(s, bytes, (size_t)alone);
		return (size_t)alone;
	}
	if (end < 0 || alone < 0 || start < 0 || (is_escape && len < 2))
		return 0;
	if (start > 0) {
		*found_out = FOUND_START;
		return 0;
	}
	if (is_escape)
		return take_code(s, bytes);
	buf_add(&s->plain, bytes, 1);
	return 1;
}

/* Goes on from framer.seen up to a mark; *at_out is where that is. */
static enum found unstuff(struct stuffed *s, const uint8_t *bytes, size_t len, size_t *at_out)
{
	enum found found = FOUND_MORE;
	size_t at = s->framer.seen, n;

	while (at < len) {
		for (n = 0; at + n < len && !s->is_special[bytes[at + n]];)
			n++;
		buf_add(&s->plain, bytes + at, n);
		at += n;
		if (at == len)
			break;
		n = take_special(s, bytes + at, len - at, &found);
		if (!n)
			break;
		at += n;
	}
	s->framer.seen = at;
	*at_out = at;
	return found;
}

/* ---------------------------------------------------------------------------------------------
 * Cutting
 */

/* Where a frame has its own start mark, the search goes on behind it; else behind the next end mark. */
static enum cut_result too_long(struct stuffed *s, struct cut *out)
{
	size_t max = s->framer.max;

	s->framer.is_skipping = s->has_shared_marks;
	return refuse(LINK_TOO_LONG, s->has_shared_marks ? max - (s->ends.longest - 1) : 1, max,
		      out);
}

static enum cut_result no_end(struct stuffed *s, size_t len, bool is_final, struct cut *out)
{
	if (len >= s->framer.max)
		return too_long(s, out);
	if (!is_final || !s->has_shared_marks)
		return CUT_MORE;
	s->has_begun = false;
	return refuse(LINK_CUT, len, len, out);
}

/* Up to the end mark at end. What is behind it is not given up with a bad frame: a check that was lost may
 * be the beginning of the next one. */
static enum cut_result whole(struct stuffed *s, const uint8_t *bytes, size_t len, size_t start,
			     size_t end, struct cut *out)
{
	struct framer *f = &s->framer;
	size_t mark_len = (size_t)marks_at(&s->ends, bytes + end, len - end);

	*out = (struct cut){.mark = start, .body = start, .end = end, .end_len = mark_len};
	out->drop = end + mark_len;
	if (s->is_broken) {
		hand_out_within(s);
		return refuse(LINK_BAD_ESCAPE, end + mark_len, end + mark_len, out);
	}
	if (framer_after(f, NULL, bytes, len, false, out) == CUT_MORE)
		return CUT_MORE;
	s->has_begun = true;
	hand_out_within(s);
	return CUT_FRAME;
}

static enum cut_result stuffed_cut(struct framer *f, const uint8_t *bytes, size_t len,
				   bool is_final, struct cut *out)
{
	struct stuffed *s = (struct stuffed *)f;
	size_t limit = len < f->max ? len : f->max, start = 0, at;
	enum cut_result result;
	enum found found;

	if (f->is_skipping)
		return skip(s, bytes, len, out);
	if (!s->has_shared_marks) {
		start = find_start(s, bytes, len, is_final, &result, out);
		if (!start)
			return result;
	} else if (!is_content(s, bytes, len, is_final, &result, out)) {
		return result;
	}
	if (!f->seen) {
		begin(s, bytes, start);
		f->seen = start;
	}
	found = unstuff(s, bytes, limit, &at);
	if (found == FOUND_MORE)
		return no_end(s, len, is_final, out);
	if (found == FOUND_END)
		return whole(s, bytes, len, start, at, out);
	hand_out_within(s);
	return refuse(s->is_broken ? LINK_BAD_ESCAPE : LINK_CUT, at, at, out);
}

static size_t plain_len(const struct stuffed *s, size_t mark_len)
{
	return mark_len - (s->stuffing.is_doubled && mark_len ? 1 : 0);
}

/* The frame that was just cut: its plain form is checked, or the bytes of the line are. */
static int stuffed_open(struct framer *f, const uint8_t *bytes, const struct cut *cut,
			struct payload *out, enum link_verdict *verdict_out)
{
	struct stuffed *s = (struct stuffed *)f;
	struct cut plain = {.mark = s->plain_mark, .body = s->plain_mark, .end = s->plain.len};
	size_t end = s->plain.len, unused;
	int bad;

	if (s->over == OVER_LINE) {
		bad = check_verify(f->check, bytes, cut, &unused, verdict_out);
	} else {
		plain.end_len = plain_len(s, cut->end_len);
		buf_add(&s->plain, bytes + cut->end + cut->end_len - plain.end_len,
			cut->len - cut->end - cut->end_len + plain.end_len);
		plain.len = s->plain.len;
		bad = check_verify(f->check, buf_bytes(&s->plain), &plain, &end, verdict_out);
	}
	*out = (struct payload){buf_bytes(&s->plain) + s->plain_mark, end - s->plain_mark};
	return bad;
}

static void stuffed_reset(struct link *link)
{
	framer_reset(link);
	((struct stuffed *)link)->has_begun = false;
}

/* ---------------------------------------------------------------------------------------------
 * Sending
 */

static void add_room(struct buf *out, size_t n)
{
	if (n)
		memset(buf_room(out, n), 0, n);
	buf_grown(out, n);
}

/* The plain frame with its check. */
static int compose(struct stuffed *s, const uint8_t *payload, size_t len, struct cut *cut)
{
	struct framer *f = &s->framer;
	const struct conf_bytes *start = f->send_start, *end = f->send_end;
	size_t start_len = start && !s->has_shared_marks ? plain_len(s, start->len) : 0;
	size_t end_len = plain_len(s, end->len);

	buf_clear(&f->out);
	if (start_len)
		buf_add(&f->out, start->data + start->len - start_len, start_len);
	cut->mark = cut->body = f->out.len;
	buf_add(&f->out, payload, len);
	add_room(&f->out, check_len_before(f->check));
	cut->end = f->out.len;
	buf_add(&f->out, end->data + end->len - end_len, end_len);
	cut->end_len = end_len;
	add_room(&f->out, check_len_after(f->check));
	cut->len = f->out.len;
	return check_put(f->check, buf_bytes(&f->out), cut);
}

/* The bytes of the line. */
static int lay_out(struct stuffed *s, const struct cut *plain)
{
	struct framer *f = &s->framer;
	const uint8_t *bytes = buf_bytes(&f->out);
	struct cut cut = {0};

	buf_clear(&s->frame);
	if (f->send_start)
		buf_add(&s->frame, f->send_start->data, f->send_start->len);
	cut.mark = cut.body = s->frame.len;
	stuffing_write(&s->stuffing, bytes + plain->body, plain->end - plain->body, &s->frame);
	cut.end = s->frame.len;
	buf_add(&s->frame, f->send_end->data, f->send_end->len);
	cut.end_len = f->send_end->len;
	buf_add(&s->frame, bytes + plain->end + plain->end_len,
		plain->len - plain->end - plain->end_len);
	cut.len = s->frame.len;
	return s->over == OVER_LINE ? check_put(f->check, buf_bytes(&s->frame), &cut) : 0;
}

/* A start mark that is the escape byte alone needs data behind it that makes no other mark of it. */
static bool is_ambiguous(const struct stuffed *s)
{
	const struct conf_bytes *start = s->framer.send_start;
	const uint8_t *bytes = buf_bytes(&s->frame);

	return s->stuffing.is_doubled && start->len == 1 &&
	       (bytes[1] == s->stuffing.escape || marks_at(&s->ends, bytes, s->frame.len) > 0 ||
		marks_at(&s->framer.alone, bytes, s->frame.len) > 0);
}

static int stuffed_send(struct link *link, const uint8_t *payload, size_t len, struct err *err)
{
	struct stuffed *s = (struct stuffed *)link;
	struct framer *f = &s->framer;
	struct cut cut = {0};

	if (framer_send_alone(f, payload, len))
		return 0;
	if (compose(s, payload, len, &cut) < 0 || lay_out(s, &cut) < 0)
		return err_set(err, "a frame of %zu bytes is too short for its check", len);
	if (s->frame.len > f->max)
		return err_set(err, "the frame would have %zu bytes, the link's max is %zu",
			       s->frame.len, f->max);
	if (s->has_shared_marks && cut.end == cut.body)
		return err_set(err, "a frame without bytes is none on this link");
	if (is_ambiguous(s))
		return err_set(err, "the payload begins with a byte that makes its start mark "
				    "another mark");
	link->sink->write(link->sink_arg, buf_bytes(&s->frame), s->frame.len);
	return 0;
}

/* ---------------------------------------------------------------------------------------------
 * Making one
 */

static void note_marks(struct stuffed *s, const struct marks *marks)
{
	for (size_t i = 0; i < marks->n_firsts; i++)
		s->is_special[marks->firsts[i]] = true;
}

static void use_escape(struct stuffed *s, const struct stuffed_options *o,
		       const struct conf_node *node, struct conf_errors *errors)
{
	s->is_special[o->stuffing.escape.data[0]] = true;
	note_marks(s, &s->starts);
	note_marks(s, &s->ends);
	note_marks(s, &s->framer.alone);
	if (o->send.len)
		s->is_special[o->send.data[0]] = true;
	stuffing_init(&s->stuffing, &o->stuffing, s->is_special, node, errors);
}

static void check_mark(const struct stuffed *s, const struct conf_bytes *mark,
		       const struct conf_node *node, struct conf_errors *errors)
{
	bool is_escaped = mark->data[0] == s->stuffing.escape;

	if (is_escaped && !s->stuffing.is_doubled)
		conf_error(errors, node,
			   "a mark cannot begin with the escape byte, unless that "
			   "is doubled in data");
	else if (!is_escaped && s->stuffing.is_doubled)
		conf_error(errors, node,
			   "where the escape byte is doubled, marks begin with it, else data "
			   "could contain them; or expected xor or table");
	else if (s->stuffing.is_doubled && mark->len > 1 && mark->data[1] == s->stuffing.escape)
		conf_error(errors, node, "a mark cannot begin with a doubled escape byte");
}

static void check_marks(const struct stuffed *s, const struct marks *marks,
			const struct conf_node *node, struct conf_errors *errors)
{
	for (size_t i = 0; i < marks->n; i++)
		check_mark(s, &marks->list[i], node, errors);
}

static bool is_same(const struct conf_bytes *a, const struct conf_bytes *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static void use_marks(struct stuffed *s, const struct stuffed_options *o,
		      const struct conf_node *node, struct conf_errors *errors)
{
	marks_init(&s->starts, o->start, false, errors);
	marks_init(&s->ends, o->end, true, errors);
	marks_init(&s->framer.alone, o->alone, false, errors);
	if (!s->ends.n && !errors->n_errors)
		conf_error(errors, node, "end needs at least one mark");
	if (!s->ends.n)
		return;
	for (size_t i = 0; i < s->starts.n; i++)
		s->has_shared_marks |= is_same(&s->starts.list[i], &s->ends.list[0]);
	s->has_shared_marks |= !s->starts.n;
	if (s->has_shared_marks && (s->starts.n > 1 || s->ends.n > 1))
		conf_error(errors, node,
			   "a mark that starts and ends frames is the only one there is");
	if (s->has_shared_marks && o->send.len)
		conf_error(errors, conf_get(node, "send"),
			   "\"send\" needs a start mark that is not the end mark");
}

static void check_options(const struct stuffed *s, const struct stuffed_options *o,
			  const struct conf_node *node, struct conf_errors *errors)
{
	const struct framer *f = &s->framer;

	check_marks(s, &s->starts, conf_get(node, "start"), errors);
	check_marks(s, &s->ends, conf_get(node, "end"), errors);
	check_marks(s, &f->alone, conf_get(node, "alone"), errors);
	if (o->send.len)
		check_mark(s, &o->send, conf_get(node, "send"), errors);
	if (s->has_shared_marks && s->stuffing.is_doubled)
		conf_error(errors, node,
			   "an escape byte that is doubled needs a start mark that is "
			   "not the end mark; or expected xor or table");
	if (s->has_shared_marks && check_len_after(f->check))
		conf_error(errors, node,
			   "behind an end mark that may start the next frame there is no check; "
			   "expected place: before-end");
	if (s->over == OVER_LINE && check_len_before(f->check))
		conf_error(errors, node,
			   "a check over the bytes of the line stands behind the end mark; "
			   "expected place: after-end, or over: data");
	if (check_may_be_absent(f->check))
		conf_error(errors, node, "such a frame has its check; expected required: true");
	if (f->max < s->starts.longest + s->ends.longest + 1)
		conf_error(errors, node, "max leaves no room between the marks");
}

/* A device takes what the gateway starts its frames with, and starts its own as the gateway expects. */
static void choose_sent(struct stuffed *s, const struct stuffed_options *o, bool is_device)
{
	struct marks received = s->starts;

	s->framer.send_start = s->starts.list;
	s->framer.send_end = s->ends.list;
	s->framer.sends_alone = true;
	if (!o->send.len)
		return;
	marks_add(&s->sent, &o->send);
	s->framer.send_start = s->sent.list;
	if (!is_device)
		return;
	s->starts = s->sent;
	s->sent = received;
	s->framer.send_start = s->sent.list;
}

static struct link *stuffed_new(const void *options, const struct link_line *line,
				const struct conf_node *node, struct conf_errors *errors)
{
	const struct stuffed_options *o = options;
	struct stuffed *s = xcalloc(1, sizeof(*s));
	size_t before = errors->n_errors;

	s->framer.cut = stuffed_cut;
	s->framer.open = stuffed_open;
	s->over = (enum over)o->over;
	framer_init(&s->framer, &o->base, node, errors);
	use_marks(s, o, node, errors);
	if (errors->n_errors == before)
		use_escape(s, o, node, errors);
	if (errors->n_errors == before)
		check_options(s, o, node, errors);
	if (errors->n_errors == before) {
		choose_sent(s, o, line->is_device);
		return &s->framer.link;
	}
	stuffed_free(&s->framer.link);
	return NULL;
}

const struct link_kind link_stuffed = {
	.name = "stuffed",
	.help = "a frame stands between marks, and bytes of the data that look like them are escaped",
	.schema = &schema,
	.new = stuffed_new,
	.free = stuffed_free,
	.receive = framer_receive,
	.send = stuffed_send,
	.expire = framer_expire,
	.reset = stuffed_reset,
	.add_alone = framer_add_alone,
};
