/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection under a struct dragoman: dialling, greeting, reading, liveness, loss and back-off. It
 * fills `in` with received bytes and empties `out`; client.c takes frames from the one and packs
 * requests into the other.
 *
 *	            time is up                connected                Welcome
 *	  RESTING ------------> DIALLING ------------> GREETING ------------> OPEN
 *	     ^                     | failed               | failed              | ended
 *	     |                     v                      v                     v
 *	     +<--- lost() <--------+----------------------+<--------- ENDING: whole frames left in `in`
 *	     |
 *	   OVER, if retrying is off
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/dial.h"
#include "client/event.h"
#include "client/repeats.h"
#include "client/request.h"
#include "dragoman/client.h"

enum phase { PHASE_RESTING, PHASE_DIALLING, PHASE_GREETING, PHASE_OPEN, PHASE_ENDING, PHASE_OVER };

enum {
	REQUESTS_MAX = 16,
	OUT_MAX = 256 * 1024, /* of requests not yet sent */
	IN_CHUNK = 64 * 1024,
};

enum subscription_phase {
	SUB_NONE,
	SUB_ASKED, /* what still comes belongs to the one before */
	SUB_ON,
};

struct dragoman {
	/* What it was told. */
	struct server server;
	char *name;
	uint32_t retry_first_ms, retry_most_ms, silence_ms;

	/* The connection. */
	enum phase phase;
	struct dial dial;
	int fd;
	struct buf in, out;
	int64_t due_ns;   /* RESTING: next try; DIALLING, GREETING: given up */
	int64_t heard_ns; /* OPEN: when something came last */
	int64_t asked_ns; /* OPEN: when it was pinged since then; 0: not */
	uint32_t failures;
	struct failure server_bad, why; /* code 0: not */
	struct failure closing;         /* what the gateway said before it closed */
	Dragoman__V1__Frame *greeting;  /* the Welcome, which `welcome` points into */
	struct dragoman_welcome welcome;

	/* What is to be told next, before anything that comes in. */
	bool tell_lost, tell_connected;
	int retry_in_ms;

	/* Requests that wait for their answer, oldest first. */
	struct request {
		uint64_t id;
		bool is_lost; /* to be told as failed */
	} requests[REQUESTS_MAX];
	size_t n_requests;
	uint64_t last_id;

	/* The subscription: `sub` is what was asked for, its patterns ours. */
	enum subscription_phase sub_phase;
	struct dragoman_subscription sub;
	uint64_t sub_id; /* 0: none is wanted */
	bool has_place;
	struct dragoman_place place;
	uint8_t stream[16];  /* that the subscription is given from now */
	bool is_in_snapshot; /* asked for, and not at its end: begins anew after a loss */

	/* What a durable subscriber acknowledges, and what has come before. */
	char *durable_name; /* NULL: it is none */
	struct dragoman_durable durable;
	bool is_established; /* it was subscribed once */
	uint64_t given_seq;  /* the last number of this connection that was looked at; 0: none */
	uint64_t ack_seq;    /* dealt with up to here */
	uint64_t acked_seq;  /* and so the gateway knows */
	unsigned unacked;    /* events handed out since then */
	bool are_repeats_wanted;
	struct repeats repeats;

	/* The frame that events are taken from, and the event that the caller has. */
	Dragoman__V1__Frame *frame;
	size_t item, n_items;
	struct pieces pieces;
	struct dragoman_event event;
};

void session_init(struct dragoman *d, const char *address);
void session_fini(struct dragoman *d);

/* All that can be done without waiting. */
void session_step(struct dragoman *d);
/* What session_step waits for: poll events on d->fd or the dialling one, and a time. */
short session_wanted(const struct dragoman *d);
int session_fd(const struct dragoman *d);
int session_timeout_ms(const struct dragoman *d);

/* A whole frame, or a broken length, is at the front of `in`. */
bool session_has_frame(const struct dragoman *d);
/* The next frame, or NULL if there is none (any more: a frame that is none ends the connection). */
Dragoman__V1__Frame *session_next_frame(struct dragoman *d);
/* ENDING, and no frame is left: goes on to being lost. */
void session_end(struct dragoman *d);
/* Sends what is in `out` as far as it can be sent now. */
void session_flush(struct dragoman *d);
/* Acknowledges what was dealt with, as far as this connection was given it. */
void session_ack(struct dragoman *d);
/* The connection is of no more use, for the reason given to fail_set(&d->why). */
void session_drop(struct dragoman *d);
/* Puts the Subscribe that is wanted now, from the place reached, into `out`. */
void session_subscribe(struct dragoman *d);

#endif
