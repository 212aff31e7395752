/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text and back; see hex.h. */
#include "base/hex.h"

#include "base/must.h"

char *hex_text(const void *bytes, size_t len, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	size_t at = 0;

	must(size >= 4);
	for (size_t i = 0; i < len; i++) {
		size_t rest = i + 1 < len ? 3 : 0; /* room for " .." after this one */

		if (at + (i ? 3 : 2) + rest + 1 > size) {
			out[at++] = '.';
			out[at++] = '.';
			break;
		}
		if (i)
			out[at++] = ' ';
		out[at++] = digits[p[i] >> 4];
		out[at++] = digits[p[i] & 15];
	}
	out[at] = '\0';
	return out;
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

ssize_t hex_parse(const char *text, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		int high, low;

		while (*text == ' ' || *text == '\t' || *text == '\n')
			text++;
		if (!*text)
			return (ssize_t)n;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || n == size)
			return -1;
		out[n++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
}
