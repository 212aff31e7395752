/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts. Every write, sync, rename and removal of the store is noted in a model of a disk, in which a
 * sector holds what was synced last and what was written since. A cut throws the dice for each sector of
 * 512 bytes, and for each change of a name that was not synced, whether it came to the disk, in
 * whatever order; the directory is rebuilt from that, and the store opened again:
 *
 *	everything that was acknowledged is there, nothing else than what was given, and no damage is told.
 *
 * In between, processes end without a cut, and writes and syncs fail. What a failed sync left behind may come
 * to the disk or not, whatever is synced later.
 *
 * The seed is printed; DRAGOMAN_SEED sets it, DRAGOMAN_CUTS says how many.
 */
#include "store_test.h"

#include <errno.h>

#include "../shim/disk_shim.h"
#include "base/log.h"
#include "store/dir.h"

enum {
	SECTOR = 512,
	SECTORS_MAX = SEGMENT / SECTOR,
	FILES_MAX = 64,
	NAMES_MAX = 32,
	CHANGES_MAX = 64,
	EVENTS_MAX = 1 << 24,
};

struct version {
	bool is_limbo; /* its sync has failed: no later one makes it come */
	uint8_t bytes[SECTOR];
};

struct sector {
	uint8_t synced[SECTOR];
	struct version *versions;
	size_t n;
};

struct file {
	ino_t inode; /* 0: the place is free */
	struct sector sectors[SECTORS_MAX];
	size_t n, n_synced; /* its length in sectors */
};

struct name {
	char text[DIR_NAME_SIZE + 8];
	struct file *file;
};

/* A name has come to stand for a file, or (NULL) for none. */
struct change {
	struct name set, cleared;
};

static struct disk {
	struct file files[FILES_MAX];
	struct name synced[NAMES_MAX];
	struct change changes[CHANGES_MAX];
	size_t n_changes;
	_Atomic bool is_off; /* nothing is noted: the cut has been */
	unsigned calls_left; /* until the cut */
	unsigned fail_in;    /* calls until one fails, 0: none does */
	unsigned fail_for;   /* so many fail then */
	unsigned cuts, kills;
	_Atomic unsigned failures;
} disk;

static unsigned chance(unsigned n)
{
	return (unsigned)random() % n;
}

/* ---- the model ---- */

static struct file *file_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode))
		return NULL;
	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.files[i].inode == st.st_ino)
			return &disk.files[i];
	return NULL;
}

static void file_clear(struct file *f)
{
	for (size_t i = 0; i < SECTORS_MAX; i++)
		free(f->sectors[i].versions);
	memset(f, 0, sizeof *f);
}

static struct file *file_new(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.files[i].inode ==
		    st.st_ino) /* one that was removed, if only the cut agrees */
			disk.files[i].inode = (ino_t)-1;
	for (size_t i = 0; i < FILES_MAX; i++)
		if (!disk.files[i].inode) {
			disk.files[i].inode = st.st_ino;
			return &disk.files[i];
		}
	fail_msg("too many files");
	return NULL;
}

static void write_sector(struct file *f, size_t i, const uint8_t *bytes)
{
	struct sector *s = &f->sectors[i];

	assert_true(i < SECTORS_MAX);
	s->versions = realloc(s->versions, (s->n + 1) * sizeof *s->versions);
	s->versions[s->n].is_limbo = false;
	memcpy(s->versions[s->n++].bytes, bytes, SECTOR);
	if (f->n <= i)
		f->n = i + 1;
}

static void note_write(struct file *f, const struct disk_call *call, size_t len)
{
	uint8_t bytes[SEGMENT];
	size_t at = 0;

	for (int i = 0; i < call->n_iov && at < len; i++) {
		if (call->iov[i].iov_len)
			memcpy(bytes + at, call->iov[i].iov_base, call->iov[i].iov_len);
		at += call->iov[i].iov_len;
	}
	assert_true(at == len && len % SECTOR == 0 && call->at % SECTOR == 0);
	for (size_t i = 0; i < len / SECTOR; i++)
		write_sector(f, call->at / SECTOR + i, bytes + i * SECTOR);
}

static void sync_sector(struct sector *s)
{
	if (!s->n || s->versions[s->n - 1].is_limbo)
		return;
	memcpy(s->synced, s->versions[s->n - 1].bytes, SECTOR);
	s->n = 0;
}

