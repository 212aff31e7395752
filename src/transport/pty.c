/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pseudo terminal that we make: a link at the given path leads to its other end, for a program (a
 * simulator, an emulator, a test) to open as if it were a serial port.
 *
 * We hold the other end open as well. Without that the master hangs up, and polls ready for ever, as long
 * as no program has it open; so programs may come and go, and the line stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/xalloc.h"
#include "transport/kind.h"
#include "transport/stream.h"

struct pty_options {
	char *link;
	int64_t mode; /* 0: the system's */
};

struct pty {
	struct transport t;
	struct stream stream;
	int other;  /* the end that programs open */
	char *path; /* of it: /dev/pts/N; NULL while closed */
};

static void ended(struct transport *t, int error)
{
	/* Cannot happen while we hold the other end, but for a real failure. */
	transport_lost(t, "failed", "the pseudo terminal failed: %s", strerror(error));
}

static const struct stream_ops stream_ops = {.ended = ended};

/* Without echo and line editing, whatever the other program thinks it talks to. */
static int make_raw(int fd)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return -1;
	cfmakeraw(&tio);
	tio.c_cflag |= CLOCAL | CREAD;
	return tcsetattr(fd, TCSANOW, &tio);
}

/* Whether a link that stands at the path was made by somebody like us, and may be replaced. */
static bool is_pty_link(const char *path)
{
	char target[64];
	ssize_t n = readlink(path, target, sizeof target - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return !strncmp(target, "/dev/pts/", 9);
}

static int make_link(const char *target, const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (!is_pty_link(path))
			return err_set(
				err,
				"%s is there already and is no link to a pseudo terminal: remove "
				"it, or choose another path",
				path);
		unlink(path);
	}
	if (symlink(target, path) < 0)
		return err_errno(err, "cannot make the link %s", path);
	return 0;
}

/* The master's descriptor, or -1. */
static int make_pty(struct pty *p, const struct pty_options *o, struct err *err)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char path[64];

	p->other = -1;
	if (fd < 0)
		return err_errno(err, "cannot make a pseudo terminal");
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, path, sizeof path) != 0 ||
	    (p->other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 || make_raw(p->other) < 0 ||
	    (o->mode && fchmod(p->other, (mode_t)o->mode) < 0)) {
		err_errno(err, "cannot set up a pseudo terminal");
		fd_close(&p->other);
		fd_close(&fd);
		return -1;
	}
	if (make_link(path, o->link, err) < 0) {
		fd_close(&p->other);
		fd_close(&fd);
		return -1;
	}
	p->path = xstrdup(path);
	return fd;
}

static void pty_open(struct transport *t)
{
	struct pty *p = (struct pty *)t;
	const struct pty_options *o = t->options;
	struct err err;
	int fd = make_pty(p, o, &err);

	if (fd < 0) {
		transport_lost(t, "failed", "%s", err.text);
		return;
	}
	stream_open(&p->stream, t, fd, fd, &stream_ops);
	transport_opened(t, "%s, a link to %s", o->link, p->path);
}

/* Removes the link if it is still ours. */
static void remove_link(const struct pty *p, const char *link)
{
	char target[64];
	ssize_t n = readlink(link, target, sizeof target - 1);

	if (n > 0 && (size_t)n == strlen(p->path) && !memcmp(target, p->path, (size_t)n))
		unlink(link);
}

static void pty_close(struct transport *t)
{
	struct pty *p = (struct pty *)t;
	const struct pty_options *o = t->options;

	if (!p->path)
		return;
	remove_link(p, o->link);
	stream_close(&p->stream);
	fd_close(&p->other);
	free(p->path);
	p->path = NULL;
}

static size_t pty_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct pty *)t)->stream, bytes, len);
}

static void pty_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct pty *)t)->stream, paused);
}

static const char *makes(const void *options)
{
	const struct pty_options *o = options;

	return o->link;
}

static void describe(const void *options, struct buf *out)
{
	const struct pty_options *o = options;

	buf_add_str(out, o->link);
}

static const struct conf_row rows[] = {
	{.key = "pty",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct pty_options, link),
	 .flags = CONF_REQUIRED,
	 .help = "path of the link that is made; a program opens it as if it were a serial port"},
	{.key = "mode",
	 .type = CONF_MODE,
	 .offset = offsetof(struct pty_options, mode),
	 .max = 0777,
	 .help = "permissions of the terminal behind the link; the system's if left out"},
	{0},
};

static const struct conf_schema schema = {.name = "pty",
					  .rows = rows,
					  .size = sizeof(struct pty_options)};

const struct transport_kind transport_pty = {
	.name = "pty",
	.help = "a pseudo terminal that is made at a path",
	.schema = &schema,
	.size = sizeof(struct pty),
	.describe = describe,
	.open = pty_open,
	.close = pty_close,
	.write = pty_write,
	.pause = pty_pause,
	.makes = makes,
};
