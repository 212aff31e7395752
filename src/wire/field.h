/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf fields by hand, for the few places where unpacking a message would cost too much: the hub
 * looks at the head of an event and wraps its bytes; it never touches what is inside.
 *
 * Reading is strict: what is cut off, padded, of an unknown wire type or of field number 0 is an error.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/put.h"
#include "wire/varint.h"

struct field {
	uint32_t number;
	enum field_type type;
	uint64_t value;       /* VARINT, FIXED64, FIXED32 */
	const uint8_t *bytes; /* BYTES: they stay where they are */
	size_t len;
};

static inline uint64_t fixed64_get(const uint8_t *in)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | in[i];
	return value;
}

static inline uint32_t fixed32_get(const uint8_t *in)
{
	return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
	       (uint32_t)in[3] << 24;
}

/* Reads the field at in. Returns the bytes that it takes (> 0), or -1 if there is no whole field. */
static inline ssize_t field_get(const uint8_t *in, size_t len, struct field *out)
{
	uint64_t key, value = 0;
	int n = varint_get(in, len, &key), m;
	size_t at;

	if (n <= 0 || key > UINT32_MAX || key < 8)
		return -1;
	out->number = (uint32_t)(key >> 3);
	out->type = (enum field_type)(key & 7);
	at = (size_t)n;
	switch (out->type) {
	case FIELD_FIXED64:
		if (len - at < 8)
			return -1;
		out->value = fixed64_get(in + at);
		return (ssize_t)at + 8;
	case FIELD_FIXED32:
		if (len - at < 4)
			return -1;
		out->value = fixed32_get(in + at);
		return (ssize_t)at + 4;
	case FIELD_VARINT:
	case FIELD_BYTES:
		m = varint_get(in + at, len - at, &value);
		if (m <= 0)
			return -1;
		at += (size_t)m;
		out->value = value;
		if (out->type == FIELD_VARINT)
			return (ssize_t)at;
		if (value > len - at)
			return -1;
		out->bytes = in + at;
		out->len = (size_t)value;
		return (ssize_t)(at + value);
	}
	return -1; /* groups are not ours */
}

#endif