static void sync_file(struct file *f, bool is_good)
{
	for (size_t i = 0; i < f->n; i++) {
		struct sector *s = &f->sectors[i];

		if (is_good)
			sync_sector(s);
		for (size_t k = 0; k < s->n; k++)
			s->versions[k].is_limbo = true;
	}
	if (is_good)
		f->n_synced = f->n;
}

/* ---- names ---- */

static struct name *find_name(struct name *names, const char *text)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (!strcmp(names[i].text, text))
			return &names[i];
	return NULL;
}

static void set_name(struct name *names, const struct name *to)
{
	struct name *n = find_name(names, to->text);

	if (!n)
		n = find_name(names, "");
	assert_non_null(n);
	*n = *to;
	if (!to->file)
		memset(n, 0, sizeof *n);
}

static void apply(struct name *names, const struct change *c)
{
	if (c->cleared.text[0]) {
		struct name *n = find_name(names, c->cleared.text);

		if (n && (!c->cleared.file || n->file == c->cleared.file))
			memset(n, 0, sizeof *n);
	}
	if (c->set.text[0])
		set_name(names, &c->set);
}

static void change(const char *set, const char *cleared, struct file *f)
{
	struct change *c = &disk.changes[disk.n_changes++];

	assert_true(disk.n_changes <= CHANGES_MAX);
	*c = (struct change){0};
	if (set)
		snprintf(c->set.text, sizeof c->set.text, "%s", set);
	c->set.file = f;
	if (cleared)
		snprintf(c->cleared.text, sizeof c->cleared.text, "%s", cleared);
	c->cleared.file = f;
}

static void names_now(struct name *out)
{
	memcpy(out, disk.synced, sizeof disk.synced);
	for (size_t i = 0; i < disk.n_changes; i++)
		apply(out, &disk.changes[i]);
}

static struct file *file_named(const char *text)
{
	struct name names[NAMES_MAX], *n;

	names_now(names);
	n = find_name(names, text);
	return n ? n->file : NULL;
}

static void sync_names(void)
{
	for (size_t i = 0; i < disk.n_changes; i++)
		apply(disk.synced, &disk.changes[i]);
	disk.n_changes = 0;
}

static bool is_named(const struct file *f)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (disk.synced[i].file == f)
			return true;
	for (size_t i = 0; i < disk.n_changes; i++)
		if (disk.changes[i].set.file == f)
			return true;
	return false;
}

static void forget_nameless(void)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.files[i].inode && !is_named(&disk.files[i]))
			file_clear(&disk.files[i]);
}

/* ---- the calls of the store ---- */

static int fails(const struct disk_call *call)
{
	if (!disk.fail_in || --disk.fail_in)
		return DISK_GO_ON;
	if (disk.fail_for-- > 1)
		disk.fail_in = 1;
	disk.failures++;
	if (call->kind == DISK_SYNC && file_of(call->fd))
		sync_file(file_of(call->fd), false);
	return EIO;
}

static int before(void *arg, const struct disk_call *call)
{
	(void)arg;
	if (call->kind == DISK_READ || (call->kind == DISK_OPEN && !(call->flags & O_CREAT)))
		return DISK_GO_ON;
	if (disk.calls_left && !--disk.calls_left)
		disk.is_off = true;
	if (!disk.is_off && fails(call))
		return EIO;
	return call->kind == DISK_SYNC ? DISK_LEAVE_OUT : DISK_GO_ON;
}

static void after(void *arg, const struct disk_call *call, ssize_t result)
{
	(void)arg;
	if (result < 0 || disk.is_off)
		return;
	switch (call->kind) {
	case DISK_READ: return;
	case DISK_OPEN:
		if (call->flags & O_CREAT && strcmp(call->name, "lock"))
			change(call->name, NULL, file_new((int)result));
		return;
	case DISK_WRITE: note_write(file_of(call->fd), call, (size_t)result); return;
	case DISK_SYNC:
		if (file_of(call->fd))
			sync_file(file_of(call->fd), true);
		else
			sync_names();
		break;
	case DISK_RENAME: change(call->to, call->name, file_named(call->name)); break;
	case DISK_REMOVE: change(NULL, call->name, file_named(call->name)); break;
	}
	forget_nameless();
}

/* ---- the cut ---- */

