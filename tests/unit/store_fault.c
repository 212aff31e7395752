/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that fail: in a life of a store with commits, roll-over, dropping, reading and another start, the Nth
 * call fails, N counting up until a life survives without; once, or all from there on. Whichever it is, what
 * was acknowledged is there, what was refused is not, and once the disk is good again the store is.
 */
#include "store_test.h"

#include <errno.h>

#include "../shim/disk_shim.h"
#include "base/log.h"

static struct {
	unsigned nth, calls; /* the nth fails, 0: none */
	bool is_lasting;
	int error;
	unsigned kinds; /* bits */
	unsigned failures;
} fault;

static bool kept[4096], refused[4096];

static int before(void *arg, const struct disk_call *call)
{
	(void)arg;
	if (!fault.nth || !(fault.kinds & 1u << call->kind))
		return call->kind == DISK_SYNC ? DISK_LEAVE_OUT : DISK_GO_ON;
	fault.calls++;
	if (fault.calls == fault.nth || (fault.is_lasting && fault.calls > fault.nth)) {
		fault.failures++;
		return fault.error;
	}
	return call->kind == DISK_SYNC ? DISK_LEAVE_OUT : DISK_GO_ON;
}

static void is_good_again(void)
{
	disk_shim_lock();
	fault.nth = 0;
	disk_shim_unlock();
}

static void try_commits(struct store_test *t, unsigned groups)
{
	while (groups--) {
		uint64_t first = t->next;
		bool is_kept = commit(t, 7, "note");

		for (uint64_t seq = first; seq < t->next; seq++)
			(is_kept ? kept : refused)[seq] = true;
		assert_int_equal(is_kept, !store_is_out(t->store));
		if (!is_kept)
			assert_true(strlen(t->why.text) > 10);
	}
}

/* A write that nobody could take back, as nothing could be written any more, is found by the next start. */
static bool may_come_back(void)
{
	return fault.is_lasting && fault.kinds & 1u << DISK_WRITE;
}

/* All that was acknowledged and not dropped, and nothing that was refused. */
static void check_books(struct store_test *t)
{
	bool found[4096] = {false};
	uint64_t oldest = store_stats(t->store).oldest, seq = oldest;

	while (read_seq(t, seq) != STORE_END) {
		const struct store_chunk *c = t->result.chunk;

		if (t->result.found == STORE_GONE) { /* dropped since */
			assert_true(t->result.first > oldest);
			oldest = seq = t->result.first;
			continue;
		}
		assert_int_equal(t->result.found, STORE_CHUNK);
		for (size_t at = 0; at < c->len; at += FRAME) {
			check_frames(c->frames + at, FRAME, frame_seq(c->frames + at));
			assert_false(refused[frame_seq(c->frames + at)] && !may_come_back());
			found[frame_seq(c->frames + at)] = true;
		}
		seq = c->last + 1;
	}
	end_reading(t);
	for (uint64_t i = oldest; i < t->next; i++)
		assert_true(!kept[i] || found[i]);
}

/* The disk refuses everything: a reader is told so, or gets what is in memory. */
static void try_reading(struct store_test *t)
{
	switch (read_seq(t, store_stats(t->store).oldest)) {
	case STORE_CHUNK:
	case STORE_END:
	case STORE_DAMAGED:
	case STORE_FAILED: break;
	default: fail_msg("found %d", t->result.found);
	}
	end_reading(t);
}

static void open_in_the_end(struct store_test *t)
{
	uint64_t next = t->next;
	struct err err = {""};

	if (!t->store && store_test_open(t, &err) < 0) {
		assert_true(fault.failures > 0 && strlen(err.text) > 10);
		is_good_again();
		assert_int_equal(store_test_open(t, &err), 0);
	}
	t->next = next > 1 ? next : 1;
}

/* Whether a call has failed in it. */
static bool live(unsigned nth)
{
	struct store_test t;

	memset(kept, 0, sizeof kept);
	memset(refused, 0, sizeof refused);
	fault.calls = fault.failures = 0;
	fault.nth = nth;
	store_test_init(&t);
	t.settings.size = 4 * SEGMENT;
	t.settings.retry_ns = 1;
	t.next = 1;
	open_in_the_end(&t);
	try_commits(&t, 70);
	try_reading(&t);
	store_close(&t.store);
	open_in_the_end(&t);
	try_commits(&t, 10);
	is_good_again();
	try_commits(&t, 1); /* a segment that cannot be made is told once more */
	try_commits(&t, 1);
	assert_false(store_is_out(t.store));
	check_books(&t);
	store_close(&t.store);
	open_in_the_end(&t);
	check_books(&t);
	assert_int_equal(store_stats(t.store).damaged, 0);
	store_test_fini(&t);
	return fault.failures > 0;
}

