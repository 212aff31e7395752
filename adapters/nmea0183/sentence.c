/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a sentence; see sentence.h. One pass over its bytes. */
#define _GNU_SOURCE
#include "sentence.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where the last '$' or '!' stands, or NULL. A sentence contains neither. */
static const char *find_start(const char *s, size_t len)
{
	const char *dollar, *bang;

	if (len && (s[0] == '$' || s[0] == '!') && !memchr(s + 1, '$', len - 1))
		return s;
	dollar = memrchr(s, '$', len);
	bang = memrchr(s, '!', len);
	return !dollar || (bang && bang > dollar) ? bang : dollar;
}

/* What stands behind the '*'. */
static enum sentence_check judge(const char *s, const char *end, uint8_t sum)
{
	int high = end - s == 2 ? hex_value(s[0]) : -1;
	int low = end - s == 2 ? hex_value(s[1]) : -1;

	return high >= 0 && low >= 0 && (high << 4 | low) == sum ? CHECK_RIGHT : CHECK_WRONG;
}

static uint32_t name_of(const char *s, size_t len)
{
	return SENTENCE_NAME(len > 0 ? s[0] : 0, len > 1 ? s[1] : 0, len > 2 ? s[2] : 0,
			     len > 3 ? s[3] : 0);
}

/* Cuts what is between the start and end; the checksum and the fields. */
static int cut_fields(const char *s, const char *end, struct sentence *out)
{
	uint8_t sum = 0;
	const char *begin = s;
	size_t n = 0;

	for (; s < end && *s != '*'; s++) {
		if ((uint8_t)*s < ' ' || (uint8_t)*s == 0x7f)
			return -1;
		sum ^= (uint8_t)*s;
		if (*s != ',')
			continue;
		if (n == SENTENCE_FIELDS - 1)
			return -1;
		out->field[n++] = (struct text){begin, (size_t)(s - begin)};
		begin = s + 1;
	}
	out->field[n++] = (struct text){begin, (size_t)(s - begin)};
	out->n = n;
	out->check = s < end ? judge(s + 1, end, sum) : CHECK_ABSENT;
	return 0;
}

int sentence_cut(const uint8_t *bytes, size_t len, struct sentence *out)
{
	const char *s = (const char *)bytes, *end = s + len, *start = find_start(s, len);
	struct text address;

	if (!start)
		return -1;
	while (end > start && ((uint8_t)end[-1] <= ' '))
		end--;
	out->start = *start;
	if (cut_fields(start + 1, end, out) < 0)
		return -1;
	address = out->field[0];
	if (address.len < 3)
		return -1;
	/* Quectel's talker of QZSS looks like a proprietary address. */
	if (address.s[0] == 'P' && !(address.len == 5 && memcmp(address.s, "PQGS", 4) == 0)) {
		out->talker = (struct text){address.s, 0};
		out->name = name_of(address.s + 1, address.len - 1);
		return 0;
	}
	out->talker = (struct text){address.s, 2};
	out->name = address.len == 5 ? name_of(address.s + 2, 3) : 0;
	return 0;
}
