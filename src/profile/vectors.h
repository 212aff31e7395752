/* SPDX-License-Identifier: Apache-2.0 */
/* The tests in a profile: bytes on the line and what they mean, requests and their bytes. */
#ifndef PROFILE_VECTORS_H
#define PROFILE_VECTORS_H

#include "profile/exchange.h"

struct vector {
	struct conf_item item;
	char *name, *variant, *request, *command, *frame, *reading, *verdict, *reason, *time;
	int answer; /* index of vector_answers */
	const struct conf_node *received, *sent, *dialogue, *read_back, *arguments;
	const struct conf_node *values, *readings, *parameters, *source;
};

extern const struct conf_schema vector_schema;

/* Whether the test is about this profile, or this variant. */
bool vector_is_of(const struct vector *v, const struct profile *p);

/* Looks at the tests without running them: keys, names, sources. */
void vectors_check(const struct profile *profile, struct conf_errors *errors);

/* Appends the bytes that a node stands for. 0, or -1 with errors added. */
int vector_bytes(const struct conf_node *node, struct buf *out, struct conf_errors *errors);
/* "any", and then the names of enum means. */
extern const char *const vector_answers[];
extern const char vector_no_answer[]; /* the verdict on an answer that none was waiting for */
/* The request or command that the test is about; NULL if it names none, or one that is not there. */
const struct request *vector_request(const struct profile *p, const struct vector *v);
/* The reading of that name; without a name, the only one. */
const struct reading *vector_reading(const struct profile *p, const char *name);
/* "manual", "capture" or "implementation", NULL if it is none of them. */
const char *vector_source(const struct conf_node *source);

#endif
