/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the hub: carries the publisher's events there and its acknowledgements back.
 *
 *	        connected: Hello, Register, Declare         Registered
 *	AWAY ------------------------------------> GREETING ----------> LIVE
 *	  ^                                            |                  |
 *	  +------------- lost; again after a while ----+------------------+
 *
 * What was gathered in a turn of the loop goes out in one write at its end.
 */
#ifndef CHANNEL_UPLINK_H
#define CHANNEL_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/line.h"
#include "channel/publisher.h"
#include "ev/loop.h"

struct uplink;

/* path: the hub's socket; token: the proof that this process may publish under its name. Copied. */
struct uplink *uplink_new(struct loop *loop, struct publisher *publisher, struct line *line,
			  const char *path, const uint8_t *token, size_t token_len);
void uplink_free(struct uplink **uplink);

/* Connects, now and for ever again. */
void uplink_start(struct uplink *uplink);

bool uplink_is_live(const struct uplink *uplink);

/* The end of a turn: writes what is new. */
void uplink_turn(struct uplink *uplink);

/* A device has declared anew. */
void uplink_declare(struct uplink *uplink);

/* Sends what is left and a Goodbye. done is called once the hub has acknowledged it and closed, or the
 * connection is gone, or the hub has said nothing for a while. */
void uplink_end(struct uplink *uplink, const char *reason, void (*done)(void *arg), void *arg);

#endif
