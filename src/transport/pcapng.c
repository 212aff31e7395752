/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings in pcapng: writer and reader, side by side; the picture is in pcapng.h. */
#include "transport/pcapng.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"

enum {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	PACKET = 6, /* "enhanced packet block" */
	ORDER_MARK = 0x1a2b3c4d,
	ORDER_SWAPPED = 0x4d3c2b1a,
	LINK_TYPE = 250,
	HEAD = 12,  /* of a packet's data */
	FRAME = 12, /* of any block: type, length in front and behind */
	OPT_END = 0,
	OPT_APPLICATION = 4,
	OPT_NAME = 2,
	OPT_FLAGS = 2,
	OPT_RESOLUTION = 9,
	OPT_OFFSET = 14,
	FLAG_INBOUND = 1,
	FLAG_OUTBOUND = 2,
	MICROSECONDS = 6, /* the resolution if none is given */
	NANOSECONDS = 9,
};

/* ---- writing: little endian ---- */

static void put16(struct buf *out, uint16_t v)
{
	uint8_t b[] = {(uint8_t)v, (uint8_t)(v >> 8)};

	buf_add(out, b, sizeof b);
}

static void put32(struct buf *out, uint32_t v)
{
	put16(out, (uint16_t)v);
	put16(out, (uint16_t)(v >> 16));
}

static void put32_big(struct buf *out, uint32_t v)
{
	uint8_t b[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	buf_add(out, b, sizeof b);
}

static void put_padding(struct buf *out, size_t len)
{
	buf_add(out, "\0\0\0", -len & 3);
}

static void put_option(struct buf *out, uint16_t code, const void *value, size_t len)
{
	put16(out, code);
	put16(out, (uint16_t)len);
	buf_add(out, value, len);
	put_padding(out, len);
}

/* Where the block begins, for end_block. */
static size_t begin_block(struct buf *out, uint32_t type)
{
	put32(out, type);
	put32(out, 0);
	return out->len - 8;
}

static void end_block(struct buf *out, size_t begin)
{
	uint32_t len = (uint32_t)(out->len - begin + 4);

	for (size_t i = 0; i < 4; i++)
		buf_bytes(out)[begin + 4 + i] = (uint8_t)(len >> 8 * i);
	put32(out, len);
}

void pcapng_put_start(struct buf *out, const char *program, const char *line)
{
	uint8_t resolution = NANOSECONDS;
	size_t begin = begin_block(out, SECTION);

	put32(out, ORDER_MARK);
	put16(out, 1);
	put16(out, 0);
	put32(out, UINT32_MAX); /* the section's length: not known */
	put32(out, UINT32_MAX);
	put_option(out, OPT_APPLICATION, program, strlen(program));
	put_option(out, OPT_END, NULL, 0);
	end_block(out, begin);

	begin = begin_block(out, INTERFACE);
	put16(out, LINK_TYPE);
	put16(out, 0);
	put32(out, 0); /* no limit to a packet's length */
	put_option(out, OPT_NAME, line, strlen(line));
	put_option(out, OPT_RESOLUTION, &resolution, 1);
	put_option(out, OPT_END, NULL, 0);
	end_block(out, begin);
}

void pcapng_put_packet(struct buf *out, enum pcapng_event event, const uint8_t *bytes, size_t len,
		       int64_t wall_ns)
{
	uint8_t flags[4] = {event == PCAPNG_SENT ? FLAG_OUTBOUND : FLAG_INBOUND};
	uint8_t kind[4] = {(uint8_t)event};
	size_t begin;

	must(len <= PCAPNG_DATA_MAX);
	begin = begin_block(out, PACKET);
	put32(out, 0);
	put32(out, (uint32_t)((uint64_t)wall_ns >> 32));
	put32(out, (uint32_t)wall_ns);
	put32(out, (uint32_t)(HEAD + len));
	put32(out, (uint32_t)(HEAD + len));
	put32_big(out, (uint32_t)(wall_ns / NS_PER_S));
	put32_big(out, (uint32_t)(wall_ns % NS_PER_S / 1000));
	buf_add(out, kind, sizeof kind);
	buf_add(out, bytes, len);
	put_padding(out, len);
	put_option(out, OPT_FLAGS, flags, sizeof flags);
	put_option(out, OPT_END, NULL, 0);
	end_block(out, begin);
}

/* ---- reading ---- */

/* The body of one block, read from its front; running out of it sticks. */
struct body {
	const uint8_t *at;
	size_t left;
	bool swapped, failed;
};

static const uint8_t *take(struct body *b, size_t n)
{
	const uint8_t *at = b->at;

	if (n > b->left) {
		b->failed = true;
		return NULL;
	}
	b->at += n;
	b->left -= n;
	return at;
}

static uint32_t number(const uint8_t *p, size_t n, bool swapped)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[swapped ? i : n - 1 - i];
	return v;
}

static uint32_t take_number(struct body *b, size_t n)
{
	const uint8_t *p = take(b, n);

	return p ? number(p, n, b->swapped) : 0;
}

