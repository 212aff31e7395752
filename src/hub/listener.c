/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting clients; see listener.h. */
#include "hub/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"

/* ACCEPT_MOST: so many clients are taken in one turn, so that a crowd does not keep the others waiting.
 * Beyond max_clients: TURNED_AWAY that are told so, UNKNOWN that may be publishers. Those who are being told
 * take room of the others, so they are few. */
enum { BACKLOG = 4096, ACCEPT_MOST = 64, TURNED_AWAY = 16, UNKNOWN = 112 };

static int listen_on(int fd, const struct sockaddr *address, socklen_t size, const char *name,
		     struct err *err)
{
	if (fd >= 0 && bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err_errno(err, "cannot listen on %s", name);
	fd_close(&fd);
	return -1;
}

/* A socket that a dead process has left behind refuses connections. */
static void remove_dead(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	fd_close(&fd);
}

int listener_bind_local(const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, "%s: the path of a socket has at most %zu bytes", path,
			       sizeof address.sun_path - 1);
	strcpy(address.sun_path, path);
	remove_dead(&address);
	return listen_on(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 (const struct sockaddr *)&address, sizeof address, path, err);
}

/* "host:port" in two; brackets around the host are taken off. */
static int parse_address(const char *address, char host[64], const char **port_out)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (len >= 2 && *address == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (!len || len >= 64)
		return -1;
	memcpy(host, address, len);
	host[len] = '\0';
	*port_out = colon + 1;
	return 0;
}

int listener_bind_tcp(const char *address, struct err *err)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[64];
	const char *port;
	int fd, one = 1;

	if (parse_address(address, host, &port) < 0 || getaddrinfo(host, port, &hints, &found))
		return err_set(err, "%s is no numeric address with a port", address);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	fd = listen_on(fd, found->ai_addr, found->ai_addrlen, address, err);
	freeaddrinfo(found);
	return fd;
}

int listener_port(int fd)
{
	struct sockaddr_in6 address = {0}; /* the port is where sockaddr_in has it */
	socklen_t size = sizeof address;

	return getsockname(fd, (struct sockaddr *)&address, &size) < 0 ? -1
								       : ntohs(address.sin6_port);
}

static void resume(void *arg)
{
	struct listener *listener = arg;

	io_want(&listener->io, IO_READ);
}

void listener_turn_away(struct client *client)
{
	client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
		    "%zu clients are connected; hub: max_clients: allows no more",
		    client->hub->settings.max_clients);
}

/* Whoever comes by the local socket may be a publisher, which its Hello will show. */
static void take(struct listener *listener, int fd)
{
	struct hub *hub = listener->hub;
	size_t most = hub->settings.max_clients;
	struct client *client;

	if (hub->n_strangers >= most + (listener->is_tcp ? TURNED_AWAY : TURNED_AWAY + UNKNOWN)) {
		fd_close(&fd);
		return;
	}
	client = client_new(hub, fd, listener->is_tcp, listener->is_read_only);
	if (hub->n_strangers > most && listener->is_tcp)
		listener_turn_away(client);
}

static void accept_some(void *arg, unsigned events)
{
	static struct log_limit limit = {.burst = 1, .period_ms = 60000};
	struct listener *listener = arg;

	(void)events;
	if (listener->hub->is_ending) { /* whoever comes now is for the next hub */
		io_want(&listener->io, 0);
		return;
	}
	for (int i = 0; i < ACCEPT_MOST; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(listener, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_limited(&limit, LOG_ERROR, "cannot take a client: %s; trying again",
				    strerror(errno));
			io_want(&listener->io, 0);
			timer_set(&listener->pause, NS_PER_S);
		}
		return;
	}
}

struct listener *listener_new(struct hub *hub, int fd, bool is_tcp, bool is_read_only)
{
	struct listener *listener = xcalloc(1, sizeof *listener);

	*listener = (struct listener){
		.hub = hub, .fd = fd, .is_tcp = is_tcp, .is_read_only = is_read_only};
	fd_set_nonblocking(fd, true);
	io_init(&listener->io, hub->loop, fd, accept_some, listener);
	timer_init(&listener->pause, hub->loop, resume, listener);
	io_want(&listener->io, IO_READ);
	return listener;
}

void listener_free(struct listener **listener)
{
	if (!*listener)
		return;
	io_fini(&(*listener)->io);
	timer_fini(&(*listener)->pause);
	fd_close(&(*listener)->fd);
	free(*listener);
	*listener = NULL;
}
