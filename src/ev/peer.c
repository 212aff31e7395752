/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a framed connection; see peer.h. */
#include "ev/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/must.h"
#include "wire/frame.h"

enum { PEER_MAGIC = 0x50656572, READ_SIZE = 16384 };

static void lose(struct peer *peer, const char *reason)
{
	const struct peer_events *events = peer->events;
	void *arg = peer->arg;

	peer_close(peer);
	events->closed(arg, reason);
}

/* Hands out the frames that are whole. The callback may close the peer: then nothing is left of it. */
static void split(struct peer *peer)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used = 0;

	while (peer->in.len) {
		used = frame_next(buf_bytes(&peer->in), peer->in.len, peer->max_frame, &payload,
				  &len);
		if (used <= 0)
			break;
		peer->events->frame(peer->arg, payload, len);
		if (!peer_is_open(peer))
			return;
		buf_consume(&peer->in, (size_t)used);
	}
	if (used < 0)
		lose(peer, used == FRAME_TOO_LONG ? "frame too long" : "bad frame length");
	else
		buf_trim(&peer->in);
}

static void readable(struct peer *peer)
{
	ssize_t n = read(peer->fd, buf_room(&peer->in, READ_SIZE), READ_SIZE);

	if (n > 0) {
		buf_grown(&peer->in, (size_t)n);
		split(peer);
	} else if (n == 0) {
		lose(peer, "end of file");
	} else if (errno != EAGAIN && errno != EINTR) {
		lose(peer, strerror(errno));
	}
}

static void ready(void *arg, unsigned events)
{
	struct peer *peer = arg;

	must(peer->magic == PEER_MAGIC);
	if (events & IO_WRITE)
		peer_flush(peer);
	if (peer_is_open(peer) && events & IO_READ)
		readable(peer);
}

void peer_init(struct peer *peer, struct loop *loop, int fd, size_t max_frame,
	       const struct peer_events *events, void *arg)
{
	*peer = (struct peer){.magic = PEER_MAGIC,
			      .fd = fd,
			      .max_frame = max_frame,
			      .events = events,
			      .arg = arg};
	fd_set_nonblocking(fd, true);
	io_init(&peer->io, loop, fd, ready, peer);
	io_want(&peer->io, IO_READ);
}

void peer_close(struct peer *peer)
{
	if (peer->magic != PEER_MAGIC)
		return;
	io_fini(&peer->io);
	fd_close(&peer->fd);
	buf_fini(&peer->in);
	buf_fini(&peer->out);
	peer->magic = 0;
}

bool peer_is_open(const struct peer *peer)
{
	return peer->magic == PEER_MAGIC;
}

struct buf *peer_out(struct peer *peer)
{
	must(peer_is_open(peer));
	return &peer->out;
}

void peer_flush(struct peer *peer)
{
	while (peer->out.len) {
		ssize_t n = send(peer->fd, buf_bytes(&peer->out), peer->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			lose(peer, strerror(errno));
			return;
		}
		buf_consume(&peer->out, (size_t)n);
	}
	io_want(&peer->io, peer->out.len ? IO_READ | IO_WRITE : IO_READ);
}

size_t peer_pending(const struct peer *peer)
{
	return peer->out.len;
}
