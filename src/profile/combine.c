/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several fields are together: a sum, which is written again from its first field on; a product, a ratio,
 * which are read only. What is whole stays an integer, so that none of 64 bits is lost.
 */
#include <math.h>

#include "profile/raw.h"
#include "profile/values.h"

static void add_up(const struct step *step, const struct raw *raw, struct raw *out)
{
	wide_int sum = 0, whole;
	double number = 0;
	bool all_whole = true;

	for (size_t i = 0; i < step->n_terms; i++) {
		const struct term *t = &step->terms[i];

		number += raw_number(&raw[t->field]) * t->factor;
		all_whole =
			all_whole && raw_is_whole(t->factor) && raw_whole(&raw[t->field], &whole);
		if (all_whole)
			all_whole = !__builtin_add_overflow(sum, whole * (int64_t)t->factor, &sum);
	}
	if (all_whole)
		raw_set_whole(out, sum);
	else
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = number};
}

static void multiply(const struct step *step, const struct raw *raw, struct raw *out)
{
	wide_int product = 1, whole;
	double number = 1;
	bool all_whole = true;

	for (size_t i = 0; i < step->n_terms; i++) {
		const struct raw *field = &raw[step->terms[i].field];

		number *= raw_number(field);
		all_whole = all_whole && raw_whole(field, &whole) &&
			    !__builtin_mul_overflow(product, whole, &product);
	}
	if (all_whole)
		raw_set_whole(out, product);
	else
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = number};
}

/* NULL, or why there is none. */
static const char *divide(const struct raw *dividend, const struct raw *divisor, struct raw *out)
{
	wide_int a, b;

	if (raw_number(divisor) == 0)
		return "division by zero";
	if (raw_whole(dividend, &a) && raw_whole(divisor, &b) && a % b == 0)
		raw_set_whole(out, a / b);
	else
		*out = (struct raw){.kind = RAW_NUMBER,
				    .as.number = raw_number(dividend) / raw_number(divisor)};
	return NULL;
}

const char *combine_fields(const struct step *step, const struct raw *raw, struct raw *out)
{
	for (size_t i = 0; i < step->n_terms; i++) {
		const struct raw *field = &raw[step->terms[i].field];

		if (!raw_is_number(field))
			return field->kind == RAW_ABSENT ? "absent" : "not a number";
	}
	if (step->combine == COMBINE_RATIO)
		return divide(&raw[step->terms[0].field], &raw[step->terms[1].field], out);
	if (step->combine == COMBINE_PRODUCT)
		multiply(step, raw, out);
	else
		add_up(step, raw, out);
	return NULL;
}

/* ---- the way back of a sum ---- */

static bool split_whole(const struct step *step, wide_int rest, struct raw *raw)
{
	for (size_t i = 0; i < step->n_terms; i++)
		if (!raw_is_whole(step->terms[i].factor))
			return false;
	for (size_t i = 0; i < step->n_terms; i++) {
		wide_int factor = (int64_t)step->terms[i].factor;
		wide_int part = rest / factor;

		part -= rest % factor && (rest < 0) != (factor < 0); /* downwards */
		raw_set_whole(&raw[step->terms[i].field], part);
		rest -= part * factor;
	}
	return !rest;
}

int combine_split(const struct step *step, const struct field *fields, const struct raw *sum,
		  struct raw *raw)
{
	double number = raw_number(sum);
	wide_int whole;

	if (raw_whole(sum, &whole) && split_whole(step, whole, raw))
		return 0;
	for (size_t i = 0; i < step->n_terms; i++) {
		const struct term *t = &step->terms[i];
		double part = number / t->factor;

		if (i + 1 < step->n_terms)
			part = floor(part + 1e-9);
		if (values_set_field(&fields[t->field], part, &raw[t->field]) < 0)
			return -1;
		number -= part * t->factor;
	}
	return 0;
}
