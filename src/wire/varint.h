/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf's base-128 varints, by hand: the hot path reads and writes them without a library. */
#ifndef WIRE_VARINT_H
#define WIRE_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_MAX = 10 };

/* Writes value at out (room for VARINT_MAX) and returns the bytes used, 1 to 10. */
static inline size_t varint_put(uint8_t *out, uint64_t value)
{
	size_t n = 0;

	while (value >= 0x80) {
		out[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (uint8_t)value;
	return n;
}

static inline size_t varint_size(uint64_t value)
{
	size_t n = 1;

	while (value >>= 7)
		n++;
	return n;
}

/* Reads a varint of at most len bytes. Returns the bytes used, 0 if it goes on behind len, or -1 if
 * it is longer than 10 bytes or more than 64 bits. */
static inline int varint_get(const uint8_t *in, size_t len, uint64_t *value_out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < VARINT_MAX; i++) {
		if (i == len)
			return 0;
		if (i == VARINT_MAX - 1 && in[i] > 1)
			return -1;
		value |= (uint64_t)(in[i] & 0x7f) << (7 * i);
		if (!(in[i] & 0x80)) {
			*value_out = value;
			return (int)i + 1;
		}
	}
	return -1;
}

#endif
