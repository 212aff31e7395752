/* SPDX-License-Identifier: Apache-2.0 */
/* Character sets of one byte, to UTF-8 and back; see charset.h. */
#include <string.h>

#include "base/utf8.h"
#include "profile/charset.h"

enum { KANA_FIRST = 0xa1, KANA_LAST = 0xdf, KANA_CODE = 0xff61, NO_CODE = 0xfffd };

/* The upper half of code page 437, the IBM PC's. */
static const uint16_t cp437[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8,
	0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2,
	0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1,
	0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd,
	0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562,
	0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534,
	0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560,
	0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
	0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393,
	0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6,
	0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0,
	0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static unsigned code_of(enum charset charset, uint8_t byte)
{
	if (charset == CHARSET_KANA) { /* JIS X 0201 */
		if (byte == 0x5c)
			return 0xa5;
		if (byte == 0x7e)
			return 0x203e;
		if (byte >= KANA_FIRST && byte <= KANA_LAST)
			return KANA_CODE + byte - KANA_FIRST;
		return byte < 0x80 ? byte : NO_CODE;
	}
	if (byte < 0x80)
		return byte;
	return charset == CHARSET_CP437 ? cp437[byte - 0x80] : byte;
}

size_t charset_to_utf8(enum charset charset, uint8_t byte, uint8_t out[3])
{
	unsigned code = code_of(charset, byte);

	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (uint8_t)(0xc0 | code >> 6);
		out[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (uint8_t)(0xe0 | code >> 12);
	out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (code & 0x3f));
	return 3;
}

/* The byte whose character begins the text: how many bytes of the text it is, 0 if there is none. */
static size_t find_byte(enum charset charset, const uint8_t *text, size_t len, uint8_t *byte)
{
	uint8_t utf8[3];

	for (unsigned b = 0; b < 256; b++) {
		size_t n = charset_to_utf8(charset, (uint8_t)b, utf8);

		if (n <= len && !memcmp(text, utf8, n)) {
			*byte = (uint8_t)b;
			return n;
		}
	}
	return 0;
}

int charset_write(enum charset charset, const uint8_t *text, size_t len, struct buf *out)
{
	while (len) {
		uint8_t byte;
		size_t n = find_byte(charset, text, len, &byte);

		if (!n)
			return -1;
		buf_add(out, &byte, 1);
		text += n;
		len -= n;
	}
	return 0;
}

bool charset_is_valid(enum charset charset, const uint8_t *bytes, size_t len)
{
	switch (charset) {
	case CHARSET_UTF8: return utf8_is_valid((const char *)bytes, len);
	case CHARSET_ASCII:
		for (size_t i = 0; i < len; i++)
			if (bytes[i] >= 0x80)
				return false;
		return true;
	case CHARSET_KANA:
		for (size_t i = 0; i < len; i++)
			if (code_of(charset, bytes[i]) == NO_CODE)
				return false;
		return true;
	default: return true;
	}
}
