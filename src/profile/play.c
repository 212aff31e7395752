/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a device that is played; see play.h. */
#include "profile/play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/known.h"
#include "profile/moment.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/type.h"
#include "profile/values.h"

enum { PERIOD = 40 }; /* frames in which a number goes once up and down */

struct setting {
	const char *tag;
	char *bad; /* the reason, or NULL */
	struct constant value;
	char *text; /* of the value */
	/* A number that goes evenly from what it was to its value; to_ns 0: it is there. */
	double from;
	int64_t from_ns, to_ns;
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
	/* The request that is being answered, whose fields come back in answers. */
	const struct codec *asked;
	const struct raw *asked_raw;
	int64_t now_ns;
};

uint64_t play_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- what is set ---- */

static struct setting *setting_of(struct play *play, const char *tag)
{
	struct setting *list;

	for (size_t i = 0; i < play->n_settings; i++)
		if (!strcmp(play->settings[i].tag, tag))
			return &play->settings[i];
	list = xreallocarray(play->settings, play->n_settings + 1, sizeof(*list));
	play->settings = list;
	list[play->n_settings] = (struct setting){.tag = tag};
	return &list[play->n_settings++];
}

static void clear_setting(struct setting *setting)
{
	free(setting->bad);
	free(setting->text);
	setting->bad = setting->text = NULL;
	setting->to_ns = 0;
}

static void keep_value(struct setting *setting, const struct constant *value)
{
	clear_setting(setting);
	setting->value = *value;
	if (!value->text)
		return;
	setting->text = xcalloc(1, value->text_len + 1);
	memcpy(setting->text, value->text, value->text_len);
	setting->value.text = setting->text;
}

static const struct tag *check_setting(const struct play *play, const struct conf_node *node,
				       struct constant *value, struct conf_errors *errors)
{
	const struct tag *tag =
		known_tag(play->profile, node->key, errors, node, "the profile has no tag");

	if (!tag)
		return NULL;
	if (node->kind == CONF_SCALAR && !strncmp(node->text, "bad:", 4))
		return tag;
	if (constant_read(node, tag->declared.type, value) < 0) {
		conf_error(errors, node, "that is no value of the tag %s", node->key);
		return NULL;
	}
	return tag;
}

int play_check(const struct play *play, const struct conf_node *node, struct conf_errors *errors)
{
	struct constant ignored;

	return check_setting(play, node, &ignored, errors) ? 0 : -1;
}

/* Where a number is now. */
static double place_of(const struct play *play, const struct setting *setting)
{
	double to = setting->value.type == DRAGOMAN_INTEGER   ? (double)setting->value.integer
		    : setting->value.type == DRAGOMAN_NATURAL ? (double)setting->value.natural
							      : setting->value.number;
	double way;

	if (setting->to_ns <= play->now_ns)
		return to;
	way = (double)(play->now_ns - setting->from_ns) /
	      (double)(setting->to_ns - setting->from_ns);
	return setting->from + (to - setting->from) * way;
}

static void begin_way(struct setting *setting, const struct play *play, const struct tag *tag,
		      bool was_set, double from, int64_t until_ns)
{
	bool is_number = value_is_number(tag->declared.type);

	if (!is_number || until_ns <= play->now_ns)
		return;
	setting->from = was_set ? from : tag->has_typical ? tag->low : 0;
	setting->from_ns = play->now_ns;
	setting->to_ns = until_ns;
}

int play_set(struct play *play, const struct conf_node *node, int64_t until_ns,
	     struct conf_errors *errors)
{
	struct constant value;
	const struct tag *tag = check_setting(play, node, &value, errors);
	size_t before = play->n_settings;
	struct setting *setting;
	double from;

	if (!tag)
		return -1;
	setting = setting_of(play, tag->declared.name);
	if (node->kind == CONF_SCALAR && !strncmp(node->text, "bad:", 4)) {
		clear_setting(setting);
		setting->bad = xstrdup(node->text + 4 + strspn(node->text + 4, " "));
		return 0;
	}
	from = place_of(play, setting);
	keep_value(setting, &value);
	begin_way(setting, play, tag, play->n_settings == before, from, until_ns);
	return 0;
}

void play_time(struct play *play, int64_t now_ns)
{
	play->now_ns = now_ns;
}

static void set_from_argument(struct play *play, const struct tag *tag,
			      const struct dragoman_value *value)
{
	struct constant k = constant_of(value);

	keep_value(setting_of(play, tag->declared.name), &k);
}

void play_command(struct play *play, const struct request *command,
		  const struct dragoman_value *arguments)
{
	for (size_t i = 0; i < command->n_effects; i++) {
		const struct effect *effect = &command->effects[i];

		if (effect->argument < 0)
			keep_value(setting_of(play, effect->tag->declared.name), &effect->constant);
		else
			set_from_argument(play, effect->tag, &arguments[effect->argument]);
	}
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
		for (const struct conf_node *n = set->first; n; n = n->next)
			bad |= play_set(play, n, 0, errors);
	}
	if (bad)
		play_free(&play);
	return play;
}

