/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between a start mark and an end mark, such as STX and ETX, '$' and CR.
 *
 * A frame whose end was lost is followed by the start mark of the next one. With a check, what lies between
 * the first start mark and the end is tried first, and then what is behind the next start mark. Without,
 * the last start mark before the end counts, unless the configuration says that frames may contain one.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"

struct start_end_options {
	struct framer_options base;
	const struct conf_node *start, *end;
	int64_t extra;
	struct conf_bytes tail;
	bool nested;
};

struct start_end {
	struct framer framer;
	struct marks starts, ends;
	bool idle[256]; /* bytes that may stand between frames */
	bool last_start_counts;
};

static const struct conf_row rows[] = {
	{.key = "start",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct start_end_options, start),
	 .flags = CONF_REQUIRED,
	 .help = "what starts a frame, \"<STX>\", or a list of such; the first one is sent"},
	{.key = "end",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct start_end_options, end),
	 .flags = CONF_REQUIRED,
	 .help = "what ends a frame, \"<ETX>\", or a list of such; the first one is sent"},
	{.key = "extra",
	 .type = CONF_INT,
	 .offset = offsetof(struct start_end_options, extra),
	 .fallback = "0",
	 .max = 1024,
	 .help = "so many bytes behind the end mark (and the check there) belong to the frame"},
	{.key = "tail",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct start_end_options, tail),
	 .help = "bytes written behind each frame, such as \"<CR><LF>\", and passed over between frames"},
	{.key = "nested",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct start_end_options, nested),
	 .fallback = "false",
	 .help = "a frame without a check may contain its own start mark"},
	FRAMER_ROWS(struct start_end_options, base, "4KiB", "true", "1s"),
	{.key = NULL},
};

static const struct conf_schema schema = {
	.name = "link start_end",
	.rows = rows,
	.size = sizeof(struct start_end_options),
};

static void start_end_free(struct link *link)
{
	struct start_end *s = (struct start_end *)link;

	marks_fini(&s->starts);
	marks_fini(&s->ends);
	framer_fini(&s->framer);
	free(s);
}

static enum cut_result refuse(enum link_verdict verdict, size_t drop, size_t len, struct cut *out)
{
	*out = (struct cut){.verdict = verdict, .drop = drop, .len = len};
	return CUT_REFUSED;
}

static enum cut_result no_end(struct start_end *s, size_t len, struct cut *out)
{
	struct framer *f = &s->framer;

	if (len >= f->max)
		return refuse(LINK_TOO_LONG, 1, f->max, out);
	f->seen = len >= s->ends.longest ? len - (s->ends.longest - 1) : 0;
	return CUT_MORE;
}

static enum cut_result start_end_cut(struct framer *f, const uint8_t *bytes, size_t len,
				     bool is_final, struct cut *out)
{
	struct start_end *s = (struct start_end *)f;
	size_t limit = len < f->max ? len : f->max, mark_len = 0, end, again;
	enum cut_result result;
	size_t start = framer_hunt(&s->starts, s->idle, bytes, len, is_final, &result, out);

	if (!start)
		return result;
	end = marks_find_end(&s->ends, bytes, f->seen > start ? f->seen : start, limit, &mark_len);
	if (!end)
		return no_end(s, len, out);
	if (s->last_start_counts) {
		again = marks_find_last(&s->starts, bytes, 1, end - mark_len);
		if (again < end - mark_len)
			return refuse(LINK_CUT, again, again, out);
	}
	*out = (struct cut){
		.mark = start, .body = start, .end = end - mark_len, .end_len = mark_len};
	out->drop = 1;
	return framer_after(f, &s->starts, bytes, len, is_final, out);
}

static void set_idle(struct start_end *s, const struct conf_bytes *tail)
{
	for (size_t i = 0; i < s->ends.n_lasts; i++)
		s->idle[s->ends.lasts[i]] = true;
	for (size_t i = 0; i < s->ends.n; i++)
		for (size_t j = 0; j < s->ends.list[i].len; j++)
			s->idle[s->ends.list[i].data[j]] = true;
	for (size_t i = 0; i < tail->len; i++)
		s->idle[tail->data[i]] = true;
}

static void use_marks(struct start_end *s, const struct start_end_options *o,
		      const struct conf_node *node, struct conf_errors *errors)
{
	marks_init(&s->starts, o->start, false, errors);
	marks_init(&s->ends, o->end, true, errors);
	if ((!s->starts.n || !s->ends.n) && !errors->n_errors)
		conf_error(errors, node, "start and end need at least one mark each");
	set_idle(s, &o->tail);
	s->framer.forbidden = &s->ends;
	s->framer.send_start = s->starts.list;
	s->framer.send_end = s->ends.list;
	s->framer.tail = o->tail.len ? &o->tail : NULL;
}

static struct link *start_end_new(const void *options, const struct link_line *line,
				  const struct conf_node *node, struct conf_errors *errors)
{
	const struct start_end_options *o = options;
	struct start_end *s = xcalloc(1, sizeof(*s));
	size_t before = errors->n_errors;

	(void)line;
	s->framer.cut = start_end_cut;
	s->framer.extra = (size_t)o->extra;
	framer_init(&s->framer, &o->base, node, errors);
	use_marks(s, o, node, errors);
	s->last_start_counts = !s->framer.check && !o->nested;
	if (errors->n_errors == before)
		return &s->framer.link;
	start_end_free(&s->framer.link);
	return NULL;
}

const struct link_kind link_start_end = {
	.name = "start_end",
	.help = "a frame stands between a start mark and an end mark",
	.schema = &schema,
	.new = start_end_new,
	.free = start_end_free,
	.receive = framer_receive,
	.send = framer_send,
	.expire = framer_expire,
	.reset = framer_reset,
	.add_alone = framer_add_alone,
};
