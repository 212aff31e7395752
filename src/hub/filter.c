/* SPDX-License-Identifier: Apache-2.0 */
/* Interned filters; see filter.h. */
#include "hub/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/device.h"
#include "wire/stamp.h"

enum { DEFAULT_KINDS = 1 << (6 & 7) | 1 << (7 & 7) | 1 << (9 & 7) };

void filters_init(struct filters *filters, struct devices *devices)
{
	*filters = (struct filters){.devices = devices};
}

void filters_fini(struct filters *filters)
{
	must(!filters->by_text);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, without those that stand twice. Returns how many are left. */
static size_t sort_patterns(const char **patterns, size_t n)
{
	size_t kept = 0;

	qsort(patterns, n, sizeof *patterns, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(patterns[i], patterns[kept - 1]))
			patterns[kept++] = patterns[i];
	return kept;
}

static void write_text(struct buf *text, const char **patterns, size_t n, unsigned kinds)
{
	buf_addf(text, "%x", kinds);
	for (size_t i = 0; i < n; i++)
		buf_addf(text, " %s", patterns[i]);
}

static void set_bits(struct filter *filter, const struct device *device)
{
	if (device->id >= filter->n_devices) {
		size_t n = filter->n_devices ? filter->n_devices : 8;

		while (n <= device->id)
			n *= 2;
		filter->bits = xreallocarray(filter->bits, n, 1);
		memset(filter->bits + filter->n_devices, 0, n - filter->n_devices);
		filter->n_devices = n;
	}
	filter->bits[device->id] = (uint8_t)filter->kinds;
}

bool filter_selects(const struct filter *filter, const char *device)
{
	for (size_t i = 0; i < filter->n_patterns; i++)
		if (pattern_matches(filter->patterns[i], device))
			return true;
	return false;
}

static void consider(struct filter *filter, struct device *device)
{
	if (!filter_selects(filter, device->name))
		return;
	set_bits(filter, device);
	device_add_filter(device, filter);
}

static struct filter *filter_new(struct filters *filters, const char *text, const char **patterns,
				 size_t n, unsigned kinds)
{
	struct filter *filter = xcalloc(1, sizeof *filter);

	filter->text = xstrdup(text);
	filter->id = ++filters->last_id;
	filter->kinds = kinds;
	filter->n_patterns = n;
	filter->patterns = xcalloc(n, sizeof *filter->patterns);
	for (size_t i = 0; i < n; i++)
		filter->patterns[i] = xstrdup(patterns[i]);
	TAILQ_INIT(&filter->resting);
	TAILQ_INIT(&filter->durable);
	HASH_ADD_KEYPTR(hh, filters->by_text, filter->text, strlen(filter->text), filter);
	for (uint32_t id = 1; id <= filters->devices->last_id; id++)
		consider(filter, devices_get(filters->devices, id));
	return filter;
}

struct filter *filters_get(struct filters *filters, char *const *patterns, size_t n, unsigned kinds)
{
	const char **sorted = xcalloc(n ? n : 1, sizeof *sorted);
	struct filter *filter;
	struct buf text = {0};

	sorted[0] = "#";
	for (size_t i = 0; i < n; i++)
		sorted[i] = patterns[i];
	n = sort_patterns(sorted, n ? n : 1);
	kinds = kinds ? kinds : DEFAULT_KINDS;
	write_text(&text, sorted, n, kinds);
	HASH_FIND_STR(filters->by_text, buf_str(&text), filter);
	if (!filter)
		filter = filter_new(filters, buf_str(&text), sorted, n, kinds);
	filter->refs++;
	buf_fini(&text);
	free(sorted);
	return filter;
}

void filters_release(struct filters *filters, struct filter **filter_p)
{
	struct filter *filter = *filter_p;

	*filter_p = NULL;
	if (!filter || --filter->refs)
		return;
	must(TAILQ_EMPTY(&filter->resting) && TAILQ_EMPTY(&filter->durable));
	for (uint32_t id = 1; id <= filters->devices->last_id; id++)
		device_remove_filter(devices_get(filters->devices, id), filter);
	HASH_DEL(filters->by_text, filter);
	for (size_t i = 0; i < filter->n_patterns; i++)
		free(filter->patterns[i]);
	free(filter->patterns);
	free(filter->text);
	free(filter->bits);
	free(filter);
}

void filters_add_device(struct filters *filters, struct device *device)
{
	struct filter *filter, *next;

	HASH_ITER (hh, filters->by_text, filter, next)
		consider(filter, device);
}
