/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups for those who ask: one at a time is looked for, on a thread, in one segment; the loop goes on to
 * the next segment. What was read stays in a few buffers, shared, as long as nobody needs them for
 * something else. For a reader that reads one after the other the next is read ahead.
 *
 * The file is open only while it is read, and a group counts only with its checksum: a segment may be
 * dropped and its file used again at any time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "store/inside.h"

/* ---- on the thread ---- */

static void add_slots(struct chunk *c, const struct group *g)
{
	uint32_t both[2 * STORE_SLOTS_MAX];
	size_t a = 0, b = 0, n = 0;

	if (c->chunk.n_slots > STORE_SLOTS_MAX || g->n_slots > STORE_SLOTS_MAX) {
		c->chunk.n_slots = STORE_SLOTS_MAX + 1;
		return;
	}
	while (a < c->chunk.n_slots || b < g->n_slots) {
		if (b == g->n_slots || (a < c->chunk.n_slots && c->slots[a] < g->slots[b]))
			both[n++] = c->slots[a++];
		else if (a == c->chunk.n_slots || g->slots[b] < c->slots[a])
			both[n++] = g->slots[b++];
		else
			b++;
	}
	c->chunk.n_slots = n > STORE_SLOTS_MAX ? STORE_SLOTS_MAX + 1 : n;
	memcpy(c->slots, both, (n > STORE_SLOTS_MAX ? 0 : n) * sizeof *both);
}

static void add_group(struct chunk *c, const struct group *g)
{
	if (!c->chunk.first)
		c->chunk.first = g->first;
	c->chunk.last = g->last;
	if (g->newest_time > c->chunk.newest_time)
		c->chunk.newest_time = g->newest_time;
	add_slots(c, g);
	memcpy(c->bytes + c->chunk.len, g->frames, g->frames_len);
	c->chunk.len += g->frames_len;
}

static void make_room(struct chunk *c, size_t len)
{
	size_t size = len > STORE_GROUP_AIM ? len : STORE_GROUP_AIM;

	if (c->size >= size && c->size <= 2 * size)
		return;
	free(c->bytes);
	c->bytes = xmalloc(size);
	c->size = size;
}

/* Its numbers go on where those of the chunk end, and there is room for it. */
static bool goes_on(const struct chunk *c, const struct group *g)
{
	return g->events && g->first == c->chunk.last + 1 &&
	       g->frames_len <= c->size - c->chunk.len;
}

/* Small groups that follow are taken along. */
static enum read_found collect(struct read_work *r, const struct group *g)
{
	struct chunk *c = r->chunk;
	struct group more = *g;

	make_room(c, g->frames_len);
	do {
		add_group(c, &more);
		walk_pass(&r->walk, &more);
		r->next = r->walk.offset;
	} while (walk_next(&r->walk, &more) == WALK_GROUP && !r->walk.lost && goes_on(c, &more) &&
		 walk_body(&r->walk, &more));
	c->next = r->next;
	return READ_CHUNK;
}

static enum read_found damaged(struct read_work *r, uint64_t first, uint64_t last, uint64_t next)
{
	r->first = first > r->seq ? first : r->seq;
	r->last = last;
	r->next = next;
	return READ_DAMAGED;
}

static enum read_found failed(struct read_work *r, int error)
{
	r->error = error;
	return READ_FAILED;
}

/* What was lost before this group had numbers that are asked for. (What stands before a group that is too old
 * is taken for too old as well.) */
static bool hides_something(const struct read_work *r, const struct group *g)
{
	return r->walk.lost && g->last >= r->seq && (!g->first || g->first > r->seq);
}

static bool is_wanted(const struct read_work *r, const struct group *g)
{
	return g->events && g->last >= r->seq && g->newest_time >= r->time;
}

static enum read_found look(struct read_work *r)
{
	struct walk *w = &r->walk;
	struct group g;

	while (walk_next(w, &g) == WALK_GROUP) {
		if (hides_something(r, &g) && g.newest_time >= r->time)
			return damaged(r, r->seq, g.first ? g.first - 1 : g.last, g.offset);
		if (g.events || !r->time) /* else it is not known yet from when that was */
			w->lost = false;
		if (is_wanted(r, &g)) {
			if (walk_body(w, &g))
				return collect(r, &g);
			if (w->error)
				break;
			return damaged(r, g.first, g.last, g.offset + group_size(&g));
		}
		walk_pass(w, &g);
	}
	r->lost = w->lost;
	return w->error ? failed(r, w->error) : READ_PASSED;
}