/* n in 8 of the sectors that were not synced come to the disk. */
static void cut_file(struct file *f, unsigned n)
{
	size_t left =
		f->n_synced + (f->n > f->n_synced ? chance((unsigned)(f->n - f->n_synced + 1)) : 0);

	for (size_t i = 0; i < f->n; i++) {
		struct sector *s = &f->sectors[i];

		if (s->n && chance(8) < n)
			memcpy(s->synced, s->versions[chance((unsigned)s->n)].bytes, SECTOR);
		s->n = 0;
		if (i >= left)
			memset(s->synced, 0, SECTOR);
	}
	f->n = f->n_synced = left;
}

/* All up to one of them, as a journal would have it, or any. */
static void cut_names(void)
{
	size_t up_to = chance(2) ? chance((unsigned)disk.n_changes + 1) : disk.n_changes;
	bool is_any = chance(2);

	for (size_t i = 0; i < up_to; i++)
		if (!is_any || chance(2))
			apply(disk.synced, &disk.changes[i]);
	disk.n_changes = 0;
}

static void cut(void)
{
	unsigned n = chance(9);

	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.files[i].inode)
			cut_file(&disk.files[i], n);
	cut_names();
	forget_nameless();
	disk.cuts++;
}

static void write_file(const struct store_test *t, const struct name *name)
{
	char path[128];
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%s/%s", t->dir, name->text);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < name->file->n; i++)
		assert_int_equal(write(fd, name->file->sectors[i].synced, SECTOR), SECTOR);
	assert_int_equal(fstat(fd, &st), 0);
	name->file->inode = st.st_ino;
	close(fd);
}

static void rebuild(const struct store_test *t)
{
	clean_dir(t);
	assert_int_equal(mkdir(t->dir, 0700), 0);
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (disk.synced[i].file)
			write_file(t, &disk.synced[i]);
}

/* ---- what must hold ---- */

enum fate { FATE_NONE, FATE_GIVEN, FATE_KEPT, FATE_REFUSED };

static struct books {
	struct store_test t;
	uint8_t fates[EVENTS_MAX]; /* by number: a group has one event or none */
	uint64_t oldest;           /* what may have been dropped is older */
	uint64_t group;            /* number of the group in flight; 0: none */
	bool was_told;
} books;

/* The cut may have been before the store heard of it: only what it was told before counts. */
static void told(const struct err *err)
{
	if (!disk.is_off && books.group)
		books.fates[books.group] = err ? FATE_REFUSED : FATE_KEPT;
	books.group = 0;
}

static void committed(void *arg, const struct err *err)
{
	(void)arg;
	disk_shim_lock();
	told(err);
	disk_shim_unlock();
	books.was_told = true;
}

static void dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	(void)arg;
	assert_non_null(notes);
	assert_true(parse_checkpoint(notes, len) < oldest);
	disk_shim_lock();
	books.oldest = oldest;
	disk_shim_unlock();
}

static void open_store(void)
{
	struct store_test *t = &books.t;
	const struct store_recovery recovery = {
		.notes = on_notes, .frames = on_frames, .oldest = on_oldest, .arg = t};
	const struct store_events events = {
		.checkpoint = on_checkpoint, .committed = committed, .dropped = dropped, .arg = t};
	unsigned failures = disk.failures;
	struct err err = {""};

	t->settings.dir = t->dir;
	buf_clear(&t->frames);
	t->checkpoint = 0;
	t->store = store_open(t->loop, &t->settings, &recovery, &events, t->stream, &err);
	if (!t->store && disk.failures == failures)
		fail_msg("%s", err.text);
}

static void check_group(const struct store_chunk *c, uint64_t *expected)
{
	for (size_t at = 0; at < c->len; at += FRAME) {
		uint64_t seq = frame_seq(c->frames + at);

		check_frames(c->frames + at, FRAME, seq);
		if (seq < books.oldest)
			continue; /* of a chunk that begins before what was asked for */
		for (; *expected < seq; ++*expected)
			if (books.fates[*expected] == FATE_KEPT)
				fail_msg("event %" PRIu64 " was acknowledged and is gone",
					 *expected);
		assert_int_equal(seq, *expected);
		assert_true(books.fates[seq] != FATE_NONE);
		books.fates[seq] = FATE_KEPT; /* it was found, and counts from here on */
		++*expected;
	}
}

/* What recovery gave continues the checkpoint without a hole, up to the newest. */
static void check_recovery(const struct store_test *t)
{
	uint64_t newest = store_stats(t->store).newest, seq = t->checkpoint;
	const uint8_t *frames = buf_bytes(&t->frames);

	for (size_t at = 0; at < t->frames.len; at += FRAME) {
		assert_true(frame_seq(frames + at) >= seq);
		seq = frame_seq(frames + at) + 1;
	}
	assert_true(newest == 0 || seq == newest + 1);
}

