/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport: what carries a line's bytes. It owns the descriptor and tells three things: bytes came,
 * it can be written to again, it was lost. Opening again after a loss is the caller's (the channel's)
 * decision. Each kind is one row of transport_kinds and one file here; what the kinds share is in
 * kind.h (for all) and stream.h (for those with a descriptor that is read and written).
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "ev/loop.h"

struct transport;

/* All but waiting must be there. transport_close may be called from within any of them, transport_open
 * from within lost; transport_free from within none. */
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
	/* Opening takes its time, and on what it waits: "for a device on 127.0.0.1:4001" (listener: the port
	 * that was given to a 0). May be NULL. */
	void (*waiting)(void *arg, const char *detail);
};

enum transport_state { TRANSPORT_CLOSED, TRANSPORT_OPENING, TRANSPORT_OPEN };

struct transport;

struct transport_kind {
	const char *name; /* and the key of its main option */
	const char *help;
	const struct conf_schema *schema;
	size_t size; /* of its own struct, which is zeroed and has struct transport at its front */
	/* What transport_describe says behind the name of the kind. NULL: nothing. */
	void (*describe)(const void *options, struct buf *out);
	void (*open)(struct transport *t);
	/* On an open, opening or closed one. */
	void (*close)(struct transport *t);
	/* Before its struct is freed, after close. May be NULL. */
	void (*free)(struct transport *t);
	/* After a loss in place of close, if some of it is to be kept for the next open. May be NULL. */
	void (*hang_up)(struct transport *t);
	/* As transport_write. */
	size_t (*write)(struct transport *t, const uint8_t *bytes, size_t len);
	/* Stop and go on reading (back-pressure). */
	void (*pause)(struct transport *t, bool paused);
	/* Time of one character in ns, 0 if the kind has no speed. May be NULL. */
	int64_t (*char_ns)(const struct transport *t);
	/* As transport_can_wait. NULL: it can if it has no speed. */
	bool (*can_wait)(const struct transport *t);
	/* As transport_makes. NULL: nothing. */
	const char *(*makes)(const void *options);
	bool runs_program;
	/* As transport_break. NULL: there is no such thing. */
	int (*send_break)(struct transport *t, int64_t duration_ns);
	/* As transport_set_line. NULL: there is no such thing. */
	int (*set_line)(struct transport *t, uint32_t baud, const char *format);
};

/* The front of each kind's own struct. */
struct transport {
	const struct transport_kind *kind;
	struct loop *loop;
	const struct transport_events *events;
	void *arg;
	void *options; /* owned, of kind->schema */
	char *description;
	enum transport_state state;
};

extern const struct transport_kind *const transport_kinds[]; /* ends with NULL */
/* The same for the JSON Schema and the manual. */
const struct conf_kinds *transport_conf_kinds(void);

/* A transport from the node behind `port:`, a map in which one key is the name of a kind:
 *	port: {serial: /dev/ttyUSB0, baud: 9600}   port: {tcp: "10.0.0.7:4001"}   port: {pty: /run/x}
 * The value of that key is the kind's main option. A kind without options may stand alone: `port: none`.
 * NULL with errors added. Opens nothing. The node outlives the transport. From here on the process
 * ignores SIGPIPE: that the other end is gone is an error of the write. */
struct transport *transport_new(const struct conf_node *node, struct loop *loop,
				const struct transport_events *events, void *arg,
				struct conf_errors *errors);
/* Closes it first. */
void transport_free(struct transport **t);

/* Of a closed one. Ends in opened() or lost(), now or later; never both, never neither. */
void transport_open(struct transport *t);
/* No event comes after it. Accepts a closed one. */
void transport_close(struct transport *t);
/* Takes as many bytes as it can keep (64 KiB) and says how many, 0 if it is not open; drained() follows
 * once all of them left (for a serial port: left the UART, as far as the system can tell), never from
 * within this call, and neither does lost(). For UDP one call is one datagram. */
size_t transport_write(struct transport *t, const uint8_t *bytes, size_t len);
/* Stays as it is over a close. */
void transport_pause(struct transport *t, bool paused);
/* Whether the other end waits while it is paused. If not, what it says is lost, unseen. */
bool transport_can_wait(const struct transport *t);
int64_t transport_char_ns(const struct transport *t);
/* Holds the line in the break state for so long; drained() follows, as after a write. -1 if it is not
 * open or has no such state. */
int transport_break(struct transport *t, int64_t duration_ns);
/* Other settings of the line, until it is closed; 0 and NULL: those of its options. format is one ("7E1"). -1
 * if it is not open, has no settings, or not these. */
int transport_set_line(struct transport *t, uint32_t baud, const char *format);
/* What it does to files beside opening a device beneath /dev: the path of a link that it makes, or NULL;
 * whether it runs a program, which may do anything. */
const char *transport_makes(const struct transport *t);
bool transport_runs_program(const struct transport *t);
/* "serial /dev/ttyUSB0 9600 8N1" */
const char *transport_describe(const struct transport *t);

#endif
