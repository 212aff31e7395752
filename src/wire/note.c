/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of the store; see note.h. */
#include "wire/note.h"

#include "wire/frame.h"

void note_put(struct buf *out, const Dragoman__Internal__Note *note)
{
	frame_pack(out, &note->base);
}

int note_each(const uint8_t *notes, size_t len, note_fn *fn, void *arg, struct err *err)
{
	for (size_t at = 0; at < len;) {
		Dragoman__Internal__Note *note;
		const uint8_t *payload;
		size_t payload_len;
		ssize_t used = frame_next(notes + at, len - at, len, &payload, &payload_len);
		int result;

		if (used <= 0)
			return err_set(err, "a note that is cut off, %zu bytes in", at);
		note = dragoman__internal__note__unpack(NULL, payload_len, payload);
		if (!note)
			return err_set(err, "a note that cannot be decoded, %zu bytes in", at);
		result = fn(arg, note, err);
		dragoman__internal__note__free_unpacked(note, NULL);
		if (result < 0)
			return -1;
		at += (size_t)used;
	}
	return 0;
}
