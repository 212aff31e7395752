/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishers: who may publish under which name, what of theirs has arrived, and what becomes of their
 * devices when they go.
 *
 *	registered ----- connection lost ----> waiting ---- 2 s, or told of its end ----> ended
 *	    ^                                    |                                          |
 *	    +---- same incarnation, in time -----+                                          |
 *	    +---- new incarnation (the old one ends first) ---------------------------------+
 *
 * An incarnation that ends without a Goodbye leaves a Loss for each of its devices: what followed its
 * last number is not known. All of its devices are stale then, with the reason that the supervisor told.
 *
 * With a store, numbers are acknowledged once they are on disk, or in a hole (storage.h); after a start, what
 * the store knows of an incarnation that was live waits for it to come back.
 */
#ifndef HUB_PUBLISHER_H
#define HUB_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "ev/loop.h"
#include "hub/device.h"
#include "wire/frame.h"
#include "wire/note.h"
#include "wire/stamp.h"

struct client;
struct hub;

enum { TOKEN_MAX = 256 };

TAILQ_HEAD(device_list, device);

struct publisher {
	UT_hash_handle hh;
	struct hub *hub;
	char *name;
	uint8_t *token;
	size_t token_len;
	int32_t pid;
	uint32_t restarts;
	char *last_end; /* how its last process ended, as the supervisor told; NULL */

	struct client *client; /* on which it is registered, or NULL */
	uint64_t incarnation;  /* 0: none yet */
	bool is_live;          /* the incarnation has not ended */
	bool has_ended;        /* its process has, as the supervisor told */
	bool has_numbers;      /* its next number is received + 1; else any above that */
	bool is_awaited;       /* it was live when the hub ended, and is not back yet */
	bool is_leaving;       /* it said goodbye, and waits for what is to be kept */
	char *farewell;        /* why */
	uint64_t received,
		received_seq; /* its last number, and the number of the last event in the log */
	uint64_t kept; /* its last number that is on disk or in a hole; without a store, received */
	uint64_t cut;  /* the same, once the cut that is under way is on disk */
	uint64_t told; /* by the last Kept on this connection */
	uint64_t prompt; /* its last number that somebody waits for */
	struct {
		uint64_t first, last;
		bool is_told; /* on this connection */
	} hole; /* its last numbers that are not on disk, and never will be; 0: none */
	uint64_t events, last_event;
	struct device *line, *last_device;
	struct device_list devices;
	size_t n_devices;
	Dragoman__V1__Report *report; /* what it last counted, or NULL */
	struct timer end;             /* of an incarnation whose connection is gone */

	struct {
		uint64_t incarnation, kept;
		bool is_live;
		uint64_t note; /* the number of the note that says what it is now; 0: none does */
	} noted;               /* what it was before that note */

	TAILQ_ENTRY(publisher) link; /* in publishers.unacknowledged */
	size_t unacknowledged;       /* bytes since the last Kept */
	bool is_listed, is_repeated; /* it has sent again what it was told of */

	struct {
		uint64_t count, from, to;
	} refused; /* events of devices that it has not declared, not yet told as a Loss */
};

struct publishers {
	struct hub *hub;
	struct publisher *by_name;
	TAILQ_HEAD(, publisher) unacknowledged;
	struct timer kept;
	bool is_due, is_all_due; /* some, all of them may be owed a Kept now */
};

void publishers_init(struct publishers *publishers, struct hub *hub);
void publishers_fini(struct publishers *publishers);

struct publisher *publishers_find(const struct publishers *publishers, const char *name);
/* Makes it if it is not there; it cannot connect before publishers_allow. */
struct publisher *publishers_get(struct publishers *publishers, const char *name);
/* Makes it if it is not there. From now on, only who shows this token may publish under the name. */
struct publisher *publishers_allow(struct publishers *publishers, const char *name,
				   const uint8_t *token, size_t len);
/* Whose token this is, or NULL; takes the same time for a near miss as for a far one. */
struct publisher *publishers_authenticate(const struct publishers *publishers, const uint8_t *token,
					  size_t len);
/* It is no longer configured: its devices are removed, its connection is closed. */
void publishers_remove(struct publishers *publishers, const char *name);

/* Sends Kept to those who wait for it and are due. For the end of a turn. */
void publishers_acknowledge(struct publishers *publishers);

/* ---- For the storage ---- */

/* Says the Losses of what was refused: they are to be on disk before it is acknowledged. */
void publishers_tell_refused(struct publishers *publishers);
/* A cut has all up to `last`, and from `first` on what is in no cut before it. */
void publishers_cut(struct publishers *publishers, uint64_t first, uint64_t last);
/* It is on disk. is_all: Kept goes to everybody whom it concerns, else to those who are in a hurry. */
void publishers_kept(struct publishers *publishers, bool is_all);
/* All that was received is in memory only, and will not be on disk. */
void publishers_unkept(struct publishers *publishers);

/* A note of a store that is being opened. */
void publisher_restore(struct publisher *publisher, const Dragoman__Internal__PublisherNote *note);
/* An event of it. */
void publishers_follow(struct publishers *publishers, const struct event_scan *scan);
/* All is restored: those that were live have a while to come back. */
void publishers_await(struct publishers *publishers);
/* Nothing is: as if the store had said nothing. */
void publishers_forget(struct publishers *publishers);

/* The client speaks for this incarnation from now on. An earlier connection is closed, an earlier
 * incarnation ends. Returns the last number that it need not send again, and may take to be on disk if its
 * stream is. */
uint64_t publisher_register(struct publisher *publisher, struct client *client,
			    uint64_t incarnation);
/* One event frame from it. */
void publisher_event(struct publisher *publisher, struct client *client,
		     const struct frame_scan *frame);
/* It said goodbye: once all is kept it is told so, its devices are stale, nothing was lost, and its connection
 * is closed. */
void publisher_goodbye(struct publisher *publisher, const char *reason);
/* A client that showed its token is gone. */
void publisher_disconnected(struct publisher *publisher, struct client *client);
/* Its process ended, so the supervisor says. */
void publisher_process_ended(struct publisher *publisher, const char *reason);

/* Keeps a copy of what it counted. -1 if it is out of bounds. */
int publisher_report(struct publisher *publisher, const Dragoman__V1__Report *report);

/* The device is this publisher's from now on, or nobody's (NULL). */
void publisher_own(struct publisher *publisher, struct device *device);

#endif
