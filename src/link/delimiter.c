/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that end with a delimiter, one of a set: lines of text. Empty ones are passed over. Some bytes may
 * be frames of their own: alerts of one character between the lines. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"

struct delimiter_options {
	struct framer_options base;
	const struct conf_node *delimiter;
	struct conf_bytes send, alone;
	bool empty;
};

struct delimiter {
	struct framer framer;
	struct marks ends;
	struct marks sent; /* of a device whose frames end otherwise than those that it gets */
	bool takes_empty;
};

static const struct conf_row rows[] = {
	{.key = "delimiter",
	 .type = CONF_MARKS,
	 .offset = offsetof(struct delimiter_options, delimiter),
	 .help = "what ends a frame, \"\\r\\n\" or \"<CR>\", or a list of such; \"\\r\\n\" and \"\\n\" "
		 "if left out"},
	{.key = "send",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct delimiter_options, send),
	 .help = "what ends a frame that is sent, \"\": nothing; the first delimiter if left out"},
	{.key = "empty",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct delimiter_options, empty),
	 .fallback = "false",
	 .help = "a delimiter behind another one makes an empty frame"},
	{.key = "alone",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct delimiter_options, alone),
	 .help = "bytes each of which is a frame of its own where it begins one"},
	FRAMER_ROWS(struct delimiter_options, base, "4KiB", "true", "0s"),
	{.key = NULL},
};

static const struct conf_schema schema = {
	.name = "link delimiter",
	.rows = rows,
	.size = sizeof(struct delimiter_options),
};

static void delimiter_free(struct link *link)
{
	struct delimiter *d = (struct delimiter *)link;

	marks_fini(&d->ends);
	marks_fini(&d->sent);
	framer_fini(&d->framer);
	free(d);
}

/* Up to the delimiter, however long. */
static enum cut_result skip(struct delimiter *d, size_t len, size_t end, struct cut *out)
{
	size_t keep = d->ends.longest - 1; /* what may be the beginning of a delimiter */

	if (!end && len <= keep)
		return CUT_MORE;
	d->framer.is_skipping = !end;
	out->drop = end ? end : len - keep;
	return CUT_PASSED;
}

static enum cut_result too_long(struct delimiter *d, size_t len, size_t end, struct cut *out)
{
	enum cut_result result = skip(d, len, end, out);

	out->verdict = LINK_TOO_LONG;
	return result == CUT_PASSED ? CUT_REFUSED : result;
}

static enum cut_result delimiter_cut(struct framer *f, const uint8_t *bytes, size_t len,
				     bool is_final, struct cut *out)
{
	struct delimiter *d = (struct delimiter *)f;
	size_t mark_len = 0, longest = d->ends.longest;
	size_t end = marks_find_end(&d->ends, bytes, f->seen, len, &mark_len);

	if (f->is_skipping)
		return skip(d, len, end, out);
	if (end > f->max || (!end && len >= f->max + longest))
		return too_long(d, len, end, out);
	if (!end && is_final) {
		out->verdict = LINK_CUT;
		out->drop = len;
		return CUT_REFUSED;
	}
	if (!end) {
		f->seen = len >= longest ? len - (longest - 1) : 0;
		return CUT_MORE;
	}
	out->drop = end;
	if (end == mark_len && !d->takes_empty)
		return CUT_PASSED;
	out->end = end - mark_len;
	out->end_len = mark_len;
	if (framer_after(f, NULL, bytes, len, is_final, out) == CUT_MORE)
		return CUT_MORE;
	out->drop = out->len;
	return CUT_FRAME;
}

/* A device takes what the gateway ends its frames with, and ends its own as the gateway expects. Its alerts
 * go out as they are. */
static void turn_round(struct delimiter *d, const struct conf_bytes *send)
{
	d->framer.sends_alone = true;
	d->framer.send_end = d->ends.list;
	if (!send->len)
		return;
	d->sent = d->ends;
	d->framer.forbidden = &d->sent;
	d->ends = (struct marks){0};
	marks_add(&d->ends, send);
}

static void use_marks(struct delimiter *d, const struct delimiter_options *o,
		      const struct conf_node *node, struct conf_errors *errors)
{
	if (o->delimiter) {
		marks_init(&d->ends, o->delimiter, true, errors);
	} else {
		marks_add_str(&d->ends, "\r\n");
		marks_add_str(&d->ends, "\n");
	}
	if (!d->ends.n && !errors->n_errors)
		conf_error(errors, node,
			   "there is no delimiter; expected a text such as \"\\r\\n\", or "
			   "a list of texts");
	d->framer.forbidden = &d->ends;
	d->framer.send_end = conf_get(node, "send") ? &o->send : d->ends.list;
}

static struct link *delimiter_new(const void *options, const struct link_line *line,
				  const struct conf_node *node, struct conf_errors *errors)
{
	const struct delimiter_options *o = options;
	struct delimiter *d = xcalloc(1, sizeof(*d));
	size_t before = errors->n_errors;

	d->framer.cut = delimiter_cut;
	d->takes_empty = o->empty;
	for (size_t i = 0; i < o->alone.len; i++)
		marks_add(&d->framer.alone, &(struct conf_bytes){&o->alone.data[i], 1});
	framer_init(&d->framer, &o->base, node, errors);
	use_marks(d, o, node, errors);
	if (errors->n_errors == before && line->is_device)
		turn_round(d, &o->send);
	if (errors->n_errors == before)
		return &d->framer.link;
	delimiter_free(&d->framer.link);
	return NULL;
}

const struct link_kind link_delimiter = {
	.name = "delimiter",
	.help = "a frame ends with a delimiter",
	.schema = &schema,
	.new = delimiter_new,
	.free = delimiter_free,
	.receive = framer_receive,
	.send = framer_send,
	.expire = framer_expire,
	.reset = framer_reset,
	.add_alone = framer_add_alone,
};
