/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter "raw": what the link made a frame of becomes a reading with the one tag `data`, as bytes
 * or, with `as: text`, as text. With `request` it asks the device for each of them, every `interval`.
 * It needs nothing of the host that an outsider's plugin would not have.
 */
#include "adapter/raw.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

enum { POLL_TIMER = 0, POLL_COOKIE = 1 };

struct raw {
	struct dragoman_host *host;
	enum dragoman_type type;
	const char *request; /* NULL: it only listens */
	uint32_t interval_ms, timeout_ms, retries;
	int64_t asked_ns; /* monotonic; when the request under way was made */
	bool is_up;
};

static const char *const forms[] = {"bytes", "text", NULL};

static const struct dragoman_option options[] = {
	{.key = "as",
	 .type = DRAGOMAN_OPTION_CHOICE,
	 .fallback = "bytes",
	 .choices = forms,
	 .help = "hand a frame on as bytes or as text"},
	{.key = "request",
	 .type = DRAGOMAN_OPTION_TEXT,
	 .help = "what to ask the device with; left out, it is only listened to"},
	{.key = "interval",
	 .type = DRAGOMAN_OPTION_DURATION,
	 .fallback = "1s",
	 .minimum = 10,
	 .maximum = 24 * 3600 * 1000.0,
	 .help = "from one request to the next"},
	{.key = "timeout",
	 .type = DRAGOMAN_OPTION_DURATION,
	 .fallback = "1s",
	 .minimum = 1,
	 .maximum = 600 * 1000.0,
	 .help = "how long to wait for the answer"},
	{.key = "retries",
	 .type = DRAGOMAN_OPTION_INTEGER,
	 .fallback = "1",
	 .minimum = 0,
	 .maximum = 10,
	 .help = "how often to ask again when there was no answer"},
	{.key = NULL},
};

static uint32_t number(struct dragoman_host *host, const char *key)
{
	return (uint32_t)host->ops->node_integer(host->ops->option(host, key));
}

static int raw_create(struct dragoman_host *host, void **self_out)
{
	const struct dragoman_host_ops *ops = host->ops;
	const struct dragoman_node *request = ops->option(host, "request");
	bool is_text = strcmp(ops->node_text(ops->option(host, "as")), "text") == 0;
	const struct dragoman_tag tag = {.name = "data",
					 .type = is_text ? DRAGOMAN_TEXT : DRAGOMAN_DATA,
					 .description = "one frame of the line"};
	struct raw *raw = xmalloc(sizeof *raw);

	*raw = (struct raw){.host = host,
			    .type = tag.type,
			    .request = request ? ops->node_text(request) : NULL,
			    .interval_ms = number(host, "interval"),
			    .timeout_ms = number(host, "timeout"),
			    .retries = number(host, "retries")};
	*self_out = raw;
	return ops->declare(host, &tag, 1, NULL, 0);
}

static void raw_destroy(void *self)
{
	free(self);
}

static void ask(struct raw *raw)
{
	const struct dragoman_exchange exchange = {.data = (const uint8_t *)raw->request,
						   .len = strlen(raw->request),
						   .timeout_ms = raw->timeout_ms,
						   .retries = raw->retries,
						   .cookie = POLL_COOKIE};

	raw->asked_ns = raw->host->ops->mono_ns(raw->host);
	raw->host->ops->exchange(raw->host, &exchange);
}

static void raw_line(void *self, bool up, const char *reason)
{
	struct raw *raw = self;

	(void)reason;
	raw->is_up = up;
	if (!raw->request)
		return;
	if (up)
		raw->host->ops->timer_set(raw->host, POLL_TIMER, 0);
	else
		raw->host->ops->timer_clear(raw->host, POLL_TIMER);
}

static void raw_timer(void *self, uint32_t id)
{
	(void)id;
	ask(self);
}

/* The interval runs from request to request, however long the answer took. */
static void raw_exchange_done(void *self, uint64_t cookie, enum dragoman_end end)
{
	struct raw *raw = self;
	int64_t gone_ms = (raw->host->ops->mono_ns(raw->host) - raw->asked_ns) / 1000000;

	(void)cookie;
	(void)end;
	if (raw->is_up)
		raw->host->ops->timer_set(
			raw->host, POLL_TIMER,
			gone_ms < raw->interval_ms ? raw->interval_ms - (uint32_t)gone_ms : 0);
}

/* Text that is none goes out without a value: it would not reach a client otherwise. */
static enum dragoman_verdict raw_frame(void *self, const struct dragoman_frame *frame)
{
	struct raw *raw = self;
	struct dragoman_value value = {.tag = "data", .type = raw->type};

	value.as.text.bytes = (const char *)frame->data;
	value.as.text.len = frame->len;
	if (raw->type == DRAGOMAN_TEXT && !utf8_is_valid(value.as.text.bytes, frame->len)) {
		value.type = DRAGOMAN_NONE;
		value.quality = DRAGOMAN_BAD;
		value.reason = "not text";
	}
	raw->host->ops->emit(raw->host,
			     &(struct dragoman_reading){.received_ns = frame->received_ns,
							.values = &value,
							.n_values = 1});
	return frame->cookie ? DRAGOMAN_REPLY : DRAGOMAN_TAKEN;
}

const struct dragoman_adapter raw_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof raw_adapter,
	.name = "raw",
	.title = "Frames as they are",
	.version = "1",
	.maturity = DRAGOMAN_PROVEN,
	.options = options,
	.create = raw_create,
	.destroy = raw_destroy,
	.line = raw_line,
	.frame = raw_frame,
	.exchange_done = raw_exchange_done,
	.timer = raw_timer,
};
