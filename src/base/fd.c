/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers around file descriptors; see fd.h. */
#include "base/fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0 ? -1 : 0;
}

int fd_set_cloexec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0 ? -1 : 0;
}

int fd_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

char *fd_read_all(int fd, size_t max, size_t *len_out, struct err *err)
{
	struct buf b = {0};

	for (;;) {
		ssize_t n = read(fd, buf_room(&b, 16384), 16384);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(err, "read");
			break;
		}
		if (n == 0) {
			*buf_room(&b, 1) = '\0';
			*len_out = b.len;
			return (char *)b.data;
		}
		buf_grown(&b, (size_t)n);
		if (b.len > max) {
			err_set(err, "longer than %zu bytes", max);
			break;
		}
	}
	buf_fini(&b);
	return NULL;
}

char *fd_read_path(const char *path, size_t max, size_t *len_out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0) {
		err_errno(err, "%s", path);
		return NULL;
	}
	text = fd_read_all(fd, max, len_out, err);
	if (!text)
		err_context(err, "%s", path);
	fd_close(&fd);
	return text;
}

int fd_given(const char *text, int *fd_out, struct err *err)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || fd > 1 << 20 ||
	    fd_set_cloexec((int)fd, true) < 0)
		return err_set(err, "%s is no open descriptor", text);
	*fd_out = (int)fd;
	return 0;
}

char *fd_read_source(const char *source, size_t max, size_t *len_out, struct err *err)
{
	char *bytes;
	int fd;

	if (!isdigit((unsigned char)*source))
		return fd_read_path(source, max, len_out, err);
	if (fd_given(source, &fd, err) < 0)
		return NULL;
	lseek(fd, 0, SEEK_SET); /* of no effect on a pipe */
	bytes = fd_read_all(fd, max, len_out, err);
	fd_close(&fd);
	return bytes;
}
