/* SPDX-License-Identifier: Apache-2.0 */
/* `requests:` of a profile: what the device is asked. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/program.h"

struct request_source {
	struct conf_item item;
	const struct conf_node *send;
	struct conf_texts expect;
	int64_t every_ns, timeout_ns, retries, priority;
	bool on_connect;
};

static const struct conf_row request_rows[] = {
	{.key = "send",
	 .type = CONF_ANY,
	 .offset = offsetof(struct request_source, send),
	 .flags = CONF_REQUIRED,
	 .help = "a template, or a map as of a frame"},
	{.key = "expect",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct request_source, expect),
	 .help = "the frames that answer it, the usual one first; without it there is no answer"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "how often it is sent"},
	{.key = "on_connect",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct request_source, on_connect),
	 .fallback = "false",
	 .help = "it is sent when the line has opened"},
	{.key = "timeout",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, timeout_ns),
	 .fallback = "1s",
	 .min = 1e6,
	 .max = 600e9,
	 .help = "how long the answer may take"},
	{.key = "retries",
	 .type = CONF_INT,
	 .offset = offsetof(struct request_source, retries),
	 .fallback = "1",
	 .min = 0,
	 .max = 100,
	 .help = "how often it is sent again then"},
	{.key = "priority",
	 .type = CONF_INT,
	 .offset = offsetof(struct request_source, priority),
	 .fallback = "0",
	 .min = 0,
	 .max = 9,
	 .help = "before those of a lower one"},
	{.key = NULL},
};

const struct conf_schema profile_request_schema = {"request", request_rows,
						   sizeof(struct request_source), NULL};

struct send_source {
	struct conf_item item;
	struct codec_source codec;
};

static const struct conf_row send_rows[] = {
	CODEC_ROWS(struct send_source, codec),
	{.key = NULL},
};

static const struct conf_schema send_schema = {"request", send_rows, sizeof(struct send_source),
					       NULL};

static void load_expected(struct loader *l, const struct conf_node *node,
			  const struct conf_texts *names, struct request *out)
{
	struct profile *p = l->profile;
	const char **known = xcalloc(p->n_frames + 1, sizeof(*known)), *nearest;

	out->replies = arena_alloc(&p->arena, names->n * sizeof(*out->replies));
	for (size_t f = 0; f < p->n_frames; f++)
		known[f] = p->frames[f].name;
	for (size_t i = 0; i < names->n; i++) {
		struct frame *found = NULL;

		for (size_t f = 0; f < p->n_frames; f++)
			if (!strcmp(p->frames[f].name, names->list[i]))
				found = &p->frames[f];
		if (found) {
			out->replies[out->n_replies++] = found;
			continue;
		}
		nearest = conf_nearest(names->list[i], known, p->n_frames);
		conf_error(l->errors, conf_get(node, "expect"), "no frame %s%s%s%s", names->list[i],
			   nearest ? "; did you mean " : "", nearest ? nearest : "",
			   nearest ? "?" : "");
	}
	free(known);
}

/* A template alone, or a map like a frame's. What is sent has no fields but parameters. */
static int load_send(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct send_source s = {0};
	int bad = 0;

	if (node->kind == CONF_SCALAR)
		s.codec.text = node;
	else
		bad = conf_read(&send_schema, node, &s, l->errors);
	if (!bad)
		bad = codec_compile(l, node, &s.codec, &out->codec);
	for (size_t i = 0; i < out->codec.n_fields && !bad; i++)
		if (out->codec.fields[i].name[0] != '@') {
			conf_error(l->errors, node,
				   "a request has parameters, {@name:type}, and no fields: %s",
				   out->codec.fields[i].name);
			bad = -1;
		}
	if (!bad && !out->codec.can_encode) {
		conf_error(l->errors, node, "a pattern cannot be sent; use a template");
		bad = -1;
	}
	if (node->kind != CONF_SCALAR)
		conf_fini(&send_schema, &s);
	return bad;
}

static void load_request(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct request_source s = {0};

	load_check_name(l, node);
	out->name = node->key;
	out->node = node;
	if (conf_read(&profile_request_schema, node, &s, l->errors) == 0) {
		load_send(l, s.send, out);
		load_expected(l, node, &s.expect, out);
		out->every_ms = s.every_ns / NS_PER_MS;
		out->timeout_ms = out->n_replies ? (uint32_t)(s.timeout_ns / NS_PER_MS) : 0;
		out->retries = (uint32_t)s.retries;
		out->priority = (uint32_t)s.priority;
		out->on_connect = s.on_connect;
	}
	conf_fini(&profile_request_schema, &s);
}

void load_requests(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!load_is_section(l, section))
		return;
	p->requests = arena_alloc(&p->arena, section->n * sizeof(*p->requests));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_request(l, n, &p->requests[p->n_requests++]);
}
