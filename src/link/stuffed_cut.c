/* SPDX-License-Identifier: Apache-2.0 */
/* Frames with byte stuffing are cut out of the line; see stuffed.h. */
#include <string.h>

#include "link/stuffed.h"

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

enum cut_result stuffed_cut(struct framer *f, const uint8_t *bytes, size_t len, bool is_final,
			    struct cut *out)
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

size_t stuffed_plain_len(const struct stuffed *s, size_t mark_len)
{
	return mark_len - (s->stuffing.is_doubled && mark_len ? 1 : 0);
}

int stuffed_open(struct framer *f, const uint8_t *bytes, const struct cut *cut, struct payload *out,
		 enum link_verdict *verdict_out)
{
	struct stuffed *s = (struct stuffed *)f;
	struct cut plain = {.mark = s->plain_mark, .body = s->plain_mark, .end = s->plain.len};
	size_t end = s->plain.len, unused;
	int bad;

	if (s->over == OVER_LINE) {
		bad = check_verify(f->check, bytes, cut, &unused, verdict_out);
	} else {
		plain.end_len = stuffed_plain_len(s, cut->end_len);
		buf_add(&s->plain, bytes + cut->end + cut->end_len - plain.end_len,
			cut->len - cut->end - cut->end_len + plain.end_len);
		plain.len = s->plain.len;
		bad = check_verify(f->check, buf_bytes(&s->plain), &plain, &end, verdict_out);
	}
	*out = (struct payload){buf_bytes(&s->plain) + s->plain_mark, end - s->plain_mark};
	return bad;
}