static void work(void *arg)
{
	struct store *store = arg;
	struct read_work *r = &store->reads.work;
	int fd = segment_open(r->dir, r->segment.header.id);

	if (fd < 0) {
		r->found = failed(r, errno);
		return;
	}
	walk_begin(&r->walk, fd, &r->segment);
	if (r->offset)
		walk_jump(&r->walk, r->offset);
	r->walk.lost = r->lost;
	r->found = look(r);
	fd_close(&fd);
}

/* ---- the buffers ---- */

static bool is_asked_for(const struct chunk *c, const struct store_read *read)
{
	if (!c->chunk.len || read->time || c->chunk.last < read->seq)
		return false;
	return c->chunk.first <= read->seq ||
	       (c->segment == read->segment && c->asked == read->offset &&
		c->asked_seq <= read->seq && !read->lost);
}

static struct chunk *cached(struct store *store, const struct store_read *read)
{
	struct reads *r = &store->reads;
	struct chunk *c;

	TAILQ_FOREACH(c, &r->chunks, link)
	if (is_asked_for(c, read) && store_find(store, c->segment) >= 0)
		return c;
	return NULL;
}

/* An empty one; NULL: all are in use. */
static struct chunk *take_chunk(struct reads *r)
{
	struct chunk *c;

	if (r->n_chunks < READ_CHUNKS) {
		r->n_chunks++;
		return xcalloc(1, sizeof *c);
	}
	TAILQ_FOREACH_REVERSE(c, &r->chunks, chunk_list, link)
	if (!c->users)
		break;
	if (!c)
		return NULL;
	TAILQ_REMOVE(&r->chunks, c, link);
	*c = (struct chunk){.bytes = c->bytes, .size = c->size};
	return c;
}

static void put_chunk(struct reads *r, struct chunk *c)
{
	c->chunk.frames = c->bytes;
	c->chunk.slots = c->slots;
	if (c->chunk.len)
		TAILQ_INSERT_HEAD(&r->chunks, c, link);
	else
		TAILQ_INSERT_TAIL(&r->chunks, c, link);
}

static void use(struct reads *r, struct chunk *c)
{
	c->users++;
	TAILQ_REMOVE(&r->chunks, c, link);
	TAILQ_INSERT_HEAD(&r->chunks, c, link);
}

void store_release(struct store *store, struct store_chunk **chunk)
{
	struct chunk *c = (struct chunk *)*chunk;

	*chunk = NULL;
	must(c->users);
	c->users--;
	if (!c->users)
		reads_look(store);
}

/* ---- on the loop ---- */

static void tell(struct store *store, struct store_read *read, const struct store_result *result)
{
	TAILQ_REMOVE(&store->reads.waiting, read, link);
	read->is_pending = false;
	read->done(read->arg, result);
}

/* The place is where the first group stands that has a number >= seq. */
static void set_place(struct store_read *read, uint64_t segment, uint64_t offset, uint64_t seq)
{
	read->segment = segment;
	read->offset = offset;
	read->place_seq = seq;
	read->lost = false;
}

static void tell_chunk(struct store *store, struct store_read *read, struct chunk *c)
{
	struct store_result result = {.found = STORE_CHUNK, .chunk = &c->chunk};

	use(&store->reads, c);
	set_place(read, c->segment, c->next, c->chunk.last + 1);
	tell(store, read, &result);
}

static void tell_damage(struct store *store, struct store_read *read, uint64_t first, uint64_t last)
{
	struct store_result result = {.found = STORE_DAMAGED, .first = first, .last = last};

	read->place_seq = last + 1;
	read->lost = false;
	tell(store, read, &result);
}

static void tell_failure(struct store *store, struct store_read *read, int error)
{
	struct store_result result = {.found = STORE_FAILED};
	struct err err;

	errno = error;
	err_errno(&err, "cannot read %s", store->dir.path);
	result.err = &err;
	tell(store, read, &result);
}

