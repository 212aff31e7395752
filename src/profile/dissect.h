/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One frame looked at closely: which kind it is, what each piece of it was taken for, and the values; or which
 * kind came nearest, where it failed and what was expected there.
 */
#ifndef PROFILE_DISSECT_H
#define PROFILE_DISSECT_H

#include "profile/profile.h"

struct dissector;

/* given: the device's parameters, a map, or NULL. NULL with errors added. The profile must outlive it. */
struct dissector *dissector_new(const struct profile *profile, const struct conf_node *given,
				struct conf_errors *errors);
void dissector_free(struct dissector **dissector);

struct dissect_piece {
	size_t at, len;    /* bytes of the frame */
	const char *name;  /* of the field; "" for what is none */
	const char *type;  /* "number(10)", "constant", "ignored", "checksum", "bits 4-6" */
	const char *value; /* as it was read, before scale, tables and the like; may be "" */
};

struct dissect_reading {
	const char *name; /* "": the only one */
	int64_t time_ns;  /* the device's own, 0: it says none */
	const struct dissect_value {
		struct dragoman_value value;
		const char *unit; /* "" if it has none */
	} * values;
	size_t n_values;
};

/* All of it is the dissector's, until the next frame. */
struct dissection {
	enum dragoman_verdict verdict;
	const char
		*frame; /* the kind it is, or what came nearest; NULL: no kind begins like this */
	const struct dissect_piece *pieces;
	size_t n_pieces;
	size_t failed_at;     /* if it is not taken */
	const char *expected; /* what should have stood there */
	const char *means;    /* of a frame that gives no reading: "error: not understood" */
	const struct dissect_reading *readings; /* that it gives; of a list, one for each element */
	size_t n_readings;
};

/* What the device says; request is the name of the one that it answers, or NULL. */
const struct dissection *dissect_received(struct dissector *dissector, const char *request,
					  const uint8_t *data, size_t len, int64_t received_ns);
/* What the device is told: `frame` is the request that it is, NULL if it is none. There are no values. */
const struct dissection *dissect_sent(struct dissector *dissector, const uint8_t *data, size_t len);

#endif
