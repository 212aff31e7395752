/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as instruments write them, independent of the locale, and scaled with one rounding. */
#ifndef NUMBER_H
#define NUMBER_H

#include "sentence.h"

/* mantissa * 10^-places, exactly. */
struct decimal {
	int64_t mantissa;
	int places;
};

/* An optional sign, digits with at most one point, at least one digit, nothing else; digits that would take
 * the mantissa past 10^15 are cut off behind the point and refused before it. 0 or -1. */
int decimal_read(struct text text, struct decimal *out);

/* value * num / den, rounded once as long as the products stay below 2^53 (they do for 15 digits less those
 * of num and den), and to the last place or two beyond. */
double decimal_scale(struct decimal value, int64_t num, int64_t den);

/* Degrees of "dddmm.mmmm". 0, or -1 if the minutes are 60 or more. */
int decimal_degrees(struct decimal value, double *out);

/* Digits only, up to 9 of them. 0 or -1. */
int integer_read(struct text text, int64_t *out);

#endif
