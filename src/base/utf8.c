/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, checked; see utf8.h. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* What may follow a lead byte (RFC 3629, section 4): the second byte's range rules out overlong forms,
 * surrogates and what lies above U+10FFFF. */
static const struct lead {
	uint8_t first, last;
	uint8_t second_min, second_max;
	uint8_t len;
} leads[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* Length of the sequence at p that starts with a byte above 0x7f, or 0 if it is none. */
static size_t sequence_len(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
		const struct lead *lead = &leads[i];

		if (*p < lead->first || *p > lead->last)
			continue;
		if (len < lead->len || p[1] < lead->second_min || p[1] > lead->second_max)
			return 0;
		for (size_t k = 2; k < lead->len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return lead->len;
	}
	return 0;
}

/* Bytes of plain ASCII at the front, by eights: nearly all that devices say. */
static size_t ascii_len(const uint8_t *p, size_t len)
{
	size_t i = 0;
	uint64_t eight;

	for (; i + sizeof eight <= len; i += sizeof eight) {
		memcpy(&eight, p + i, sizeof eight);
		if (eight & 0x8080808080808080u)
			break;
	}
	while (i < len && p[i] < 0x80)
		i++;
	return i;
}

bool utf8_is_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	while (len) {
		size_t n = ascii_len(p, len);

		p += n;
		len -= n;
		if (!len)
			break;
		n = sequence_len(p, len);
		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}
