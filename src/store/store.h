/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream on disk: a directory of pre-written segments, each a header, a checkpoint and groups of events,
 * one behind the other. doc/store.md describes every byte; this is how the hub uses it.
 *
 *	segment   header | checkpoint | group | group | ... | zeros
 *	group     head with a checksum | slots | notes | frames as on the wire | zeros up to 512 bytes
 *
 * One group is written at a time, by a thread of the store's, with one write and one fdatasync; another thread
 * reads. All functions are called on the loop's thread and return at once, store_open, store_close and those
 * for files at rest excepted; what was asked for is told by a call from the loop, never from inside the
 * function that asked.
 *
 * The store knows frames only as bytes between two numbers. What notes say is the hub's business: it gives
 * the notes of each group and, when a new segment begins, those of the checkpoint.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "ev/loop.h"

enum {
	STORE_STREAM_SIZE = 16,
	STORE_BLOCK = 512,
	STORE_GROUP_AIM =
		256 * 1024,          /* bytes of frames in a group; one frame alone may be longer */
	STORE_SLOTS_MAX = 96,        /* listed in a group's head */
	STORE_SEGMENT_MIN = 4 << 20, /* for the configuration */
};

struct store;

struct store_settings {
	const char *dir;       /* made if it is not there; its parent must be */
	uint64_t size;         /* of all segments, bytes; at least three segments */
	uint64_t segment_size; /* whole blocks, at least STORE_SEGMENT_MIN; of new segments */
	int64_t max_age_ns;    /* of events that nobody needs any more; 0: for ever */
	bool sync; /* false: no fdatasync; a crash of the machine may cost what was acknowledged */
	int64_t retry_ns; /* how often a store that is out is tried again; 0: every ten seconds */
};

/* ---- A start ----
 *
 * store_open reads the newest checkpoint and the groups behind it and hands them over in their order; then it
 * makes good what a crash left behind, and syncs what it has found. Any of these may return -1 with err: then
 * the store is not opened, and nothing in it was changed.
 *
 * Where the newest checkpoint is not readable, an older one and all groups behind it are given; where none is,
 * groups alone are, and who needs a note that is in none of them has to refuse. Damage (store_stats) may have
 * cost the notes of some groups. */
struct store_recovery {
	/* Notes as they were given, of a checkpoint or of a group. */
	int (*notes)(void *arg, const uint8_t *notes, size_t len, struct err *err);
	/* The frames of a group, behind its notes. */
	int (*frames)(void *arg, const uint8_t *frames, size_t len, struct err *err);
	/* The checkpoint of the oldest segment, at last: only Newest is looked at in it. NULL: it is not readable. */
	int (*oldest)(void *arg, const uint8_t *notes, size_t len, struct err *err);
	void *arg;
};

/* What it tells later on. */
struct store_events {
	/* The notes of a checkpoint that holds for everything in the stream before the group that is being
	 * committed, whose place in the new segment is behind it; at most max bytes. */
	void (*checkpoint)(void *arg, struct buf *out, size_t max);
	/* The group that was last given to store_commit is on disk, or (err) is nowhere and will not be:
	 * the store is out until a later store_commit succeeds. (Only if the disk lets nothing be taken back
	 * either, and this process ends before it lets anything be written, a start may find it after all.) */
	void (*committed)(void *arg, const struct err *err);
	/* The oldest segments are about to go: from here on `oldest` is the first number held, and `notes`
	 * the checkpoint that stands there, or NULL if that is not readable. They are gone for readers when this
	 * returns. */
	void (*dropped)(void *arg, uint64_t oldest, const uint8_t *notes, size_t len);
	void *arg;
};

/* NULL with err: the directory cannot be used, another process has it, or its format is a newer one; err says
 * what to do. Files with damage are no reason: what is readable is served. An empty directory becomes a store
 * with this stream id once the first group is committed; else *stream is overwritten with the store's. */
struct store *store_open(struct loop *loop, const struct store_settings *settings,
			 const struct store_recovery *recovery, const struct store_events *events,
			 uint8_t stream[STORE_STREAM_SIZE], struct err *err);
/* Waits for the group in flight. committed is not called any more. */
void store_close(struct store **store);

/* ---- Writing ---- */

struct store_group {
	const uint8_t *notes; /* stays where it is until committed() */
	size_t notes_len;
	const uint8_t *frames; /* so does this: one contiguous run of the log */
	size_t frames_len;
	uint64_t first, last; /* numbers; 0 if there are no frames */
	uint64_t newest_time; /* the latest among its events */
	uint32_t events;
	uint32_t slots[STORE_SLOTS_MAX]; /* device * 8 + (kind & 7), each once, rising */
	size_t n_slots;                  /* above STORE_SLOTS_MAX: too many to be listed */
};