/* The first segment that may hold what is asked for. */
static ssize_t search(const struct store *store, const struct store_read *read)
{
	size_t from = 0, to = store->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (store->segments[middle].last < read->seq)
			from = middle + 1;
		else
			to = middle;
	}
	while (from < store->n &&
	       (store->segments[from].is_bad || store->segments[from].newest_time < read->time))
		from++;
	return from < store->n ? (ssize_t)from : -1;
}

/* From a place that is known on to the next segment, where that is due. -1: there is none. */
static ssize_t follow(const struct store *store, struct store_read *read)
{
	ssize_t i = store_find(store, read->segment);

	while (i >= 0 && (store->segments[i].is_bad || read->offset >= store->segments[i].end)) {
		if ((size_t)++i == store->n)
			return -1;
		if (chain_is_broken_before(store->segments, (size_t)i))
			read->lost = true;
		read->segment = store->segments[i].header.id;
		read->offset = STORE_BLOCK;
	}
	return i;
}

static bool is_placed(const struct store *store, const struct store_read *read)
{
	return read->segment && read->place_seq == read->seq &&
	       store_find(store, read->segment) >= 0;
}

/* Where to look for it. -1: nowhere. */
static ssize_t locate(const struct store *store, struct store_read *read)
{
	ssize_t i;

	if (is_placed(store, read))
		return follow(store, read);
	read->lost = false;
	read->segment = 0;
	i = search(store, read);
	if (i >= 0) {
		set_place(read, store->segments[i].header.id, STORE_BLOCK, read->seq);
		read->lost = chain_is_broken_before(store->segments, (size_t)i);
	}
	return i;
}

static void tell_end(struct store *store, struct store_read *read)
{
	const struct store_result result = {.found = STORE_END};
	const struct segment *newest = store_newest(store);

	if (read->lost && newest && newest->last >= read->seq)
		tell_damage(store, read, read->seq, newest->last);
	else
		tell(store, read, &result);
}

/* Nothing was there before a stream's first segment. */
static bool is_gone(const struct store *store, const struct store_read *read)
{
	return store->n && store->segments[0].header.previous.id &&
	       read->seq < store->segments[0].header.from;
}

static void tell_gone(struct store *store, struct store_read *read)
{
	const struct store_result result = {.found = STORE_GONE,
					    .first = store->segments[0].header.from};

	tell(store, read, &result);
}

/* Looks in this segment for what stands at this place. read is whom it is for; NULL: for the cache. */
static void start(struct store *store, struct store_read *read, const struct store_read *place,
		  const struct segment *segment)
{
	struct reads *r = &store->reads;
	struct chunk *c = r->job.is_busy ? NULL : take_chunk(r);

	if (!c)
		return; /* until the thread or a chunk is free */
	c->segment = place->segment;
	c->asked = place->offset;
	c->asked_seq = place->time ? UINT64_MAX : place->seq; /* others do not look for a time */
	r->work.chunk = c;
	r->work.segment = *segment;
	r->work.offset = place->offset;
	r->work.lost = place->lost;
	r->work.seq = place->seq;
	r->work.time = place->time;
	r->work.error = 0;
	r->current = read;
	job_start(&r->job);
}

/* The group behind the one that a sequential reader was given. */
static void read_ahead(struct store *store, const struct chunk *c)
{
	struct store_read place = {.seq = c->chunk.last + 1};
	ssize_t i;

	set_place(&place, c->segment, c->next, place.seq);
	i = locate(store, &place);
	if (i >= 0 && !cached(store, &place))
		start(store, NULL, &place, &store->segments[i]);
}

/* Answers it if nothing has to be read for that. */
static void attend(struct store *store, struct store_read *read)
{
	bool is_sequential = is_placed(store, read);
	struct chunk *c;
	ssize_t i;

	if (is_gone(store, read)) {
		tell_gone(store, read);
		return;
	}
	i = locate(store, read);
	c = cached(store, read);
	if (i < 0) {
		tell_end(store, read);
	} else if (c) {
		tell_chunk(store, read, c);
		if (is_sequential)
			read_ahead(store, c);
	} else {
		start(store, read, read, &store->segments[i]);
	}
}

