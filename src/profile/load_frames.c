/* SPDX-License-Identifier: Apache-2.0 */
/* `frames:` of a profile: what the device says. */
#include <string.h>

#include "base/clock.h"
#include "profile/program.h"

enum { MAX_KNOWN = 64 }; /* readings that are named in an error */

struct frame_source {
	struct conf_item item;
	struct codec_source codec;
	char *reading, *bad, *uncertain, *reason;
	int means;
	const struct conf_node *values, *quality, *time;
	int64_t every_ns;
	const struct conf_node *remember;
};

static const char *const meanings[] = {"reading", "yes", "no", "busy", "error", "nothing", NULL};

static const struct conf_row frame_rows[] = {
	CODEC_ROWS(struct frame_source, codec),
	{.key = "reading",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, reading),
	 .help = "which of the readings it gives; the one of its own name if left out"},
	{.key = "means",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct frame_source, means),
	 .fallback = "reading",
	 .choices = meanings,
	 .help = "a reading, or as an answer: yes, no, busy, error; or nothing at all"},
	{.key = "reason",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, reason),
	 .help = "of no, busy and error: what the device wants to say"},
	{.key = "values",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, values),
	 .help = "how tags come out of fields, where that is not by name"},
	{.key = "quality",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, quality),
	 .help = "rules by which fields decide how good tags are"},
	{.key = "time",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, time),
	 .help = "the device's own date and time, in parts"},
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, bad),
	 .help = "such a frame makes all its tags bad, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct frame_source, uncertain),
	 .help = "such a frame makes all its tags uncertain, for this reason"},
	{.key = "every",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct frame_source, every_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 86400e9,
	 .help = "the device sends it by itself, about this often"},
	{.key = "remember",
	 .type = CONF_ANY,
	 .offset = offsetof(struct frame_source, remember),
	 .help = "parameters that become what its fields say, for what is sent later"},
	{.key = NULL},
};

const struct conf_schema profile_frame_schema = {"frame", frame_rows, sizeof(struct frame_source),
						 NULL};

/* Which of the readings a frame gives: the one it names, the one of its own name, the only one. */
static struct reading *find_reading(struct loader *l, const struct conf_node *node,
				    const char *name)
{
	struct profile *p = l->profile;
	const char *wanted = name ? name : node->key, *known[MAX_KNOWN], *nearest;
	size_t n = 0;

	if (p->n_readings == 1 && !p->readings[0].name && !name)
		return p->readings;
	for (size_t i = 0; i < p->n_readings; i++) {
		if (p->readings[i].name && !strcmp(p->readings[i].name, wanted))
			return &p->readings[i];
		if (p->readings[i].name && n < MAX_KNOWN)
			known[n++] = p->readings[i].name;
	}
	nearest = conf_nearest(wanted, known, n);
	conf_error(l->errors, name ? conf_get(node, "reading") : node, "no reading %s%s%s%s",
		   wanted, nearest ? "; did you mean " : "", nearest ? nearest : "",
		   nearest ? "?" : "; say which with reading:, or means:");
	return NULL;
}

static int load_frame_quality(struct loader *l, const struct conf_node *node,
			      const struct frame_source *s, struct frame *out)
{
	if (s->bad && s->uncertain) {
		conf_error(l->errors, node, "expected either bad or uncertain");
		return -1;
	}
	out->quality = s->bad ? DRAGOMAN_BAD : s->uncertain ? DRAGOMAN_UNCERTAIN : DRAGOMAN_GOOD;
	out->quality_reason = load_keep(l, s->bad ? s->bad : s->uncertain);
	return 0;
}

/* What a frame that is no reading may not have. */
static int check_answer(struct loader *l, const struct conf_node *node,
			const struct frame_source *s)
{
	if (s->values || s->quality || s->time || s->reading || s->bad || s->uncertain) {
		conf_error(l->errors, node,
			   "a frame that means %s gives no reading: it has no values, "
			   "quality, time, reading, bad or uncertain",
			   meanings[s->means]);
		return -1;
	}
	return 0;
}

/* {parameter: field} */
static int load_remember(struct loader *l, const struct conf_node *section, struct frame *out)
{
	struct profile *p = l->profile;
	struct steps_compiler c = {l, out, &p->arena, NULL};
	int bad = 0;

	if (!load_is_section(l, section))
		return section ? -1 : 0;
	out->remember = arena_alloc(&p->arena, section->n * sizeof(*out->remember));
	for (const struct conf_node *n = section->first; n; n = n->next) {
		int parameter = parameter_find(l, n, n->key);
		uint16_t field = steps_field(&c, n, n->kind == CONF_SCALAR ? n->text : "");

		if (parameter < 0 || field == NO_FIELD) {
			bad = -1;
			continue;
		}
		p->parameters[parameter].is_remembered = true;
		out->remember[out->n_remember++] = (struct remember){field, (uint16_t)parameter};
	}
	return bad;
}

static void load_frame(struct loader *l, const struct conf_node *node, struct frame *out)
{
	struct frame_source s = {0};
	int bad = conf_read(&profile_frame_schema, node, &s, l->errors);

	load_check_name(l, node);
	out->name = node->key;
	out->node = node;
	if (!bad)
		bad = codec_compile(l, node, &s.codec, &out->codec);
	if (!bad && s.means != MEANS_READING)
		bad = check_answer(l, node, &s);
	if (!bad) {
		out->means = (enum means)s.means;
		out->reason = load_keep(l, s.reason);
		out->every_ms = s.every_ns / NS_PER_MS;
		bad = load_frame_quality(l, node, &s, out);
	}
	if (!bad)
		bad = load_remember(l, s.remember, out);
	if (!bad && out->means == MEANS_READING) {
		out->reading = find_reading(l, node, s.reading);
		if (out->reading)
			steps_compile(l, out, s.values, s.quality, s.time);
	}
	conf_fini(&profile_frame_schema, &s);
}

void load_frames(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!load_is_section(l, section))
		return;
	p->frames = arena_alloc(&p->arena, section->n * sizeof(*p->frames));
	for (const struct conf_node *n = section->first; n; n = n->next)
		load_frame(l, n, &p->frames[p->n_frames++]);
}
