/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as frames: what is split off lies within them, and what parses and is strict packs and parses
 * again. */
#include "base/must.h"
#include "wire/frame.h"
#include "wire/strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const uint8_t *payload, size_t len)
{
	Dragoman__V1__Frame *frame = frame_parse(payload, len), *second;
	struct buf packed = {0};

	if (!frame || !strict_is_good(&frame->base)) {
		frame_free(&frame);
		return;
	}
	frame_pack(&packed, &frame->base);
	must(frame_next(buf_bytes(&packed), packed.len, FRAME_MAX * 2, &payload, &len) ==
	     (ssize_t)packed.len);
	second = frame_parse(payload, len);
	must(second && second->body_case == frame->body_case);
	frame_free(&second);
	frame_free(&frame);
	buf_fini(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;

	while ((used = frame_next(data, size, 65536, &payload, &len)) > 0) {
		must(payload > data && payload + len == data + used && (size_t)used <= size);
		again(payload, len);
		data += used;
		size -= (size_t)used;
	}
	return 0;
}