static void check_store(void)
{
	struct store_test *t = &books.t;
	uint64_t expected = store_stats(t->store).oldest;

	if (expected < books.oldest)
		expected = books.oldest;
	for (uint64_t seq = books.oldest; seq < expected; seq++)
		assert_true(books.fates[seq] != FATE_KEPT);
	check_recovery(t);
	t->read = (struct store_read){0};
	while (read_seq(t, expected) != STORE_END) {
		if (t->result.found == STORE_GONE) { /* dropped since */
			assert_int_equal(t->result.first, books.oldest);
			expected = t->result.first;
			continue;
		}
		assert_int_equal(t->result.found, STORE_CHUNK);
		check_group(t->result.chunk, &expected);
	}
	for (; expected < t->next; expected++)
		if (books.fates[expected] == FATE_KEPT)
			fail_msg("event %" PRIu64 " was acknowledged and is gone", expected);
	assert_int_equal(store_stats(t->store).damaged, 0);
}

/* ---- the life of a store ---- */

static void commit_one(void)
{
	struct store_test *t = &books.t;
	uint8_t frame[4096];
	uint32_t n = chance(4) ? 1 : 0;
	struct store_group group = {
		.notes = (const uint8_t *)"note",
		.notes_len = chance(3) || !n ? 4 : 0,
		.frames = frame,
		.frames_len = n * FRAME,
		.first = n ? t->next : 0,
		.last = n ? t->next : 0,
		.newest_time = n ? t->next * TIME_STEP : 0,
		.events = n,
	};
	char notes[3000];

	if (chance(4) == 0) { /* a long one, which can be torn */
		memset(notes, 'n', sizeof notes);
		memcpy(notes, "note", 4);
		group.notes = (const uint8_t *)notes;
		group.notes_len = sizeof notes - chance(2500);
	}
	assert_true(t->next < EVENTS_MAX);
	frame_fill(frame, t->next);
	disk_shim_lock();
	if (n && !disk.is_off)
		books.fates[t->next] = FATE_GIVEN;
	else if (n)
		books.fates[t->next] = FATE_REFUSED; /* never on this disk */
	books.group = n ? t->next : 0;
	books.was_told = false;
	disk_shim_unlock();
	store_commit(t->store, &group);
	while (!books.was_told)
		loop_turn(t->loop, -1);
	t->next += n;
}

static void live(void)
{
	struct store_test *t = &books.t;

	disk.is_off = false;
	disk.calls_left = chance(3) ? 1 + chance(150) : 0;
	disk.fail_in = chance(4) ? 0 : 1 + chance(100);
	disk.fail_for = chance(2) ? 1 : 1 + chance(30);
	open_store();
	if (t->store && !disk.is_off)
		check_store();
	for (unsigned n = chance(40); t->store && n-- > 0 && !disk.is_off;)
		commit_one();
	store_close(&t->store);
	if (disk.calls_left || !disk.is_off)
		disk.kills++;
	disk.fail_in = 0;
}

static void nothing_acknowledged_is_lost_in_power_cuts(void **state)
{
	const char *wanted = getenv("DRAGOMAN_CUTS"), *seed_text = getenv("DRAGOMAN_SEED");
	unsigned cuts = wanted ? (unsigned)atoi(wanted) : 1500;
	unsigned seed =
		seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : (unsigned)clock_wall_ns();
	struct store_test *t = &books.t;

	(void)state;
	print_message("# seed %u\n", seed);
	srandom(seed);
	store_test_init(t);
	t->settings.size = 6 * SEGMENT;
	t->next = books.oldest = 1;
	disk_shim = (struct disk_shim){.before = before, .after = after};
	while (disk.cuts < cuts) {
		live();
		if (disk.is_off || chance(2)) {
			cut();
			rebuild(t);
		}
	}
	disk_shim = (struct disk_shim){0};
	print_message("# %u cuts, %u other ends, %u failures, %" PRIu64 " events\n", disk.cuts,
		      disk.kills, disk.failures, t->next - 1);
	store_test_fini(t);
	for (size_t i = 0; i < FILES_MAX; i++)
		file_clear(&disk.files[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_in_power_cuts),
	};

	log_init("test", NULL, getenv("DRAGOMAN_SEED") ? LOG_WARNING : LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
