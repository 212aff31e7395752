/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are not what was written: a store of a few segments, of which each block is spoilt, each page
 * zeroed, each file cut off at each block or removed. Whatever it was:
 *
 *	the store opens, every event is served or told as damaged, nothing else is, and it goes on.
 *
 * Only the end of the newest segment may go untold: it looks like a group that was never whole.
 */
#include "store_test.h"

#include <errno.h>

#include "../shim/disk_shim.h"
#include "base/log.h"
#include "store/format.h"

enum {
	EVENTS = 1400,
	SEGMENTS_MAX = 16,
	BLOCKS = SEGMENT / STORE_BLOCK,
};

static struct {
	struct store_test t;
	uint8_t files[SEGMENTS_MAX][SEGMENT];
	uint64_t n; /* ids 1 to n */
	uint64_t last;
	bool served[EVENTS + 200], told[EVENTS + 200];
} all;

static unsigned reads_left; /* until one fails; 0: none does */

static int no_syncs(void *arg, const struct disk_call *call)
{
	(void)arg;
	if (call->kind == DISK_READ && reads_left && !--reads_left)
		return EIO;
	return call->kind == DISK_SYNC ? DISK_LEAVE_OUT : DISK_GO_ON;
}

static void keep_file(uint64_t id)
{
	int fd = open(segment_path(&all.t, id), O_RDONLY);

	assert_true(fd >= 0 && id <= SEGMENTS_MAX);
	assert_int_equal(read(fd, all.files[id - 1], SEGMENT), SEGMENT);
	close(fd);
}

static void put_files(void)
{
	clean_dir(&all.t);
	assert_int_equal(mkdir(all.t.dir, 0700), 0);
	for (uint64_t id = 1; id <= all.n; id++) {
		int fd = open(segment_path(&all.t, id), O_RDWR | O_CREAT, 0600);

		assert_int_equal(write(fd, all.files[id - 1], SEGMENT), SEGMENT);
		close(fd);
	}
}

static int make_store(void **state)
{
	struct store_test *t = &all.t;
	struct err err;

	(void)state;
	disk_shim.before = no_syncs;
	store_test_init(t);
	assert_int_equal(store_test_open(t, &err), 0);
	while (t->next + 30 < EVENTS) {
		assert_true(
			commit(t, 1 + (uint32_t)(t->next * 7 % 30), t->next % 3 ? NULL : "note"));
		if (t->next % 5 == 0)
			assert_true(commit(t, 0, "note of its own"));
	}
	all.last = t->next - 1;
	all.n = store_stats(t->store).segments;
	store_close(&t->store);
	assert_true(all.n >= 4);
	for (uint64_t id = 1; id <= all.n; id++)
		keep_file(id);
	return 0;
}

static int remove_store(void **state)
{
	(void)state;
	store_test_fini(&all.t);
	disk_shim.before = NULL;
	return 0;
}

/* ---- what must hold ---- */

static uint64_t serve_chunk(const struct store_chunk *c)
{
	check_frames(c->frames, c->len, c->first);
	assert_int_equal(c->len / FRAME, c->last - c->first + 1);
	for (uint64_t seq = c->first; seq <= c->last; seq++)
		all.served[seq] = true;
	return c->last + 1;
}

static uint64_t tell(uint64_t seq)
{
	const struct store_result *r = &all.t.result;

	assert_true(r->first >= seq && r->last >= r->first && r->last < EVENTS + 200);
	for (uint64_t i = r->first; i <= r->last; i++)
		all.told[i] = true;
	return r->last + 1;
}

static void read_what_there_is(void)
{
	struct store_test *t = &all.t;
	uint64_t seq = 1;

	memset(all.served, 0, sizeof all.served);
	memset(all.told, 0, sizeof all.told);
	while (read_seq(t, seq) != STORE_END) {
		switch (t->result.found) {
		case STORE_CHUNK: seq = serve_chunk(t->result.chunk); break;
		case STORE_DAMAGED: seq = tell(seq); break;
		case STORE_GONE: seq = t->result.first; break;
		default: fail_msg("found %d", t->result.found);
		}
	}
	end_reading(t);
}

/* From the first number that may be gone (0: none may) on. */
static void check_all(uint64_t may_be_gone)
{
	uint64_t oldest = store_stats(all.t.store).oldest;

	for (uint64_t seq = oldest; seq <= all.last; seq++)
		if (!all.served[seq] && !all.told[seq] && (!may_be_gone || seq < may_be_gone))
			fail_msg("event %" PRIu64 " is neither served nor told", seq);
	for (uint64_t seq = 1; seq < EVENTS + 200; seq++)
		assert_false(all.served[seq] && all.told[seq]);
}

static unsigned n_told(void)
{
	unsigned n = 0;

	for (uint64_t seq = 1; seq <= all.last; seq++)
		n += all.told[seq];
	return n;
}

