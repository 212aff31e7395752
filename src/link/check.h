/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a link's frames: a checksum, where it stands in a frame and what it covers. */
#ifndef LINK_CHECK_H
#define LINK_CHECK_H

#include "link/checksum.h"
#include "link/link.h"

enum check_place { CHECK_BEFORE_END, CHECK_AFTER_END };
enum check_from { CHECK_FROM_START, CHECK_FROM_PAYLOAD };
enum check_to { CHECK_TO_PAYLOAD, CHECK_TO_MARKER, CHECK_TO_END };

struct check_options {
	struct checksum_options checksum;
	int place;
	int from, to;
	int64_t skip;
	struct conf_bytes marker;
	bool required;
};
extern const struct conf_schema check_schema;

/*
 * How a frame lies in its bytes:
 *
 *	start mark | head | payload [marker check] | end mark | [check] extra
 *	0          mark   body                     end        end + end_len     len
 */
struct cut {
	size_t mark; /* length of the start mark */
	size_t body; /* where the payload begins if the link strips it */
	size_t end;  /* where the end mark begins */
	size_t end_len;
	size_t len;   /* of all */
	bool is_bare; /* a check that may be absent, and would stand after the end mark, is */
	/* of what is no frame */
	enum link_verdict verdict;
	size_t drop; /* so many bytes are done with, and the search goes on behind them */
};

struct check;

/* NULL if there is none, or with errors added at node. */
struct check *check_new(const struct check_options *options, const struct conf_node *node,
			struct conf_errors *errors);
void check_free(struct check **check);

/* check may be NULL in all of these: a frame without one. */

/* How many bytes it adds before and after the end mark of a frame that is sent. */
size_t check_len_before(const struct check *check);
size_t check_len_after(const struct check *check);
bool check_may_be_absent(const struct check *check);
/* Whether the bytes behind the end mark of a frame are its check. */
bool check_stands_at(const struct check *check, const uint8_t *frame, const struct cut *cut);

/* 0 with where the payload ends, or -1 with the verdict. */
int check_verify(struct check *check, const uint8_t *frame, const struct cut *cut,
		 size_t *payload_end_out, enum link_verdict *verdict_out);
/* Of the frame that check_verify has just refused as LINK_BAD_CHECK: what it had expected where, and what it found;
 * "" if there is nothing to say. */
void check_explain(const struct check *check, char out[LINK_PROBLEM_SIZE]);
/* Writes the marker and the check of a frame into the room that was left for them. 0, or -1 if the frame
 * has no such room. */
int check_put(const struct check *check, uint8_t *frame, const struct cut *cut);

#endif
