/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal device that is there already and is no serial port to libserialport: the end of a pseudo
 * terminal that another program made (socat, a simulator), a gadget, a console. Opened raw; what it was
 * set to before is put back at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "transport/kind.h"
#include "transport/stream.h"

struct tty_options {
	char *path;
};

struct tty {
	struct transport t;
	struct stream stream;
	struct termios before;
};

static const char *path_of(const struct transport *t)
{
	return ((const struct tty_options *)t->options)->path;
}

static void ended(struct transport *t, int error)
{
	if (error && error != EIO)
		transport_lost(t, "failed", "%s: %s", path_of(t), strerror(error));
	else
		transport_lost(t, "closed by the other end", "the other end of %s is closed",
			       path_of(t));
}

static const struct stream_ops stream_ops = {.ended = ended};

static const struct transport_failure failures[] = {
	{ENOENT, "no such port", "is not there; start the program that makes it"},
	{EACCES, "no permission", "may not be opened by this user; see its owner and mode"},
	{EBUSY, "busy", "is in use by another program, which has it for itself"},
	{EWOULDBLOCK, "busy", "is in use by another program, which has locked it"},
	{ENOTTY, "no such port", "is no terminal"},
	{EIO, "closed by the other end", "has no other end; start the program that makes it"},
	{0},
};

/* 0, or -1 with errno. */
static int set_up(struct tty *tty, int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &tty->before) < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	raw = tty->before;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &raw);
}

static void tty_open(struct transport *t)
{
	struct tty *tty = (struct tty *)t;
	int fd = open(path_of(t), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || set_up(tty, fd) < 0) {
		int error = errno;

		fd_close(&fd);
		transport_cannot(t, "open", path_of(t), failures, error);
		return;
	}
	stream_open(&tty->stream, t, fd, fd, &stream_ops);
	transport_opened(t, "%s", path_of(t));
}

static void tty_close(struct transport *t)
{
	struct tty *tty = (struct tty *)t;

	if (stream_is_open(&tty->stream))
		tcsetattr(tty->stream.fd_in, TCSANOW, &tty->before);
	stream_close(&tty->stream);
}

static size_t tty_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct tty *)t)->stream, bytes, len);
}

static void tty_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct tty *)t)->stream, paused);
}

static void describe(const void *options, struct buf *out)
{
	buf_add_str(out, ((const struct tty_options *)options)->path);
}

static const struct conf_row rows[] = {
	{.key = "tty",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tty_options, path),
	 .flags = CONF_REQUIRED,
	 .help = "path of a terminal device that another program has made, such as /dev/pts/5 or a "
		 "link to it"},
	{0},
};

static const struct conf_schema schema = {.name = "tty",
					  .rows = rows,
					  .size = sizeof(struct tty_options)};

const struct transport_kind transport_tty = {
	.name = "tty",
	.help = "a terminal that another program has made",
	.schema = &schema,
	.size = sizeof(struct tty),
	.describe = describe,
	.open = tty_open,
	.close = tty_close,
	.write = tty_write,
	.pause = tty_pause,
};
