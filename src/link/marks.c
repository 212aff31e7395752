/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding marks. Bytes are looked for with memchr, one after the other for the different first (last)
 * bytes of a set, in blocks, so that a byte which never comes costs no more than the block.
 */
#include "link/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { BLOCK = 256 };

static void note(uint8_t *set, size_t *n, uint8_t byte)
{
	if (!memchr(set, byte, *n))
		set[(*n)++] = byte;
}

/* Takes the bytes over. */
static void add(struct marks *marks, struct conf_bytes bytes)
{
	marks->list = xreallocarray(marks->list, marks->n + 1, sizeof(*marks->list));
	marks->list[marks->n++] = bytes;
	if (bytes.len > marks->longest)
		marks->longest = bytes.len;
	note(marks->firsts, &marks->n_firsts, bytes.data[0]);
	note(marks->lasts, &marks->n_lasts, bytes.data[bytes.len - 1]);
}

static void add_node(struct marks *marks, const struct conf_node *node, struct conf_errors *errors)
{
	static const struct conf_row row = {.key = "mark", .type = CONF_BYTES};
	struct conf_bytes bytes = {0};

	if (conf_read_value(&row, node, &bytes, errors) < 0)
		return;
	if (bytes.len) {
		add(marks, bytes);
		return;
	}
	free(bytes.data);
	conf_error(errors, node, "a mark needs at least one byte, such as \"\\r\\n\" or \"<STX>\"");
}

/* Whether inner lies in outer so that it ends before outer does. */
static bool ends_within(const struct conf_bytes *outer, const struct conf_bytes *inner)
{
	return outer->len > inner->len &&
	       memmem(outer->data, outer->len - 1, inner->data, inner->len);
}

static void check_ends(const struct marks *marks, const struct conf_node *node,
		       struct conf_errors *errors)
{
	for (size_t i = 0; i < marks->n; i++)
		for (size_t j = 0; j < marks->n; j++)
			if (ends_within(&marks->list[i], &marks->list[j]))
				conf_error(errors, node,
					   "mark %zu can never be seen, mark %zu ends before it",
					   i + 1, j + 1);
}

int marks_init(struct marks *marks, const struct conf_node *node, bool ends,
	       struct conf_errors *errors)
{
	size_t before = errors->n_errors;

	*marks = (struct marks){0};
	if (node && node->kind == CONF_LIST)
		for (const struct conf_node *c = node->first; c; c = c->next)
			add_node(marks, c, errors);
	else if (node)
		add_node(marks, node, errors);
	if (ends)
		check_ends(marks, node, errors);
	return errors->n_errors > before ? -1 : 0;
}

void marks_add(struct marks *marks, const struct conf_bytes *mark)
{
	add(marks, (struct conf_bytes){xmemdup(mark->data, mark->len), mark->len});
}

void marks_add_str(struct marks *marks, const char *text)
{
	add(marks, (struct conf_bytes){(uint8_t *)xstrdup(text), strlen(text)});
}

void marks_fini(struct marks *marks)
{
	for (size_t i = 0; i < marks->n; i++)
		free(marks->list[i].data);
	free(marks->list);
	*marks = (struct marks){0};
}

int marks_at(const struct marks *marks, const uint8_t *bytes, size_t len)
{
	int best = 0;

	for (size_t i = 0; i < marks->n; i++) {
		const struct conf_bytes *m = &marks->list[i];
		size_t n = m->len < len ? m->len : len;

		if (n && memcmp(bytes, m->data, n) != 0)
			continue;
		if (n < m->len)
			return MARKS_PART;
		if ((int)n > best)
			best = (int)n;
	}
	return best;
}

/* The length of the longest mark that bytes end with, 0 if there is none. */
static size_t ending(const struct marks *marks, const uint8_t *bytes, size_t len)
{
	size_t best = 0;

	for (size_t i = 0; i < marks->n; i++) {
		const struct conf_bytes *m = &marks->list[i];

		if (m->len > best && m->len <= len &&
		    memcmp(bytes + len - m->len, m->data, m->len) == 0)
			best = m->len;
	}
	return best;
}

/* The first of the n bytes of set at or behind from, or len. */
static size_t find_any(const uint8_t *set, size_t n, const uint8_t *bytes, size_t from, size_t len)
{
	while (from < len) {
		size_t end = len - from > BLOCK ? from + BLOCK : len, best = end;

		for (size_t i = 0; i < n; i++) {
			const uint8_t *p = memchr(bytes + from, set[i], best - from);

			if (p)
				best = (size_t)(p - bytes);
		}
		if (best < end)
			return best;
		from = end;
	}
	return len;
}

size_t marks_find_end(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len,
		      size_t *mark_len_out)
{
	for (size_t at = from; at < len; at++) {
		at = find_any(marks->lasts, marks->n_lasts, bytes, at, len);
		if (at == len)
			break;
		*mark_len_out = ending(marks, bytes + from, at + 1 - from);
		if (*mark_len_out)
			return at + 1;
	}
	return 0;
}

size_t marks_find_start(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len)
{
	for (; from < len; from++) {
		from = find_any(marks->firsts, marks->n_firsts, bytes, from, len);
		if (from == len || marks_at(marks, bytes + from, len - from))
			break;
	}
	return from;
}

size_t marks_find_last(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len)
{
	size_t best = len;

	for (size_t i = 0; i < marks->n_firsts; i++) {
		size_t end = len;

		while (end > from) {
			const uint8_t *p = memrchr(bytes + from, marks->firsts[i], end - from);

			if (!p)
				break;
			end = (size_t)(p - bytes);
			if (marks_at(marks, p, len - end) > 0) {
				if (best == len || end > best)
					best = end;
				break;
			}
		}
	}
	return best;
}
