/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start finds. First everything is read and handed over; only then is something changed: behind the
 * last good group of the newest segment a crash may have left parts of one that was never acknowledged.
 * That is cleared before anything is appended, and what was found is synced before it counts as kept.
 *
 * An unreadable place with a good group behind it is damage. One with nothing behind it is the tail, as
 * only one group is ever in flight.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/xalloc.h"
#include "store/inside.h"

/* A stop that seems longer than this is a clock that was set, and does not make events older. */
static const uint64_t stop_max_ns = 30 * 24 * 3600 * NS_PER_S;

struct finding {
	struct store *store;
	const struct store_recovery *recovery; /* NULL: only the end is looked for */
	struct err *err;
	struct walk walk;
	/* the last good group of the segment looked at last */
	uint64_t checksum, written, age, offset, end;
};

/* ---- reading ---- */

static int hand_over(struct finding *f, const struct group *g, bool is_first)
{
	const struct store_recovery *to = f->recovery;

	if (!to || (g->flags & GROUP_CHECKPOINT && !is_first))
		return 0;
	if (g->notes_len && to->notes(to->arg, g->notes, g->notes_len, f->err) < 0)
		return -1;
	return g->frames_len ? to->frames(to->arg, g->frames, g->frames_len, f->err) : 0;
}

static void found_group(struct finding *f, struct segment *s, const struct group *g)
{
	if (!s->is_end_known) {
		s->end = g->offset + group_size(g);
		s->last = g->last;
		s->events += g->events;
		if (g->newest_time > s->newest_time)
			s->newest_time = g->newest_time;
	}
	f->offset = g->offset;
	f->end = g->offset + group_size(g);
	f->checksum = g->checksum;
	f->written = g->written;
	f->age = g->age;
}

/* Behind its last good group the disk gave an error: there may be more, which another time is readable. */
static void keep_tail(struct segment *s)
{
	s->is_end_known = true;
	s->end = segment_data_end(s);
}

/* A good group; what was not readable in front of it was damage. */
static int take_group(struct finding *f, struct segment *s, const struct group *g, bool is_first,
		      uint64_t *damaged_at)
{
	if (*damaged_at)
		store_damage(f->store, s->header.id, *damaged_at, "groups are not readable");
	*damaged_at = 0;
	f->walk.refused = false;
	found_group(f, s, g);
	return hand_over(f, g, is_first && g->offset == STORE_BLOCK);
}

static void end_segment(struct finding *f, struct segment *s, uint64_t damaged_at)
{
	const struct walk *w = &f->walk;

	if (!damaged_at && w->lost)
		damaged_at = w->lost_at;
	if (w->refused)
		keep_tail(s);
	if (s->is_end_known && damaged_at)
		store_damage(f->store, s->header.id, damaged_at,
			     "its last groups are not readable");
}

/* Reads one segment to its end, which it finds out if it is not known. */
static int read_groups(struct finding *f, struct segment *s, bool is_first)
{
	struct walk *w = &f->walk;
	uint64_t damaged_at = 0;
	struct group g;

	while (walk_next(w, &g) == WALK_GROUP) {
		bool is_whole = walk_body(w, &g);

		if (w->error)
			break;
		if (!damaged_at)
			damaged_at = w->lost ? w->lost_at : is_whole ? 0 : g.offset;
		w->lost = false;
		if (is_whole && take_group(f, s, &g, is_first, &damaged_at) < 0)
			return -1;
		walk_pass(w, &g);
	}
	if (w->error) {
		errno = w->error;
		return err_errno(f->err, "cannot read %s", f->store->dir.path);
	}
	end_segment(f, s, damaged_at);
	return 0;
}

static int read_segment(struct finding *f, struct segment *s, bool is_first)
{
	int fd = segment_open(&f->store->dir, s->header.id), result;

	if (fd < 0)
		return err_errno(f->err, "cannot read a segment in %s", f->store->dir.path);
	if (!s->is_end_known) {
		s->end = segment_data_end(s);
		s->last = s->header.previous.last;
		s->newest_time = s->events = 0;
	}
	f->offset = f->end = STORE_BLOCK;
	f->checksum = s->header.checksum;
	f->written = s->header.begun;
	f->age = s->header.age;
	walk_begin(&f->walk, fd, s);
	if (!s->is_end_known)
		s->end = STORE_BLOCK;
	result = read_groups(f, s, is_first);
	fd_close(&fd);
	return result;
}

/* The notes of the checkpoint, in the walk's window; 0: it is not readable. */
static size_t read_checkpoint(struct finding *f, const struct segment *s, const uint8_t **notes_out)
{
	int fd = segment_open(&f->store->dir, s->header.id);
	struct segment to_look_at = *s;
	struct group g;
	size_t len = 0;

	to_look_at.end = segment_data_end(s);
	walk_begin(&f->walk, fd, &to_look_at);
	if (fd >= 0 && walk_next(&f->walk, &g) == WALK_GROUP && g.offset == STORE_BLOCK &&
	    g.flags & GROUP_CHECKPOINT && walk_body(&f->walk, &g)) {
		*notes_out = g.notes;
		len = g.notes_len;
	}
	fd_close(&fd);
	return len;
}

/* Ends that no successor's header tells, of older segments. */
static int find_ends(struct finding *f)
{
	struct store *store = f->store;
	uint64_t last = 0;

	for (size_t i = 0; i < store->n; i++) {
		struct segment *s = &store->segments[i];

		if (s->is_bad) {
			store_damage(store, s->header.id, 0, "its header is not readable");
			s->last = last;
		} else if (!s->is_end_known && i + 1 < store->n && read_segment(f, s, false) < 0) {
			return -1;
		}
		if (s->is_copy)
			store_damage(store, s->header.id, 0, "its header was read from the copy");
		if (s->is_short)
			store_damage(store, s->header.id, 0, "the file is shorter than it was");
		last = s->last;
	}
	return 0;
}

