/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store with anything in its files: it is looked at, opened, read to its end and written to. The first two bytes
 * say how the rest is cut into two segments and whether checksums are made right, so that what they cover
 * is reached; whatever was readable must make sense.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "ev/loop.h"
#include "store/format.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static struct loop *loop;

struct fuzz {
	struct store *store;
	struct store_read read;
	uint64_t seq;
	bool is_told, is_read, is_end;
};

/* ---- the files ---- */

static void put_number(uint8_t *out, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(n >> (8 * i));
}

static uint64_t get_number(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

/* Of what says that it is a group, whatever it says of its lengths. */
static void make_group_right(uint8_t *file, size_t size, size_t at, uint64_t nonce)
{
	uint8_t *head = file + at;
	size_t slots = get_number(head + 14, 2), notes = get_number(head + 16, 4);
	size_t frames = get_number(head + 20, 4);
	size_t begin = FORMAT_GROUP_HEAD + (slots > STORE_SLOTS_MAX ? 0 : 4 * slots);

	put_number(head + 32, at);
	if (at + begin + notes + frames <= size) {
		put_number(head + 88, format_checksum(nonce, head + begin, notes));
		put_number(head + 96, format_checksum(nonce, head + begin + notes, frames));
	}
	put_number(head, format_checksum(nonce, head + 8, begin - 8));
}

static void make_right(uint8_t *file, size_t size)
{
	if (size < STORE_BLOCK)
		return;
	put_number(file, format_checksum(0, file + 8, STORE_BLOCK - 8));
	for (size_t at = STORE_BLOCK; at + STORE_BLOCK <= size; at += STORE_BLOCK)
		if (!memcmp(file + at + 8, "DRGP", 4))
			make_group_right(file, size, at, get_number(file + 40, 8));
}

static void write_segment(unsigned id, const uint8_t *data, size_t size, bool is_right)
{
	uint8_t *file = xmalloc(size + 1);
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%016x.segment", dir, id);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0);
	memcpy(file, data, size);
	if (is_right)
		make_right(file, size);
	must(write(fd, file, size) == (ssize_t)size);
	close(fd);
	free(file);
}

static void remove_all(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	must(d);
	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	must(rmdir(dir) == 0);
}

/* ---- the store ---- */

static int on_bytes(void *arg, const uint8_t *bytes, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	must(!len || format_checksum(0, bytes, len) != 1); /* every byte is there */
	return 0;
}

static void on_checkpoint(void *arg, struct buf *out, size_t max)
{
	(void)arg;
	(void)max;
	buf_add_str(out, "checkpoint");
}

static void on_committed(void *arg, const struct err *err)
{
	struct fuzz *f = arg;

	must(!err);
	f->is_told = true;
}

static void on_dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	(void)arg;
	(void)oldest;
	(void)notes;
	(void)len;
}

static void on_read(void *arg, const struct store_result *result)
{
	struct fuzz *f = arg;
	struct store_chunk *c = result->chunk;

	f->is_read = true;
	switch (result->found) {
	case STORE_CHUNK:
		must(c->first <= c->last && c->last >= f->seq);
		must(!c->len || format_checksum(0, c->frames, c->len) != 1);
		f->seq = c->last + 1;
		store_release(f->store, &c);
		break;
	case STORE_DAMAGED:
		must(result->first >= f->seq && result->last >= result->first);
		f->seq = result->last + 1;
		break;
	case STORE_GONE:
		must(result->first > f->seq);
		f->seq = result->first;
		break;
	default: f->is_end = true;
	}
	f->is_end = f->is_end || !f->seq; /* behind the last of all numbers */
}

static void read_all(struct fuzz *f)
{
	f->seq = 1;
	f->is_end = false;
	while (!f->is_end) {
		f->is_read = false;
		store_read(f->store, &f->read, f->seq, 0, on_read, f);
		while (!f->is_read)
			loop_turn(loop, -1);
	}
}

static void commit(struct fuzz *f)
{
	const struct store_group group = {.notes = (const uint8_t *)"note", .notes_len = 4};

	f->is_told = false;
	store_commit(f->store, &group);
	while (!f->is_told)
		loop_turn(loop, -1);
}

static void use_it(void)
{
	const struct store_settings settings = {
		.dir = dir, .size = 64 * 32 * STORE_BLOCK, .segment_size = 32 * STORE_BLOCK};
	const struct store_recovery recovery = {
		.notes = on_bytes, .frames = on_bytes, .oldest = on_bytes};
	struct fuzz f = {0};
	const struct store_events events = {.checkpoint = on_checkpoint,
					    .committed = on_committed,
					    .dropped = on_dropped,
					    .arg = &f};
	uint8_t stream[STORE_STREAM_SIZE] = "fuzz";
	struct err err;

	f.store = store_open(loop, &settings, &recovery, &events, stream, &err);
	if (!f.store)
		return;
	read_all(&f);
	commit(&f);
	store_close(&f.store);
}

static void look_at_it(void)
{
	const struct store_visit visit = {0};
	uint8_t stream[STORE_STREAM_SIZE];
	struct err err;

	store_visit(dir, stream, &visit, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first;

	if (!loop) {
		loop = loop_new();
		log_init("fuzz", NULL, LOG_ERROR);
		snprintf(dir, sizeof dir, "%s/dragoman-fuzz-store.%ld",
			 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
	}
	if (size < 2 || size > 3 * 32 * STORE_BLOCK)
		return 0;
	must(mkdir(dir, 0700) == 0);
	first = (size - 2) * data[0] / 255;
	write_segment(1, data + 2, first, data[1] & 1);
	write_segment(2, data + 2 + first, size - 2 - first, data[1] & 1);
	look_at_it();
	use_it();
	remove_all();
	return 0;
}
