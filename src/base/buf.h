/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable run of bytes: appended to at its end, consumed from its front.
 *
 *	data            data + used       data + used + len        data + size
 *	 | consumed      | yours: buf_bytes  | room                   |
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t used; /* consumed bytes in front, given back when there is need or nothing else */
	size_t len;  /* bytes held */
	size_t size; /* bytes allocated */
};

/* Zeroed memory is an empty buffer. */
void buf_fini(struct buf *b);

/* The held bytes; valid until the next change. */
static inline uint8_t *buf_bytes(const struct buf *b)
{
	return b->used ? b->data + b->used : b->data; /* nothing may be added to a NULL */
}

/* Makes room for at least n more bytes and returns where they go; buf_grown says how many came. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Takes n held bytes from the front. */
void buf_consume(struct buf *b, size_t n);
/* Forgets what is held and keeps the memory. */
void buf_clear(struct buf *b);
/* Gives memory back when nothing is held. */
void buf_trim(struct buf *b);

/* The held bytes as a string, owned by the buffer. */
const char *buf_str(struct buf *b);

#endif
