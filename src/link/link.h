/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link: the layer between a line's bytes and frames. A pure function of bytes and time: it is handed
 * received bytes, and hands out frames, verdicts and bytes to write through its sink. Each kind is one
 * row of link_kinds and one file here; options are the rows of its schema.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* Why received bytes were no frame; each is a counter, link_verdict_name gives its name. */
enum link_verdict {
	LINK_GARBAGE,   /* bytes outside of any frame */
	LINK_TOO_LONG,  /* no end within the maximum length */
	LINK_TOO_SHORT, /* shorter than its own head and check */
	LINK_BAD_CHECK,
	LINK_BAD_LENGTH, /* a length field that cannot be */
	LINK_BAD_ESCAPE,
	LINK_CUT, /* the rest did not come in time, or the line was lost within a frame */
	LINK_VERDICTS
};
const char *link_verdict_name(enum link_verdict verdict);

/* What became of a record: a frame whose sender keeps it until it is told that it may forget it. */
enum link_fate {
	LINK_KEPT,     /* all that came of it is on disk */
	LINK_NOT_KEPT, /* it is not, and will not be */
	LINK_NOT_GOOD, /* the bytes are damaged, as the adapter sees it */
};

/* Where a link's results go. All are called from within link_receive, link_send, link_expire and
 * link_settle. */
struct link_sink {
	/* A frame's payload; received_ns is when its first byte came (wall clock). */
	void (*frame)(void *arg, const uint8_t *payload, size_t len, int64_t received_ns);
	/* Bytes that were no frame, at most 64 of them; link_problem may say more. */
	void (*refused)(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len);
	/* Bytes for the line. */
	void (*write)(void *arg, const uint8_t *bytes, size_t len);
	/* A frame that is a record: link_settle(ticket) follows, now or later, at most once. NULL: frame is
	 * called for it, and it counts as kept. */
	void (*record)(void *arg, const uint8_t *payload, size_t len, int64_t received_ns,
		       uint64_t ticket);
};

/* What a link may know of its line. */
struct link_line {
	int64_t char_ns; /* time of one character at the line's speed; 0 if the line has none (TCP, pty) */
	bool is_device; /* it is the device's end: what the gateway sends comes here */
};

struct link;

enum { LINK_PROBLEM_SIZE = 320 };

struct link_kind {
	const char *name;
	const char *help;
	const struct conf_schema *schema; /* of its options */
	/* Makes one from its read options (the schema's struct, kept by the caller as long as the link). NULL
	 * with errors added at node where the rows could not say what is wrong. */
	struct link *(*new)(const void *options, const struct link_line *line,
			    const struct conf_node *node, struct conf_errors *errors);
	void (*free)(struct link *link);
	void (*receive)(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
			int64_t mono_ns);
	/* Frames one payload into sink->write. 0, or -1 if such a payload cannot be framed. */
	int (*send)(struct link *link, const uint8_t *payload, size_t len, struct err *err);
	/* The deadline that link_deadline gave has passed. */
	void (*expire)(struct link *link, int64_t mono_ns);
	void (*reset)(struct link *link); /* NULL: there is nothing to reset */
	/* As link_add_alone. NULL: its frames are what is received at once. */
	void (*add_alone)(struct link *link, const struct conf_bytes *bytes);
	/* As link_settle. NULL: its frames are no records. */
	void (*settle)(struct link *link, uint64_t ticket, enum link_fate fate, int64_t mono_ns);
};

/* The front of each kind's own struct. */
struct link {
	const struct link_kind *kind;
	const struct link_sink *sink;
	void *sink_arg;
	int64_t deadline_ns; /* monotonic; 0: no timer runs. Set by the kind. */
	void *options;       /* owned, of kind->schema */
	uint64_t tickets;    /* given to records so far */
	char problem[LINK_PROBLEM_SIZE];
};

/* All kinds; ends with NULL. */
extern const struct link_kind *const link_kinds[];
/* The same for the JSON Schema and the manual. */
const struct conf_kinds *link_conf_kinds(void);

/*
 * A link from the node behind `link:`. NULL with errors added. node NULL: raw chunks.
 *
 * A map, one key of which names the kind. Where the kind has an option of its own name, the key is that
 * option and the others stand beside it; else they stand behind it. A bare name takes what is left out.
 *
 *	link: {delimiter: "\r\n", max: 1KiB}
 *	link: {start_end: {start: "<STX>", end: "<ETX>", check: {algorithm: xor, place: after-end}}}
 *	link: raw
 */
struct link *link_new(const struct conf_node *node, const struct link_line *line,
		      struct conf_errors *errors);
void link_free(struct link **link);
void link_set_sink(struct link *link, const struct link_sink *sink, void *arg);

/* received_ns: wall clock, when the first of these bytes came; mono_ns: now. */
void link_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
		  int64_t mono_ns);
int link_send(struct link *link, const uint8_t *payload, size_t len, struct err *err);
/* From within sink->refused: what was wrong with the bytes, where the verdict does not say all of it: of a bad check
 * "expected 1d (sum8 over bytes 1 to 6), found 1e", of bytes of the frame that are counted from 0. Else "". */
const char *link_problem(const struct link *link);
/* When link_expire wants to be called (monotonic), 0 = not at all; changes with every call above. */
int64_t link_deadline(const struct link *link);
void link_expire(struct link *link, int64_t mono_ns);
/* The line was lost: what is half there is refused as LINK_CUT, and the state is as new. */
void link_reset(struct link *link);

/* For a link that stands on another one: these bytes are a frame of their own where a frame would begin. None of
 * them: nothing. */
void link_add_alone(struct link *link, const struct conf_bytes *bytes);

/* ---- Records: how a device is told last ----
 *
 * A link that can answer its sender hands records out instead of frames. Its owner finds out what becomes of
 * them, and says so; only then does the link give its answer. A record may outlive the connection on which
 * it came: its fate is then remembered for the sender's next attempt. */

/* What became of a record. One that the link no longer knows is passed over. */
void link_settle(struct link *link, uint64_t ticket, enum link_fate fate, int64_t mono_ns);
/* For the kinds: hands one out under the ticket link->tickets + 1. */
void link_hand_out(struct link *link, const uint8_t *payload, size_t len, int64_t received_ns,
		   int64_t mono_ns);

#endif
