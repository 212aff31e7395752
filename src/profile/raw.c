/* SPDX-License-Identifier: Apache-2.0 */
/* What raw fields have in common, whatever reads, writes or compares them. */
#include <math.h>
#include <string.h>

#include "profile/raw.h"
#include "profile/type.h"

bool raw_is_number(const struct raw *raw)
{
	return raw->kind == RAW_INTEGER || raw->kind == RAW_NUMBER || raw->kind == RAW_NATURAL;
}

double raw_number(const struct raw *raw)
{
	return raw->kind == RAW_INTEGER   ? (double)raw->as.integer
	       : raw->kind == RAW_NUMBER  ? raw->as.number
	       : raw->kind == RAW_NATURAL ? (double)raw->as.natural
					  : (double)NAN;
}

bool raw_whole(const struct raw *raw, wide_int *out)
{
	if (raw->kind == RAW_INTEGER)
		*out = raw->as.integer;
	else if (raw->kind == RAW_NATURAL)
		*out = raw->as.natural;
	else
		return false;
	return true;
}

bool raw_is_whole(double number)
{
	return fabs(number) < 0x1p63 && number == trunc(number);
}

void raw_set_whole(struct raw *raw, wide_int value)
{
	if (value >= INT64_MIN && value <= INT64_MAX)
		*raw = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)value};
	else if (value > 0 && value <= UINT64_MAX)
		*raw = (struct raw){.kind = RAW_NATURAL, .as.natural = (uint64_t)value};
	else
		*raw = (struct raw){.kind = RAW_NUMBER, .as.number = (double)value};
}

void raw_set_text(struct raw *raw, const uint8_t *bytes, size_t len)
{
	*raw = (struct raw){.kind = RAW_TEXT, .as.text = {bytes, len, false}};
}

size_t order_place(enum order order, size_t size, size_t i)
{
	switch (order) {
	case ORDER_LITTLE: return size - 1 - i;
	case ORDER_WORDS: return (size - 2 - (i & ~(size_t)1)) + (i & 1);
	case ORDER_BYTES: return i ^ 1;
	case ORDER_BIG: break;
	}
	return i;
}

bool raw_equal(const struct raw *a, const struct raw *b)
{
	wide_int i, j;

	if (raw_whole(a, &i) && raw_whole(b, &j))
		return i == j;
	if (raw_is_number(a) && raw_is_number(b))
		return raw_number(a) == raw_number(b) ||
		       fabs(raw_number(a) - raw_number(b)) <= 1e-12 * fabs(raw_number(a));
	if (a->kind != b->kind)
		return false;
	if (a->kind == RAW_TEXT)
		return a->as.text.len == b->as.text.len &&
		       !memcmp(a->as.text.bytes, b->as.text.bytes, a->as.text.len);
	return a->kind != RAW_SPECIAL || a->as.special == b->as.special;
}
