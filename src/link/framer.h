/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kinds that cut a stream of bytes have in common: keeping half a frame, the time of each byte,
 * the check, going on behind a bad frame, counting noise once, and putting frames together.
 *
 * A kind is a cut function: it looks at bytes from their beginning and says what they begin with.
 */
#ifndef LINK_FRAMER_H
#define LINK_FRAMER_H

#include "base/buf.h"
#include "link/check.h"
#include "link/link.h"
#include "link/marks.h"

enum cut_result {
	CUT_MORE, /* the beginning of a frame, as far as can be seen */
	CUT_FRAME, /* a frame: all of struct cut but verdict and drop. Its check is not yet looked at,
	              * except for is_bare; drop says how far to go on if it is wrong */
	CUT_REFUSED, /* verdict, drop; len: how many bytes of them to show, 0: drop */
	CUT_PASSED,  /* drop bytes that may stand between frames */
};

/* Options of every kind; the rows go into its own. */
struct framer_options {
	uint64_t max;
	bool strip;
	int64_t timeout_ns;
	struct check_options check;
};
#define FRAMER_ROWS(s, m, max_, strip_, timeout_)                                                  \
	{.key = "strip",                                                                           \
	 .type = CONF_BOOL,                                                                        \
	 .offset = offsetof(s, m.strip),                                                           \
	 .fallback = strip_,                                                                       \
	 .help = "the adapter sees the payload alone; false: the frame as it stands on the line"}, \
		FRAMER_STRIPPED_ROWS(s, m, max_, timeout_)
/* Of a kind whose adapters never see anything but the payload. */
#define FRAMER_STRIPPED_ROWS(s, m, max_, timeout_)                                                 \
	{.key = "max",                                                                             \
	 .type = CONF_SIZE,                                                                        \
	 .offset = offsetof(s, m.max),                                                             \
	 .fallback = max_,                                                                         \
	 .min = 1,                                                                                 \
	 .max = 1 << 20,                                                                           \
	 .help = "the longest frame, marks and check included"},                                   \
		{.key = "timeout",                                                                 \
		 .type = CONF_DURATION,                                                            \
		 .offset = offsetof(s, m.timeout_ns),                                              \
		 .fallback = timeout_,                                                             \
		 .max = 3600e9,                                                                    \
		 .help = "silence within a frame after which it is given up; 0s: never"},          \
	{                                                                                          \
		.key = "check", .type = CONF_GROUP, .offset = offsetof(s, m.check),                \
		.schema = &check_schema, .help = "a checksum over the frame"                       \
	}

enum { FRAMER_SHOWN = 64, FRAMER_TIMES = 8 };

struct payload {
	const uint8_t *bytes;
	size_t len;
};

struct framer {
	struct link link;
	/* The kind's: set before framer_init, or in it. is_final: no more comes for now. */
	enum cut_result (*cut)(struct framer *f, const uint8_t *bytes, size_t len, bool is_final,
			       struct cut *out);
	/* The payload of the frame that was cut last, if its check is right; else -1 with the verdict. NULL:
	 * it stands in the frame as it is. */
	int (*open)(struct framer *f, const uint8_t *bytes, const struct cut *cut,
		    struct payload *out, enum link_verdict *verdict_out);
	/* Writes what the kind's head says of a frame of len bytes; NULL: nothing. */
	int (*seal)(const struct framer *f, uint8_t *frame, size_t len, struct err *err);
	const struct conf_bytes *send_start, *send_end; /* NULL: none */
	const struct conf_bytes *tail; /* written behind each frame, not part of it; NULL: none */
	const struct marks *forbidden; /* in a stripped payload that is sent; NULL: none */
	size_t head_len;               /* room between start mark and payload */
	size_t send_len;               /* the only length there is; 0: any */
	size_t extra;                  /* bytes behind the end mark that the link cannot make up */
	struct marks alone; /* owned: each is a frame of its own where a frame would begin */
	bool sends_alone;   /* a payload that is one of them is written as it is */

	bool strip;
	size_t max;
	int64_t timeout_ns;
	struct check *check;

	/* Where the search stands; also the cut function's. */
	size_t seen;      /* bytes at the front that have no end in them */
	bool is_skipping; /* behind a frame that was too long, up to its end */
	bool is_waiting;  /* for a check that may not come: not as long as timeout */

	/* framer.c's */
	struct buf held;     /* half a frame */
	int64_t received_ns; /* of the run that is being cut */
	struct {
		size_t at; /* in held */
		int64_t ns;
	} times[FRAMER_TIMES]; /* when the bytes from there on came */
	size_t n_times;
	size_t told; /* bytes at the front that were refused as part of a bad frame */
	uint8_t noise[FRAMER_SHOWN];
	size_t noise_len; /* garbage not yet told */
	struct buf out;
};

/* Makes the common part of a kind's struct from its options; the struct is zeroed. -1 with errors. */
int framer_init(struct framer *f, const struct framer_options *options,
		const struct conf_node *node, struct conf_errors *errors);
void framer_fini(struct framer *f);

/* The functions of a kind. */
void framer_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
		    int64_t mono_ns);
int framer_send(struct link *link, const uint8_t *payload, size_t len, struct err *err);
void framer_expire(struct link *link, int64_t mono_ns);
void framer_reset(struct link *link);
void framer_add_alone(struct link *link, const struct conf_bytes *bytes);

/* Writes a payload that is a frame of its own; false if it is none. */
bool framer_send_alone(struct framer *f, const uint8_t *payload, size_t len);

/* For cut functions: looks for a start mark at the front. The length of the mark there, or 0 with *result_out
 * and out saying what else is there. Bytes of idle stand between frames and are passed over. */
size_t framer_hunt(const struct marks *starts, const bool idle[256], const uint8_t *bytes,
		   size_t len, bool is_final, enum cut_result *result_out, struct cut *out);
/* For cut functions: what follows the end mark of a frame up to which out is filled in. */
enum cut_result framer_after(struct framer *f, const struct marks *starts, const uint8_t *bytes,
			     size_t len, bool is_final, struct cut *out);

/* For kinds that see whole chunks: checks one frame and hands it out, or refuses it. */
void framer_whole(struct framer *f, const uint8_t *bytes, size_t len, int64_t received_ns);
void framer_refuse(struct framer *f, enum link_verdict verdict, const uint8_t *bytes, size_t len);

#endif
