/* SPDX-License-Identifier: Apache-2.0 */
/* Where a gateway is: the path of a local socket, or a host and a TCP port. */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include "base/err.h"

#define SERVER_LOCAL RUN_DIR "/dragoman.sock"
#define SERVER_PORT "7531"

struct server {
	char *text; /* as it was given */
	char *path; /* of a local socket, else NULL and */
	char *host;
	char *port;
};

/* "/run/x.sock" (anything with a '/'), "HOST", "HOST:PORT", "[::1]:7531". On failure -1 with err, and
 * only text is set. */
int server_parse(struct server *server, const char *text, struct err *err);
void server_fini(struct server *server);

#endif
