/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that wait; see backlog.h. */
#include "channel/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "wire/varint.h"

enum { SIZE_FIRST = 4096, LENGTH_MAX = 5 };

void backlog_fini(struct backlog *backlog)
{
	free(backlog->data);
	*backlog = (struct backlog){0};
}

/* The bytes from a position to the end of the memory or to `to`, whichever comes first. */
static size_t piece(const struct backlog *backlog, uint64_t from, uint64_t to)
{
	size_t to_end = backlog->size - (size_t)(from & (backlog->size - 1));

	return to - from < to_end ? (size_t)(to - from) : to_end;
}

static uint8_t *place(const struct backlog *backlog, uint64_t at)
{
	return backlog->data + (at & (backlog->size - 1));
}

static void write_at(struct backlog *backlog, uint64_t at, const uint8_t *bytes, size_t len)
{
	size_t n = piece(backlog, at, at + len);

	memcpy(place(backlog, at), bytes, n);
	if (n < len)
		memcpy(place(backlog, at + n), bytes + n, len - n);
}

/* Moves what is held into memory of another size; each byte's place follows from its position. */
static void resize(struct backlog *backlog, size_t size)
{
	struct backlog old = *backlog;

	backlog->data = xmalloc(size);
	backlog->size = size;
	for (uint64_t at = old.tail; at < old.head;) {
		size_t n = piece(&old, at, old.head);

		write_at(backlog, at, place(&old, at), n);
		at += n;
	}
	free(old.data);
}

void backlog_add(struct backlog *backlog, const uint8_t *frame, size_t len)
{
	size_t size = backlog->size ? backlog->size : SIZE_FIRST;

	while (size - backlog_len(backlog) < len)
		size *= 2;
	if (size != backlog->size)
		resize(backlog, size);
	write_at(backlog, backlog->head, frame, len);
	backlog->head += len;
}

/* The bytes of a length that may lie across the end of the memory, put together. */
static size_t copy_length(const struct backlog *backlog, uint64_t at, uint8_t out[LENGTH_MAX])
{
	size_t n = 0;

	while (n < LENGTH_MAX && at + n < backlog->head) {
		out[n] = *place(backlog, at + n);
		n++;
	}
	return n;
}

size_t backlog_frame_len(const struct backlog *backlog, uint64_t at)
{
	uint8_t copy[LENGTH_MAX];
	const uint8_t *length = place(backlog, at);
	size_t n = piece(backlog, at, backlog->head);
	uint64_t value;
	int used;

	if (n < LENGTH_MAX) {
		n = copy_length(backlog, at, copy);
		length = copy;
	}
	used = varint_get(length, n < LENGTH_MAX ? n : LENGTH_MAX, &value);
	must(used > 0 && at + (uint64_t)used + value <= backlog->head);
	return (size_t)used + (size_t)value;
}

void backlog_copy(const struct backlog *backlog, uint64_t from, uint64_t to, struct buf *out)
{
	must(from >= backlog->tail && from <= to && to <= backlog->head);
	while (from < to) {
		size_t n = piece(backlog, from, to);

		buf_add(out, place(backlog, from), n);
		from += n;
	}
}

void backlog_forget(struct backlog *backlog, uint64_t to)
{
	must(to >= backlog->tail && to <= backlog->head);
	backlog->tail = to;
}

void backlog_rest(struct backlog *backlog)
{
	if (backlog->size > SIZE_FIRST && backlog_len(backlog) < SIZE_FIRST / 2)
		resize(backlog, SIZE_FIRST);
}
