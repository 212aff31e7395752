/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of typed messages; see descriptors.h. There are as many as kinds of devices: a list will do. */
#include "hub/descriptors.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void descriptors_init(struct descriptors *descriptors)
{
	*descriptors = (struct descriptors){.list = TAILQ_HEAD_INITIALIZER(descriptors->list)};
}

static struct descriptor *find(struct descriptors *descriptors, const void *bytes, size_t len)
{
	struct descriptor *d;

	TAILQ_FOREACH(d, &descriptors->list, others)
	if (d->len == len && !memcmp(d->bytes, bytes, len))
		return d;
	return NULL;
}

struct descriptor *descriptors_take(struct descriptors *descriptors, const void *bytes, size_t len)
{
	struct descriptor *d = len ? find(descriptors, bytes, len) : NULL;

	if (len && !d) {
		d = xcalloc(1, sizeof *d);
		d->number = ++descriptors->last;
		d->bytes = xmemdup(bytes, len);
		d->len = len;
		TAILQ_INSERT_TAIL(&descriptors->list, d, others);
	}
	if (d)
		d->n_devices++;
	return d;
}

void descriptors_release(struct descriptors *descriptors, struct descriptor *d)
{
	if (!d || --d->n_devices)
		return;
	TAILQ_REMOVE(&descriptors->list, d, others);
	free(d->bytes);
	free(d);
}
