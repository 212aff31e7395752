/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles that there are, as far as can be said of them without compiling them. */
#ifndef CLI_LIBRARY_H
#define CLI_LIBRARY_H

#include <stddef.h>

#include "base/buf.h"
#include "conf/conf.h"

/* Where the bytes of a profile's tests are from. */
enum library_proof {
	LIBRARY_MANUAL,
	LIBRARY_CAPTURE,
	LIBRARY_IMPLEMENTATION, /* proves nothing */
	LIBRARY_PROOFS
};

struct library_entry {
	char *name, *path;
	/* As in the file; "" where it does not say. Lists have commas between what is in them. */
	char *title, *maker, *models, *omits;
	char *note; /* what of it was not checked against its source */
	const char *category, *maturity;
	size_t tests[LIBRARY_PROOFS];
	struct buf
		haystack; /* what search looks through: names, titles, makers, models, of variants too */
};

struct library {
	struct library_entry *entries; /* by directory, then by name */
	size_t n;
};

/* The key of a test's source that stands for it. */
const char *library_proof_name(enum library_proof proof);

/* The tests of a profile by where their bytes are from; tests may be NULL. */
void library_count_tests(const struct conf_node *tests, size_t n[LIBRARY_PROOFS]);

/* A name that an earlier directory has is found there. Files that are no profiles are passed over. */
void library_read(struct library *library, const struct conf_texts *dirs);
void library_fini(struct library *library);

#endif
