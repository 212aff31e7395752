/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that end with silence. The silence is seen either by the timer, or, where the process came late,
 * by the time between two chunks: a chunk's first byte came at least as long ago as its bytes take on the
 * line. Within a chunk no silence can be seen.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"

struct gap_options {
	struct framer_options base;
	int64_t gap_ns;
	double chars;
};

struct gap {
	struct framer framer;
	struct buf held;
	int64_t silence_ns; /* that ends a frame */
	int64_t char_ns;
	int64_t began_ns; /* wall clock: when the first held byte came */
	int64_t last_ns;  /* monotonic: when the last byte had come */
	bool is_too_long; /* what is held is the beginning of it; the rest is passed over */
};

static const struct conf_row rows[] = {
	{.key = "gap",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct gap_options, gap_ns),
	 .min = 100e3,
	 .max = 60e9,
	 .flags = CONF_REQUIRED,
	 .help = "silence that ends a frame"},
	{.key = "chars",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct gap_options, chars),
	 .fallback = "0",
	 .max = 1000,
	 .help = "and at least so many character times, on a line that has a speed (Modbus: 3.5)"},
	FRAMER_ROWS(struct gap_options, base, "4KiB", "true", "0s"),
	{.key = NULL},
};

static const struct conf_schema schema = {
	.name = "link gap",
	.rows = rows,
	.size = sizeof(struct gap_options),
};

static void gap_free(struct link *link)
{
	struct gap *gap = (struct gap *)link;

	buf_fini(&gap->held);
	framer_fini(&gap->framer);
	free(gap);
}

static struct link *gap_new(const void *options, const struct link_line *line,
			    const struct conf_node *node, struct conf_errors *errors)
{
	const struct gap_options *o = options;
	struct gap *gap = xcalloc(1, sizeof(*gap));
	int64_t chars_ns;

	gap->char_ns = line->char_ns;
	chars_ns = (int64_t)(o->chars * (double)line->char_ns);
	gap->silence_ns = o->gap_ns > chars_ns ? o->gap_ns : chars_ns;
	if (framer_init(&gap->framer, &o->base, node, errors) == 0)
		return &gap->framer.link;
	gap_free(&gap->framer.link);
	return NULL;
}

/* The frame is over. */
static void finish(struct gap *gap)
{
	if (gap->is_too_long)
		framer_refuse(&gap->framer, LINK_TOO_LONG, buf_bytes(&gap->held), gap->held.len);
	else if (gap->held.len)
		framer_whole(&gap->framer, buf_bytes(&gap->held), gap->held.len, gap->began_ns);
	buf_clear(&gap->held);
	gap->is_too_long = false;
	gap->framer.link.deadline_ns = 0;
}

static void gap_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
			int64_t mono_ns)
{
	struct gap *gap = (struct gap *)link;
	int64_t began_ns = mono_ns - (int64_t)len * gap->char_ns;
	size_t room;

	if (!len)
		return;
	if (gap->held.len && began_ns - gap->last_ns >= gap->silence_ns)
		finish(gap);
	if (!gap->held.len)
		gap->began_ns = received_ns;
	room = gap->framer.max - gap->held.len;
	if (len > room)
		gap->is_too_long = true;
	buf_add(&gap->held, bytes, len < room ? len : room);
	gap->last_ns = mono_ns;
	link->deadline_ns = mono_ns + gap->silence_ns;
}

static void gap_expire(struct link *link, int64_t mono_ns)
{
	(void)mono_ns;
	finish((struct gap *)link);
}

static void gap_reset(struct link *link)
{
	struct gap *gap = (struct gap *)link;

	if (gap->held.len)
		framer_refuse(&gap->framer, LINK_CUT, buf_bytes(&gap->held), gap->held.len);
	buf_fini(&gap->held);
	gap->is_too_long = false;
	link->deadline_ns = 0;
}

const struct link_kind link_gap = {
	.name = "gap",
	.help = "a frame ends with silence",
	.schema = &schema,
	.new = gap_new,
	.free = gap_free,
	.receive = gap_receive,
	.send = framer_send,
	.expire = gap_expire,
	.reset = gap_reset,
};