/* A group is in flight: committed() has not been called for it. */
bool store_is_busy(const struct store *store);
/* The last group failed and so did the attempt in another segment. store_commit tries again, now and then
 * (retry_ns), with a new segment; in between it fails at once. */
bool store_is_out(const struct store *store);
/* Must not be busy. The struct itself is copied. */
void store_commit(struct store *store, const struct store_group *group);

/* Everything up to this number may go when it is old enough; what follows is kept as long as the size
 * allows. UINT64_MAX: nobody needs anything. */
void store_set_needed(struct store *store, uint64_t seq);

/* ---- Reading ---- */

/* One group or some that follow each other, read and verified, shared by those who want the same. Its numbers have no
 * holes. */
struct store_chunk {
	uint64_t first, last, newest_time;
	const uint8_t *frames;
	size_t len;
	const uint32_t *slots;
	size_t n_slots; /* above STORE_SLOTS_MAX: not listed */
};

enum store_found {
	STORE_CHUNK,   /* chunk: it begins with the first group that has a number >= seq */
	STORE_END,     /* nothing on disk from seq on */
	STORE_GONE,    /* seq is older than what is held: first is the oldest number */
	STORE_DAMAGED, /* numbers first to last are not readable; what follows may be */
	STORE_FAILED,  /* err: the system refused to read; may be tried again */
};

struct store_result {
	enum store_found found;
	struct store_chunk *chunk;
	uint64_t first, last;
	const struct err *err;
};

struct store_read;
typedef void store_read_fn(void *arg, const struct store_result *result);

/* One reader's place; embedded in its owner. Zeroed memory is a reader that has read nothing. It remembers
 * where it stands, so that reading on needs no search. */
struct store_read {
	struct store *store;
	store_read_fn *done;
	void *arg;
	uint64_t seq, time;
	/* Where the next group stands, and from which number on that is so; segment 0: not known. */
	uint64_t segment, offset, place_seq;
	bool lost; /* in front of that place something is not readable */
	bool is_pending;
	TAILQ_ENTRY(store_read) link;
};

/* Asks for the first group with a number >= seq, whose newest event has this time or a later one (0: any).
 * done is called once, unless store_read_cancel comes first; a chunk in its result is the reader's until
 * store_release. There are few: release it before the next is asked for, and do not keep it while a client
 * is waited for. One request at a time for each reader. */
void store_read(struct store *store, struct store_read *read, uint64_t seq, uint64_t time,
		store_read_fn *done, void *arg);
void store_read_cancel(struct store_read *read);
bool store_read_is_pending(const struct store_read *read);
void store_release(struct store *store, struct store_chunk **chunk);

/* ---- What there is ---- */

struct store_stats {
	uint64_t oldest, newest; /* numbers on disk; 0 if there is none */
	uint64_t oldest_time;    /* when the oldest segment was begun */
	uint64_t bytes, size;    /* used, and the limit */
	uint64_t needed_bytes;   /* of them from what store_set_needed said on */
	uint32_t segments;
	uint64_t groups, events;               /* committed since the start */
	uint64_t commit_ns, slowest_commit_ns; /* the last one and the slowest since the start */
	uint64_t failures;                     /* writes and syncs that failed */
	uint64_t damaged;                      /* groups that were not readable */
};
struct store_stats store_stats(const struct store *store);

/* Bytes on disk from this number on. */
uint64_t store_bytes_from(const struct store *store, uint64_t seq);

/* ---- Files at rest, for `dragoman store`; blocking, and only reading ---- */

struct store_segment_info {
	uint64_t id, size, used;
	uint64_t first, last; /* numbers; 0 if it has no events */
	uint64_t begun;       /* wall time */
	uint64_t newest_time;
	uint64_t groups, events, checkpoint_bytes;
	uint64_t damaged; /* places that are not readable */
	bool is_newest;
};
struct store_visit {
	/* One segment, oldest first: behind all that is said of it. All may be NULL. */
	void (*segment)(void *arg, const char *path, const struct store_segment_info *info);
	/* From this offset on something is not readable. */
	void (*damage)(void *arg, const char *path, uint64_t offset, const char *what);
	void (*notes)(void *arg, const uint8_t *notes, size_t len, bool is_checkpoint);
	void (*frames)(void *arg, const uint8_t *frames, size_t len);
	void *arg;
};
/* Reads every byte of a store, also of one that a hub is writing to. The number of places that are not
 * readable, or -1 with err: there is no store. */
ssize_t store_visit(const char *dir, uint8_t stream[STORE_STREAM_SIZE],
		    const struct store_visit *visit, struct err *err);

#endif
