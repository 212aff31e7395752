/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording of a line as Wireshark opens it: pcapng with link type 250 (RTAC serial). What is written
 * here may gain options; block layout and link type may not change, since recordings are kept.
 *
 *	section header   byte order, who wrote it
 *	interface        link type 250, nanoseconds, the line's name
 *	packet ...       time, way, and as its data:
 *
 *	0       4           8      9        10     12
 *	| s     | us        | kind | lines  | 0 0  | bytes of the line ...     (big endian)
 *
 * The reader takes either byte order, any resolution of time, and several sections; packets of other
 * link types and blocks of other kinds are passed over. No I/O here.
 */
#ifndef TRANSPORT_PCAPNG_H
#define TRANSPORT_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* The kind of event in a packet's head; the numbers are those of the format. */
enum pcapng_event {
	PCAPNG_SENT = 1,
	PCAPNG_RECEIVED = 2,
	PCAPNG_DATA_LOST =
		5, /* something between the packets before and behind could not be recorded */
	PCAPNG_BREAK = 9,
};

/* What a file, or its continuation after a restart, begins with. */
void pcapng_put_start(struct buf *out, const char *program, const char *line);
/* At most PCAPNG_DATA_MAX bytes. */
void pcapng_put_packet(struct buf *out, enum pcapng_event event, const uint8_t *bytes, size_t len,
		       int64_t wall_ns);

enum {
	PCAPNG_BLOCK_MAX = 1 << 20, /* that the reader accepts */
	PCAPNG_DATA_MAX = 64 << 10,
	PCAPNG_INTERFACES = 16, /* of a section; packets of further ones are passed over */
};

/* A reader's state; zeroed at the beginning of a file. */
struct pcapng {
	bool in_section, swapped;
	size_t n_interfaces;
	struct pcapng_interface {
		uint16_t link_type;
		uint8_t resolution; /* if_tsresol: 10^-n seconds, or 2^-n with the top bit */
		int64_t offset_s;   /* if_tsoffset */
	} interfaces[PCAPNG_INTERFACES];
};

struct pcapng_packet {
	enum pcapng_event event; /* 0: the block was no packet of a line */
	int64_t wall_ns;
	const uint8_t *bytes; /* in what was read */
	size_t len;
};

/* Reads one block. > 0: so many bytes were used; 0: more are needed; < 0: a pcapng_verdict. */
ssize_t pcapng_next(struct pcapng *p, const uint8_t *bytes, size_t len,
		    struct pcapng_packet *packet_out);

enum pcapng_verdict {
	PCAPNG_NOT = -1,      /* does not begin as pcapng does */
	PCAPNG_BAD_SIZE = -2, /* a block's length that cannot be, or is over PCAPNG_BLOCK_MAX */
	PCAPNG_BAD_BLOCK = -3 /* what is in a block does not fit into it */
};
/* For people: "not pcapng". */
const char *pcapng_problem(enum pcapng_verdict verdict);

/* Whether these could be a file's first bytes (at least 4). */
bool pcapng_is_start(const uint8_t *bytes, size_t len);

#endif
