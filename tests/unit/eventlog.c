/* SPDX-License-Identifier: Apache-2.0 */
/* The ring and the log in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hub/eventlog.h"
#include "wire/stamp.h"

enum { SIZE = 64 * 1024 };

static struct eventlog log_;
static uint64_t dropped; /* the newest number that the log let go of */
static uint8_t bytes[SIZE];

static void drop(void *arg, uint64_t seq, const struct eventlog_entry *entry)
{
	size_t len;

	(void)arg;
	assert_int_equal(seq, dropped + 1);
	/* Its bytes are still there. */
	stamp_event(eventlog_frame(&log_, entry), entry->size, &len);
	dropped = seq;
}

static int set_up(void **state)
{
	(void)state;
	dropped = 100;
	return eventlog_init(&log_, SIZE, 100, drop, NULL, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	eventlog_fini(&log_);
	return 0;
}

static uint64_t append(size_t len, uint64_t time)
{
	memset(bytes, (int)(len & 0xff), len);
	return eventlog_append(&log_, &(struct eventlog_new){.device = 3,
							     .kind = 7,
							     .key = EVENTLOG_NO_KEY,
							     .time = time,
							     .event = bytes,
							     .len = len});
}

static void a_ring_reads_on_behind_its_end(void **state)
{
	struct ring ring;

	(void)state;
	assert_int_equal(ring_init(&ring, 10000, NULL), 0);
	assert_true(ring.size >= 10000 && (ring.size & (ring.size - 1)) == 0);
	memcpy(ring_at(&ring, ring.size - 3), "abcdef", 6);
	assert_memory_equal(ring_at(&ring, 0), "def", 3);
	assert_memory_equal(ring_at(&ring, 5 * ring.size - 3), "abcdef", 6);
	ring_fini(&ring);
}

static void numbers_follow_the_one_before(void **state)
{
	(void)state;
	assert_int_equal(log_.low, 101);
	assert_int_equal(log_.head, 100);
	assert_false(eventlog_has(&log_, 100));
	assert_int_equal(append(10, 0), 101);
	assert_int_equal(append(10, 0), 102);
	assert_true(eventlog_has(&log_, 101) && eventlog_has(&log_, 102));
	assert_int_equal(slot_device(eventlog_entry(&log_, 102)->slot), 3);
}

static void the_oldest_give_way_one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		uint64_t seq = append(1 + i * 7 % 3000, i);

		assert_int_equal(seq, 101 + i);
		assert_int_equal(log_.low, dropped + 1);
		assert_true(log_.end - log_.tail <= SIZE);
	}
	assert_true(log_.low > 101);
	for (uint64_t seq = log_.low; seq <= log_.head; seq++) {
		const struct eventlog_entry *entry = eventlog_entry(&log_, seq);
		size_t len, i = seq - 101;
		const uint8_t *event = stamp_event(eventlog_frame(&log_, entry), entry->size, &len);

		assert_int_equal(len, 1 + i * 7 % 3000);
		assert_int_equal(event[0], len & 0xff);
		assert_int_equal(event[len - 1], len & 0xff);
	}
}

static void the_index_limits_very_short_events(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++)
		append(1, 0);
	assert_int_equal(log_.head - log_.low + 1, SIZE / 64);
}

static void the_longest_event_fits_and_pushes_out_the_rest(void **state)
{
	(void)state;
	append(10, 0);
	append(eventlog_max_event(&log_), 0);
	append(eventlog_max_event(&log_), 0);
	append(eventlog_max_event(&log_), 0);
	assert_int_equal(log_.head, 104);
	assert_true(log_.low > 101 && log_.low <= 104);
}

static void a_time_is_found(void **state)
{
	(void)state;
	assert_int_equal(eventlog_find_time(&log_, 0, 0), 101);
	for (uint64_t i = 0; i < 900; i++)
		append(20, 1000 + 10 * i);
	assert_int_equal(eventlog_find_time(&log_, 0, 0), 101);
	assert_int_equal(eventlog_find_time(&log_, 0, 1000), 101);
	assert_int_equal(eventlog_find_time(&log_, 0, 1001), 102);
	assert_int_equal(eventlog_find_time(&log_, 0, 5000), 501);
	assert_int_equal(eventlog_find_time(&log_, 0, 9990), 1000);
	assert_int_equal(eventlog_find_time(&log_, 0, 9991), 1001);
	assert_int_equal(eventlog_find_time(&log_, 700, 5000), 700);
}

/* After the clock was set back, an earlier event may have a later time: more is given, never less. */
static void a_clock_step_gives_more_never_less(void **state)
{
	(void)state;
	append(20, 1000);
	append(20, 5000);
	append(20, 2000);
	append(20, 3000);
	assert_int_equal(eventlog_find_time(&log_, 0, 3000), 102);
}

static void bytes_from_a_place_are_known(void **state)
{
	(void)state;
	append(100, 0);
	append(100, 0);
	assert_int_equal(eventlog_bytes_from(&log_, 101), 2 * stamp_size(100));
	assert_int_equal(eventlog_bytes_from(&log_, 102), stamp_size(100));
	assert_int_equal(eventlog_bytes_from(&log_, 103), 0);
	assert_int_equal(eventlog_bytes_from(&log_, 1), 2 * stamp_size(100));
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_reads_on_behind_its_end),
		EACH(numbers_follow_the_one_before),
		EACH(the_oldest_give_way_one_by_one),
		EACH(the_index_limits_very_short_events),
		EACH(the_longest_event_fits_and_pushes_out_the_rest),
		EACH(a_time_is_found),
		EACH(a_clock_step_gives_more_never_less),
		EACH(bytes_from_a_place_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
