/* SPDX-License-Identifier: Apache-2.0 */
/* Which segments make the stream; see chain.h. */
#include "store/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* What the segment behind says of the one before it. */
struct word {
	bool is_known;
	const struct header *header;
};

static int load_all(const struct dir *dir, const uint64_t *ids, size_t n, struct segment *out,
		    struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		char name[DIR_NAME_SIZE];

		switch (segment_load(dir, ids[i], &out[i], err)) {
		case SEGMENT_GOOD:
		case SEGMENT_BAD: break;
		case SEGMENT_FAILED: return -1;
		case SEGMENT_NEWER:
			return err_set(
				err,
				"%s/%s has format %u, and this program reads formats up to %d: "
				"install a newer one, or move the directory away",
				dir->path, dir_name(ids[i], name), out[i].header.version,
				FORMAT_VERSION);
		}
	}
	return 0;
}

static const struct segment *newest_good(const struct segment *all, size_t n)
{
	while (n-- > 0)
		if (!all[n].is_bad)
			return &all[n];
	return NULL;
}

/* Copied here from another store, perhaps: nothing is done to it. */
static bool is_foreign(const struct segment *s, const struct segment *newest)
{
	return !s->is_bad &&
	       memcmp(s->header.stream, newest->header.stream, STORE_STREAM_SIZE) != 0;
}

static void take_end(struct segment *s, const struct header *next)
{
	if (next->previous.end < STORE_BLOCK || next->previous.end > s->end)
		return; /* a checksum says that it was written so; it makes no sense all the same */
	s->is_end_known = true;
	s->end = next->previous.end;
	s->last = next->previous.last;
	s->newest_time = next->previous.newest_time;
	s->events = next->previous.events;
}

static void sort_out(struct segment *all, size_t n, const struct segment *newest, struct chain *out)
{
	struct word word = {false, NULL};
	size_t first = n;

	for (size_t i = n; i-- > 0;) {
		struct segment *s = &all[i];

		if (newest && is_foreign(s, newest))
			continue;
		if (word.is_known && s->header.id > word.header->previous.id) {
			out->leftover[out->n_leftover++] = s->header.id;
			continue;
		}
		if (word.is_known && s->header.id == word.header->previous.id && !s->is_bad)
			take_end(s, word.header);
		all[--first] = *s;
		word = (struct word){!s->is_bad, &all[first].header};
	}
	out->n = n - first;
	memmove(all, all + first, out->n * sizeof *all);
}

int chain_load(const struct dir *dir, struct chain *out, struct err *err)
{
	uint64_t *ids;
	size_t n;

	*out = (struct chain){0};
	if (dir_list(dir, &ids, &n, err) < 0)
		return -1;
	out->segments = xcalloc(n + 1, sizeof *out->segments);
	out->leftover = ids; /* those that are left over are fewer, and known later */
	out->newest_id = n ? ids[n - 1] : 0;
	if (load_all(dir, ids, n, out->segments, err) < 0) {
		chain_fini(out);
		return -1;
	}
	sort_out(out->segments, n, newest_good(out->segments, n), out);
	return 0;
}

void chain_fini(struct chain *chain)
{
	free(chain->segments);
	free(chain->leftover);
	*chain = (struct chain){0};
}
