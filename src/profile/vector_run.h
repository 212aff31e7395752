/* SPDX-License-Identifier: Apache-2.0 */
/* One test of a profile while it runs: shared by vector_run.c, which feeds it, and vector_compare.c. */
#ifndef PROFILE_VECTOR_RUN_H
#define PROFILE_VECTOR_RUN_H

#include "adapter/host.h"
#include "base/clock.h"
#include "link/link.h"
#include "profile/codec.h"
#include "profile/vectors.h"

enum { MAX_RESULTS = 64 };

/* When the bytes of all tests are received: 2026-07-01T00:00:00Z. Times without a year are near it. */
#define RECEIVED_NS (1782864000 * NS_PER_S)

/* What came out of the adapter and the link. */
struct run {
	const struct profile *profile;
	const struct conf_node *definition; /* of its instance: no more than the test needs */
	struct adapter_instance *instance;
	struct link *link;
	uint64_t cookie;               /* of the exchange that waits, */
	const struct request *waiting; /* and its request */
	const struct conf_node *node;
	struct vector *vector;
	struct parameters parameters;
	struct buf *report;
	struct buf written;
	const char *verdicts[MAX_RESULTS];
	char problems[MAX_RESULTS][LINK_PROBLEM_SIZE]; /* what the link says of them, or "" */
	size_t n_verdicts;
	const struct frame *frame;    /* the last */
	const struct conf_node *next; /* of the readings that are awaited */
	size_t n_readings;
	bool reads_back;
	size_t n_read_back;
	struct dragoman_value arguments[MAX_ARGUMENTS];
	bool failed;
	int64_t now_ns;
	/* Of a dialogue. */
	bool is_asking;      /* something was put into the line's queue, */
	bool needs_no_reply; /* and is good without an answer */
	bool has_heard;      /* bytes came since */
	int64_t due_ns;      /* of the adapter's timer; 0: it does not run */
};

/* Bytes come from the line, while the cookie's exchange waits. */
void run_receive(struct run *run, const struct conf_node *bytes, struct conf_errors *errors);
/* Compares what was written to the line with what was expected to be, and forgets it. */
void run_compare_sent(struct run *run, const struct conf_node *expected,
		      struct conf_errors *errors);
/* The dialogue of a function; vector_dialogue.c. */
void run_dialogue(struct run *run, struct conf_errors *errors);
int run_ask(void *arg, const struct dragoman_ask *ask);

/* The test fails, for this reason at this place. */
void run_fail(struct run *run, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Compares what the adapter has emitted with what the test expects next. */
void run_compare(struct run *run, const struct dragoman_reading *reading);

#endif
