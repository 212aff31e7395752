/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter that blocks, as one on a maker's library would: it sleeps in its calls, for as long as the
 * frame says in milliseconds, and then answers with a reading. work() counts on its own, every `every`.
 */
#include <dragoman/adapter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sleeper {
	struct dragoman_host *host;
	int32_t every_ms;
	int64_t n;
};

static const struct dragoman_option options[] = {
	{.key = "every", .type = DRAGOMAN_OPTION_DURATION, .fallback = "0ms", .maximum = 60000},
	{.key = NULL},
};

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void say(struct sleeper *s, const char *key, int64_t number, int64_t received_ns)
{
	struct dragoman_value value = {.tag = "number", .type = DRAGOMAN_INTEGER};

	value.as.integer = number;
	s->host->ops->emit(s->host, &(struct dragoman_reading){.key = key,
							       .received_ns = received_ns,
							       .values = &value,
							       .n_values = 1});
}

static int create(struct dragoman_host *host, void **self_out)
{
	static const struct dragoman_key keys[] = {{"slept", NULL}, {"worked", NULL}};
	static const struct dragoman_tag tags[] = {
		{.name = "number", .type = DRAGOMAN_INTEGER, .key = "slept"},
		{.name = "number", .type = DRAGOMAN_INTEGER, .key = "worked"},
	};
	struct sleeper *s = calloc(1, sizeof *s);

	if (!s)
		return -1;
	s->host = host;
	s->every_ms = (int32_t)host->ops->node_integer(host->ops->option(host, "every"));
	*self_out = s;
	return host->ops->declare(host, tags, 2, keys, 2);
}

static void destroy(void *self)
{
	free(self);
}

/* "?" asks the device, "!" is what it answers, a number has us sleep, "more" declares one tag more. */
static enum dragoman_verdict frame(void *self, const struct dragoman_frame *f)
{
	static const struct dragoman_key keys[] = {
		{"slept", NULL}, {"worked", NULL}, {"more", NULL}};
	static const struct dragoman_tag tags[] = {
		{.name = "number", .type = DRAGOMAN_INTEGER, .key = "slept"},
		{.name = "number", .type = DRAGOMAN_INTEGER, .key = "worked"},
		{.name = "number", .type = DRAGOMAN_INTEGER, .key = "more"},
	};
	struct sleeper *s = self;
	char text[16] = "";
	long ms;

	if (f->len == 1 && f->data[0] == '?') {
		s->host->ops->exchange(s->host, &(struct dragoman_exchange){.data = f->data,
									    .len = 1,
									    .timeout_ms = 100,
									    .cookie = 42});
		return DRAGOMAN_TAKEN;
	}
	if (f->len == 1 && f->data[0] == '!')
		return f->cookie == 42 ? DRAGOMAN_REPLY : DRAGOMAN_FORMAT;
	if (f->len == 4 && memcmp(f->data, "more", 4) == 0) {
		s->host->ops->declare(s->host, tags, 3, keys, 3);
		say(s, "more", 1, f->received_ns);
		return DRAGOMAN_TAKEN;
	}
	if (f->len >= sizeof text)
		return DRAGOMAN_LONG;
	memcpy(text, f->data, f->len);
	ms = strtol(text, NULL, 10);
	if (ms < 1)
		return DRAGOMAN_UNKNOWN;
	sleep_ms(ms);
	say(s, "slept", ms, f->received_ns);
	return DRAGOMAN_TAKEN;
}

static void exchange_done(void *self, uint64_t cookie, enum dragoman_end end)
{
	struct sleeper *s = self;

	if (cookie == 42)
		say(s, "slept", -(int64_t)end, 0);
}

static int32_t work(void *self)
{
	struct sleeper *s = self;

	if (!s->every_ms)
		return -1;
	say(s, "worked", ++s->n, 0);
	return s->every_ms;
}

const struct dragoman_adapter dragoman_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof dragoman_adapter,
	.name = "sleeper",
	.title = "Sleeps in its calls",
	.version = "1",
	.flags = DRAGOMAN_BLOCKING,
	.max_call_ms = 500,
	.options = options,
	.default_link = "{delimiter: \"\\n\"}",
	.create = create,
	.destroy = destroy,
	.frame = frame,
	.exchange_done = exchange_done,
	.work = work,
};
