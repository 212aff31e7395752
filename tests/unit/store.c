/* SPDX-License-Identifier: Apache-2.0 */
/* The store, as the hub uses it: commits, starts, reading, roll-over, retention. */
#include "store_test.h"

#include "base/log.h"

static void what_was_committed_is_read(void **state)
{
	struct store_test *t = *state;

	assert_true(commit(t, 3, NULL));
	assert_int_equal(read_seq(t, 1), STORE_CHUNK);
	assert_int_equal(t->result.chunk->first, 1);
	assert_int_equal(t->result.chunk->last, 3);
	assert_int_equal(t->result.chunk->newest_time, 3 * TIME_STEP);
	assert_int_equal(t->result.chunk->n_slots, 2);
	assert_int_equal(t->result.chunk->slots[0], 8);
	assert_int_equal(t->result.chunk->slots[1], 17);
	check_frames(t->result.chunk->frames, t->result.chunk->len, 1);
	assert_int_equal(read_seq(t, 4), STORE_END);
}

static void an_empty_store_has_nothing(void **state)
{
	struct store_test *t = *state;
	struct store_stats stats = store_stats(t->store);

	assert_int_equal(read_seq(t, 1), STORE_END);
	assert_int_equal(stats.segments, 0);
	assert_int_equal(stats.oldest, 0);
	assert_int_equal(stats.newest, 0);
	assert_int_equal(t->checkpoints, 0);
}

static void a_start_finds_what_was_committed(void **state)
{
	struct store_test *t = *state;

	assert_true(commit(t, 0, "note of a run"));
	assert_true(commit(t, 5, NULL));
	assert_true(commit(t, 2, "note of something"));
	memset(t->stream, 0, sizeof t->stream);
	reopen(t);
	assert_memory_equal(t->stream, "stream of a test", STORE_STREAM_SIZE);
	assert_int_equal(t->checkpoint, 1);
	assert_int_equal(t->oldest_checkpoint, 1);
	assert_int_equal(t->notes, 2);
	assert_int_equal(t->frames.len, 7 * FRAME);
	check_frames(buf_bytes(&t->frames), t->frames.len, 1);
	assert_int_equal(t->next, 8);
	assert_true(commit(t, 4, NULL));
	assert_int_equal(read_all(t, 1), 12);
	assert_int_equal(store_stats(t->store).segments, 1);
}

static void a_refused_recovery_leaves_everything_as_it_was(void **state)
{
	struct store_test *t = *state;
	struct err err;

	assert_true(commit(t, 5, "note"));
	store_close(&t->store);
	t->is_refusing = true;
	assert_int_equal(store_test_open(t, &err), -1);
	assert_string_equal(err.text, "refused by the test");
	t->is_refusing = false;
	reopen(t);
	assert_int_equal(read_all(t, 1), 6);
}

static void segments_follow_each_other(void **state)
{
	struct store_test *t = *state;

	commit_many(t, 200, 20);
	assert_true(store_stats(t->store).segments > 10);
	assert_int_equal(t->checkpoints, store_stats(t->store).segments);
	assert_int_equal(read_all(t, 1), 4001);
	assert_int_equal(read_all(t, 1777), 4001);
	reopen(t);
	assert_int_equal(t->next, 4001);
	assert_true(t->checkpoint > 3900);
	assert_int_equal(frame_seq(buf_bytes(&t->frames)), t->checkpoint);
	assert_int_equal(t->oldest_checkpoint, 1);
	commit_many(t, 10, 20);
	assert_int_equal(read_all(t, 1), 4201);
}

static void readers_find_a_time(void **state)
{
	struct store_test *t = *state;

	commit_many(t, 100, 20);
	assert_int_equal(read_time(t, 1, 1234 * TIME_STEP), STORE_CHUNK);
	assert_true(t->result.chunk->first <= 1234 && t->result.chunk->last >= 1234);
	assert_true(t->result.chunk->first > 1200);
	assert_int_equal(read_time(t, 1900, 1234 * TIME_STEP), STORE_CHUNK);
	assert_true(t->result.chunk->first <= 1900 && t->result.chunk->last >= 1900);
	assert_int_equal(read_time(t, 1, 2001 * TIME_STEP), STORE_END);
}

