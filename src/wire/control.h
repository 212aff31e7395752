/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of the lifeline between the supervisor and a child (proto/dragoman/internal/control.proto)
 * as plain structs: who says what, and how long it may be. What breaks these rules is no message at all,
 * and whoever sent it is dropped.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/pattern.h"

enum {
	CONTROL_MAX = 256, /* bytes of a message without its length: max_frame of both ends */
	TOKEN_LEN =
		32, /* of the token by which a channel shows that it may publish under its name */
	REASON_SIZE = 96,
};

/* The lines of control.proto. Which fields of struct control a kind has is said behind it. */
enum control_kind {
	CONTROL_PING, /* number */
	CONTROL_TERMINATE,
	CONTROL_PUBLISHER_STARTED, /* name, token, pid, restarts */
	CONTROL_PUBLISHER_ENDED,   /* name, reason, restart_in_ms */
	CONTROL_PUBLISHER_REMOVED, /* name */
	CONTROL_READY,
	CONTROL_PONG, /* number, in_call_ms, max_call_ms */
	CONTROL_KINDS
};

enum control_side { CONTROL_SUPERVISOR, CONTROL_CHILD };

struct control {
	enum control_kind kind;
	uint64_t number;
	uint32_t in_call_ms, max_call_ms;
	uint32_t restarts;
	uint32_t restart_in_ms;
	int32_t pid;
	uint8_t token[TOKEN_LEN];
	char name[NAME_MAX_LEN + 1];
	char reason[REASON_SIZE];
};

/* Appends the message with its length in front (as frame_pack does). */
void control_pack(struct buf *out, const struct control *control);

/* Reads one message that came from that side. NULL if it is good, else what is wrong with it. */
const char *control_parse(const uint8_t *payload, size_t len, enum control_side from,
			  struct control *out);

#endif
