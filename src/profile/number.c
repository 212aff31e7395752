/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal numbers as devices write them: "  -12.30", "+1.0E-03", "- 5", "12,5". What can be read exactly with
 * one multiplication or division is; the rest is strtod's.
 */
#include <stdlib.h>
#include <string.h>

#include "profile/number.h"

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MAX_POWER = 22, NUMBER_TEXT_SIZE = 64 };

struct parts {
	bool negative, point;
	uint64_t mantissa;
	bool overflow; /* of the mantissa */
	int exponent;
	bool has_exponent;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static size_t blanks(const uint8_t *at, size_t len)
{
	size_t i = 0;

	while (i < len && at[i] == ' ')
		i++;
	return i;
}

/* For another digit behind 18446744073709551... */
static bool has_room(const struct parts *p, uint8_t digit)
{
	return p->mantissa == UINT64_MAX / 10 && (uint64_t)(digit - '0') <= UINT64_MAX % 10 &&
	       !p->overflow;
}

/* The digits with their point, from i on; returns where they end, or i if there are none. */
static size_t read_digits(const uint8_t *at, size_t len, size_t i, uint8_t point, struct parts *p)
{
	size_t digits = 0, begin = i;

	for (; i < len; i++) {
		if (at[i] == point && !p->point && point) {
			p->point = true;
			continue;
		}
		if (!is_digit(at[i]))
			break;
		digits++;
		if (p->mantissa >= UINT64_MAX / 10 && !has_room(p, at[i]))
			p->overflow = true;
		else
			p->mantissa = p->mantissa * 10 + (uint64_t)(at[i] - '0');
		if (p->point)
			p->exponent--;
	}
	return digits ? i : begin;
}

/* "E-03" from i on, if it stands there whole. */
static size_t read_exponent(const uint8_t *at, size_t len, size_t i, struct parts *p)
{
	size_t j = i + 1;
	bool negative;
	int value = 0;

	if (i >= len || (at[i] | 0x20) != 'e')
		return i;
	negative = j < len && at[j] == '-';
	if (j < len && (at[j] == '-' || at[j] == '+'))
		j++;
	if (j >= len || !is_digit(at[j]))
		return i;
	for (; j < len && is_digit(at[j]); j++)
		value = value < 10000 ? value * 10 + (at[j] - '0') : value;
	p->exponent += negative ? -value : value;
	p->has_exponent = true;
	return j;
}

/* Where the number that begins at the front ends; 0 if there is none. */
static size_t scan(const uint8_t *at, size_t len, bool comma, bool fraction, struct parts *p)
{
	size_t i = blanks(at, len), end;

	*p = (struct parts){0};
	if (i < len && (at[i] == '-' || at[i] == '+')) {
		p->negative = at[i++] == '-';
		i += blanks(at + i, len - i);
	}
	end = read_digits(at, len, i, fraction ? comma ? ',' : '.' : 0, p);
	if (end == i)
		return 0;
	return fraction ? read_exponent(at, len, end, p) : end;
}

size_t number_span(const uint8_t *at, size_t len, bool comma, bool fraction)
{
	struct parts p;

	return scan(at, len, comma, fraction, &p);
}

/* Too many digits, or an exponent that one step does not reach. */
static double read_slowly(const uint8_t *at, size_t len, bool comma)
{
	char text[NUMBER_TEXT_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < sizeof(text); i++)
		if (at[i] != ' ')
			text[n++] = comma && at[i] == ',' ? '.' : (char)at[i];
	text[n] = '\0';
	return strtod(text, NULL);
}

static double to_double(const struct parts *p, const uint8_t *at, size_t len, bool comma)
{
	double value = (double)p->mantissa;

	if (p->overflow || p->mantissa >> 53 || p->exponent > MAX_POWER || p->exponent < -MAX_POWER)
		return read_slowly(at, len, comma);
	value = p->exponent < 0 ? value / powers[-p->exponent] : value * powers[p->exponent];
	return p->negative ? -value : value;
}

bool number_read(const uint8_t *at, size_t len, bool comma, struct number *out)
{
	struct parts p;
	size_t end = scan(at, len, comma, true, &p);

	if (!end || end + blanks(at + end, len - end) != len)
		return false;
	out->is_whole = !p.point && !p.has_exponent && !p.overflow &&
			(!p.negative || p.mantissa <= (uint64_t)1 << 63);
	out->is_negative = p.negative;
	out->magnitude = p.mantissa;
	out->value = to_double(&p, at, len, comma);
	return true;
}