/* Whoever is told may ask again, and cancel others: the mark keeps the place. */
static void look_at_all(void *arg)
{
	struct store *store = arg;
	struct reads *r = &store->reads;
	struct store_read mark, *read = TAILQ_FIRST(&r->waiting);

	while (read) {
		TAILQ_INSERT_AFTER(&r->waiting, read, &mark, link);
		if (read != r->current)
			attend(store, read);
		read = TAILQ_NEXT(&mark, link);
		TAILQ_REMOVE(&r->waiting, &mark, link);
	}
}

void reads_look(struct store *store)
{
	if (!TAILQ_EMPTY(&store->reads.waiting) && !timer_is_set(&store->reads.soon))
		timer_set(&store->reads.soon, 0);
}

static void found_damage(struct store *store, struct store_read *read)
{
	const struct read_work *w = &store->reads.work;
	char what[96];

	snprintf(what, sizeof what, "events %llu to %llu are not readable",
		 (unsigned long long)w->first, (unsigned long long)w->last);
	store_damage(store, w->segment.header.id, w->next, what);
	if (!read)
		return;
	set_place(read, w->segment.header.id, w->next, w->last + 1);
	tell_damage(store, read, w->first, w->last);
}

/* Nothing of it was in that segment; the reader goes on with what is behind it. */
static void passed(struct store_read *read, const struct read_work *w, bool lost)
{
	set_place(read, w->segment.header.id, w->segment.end, read->seq);
	read->lost = lost;
}

static void finish(struct store *store, struct store_read *read, bool is_sequential)
{
	const struct read_work *w = &store->reads.work;

	switch (w->found) {
	case READ_CHUNK:
		if (read)
			tell_chunk(store, read, w->chunk);
		if (is_sequential)
			read_ahead(store, w->chunk);
		break;
	case READ_DAMAGED: found_damage(store, read); break;
	case READ_PASSED:
		if (read)
			passed(read, w, w->lost);
		break;
	case READ_FAILED:
		if (read && w->error == ENOENT) /* somebody has removed it */
			passed(read, w, true);
		else if (read)
			tell_failure(store, read, w->error);
		break;
	}
}

static void done(void *arg)
{
	struct store *store = arg;
	struct reads *r = &store->reads;
	struct store_read *read = r->current;
	bool is_there = store_find(store, r->work.segment.header.id) >= 0;

	r->current = NULL;
	put_chunk(r, r->work.chunk);
	if (is_there) /* else it is looked for anew */
		finish(store, read,
		       read && is_placed(store, read) && r->work.offset != STORE_BLOCK);
	look_at_all(store);
}

void store_read(struct store *store, struct store_read *read, uint64_t seq, uint64_t time,
		store_read_fn *done_fn, void *arg)
{
	must(!read->is_pending);
	read->store = store;
	read->done = done_fn;
	read->arg = arg;
	read->seq = seq;
	read->time = time;
	read->is_pending = true;
	TAILQ_INSERT_TAIL(&store->reads.waiting, read, link);
	reads_look(store);
}

void store_read_cancel(struct store_read *read)
{
	struct reads *r;

	if (!read->is_pending)
		return;
	r = &read->store->reads;
	TAILQ_REMOVE(&r->waiting, read, link);
	read->is_pending = false;
	if (r->current == read)
		r->current = NULL;
}

bool store_read_is_pending(const struct store_read *read)
{
	return read->is_pending;
}

int reads_init(struct store *store, struct err *err)
{
	struct reads *r = &store->reads;

	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->chunks);
	r->work.dir = &store->dir;
	timer_init(&r->soon, store->loop, look_at_all, store);
	return job_init(&r->job, store->loop, "store-read", work, done, store, err);
}

static void free_chunk(struct chunk *c)
{
	if (c)
		free(c->bytes);
	free(c);
}

void reads_fini(struct store *store)
{
	struct reads *r = &store->reads;
	struct chunk *c;

	if (!r->job.is_started)
		return;
	if (r->job.is_busy) { /* its chunk is in no list */
		job_fini(&r->job);
		free_chunk(r->work.chunk);
	}
	job_fini(&r->job);
	timer_fini(&r->soon);
	while ((c = TAILQ_FIRST(&r->chunks))) {
		TAILQ_REMOVE(&r->chunks, c, link);
		free_chunk(c);
	}
	walk_fini(&r->work.walk);
}
