/* SPDX-License-Identifier: Apache-2.0 */
/* `session:` and `wake:` of a profile: what goes before the first request, and what keeps a session alive. */
#include "base/clock.h"
#include "profile/arena.h"
#include "profile/exchange.h"
#include "profile/load.h"

struct session_source {
	struct conf_item item;
	struct conf_texts open, close, lost;
	char *keep;
	int64_t keep_ns;
	int each;
};

static const char *const eachs[] = {"line", "round", NULL};

static const struct conf_row session_rows[] = {
	{.key = "open",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct session_source, open),
	 .flags = CONF_REQUIRED,
	 .help = "the requests or commands that open it, in their order"},
	{.key = "close",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct session_source, close),
	 .help = "the requests or commands that close it: after each round, or when the channel ends"},
	{.key = "keep",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct session_source, keep),
	 .help = "the request that keeps it alive"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct session_source, keep_ns),
	 .fallback = "30s",
	 .min = 1e6,
	 .max = 86400e9,
	 .help = "after how long without another request that is sent"},
	{.key = "lost",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct session_source, lost),
	 .help = "the frames by which the device says that there is no session"},
	{.key = "each",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct session_source, each),
	 .fallback = "line",
	 .choices = eachs,
	 .help = "one for as long as the line is open, or one for each round of requests"},
	{.key = NULL},
};

const struct conf_schema profile_session_schema = {"session", session_rows,
						   sizeof(struct session_source), NULL};

struct wake_source {
	struct conf_item item;
	char *request;
	int64_t idle_ns, pause_ns;
};

static const struct conf_row wake_rows[] = {
	{.key = "request",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct wake_source, request),
	 .flags = CONF_REQUIRED,
	 .help = "the request that wakes the device up"},
	{.key = "idle",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct wake_source, idle_ns),
	 .fallback = "1min",
	 .min = 0,
	 .max = 86400e9,
	 .help = "after how long without a request it sleeps; 0: at once"},
	{.key = "pause",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct wake_source, pause_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 60e9,
	 .help = "between that and what it is asked then"},
	{.key = NULL},
};

const struct conf_schema profile_wake_schema = {"wake", wake_rows, sizeof(struct wake_source),
						NULL};

void load_session(struct loader *l, const struct conf_node *section)
{
	struct session_source s = {0};
	struct session *out = arena_alloc(&l->profile->arena, sizeof(*out));

	if (!section)
		return;
	if (conf_read(&profile_session_schema, section, &s, l->errors) == 0) {
		load_find_steps(l, conf_get(section, "open"), &s.open, &out->open);
		load_find_steps(l, conf_get(section, "close"), &s.close, &out->close);
		out->lost = load_find_frames(l, conf_get(section, "lost"), &s.lost, &out->n_lost);
		if (s.keep)
			out->keep = load_find_request(l, conf_get(section, "keep"), s.keep);
		out->keep_ms = s.keep_ns / NS_PER_MS;
		out->each_round = s.each;
		if (s.keep && s.each)
			conf_error(l->errors, conf_get(section, "keep"),
				   "a session for each round needs nothing that keeps it alive");
		l->profile->session = out;
	}
	conf_fini(&profile_session_schema, &s);
}

void load_wake(struct loader *l, const struct conf_node *section)
{
	struct wake_source s = {0};
	struct wake *out = arena_alloc(&l->profile->arena, sizeof(*out));

	if (!section)
		return;
	if (conf_read(&profile_wake_schema, section, &s, l->errors) == 0) {
		out->request = load_find_request(l, conf_get(section, "request"), s.request);
		out->idle_ms = s.idle_ns / NS_PER_MS;
		out->pause_ms = (uint32_t)(s.pause_ns / NS_PER_MS);
		l->profile->wake = out;
	}
	conf_fini(&profile_wake_schema, &s);
}