static int replay(struct finding *f, const struct store_recovery *recovery)
{
	struct store *store = f->store;
	const uint8_t *notes;
	size_t begin = store->n;

	while (begin > 0 && (store->segments[begin - 1].is_bad ||
			     !read_checkpoint(f, &store->segments[begin - 1], &notes)))
		begin--;
	begin -= begin > 0; /* else there is none: what groups say is all there is */
	f->recovery = recovery;
	for (size_t i = begin; i < store->n; i++)
		if (!store->segments[i].is_bad &&
		    read_segment(f, &store->segments[i], i == begin) < 0)
			return -1;
	return 0;
}

static int hand_over_oldest(struct finding *f, const struct store_recovery *recovery)
{
	const struct segment *oldest = f->store->segments;
	const uint8_t *notes = NULL;
	size_t len = oldest->is_bad ? 0 : read_checkpoint(f, oldest, &notes);

	if (oldest->is_bad || (!len && !oldest->header.previous.id))
		return 0; /* readers are told of the damage; nothing was dropped before the first */
	return recovery->oldest(recovery->arg, len ? notes : NULL, len, f->err);
}

/* ---- making good ---- */

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static int clear(int fd, uint64_t at, uint64_t len)
{
	static const uint8_t zeros[1 << 16];

	while (len) {
		size_t n = len < sizeof zeros ? (size_t)len : sizeof zeros;
		ssize_t done = pwrite(fd, zeros, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		at += (uint64_t)done;
		len -= (uint64_t)done;
	}
	return 0;
}

/* Where a group was begun its first block is not zero. */
static int clear_tail(int fd, const struct segment *s)
{
	uint64_t left = segment_data_end(s) - s->end;
	uint8_t block[STORE_BLOCK];
	ssize_t n;

	if (!left)
		return 0;
	n = pread(fd, block, sizeof block, (off_t)s->end);
	if (n == STORE_BLOCK && is_zero(block, sizeof block))
		return 0;
	return clear(fd, s->end, left);
}

/* The sync of the last group may have failed before a process ended: then the kernel calls it clean, though
 * it is in memory only. So it is written once more. The same bytes: whatever a crash leaves of that is good. */
static int write_again(int fd, uint64_t at, uint64_t end)
{
	uint8_t *bytes = xmalloc((size_t)(end - at) + 1);
	ssize_t n = pread(fd, bytes, (size_t)(end - at), (off_t)at);
	int result = n < 0 || pwrite(fd, bytes, (size_t)n, (off_t)at) != n ? -1 : 0;

	free(bytes);
	return result;
}

static int sync_found(const struct store *store, int fd)
{
	if (!store->settings.sync)
		return 0;
	return fdatasync(fd) < 0 || dir_sync(&store->dir) < 0 ? -1 : 0;
}

static int make_good(struct finding *f)
{
	struct store *store = f->store;
	struct segment *newest = store_newest(store);
	bool is_sealed =
		newest->damage_seen; /* a new segment will have a checkpoint that is good */
	char name[DIR_NAME_SIZE];
	int fd = openat(store->dir.fd, dir_name(newest->header.id, name), O_RDWR | O_CLOEXEC);

	if (fd < 0 || write_again(fd, f->offset, f->end) < 0 ||
	    (!is_sealed && clear_tail(fd, newest) < 0) || sync_found(store, fd) < 0) {
		err_errno(f->err, "cannot write %s/%s", store->dir.path, name);
		fd_close(&fd);
		return -1;
	}
	newest->is_end_known = true;
	store->commit.checksum = f->checksum;
	if (is_sealed)
		fd_close(&fd);
	store->commit.work.fd = fd;
	return 0;
}

static void set_age(struct finding *f)
{
	uint64_t now = (uint64_t)clock_wall_ns();
	uint64_t stop_ns = now > f->written ? now - f->written : 0;

	f->store->age = f->age + (stop_ns < stop_max_ns ? stop_ns : 0);
	f->store->age_mono_ns = clock_mono_ns();
}

static int recover_segments(struct finding *f, const struct store_recovery *recovery)
{
	struct store *store = f->store;

	if (find_ends(f) < 0 || replay(f, recovery) < 0)
		return -1;
	set_age(f);
	if (hand_over_oldest(f, recovery) < 0)
		return -1;
	for (size_t i = 0; i < store->n; i++)
		if (!store->segments[i].is_bad)
			memcpy(store->stream, store->segments[i].header.stream, STORE_STREAM_SIZE);
	return store_newest(store)->is_bad ? 0 : make_good(f);
}

int recover(struct store *store, const struct store_recovery *recovery, struct err *err)
{
	struct finding f = {.store = store, .err = err};
	struct chain chain;
	int result;

	if (chain_load(&store->dir, &chain, err) < 0)
		return -1;
	store->next_id = chain.newest_id + 1;
	store->segments = chain.segments;
	store->n = chain.n;
	chain.segments = NULL;
	result = store->n ? recover_segments(&f, recovery) : 0;
	for (size_t i = 0; result == 0 && i < chain.n_leftover; i++)
		prepare_drop_leftover(store, chain.leftover[i]);
	walk_fini(&f.walk);
	chain_fini(&chain);
	return result;
}
