/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link of frames with byte stuffing (stuffed.h): its options and what must be true of them, and how a frame is
 * sent. How one is cut out of the line is in stuffed_cut.c.
 */
#include "link/stuffed.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "link/kinds.h"

struct stuffed_options {
	struct framer_options base;
	const struct conf_node *start, *end, *alone;
	struct conf_bytes send;
	struct stuffing_options stuffing;
	int over;
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
	size_t start_len = start && !s->has_shared_marks ? stuffed_plain_len(s, start->len) : 0;
	size_t end_len = stuffed_plain_len(s, end->len);

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
