/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that clients connect to; see listen.h. */
#include "super/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "super/plan.h"

/* ---- local ---- */

static int make_way(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, "%s is in the way, and it is no socket: remove it", path);
	return unlink(path) < 0 ? err_errno(err, "%s", path) : 0;
}

static int bind_local(int fd, const struct sockaddr_un *address, mode_t mode, uid_t uid, gid_t gid)
{
	mode_t mask = umask(0777);
	int failed = bind(fd, (const struct sockaddr *)address, sizeof *address);

	umask(mask);
	return failed || chown(address->sun_path, uid, gid) < 0 ||
			       chmod(address->sun_path, mode) < 0 || listen(fd, SOMAXCONN) < 0
		       ? -1
		       : 0;
}

int listen_local(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, "%s is too long a path for a socket (at most %zu bytes)", path,
			       sizeof address.sun_path - 1);
	strcpy(address.sun_path, path);
	if (make_way(path, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_local(fd, &address, mode, uid, gid) < 0) {
		err_errno(err, "%s", path);
		fd_close(&fd);
		return -1;
	}
	return fd;
}

/* ---- TCP ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t read_address(const struct plan_listener *listener, union address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, listener->address, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(listener->port);
		return sizeof out->v4;
	}
	if (inet_pton(AF_INET6, listener->address, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(listener->port);
		return sizeof out->v6;
	}
	return 0;
}

static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

int listen_check(const struct plan_listener *listener, struct err *err)
{
	union address address;

	if (!read_address(listener, &address))
		return err_set(err, "\"%s\" is not a numeric address", listener->address);
	if (!is_loopback(&address) && !listener->insecure)
		return err_set(err,
			       "%s is not a loopback address, and everyone who reaches it could "
			       "connect: say `insecure: true` there if that is wanted",
			       listener->address);
	return 0;
}

static int bind_tcp(int fd, const union address *address, socklen_t size)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -1;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
		return -1;
	return bind(fd, &address->any, size) < 0 || listen(fd, SOMAXCONN) < 0 ? -1 : 0;
}

int listen_tcp(const struct plan_listener *listener, struct err *err)
{
	union address address;
	socklen_t size = read_address(listener, &address);
	int fd;

	if (listen_check(listener, err) < 0)
		return -1;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_tcp(fd, &address, size) < 0) {
		err_errno(err, "%s port %u", listener->address, listener->port);
		fd_close(&fd);
		return -1;
	}
	return fd;
}

char *listen_text(int fd, char out[LISTEN_TEXT_SIZE])
{
	union address address = {0};
	socklen_t size = sizeof address;
	char host[INET6_ADDRSTRLEN] = "?";
	bool v6;

	getsockname(fd, &address.any, &size);
	v6 = address.any.sa_family == AF_INET6;
	inet_ntop(address.any.sa_family,
		  v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr, host,
		  sizeof host);
	snprintf(out, LISTEN_TEXT_SIZE, v6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port));
	return out;
}
