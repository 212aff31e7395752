/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before something that ended is started again: doubling, and forgiven after it has
 * lived for a while. */
#ifndef SUPER_BACKOFF_H
#define SUPER_BACKOFF_H

#include <stdint.h>

struct backoff_rule {
	int64_t first_ns; /* after the first end; may be 0 */
	int64_t step_ns;  /* after the second end, if first_ns is less; not 0 */
	int64_t most_ns;
	int64_t stable_ns; /* who lived that long is started as if for the first time */
};

/* Zeroed memory is a fresh one. */
struct backoff {
	int64_t last_ns;
	uint32_t ends; /* since the last forgiveness */
};

/* It ended after lived_ns: returns how long to wait now. */
int64_t backoff_next(struct backoff *backoff, const struct backoff_rule *rule, int64_t lived_ns);

#endif
