/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new profile from one example: what the device is asked, and what it answers. The numbers in a text answer become
 * fields and tags, all else of it constants; the example becomes the profile's first test. It is a
 * beginning, and passes its tests.
 */
#ifndef PROFILE_SKELETON_H
#define PROFILE_SKELETON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct skeleton {
	const char *title, *maker, *models; /* maker and models may be "" */
	const char *source; /* manual and page of the example; "": it was made by hand */
	const char *baud, *format;
	bool is_binary;              /* of one length; else lines that end in `end` */
	const uint8_t *ask, *answer; /* without the line's end */
	size_t ask_len, answer_len;  /* ask_len 0: the device sends by itself */
	size_t ask_end_len; /* behind the ask_len bytes; 0: it ends as the device's lines do */
	const char *end;    /* of a line, with escapes: "\\r\\n" */
	const uint8_t *end_bytes; /* the same as bytes */
	size_t end_len;
	const char *const *
		tags; /* "weight" or "weight:kg" for each value; value_2 and so on if there are fewer */
	size_t n_tags;
};

/* How many values the answer has. */
size_t skeleton_values(const struct skeleton *skeleton);
/* What the i-th value is in the example; "" if there are not so many. */
void skeleton_example(const struct skeleton *skeleton, size_t i, struct buf *out);
/* Appends the profile's text. */
void skeleton_print(const struct skeleton *skeleton, struct buf *out);

#endif
