/* SPDX-License-Identifier: Apache-2.0 */
/* What dragoman-config hands to the supervisor (proto/dragoman/internal/parts.proto), as plain structs. */
#ifndef WIRE_PARTS_H
#define WIRE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	PARTS_MESSAGE_MAX = 16 << 20, /* bytes of a message without its length */
	PARTS_TOTAL_MAX = 64 << 20,
	PARTS_COUNT_MAX = 4096,
	PARTS_LISTENERS_MAX = 64,
};

/* The lines of parts.proto, with the fields that each has. */
enum parts_kind {
	PARTS_SETUP,    /* run_dir, data_dir, user, group, socket_mode, log */
	PARTS_LISTENER, /* address, port, insecure */
	PARTS_PART,     /* name, text, text_len, memory_limit */
	PARTS_END,      /* n_parts */
	PARTS_KINDS
};

struct parts_message {
	enum parts_kind kind;
	const char *run_dir, *data_dir, *user, *group;
	uint32_t socket_mode, log;
	const char *address;
	uint32_t port;
	bool insecure;
	const char *name;
	const uint8_t *text;
	size_t text_len;
	uint64_t memory_limit;
	uint32_t n_parts;
	void *unpacked; /* parts_parse's: what the pointers point into */
};

/* Appends the message with its length in front. */
void parts_pack(struct buf *out, const struct parts_message *message);

/* Reads one message. NULL if it is good, else what is wrong with it. What is good is to be released with
 * parts_release. Texts are without NUL bytes and not NULL. */
const char *parts_parse(const uint8_t *payload, size_t len, struct parts_message *out);
void parts_release(struct parts_message *message);

#endif
