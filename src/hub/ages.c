/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of numbers over time; see ages.h. */
#include "hub/ages.h"

#include "base/must.h"

/* Every second one goes, but for the first. */
static void thin_out(struct ages *ages)
{
	size_t kept = 1;

	for (size_t i = 2; i < ages->n; i += 2)
		ages->at[kept++] = ages->at[i];
	ages->n = kept;
	ages->step_s = ages->step_s ? 2 * ages->step_s : 1;
}

void ages_note(struct ages *ages, uint32_t now_s, uint64_t seq)
{
	const struct age *last = ages->n ? &ages->at[ages->n - 1] : NULL;

	if (last && (last->seq == seq || now_s - last->now_s < ages->step_s))
		return;
	must(!last || seq > last->seq);
	if (ages->n == AGES_MAX)
		thin_out(ages);
	ages->at[ages->n++] = (struct age){now_s, seq};
}

uint64_t ages_until(const struct ages *ages, uint32_t now_s)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < ages->n && ages->at[i].now_s <= now_s; i++)
		seq = ages->at[i].seq;
	return seq;
}

uint32_t ages_of(const struct ages *ages, uint64_t seq, uint32_t now_s)
{
	for (size_t i = 0; i < ages->n; i++)
		if (ages->at[i].seq >= seq)
			return ages->at[i].now_s;
	return now_s;
}