static void fail_each(unsigned kinds, int error, bool is_lasting)
{
	unsigned nth = 1;

	fault.kinds = kinds;
	fault.error = error;
	fault.is_lasting = is_lasting;
	while (live(nth))
		nth++;
	assert_true(nth > 5);
	print_message("# %u calls\n", nth - 1);
}

static const unsigned changes = 1u << DISK_WRITE | 1u << DISK_SYNC | 1u << DISK_RENAME |
				1u << DISK_REMOVE | 1u << DISK_OPEN;

static void a_call_fails_once(void **state)
{
	(void)state;
	fail_each(changes, EIO, false);
}

static void calls_fail_from_there_on(void **state)
{
	(void)state;
	fail_each(changes, EIO, true);
}

static void syncs_fail_once(void **state)
{
	(void)state;
	fail_each(1u << DISK_SYNC, EIO, false);
}

static void syncs_fail_from_there_on(void **state)
{
	(void)state;
	fail_each(1u << DISK_SYNC, EIO, true);
}

static void the_disk_becomes_read_only(void **state)
{
	(void)state;
	fail_each(1u << DISK_WRITE | 1u << DISK_RENAME | 1u << DISK_REMOVE, EROFS, true);
}

static void the_system_has_no_memory_to_read_with(void **state)
{
	(void)state;
	fail_each(1u << DISK_READ, ENOMEM, false);
}

/* Only what makes a file longer needs room. */
static int no_room(void *arg, const struct disk_call *call)
{
	struct stat st;

	(void)arg;
	if (call->kind == DISK_WRITE && fstat(call->fd, &st) == 0 &&
	    call->at + call->iov[0].iov_len > (uint64_t)st.st_size)
		return ENOSPC;
	return call->kind == DISK_SYNC ? DISK_LEAVE_OUT : DISK_GO_ON;
}

static void a_full_disk_is_a_size_limit(void **state)
{
	struct store_test t;
	struct err err;

	(void)state;
	store_test_init(&t);
	assert_int_equal(store_test_open(&t, &err), 0);
	commit_many(&t, 100, 10);
	assert_true(store_stats(t.store).segments > 3);
	disk_shim_lock();
	disk_shim.before = no_room;
	disk_shim_unlock();
	commit_many(&t, 200, 10);
	assert_true(t.drops > 3);
	assert_int_equal(read_all(&t, t.oldest), 3001);
	disk_shim_lock();
	disk_shim.before = before;
	disk_shim_unlock();
	store_test_fini(&t);
}

static void a_full_disk_without_a_segment_is_out(void **state)
{
	struct store_test t;
	struct err err;

	(void)state;
	store_test_init(&t);
	t.settings.retry_ns = 1;
	disk_shim.before = no_room;
	assert_int_equal(store_test_open(&t, &err), 0);
	assert_false(commit(&t, 3, NULL));
	assert_true(store_is_out(t.store));
	assert_non_null(strstr(t.why.text, "No space left on device"));
	disk_shim_lock();
	disk_shim.before = before;
	disk_shim_unlock();
	commit(&t, 3, NULL);
	assert_true(commit(&t, 3, NULL));
	assert_false(store_is_out(t.store));
	store_test_fini(&t);
}

static void a_store_that_is_out_is_not_tried_all_the_time(void **state)
{
	struct store_test t;
	unsigned calls;
	struct err err;

	(void)state;
	fault.nth = 0;
	store_test_init(&t);
	assert_int_equal(store_test_open(&t, &err), 0);
	assert_true(commit(&t, 3, NULL));
	fault.calls = 0;
	fault.kinds = changes;
	fault.is_lasting = true;
	fault.error = EIO;
	fault.nth = 1;
	assert_false(commit(&t, 3, NULL));
	calls = fault.calls;
	for (int i = 0; i < 100; i++)
		assert_false(commit(&t, 3, NULL));
	assert_true(fault.calls <= calls + 4); /* of what was under way */
	is_good_again();
	assert_false(commit(&t, 3, NULL));
	store_test_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_fails_once),
		cmocka_unit_test(calls_fail_from_there_on),
		cmocka_unit_test(syncs_fail_once),
		cmocka_unit_test(syncs_fail_from_there_on),
		cmocka_unit_test(the_disk_becomes_read_only),
		cmocka_unit_test(the_system_has_no_memory_to_read_with),
		cmocka_unit_test(a_full_disk_is_a_size_limit),
		cmocka_unit_test(a_full_disk_without_a_segment_is_out),
		cmocka_unit_test(a_store_that_is_out_is_not_tried_all_the_time),
	};

	disk_shim.before = before;
	log_init("test", NULL, LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
