/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscriber whose place is in memory no more: it reads on from the store, a group at a time.
 *
 *	RESTING ---- cold_ask ----> QUEUED ---- room ----> READING ---- found ----> HOLDING
 *	 |   ^                                                | nothing             | all of it is sent, or
 *	 |   +------------------------------------------------+---------------------+ it blocks and others wait
 *	 |   +---- the commit is done
 *	AHEAD, if what it wants is being written
 *
 * A group in memory is dear: COLD_ROOM readers have one, or are being given one, at a time. Whoever cannot
 * be written to gives its group up if somebody waits, and asks for it again. So a slow reader costs this struct.
 */
#ifndef HUB_COLD_H
#define HUB_COLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "hub/cursor.h"
#include "store/store.h"

/* COLD_BYTES: of one group in one write: others are given something in between. */
enum { COLD_ROOM = 8, COLD_BYTES = 64 * 1024 };

struct client;

enum cold_state { COLD_RESTING, COLD_AHEAD, COLD_QUEUED, COLD_READING, COLD_HOLDING };

struct cold {
	struct client *client;
	struct store_read read;
	TAILQ_ENTRY(cold) link;    /* in the list of its state */
	struct store_chunk *chunk; /* HOLDING */
	size_t at;                 /* in the chunk: the frame of the number seq */
	size_t gathered;           /* where what was gathered ends */
	uint64_t seq;              /* also: what is asked for */
	uint64_t
		until; /* what stood before this number was on disk, or nowhere, when it was asked for */
	uint64_t
		missed; /* the first number passed by because it was too old to be kept; 0 if none was */
	uint8_t state;
	bool is_all; /* the filter matches everything in the chunk */
};

TAILQ_HEAD(cold_list, cold);

struct colds {
	struct store *store; /* the owner sets it when it is open */
	struct cold_list ahead, queue, busy;
	size_t n_busy;
	void (*found)(struct client *client, const struct store_result *result);
};

/* found is called when a read has come to its end, with the reader RESTING. A chunk in the result is released
 * afterwards unless found calls cold_hold. */
void colds_init(struct colds *colds,
		void (*found)(struct client *client, const struct store_result *result));

/* For client.cold. */
struct cold *cold_new(struct client *client);
void cold_free(struct colds *colds, struct cold **cold);

/* Asks for the first group with a number from seq on; RESTING. What stands before `until` is on disk or
 * nowhere. */
void cold_ask(struct colds *colds, struct cold *cold, uint64_t seq, uint64_t until);
/* What the client wants is not on disk yet: it is made ready when colds_go_on is called; RESTING. */
void cold_wait(struct colds *colds, struct cold *cold);
/* Something was committed. */
void colds_go_on(struct colds *colds);
/* From found: keeps the chunk, to be sent from cursor.next on. */
void cold_hold(struct cold *cold, const struct cursor *cursor, struct store_chunk *chunk);

/* Something from the number on matches. */
bool chunk_matches(const struct store_chunk *chunk, const struct filter *filter, uint64_t from);

/* As cursor_gather and cursor_sent; HOLDING. When all of the chunk is sent, the reader is RESTING. */
void cold_gather(struct cold *cold, const struct cursor *cursor, size_t most,
		 struct gather *gather);
size_t cold_sent(struct colds *colds, struct cold *cold, struct cursor *cursor,
		 const struct gather *gather, size_t bytes, struct buf *rest);

/* A client waits for its socket: gives its chunk up if somebody waits for room. */
void cold_blocks(struct colds *colds, struct cold *cold);

#endif
