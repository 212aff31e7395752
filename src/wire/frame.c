/* SPDX-License-Identifier: Apache-2.0 */
/* The delimited framing; see frame.h. */
#include "wire/frame.h"

#include "wire/varint.h"

enum { LENGTH_MAX = 5 };

ssize_t frame_next(const uint8_t *bytes, size_t len, size_t max, const uint8_t **payload_out,
		   size_t *payload_len_out)
{
	uint64_t payload_len;
	int n = varint_get(bytes, len < LENGTH_MAX ? len : LENGTH_MAX, &payload_len);

	if (n == 0 && len < LENGTH_MAX)
		return 0;
	if (n <= 0 || (n > 1 && bytes[n - 1] == 0))
		return FRAME_BAD_LENGTH;
	if (payload_len > max)
		return FRAME_TOO_LONG;
	if (len - (size_t)n < payload_len)
		return 0;
	*payload_out = bytes + n;
	*payload_len_out = (size_t)payload_len;
	return n + (ssize_t)payload_len;
}

void frame_pack(struct buf *out, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *room = buf_room(out, len + VARINT_MAX);
	size_t n = varint_put(room, len);

	protobuf_c_message_pack(message, room + n);
	buf_grown(out, n + len);
}

Dragoman__V1__Frame *frame_parse(const uint8_t *payload, size_t len)
{
	return dragoman__v1__frame__unpack(NULL, len, payload);
}

void frame_free(Dragoman__V1__Frame **frame)
{
	if (*frame)
		dragoman__v1__frame__free_unpacked(*frame, NULL);
	*frame = NULL;
}
