/* SPDX-License-Identifier: Apache-2.0 */
/* A connection in the making; see dial.h. */
#include "client/dial.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "dragoman/client.h"

int fail_set(struct failure *why, int code, const char *fmt, ...)
{
	va_list ap;

	why->code = code;
	va_start(ap, fmt);
	vsnprintf(why->err.text, sizeof why->err.text, fmt, ap);
	va_end(ap);
	return -1;
}

/* The group that may use the socket, if its mode says that a group may. */
static const char *socket_group(const char *path)
{
	const struct group *group;
	struct stat st;

	if (stat(path, &st) < 0 || !(st.st_mode & S_IWGRP))
		return NULL;
	group = getgrgid(st.st_gid);
	return group ? group->gr_name : NULL;
}

static void denied(const char *path, struct failure *why)
{
	const char *group = socket_group(path);

	if (group)
		fail_set(why, DRAGOMAN_E_DENIED,
			 "%s: permission denied; it is for the members of group %s: "
			 "sudo usermod -aG %s $USER, then log in again",
			 path, group, group);
	else
		fail_set(why, DRAGOMAN_E_DENIED,
			 "%s: permission denied; it is for those whom its directory lets in, "
			 "usually the members of group dragoman",
			 path);
}

static void explain_local(const char *path, int error, struct failure *why)
{
	switch (error) {
	case ENOENT:
		fail_set(why, DRAGOMAN_E_UNREACHABLE,
			 "there is no socket %s: is dragomand running here? Another gateway is "
			 "named by --server or DRAGOMAN_SERVER",
			 path);
		break;
	case ECONNREFUSED:
		fail_set(why, DRAGOMAN_E_UNREACHABLE,
			 "nobody listens on %s: the gateway that made it is gone; start dragomand",
			 path);
		break;
	case EACCES:
	case EPERM: denied(path, why); break;
	default: fail_set(why, DRAGOMAN_E_UNREACHABLE, "%s: %s", path, strerror(error)); break;
	}
}

static void explain_tcp(const struct server *to, int error, struct failure *why)
{
	if (error == ECONNREFUSED)
		fail_set(why, DRAGOMAN_E_UNREACHABLE,
			 "nobody listens on %s port %s: is dragomand running there, and does its "
			 "listen.tcp have this address?",
			 to->host, to->port);
	else
		fail_set(why, DRAGOMAN_E_UNREACHABLE, "%s port %s: %s", to->host, to->port,
			 strerror(error));
}

static void explain(const struct dial *dial, int error, struct failure *why)
{
	if (dial->to->path)
		explain_local(dial->to->path, error, why);
	else
		explain_tcp(dial->to, error, why);
}

static enum dial_result done(struct dial *dial)
{
	int on = 1;

	if (!dial->to->path)
		setsockopt(dial->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (dial->list)
		freeaddrinfo(dial->list);
	dial->list = dial->at = NULL;
	return DIAL_DONE;
}

/* One address: the errno of what failed, 0 (done) or EINPROGRESS. */
static int try_address(struct dial *dial, int family, const struct sockaddr *address, socklen_t len)
{
	dial->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dial->fd < 0)
		return errno;
	if (connect(dial->fd, address, len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		fd_close(&dial->fd);
	return errno;
}

/* The address dial->at and those behind it, until one can be waited for. error is of the one before. */
static enum dial_result try_addresses(struct dial *dial, int error, struct failure *why)
{
	for (; dial->at; dial->at = dial->at->ai_next) {
		error = try_address(dial, dial->at->ai_family, dial->at->ai_addr,
				    dial->at->ai_addrlen);
		if (error == 0)
			return done(dial);
		if (error == EINPROGRESS)
			return DIAL_WAITING;
	}
	explain(dial, error, why);
	dial_stop(dial);
	return DIAL_FAILED;
}

static enum dial_result start_local(struct dial *dial, struct failure *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", dial->to->path);
	error = try_address(dial, AF_UNIX, (struct sockaddr *)&address, sizeof address);
	if (error == 0)
		return done(dial);
	if (error == EINPROGRESS)
		return DIAL_WAITING;
	explain(dial, error, why);
	return DIAL_FAILED;
}

enum dial_result dial_start(struct dial *dial, const struct server *to, struct failure *why)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	int status;

	*dial = (struct dial){.to = to, .fd = -1};
	if (to->path)
		return start_local(dial, why);
	status = getaddrinfo(to->host, to->port, &hints, &dial->list);
	if (status) {
		fail_set(why, DRAGOMAN_E_ADDRESS, "%s: %s", to->host, gai_strerror(status));
		return DIAL_FAILED;
	}
	dial->at = dial->list;
	return try_addresses(dial, 0, why);
}

enum dial_result dial_continue(struct dial *dial, struct failure *why)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (!error)
		return done(dial);
	fd_close(&dial->fd);
	if (dial->at)
		dial->at = dial->at->ai_next;
	return try_addresses(dial, error, why);
}

int dial_take(struct dial *dial)
{
	int fd = dial->fd;

	dial->fd = -1;
	return fd;
}

void dial_stop(struct dial *dial)
{
	if (!dial->to)
		return;
	if (dial->list)
		freeaddrinfo(dial->list);
	fd_close(&dial->fd);
	*dial = (struct dial){.fd = -1};
}
