/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store alone costs, without a hub: groups committed one behind the other, beside a bare write and
 * fdatasync of the same bytes into a file that was written ahead; and everything read again, verified. In
 * one run and in turns, so that the ratios hold on a noisy machine. Then a start, with so much stored.
 *
 *	bench/store_bench [dir [MiB]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "store/store.h"

enum {
	FRAME = 65,
	BATCH_MAX = 4096,
	ROUNDS = 5,
	RAW_SIZE = 64 << 20,
	STORED_MIB = 512, /* unless told otherwise */
};

struct bench {
	char dir[4096];
	struct loop *loop;
	struct store *store;
	uint8_t frames[BATCH_MAX * FRAME];
	uint64_t next;
	uint64_t left; /* groups to commit */
	uint32_t batch;
	uint64_t mib;
	struct store_read read;
	uint64_t bytes_read;
	int raw_fd;
	uint64_t raw_at;
};

static double seconds(void)
{
	return (double)clock_mono_ns() / 1e9;
}

/* ---- the store ---- */

static void commit_next(struct bench *b)
{
	struct store_group group = {
		.frames = b->frames,
		.frames_len = (size_t)b->batch * FRAME,
		.first = b->next,
		.last = b->next + b->batch - 1,
		.newest_time = b->next,
		.events = b->batch,
		.slots = {8},
		.n_slots = 1,
	};

	b->next += b->batch;
	store_commit(b->store, &group);
}

static void on_checkpoint(void *arg, struct buf *out, size_t max)
{
	(void)arg;
	(void)max;
	buf_add_str(out, "checkpoint");
}

static void on_committed(void *arg, const struct err *err)
{
	struct bench *b = arg;

	if (err)
		fatal("%s", err->text);
	if (--b->left)
		commit_next(b);
	else
		loop_stop(b->loop);
}

static void on_dropped(void *arg, uint64_t oldest, const uint8_t *notes, size_t len)
{
	(void)arg;
	(void)oldest;
	(void)notes;
	(void)len;
}

static int on_bytes(void *arg, const uint8_t *bytes, size_t len, struct err *err)
{
	(void)arg;
	(void)bytes;
	(void)len;
	(void)err;
	return 0;
}

static void open_store(struct bench *b)
{
	const struct store_settings settings = {.dir = b->dir,
						.size = (b->mib + 512) << 20,
						.segment_size = 16 << 20,
						.sync = true};
	const struct store_recovery recovery = {
		.notes = on_bytes, .frames = on_bytes, .oldest = on_bytes};
	const struct store_events events = {.checkpoint = on_checkpoint,
					    .committed = on_committed,
					    .dropped = on_dropped,
					    .arg = b};
	uint8_t stream[STORE_STREAM_SIZE] = "a bench";
	struct err err;

	b->store = store_open(b->loop, &settings, &recovery, &events, stream, &err);
	if (!b->store)
		fatal("%s", err.text);
	b->next = store_stats(b->store).newest + 1;
}

static double store_rate(struct bench *b, uint32_t batch, uint64_t groups)
{
	double begin = seconds();

	b->batch = batch;
	b->left = groups;
	commit_next(b);
	loop_run(b->loop);
	return (double)(batch * groups) / (seconds() - begin);
}

/* ---- the bare file ---- */

static void open_raw(struct bench *b)
{
	static const uint8_t zeros[1 << 20];
	char path[4200];

	snprintf(path, sizeof path, "%s/raw", b->dir);
	b->raw_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(b->raw_fd >= 0);
	for (size_t at = 0; at < RAW_SIZE; at += sizeof zeros)
		must(pwrite(b->raw_fd, zeros, sizeof zeros, (off_t)at) == sizeof zeros);
	must(fsync(b->raw_fd) == 0);
	unlink(path);
}

static double raw_rate(struct bench *b, uint32_t batch, uint64_t groups)
{
	size_t len = (size_t)batch * FRAME;
	double begin = seconds();

	for (uint64_t i = 0; i < groups; i++) {
		if (b->raw_at + len > RAW_SIZE)
			b->raw_at = 0;
		must(pwrite(b->raw_fd, b->frames, len, (off_t)b->raw_at) == (ssize_t)len);
		must(fdatasync(b->raw_fd) == 0);
		b->raw_at += len;
	}
	return (double)(batch * groups) / (seconds() - begin);
}

/* ---- reading ---- */

static void on_read(void *arg, const struct store_result *result)
{
	struct bench *b = arg;
	struct store_chunk *chunk = result->chunk;
	uint64_t next;

	if (result->found == STORE_END) {
		loop_stop(b->loop);
		return;
	}
	if (result->found != STORE_CHUNK)
		fatal("not everything is readable");
	b->bytes_read += chunk->len;
	next = chunk->last + 1;
	store_release(b->store, &chunk);
	store_read(b->store, &b->read, next, 0, on_read, b);
}

static double replay_rate(struct bench *b)
{
	double begin = seconds();

	b->read = (struct store_read){0};
	b->bytes_read = 0;
	store_read(b->store, &b->read, 1, 0, on_read, b);
	loop_run(b->loop);
	return (double)b->bytes_read / (seconds() - begin);
}

static void start(struct bench *b)
{
	double begin;

	store_close(&b->store);
	begin = seconds();
	open_store(b);
	printf("start with %llu MiB in %u segments: %.1f ms\n",
	       (unsigned long long)(store_stats(b->store).bytes >> 20),
	       store_stats(b->store).segments, (seconds() - begin) * 1e3);
}

/* ---- */

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

static void compare(struct bench *b, uint32_t batch, uint64_t groups)
{
	double ours[ROUNDS], raw[ROUNDS], ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		raw[i] = raw_rate(b, batch, groups);
		ours[i] = store_rate(b, batch, groups);
		ratio[i] = ours[i] / raw[i];
	}
	printf("batch %4u: store %9.0f/s, bare file %9.0f/s, ratio %.2f\n", batch,
	       median(ours, ROUNDS), median(raw, ROUNDS), median(ratio, ROUNDS));
}

