/* SPDX-License-Identifier: Apache-2.0 */
/* A growable run of bytes; the picture is in buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	if (b->size - b->used - b->len >= n && b->data)
		return b->data + b->used + b->len;
	if (b->used) {
		memmove(b->data, b->data + b->used, b->len);
		b->used = 0;
	}
	if (b->size - b->len < n || !b->data) {
		size_t size = b->size ? b->size : 64;

		must(n < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
		while (size - b->len < n || size < b->len)
			size *= 2;
		b->data = xreallocarray(b->data, size, 1);
		b->size = size;
	}
	return b->data + b->len;
}

void buf_grown(struct buf *b, size_t n)
{
	must(n <= b->size - b->used - b->len);
	b->len += n;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!len)
		return;
	memcpy(buf_room(b, len), bytes, len);
	b->len += len;
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	must(n >= 0);
	vsnprintf((char *)buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	b->len += (size_t)n;
	va_end(again);
	va_end(ap);
}

void buf_consume(struct buf *b, size_t n)
{
	must(n <= b->len);
	b->len -= n;
	b->used = b->len ? b->used + n : 0;
}

void buf_clear(struct buf *b)
{
	b->used = b->len = 0;
}

void buf_trim(struct buf *b)
{
	if (!b->len)
		buf_fini(b);
}

const char *buf_str(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (const char *)buf_bytes(b);
}
