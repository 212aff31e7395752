/* SPDX-License-Identifier: Apache-2.0 */
/* Raw chunks: what was received at once is a frame. For devices without frames, and to look at a line. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "link/framer.h"
#include "link/kinds.h"

struct raw_options {
	struct framer_options base;
};

struct raw {
	struct framer framer;
};

static const struct conf_row rows[] = {
	FRAMER_ROWS(struct raw_options, base, "64KiB", "true", "0s"),
	{.key = NULL},
};

static const struct conf_schema schema = {
	.name = "link raw",
	.rows = rows,
	.size = sizeof(struct raw_options),
};

static void raw_free(struct link *link)
{
	framer_fini((struct framer *)link);
	free(link);
}

static struct link *raw_new(const void *options, const struct link_line *line,
			    const struct conf_node *node, struct conf_errors *errors)
{
	const struct raw_options *o = options;
	struct raw *raw = xcalloc(1, sizeof(*raw));

	(void)line;
	if (framer_init(&raw->framer, &o->base, node, errors) == 0)
		return &raw->framer.link;
	raw_free(&raw->framer.link);
	return NULL;
}

static void raw_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
			int64_t mono_ns)
{
	struct framer *f = (struct framer *)link;

	(void)mono_ns;
	while (len) {
		size_t n = len < f->max ? len : f->max;

		framer_whole(f, bytes, n, received_ns);
		bytes += n;
		len -= n;
	}
}

const struct link_kind link_raw = {
	.name = "raw",
	.help = "no frames: what was received at once",
	.schema = &schema,
	.new = raw_new,
	.free = raw_free,
	.receive = raw_receive,
	.send = framer_send,
	.expire = framer_expire,
	.reset = framer_reset,
};
