/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection in the making: a non-blocking connect to a local socket, or to each address of a host in
 * turn. What failed is said as a code of client.h and a text that tells what to do.
 */
#ifndef CLIENT_DIAL_H
#define CLIENT_DIAL_H

#include <netdb.h>

#include "base/err.h"
#include "client/server.h"

struct failure {
	int code; /* enum dragoman_code */
	struct err err;
};

/* Returns -1, so that a function can end with "return fail_set(...)". */
int fail_set(struct failure *why, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct dial {
	const struct server *to;
	struct addrinfo *list, *at; /* TCP: all addresses, the one that is tried */
	int fd;                     /* -1: none */
};

enum dial_result {
	DIAL_FAILED = -1,
	DIAL_WAITING, /* for dial->fd to become writable: then dial_continue */
	DIAL_DONE,    /* dial_take has the descriptor */
};

/* to stays the caller's and valid. Looking up a host's name may block. */
enum dial_result dial_start(struct dial *dial, const struct server *to, struct failure *why);
enum dial_result dial_continue(struct dial *dial, struct failure *why);
/* The connected descriptor, from here on the caller's. */
int dial_take(struct dial *dial);
/* Gives up; one that is not started, done or given up already is accepted. */
void dial_stop(struct dial *dial);

#endif
