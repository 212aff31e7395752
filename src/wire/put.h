/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf fields written by hand, one behind the other; field.h reads them. */
#ifndef WIRE_PUT_H
#define WIRE_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "wire/varint.h"

enum field_type {
	FIELD_VARINT = 0,
	FIELD_FIXED64 = 1,
	FIELD_BYTES = 2,
	FIELD_FIXED32 = 5,
};

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