/* What comes afterwards is kept as ever, and nothing of the rest changes. */
static void go_on(void)
{
	struct store_test *t = &all.t;
	unsigned served = 0, before = 0;

	for (uint64_t seq = 1; seq <= all.last; seq++)
		before += all.served[seq];
	t->next = all.last + 100;
	commit_many(t, 3, 20);
	reopen(t);
	read_what_there_is();
	for (uint64_t seq = 1; seq <= all.last; seq++)
		served += all.served[seq];
	assert_int_equal(served, before);
	for (uint64_t seq = all.last + 100; seq < all.last + 160; seq++)
		assert_true(all.served[seq]);
}

/* The first number that may go untold if this block of the newest segment is not what it was: that
 * of the group it belongs to. The groups of it are walked by their heads. */
static uint64_t gone_from(uint64_t id, unsigned block)
{
	const uint8_t *file = all.files[id - 1];
	uint64_t last = 0;

	if (id != all.n)
		return 0;
	for (unsigned i = 1; i <= block; i++)
		if (!memcmp(file + i * STORE_BLOCK + 8, "DRGP", 4) && i < block)
			memcpy(&last, file + i * STORE_BLOCK + 56, 8);
	return block == 0 || last == 0 ? 1 : last - 40;
}

static void survives(uint64_t id, unsigned block)
{
	struct store_test *t = &all.t;
	struct err err = {""};

	if (store_test_open(t, &err) < 0)
		fail_msg("%s", err.text);
	read_what_there_is();
	check_all(gone_from(id, block));
	go_on();
	store_close(&t->store);
}

/* ---- the tests ---- */

static void each_block_may_be_spoilt(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= all.n; id++)
		for (unsigned block = 0; block < BLOCKS; block++) {
			put_files();
			spoil(&all.t, id, block * STORE_BLOCK + block * 37 % 500, 8);
			survives(id, block);
		}
}

static void write_zeros(uint64_t id, unsigned block, unsigned n)
{
	static const uint8_t zeros[SEGMENT];
	int fd = open(segment_path(&all.t, id), O_RDWR);

	assert_int_equal(pwrite(fd, zeros, n * STORE_BLOCK, block * STORE_BLOCK), n * STORE_BLOCK);
	close(fd);
}

static void each_page_may_be_zeros(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= all.n; id++)
		for (unsigned block = 0; block < BLOCKS; block += 8) {
			put_files();
			write_zeros(id, block, 8);
			survives(id, block);
		}
}

static void each_file_may_be_cut_off_anywhere(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= all.n; id++)
		for (unsigned block = 0; block < BLOCKS; block++) {
			put_files();
			assert_int_equal(truncate(segment_path(&all.t, id),
						  block * STORE_BLOCK + block * 37 % 500),
					 0);
			survives(id, block);
		}
}

static void each_file_may_be_missing(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= all.n; id++) {
		put_files();
		assert_int_equal(unlink(segment_path(&all.t, id)), 0);
		survives(id, 0);
	}
}

/* A group in the middle costs itself alone, and the log says which events. */
/* Of a start. What could not be read then may be readable later, so it is neither cleared nor forgotten. */
static void a_read_that_fails_costs_nothing_for_good(void **state)
{
	struct store_test *t = &all.t;
	struct err err = {""};

	(void)state;
	for (unsigned nth = 1;; nth++) {
		put_files();
		reads_left = nth;
		if (store_test_open(t, &err) < 0)
			assert_int_equal(store_test_open(t, &err), 0);
		if (reads_left)
			break;
		read_what_there_is();
		check_all(0);
		t->next = all.last + 100;
		commit_many(t, 3, 20);
		reopen(t);
		read_what_there_is();
		for (uint64_t seq = 1; seq <= all.last; seq++)
			assert_true(all.served[seq]);
		store_close(&t->store);
	}
	reads_left = 0;
	store_close(&t->store);
}

static void damage_costs_what_it_hits(void **state)
{
	(void)state;
	put_files();
	spoil(&all.t, 2, SEGMENT / 2, 8);
	survives(2, BLOCKS / 2);
	assert_in_range(n_told(), 1, 30);
}

static void damage_before_a_time_is_nothing_to_who_asks_for_that_time(void **state)
{
	struct store_test *t = &all.t;
	struct err err = {""};
	uint64_t last;

	(void)state;
	memcpy(&last, all.files[2] + 104, 8); /* of the second segment */
	put_files();
	spoil(t, 2, SEGMENT / 2, 8);
	assert_int_equal(store_test_open(t, &err), 0);
	assert_int_equal(read_time(t, 1, last * TIME_STEP), STORE_CHUNK);
	assert_in_range(last, t->result.chunk->first, t->result.chunk->last);
	end_reading(t);
	assert_int_equal(read_time(t, 1, 0), STORE_CHUNK);
	end_reading(t);
	store_close(&t->store);
}

