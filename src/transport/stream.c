/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that is read and written; see stream.h. */
#include "transport/stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "transport/kind.h"

enum { READ_SIZE = 16 << 10 };

static void readable(void *arg, unsigned events)
{
	struct stream *s = arg;
	uint8_t bytes[READ_SIZE];
	ssize_t n = read(s->fd_in, bytes, sizeof bytes);

	(void)events;
	if (n > 0)
		transport_received(s->t, bytes, (size_t)n);
	else if (n == 0)
		s->ops->ended(s->t, 0);
	else if (errno != EAGAIN && errno != EINTR)
		s->ops->ended(s->t, errno);
}

/* Writes as much as the descriptor takes; -1 with the error noted. */
static ssize_t write_now(struct stream *s, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	do
		n = write(s->fd_out, bytes, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return 0;
	s->error = errno;
	return -1;
}

static void writable(void *arg, unsigned events)
{
	struct stream *s = arg;
	ssize_t n = write_now(s, buf_bytes(&s->queue), s->queue.len);

	(void)events;
	if (n > 0)
		buf_consume(&s->queue, (size_t)n);
	if (n < 0 || !s->queue.len) {
		io_want(&s->out, 0);
		buf_trim(&s->queue);
		timer_set(&s->drain, 0);
	}
}

/* By a timer rather than from within the write, so that nobody is called back in the midst of a call. */
static void drain(void *arg)
{
	struct stream *s = arg;
	int64_t wait_ns;

	if (s->error) {
		s->ops->ended(s->t, s->error);
		return;
	}
	wait_ns = s->ops->unsent_ns ? s->ops->unsent_ns(s->t) : 0;
	if (wait_ns)
		timer_set(&s->drain, wait_ns);
	else
		transport_drained(s->t);
}

void stream_open(struct stream *s, struct transport *t, int fd_in, int fd_out,
		 const struct stream_ops *ops)
{
	*s = (struct stream){
		.t = t, .ops = ops, .fd_in = fd_in, .fd_out = fd_out, .paused = s->paused};
	fd_set_nonblocking(fd_in, true);
	fd_set_nonblocking(fd_out, true);
	io_init(&s->in, t->loop, fd_in, readable, s);
	io_init(&s->out, t->loop, fd_out, writable, s);
	timer_init(&s->drain, t->loop, drain, s);
	io_want(&s->in, s->paused ? 0 : IO_READ);
}

void stream_close(struct stream *s)
{
	if (!stream_is_open(s))
		return;
	io_fini(&s->in);
	io_fini(&s->out);
	timer_fini(&s->drain);
	buf_fini(&s->queue);
	if (s->fd_out != s->fd_in)
		fd_close(&s->fd_out);
	fd_close(&s->fd_in);
	s->ops = NULL;
}

size_t stream_write(struct stream *s, const uint8_t *bytes, size_t len)
{
	size_t room = STREAM_QUEUE - s->queue.len, kept;
	ssize_t n = 0;

	/* What cannot be written any more is taken as well: the end is about to be told. */
	if (s->error)
		return len;
	if (!s->queue.len) {
		n = write_now(s, bytes, len);
		if (n < 0 || (size_t)n == len) {
			timer_set(&s->drain, 0);
			return len;
		}
	}
	kept = len - (size_t)n < room ? len - (size_t)n : room;
	buf_add(&s->queue, bytes + n, kept);
	timer_clear(&s->drain);
	io_want(&s->out, IO_WRITE);
	return (size_t)n + kept;
}

void stream_pause(struct stream *s, bool paused)
{
	s->paused = paused;
	if (stream_is_open(s))
		io_want(&s->in, paused ? 0 : IO_READ);
}

bool stream_is_open(const struct stream *s)
{
	return s->ops != NULL;
}
