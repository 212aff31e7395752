/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: a subscriber, a publisher, or both.
 *
 *	RESTING   nothing to be sent; a subscriber is in its filter's list, and its place is the head
 *	LINGERING an event waits for it, and it asked for that (linger.h)
 *	READY     in the hub's list; written to at the end of the turn
 *	BLOCKED   its socket is full, or has had its share for this turn: the loop says when it goes on
 *	WAITING   what comes next has to come from the disk, or after an Ack
 *
 *	           event, reply            written, nothing left
 *	RESTING ----------------> READY --------------------------> RESTING
 *	   | event   LINGERING --->  |  <--------- writable -------- BLOCKED
 *	   +-----------^     time,   |---- something is left ----------^
 *	                     reply   +--------------------------> WAITING
 *	                             <------ it came, reply --------+
 *
 * An idle client is this struct and no buffer. What it is owed from the log is not copied; replies go
 * through `out`, which also takes the rest of a frame that a send cut. Longer answers are walks
 * (walk.h), produced as the client drains; while one is under way, or `out` is long, nothing is read.
 *
 * Closing: a last Error, the sending side is shut, what comes is thrown away until the other side closes
 * too or a short while is over.
 */
#ifndef HUB_CLIENT_H
#define HUB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "ev/loop.h"
#include "hub/cursor.h"
#include "wire/frame.h"

struct cold;
struct durable;
struct hub;
struct publisher;
struct start;
struct walk;
struct window;

enum client_state {
	CLIENT_RESTING,
	CLIENT_LINGERING,
	CLIENT_READY,
	CLIENT_BLOCKED,
	CLIENT_WAITING
};

struct client {
	struct io io;
	struct hub *hub;
	TAILQ_ENTRY(client) link; /* in the list of its state */
	TAILQ_ENTRY(client) all;
	struct cursor cursor;    /* filter is NULL if it is not subscribed */
	struct cold *cold;       /* while its place is not in memory; see feed.h */
	struct durable *durable; /* whose place it moves on, or NULL */
	struct window *window;   /* of a durable one that asked for one */
	struct start *start;     /* of a subscription that is not answered yet */
	struct walk *walk;
	struct publisher *publisher; /* whose token it showed */
	char *name;
	struct buf in, out;
	uint64_t id;
	uint64_t told;   /* the place that the subscriber knows: Subscribed, Position */
	uint64_t given;  /* number of the last event, or of a Gap, that was given to it */
	uint64_t events; /* given to it */
	int64_t since;   /* wall time */
	uint32_t gaps;
	uint32_t heard_s, moved_s,
		told_s; /* hub.now_s when it last: said something, took something,
					      was told something */
	uint32_t position_every_s;
	uint16_t linger_ms, linger_slot;
	uint8_t state;
	bool is_tcp, is_read_only, has_hello, is_registered;
	bool is_pinged, is_paused, is_closing, is_shut;
	uint32_t magic;
};

/* Takes over fd. */
struct client *client_new(struct hub *hub, int fd, bool is_tcp, bool is_read_only);
/* Closes at once. */
void client_free(struct client **client);

/* It has shown the token of this publisher; NULL: which is no publisher any more. */
void client_speaks_for(struct client *client, struct publisher *publisher);

/* Appends a frame to what goes out; id is echoed. */
void client_reply(struct client *client, uint64_t id, Dragoman__V1__Frame *frame);
/* An Error; the connection goes on. */
void client_refuse(struct client *client, uint64_t id, Dragoman__V1__ErrorCode code,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* An Error, and the connection is closed when it is written. */
void client_fail(struct client *client, uint64_t id, Dragoman__V1__ErrorCode code, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));
/* The same without a word. */
void client_hang_up(struct client *client);

/* There is something for it: it is written to at the end of the turn. */
void client_ready(struct client *client);
/* An event with this number is for it, which rests. */
void client_wake(struct client *client, uint64_t seq);
/* Writes once; for hub_deliver, which took it out of the ready list. May free it. */
void client_deliver(struct client *client);

/* A Gap, counted. */
void client_put_gap(struct client *client, uint64_t first, uint64_t last, const char *reason);

/* Sets the subscription, whose place is before `next`, and whose it is if it is a durable one. The filter's
 * reference is taken over. */
void client_subscribe(struct client *client, struct filter *filter, uint64_t next,
		      struct durable *durable);
void client_unsubscribe(struct client *client);
/* The last number that it was given or passed by. */
uint64_t client_place(const struct client *client);

/* Once a second: silence, a full socket, Positions. May free it. */
void client_sweep(struct client *client);

/* "#17", as in Welcome.you; and where it comes from. */
enum { CLIENT_TEXT_SIZE = 80 };
const char *client_you(const struct client *client, char out[CLIENT_TEXT_SIZE]);
const char *client_address(const struct client *client, char out[CLIENT_TEXT_SIZE]);

#endif