/* The header's copy serves all. */
static void a_broken_header_costs_nothing(void **state)
{
	(void)state;
	put_files();
	for (uint64_t id = 1; id <= all.n; id++)
		spoil(&all.t, id, 100, 8);
	survives(1, 0);
	assert_int_equal(n_told(), 0);
}

static void no_header_at_all_is_a_new_store(void **state)
{
	struct store_test *t = &all.t;
	struct err err = {""};

	(void)state;
	put_files();
	for (uint64_t id = 1; id <= all.n; id++) {
		spoil(t, id, 100, 8);
		spoil(t, id, SEGMENT - 100, 8);
	}
	memcpy(t->stream, "another stream..", STORE_STREAM_SIZE);
	assert_int_equal(store_test_open(t, &err), 0);
	assert_memory_equal(t->stream, "another stream..", STORE_STREAM_SIZE);
	assert_int_equal(store_stats(t->store).damaged, all.n);
	t->next = all.last + 100;
	commit_many(t, 3, 20);
	reopen(t);
	assert_memory_equal(t->stream, "another stream..", STORE_STREAM_SIZE);
	assert_int_equal(read_all(t, all.last + 100), all.last + 160);
	store_close(&t->store);
	memcpy(t->stream, "stream of a test", STORE_STREAM_SIZE);
}

static void a_broken_checkpoint_is_made_up_for(void **state)
{
	struct store_test *t = &all.t;
	struct err err = {""};

	(void)state;
	put_files();
	spoil(t, all.n, STORE_BLOCK + 120, 4);
	spoil(t, all.n - 1, STORE_BLOCK + 120, 4);
	assert_int_equal(store_test_open(t, &err), 0);
	assert_int_equal(t->checkpoint, frame_seq(buf_bytes(&t->frames)));
	check_frames(buf_bytes(&t->frames), t->frames.len, t->checkpoint);
	assert_int_equal(t->checkpoint + t->frames.len / FRAME, all.last + 1);
	assert_true(t->frames.len / FRAME > all.last / all.n * 2);
	t->checkpoints = 0;
	assert_true(commit(t, 1, NULL)); /* into a new segment, whose checkpoint is good */
	assert_int_equal(t->checkpoints, 1);
	store_close(&t->store);
}

static void a_newer_format_is_refused_and_left_alone(void **state)
{
	struct store_test *t = &all.t;
	uint8_t block[STORE_BLOCK] = "........DRAGOMAN\2", before[SEGMENT], now[SEGMENT];
	struct err err = {""};
	uint64_t checksum = format_checksum(0, block + 8, STORE_BLOCK - 8);
	int fd;

	(void)state;
	put_files();
	memcpy(block, &checksum, 8);
	fd = open(segment_path(t, all.n), O_RDWR);
	assert_int_equal(pwrite(fd, block, sizeof block, 0), sizeof block);
	assert_int_equal(pread(fd, before, SEGMENT, 0), SEGMENT);
	assert_int_equal(store_test_open(t, &err), -1);
	assert_non_null(strstr(err.text, "format 2"));
	assert_non_null(strstr(err.text, "install a newer one"));
	assert_int_equal(pread(fd, now, SEGMENT, 0), SEGMENT);
	assert_memory_equal(before, now, SEGMENT);
	close(fd);
}

static void a_foreign_segment_is_left_alone(void **state)
{
	struct store_test *t = &all.t;
	struct store_test other;
	struct err err = {""};
	char command[256];

	(void)state;
	put_files();
	store_test_init(&other);
	memcpy(other.stream, "some other stream", STORE_STREAM_SIZE);
	assert_int_equal(store_test_open(&other, &err), 0);
	commit_many(&other, 3, 5);
	store_close(&other.store);
	snprintf(command, sizeof command, "mv %s %s", segment_path(&other, 1), t->dir);
	assert_int_equal(system(command), 0);
	survives(1, 0);
	assert_true(segment_exists(t, 1));
	assert_false(all.served[1]);
	store_test_fini(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_may_be_spoilt),
		cmocka_unit_test(each_page_may_be_zeros),
		cmocka_unit_test(each_file_may_be_cut_off_anywhere),
		cmocka_unit_test(each_file_may_be_missing),
		cmocka_unit_test(a_read_that_fails_costs_nothing_for_good),
		cmocka_unit_test(damage_costs_what_it_hits),
		cmocka_unit_test(damage_before_a_time_is_nothing_to_who_asks_for_that_time),
		cmocka_unit_test(a_broken_header_costs_nothing),
		cmocka_unit_test(no_header_at_all_is_a_new_store),
		cmocka_unit_test(a_broken_checkpoint_is_made_up_for),
		cmocka_unit_test(a_newer_format_is_refused_and_left_alone),
		cmocka_unit_test(a_foreign_segment_is_left_alone),
	};

	log_init("test", NULL, LOG_ERROR);
	return cmocka_run_group_tests(tests, make_store, remove_store);
}
