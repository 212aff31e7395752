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
#include <string.h>
#include <sys/types.h>

#include "base/buf.h"
#include "wire/varint.h"

enum field_type {
	FIELD_VARINT = 0,
	FIELD_FIXED64 = 1,
	FIELD_BYTES = 2,
	FIELD_FIXED32 = 5,
};

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

static inline void fixed64_put(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static inline void fixed32_put(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (8 * i));
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

static inline uint32_t field_key(uint32_t number, enum field_type type)
{
	return number << 3 | (uint32_t)type;
}

/* These append one field. A value of 0 is appended as well: what proto3 leaves out is up to the caller. */
static inline void field_put_varint(struct buf *out, uint32_t number, uint64_t value)
{
	uint8_t *room = buf_room(out, 2 * (size_t)VARINT_MAX);
	size_t n = varint_put(room, field_key(number, FIELD_VARINT));

	buf_grown(out, n + varint_put(room + n, value));
}

static inline void field_put_fixed64(struct buf *out, uint32_t number, uint64_t value)
{
	uint8_t *room = buf_room(out, VARINT_MAX + 8);
	size_t n = varint_put(room, field_key(number, FIELD_FIXED64));

	fixed64_put(room + n, value);
	buf_grown(out, n + 8);
}

static inline void field_put_fixed32(struct buf *out, uint32_t number, uint32_t value)
{
	uint8_t *room = buf_room(out, VARINT_MAX + 4);
	size_t n = varint_put(room, field_key(number, FIELD_FIXED32));

	fixed32_put(room + n, value);
	buf_grown(out, n + 4);
}

/* Key and length of a field whose len bytes the caller appends next. */
static inline void field_put_head(struct buf *out, uint32_t number, size_t len)
{
	uint8_t *room = buf_room(out, 2 * (size_t)VARINT_MAX);
	size_t n = varint_put(room, field_key(number, FIELD_BYTES));

	buf_grown(out, n + varint_put(room + n, len));
}

static inline void field_put_bytes(struct buf *out, uint32_t number, const void *bytes, size_t len)
{
	field_put_head(out, number, len);
	buf_add(out, bytes, len);
}

static inline void field_put_text(struct buf *out, uint32_t number, const char *text)
{
	if (*text)
		field_put_bytes(out, number, text, strlen(text));
}

/* What field_put_head and its bytes will take. */
static inline size_t field_bytes_size(uint32_t number, size_t len)
{
	return varint_size(field_key(number, FIELD_BYTES)) + varint_size(len) + len;
}

#endif
