/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One group at a time: into the newest segment, with one write and one sync, or, when it has no room or has
 * failed, into a new one.
 *
 *	IDLE -> WRITING -> IDLE                    on disk
 *	IDLE or WRITING -> WAITING                 no room, or the write failed: another segment is needed
 *	WAITING -> ROLLING -> IDLE                 on disk, in a new segment
 *	WAITING or ROLLING -> IDLE                 out: nowhere
 *	IDLE -> REFUSED -> IDLE                    out, and it is too early to try again
 *
 * A segment that a write or a sync has failed in is never synced again: the kernel may have dropped what it
 * could not write and call the rest good. What it holds up to its last good group was synced before. The
 * header of the next one says where that ends.
 *
 * A new segment is written under the name of the spare file, synced, and only then given its name: a
 * segment that can be seen has a checkpoint.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "store/inside.h"

/* ---- on the thread ---- */

static int failed(struct commit_work *w, const char *what)
{
	w->error = errno;
	w->what = what;
	return -1;
}

static int write_all(int fd, struct iovec *iov, int n, uint64_t at)
{
	while (n) {
		ssize_t done = pwritev(fd, iov, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += (uint64_t)done;
		for (; n && (size_t)done >= iov->iov_len; iov++, n--)
			done -= (ssize_t)iov->iov_len;
		if (!n)
			break;
		iov->iov_base = (uint8_t *)iov->iov_base + done;
		iov->iov_len -= (size_t)done;
	}
	return 0;
}

/* Up to a whole page, so that the kernel need not read what is behind it, and what is behind it is zero. */
static int write_group(struct commit_work *w, struct group *g)
{
	static uint8_t zeros[FORMAT_PAGE];
	uint8_t block[STORE_BLOCK];
	size_t head_len = group_pack(g, w->header.nonce, block);
	uint64_t end = g->offset + head_len + g->notes_len + g->frames_len;
	uint64_t padded = round_up(end, FORMAT_PAGE), data_end = w->header.size - STORE_BLOCK;
	struct iovec iov[4] = {
		{block, head_len},
		{(void *)(uintptr_t)g->notes, g->notes_len},
		{(void *)(uintptr_t)g->frames, g->frames_len},
		{zeros, (padded < data_end ? padded : data_end) - end},
	};

	return write_all(w->fd, iov, 4, g->offset);
}

/* It failed, so it must not be found after a crash. Nothing more can be done if this fails as well. */
static void unwrite_group(const struct commit_work *w)
{
	static const uint8_t zeros[STORE_BLOCK];

	if (pwrite(w->fd, zeros, sizeof zeros, (off_t)w->group.offset) < 0)
		return;
}

static int append(struct commit_work *w)
{
	if (write_group(w, &w->group) < 0)
		failed(w, "write");
	else if (w->sync && fdatasync(w->fd) < 0)
		failed(w, "sync");
	if (!w->error)
		return 0;
	unwrite_group(w);
	return -1;
}

static int write_header(struct commit_work *w)
{
	uint8_t block[STORE_BLOCK];
	struct iovec iov = {block, sizeof block}, copy = iov;

	header_pack(&w->header, block);
	return write_all(w->fd, &iov, 1, 0) < 0 ||
			       write_all(w->fd, &copy, 1, w->header.size - STORE_BLOCK) < 0
		       ? -1
		       : 0;
}

static int write_segment(struct commit_work *w)
{
	if (write_header(w) < 0)
		return -1;
	w->checkpoint.previous = w->header.checksum;
	if (write_group(w, &w->checkpoint) < 0)
		return -1;
	w->group.previous = w->checkpoint.checksum;
	return write_group(w, &w->group);
}

static int name_segment(struct commit_work *w)
{
	char name[DIR_NAME_SIZE];

	if (dir_rename(w->dir, dir_spare, dir_name(w->header.id, name)) < 0)
		return failed(w, "rename");
	return w->sync && dir_sync(w->dir) < 0 ? failed(w, "sync of the directory") : 0;
}

static int roll_over(struct commit_work *w)
{
	char name[DIR_NAME_SIZE];

	w->fd = openat(w->dir->fd, dir_spare, O_RDWR | O_CLOEXEC);
	if (w->fd < 0)
		return failed(w, "open");
	if (write_segment(w) < 0)
		failed(w, "write");
	else if (w->sync && fdatasync(w->fd) < 0)
		failed(w, "sync");
	else
		name_segment(w);
	if (!w->error)
		return 0;
	unwrite_group(w);
	dir_remove(w->dir, dir_spare);
	dir_remove(w->dir, dir_name(w->header.id, name));
	return -1;
}

static void work(void *arg)
{
	struct store *store = arg;
	struct commit_work *w = &store->commit.work;
	bool is_new = w->fd < 0;

	w->error = 0;
	if ((is_new ? roll_over(w) : append(w)) < 0)
		fd_close(&w->fd);
}

/* ---- on the loop ---- */

static void copy_group(struct store *store, struct group *out)
{
	const struct store_group *from = &store->commit.asked;
	const struct segment *newest = store_newest(store);

	*out = (struct group){
		.first = from->first,
		.last = from->first ? from->last
			: newest    ? newest->last
				    : 0,
		.newest_time = from->newest_time,
		.events = from->events,
		.notes = from->notes,
		.frames = from->frames,
		.notes_len = (uint32_t)from->notes_len,
		.frames_len = (uint32_t)from->frames_len,
		.n_slots = from->n_slots > STORE_SLOTS_MAX ? STORE_SLOTS_MAX + 1 : from->n_slots,
		.written = (uint64_t)clock_wall_ns(),
		.age = store_age(store),
	};
	memcpy(out->slots, from->slots, sizeof out->slots);
}

static size_t checkpoint_max(const struct store *store)
{
	return store->settings.segment_size / 8;
}

static bool fits(const struct segment *s, const struct group *g)
{
	return group_size(g) <= segment_data_end(s) - s->end;
}

/* A group that is longer than usual gets a segment that is. */
uint64_t commit_segment_size(const struct store *store)
{
	uint64_t size = store->settings.segment_size;
	uint64_t others = 4 * STORE_BLOCK + FORMAT_GROUP_HEAD + checkpoint_max(store);
	uint64_t needed = round_up(group_size(&store->commit.work.group) + others, FORMAT_PAGE);

	return store->commit.state == COMMIT_WAITING && needed > size ? needed : size;
}

static void give_up(struct store *store, const struct err *err)
{
	struct commit *c = &store->commit;

	c->state = COMMIT_IDLE;
	if (!c->is_out || c->retry_ns <= clock_mono_ns())
		c->retry_ns = clock_mono_ns() + store->settings.retry_ns;
	c->is_out = true;
	c->why = *err;
	store->events.committed(store->events.arg, &c->why);
}

static void set_header(struct store *store, struct header *h, uint64_t size)
{
	const struct segment *newest = store_newest(store);
	const struct group *g = &store->commit.work.group;

	*h = (struct header){
		.version = FORMAT_VERSION,
		.id = store->next_id++,
		.size = size,
		.begun = g->written,
		.age = g->age,
		.from = g->first ? g->first : g->last + 1,
	};
	if (getrandom(&h->nonce, sizeof h->nonce, 0) != sizeof h->nonce)
		h->nonce = (uint64_t)clock_mono_ns() ^ g->written; /* it need not be secret */
	memcpy(h->stream, store->stream, STORE_STREAM_SIZE);
	if (!newest)
		return;
	h->previous.id = newest->header.id;
	h->previous.end = newest->is_bad ? 0 : newest->end;
	h->previous.last = newest->last;
	h->previous.newest_time = newest->newest_time;
	h->previous.events = newest->events;
}

static void ask_checkpoint(struct store *store)
{
	struct commit *c = &store->commit;
	struct group *g = &c->work.checkpoint;
	size_t max = checkpoint_max(store);

	buf_clear(&c->checkpoint);
	store->events.checkpoint(store->events.arg, &c->checkpoint, max);
	must(c->checkpoint.len <= max);
	*g = (struct group){
		.flags = GROUP_CHECKPOINT,
		.offset = STORE_BLOCK,
		.last = c->work.header.previous.last,
		.written = c->work.group.written,
		.age = c->work.group.age,
		.notes = buf_bytes(&c->checkpoint),
		.notes_len = (uint32_t)c->checkpoint.len,
	};
}

static void begin_roll(struct store *store, uint64_t size)
{
	struct commit *c = &store->commit;

	copy_group(store, &c->work.group);
	set_header(store, &c->work.header, size);
	ask_checkpoint(store);
	c->work.group.offset = STORE_BLOCK + group_size(&c->work.checkpoint);
	c->state = COMMIT_ROLLING;
	job_start(&c->job);
}

void commit_go_on(struct store *store, const struct err *err)
{
	uint64_t size;
	struct err why;

	if (store->commit.state != COMMIT_WAITING)
		return;
	if (!err) {
		size = prepare_take(store);
		if (size)
			begin_roll(store, size);
		return;
	}
	why = *err;
	err_context(&why, "no new segment in %s", store->dir.path);
	store->failures++;
	give_up(store, &why);
}

static void want_segment(struct store *store)
{
	store->commit.state = COMMIT_WAITING;
	prepare_look(store);
	commit_go_on(store, NULL);
}

static void take_new_segment(struct store *store)
{
	struct commit_work *w = &store->commit.work;
	struct segment s = {
		.header = w->header,
		.is_end_known = true,
		.end = w->group.offset,
		.last = w->header.previous.last,
	};

	store_add_segment(store, &s);
}

static void took_group(struct store *store)
{
	struct commit *c = &store->commit;
	struct group *g = &c->work.group;
	struct segment *s = store_newest(store);

	s->end = g->offset + group_size(g);
	s->last = g->last;
	s->events += g->events;
	if (g->newest_time > s->newest_time)
		s->newest_time = g->newest_time;
	c->checksum = g->checksum;
	store->groups++;
	store->events_kept += g->events;
	store->commit_ns = (uint64_t)(clock_mono_ns() - c->begun_ns);
	if (store->commit_ns > store->slowest_commit_ns)
		store->slowest_commit_ns = store->commit_ns;
}

static void succeeded(struct store *store)
{
	struct commit *c = &store->commit;

	if (c->state == COMMIT_ROLLING)
		take_new_segment(store);
	took_group(store);
	c->state = COMMIT_IDLE;
	c->is_sealed = c->is_out = false;
	store->events.committed(store->events.arg, NULL);
	prepare_look(store);
	reads_look(store);
}

static void done(void *arg)
{
	struct store *store = arg;
	struct commit *c = &store->commit;
	char name[DIR_NAME_SIZE];
	struct err err;

	if (!c->work.error) {
		succeeded(store);
		return;
	}
	c->is_sealed = true;
	store->failures++;
	errno = c->work.error;
	err_errno(&err, "%s/%s: %s failed", store->dir.path, dir_name(c->work.header.id, name),
		  c->work.what);
	if (c->state == COMMIT_ROLLING) {
		give_up(store, &err);
		return;
	}
	log_warning("%s; going on in a new segment", err.text);
	want_segment(store);
}

/* store_commit has returned. */
static void begin(void *arg)
{
	struct store *store = arg;
	struct err why = store->commit.why;

	if (store->commit.state == COMMIT_REFUSED)
		give_up(store, &why);
	else if (store->commit.state == COMMIT_WAITING) /* else the next segment came in between */
		want_segment(store);
}

void store_commit(struct store *store, const struct store_group *group)
{
	struct commit *c = &store->commit;
	struct segment *newest = store_newest(store);

	must(c->state == COMMIT_IDLE);
	c->asked = *group;
	c->begun_ns = clock_mono_ns();
	copy_group(store, &c->work.group);
	if (!c->is_sealed && fits(newest, &c->work.group)) {
		c->work.group.offset = newest->end;
		c->work.group.previous = c->checksum;
		c->work.header = newest->header;
		c->state = COMMIT_WRITING;
		job_start(&c->job);
		return;
	}
	fd_close(&c->work.fd);
	c->is_sealed = true;
	c->state = c->is_out && c->begun_ns < c->retry_ns ? COMMIT_REFUSED : COMMIT_WAITING;
	timer_set(&c->soon, 0);
}

bool store_is_busy(const struct store *store)
{
	return store->commit.state != COMMIT_IDLE;
}

bool store_is_out(const struct store *store)
{
	return store->commit.is_out;
}

int commit_init(struct store *store, struct err *err)
{
	struct commit *c = &store->commit;

	c->is_sealed = c->work.fd < 0;
	c->work.dir = &store->dir;
	c->work.sync = store->settings.sync;
	timer_init(&c->soon, store->loop, begin, store);
	return job_init(&c->job, store->loop, "store-commit", work, done, store, err);
}

void commit_fini(struct store *store)
{
	struct commit *c = &store->commit;

	job_fini(&c->job);
	timer_fini(&c->soon);
	fd_close(&c->work.fd);
	buf_fini(&c->checkpoint);
}
