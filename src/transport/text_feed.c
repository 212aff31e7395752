/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a plain file into chunks; see text_feed.h. */
#include "transport/text_feed.h"

#include <string.h>

/* Length of the line at the front, with its end; 0 if more is needed to know. */
static size_t line_length(const uint8_t *bytes, size_t len, bool at_end)
{
	size_t most = len < TEXT_FEED_LINE_MAX ? len : TEXT_FEED_LINE_MAX;
	const uint8_t *end = memchr(bytes, '\n', most);

	if (end)
		return (size_t)(end - bytes) + 1;
	return at_end || most == TEXT_FEED_LINE_MAX ? most : 0;
}

size_t text_feed_next(struct text_feed *f, const uint8_t *bytes, size_t len, bool at_end,
		      const uint8_t **chunk_out, size_t *chunk_len_out)
{
	size_t n;

	*chunk_out = bytes;
	*chunk_len_out = 0;
	if (f->chunk) {
		n = f->chunk < len ? f->chunk : at_end ? len : 0;
		*chunk_len_out = n;
		return n;
	}
	n = line_length(bytes, len, at_end);
	if (!n)
		return 0;
	if (!f->in_line)
		f->in_comment = bytes[0] == '#' && !f->keep_comments;
	f->in_line = bytes[n - 1] != '\n';
	*chunk_len_out = f->in_comment ? 0 : n;
	return n;
}