static void replay(struct bench *b, const char *what)
{
	double rate[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		rate[i] = replay_rate(b);
	printf("replay, %s: %.2f GB/s, %.1f M frames/s\n", what, median(rate, ROUNDS) / 1e9,
	       median(rate, ROUNDS) / FRAME / 1e6);
}

int main(int argc, char **argv)
{
	struct bench *b = xcalloc(1, sizeof *b);
	char command[4200];

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_init("bench", NULL, LOG_WARNING);
	snprintf(b->dir, sizeof b->dir, "%s/dragoman-bench.XXXXXX", argc > 1 ? argv[1] : "/tmp");
	must(mkdtemp(b->dir));
	memset(b->frames, 'r', sizeof b->frames);
	b->mib = argc > 2 ? strtoull(argv[2], NULL, 10) : STORED_MIB;
	b->loop = loop_new();
	open_raw(b);
	open_store(b);
	compare(b, 1, 400);
	compare(b, 10, 400);
	compare(b, 100, 300);
	compare(b, 1000, 300);
	compare(b, BATCH_MAX, 100);
	replay(b, "groups of 1 to 4096");
	store_close(&b->store);
	snprintf(command, sizeof command, "rm -rf '%s'", b->dir);
	must(system(command) == 0);
	must(mkdir(b->dir, 0700) == 0);
	open_store(b);
	b->batch = BATCH_MAX;
	b->left = (b->mib << 20) / (BATCH_MAX * FRAME);
	commit_next(b);
	loop_run(b->loop);
	replay(b, "groups of 4096");
	start(b);
	store_close(&b->store);
	loop_free(&b->loop);
	must(system(command) == 0);
	close(b->raw_fd);
	free(b);
	return 0;
}