static void the_size_is_kept(void **state)
{
	struct store_test *t = *state;
	uint64_t oldest;

	t->settings.size = 4 * SEGMENT;
	reopen(t);
	commit_many(t, 300, 20);
	assert_true(store_stats(t->store).bytes <= 4 * SEGMENT);
	assert_true(t->drops > 10);
	oldest = store_stats(t->store).oldest;
	assert_int_equal(oldest, t->oldest);
	assert_int_equal(t->dropped_checkpoint + 1, oldest);
	assert_int_equal(read_seq(t, 1), STORE_GONE);
	assert_int_equal(t->result.first, oldest);
	assert_int_equal(read_all(t, oldest), 6001);
	reopen(t);
	assert_int_equal(store_stats(t->store).oldest, oldest);
	assert_int_equal(t->oldest_checkpoint, oldest);
	assert_int_equal(read_all(t, oldest), 6001);
}

static void a_second_process_is_refused(void **state)
{
	struct store_test *t = *state;
	struct store *first = t->store;
	struct err err;

	t->store = NULL;
	assert_int_equal(store_test_open(t, &err), -1);
	assert_non_null(strstr(err.text, "another process"));
	t->store = first;
}

static void many_readers_share_what_was_read(void **state)
{
	struct store_test *t = *state;
	struct store_test readers[40];

	commit_many(t, 100, 20);
	for (size_t i = 0; i < 40; i++) {
		readers[i] = (struct store_test){.store = t->store};
		store_read(t->store, &readers[i].read, 1 + 40 * i, 0, on_read, &readers[i]);
	}
	store_read_cancel(&readers[7].read);
	for (size_t i = 0; i < 40; i++) {
		if (i == 7)
			continue;
		while (!readers[i].is_read)
			loop_turn(t->loop, -1);
		assert_int_equal(readers[i].result.found, STORE_CHUNK);
		assert_true(readers[i].result.chunk->first <= 1 + 40 * i);
		assert_true(readers[i].result.chunk->last >= 1 + 40 * i);
		store_release(t->store, &readers[i].result.chunk);
	}
	assert_false(readers[7].is_read);
}

static void wait_for_segments(struct store_test *t, uint32_t n)
{
	while (store_stats(t->store).segments > n)
		loop_turn(t->loop, -1);
}

static void settle(struct store_test *t)
{
	for (int i = 0; i < 20; i++)
		loop_turn(t->loop, 1);
}

static const int64_t hour = 3600 * NS_PER_S, year = 365 * 24 * 3600 * NS_PER_S;

static void old_segments_go_unless_they_are_needed(void **state)
{
	struct store_test *t = *state;

	clock_set(year, hour);
	t->settings.max_age_ns = hour;
	reopen(t);
	commit_many(t, 100, 20);
	store_set_needed(t->store, 777);
	clock_set(year + 2 * hour, 3 * hour);
	assert_true(commit(t, 1, NULL));
	settle(t);
	assert_in_range(store_stats(t->store).oldest, 400, 778);
	assert_int_equal(read_all(t, 778), 2002);
	store_set_needed(t->store, UINT64_MAX);
	assert_true(commit(t, 1, NULL));
	wait_for_segments(t, 1);
	assert_int_equal(read_all(t, t->oldest), 2003);
}

static void a_clock_that_jumps_drops_nothing(void **state)
{
	static const int64_t jumps[] = {year, -year, 50 * year, 0};
	struct store_test *t = *state;

	clock_set(60 * year, hour);
	t->settings.max_age_ns = hour;
	reopen(t);
	commit_many(t, 60, 20);
	for (size_t i = 0; i < 4; i++) {
		clock_set(60 * year + jumps[i], hour);
		settle(t);
		reopen(t); /* for the store, the clock was set while it was not there */
		assert_true(commit(t, 1, NULL));
		settle(t);
	}
	assert_int_equal(t->drops, 0);
	assert_int_equal(read_all(t, 1), 1205);
	store_close(&t->store);
	clock_set(60 * year + 2 * hour, hour); /* that is a stop */
	reopen(t);
	assert_true(commit(t, 1, NULL));
	wait_for_segments(t, 1);
}

