/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the log, against a naive model: a list of all that was ever appended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/cursor.h"
#include "hub/device.h"
#include "hub/eventlog.h"
#include "hub/filter.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/stamp.h"

enum { SIZE = 16 * 1024, EVENTS_MAX = 40000, DEVICES = 12 };

static struct eventlog log_;
static struct devices devices;
static struct filters filters;
static uint32_t slots[EVENTS_MAX]; /* by number: what was appended, for ever */

static void drop(void *arg, uint64_t seq, const struct eventlog_entry *entry)
{
	(void)arg;
	devices_dropping(&devices, &log_, seq, entry, true);
}

static int set_up(void **state)
{
	char name[16];

	(void)state;
	devices_init(&devices);
	filters_init(&filters, &devices);
	for (int i = 0; i < DEVICES; i++) {
		snprintf(name, sizeof name, "%d/d%d", i % 3, i);
		devices_add(&devices, name);
	}
	return eventlog_init(&log_, SIZE, 0, drop, NULL, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	eventlog_fini(&log_);
	filters_fini(&filters);
	devices_fini(&devices);
	return 0;
}

/* The event's bytes are its length and filler: cursors do not look inside. */
static uint64_t append(uint32_t device, uint32_t kind, size_t len)
{
	static uint8_t bytes[SIZE];
	uint64_t seq = eventlog_append(&log_, &(struct eventlog_new){.device = device,
								     .kind = kind,
								     .key = EVENTLOG_NO_KEY,
								     .time = log_.head,
								     .event = bytes,
								     .len = len});

	slots[seq] = slot_of(device, kind);
	return seq;
}

static struct filter *get(const char *pattern, unsigned kinds)
{
	char copy[32], *patterns[] = {copy};

	snprintf(copy, sizeof copy, "%s", pattern);
	return filters_get(&filters, patterns, 1, kinds);
}

static void what_matches_is_gathered_in_few_pieces(void **state)
{
	struct cursor cursor = {.filter = get("0/#", 0), .next = 1};
	struct gather gather = {0};
	struct buf rest = {0};

	(void)state;
	append(1, 6, 10); /* 0/d0 */
	append(4, 6, 20); /* 0/d3, beside it */
	append(2, 6, 30); /* 1/d1 */
	append(1, 6, 40);
	append(1, 8, 50); /* Raw */
	cursor_gather(&cursor, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(gather.n, 2);
	assert_int_equal(gather.frames, 3);
	assert_int_equal(gather.bytes, stamp_size(10) + stamp_size(20) + stamp_size(40));
	assert_int_equal(gather.next, 6);
	assert_int_equal(cursor_sent(&cursor, &log_, &gather, gather.bytes, &rest), 3);
	assert_int_equal(cursor.next, 6);
	assert_int_equal(rest.len, 0);
	filters_release(&filters, &cursor.filter);
}

static void a_cut_frame_leaves_its_rest_and_a_place_on_a_boundary(void **state)
{
	struct cursor cursor = {.filter = get("#", 0), .next = 1};
	struct gather gather = {0};
	struct buf rest = {0};
	size_t first;

	(void)state;
	append(1, 6, 10);
	append(2, 6, 20);
	append(3, 6, 20);
	first = stamp_size(10);
	cursor_gather(&cursor, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(cursor_sent(&cursor, &log_, &gather, first + 5, &rest), 2);
	assert_int_equal(cursor.next, 3);
	assert_int_equal(rest.len, stamp_size(20) - 5);
	assert_memory_equal(buf_bytes(&rest), eventlog_frame(&log_, eventlog_entry(&log_, 2)) + 5,
			    rest.len);
	buf_fini(&rest);
	filters_release(&filters, &cursor.filter);
}

static void nothing_sent_leaves_the_place(void **state)
{
	struct cursor cursor = {.filter = get("#", 0), .next = 1};
	struct gather gather = {0};
	struct buf rest = {0};

	(void)state;
	append(1, 6, 10);
	cursor_gather(&cursor, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(cursor_sent(&cursor, &log_, &gather, 0, &rest), 0);
	assert_int_equal(cursor.next, 1);
	filters_release(&filters, &cursor.filter);
}

/* Pushes out all that is in the log with events of one device. */
static void flood(uint32_t device)
{
	uint64_t until = log_.head;

	while (log_.low <= until)
		append(device, 6, 1000);
}

static void what_was_lost_is_told_if_the_filter_matches_it(void **state)
{
	struct cursor all = {.filter = get("#", 0), .next = 1};
	struct cursor quiet = {.filter = get("1/d1", 0), .next = 2};
	uint64_t first, last;

	(void)state;
	append(2, 6, 10); /* 1/d1, before the quiet one's place */
	append(1, 6, 10);
	flood(1);
	assert_true(cursor_catch_up(&all, &log_, &devices, &first, &last));
	assert_int_equal(first, 1);
	assert_int_equal(last, log_.low - 1);
	assert_int_equal(all.next, log_.low);
	assert_false(cursor_catch_up(&quiet, &log_, &devices, &first, &last));
	assert_int_equal(quiet.next, log_.low);
	filters_release(&filters, &all.filter);
	filters_release(&filters, &quiet.filter);
}

static void kinds_that_were_not_asked_for_are_no_gap(void **state)
{
	struct cursor states = {.filter = get("#", kind_bit(7)), .next = 1};
	uint64_t first, last;

	(void)state;
	append(1, 6, 10);
	flood(1);
	assert_false(cursor_catch_up(&states, &log_, &devices, &first, &last));
	append(1, 7, 10);
	flood(1);
	states.next = 1;
	assert_true(cursor_catch_up(&states, &log_, &devices, &first, &last));
	assert_true(last < log_.low && slots[last] == slot_of(1, 7));
	filters_release(&filters, &states.filter);
}

static void subscribers_at_one_place_share_the_work(void **state)
{
	struct cursor a = {.filter = get("#", 0), .next = 1}, b = a;
	struct gather gather = {0};

	(void)state;
	append(1, 6, 10);
	cursor_gather(&a, &log_, log_.head, SIZE_MAX, &gather);
	gather.bytes = 12345; /* a mark: the second one does not gather again */
	cursor_gather(&b, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(gather.bytes, 12345);
	append(1, 6, 10);
	cursor_gather(&b, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(gather.frames, 2);
	filters_release(&filters, &a.filter);
}

static void no_more_than_was_asked_for_is_gathered(void **state)
{
	struct cursor cursor = {.filter = get("0/#", 0), .next = 1}, other = cursor;
	struct gather gather = {0};
	struct buf rest = {0};

	(void)state;
	for (int i = 0; i < 5; i++) {
		append(1, 6, 10);
		append(2, 6, 10); /* does not match */
	}
	cursor_gather(&cursor, &log_, 6, SIZE_MAX, &gather);
	assert_int_equal(gather.frames, 3);
	assert_int_equal(gather.last, 5);
	assert_int_equal(gather.next, 7);
	cursor_gather(&cursor, &log_, log_.head, 2, &gather);
	assert_int_equal(gather.frames, 2);
	assert_int_equal(gather.last, 3);
	cursor_sent(&cursor, &log_, &gather, gather.bytes, &rest);
	/* Who may have more does not share it. */
	cursor_gather(&other, &log_, log_.head, SIZE_MAX, &gather);
	assert_int_equal(gather.frames, 5);
	cursor_gather(&cursor, &log_, log_.head, 9, &gather);
	assert_int_equal(gather.frames, 3);
	filters_release(&filters, &cursor.filter);
}

/* ---- The model ---- */

/* A subscriber that takes random amounts; what it gets is checked byte for byte. */
struct reader {
	struct cursor cursor;
	uint64_t expected; /* all before it was given, told as lost, or does not match */
	struct buf rest;   /* of a cut frame, and what is behind it has to wait */
	struct buf got;    /* not yet whole */
};

static uint64_t next_match(const struct reader *reader, uint64_t seq)
{
	while (seq <= log_.head && !filter_matches(reader->cursor.filter, slots[seq]))
		seq++;
	return seq;
}

static void check_frames(struct reader *reader)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;

	while ((used = frame_next(buf_bytes(&reader->got), reader->got.len, FRAME_MAX, &payload,
				  &len)) > 0) {
		reader->expected = next_match(reader, reader->expected);
		assert_int_equal(fixed64_get(payload + 1), reader->expected++);
		buf_consume(&reader->got, (size_t)used);
	}
	assert_int_equal(used, 0);
}

static void check_gap(struct reader *reader, uint64_t first, uint64_t last)
{
	/* Exactly what the model says is missing: something that matches, and nothing later does. */
	uint64_t lost = next_match(reader, first);

	assert_true(lost <= last);
	assert_true(filter_matches(reader->cursor.filter, slots[last]));
	assert_true(next_match(reader, last + 1) >= log_.low);
	reader->expected = reader->cursor.next;
}

static void take(struct reader *reader)
{
	struct gather gather = {0};
	uint64_t first, last;
	size_t n;

	buf_add(&reader->got, buf_bytes(&reader->rest), reader->rest.len);
	buf_clear(&reader->rest);
	check_frames(reader);
	if (cursor_catch_up(&reader->cursor, &log_, &devices, &first, &last))
		check_gap(reader, first, last);
	cursor_gather(&reader->cursor, &log_, log_.head, SIZE_MAX, &gather);
	n = gather.bytes ? (size_t)rand() % (2 * gather.bytes) : 0;
	n = n > gather.bytes ? gather.bytes : n;
	for (size_t i = 0, left = n; left; i++) {
		size_t part = left < gather.pieces[i].iov_len ? left : gather.pieces[i].iov_len;

		buf_add(&reader->got, gather.pieces[i].iov_base, part);
		left -= part;
	}
	cursor_sent(&reader->cursor, &log_, &gather, n, &reader->rest);
	check_frames(reader);
}

static void readers_of_all_speeds_get_what_the_model_says(void **state)
{
	static const char *const patterns[] = {"#", "0/#", "+/d1", "2/d2", "nobody"};
	enum { READERS = 15 };
	struct reader readers[READERS] = {0};

	(void)state;
	srand(1);
	for (size_t i = 0; i < READERS; i++)
		readers[i] = (struct reader){
			.cursor = {.filter = get(patterns[i % 5], i % 2 ? kind_bit(6) : 0),
				   .next = 1},
			.expected = 1};
	for (int turn = 0; turn < 3000; turn++) {
		for (int n = rand() % 20; n > 0 && log_.head < EVENTS_MAX - 1; n--)
			append(1 + (uint32_t)rand() % DEVICES, rand() % 4 ? 6 : 7,
			       (size_t)rand() % (rand() % 50 ? 200 : 5000));
		for (size_t i = 0; i < READERS; i++)
			if (rand() % (int)(1 + i * i) == 0)
				take(&readers[i]);
	}
	for (size_t i = 0; i < READERS; i++) {
		while (readers[i].cursor.next <= log_.head || readers[i].rest.len)
			take(&readers[i]);
		assert_int_equal(readers[i].got.len, 0);
		assert_int_equal(next_match(&readers[i], readers[i].expected), log_.head + 1);
		filters_release(&filters, &readers[i].cursor.filter);
		buf_fini(&readers[i].got);
		buf_fini(&readers[i].rest);
	}
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(what_matches_is_gathered_in_few_pieces),
		EACH(a_cut_frame_leaves_its_rest_and_a_place_on_a_boundary),
		EACH(nothing_sent_leaves_the_place),
		EACH(what_was_lost_is_told_if_the_filter_matches_it),
		EACH(kinds_that_were_not_asked_for_are_no_gap),
		EACH(subscribers_at_one_place_share_the_work),
		EACH(no_more_than_was_asked_for_is_gathered),
		EACH(readers_of_all_speeds_get_what_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
