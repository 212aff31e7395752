/* SPDX-License-Identifier: Apache-2.0 */
/* `requests:` of a profile: what the device is asked, and when. load_ask.c has what commands share with them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/exchange.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"

struct request_source {
	struct conf_item item;
	struct ask_source ask;
	const struct conf_node *with, *repeat;
	struct conf_texts after;
	int64_t every_ns, phase_ns;
	bool on_connect;
};

static const struct conf_row request_rows[] = {
	ASK_ROWS(struct request_source, "0"),
	{.key = "with",
	 .type = CONF_ANY,
	 .offset = offsetof(struct request_source, with),
	 .help = "the values of its arguments: {channel: 3}"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "how often it is sent"},
	{.key = "phase",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct request_source, phase_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "of every: how long after the line has opened it is sent first"},
	{.key = "on_connect",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct request_source, on_connect),
	 .fallback = "false",
	 .help = "it is sent when the line has opened"},
	{.key = "after",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct request_source, after),
	 .help = "it is sent when one of these requests or commands has been answered"},
	{.key = "repeat",
	 .type = CONF_ANY,
	 .offset = offsetof(struct request_source, repeat),
	 .help = "it is sent again at once, page for page: {while, cursor, add, limit}"},
	{.key = NULL},
};

const struct conf_schema profile_request_schema = {"request", request_rows,
						   sizeof(struct request_source), NULL};

/* ---- page for page ---- */

struct repeat_source {
	struct conf_item item;
	struct conf_texts frames;
	char *cursor;
	int64_t add, limit;
};

static const struct conf_row repeat_rows[] = {
	{.key = "while",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct repeat_source, frames),
	 .flags = CONF_REQUIRED,
	 .help = "the frames after which there is more to come"},
	{.key = "cursor",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct repeat_source, cursor),
	 .help = "the parameter that says where the next page begins"},
	{.key = "add",
	 .type = CONF_INT,
	 .offset = offsetof(struct repeat_source, add),
	 .fallback = "0",
	 .min = -1e9,
	 .max = 1e9,
	 .help = "by how much the cursor goes on with each page"},
	{.key = "limit",
	 .type = CONF_INT,
	 .offset = offsetof(struct repeat_source, limit),
	 .fallback = "10000",
	 .min = 1,
	 .max = 1e9,
	 .help = "at most so many pages in a row"},
	{.key = NULL},
};

const struct conf_schema profile_repeat_schema = {"repeat", repeat_rows,
						  sizeof(struct repeat_source), NULL};

static void load_cursor(struct loader *l, const struct conf_node *node,
			const struct repeat_source *s, struct repeat *out)
{
	struct profile *p = l->profile;

	out->cursor = s->cursor ? parameter_find(l, conf_get(node, "cursor"), s->cursor) : -1;
	if (s->add && !s->cursor)
		conf_error(l->errors, node, "add goes with a cursor: the parameter that grows");
	if (out->cursor < 0)
		return;
	p->parameters[out->cursor].is_remembered = true;
	if (s->add && p->parameters[out->cursor].type != DRAGOMAN_INTEGER)
		conf_error(l->errors, conf_get(node, "cursor"), "%s is no whole number", s->cursor);
}

static void load_repeat(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct repeat_source s = {0};
	struct repeat *repeat = arena_alloc(&l->profile->arena, sizeof(*repeat));

	if (conf_read(&profile_repeat_schema, node, &s, l->errors) == 0) {
		repeat->frames =
			load_find_frames(l, conf_get(node, "while"), &s.frames, &repeat->n_frames);
		repeat->add = s.add;
		repeat->limit = (unsigned)s.limit;
		load_cursor(l, node, &s, repeat);
		out->repeat = repeat;
	}
	conf_fini(&profile_repeat_schema, &s);
}

/* ---- requests by name ---- */

const struct request *load_find_request(struct loader *l, const struct conf_node *node,
					const char *name)
{
	struct profile *p = l->profile;
	const struct known *requests = KNOWN(p->requests, p->n_requests, request, name);
	ssize_t found = known_find(requests, name);

	if (found < 0)
		known_error(requests, name, l->errors, node, "no request", NULL);
	return found < 0 ? NULL : &p->requests[found];
}

/* ---- a request ---- */

/* The arguments of a poll stand in the profile. */
static void load_with(struct loader *l, const struct conf_node *node, struct request *out)
{
	size_t n = out->message.reading->n_tags;

	out->with = arena_alloc(&l->profile->arena, n * sizeof(*out->with));
	if (n || node)
		arguments_read(out, node, out->with, l->errors);
}

static void load_request(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct request_source s = {0};

	load_check_name(l, node);
	out->name = node->key;
	out->node = node;
	out->message.reading = arena_alloc(&l->profile->arena, sizeof(struct reading));
	if (conf_read(&profile_request_schema, node, &s, l->errors) == 0) {
		load_ask(l, node, &s.ask, out);
		load_with(l, s.with, out);
		out->every_ms = s.every_ns / NS_PER_MS;
		out->phase_ms = s.phase_ns / NS_PER_MS;
		out->on_connect = s.on_connect;
		if (s.repeat)
			load_repeat(l, s.repeat, out);
	}
	conf_fini(&profile_request_schema, &s);
}

static void say_unknown(struct loader *l, const struct conf_node *node, const char *name)
{
	const char *nearest = known_nearest_request(l->profile, name);

	conf_error(l->errors, node, "no request or command %s%s%s%s", name,
		   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool lacks_arguments(const struct request *r)
{
	return r->message.reading->n_tags && !r->with;
}

void load_find_steps(struct loader *l, const struct conf_node *node, const struct conf_texts *names,
		     struct request_list *out)
{
	out->list = arena_alloc(&l->profile->arena, names->n * sizeof(*out->list));
	for (size_t i = 0; i < names->n; i++) {
		const struct request *found = request_find(l->profile, names->list[i]);

		if (!found)
			say_unknown(l, node, names->list[i]);
		else if (lacks_arguments(found))
			conf_error(l->errors, node,
				   "the command %s has arguments without a default", found->name);
		else
			out->list[out->n++] = found;
	}
}

static void load_after(struct loader *l, struct request *out)
{
	static const struct conf_row row = {.key = "after", .type = CONF_TEXTS};
	const struct conf_node *node = conf_get(out->node, "after");
	struct conf_texts names = {0};

	if (!node || conf_read_value(&row, node, &names, l->errors) < 0)
		return;
	out->after = arena_alloc(&l->profile->arena, names.n * sizeof(*out->after));
	for (size_t i = 0; i < names.n; i++) {
		const struct request *found = request_find(l->profile, names.list[i]);

		if (found)
			out->after[out->n_after++] = found;
		else
			say_unknown(l, node, names.list[i]);
		free(names.list[i]);
	}
	free(names.list);
}

void load_afters(struct loader *l)
{
	for (size_t i = 0; i < l->profile->n_requests; i++)
		load_after(l, &l->profile->requests[i]);
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
