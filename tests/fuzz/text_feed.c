/* SPDX-License-Identifier: Apache-2.0 */
/* Plain files for replay: whatever is in them, every byte is used once and only comments are left out. The
 * first byte chooses how. */
#include "base/must.h"
#include "transport/text_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_feed feed = {0};
	size_t at = 1, n, len;
	const uint8_t *chunk;

	if (size < 2)
		return 0;
	feed.chunk = data[0] & 0x7f;
	feed.keep_comments = data[0] & 0x80;
	while (at < size) {
		n = text_feed_next(&feed, data + at, size - at, true, &chunk, &len);
		must(n > 0 && n <= size - at);
		must(len == n || (len == 0 && !feed.keep_comments && !feed.chunk));
		must(chunk == data + at);
		at += n;
	}
	return 0;
}
