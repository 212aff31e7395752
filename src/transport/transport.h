/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport: what carries a line's bytes. It owns the descriptor and tells three things: bytes came,
 * it can be written to again, it was lost. Opening again after a loss is the caller's (the channel's)
 * decision. Each kind is one row of transport_kinds and one file here.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ev/loop.h"

struct transport;

struct transport_events {
	/* The line is open (some kinds open later than transport_open returns: TCP). detail says what was
	 * found: "/dev/ttyUSB1 (FTDI FT232R, serial A9IL3Q)". */
	void (*opened)(void *arg, const char *detail);
	/* The first of these bytes came at received_ns (wall clock). */
	void (*received)(void *arg, const uint8_t *bytes, size_t len, int64_t received_ns);
	/* Everything that transport_write took has left the process. */
	void (*drained)(void *arg);
	/* The line is gone or could not be opened; the transport is closed and may be opened again.
	 * reason: short and stable ("unplugged", "no such port", "no permission", "busy", "refused",
	 * "closed by the other end", "ended"); text: for people, what to do ("add the user to group
	 * dialout"). `final`: there will never be more (end of a replay, program told not to restart). */
	void (*lost)(void *arg, const char *reason, const char *text, bool final);
};

struct transport_kind {
	const char *name;
	const char *help;
	const struct conf_schema *schema;
	struct transport *(*new)(const void *options);
	void (*free)(struct transport *t);
	void (*open)(struct transport *t);
	void (*close)(struct transport *t);
	/* As transport_write. */
	size_t (*write)(struct transport *t, const uint8_t *bytes, size_t len);
	/* Stop and go on reading (back-pressure). */
	void (*pause)(struct transport *t, bool paused);
	/* Time of one character in ns, 0 if the kind has no speed. May be NULL. */
	int64_t (*char_ns)(const struct transport *t);
};

/* The front of each kind's own struct. */
struct transport {
	const struct transport_kind *kind;
	struct loop *loop;
	const struct transport_events *events;
	void *arg;
	void *options; /* owned, of kind->schema */
};

extern const struct transport_kind *const transport_kinds[]; /* ends with NULL */

/* A transport from the node behind `port:` — a map whose first key names the kind:
 *	port: {serial: /dev/ttyUSB0, baud: 9600}   port: {tcp: "10.0.0.7:4001"}   port: {pty: /run/x}
 * The value of that key is the kind's main option. NULL with errors added. Opens nothing. */
struct transport *transport_new(const struct conf_node *node, struct loop *loop,
				const struct transport_events *events, void *arg,
				struct conf_errors *errors);
void transport_free(struct transport **t);

/* Ends in opened() or lost(), now or later; never both, never neither. */
void transport_open(struct transport *t);
/* No event comes after it. */
void transport_close(struct transport *t);
/* Takes as many bytes as it can keep (64 KiB) and says how many; drained() follows once all of them left
 * (for a serial port: left the UART, as far as the system can tell). */
size_t transport_write(struct transport *t, const uint8_t *bytes, size_t len);
void transport_pause(struct transport *t, bool paused);
int64_t transport_char_ns(const struct transport *t);
/* "serial /dev/ttyUSB0 9600 8N1" */
const char *transport_describe(const struct transport *t);

#endif
