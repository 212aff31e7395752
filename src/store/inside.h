/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share. Everything here belongs to the loop's thread; what a thread works on
 * stands in the `work` of its part and is the thread's from job_start until it is done.
 *
 *	recover.c   what a start finds
 *	commit.c    one group at a time into the newest segment, or into a new one
 *	prepare.c   the next segment, made ahead; the oldest ones, dropped
 *	read.c      groups for those who ask for them
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include <sys/queue.h>

#include "store/chain.h"
#include "store/job.h"
#include "store/store.h"

/* ---- Commits ---- */

enum commit_state {
	COMMIT_IDLE,
	COMMIT_WRITING, /* into the newest segment */
	COMMIT_WAITING, /* for the next segment to be prepared */
	COMMIT_ROLLING, /* into a new segment */
	COMMIT_REFUSED, /* the store is out: told from the loop */
};

struct commit_work {
	int fd; /* of the segment that is written; -1: a new one is needed */
	struct header header;
	struct group checkpoint, group;
	const struct dir *dir;
	bool sync;
	int error;        /* errno; 0: it is on disk */
	const char *what; /* failed */
};

struct commit {
	struct job job;
	struct timer soon;
	enum commit_state state;
	struct commit_work work;
	struct store_group asked;
	struct buf checkpoint;
	uint64_t checksum; /* of the last group in the newest segment */
	int64_t begun_ns;
	bool is_sealed; /* nothing is written into the newest segment any more */
	bool is_out;
	int64_t retry_ns; /* not before */
	struct err why;
};

/* ---- The next segment ---- */

enum prepare_step {
	PREPARE_PEEK,   /* at the checkpoint of what will be the oldest segment */
	PREPARE_MAKE,   /* a file of zeros */
	PREPARE_REUSE,  /* a file that was dropped */
	PREPARE_REMOVE, /* one that was dropped */
};

struct prepare_work {
	enum prepare_step step;
	struct segment segment; /* of PEEK; of the others its id and size */
	const struct dir *dir;
	bool sync;
	struct walk walk;
	const uint8_t *notes; /* that were peeked at; in the walk's window */
	size_t notes_len;
	int error;
};

struct prepare {
	struct job job;
	struct timer timer;
	struct prepare_work work;
	uint64_t spare_size;     /* of the next segment; 0: it is not there */
	bool is_full;            /* there is no room for another segment: one must go */
	int64_t retry_ns;        /* nothing is made before */
	struct segment *dropped; /* files that nobody sees any more */
	size_t n_dropped;
};

/* ---- Readers ---- */

enum { READ_CHUNKS = 16 }; /* in memory, at most */

/* What the cache holds. The chunk is the first member, and what readers are given. */
struct chunk {
	struct store_chunk chunk;
	uint64_t segment;
	uint64_t asked, next; /* offsets: where the search began, where it goes on */
	uint64_t asked_seq;   /* and for which number */
	uint32_t slots[STORE_SLOTS_MAX];
	uint8_t *bytes;
	size_t size;
	unsigned users;
	TAILQ_ENTRY(chunk) link;
};
TAILQ_HEAD(chunk_list, chunk);

struct read_work {
	const struct dir *dir;
	struct segment segment;
	uint64_t offset, seq, time;
	bool lost; /* something was, before this segment */
	struct walk walk;
	struct chunk *chunk;
	enum read_found { READ_CHUNK, READ_DAMAGED, READ_PASSED, READ_FAILED } found;
	uint64_t first, last; /* of what is damaged */
	uint64_t next;
	int error;
};

struct reads {
	struct job job;
	struct timer soon;
	struct read_work work;
	TAILQ_HEAD(, store_read) waiting;
	struct store_read *current; /* whom the work is for; NULL: for the cache */
	struct chunk_list chunks;   /* used last is first */
	size_t n_chunks;
};

struct store {
	struct loop *loop;
	struct dir dir;
	struct store_settings settings;
	struct store_events events;
	uint8_t stream[STORE_STREAM_SIZE];

	struct segment *segments; /* oldest first; the last one is written to */
	size_t n;
	uint64_t next_id;
	uint64_t needed;

	uint64_t age; /* the steady clock, when the monotonic one said: */
	int64_t age_mono_ns;

	struct commit commit;
	struct prepare prepare;
	struct reads reads;

	uint64_t groups, events_kept, commit_ns, slowest_commit_ns, failures, damaged;
};

/* NULL: there is none. */
struct segment *store_newest(const struct store *store);
/* Place in segments, or -1. */
ssize_t store_find(const struct store *store, uint64_t id);
void store_add_segment(struct store *store, const struct segment *segment);
/* It goes on while the machine is off for as long as wall time says, and never backwards. */
uint64_t store_age(const struct store *store);
void store_damage(struct store *store, uint64_t id, uint64_t offset, const char *what);

int recover(struct store *store, const struct store_recovery *recovery, struct err *err);

int commit_init(struct store *store, struct err *err);
void commit_fini(struct store *store);
/* The next segment is there, or (err) will not be. */
void commit_go_on(struct store *store, const struct err *err);
/* How large the next segment has to be. */
uint64_t commit_segment_size(const struct store *store);

int prepare_init(struct store *store, struct err *err);
void prepare_fini(struct store *store);
/* Looks whether there is something to do. */
void prepare_look(struct store *store);
/* The next segment is the caller's from here on: its size, or 0 if it is not there. */
uint64_t prepare_take(struct store *store);
void prepare_drop_leftover(struct store *store, uint64_t id);

int reads_init(struct store *store, struct err *err);
void reads_fini(struct store *store);
/* There may be more to read. */
void reads_look(struct store *store);

#endif
