/* SPDX-License-Identifier: Apache-2.0 */
/* Totals, differences, rates; see derive.h. */
#include "profile/derive.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "profile/constant.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/values.h"

/* How much it is: an integer as such, so that none of its bits is lost. */
struct amount {
	bool is_whole;
	wide_int whole;
	double number; /* as far as a double says it */
};

/* What is remembered of one tag. */
struct slot {
	bool has_last;
	struct amount last, total;
	struct derive_time time;
	bool is_doubtful; /* the last value */
	double speed;     /* how far it came in a nanosecond; 0: not known */
};

struct derive {
	struct slot *slots;
};

struct derive *derive_new(const struct profile *profile)
{
	struct derive *d = xcalloc(1, sizeof(*d));

	d->slots = xcalloc(profile->n_slots + 1, sizeof(*d->slots));
	return d;
}

void derive_free(struct derive **derive)
{
	if (!*derive)
		return;
	free((*derive)->slots);
	free(*derive);
	*derive = NULL;
}

/* ---- amounts ---- */

static struct amount whole_amount(wide_int whole)
{
	return (struct amount){true, whole, (double)whole};
}

static struct amount amount_of(const struct dragoman_value *value)
{
	if (value->type == DRAGOMAN_INTEGER)
		return whole_amount(value->as.integer);
	if (value->type == DRAGOMAN_NATURAL)
		return whole_amount(value->as.natural);
	return (struct amount){.number = value->as.number};
}

static struct amount add(struct amount a, struct amount b)
{
	return a.is_whole && b.is_whole ? whole_amount(a.whole + b.whole)
					: (struct amount){.number = a.number + b.number};
}

static struct amount subtract(struct amount a, struct amount b)
{
	return a.is_whole && b.is_whole ? whole_amount(a.whole - b.whole)
					: (struct amount){.number = a.number - b.number};
}

static struct amount modulo_of(const struct derivation *how)
{
	return how->modulo == floor(how->modulo) ? whole_amount((wide_int)how->modulo)
						 : (struct amount){.number = how->modulo};
}

/* ---- what is doubtful ---- */

static void set_bad(struct dragoman_value *value, const char *reason)
{
	*value = (struct dragoman_value){
		.tag = value->tag, .quality = DRAGOMAN_BAD, .reason = reason};
}

static void doubt(struct dragoman_value *value, const char *reason)
{
	if (value->quality != DRAGOMAN_GOOD)
		return;
	value->quality = DRAGOMAN_UNCERTAIN;
	value->reason = reason;
}

/* How long it is since the last one: by the device, else by a clock that was not set in between. */
static int64_t passed_ns(const struct derive_time *last, const struct derive_time *now)
{
	if (last->device_ns && now->device_ns)
		return now->device_ns - last->device_ns;
	return now->received_ns - last->received_ns - (now->ahead_ns - last->ahead_ns);
}

/* How far a counter has come. One that is back near 0 from far below its end has not rolled over: it was reset. */
static struct amount advance(const struct derivation *how, struct amount last, struct amount now,
			     struct dragoman_value *value)
{
	struct amount step = subtract(now, last), turned = add(step, modulo_of(how));

	if (step.number >= 0 || (how->kind != DERIVE_TOTAL && how->modulo == 0))
		return step;
	if (how->modulo > 0 && turned.number >= 0 && turned.number <= how->modulo / 2)
		return turned;
	doubt(value, "counter began again");
	return now;
}

/* ---- one value ---- */

static void set_value(struct dragoman_value *value, struct amount amount)
{
	wide_int whole = amount.whole;

	if (!amount.is_whole)
		whole = (wide_int)fmax(fmin(round(amount.number), 0x1p65), -0x1p65);
	if (value->type == DRAGOMAN_NUMBER)
		value->as.number = amount.number;
	else if (value->type == DRAGOMAN_INTEGER && whole >= INT64_MIN && whole <= INT64_MAX)
		value->as.integer = (int64_t)whole;
	else if (value->type == DRAGOMAN_NATURAL && whole >= 0 && whole <= UINT64_MAX)
		value->as.natural = (uint64_t)whole;
	else
		set_bad(value, "out of range");
}

static void set_rate(const struct derivation *how, double step, int64_t passed,
		     struct dragoman_value *value)
{
	double rate = step / (double)passed * (double)how->per_ns;

	if (passed <= 0)
		set_bad(value, passed < 0 ? "clock went back" : "no time has passed");
	else
		set_value(value, (struct amount){.number = rate});
}

static void derive_next(const struct derivation *how, struct slot *slot, struct amount now,
			const struct derive_time *time, struct dragoman_value *value)
{
	int64_t passed = passed_ns(&slot->time, time);
	struct amount step = advance(how, slot->last, now, value);

	slot->total = add(slot->total, step);
	if (how->modulo > 0 && passed > 0 && slot->speed * (double)passed >= how->modulo)
		doubt(value, "too long for the counter");
	if (how->kind != DERIVE_TOTAL && slot->is_doubtful)
		doubt(value, "earlier reading uncertain");
	if (how->kind == DERIVE_TOTAL)
		set_value(value, slot->total);
	else if (how->kind == DERIVE_DIFFERENCE)
		set_value(value, step);
	else
		set_rate(how, step.number, passed, value);
	if (passed > 0)
		slot->speed = fabs(step.number) / (double)passed;
}

static void derive_value(const struct derivation *how, struct slot *slot,
			 const struct derive_time *time, struct dragoman_value *value)
{
	bool is_doubtful = value->quality != DRAGOMAN_GOOD;
	struct amount now = amount_of(value);

	if (slot->has_last)
		derive_next(how, slot, now, time, value);
	else
		slot->total = now;
	if (!slot->has_last && how->kind != DERIVE_TOTAL)
		set_bad(value, "no earlier reading");
	slot->has_last = true;
	slot->last = now;
	slot->time = *time;
	slot->is_doubtful = is_doubtful;
}

void derive_apply(struct derive *d, const struct frame *frame, const struct derive_time *time,
		  struct dragoman_value *values)
{
	for (size_t i = 0; i < frame->n_steps; i++) {
		const struct step *s = &frame->steps[i];
		struct dragoman_value *value = &values[s->tag];

		if (!s->derive || s->is_alternative || !value_is_number(value->type))
			continue;
		derive_value(s->derive, &d->slots[frame->reading->first_slot + s->tag], time,
			     value);
		if (s->has_limits)
			values_check_limits(value, s);
	}
}
