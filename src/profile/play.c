/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a device that is played; see play.h. */
#include "profile/play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/moment.h"

enum { PERIOD = 40 }; /* frames in which a number goes once up and down */

struct setting {
	const char *tag;
	const struct conf_node *node;
	const char *bad; /* the reason, or NULL */
	struct constant value;
};

struct play {
	const struct profile *profile;
	uint64_t seed;
	uint64_t count; /* of frames written */
	struct setting *settings;
	size_t n_settings;
	struct dragoman_value *values;
	struct raw *raw;
	char now[MOMENT_TEXT_SIZE];
};

uint64_t play_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- what is set ---- */

static const struct tag *find_tag(const struct profile *profile, const char *name,
				  const char **known, size_t *n)
{
	const struct tag *found = NULL;

	*n = 0;
	for (size_t r = 0; r < profile->n_readings; r++)
		for (size_t t = 0; t < profile->readings[r].n_tags; t++) {
			const struct tag *tag = &profile->readings[r].tags[t];

			if (*n < MAX_TAGS)
				known[(*n)++] = tag->declared.name;
			if (!strcmp(tag->declared.name, name))
				found = tag;
		}
	return found;
}

static int read_setting(const struct profile *profile, const struct conf_node *node,
			struct setting *out, struct conf_errors *errors)
{
	const char *known[MAX_TAGS], *nearest;
	size_t n;
	const struct tag *tag = find_tag(profile, node->key, known, &n);

	*out = (struct setting){.tag = node->key, .node = node};
	if (!tag) {
		nearest = conf_nearest(node->key, known, n);
		conf_error_key(errors, node, "the profile has no tag %s%s%s%s", node->key,
			       nearest ? "; did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
		return -1;
	}
	if (node->kind == CONF_SCALAR && !strncmp(node->text, "bad:", 4)) {
		out->bad = node->text + 4 + strspn(node->text + 4, " ");
		return 0;
	}
	if (constant_read(node, tag->declared.type, &out->value) < 0) {
		conf_error(errors, node, "that is no value of the tag %s", node->key);
		return -1;
	}
	return 0;
}

struct play *play_new(const struct profile *profile, const struct conf_node *set, uint64_t seed,
		      struct conf_errors *errors)
{
	struct play *play = xcalloc(1, sizeof(*play));
	int bad = 0;

	play->profile = profile;
	play->seed = seed;
	play->values = xcalloc(profile->max_tags + 1, sizeof(*play->values));
	play->raw = xcalloc(profile->max_fields + 1, sizeof(*play->raw));
	if (set && set->kind != CONF_MAP) {
		conf_error(errors, set, "expected {tag: value}");
		bad = -1;
	} else if (set) {
		play->settings = xcalloc(set->n + 1, sizeof(*play->settings));
		for (const struct conf_node *n = set->first; n; n = n->next)
			bad |= read_setting(profile, n, &play->settings[play->n_settings++],
					    errors);
	}
	if (bad)
		play_free(&play);
	return play;
}

void play_free(struct play **play)
{
	if (!*play)
		return;
	free((*play)->settings);
	free((*play)->values);
	free((*play)->raw);
	free(*play);
	*play = NULL;
}

/* ---- what varies ---- */

/* Where a tag's wave begins: the same for tags of the same name. */
static uint64_t phase_of(const struct play *play, const char *name)
{
	uint64_t state = play->seed;

	for (; *name; name++)
		state = state * 31 + (uint8_t)*name;
	return play_random(&state);
}

static void use_constant(const struct constant *k, enum dragoman_type type,
			 struct dragoman_value *out)
{
	out->type = type;
	switch (type) {
	case DRAGOMAN_BOOLEAN: out->as.boolean = k->boolean; break;
	case DRAGOMAN_INTEGER:
		out->as.integer = k->type == DRAGOMAN_NUMBER ? llround(k->number) : k->integer;
		break;
	case DRAGOMAN_NUMBER: out->as.number = k->number; break;
	default:
		out->as.text.bytes = k->text;
		out->as.text.len = k->text_len;
		break;
	}
}

static void vary_number(const struct play *play, const struct tag *tag, struct dragoman_value *out)
{
	double low = tag->has_typical ? tag->low : 0, high = tag->has_typical ? tag->high : 9;
	uint64_t step = phase_of(play, tag->declared.name) + play->count;
	double wave = (1 - cos(2 * M_PI * (double)(step % PERIOD) / PERIOD)) / 2;
	double value = low + (high - low) * wave;

	out->type = tag->declared.type;
	if (out->type == DRAGOMAN_INTEGER)
		out->as.integer = llround(value);
	else
		out->as.number = round(value * 1000) / 1000;
}

/* One of the values that the frame can say of the tag. */
static void vary_other(const struct play *play, const struct tag *tag, const struct step *step,
		       struct dragoman_value *out)
{
	enum dragoman_type type = tag->declared.type;
	const struct constant none = {.type = type, .text = ""};

