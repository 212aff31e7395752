/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of transport uses to tell its owner what happened. Each of these calls out, and the owner
 * may close the transport from within: they come last in a function, or are followed by a look at the
 * state.
 */
#ifndef TRANSPORT_KIND_H
#define TRANSPORT_KIND_H

#include "transport/transport.h"

extern const struct transport_kind transport_exec, transport_listen, transport_none, transport_pty,
	transport_replay, transport_serial, transport_tcp, transport_tty, transport_udp,
	transport_unix, transport_usb;

/* Opening is over; the arguments make the detail. */
void transport_opened(struct transport *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void transport_waiting(struct transport *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes that have come just now. */
void transport_received(struct transport *t, const uint8_t *bytes, size_t len);
void transport_drained(struct transport *t);

/* Hangs up (or closes), and says so; the arguments make the text. */
void transport_lost(struct transport *t, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, and there will never be more. */
void transport_ended(struct transport *t, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a failure to open a path means to its user: the reason, and what the text says of the path. */
struct transport_failure {
	int error; /* an errno; 0 in the row that ends a table */
	const char *reason, *text;
};
/* transport_lost as the row of the error says; without one, in the system's words: "cannot <what> <path>". */
void transport_cannot(struct transport *t, const char *what, const char *path,
		      const struct transport_failure *rows, int error);

#endif
