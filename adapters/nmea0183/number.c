/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers; see number.h. A decimal of up to 15 digits and every power of ten up to 10^22 are exact as
 * doubles, so one division rounds the result correctly.
 */
#include "number.h"

static const int64_t most = 1000000000000000; /* 10^15 */

static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Reads the digits; returns how many there are. */
static size_t read_digits(struct text text, size_t i, struct decimal *out)
{
	bool is_behind = false;
	size_t n = 0;

	for (; i < text.len; i++) {
		unsigned digit = (unsigned)(uint8_t)text.s[i] - '0';

		if (text.s[i] == '.' && !is_behind) {
			is_behind = true;
			continue;
		}
		if (digit > 9)
			return 0;
		n++;
		if (out->mantissa < most / 10 && out->places < 15) {
			out->mantissa = out->mantissa * 10 + digit;
			out->places += is_behind;
		} else if (!is_behind) {
			return 0;
		}
	}
	return n;
}

int decimal_read(struct text text, struct decimal *out)
{
	bool is_negative = text.len && text.s[0] == '-';
	size_t sign = text.len && (text.s[0] == '-' || text.s[0] == '+');

	*out = (struct decimal){0, 0};
	if (!read_digits(text, sign, out))
		return -1;
	if (is_negative)
		out->mantissa = -out->mantissa;
	return 0;
}

double decimal_scale(struct decimal value, int64_t num, int64_t den)
{
	return (double)value.mantissa * (double)num / (powers[value.places] * (double)den);
}

int decimal_degrees(struct decimal value, double *out)
{
	int64_t hundred = 100 * (int64_t)powers[value.places];
	int64_t degrees = value.mantissa / hundred, minutes = value.mantissa % hundred;

	if (value.mantissa < 0 || value.places > 13 || minutes >= hundred / 100 * 60)
		return -1;
	*out = (double)(degrees * (hundred / 100 * 60) + minutes) / (double)(hundred / 100 * 60);
	return 0;
}

int integer_read(struct text text, int64_t *out)
{
	int64_t value = 0;

	if (!text.len || text.len > 9)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(uint8_t)text.s[i] - '0';

		if (digit > 9)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}