void play_free(struct play **play)
{
	if (!*play)
		return;
	for (size_t i = 0; i < (*play)->n_settings; i++)
		clear_setting(&(*play)->settings[i]);
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

static void vary_number(const struct play *play, const struct tag *tag, struct dragoman_value *out)
{
	double low = tag->has_typical ? tag->low : 0, high = tag->has_typical ? tag->high : 9;
	uint64_t step = phase_of(play, tag->declared.name) + play->count;
	double wave = (1 - cos(2 * M_PI * (double)(step % PERIOD) / PERIOD)) / 2;
	double value = low + (high - low) * wave;

	value_set_number(out, tag->declared.type,
			 tag->declared.type == DRAGOMAN_NUMBER ? round(value * 1000) / 1000
							       : value);
}

/* One of a table's numbers that are typical of the tag. */
static void vary_code(const struct play *play, const struct tag *tag, const struct table *table,
		      struct dragoman_value *out)
{
	size_t turn = play->count / PERIOD;

	for (size_t i = 0; i < table->n; i++) {
		value_from_constant(&table->rows[(turn + i) % table->n].value, tag->declared.type,
				    out);
		if (value_as_number(out) >= tag->low && value_as_number(out) <= tag->high)
			return;
	}
}

/* One of the values that the frame can say of the tag. */
static void vary_other(const struct play *play, const struct tag *tag, const struct table *table,
		       struct dragoman_value *out)
{
	enum dragoman_type type = tag->declared.type;
	const struct constant none = {.type = type, .text = ""};

	if (tag->n_usual)
		value_from_constant(&tag->usual[play->count / PERIOD % tag->n_usual], type, out);
	else if (table && table->n)
		value_from_constant(&table->rows[0].value, type, out);
	else
		value_from_constant(&none, type, out);
}

static void vary(const struct play *play, const struct tag *tag, const struct table *table,
		 struct dragoman_value *out)
{
	bool has_range = value_is_number(tag->declared.type) && !tag->n_usual;

	if (has_range && !table)
		vary_number(play, tag, out);
	else if (has_range && tag->has_typical && table->n)
		vary_code(play, tag, table, out);
	else
		vary_other(play, tag, table, out);
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

/* Of a number that is on its way. */
static void use_place(const struct play *play, const struct setting *setting,
		      enum dragoman_type type, struct dragoman_value *out)
{
	double place = place_of(play, setting);

	value_set_number(out, type, type == DRAGOMAN_NUMBER ? round(place * 1000) / 1000 : place);
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
	} else if (setting && setting->to_ns > play->now_ns) {
		use_place(play, setting, type, out);
	} else if (setting) {
		value_from_constant(&setting->value, type, out);
	} else if (step && step->time && !tag->has_typical) {
		use_time(play, type, out);
	} else if (step && step->field == NO_FIELD && !step->time) {
		if (step->constant.type != DRAGOMAN_NONE)
			value_from_constant(&step->constant, type, out);
	} else {
		vary(play, tag, step ? step->table : NULL, out);
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

/* A field of the answer that the request has as well says the same. */
static void echo(const struct play *play, const struct frame *frame)
{
	for (size_t i = 0; play->asked && i < frame->codec.n_fields; i++)
		for (size_t j = 0; j < play->asked->n_fields; j++)
			if (!strcmp(frame->codec.fields[i].name, play->asked->fields[j].name))
				play->raw[i] = play->asked_raw[j];
}

/* One that gives no reading. */
static int play_plain(struct play *play, const struct frame *frame,
		      const struct parameters *parameters, struct buf *out)
{
	if (values_encode(frame, parameters, NULL, play->raw) < 0)
		return -1;
	echo(play, frame);
	return codec_encode(&frame->codec, parameters, play->raw, out);
}

void play_asked(struct play *play, const struct codec *codec, const struct raw *raw)
{
	play->asked = codec;
	play->asked_raw = raw;
}

/* The values of one reading into its fields. */
static int play_element(struct play *play, const struct frame *element,
			const struct parameters *parameters, bool is_first)
{
	for (size_t i = 0; i < element->reading->n_tags; i++)
		play_value(play, element, i, &play->values[i]);
	if (!says_quality(element, play->values) ||
	    (is_first ? values_encode(element, parameters, play->values, play->raw)
		      : values_encode_more(element, parameters, play->values, play->raw)) < 0)
		return -1;
	return element->time
		       ? moment_encode(element->time, element->codec.fields, now_ns(), play->raw)
		       : 0;
}

int play_frame(struct play *play, const struct frame *frame, const struct parameters *parameters,
	       struct buf *out)
{
	const struct frame *element;

	if (!frame->codec.can_encode)
		return -1;
	if (!frame->reading)
		return play_plain(play, frame, parameters, out);
	for (size_t i = 0; (element = frame_element(frame, i)); i++)
		if (play_element(play, element, parameters, !i) < 0)
			return -1;
	if (codec_encode(&frame->codec, parameters, play->raw, out) < 0)
		return -1;
	play->count++;
	return 0;
}

bool play_is_said_by(const struct play *play, const struct frame *frame)
{
	for (size_t i = 0; frame->quality && i < play->n_settings; i++)
		if (play->settings[i].bad && !strcmp(play->settings[i].bad, frame->quality_reason))
			return true;
	return false;
}
