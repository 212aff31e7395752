/* SPDX-License-Identifier: Apache-2.0 */
/* Totals, differences, rates, and what is no news; see derive.h. */
#include "profile/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/program.h"
#include "profile/values.h"

/* What is remembered of one tag. */
struct slot {
	bool has_last;
	double last, total;
	int64_t received_ns, device_ns; /* of the last value */
	/* As it was sent. */
	enum dragoman_quality quality;
	enum dragoman_type type;
	uint64_t reason, text; /* hashes */
	double number;
};

struct derive {
	const struct profile *profile;
	struct slot *slots;
	int64_t *sent_ns; /* of each reading; 0: none was */
};

struct derive *derive_new(const struct profile *profile)
{
	struct derive *d = xcalloc(1, sizeof(*d));

	d->profile = profile;
	d->slots = xcalloc(profile->n_slots + 1, sizeof(*d->slots));
	d->sent_ns = xcalloc(profile->n_readings + 1, sizeof(*d->sent_ns));
	return d;
}

void derive_free(struct derive **derive)
{
	if (!*derive)
		return;
	free((*derive)->slots);
	free((*derive)->sent_ns);
	free(*derive);
	*derive = NULL;
}

void derive_forget(struct derive *d)
{
	memset(d->sent_ns, 0, d->profile->n_readings * sizeof(*d->sent_ns));
}

/* ---- derived values ---- */

static double number_of(const struct dragoman_value *value)
{
	return value->type == DRAGOMAN_INTEGER ? (double)value->as.integer : value->as.number;
}

static void set_number(struct dragoman_value *value, double number)
{
	if (value->type == DRAGOMAN_NUMBER)
		value->as.number = number;
	else
		value->as.integer = fabs(number) < 9.2e18 ? llround(number) : 0;
}

static void set_bad(struct dragoman_value *value, const char *reason)
{
	*value = (struct dragoman_value){
		.tag = value->tag, .quality = DRAGOMAN_BAD, .reason = reason};
}

/* How far a counter has come. One that is back near 0 from far below its end has not rolled over: it was reset. */
static double advance(const struct derivation *how, double last, double now,
		      struct dragoman_value *value)
{
	double step = now - last;

	if (step >= 0 || (how->kind != DERIVE_TOTAL && how->modulo == 0))
		return step;
	if (how->modulo > 0 && step + how->modulo <= how->modulo / 2)
		return step + how->modulo;
	if (value->quality == DRAGOMAN_GOOD) {
		value->quality = DRAGOMAN_UNCERTAIN;
		value->reason = "counter began again";
	}
	return now;
}

static void set_rate(const struct derivation *how, const struct slot *slot, double step,
		     int64_t received_ns, int64_t device_ns, struct dragoman_value *value)
{
	bool by_device = device_ns && slot->device_ns;
	int64_t passed = by_device ? device_ns - slot->device_ns : received_ns - slot->received_ns;

	if (passed <= 0)
		set_bad(value, "no time has passed");
	else
		set_number(value, step / (double)passed * (double)how->per_ns);
}

static void derive_value(const struct derivation *how, struct slot *slot, int64_t received_ns,
			 int64_t device_ns, struct dragoman_value *value)
{
	double now = number_of(value), step;

	step = slot->has_last ? advance(how, slot->last, now, value) : 0;
	slot->total = slot->has_last ? slot->total + step : now;
	if (how->kind == DERIVE_TOTAL)
		set_number(value, slot->total);
	else if (!slot->has_last)
		set_bad(value, "no earlier reading");
	else if (how->kind == DERIVE_DIFFERENCE)
		set_number(value, step);
	else
		set_rate(how, slot, step, received_ns, device_ns, value);
	slot->has_last = true;
	slot->last = now;
	slot->received_ns = received_ns;
	slot->device_ns = device_ns;
}

void derive_apply(struct derive *d, const struct frame *frame, int64_t received_ns,
		  int64_t device_ns, struct dragoman_value *values)
{
	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];
		struct dragoman_value *value = &values[s->tag];

		if (s->derive &&
		    (value->type == DRAGOMAN_NUMBER || value->type == DRAGOMAN_INTEGER))
			derive_value(s->derive, &d->slots[frame->reading->first_slot + s->tag],
				     received_ns, device_ns, value);
	}
}

/* ---- news ---- */

static uint64_t hash(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h;
}

/* As a number, whatever it is; a text is told by its hash. */
static void keep(struct slot *slot, const struct dragoman_value *v)
{
	slot->quality = v->quality;
	slot->type = v->type;
	slot->reason = v->reason ? hash(v->reason, strlen(v->reason)) : 0;
	slot->text = 0;
	slot->number = 0;
	switch (v->type) {
	case DRAGOMAN_BOOLEAN: slot->number = v->as.boolean; break;
	case DRAGOMAN_INTEGER:
	case DRAGOMAN_NUMBER: slot->number = number_of(v); break;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA: slot->text = hash(v->as.text.bytes, v->as.text.len); break;
	default: break;
	}
}

static bool has_changed(const struct slot *before, const struct slot *now, double deadband)
{
	return before->quality != now->quality || before->type != now->type ||
	       before->reason != now->reason || before->text != now->text ||
	       fabs(before->number - now->number) > deadband;
}

bool derive_is_news(struct derive *d, const struct reading *reading,
		    const struct dragoman_value *values, int64_t received_ns)
{
	int64_t *sent_ns = &d->sent_ns[reading - d->profile->readings];
	struct slot *slots = &d->slots[reading->first_slot];
	bool news = !*sent_ns || received_ns - *sent_ns >= reading->report.at_least_ns ||
		    received_ns < *sent_ns;

	if (!reading->report.on_change)
		return true;
	for (size_t i = 0; i < reading->n_tags && !news; i++) {
		struct slot now = slots[i];

		keep(&now, &values[i]);
		news = has_changed(&slots[i], &now, reading->tags[i].deadband);
	}
	if (!news)
		return false;
	for (size_t i = 0; i < reading->n_tags; i++)
		keep(&slots[i], &values[i]);
	*sent_ns = received_ns;
	return true;
}
