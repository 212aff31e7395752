/* SPDX-License-Identifier: Apache-2.0 */
/* What was heard of each publisher; see repeats.h. */
#include "client/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void repeats_fini(struct repeats *r)
{
	while (r->n)
		free(r->list[--r->n].publisher);
	free(r->list);
	*r = (struct repeats){0};
}

static size_t find(const struct repeats *r, const char *publisher, uint64_t incarnation)
{
	size_t i = 0;

	while (i < r->n && (r->list[i].incarnation != incarnation ||
			    strcmp(r->list[i].publisher, publisher) != 0))
		i++;
	return i;
}

/* In place of the one that was silent for longest, if there is no more room. */
static size_t add(struct repeats *r, const char *publisher, uint64_t incarnation)
{
	if (!r->list)
		r->list = xcalloc(REPEATS_MAX, sizeof *r->list);
	if (r->n == REPEATS_MAX)
		free(r->list[--r->n].publisher);
	r->list[r->n] = (struct heard_of){xstrdup(publisher), incarnation, 0};
	return r->n++;
}

bool repeats_look(struct repeats *r, const char *publisher, uint64_t incarnation, uint64_t number)
{
	size_t i = find(r, publisher, incarnation);
	struct heard_of found;

	if (i == r->n)
		i = add(r, publisher, incarnation);
	found = r->list[i];
	memmove(r->list + 1, r->list, i * sizeof *r->list);
	r->list[0] = found;
	if (number <= found.number)
		return true;
	r->list[0].number = number;
	return false;
}
