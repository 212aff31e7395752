/* SPDX-License-Identifier: Apache-2.0 */
/* Where a gateway is: the path of a local socket, or a host and a TCP port. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include "base/err.h"

#define ADDRESS_LOCAL RUN_DIR "/dragoman.sock"
#define ADDRESS_PORT "7531"

struct address {
	char *text; /* as it was given */
	char *path; /* of a local socket, else NULL and */
	char *host;
	char *port;
};

/* "/run/x.sock" (anything with a '/'), "HOST", "HOST:PORT", "[::1]:7531". On failure -1 with err, and
 * only text is set. */
int address_parse(struct address *address, const char *text, struct err *err);
void address_fini(struct address *address);

#endif
