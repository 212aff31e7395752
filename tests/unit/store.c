/* SPDX-License-Identifier: Apache-2.0 */
/* The store, as the hub uses it: commits, starts, reading, roll-over, retention. */
#include "store_test.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