	if (tag->n_usual)
		use_constant(&tag->usual[play->count / PERIOD % tag->n_usual], type, out);
	else if (step && step->table && step->table->n)
		use_constant(&step->table->rows[0].value, type, out);
	else
		use_constant(&none, type, out);
}

/* Devices show the time that it is, in whole seconds. */
static int64_t now_ns(void)
{
	return clock_wall_ns() / NS_PER_S * NS_PER_S;
}

static void use_time(struct play *play, enum dragoman_type type, struct dragoman_value *out)
{
	out->type = type;
	if (type == DRAGOMAN_INTEGER) {
		out->as.integer = now_ns() / NS_PER_S;
	} else if (type == DRAGOMAN_NUMBER) {
		out->as.number = (double)(now_ns() / NS_PER_S);
	} else {
		out->as.text.len = moment_to_str(now_ns(), play->now);
		out->as.text.bytes = play->now;
	}
}

static const struct setting *find_setting(const struct play *play, const char *tag)
{
	for (size_t i = 0; i < play->n_settings; i++)
		if (!strcmp(play->settings[i].tag, tag))
			return &play->settings[i];
	return NULL;
}

static const struct step *find_step(const struct frame *frame, size_t tag)
{
	for (size_t i = 0; i < frame->n_steps; i++)
		if (frame->steps[i].tag == tag)
			return &frame->steps[i];
	return NULL;
}

static void play_value(struct play *play, const struct frame *frame, size_t i,
		       struct dragoman_value *out)
{
	const struct tag *tag = &frame->reading->tags[i];
	const struct step *step = find_step(frame, i);
	const struct setting *setting = find_setting(play, tag->declared.name);
	enum dragoman_type type = tag->declared.type;

	*out = (struct dragoman_value){.tag = tag->declared.name};
	if (setting && setting->bad) {
		out->quality = DRAGOMAN_BAD;
		out->reason = setting->bad;
	} else if (setting) {
		use_constant(&setting->value, type, out);
	} else if (step && step->time && !tag->has_typical) {
		use_time(play, type, out);
	} else if (step && step->field == NO_FIELD && !step->time) {
		if (step->constant.type != DRAGOMAN_NONE)
			use_constant(&step->constant, type, out);
	} else if ((type == DRAGOMAN_NUMBER || type == DRAGOMAN_INTEGER) &&
		   !(step && step->table && !tag->has_typical)) {
		vary_number(play, tag, out);
	} else {
		vary_other(play, tag, step, out);
	}
}

/* A frame that makes everything bad says only what is bad for its reason, and nothing else does. */
static bool says_quality(const struct frame *frame, const struct dragoman_value *values)
{
	bool any_bad = false;

	if (!frame->quality)
		return true;
	for (size_t i = 0; i < frame->reading->n_tags; i++)
		any_bad |= values[i].reason && !strcmp(values[i].reason, frame->quality_reason);
	return any_bad;
}

int play_frame(struct play *play, const struct frame *frame, const struct parameters *parameters,
	       struct buf *out)
{
	if (!frame->codec.can_encode)
		return -1;
	if (!frame->reading)
		return frame->codec.n_fields
			       ? -1
			       : codec_encode(&frame->codec, parameters, play->raw, out);
	for (size_t i = 0; i < frame->reading->n_tags; i++)
		play_value(play, frame, i, &play->values[i]);
	if (!says_quality(frame, play->values) ||
	    values_encode(frame, play->values, play->raw) < 0 ||
	    (frame->time &&
	     moment_encode(frame->time, frame->codec.fields, now_ns(), play->raw) < 0) ||
	    codec_encode(&frame->codec, parameters, play->raw, out) < 0)
		return -1;
	play->count++;
	return 0;
}

/* Whether a value that was set bad has to be said by a frame of its own. */
static bool is_said_by(const struct play *play, const struct frame *frame)
{
	for (size_t i = 0; frame->quality && i < play->n_settings; i++)
		if (play->settings[i].bad && !strcmp(play->settings[i].bad, frame->quality_reason))
			return true;
	return false;
}

int play_answer(struct play *play, const struct request *request,
		const struct parameters *parameters, struct buf *out)
{
	for (size_t i = 0; i < request->n_replies; i++)
		if (is_said_by(play, request->replies[i]) &&
		    play_frame(play, request->replies[i], parameters, out) == 0)
			return 0;
	for (size_t i = 0; i < request->n_replies; i++)
		if (play_frame(play, request->replies[i], parameters, out) == 0)
			return 0;
	return -1;
}
