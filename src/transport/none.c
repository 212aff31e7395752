/* SPDX-License-Identifier: Apache-2.0 */
/* No line at all: for an adapter that has a connection of its own, through a maker's library. */
#include "transport/kind.h"

struct none_options {
	int64_t unused;
};

static void none_open(struct transport *t)
{
	transport_opened(t, "no line: the adapter has its own");
}

static void none_close(struct transport *t)
{
	(void)t;
}

static size_t none_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	(void)t;
	(void)bytes;
	(void)len;
	return 0;
}

static void none_pause(struct transport *t, bool paused)
{
	(void)t;
	(void)paused;
}

static const struct conf_row rows[] = {{0}};

static const struct conf_schema schema = {.name = "port without a line",
					  .rows = rows,
					  .size = sizeof(struct none_options)};

const struct transport_kind transport_none = {
	.name = "none",
	.help = "no line: the adapter has a connection of its own",
	.schema = &schema,
	.size = sizeof(struct transport),
	.open = none_open,
	.close = none_close,
	.write = none_write,
	.pause = none_pause,
};
