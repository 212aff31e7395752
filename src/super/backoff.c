/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before starting again; see backoff.h. */
#include "super/backoff.h"

static int64_t doubled(int64_t last_ns, const struct backoff_rule *rule)
{
	int64_t delay = last_ns > rule->most_ns / 2 ? rule->most_ns : 2 * last_ns;

	return delay < rule->step_ns ? rule->step_ns : delay;
}

int64_t backoff_next(struct backoff *backoff, const struct backoff_rule *rule, int64_t lived_ns)
{
	if (lived_ns >= rule->stable_ns)
		backoff->ends = 0;
	backoff->last_ns = backoff->ends++ ? doubled(backoff->last_ns, rule) : rule->first_ns;
	return backoff->last_ns;
}
