/* SPDX-License-Identifier: Apache-2.0 */
/* A Unix stream socket that we connect to: another program on this machine that has the device. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "transport/kind.h"
#include "transport/stream.h"

struct unix_options {
	char *path;
};

struct unix_line {
	struct transport t;
	struct stream stream;
};

static const char *path_of(const struct transport *t)
{
	return ((const struct unix_options *)t->options)->path;
}

static void ended(struct transport *t, int error)
{
	if (error == 0 || error == ECONNRESET || error == EPIPE)
		transport_lost(t, "closed by the other end", "%s closed the connection",
			       path_of(t));
	else
		transport_lost(t, "failed", "%s: %s", path_of(t), strerror(error));
}

static const struct stream_ops stream_ops = {.ended = ended};

static const struct transport_failure failures[] = {
	{ENOENT, "no such port", "is not there; start the program that makes it"},
	{ECONNREFUSED, "refused", "has nobody listening on it; start the program that made it"},
	{EAGAIN, "busy", "has too many connections waiting"},
	{EACCES, "no permission", "may not be connected to by this user; see its owner and mode"},
	{0},
};

/* On the same machine a connect does not wait: it succeeds or fails at once. */
static void unix_open(struct transport *t)
{
	struct unix_line *u = (struct unix_line *)t;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, path_of(t), strlen(path_of(t)) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		int error = errno;

		fd_close(&fd);
		transport_cannot(t, "connect to", path_of(t), failures, error);
		return;
	}
	stream_open(&u->stream, t, fd, fd, &stream_ops);
	transport_opened(t, "%s", path_of(t));
}

static void unix_close(struct transport *t)
{
	stream_close(&((struct unix_line *)t)->stream);
}

static size_t unix_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct unix_line *)t)->stream, bytes, len);
}

static void unix_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct unix_line *)t)->stream, paused);
}

static void describe(const void *options, struct buf *out)
{
	buf_add_str(out, ((const struct unix_options *)options)->path);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct unix_options *o = object;

	if (o->path && strlen(o->path) >= sizeof((struct sockaddr_un *)0)->sun_path)
		conf_error(errors, conf_get(node, "unix"),
			   "longer than the %zu bytes that the path of a socket may have",
			   sizeof((struct sockaddr_un *)0)->sun_path - 1);
}

static const struct conf_row rows[] = {
	{.key = "unix",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct unix_options, path),
	 .flags = CONF_REQUIRED,
	 .help = "path of the stream socket to connect to"},
	{0},
};

static const struct conf_schema schema = {.name = "Unix socket",
					  .rows = rows,
					  .size = sizeof(struct unix_options),
					  .check = check};

const struct transport_kind transport_unix = {
	.name = "unix",
	.help = "a connection to a Unix stream socket",
	.schema = &schema,
	.size = sizeof(struct unix_line),
	.describe = describe,
	.open = unix_open,
	.close = unix_close,
	.write = unix_write,
	.pause = unix_pause,
};
