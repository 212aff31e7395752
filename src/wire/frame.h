/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delimited framing of the wire: a length as varint, then that many bytes of one Frame. Packing
 * appends to a buffer; splitting takes frames from a run of received bytes without copying.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "dragoman/v1/dragoman.pb-c.h"

/* The longest frame either way, in bytes without its length (Welcome.max_frame). */
enum { FRAME_MAX = 1 << 20 };
/* The FileDescriptorSet of the messages of one kind of device, in bytes. */
enum { DESCRIPTOR_MAX = 256 * 1024 };

enum frame_verdict {
	FRAME_BAD_LENGTH = -1, /* the length is no varint of at most 5 bytes, or padded */
	FRAME_TOO_LONG = -2,
};

/* Finds the first frame in bytes: > 0 is the number of bytes that it takes with its length, and
 * *payload_out, *payload_len_out are the frame; 0 means that more bytes are needed; < 0 is a verdict. */
ssize_t frame_next(const uint8_t *bytes, size_t len, size_t max, const uint8_t **payload_out,
		   size_t *payload_len_out);

/* Appends the message with its length in front. */
void frame_pack(struct buf *out, const ProtobufCMessage *message);

/* A Frame from its bytes, or NULL if they are none; release with frame_free. Nesting and counts are
 * bounded by protobuf-c and by len. */
Dragoman__V1__Frame *frame_parse(const uint8_t *payload, size_t len);
void frame_free(Dragoman__V1__Frame **frame);

#endif
