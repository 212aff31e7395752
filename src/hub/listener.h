/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets on which clients connect. They come from the supervisor, or are bound here for tests. */
#ifndef HUB_LISTENER_H
#define HUB_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ev/loop.h"

struct client;
struct hub;

struct listener {
	struct hub *hub;
	struct io io;
	struct timer pause; /* while no descriptor is left */
	int fd;
	bool is_tcp, is_read_only;
};

/* Sockets that listen: a Unix socket at path (one that nobody answers on is replaced), a TCP socket at
 * "127.0.0.1:7531" or "[::1]:0". The descriptor, or -1 with err. */
int listener_bind_local(const char *path, struct err *err);
int listener_bind_tcp(const char *address, struct err *err);
/* The port that a TCP socket got. */
int listener_port(int fd);

/* Takes over fd and begins to accept. */
struct listener *listener_new(struct hub *hub, int fd, bool is_tcp, bool is_read_only);
/* There are too many clients: tells it so, and closes. */
void listener_turn_away(struct client *client);
void listener_free(struct listener **listener);

#endif