static void it_says_how_much_is_there(void **state)
{
	struct store_test *t = *state;
	struct store_stats stats;
	uint64_t whole, half;

	commit_many(t, 100, 20);
	whole = store_bytes_from(t->store, 1);
	half = store_bytes_from(t->store, 1001);
	assert_in_range(whole, 2000 * FRAME, store_stats(t->store).bytes);
	assert_in_range(half, whole * 45 / 100, whole * 55 / 100);
	assert_int_equal(store_bytes_from(t->store, 2001), 0);
	store_set_needed(t->store, 1000);
	stats = store_stats(t->store);
	assert_in_range(stats.needed_bytes, half, half + 2000);
	assert_int_equal(stats.groups, 100);
	assert_int_equal(stats.events, 2000);
	assert_int_equal(stats.bytes, stats.segments * SEGMENT);
	assert_int_equal(stats.size, 64 * SEGMENT);
	assert_true(stats.commit_ns > 0 && stats.slowest_commit_ns >= stats.commit_ns);
	assert_int_equal(stats.failures + stats.damaged, 0);
}

static void small_groups_are_read_together(void **state)
{
	struct store_test *t = *state;
	const struct store_chunk *c;

	commit_many(t, 10, 1);
	assert_int_equal(read_seq(t, 1), STORE_CHUNK);
	c = t->result.chunk;
	assert_int_equal(c->first, 1);
	assert_int_equal(c->last, 10);
	assert_int_equal(c->newest_time, 10 * TIME_STEP);
	assert_int_equal(c->n_slots, 4);
	for (size_t i = 0; i < 3; i++)
		assert_true(c->slots[i] < c->slots[i + 1]);
	assert_int_equal(read_seq(t, 11), STORE_END);
	commit_many(t, 1, 1);
	assert_int_equal(read_seq(t, 11), STORE_CHUNK);
	assert_int_equal(t->result.chunk->last, 11);
}

static void slots_that_are_too_many_are_not_listed(void **state)
{
	struct store_test *t = *state;
	struct store_group group = {.n_slots = STORE_SLOTS_MAX, .events = 1};
	uint8_t frame[FRAME];

	group.frames = frame;
	group.frames_len = FRAME;
	for (uint64_t seq = 1; seq <= 2; seq++) {
		frame_fill(frame, seq);
		group.first = group.last = seq;
		for (uint32_t i = 0; i < STORE_SLOTS_MAX; i++)
			group.slots[i] = 8 * i + (uint32_t)seq;
		t->is_told = false;
		store_commit(t->store, &group);
		wait_committed(t);
		assert_int_equal(read_seq(t, 1), STORE_CHUNK);
		assert_int_equal(t->result.chunk->n_slots, seq * STORE_SLOTS_MAX > STORE_SLOTS_MAX
								   ? STORE_SLOTS_MAX + 1
								   : STORE_SLOTS_MAX);
		end_reading(t);
		reopen(t); /* nothing is in memory */
	}
}

/* A reader holds what it was given, whatever becomes of the segment. */
static void a_group_may_be_longer_than_a_segment(void **state)
{
	struct store_test *t = *state;

	assert_true(commit(t, 2, NULL));
	for (int i = 0; i < 3; i++) {
		assert_true(commit(t, 3000, NULL));
		assert_true(commit(t, 2, "note"));
	}
	assert_int_equal(read_all(t, 1), 9009);
	reopen(t);
	assert_int_equal(read_all(t, 1), 9009);
}

static void what_is_held_outlives_its_segment(void **state)
{
	struct store_test *t = *state;
	struct store_chunk *held;

	t->settings.size = 4 * SEGMENT;
	reopen(t);
	commit_many(t, 5, 20);
	assert_int_equal(read_seq(t, 1), STORE_CHUNK);
	held = t->result.chunk;
	t->result.chunk = NULL;
	commit_many(t, 300, 20);
	assert_true(t->drops > 3);
	assert_int_equal(read_seq(t, t->oldest), STORE_CHUNK);
	check_frames(held->frames, held->len, 1);
	store_release(t->store, &held);
	end_reading(t);
}

enum { BUFFERS = 16 }; /* of the store */

static size_t n_read(const struct store_test *readers, size_t n)
{
	size_t read = 0;

	while (n-- > 0)
		read += readers[n].is_read;
	return read;
}

