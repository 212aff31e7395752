/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next segment, made ahead: a file whose every byte was written once, so that a commit changes
 * nothing but its own bytes. And the end of the oldest ones, which go when the next one would exceed the
 * size, or when they are older than anybody wants. What goes is used again if it can be.
 *
 * The checkpoint of what will be the oldest segment is read first: it says what is missing from then on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "store/inside.h"

static const int64_t look_ns = 60 * NS_PER_S;

/* ---- on the thread ---- */

static int fill(int fd, uint64_t size)
{
	static const uint8_t zeros[1 << 18];

	for (uint64_t at = 0; at < size;) {
		size_t n = size - at < sizeof zeros ? (size_t)(size - at) : sizeof zeros;
		ssize_t done = pwrite(fd, zeros, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += (uint64_t)done;
	}
	return 0;
}

static int make(const struct prepare_work *w)
{
	int fd, result;

	if (dir_remove(w->dir, dir_spare) < 0)
		return -1;
	fd = openat(w->dir->fd, dir_spare, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	result = fill(fd, w->segment.header.size) < 0 || (w->sync && fsync(fd) < 0) ? -1 : 0;
	fd_close(&fd);
	if (result < 0) {
		int saved = errno;

		dir_remove(w->dir, dir_spare); /* gives its room back */
		errno = saved;
	}
	return result;
}

/* The directory is synced before anybody writes into the file: its old name must not show new bytes. */
static int reuse(const struct prepare_work *w)
{
	char name[DIR_NAME_SIZE];

	if (dir_rename(w->dir, dir_name(w->segment.header.id, name), dir_spare) < 0)
		return -1;
	return w->sync ? dir_sync(w->dir) : 0;
}

static int remove_file(const struct prepare_work *w)
{
	char name[DIR_NAME_SIZE];

	return dir_remove(w->dir, dir_name(w->segment.header.id, name));
}

static int peek(struct prepare_work *w)
{
	int fd = segment_open(w->dir, w->segment.header.id);
	struct group g;

	w->notes_len = 0;
	if (fd < 0)
		return -1;
	walk_begin(&w->walk, fd, &w->segment);
	if (walk_next(&w->walk, &g) == WALK_GROUP && g.flags & GROUP_CHECKPOINT &&
	    walk_body(&w->walk, &g)) {
		w->notes = g.notes;
		w->notes_len = g.notes_len;
	}
	fd_close(&fd);
	return 0;
}

static void work(void *arg)
{
	struct store *store = arg;
	struct prepare_work *w = &store->prepare.work;
	int result = -1;

	switch (w->step) {
	case PREPARE_PEEK: result = peek(w); break;
	case PREPARE_MAKE: result = make(w); break;
	case PREPARE_REUSE: result = reuse(w); break;
	case PREPARE_REMOVE: result = remove_file(w); break;
	}
	w->error = result < 0 ? errno : 0;
}

/* ---- on the loop: what there is to do ---- */

static void start(struct store *store, enum prepare_step step, const struct segment *segment)
{
	struct prepare_work *w = &store->prepare.work;

	w->step = step;
	w->segment = *segment;
	job_start(&store->prepare.job);
}

static bool needs_spare(const struct store *store)
{
	const struct segment *newest = store_newest(store);

	if (store->prepare.spare_size >= commit_segment_size(store) ||
	    store->commit.state == COMMIT_ROLLING)
		return false;
	return store->commit.state == COMMIT_WAITING || store->commit.is_sealed ||
	       newest->end > newest->header.size / 2;
}

static uint64_t bytes_used(const struct store *store)
{
	uint64_t sum = store->prepare.spare_size;

	for (size_t i = 0; i < store->n; i++)
		sum += store->segments[i].header.size;
	for (size_t i = 0; i < store->prepare.n_dropped; i++)
		sum += store->prepare.dropped[i].header.size;
	return sum;
}

/* All that is in a segment was written before the next one was begun. */
static bool is_old(const struct store *store, size_t next)
{
	const struct segment *s = &store->segments[next];

	return store->settings.max_age_ns && s->header.previous.last <= store->needed &&
	       store_age(store) > s->header.age + (uint64_t)store->settings.max_age_ns;
}

/* What would be the oldest segment without the one that is; 0: there is none. */
static size_t next_oldest(const struct store *store)
{
	for (size_t i = 1; i < store->n; i++)
		if (!store->segments[i].is_bad)
			return i;
	return 0;
}

static bool must_drop(const struct store *store, size_t next)
{
	uint64_t more = needs_spare(store) ? commit_segment_size(store) : 0;

	return next && (bytes_used(store) + more > store->settings.size || store->prepare.is_full ||
			is_old(store, next));
}

static void clear_dropped(struct store *store)
{
	const struct segment *s = store->prepare.dropped;
	bool is_of_use = needs_spare(store) && s->header.size == commit_segment_size(store);

	start(store, is_of_use ? PREPARE_REUSE : PREPARE_REMOVE, s);
}

void prepare_look(struct store *store)
{
	struct prepare *p = &store->prepare;
	struct segment fresh = {.header.size = commit_segment_size(store)};
	size_t next = next_oldest(store);

	if (p->job.is_busy)
		return;
	if (p->n_dropped)
		clear_dropped(store);
	else if (must_drop(store, next))
		start(store, PREPARE_PEEK, &store->segments[next]);
	else if (needs_spare(store) &&
		 (store->commit.state == COMMIT_WAITING || clock_mono_ns() >= p->retry_ns))
		start(store, PREPARE_MAKE, &fresh);
}

static void look_again(void *arg)
{
	struct store *store = arg;

	timer_set(&store->prepare.timer, look_ns);
	prepare_look(store);
}

uint64_t prepare_take(struct store *store)
{
	uint64_t size = store->prepare.spare_size;

	if (size < commit_segment_size(store))
		return 0;
	store->prepare.spare_size = 0;
	return size;
}

/* ---- on the loop: what was done ---- */

static void add_dropped(struct prepare *p, const struct segment *s)
{
	p->dropped = xreallocarray(p->dropped, p->n_dropped + 1, sizeof *p->dropped);
	p->dropped[p->n_dropped++] = *s;
}

void prepare_drop_leftover(struct store *store, uint64_t id)
{
	struct segment s = {.header.id = id};

	add_dropped(&store->prepare, &s);
}

static void peeked(struct store *store)
{
	struct prepare_work *w = &store->prepare.work;
	ssize_t next = store_find(store, w->segment.header.id);

	must(next > 0);
	store->prepare.is_full = false;
	store->events.dropped(store->events.arg, w->segment.header.from,
			      w->notes_len ? w->notes : NULL, w->notes_len);
	for (ssize_t i = 0; i < next; i++)
		add_dropped(&store->prepare, &store->segments[i]);
	store->n -= (size_t)next;
	memmove(store->segments, store->segments + next, store->n * sizeof *store->segments);
	walk_fini(&w->walk);
	reads_look(store);
}

static void forget_dropped(struct prepare *p)
{
	p->n_dropped--;
	memmove(p->dropped, p->dropped + 1, p->n_dropped * sizeof *p->dropped);
}

/* A disk that is full is a store that has reached its size. */
static void could_not_make(struct store *store)
{
	struct prepare *p = &store->prepare;
	struct err err;

	p->spare_size = 0;
	errno = p->work.error;
	err_errno(&err, "cannot make a segment of %llu bytes",
		  (unsigned long long)p->work.segment.header.size);
	if ((p->work.error == ENOSPC || p->work.error == EDQUOT) && next_oldest(store)) {
		log_warning("%s: %s; the oldest one is dropped instead", store->dir.path, err.text);
		p->is_full = true;
		return;
	}
	p->retry_ns = clock_mono_ns() + store->settings.retry_ns;
	commit_go_on(store, &err);
}

static void done(void *arg)
{
	struct store *store = arg;
	struct prepare *p = &store->prepare;

	switch (p->work.step) {
	case PREPARE_PEEK: peeked(store); break;
	case PREPARE_MAKE:
		if (p->work.error)
			could_not_make(store);
		else
			p->spare_size = p->work.segment.header.size;
		break;
	case PREPARE_REUSE:
		p->spare_size = p->work.error ? 0 : p->work.segment.header.size; /* fall through */
	case PREPARE_REMOVE: forget_dropped(p); break;
	}
	commit_go_on(store, NULL);
	prepare_look(store);
}

/* One that an earlier process has made is good if it was made to its end. */
static uint64_t find_spare(const struct store *store)
{
	uint64_t size = dir_file_size(&store->dir, dir_spare);

	return size == store->settings.segment_size ? size : 0;
}

int prepare_init(struct store *store, struct err *err)
{
	struct prepare *p = &store->prepare;

	p->spare_size = find_spare(store);
	p->work.dir = &store->dir;
	p->work.sync = store->settings.sync;
	timer_init(&p->timer, store->loop, look_again, store);
	timer_set(&p->timer, look_ns);
	return job_init(&p->job, store->loop, "store-prepare", work, done, store, err);
}

void prepare_fini(struct store *store)
{
	struct prepare *p = &store->prepare;

	job_fini(&p->job);
	timer_fini(&p->timer);
	walk_fini(&p->work.walk);
	free(p->dropped);
	p->dropped = NULL;
}
