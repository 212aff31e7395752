/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a framed connection on the loop: the publisher's side of a channel, a lifeline. It owns its
 * descriptor, splits what comes into frames, and gathers what goes out until the turn's end or
 * peer_flush. (The hub's clients are not peers: they are written to straight from the log.)
 */
#ifndef EV_PEER_H
#define EV_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ev/loop.h"

struct peer;

struct peer_events {
	/* A frame, without its length. It may close the peer. */
	void (*frame)(void *arg, const uint8_t *payload, size_t len);
	/* The connection ended, for a reason ("end of file", "frame too long", an errno's text). The peer
	 * is closed already; called once, and not after peer_close. */
	void (*closed)(void *arg, const char *reason);
};

struct peer {
	uint32_t magic;
	struct io io;
	int fd;
	size_t max_frame;
	struct buf in, out;
	const struct peer_events *events;
	void *arg;
};

/* Takes over fd, a stream socket or one end of a pair; it is made non-blocking. */
void peer_init(struct peer *peer, struct loop *loop, int fd, size_t max_frame,
	       const struct peer_events *events, void *arg);

/* Closes; safe from within its own callbacks, on a closed one, and on zeroed memory. */
void peer_close(struct peer *peer);
bool peer_is_open(const struct peer *peer);

/* Where to pack outgoing frames: frame_pack(peer_out(p), ...). Then peer_flush. */
struct buf *peer_out(struct peer *peer);
void peer_flush(struct peer *peer);

/* Bytes that wait to be written. */
size_t peer_pending(const struct peer *peer);

#endif