static void readers_wait_for_a_buffer(void **state)
{
	struct store_test *t = *state;
	struct store_test readers[20];

	commit_many(t, 150, 60); /* a group fills much of a segment: no two readers share one */
	for (size_t i = 0; i < 20; i++) {
		readers[i] = (struct store_test){.store = t->store};
		store_read(t->store, &readers[i].read, 1 + 400 * i, 0, on_read, &readers[i]);
	}
	while (n_read(readers, 20) < BUFFERS)
		loop_turn(t->loop, -1);
	settle(t);
	assert_int_equal(n_read(readers, 20), BUFFERS);
	for (size_t i = 0; i < 20; i++) {
		while (!readers[i].is_read)
			loop_turn(t->loop, -1);
		assert_int_equal(readers[i].result.found, STORE_CHUNK);
		check_frames(readers[i].result.chunk->frames, readers[i].result.chunk->len,
			     readers[i].result.chunk->first);
		store_release(t->store, &readers[i].result.chunk);
	}
}

static void a_start_uses_what_the_size_allows(void **state)
{
	struct store_test *t = *state;

	commit_many(t, 200, 20);
	t->settings.size = 4 * SEGMENT;
	reopen(t);
	wait_for_segments(t, 4);
	assert_int_equal(read_all(t, t->oldest), 4001);
	t->settings.segment_size = 2 * SEGMENT; /* of new ones */
	t->settings.size = 8 * SEGMENT;
	reopen(t);
	commit_many(t, 400, 20);
	assert_true(store_stats(t->store).bytes <= 8 * SEGMENT);
	assert_int_equal(read_all(t, t->oldest), 12001);
}

/* Both begin their search at the beginning of the segment, and only one of them finds this chunk first. */
static void a_reader_is_given_nothing_from_behind_its_place(void **state)
{
	struct store_test *t = *state;

	commit_many(t, 10, 20);
	assert_int_equal(read_seq(t, 150), STORE_CHUNK);
	assert_true(t->result.chunk->first > 100);
	t->read = (struct store_read){0};
	assert_int_equal(read_seq(t, 50), STORE_CHUNK);
	assert_true(t->result.chunk->first <= 50 && t->result.chunk->last >= 50);
}

/* Found by its time, a chunk has groups before it that others look for. */
static void nor_what_another_one_looked_for_by_a_time(void **state)
{
	struct store_test *t = *state;

	t->settings.segment_size = 1 << 20;
	t->settings.size = 4 << 20;
	reopen(t);
	commit_many(t, 40, 500);
	assert_int_equal(read_time(t, 1, 10000 * TIME_STEP), STORE_CHUNK);
	assert_true(t->result.chunk->first > 9000 && t->result.chunk->first <= 10000);
	t->read = (struct store_read){0};
	assert_int_equal(read_seq(t, 700), STORE_CHUNK);
	assert_true(t->result.chunk->first <= 700 && t->result.chunk->last >= 700);
}

static void numbers_of_a_chunk_have_no_holes(void **state)
{
	struct store_test *t = *state;

	assert_true(commit(t, 3, NULL));
	assert_true(commit(t, 2, NULL));
	t->next += 1000;
	assert_true(commit(t, 4, NULL));
	assert_int_equal(read_seq(t, 1), STORE_CHUNK);
	assert_int_equal(t->result.chunk->last, 5);
	assert_int_equal(read_seq(t, 6), STORE_CHUNK);
	assert_int_equal(t->result.chunk->first, 1006);
	assert_int_equal(t->result.chunk->last, 1009);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_committed_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_store_has_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_start_finds_what_was_committed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_recovery_leaves_everything_as_it_was,
						setup, teardown),
		cmocka_unit_test_setup_teardown(segments_follow_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(readers_find_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(the_size_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_process_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(many_readers_share_what_was_read, setup, teardown),
		cmocka_unit_test_setup_teardown(it_says_how_much_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(small_groups_are_read_together, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_that_are_too_many_are_not_listed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_group_may_be_longer_than_a_segment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_held_outlives_its_segment, setup, teardown),
		cmocka_unit_test_setup_teardown(readers_wait_for_a_buffer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_start_uses_what_the_size_allows, setup, teardown),
		cmocka_unit_test_setup_teardown(old_segments_go_unless_they_are_needed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_jumps_drops_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_is_given_nothing_from_behind_its_place,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nor_what_another_one_looked_for_by_a_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(numbers_of_a_chunk_have_no_holes, setup, teardown),
	};

	log_init("test", NULL, LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
