/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a transport that reads and writes a descriptor (or a pair: a program's pipes): one read
 * for each wake-up, a write queue of 64 KiB, the word that it is empty. Embedded in the transport's
 * struct; zeroed memory is a closed one.
 */
#ifndef TRANSPORT_STREAM_H
#define TRANSPORT_STREAM_H

#include "base/buf.h"
#include "ev/loop.h"
#include "transport/transport.h"

enum { STREAM_QUEUE = 64 << 10 };

struct stream_ops {
	/* Reading or writing came to an end: error is an errno, or 0 for the end of file. Either calls
	 * transport_lost, or returns and more is read. */
	void (*ended)(struct transport *t, int error);
	/* All was written: how long until the kernel may have sent it, 0 if it has. May be NULL: what was
	 * written has left. */
	int64_t (*unsent_ns)(struct transport *t);
};

struct stream {
	struct transport *t;
	const struct stream_ops *ops;
	int fd_in, fd_out;
	struct io in, out;
	struct timer drain; /* runs from a write that went through until drained */
	struct buf queue;
	int error; /* of a write; the timer tells it */
	bool paused;
};

/* Takes over the descriptors, which may be the same one; they are made non-blocking. */
void stream_open(struct stream *s, struct transport *t, int fd_in, int fd_out,
		 const struct stream_ops *ops);
void stream_close(struct stream *s);
/* These three as their namesakes of the transport; drained() is called by itself. */
size_t stream_write(struct stream *s, const uint8_t *bytes, size_t len);
void stream_pause(struct stream *s, bool paused);
bool stream_is_open(const struct stream *s);

#endif