static void read_interface_option(struct pcapng_interface *i, uint16_t code, struct body value)
{
	uint64_t first, second;

	if (code == OPT_RESOLUTION && value.left == 1) {
		i->resolution = *value.at;
	} else if (code == OPT_OFFSET && value.left == 8) {
		first = take_number(&value, 4);
		second = take_number(&value, 4);
		i->offset_s =
			(int64_t)(value.swapped ? first << 32 | second : second << 32 | first);
	}
}

static void read_interface(struct pcapng *p, struct body *b)
{
	struct pcapng_interface *i;

	if (p->n_interfaces == PCAPNG_INTERFACES)
		return;
	i = &p->interfaces[p->n_interfaces++];
	*i = (struct pcapng_interface){.link_type = (uint16_t)take_number(b, 2),
				       .resolution = MICROSECONDS};
	take(b, 6);
	while (!b->failed && b->left) {
		uint16_t code = (uint16_t)take_number(b, 2);
		size_t len = take_number(b, 2);
		struct body value = {.at = take(b, len), .left = len, .swapped = b->swapped};

		if (!value.at || code == OPT_END)
			break;
		read_interface_option(i, code, value);
		take(b, -len & 3);
	}
}

/* Of a file that means it: what overflows is some time, and harms nobody. */
static int64_t to_ns(uint64_t ticks, const struct pcapng_interface *i)
{
	unsigned n = i->resolution & 0x7f;
	uint64_t ns = ticks;

	if (i->resolution & 0x80) {
		uint64_t seconds = n < 64 ? ticks >> n : 0;
		uint64_t rest = n < 64 ? ticks - (seconds << n) : ticks;

		/* 30 bits of the fraction are a nanosecond, and times 1e9 still fit. */
		ns = seconds * NS_PER_S +
		     ((n > 30 ? rest >> (n < 94 ? n - 30 : 63) : rest << (30 - n)) * NS_PER_S >>
		      30);
	} else {
		for (; n < NANOSECONDS; n++)
			ns *= 10;
		for (; n > NANOSECONDS && ns; n--)
			ns /= 10;
	}
	return (int64_t)(ns + (uint64_t)i->offset_s * NS_PER_S);
}

static void read_packet(const struct pcapng *p, struct body *b, struct pcapng_packet *packet)
{
	size_t interface = take_number(b, 4);
	uint64_t high = take_number(b, 4), ticks = high << 32 | take_number(b, 4);
	size_t len = take_number(b, 4);
	const uint8_t *data;

	take(b, 4);
	data = take(b, len);
	if (b->failed || interface >= p->n_interfaces ||
	    p->interfaces[interface].link_type != LINK_TYPE || len < HEAD)
		return;
	packet->event = data[8];
	packet->wall_ns = to_ns(ticks, &p->interfaces[interface]);
	packet->bytes = data + HEAD;
	packet->len = len - HEAD;
}

/* A section's first twelve bytes say in which order it was written. */
static int read_order(struct pcapng *p, const uint8_t *bytes)
{
	uint32_t order = number(bytes + 8, 4, false);

	if (order != ORDER_MARK && order != ORDER_SWAPPED)
		return PCAPNG_NOT;
	p->swapped = order == ORDER_SWAPPED;
	p->in_section = true;
	p->n_interfaces = 0;
	return 0;
}

ssize_t pcapng_next(struct pcapng *p, const uint8_t *bytes, size_t len,
		    struct pcapng_packet *packet_out)
{
	struct body body;
	uint32_t type;
	size_t size;

	*packet_out = (struct pcapng_packet){0};
	if (len < FRAME)
		return len >= 4 && !p->in_section && !pcapng_is_start(bytes, len) ? PCAPNG_NOT : 0;
	if (pcapng_is_start(bytes, len) ? read_order(p, bytes) < 0 : !p->in_section)
		return PCAPNG_NOT;
	type = number(bytes, 4, p->swapped);
	size = number(bytes + 4, 4, p->swapped);
	if (size < FRAME || size % 4 || size > PCAPNG_BLOCK_MAX)
		return PCAPNG_BAD_SIZE;
	if (size > len)
		return 0;
	if (number(bytes + size - 4, 4, p->swapped) != size)
		return PCAPNG_BAD_SIZE;
	body = (struct body){.at = bytes + 8, .left = size - FRAME, .swapped = p->swapped};
	if (type == INTERFACE)
		read_interface(p, &body);
	else if (type == PACKET)
		read_packet(p, &body, packet_out);
	return body.failed ? PCAPNG_BAD_BLOCK : (ssize_t)size;
}

const char *pcapng_problem(enum pcapng_verdict verdict)
{
	switch (verdict) {
	case PCAPNG_NOT: return "not pcapng";
	case PCAPNG_BAD_SIZE: return "a block with an impossible length";
	case PCAPNG_BAD_BLOCK: return "a block whose contents do not fit into it";
	}
	return "damaged";
}

bool pcapng_is_start(const uint8_t *bytes, size_t len)
{
	return len >= 4 && number(bytes, 4, false) == SECTION;
}
