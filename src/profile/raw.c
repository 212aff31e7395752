/* SPDX-License-Identifier: Apache-2.0 */
/* What raw fields have in common, whatever reads, writes or compares them. */
#include <math.h>
#include <string.h>

#include "profile/raw.h"
#include "profile/type.h"

double raw_number(const struct raw *raw)
{
	return raw->kind == RAW_INTEGER  ? (double)raw->as.integer
	       : raw->kind == RAW_NUMBER ? raw->as.number
					 : (double)NAN;
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
	bool numbers = (a->kind == RAW_INTEGER || a->kind == RAW_NUMBER) &&
		       (b->kind == RAW_INTEGER || b->kind == RAW_NUMBER);

	if (numbers)
		return raw_number(a) == raw_number(b) ||
		       fabs(raw_number(a) - raw_number(b)) <= 1e-12 * fabs(raw_number(a));
	if (a->kind != b->kind)
		return false;
	if (a->kind == RAW_TEXT)
		return a->as.text.len == b->as.text.len &&
		       !memcmp(a->as.text.bytes, b->as.text.bytes, a->as.text.len);
	return a->kind != RAW_SPECIAL || a->as.special == b->as.special;
}
