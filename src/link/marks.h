/* SPDX-License-Identifier: Apache-2.0 */
/* A set of marks: the byte sequences that start or end frames, and how they are found. */
#ifndef LINK_MARKS_H
#define LINK_MARKS_H

#include "conf/conf.h"

struct marks {
	struct conf_bytes *list;
	size_t n;
	size_t longest;
	uint8_t firsts[256], lasts[256]; /* the different first and last bytes ... */
	size_t n_firsts, n_lasts;        /* ... how many */
};

/* From a text or a list of texts with escapes; node NULL: an empty set. Errors are added: marks without
 * bytes, and an end mark that can never be seen because another one ends before it. */
int marks_init(struct marks *marks, const struct conf_node *node, bool ends,
	       struct conf_errors *errors);
/* Add a copy. Zeroed memory is an empty set. */
void marks_add(struct marks *marks, const struct conf_bytes *mark);
void marks_add_str(struct marks *marks, const char *text);
void marks_fini(struct marks *marks);

/* The mark that bytes begin with: its length. 0: none of them, MARKS_PART: bytes are the beginning of one
 * and end before it does. The longest counts. */
enum { MARKS_PART = -1 };
int marks_at(const struct marks *marks, const uint8_t *bytes, size_t len);

/* Where the first mark that lies wholly behind from ends (then *mark_len_out is its length, the longest if
 * several end there), or 0. */
size_t marks_find_end(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len,
		      size_t *mark_len_out);
/* Where the first mark at or behind from starts, or may start (a beginning at the end); else len. */
size_t marks_find_start(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len);
/* Where the last whole mark at or behind from starts; else len. */
size_t marks_find_last(const struct marks *marks, const uint8_t *bytes, size_t from, size_t len);

#endif
