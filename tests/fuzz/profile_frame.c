/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes fed to any shipped profile end in readings or verdicts: the first byte picks the profile, the
 * second the role; the rest goes through the profile's link into the adapter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "library.h"
#include "link/link.h"
#include "profile/codec.h"
#include "profile/dissect.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf_node *roots[LIBRARY_MAX];
static size_t n_roots;

/* A profile in a role, made once: compiling it is the other target's. */
struct run {
	struct profile *profile;
	struct parameters parameters;
	struct raw *raw;
	struct adapter_instance *instance;
	struct link *link;
	uint64_t cookie;
	struct dissector *dissector; /* of the gateway; NULL: its parameters have to be given */
};
static struct run runs[LIBRARY_MAX][2];

/* Every value must be one that the host takes. */
static void reading(void *arg, const struct dragoman_reading *r)
{
	(void)arg;
	for (size_t i = 0; i < r->n_values; i++)
		must(r->values[i].tag &&
		     (r->values[i].quality == DRAGOMAN_GOOD) == !r->values[i].reason);
}

static int ask(void *arg, const struct dragoman_ask *a)
{
	((struct run *)arg)->cookie = a->exchange.cookie;
	return 0;
}

static int send_bytes(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return 0;
}

/* The host says so on this level if the adapter hands over what it may not. */
static void say(void *arg, enum dragoman_level level, const char *text)
{
	(void)arg;
	(void)text;
	must(level != DRAGOMAN_LOG_ERROR);
}

static int64_t clock_ns = 1;

static int64_t now(void *arg)
{
	(void)arg;
	return clock_ns;
}

static const struct adapter_sink sink = {
	.reading = reading,
	.ask = ask,
	.send = send_bytes,
	.log = say,
	.wall_ns = now,
	.mono_ns = now,
};

static void frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct run *run = arg;
	struct dragoman_frame f = {payload, len, received_ns, run->cookie};

	must(adapter_frame(run->instance, &f) <= DRAGOMAN_UNSOLICITED);
	if (run->dissector) {
		dissect_received(run->dissector, NULL, payload, len, received_ns);
		dissect_sent(run->dissector, payload, len);
	}
}

static void refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)verdict;
	(void)bytes;
	(void)len;
}

static void write_bytes(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct link_sink link_sink = {.frame = frame,
					   .refused = refused,
					   .write = write_bytes};

/* What was read as a frame is written as one, or refused: never worse. */
static void write_again(struct run *run, const uint8_t *data, size_t len)
{
	const struct frame *frame;
	struct buf out = {0};

	if (profile_decode(run->profile, NULL, &run->parameters, data, len, run->raw, &frame) ==
	    DRAGOMAN_TAKEN)
		codec_encode(&frame->codec, &run->parameters, run->raw, &out);
	buf_fini(&out);
}

static void compile(struct run *run, const struct conf_node *root)
{
	struct conf_errors errors = {0};

	run->profile = profile_compile(root, &errors);
	must(run->profile);
	run->raw = xcalloc(run->profile->max_fields + 1, sizeof(*run->raw));
	run->parameters.n = run->profile->n_parameters;
	run->parameters.list = xcalloc(run->parameters.n + 1, sizeof(*run->parameters.list));
	parameters_read(run->profile, NULL, run->parameters.list, &errors);
	conf_errors_fini(&errors);
}

static void make(struct run *run, const struct conf_node *root, enum dragoman_role role)
{
	static const struct link_line line;
	struct conf_errors errors = {0};

	compile(run, root);
	run->instance =
		adapter_new(&profile_adapter, "fuzzed", role, NULL, root, &sink, run, &errors);
	run->link = link_new(conf_get(root, "link"), &line, &errors);
	must(run->instance && run->link);
	link_set_sink(run->link, &link_sink, run);
	if (role == DRAGOMAN_GATEWAY)
		run->dissector = dissector_new(run->profile, NULL, &errors);
	conf_errors_fini(&errors);
}

/* A conversation: what stands between two bytes FE answers what was asked. */
static void converse(struct run *run, const uint8_t *data, size_t size)
{
	for (int i = 0; i < 64 && size; i++) {
		const uint8_t *end = memchr(data, 0xfe, size);
		size_t len = end ? (size_t)(end - data) : size;
		uint64_t cookie = run->cookie;

		frame(run, data, len, 1);
		run->cookie = 0;
		if (cookie)
			adapter_exchange_done(run->instance, cookie,
					      len ? DRAGOMAN_REPLIED : DRAGOMAN_TIMED_OUT);
		clock_ns += 1000000000;
		adapter_timer(run->instance, 0);
		data += end ? len + 1 : len;
		size -= end ? len + 1 : len;
	}
}

/* Through the link, and once as a frame of its own, which reaches places that the link's check guards. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *run;

	if (!n_roots)
		n_roots = library_load(roots);
	if (size < 2)
		return 0;
	run = &runs[data[0] % n_roots][data[1] & 1];
	if (!run->instance)
		make(run, roots[data[0] % n_roots],
		     data[1] & 1 ? DRAGOMAN_DEVICE : DRAGOMAN_GATEWAY);
	run->cookie = 0;
	adapter_line(run->instance, true, NULL);
	frame(run, data + 2, size - 2, 1);
	if (run->cookie)
		adapter_exchange_done(run->instance, run->cookie,
				      (enum dragoman_end)(data[1] >> 1 & 3));
	adapter_spoilt(run->instance);
	adapter_timer(run->instance, 0);
	converse(run, data + 2, size - 2);
	adapter_closing(run->instance);
	write_again(run, data + 2, size - 2);
	link_receive(run->link, data + 2, size - 2, 1, 1);
	link_reset(run->link);
	adapter_line(run->instance, false, "end");
	return 0;
}
