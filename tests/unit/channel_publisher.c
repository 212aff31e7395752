/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher: its numbers, its memory, and what it says of what it had to drop. The last test plays a
 * hub that comes and goes at random and holds the publisher to a simple account of every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "channel/publisher.h"
#include "wire/frame.h"

enum { BOUND = 16 * 1024, INCARNATION = 99, SOURCES = 3 };

static struct publisher *publisher;
static struct buf wire; /* taken, and not looked at yet */
static struct publisher_source *sources[SOURCES];
static struct {
	uint64_t cookie;
	bool kept;
} told[64];
static size_t n_told;

static void kept(void *arg, uint64_t cookie, bool is_kept)
{
	(void)arg;
	assert_true(n_told < 64);
	told[n_told].cookie = cookie;
	told[n_told++].kept = is_kept;
}

static int setup(void **state)
{
	static const char *const names[SOURCES] = {"$channel/c1", "d1", "d2"};

	(void)state;
	clock_set(1000, 1000);
	publisher = publisher_new("c1", INCARNATION, BOUND);
	for (int i = 0; i < SOURCES; i++)
		sources[i] = publisher_add(publisher, names[i], kept, NULL);
	n_told = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_free(&publisher);
	buf_fini(&wire);
	return 0;
}

/* Another connection: what the old one carried is gone. */
static void reconnect(uint64_t received)
{
	buf_fini(&wire);
	assert_int_equal(publisher_rewind(publisher, received), 0);
}

static void say(int source, size_t len, uint64_t cookie)
{
	static char text[BOUND * 2];
	struct dragoman_value value = {.tag = "t", .type = DRAGOMAN_DATA};

	value.as.text.bytes = text;
	value.as.text.len = len;
	publisher_reading(
		sources[source],
		&(struct dragoman_reading){
			.received_ns = 5000, .values = &value, .n_values = 1, .cookie = cookie},
		NULL);
}

/* The events that the hub gets, one by one; NULL at the end. */
static Dragoman__V1__Frame *next_event(void)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;
	Dragoman__V1__Frame *frame;

	if (!wire.len && !publisher_take(publisher, &wire, 4096)) {
		buf_fini(&wire);
		return NULL;
	}
	used = frame_next(buf_bytes(&wire), wire.len, FRAME_MAX, &payload, &len);
	assert_true(used > 0); /* whole frames only */
	frame = frame_parse(payload, len);
	assert_non_null(frame);
	assert_int_equal(frame->body_case, DRAGOMAN__V1__FRAME__BODY_EVENT);
	buf_consume(&wire, (size_t)used);
	return frame;
}

/* Takes n events and returns the number of the last one. */
static uint64_t take(size_t n)
{
	uint64_t number = 0;

	while (n--) {
		Dragoman__V1__Frame *frame = next_event();

		assert_non_null(frame);
		number = frame->event->number;
		frame_free(&frame);
	}
	return number;
}

static void numbers_are_given_from_one_without_holes(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 300; i++) {
		Dragoman__V1__Frame *frame;

		say(1, 10, 0);
		frame = next_event();
		assert_non_null(frame);
		assert_int_equal(frame->event->number, i);
		assert_int_equal(frame->event->incarnation, INCARNATION);
		assert_int_equal(frame->event->time, 5000);
		assert_string_equal(frame->event->publisher, "c1");
		assert_string_equal(frame->event->device, "d1");
		frame_free(&frame);
		if (i % 50 == 0)
			assert_int_equal(publisher_kept(publisher, i, true), 0);
	}
	assert_null(next_event());
}

static void an_event_that_is_too_long_takes_no_other_with_it(void **state)
{
	static char text[FRAME_MAX];
	struct dragoman_value value = {.tag = "t", .type = DRAGOMAN_DATA};
	Dragoman__V1__Frame *frame;

	(void)state;
	value.as.text.bytes = text;
	value.as.text.len = sizeof text;
	publisher_reading(sources[1], &(struct dragoman_reading){.values = &value, .n_values = 1},
			  NULL);
	say(2, 10, 0);
	assert_true(publisher_owes(publisher));
	publisher_settle(publisher);
	assert_false(publisher_owes(publisher));
	assert_int_equal(take(1), 1);
	frame = next_event();
	assert_non_null(frame);
	assert_int_equal(frame->event->body_case, DRAGOMAN__V1__EVENT__BODY_LOSS);
	assert_string_equal(frame->event->device, "d1");
	assert_string_equal(frame->event->loss->reason, "event too long");
	frame_free(&frame);
	assert_null(next_event());
}

static void what_the_hub_has_is_not_sent_again(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		say(1, 10, 0);
	assert_int_equal(take(10), 10);
	assert_int_equal(publisher_kept(publisher, 4, false), 0);
	reconnect(6);
	assert_int_equal(take(1), 7);
	reconnect(0);
	assert_int_equal(take(6), 10);
	reconnect(9);
	assert_int_equal(publisher_kept(publisher, 10, false), 0);
	assert_null(next_event());
	assert_int_equal(publisher_stats(publisher).waiting, 0);
}

static void numbers_that_were_never_given_are_refused(void **state)
{
	(void)state;
	say(1, 10, 0);
	assert_int_equal(publisher_rewind(publisher, 2), -1);
	assert_int_equal(publisher_kept(publisher, 2, true), -1);
	assert_int_equal(publisher_kept(publisher, 1, true), 0);
	assert_int_equal(publisher_kept(publisher, 1, true), 0);
}

static void a_backlog_goes_out_by_pieces(void **state)
{
	struct buf out = {0};
	size_t before = 0;

	(void)state;
	for (int i = 0; i < 50; i++)
		say(1, 200, 0);
	while (publisher_take(publisher, &out, 1000)) {
		assert_true(out.len - before <= 1000);
		before = out.len;
	}
	assert_int_equal(out.len, publisher_stats(publisher).waiting);
	buf_fini(&out);
	publisher_kept(publisher, 50, false);
	say(1, 5000, 0);
	assert_true(publisher_take(publisher, &out, 1000));
	assert_true(out.len > 5000);
	buf_fini(&out);
}

static void fill(void)
{
	while (!publisher_stats(publisher).dropped)
		say(1, 100, 0);
}

static void what_finds_no_room_is_one_loss_for_each_device(void **state)
{
	Dragoman__V1__Frame *frame;
	uint64_t last, number;

	(void)state;
	fill();
	clock_set(9000, 9000);
	for (int i = 0; i < 9; i++)
		say(1, 1, 0); /* there would be room for it: but one of its device is missing */
	say(2, 1, 0);
	publisher_settle(publisher);
	last = publisher_stats(publisher).events;
	take(last);
	assert_null(next_event());
	assert_int_equal(publisher_kept(publisher, last, false), 0);
	publisher_settle(publisher);
	for (number = last + 1; number <= last + 2; number++) {
		frame = next_event();
		assert_non_null(frame);
		assert_int_equal(frame->event->number, number);
		assert_int_equal(frame->event->body_case, DRAGOMAN__V1__EVENT__BODY_LOSS);
		assert_string_equal(frame->event->device, number == last + 1 ? "d1" : "d2");
		assert_int_equal(frame->event->loss->count, number == last + 1 ? 10 : 1);
		assert_int_equal(frame->event->loss->from, 5000);
		assert_int_equal(frame->event->loss->to, 5000);
		assert_int_equal(frame->event->loss->last_number, number - 1);
		assert_string_equal(frame->event->loss->reason, "buffer full");
		frame_free(&frame);
	}
	say(1, 1, 0);
	assert_int_equal(take(1), last + 3);
	assert_null(next_event());
}

static void a_state_that_found_no_room_is_said_after_the_loss(void **state)
{
	Dragoman__V1__Frame *frame;
	uint64_t last;

	(void)state;
	fill();
	publisher_state(sources[2], EVENT_STALE, "unplugged", "");
	publisher_state(sources[2], EVENT_ONLINE, "", "");
	last = publisher_stats(publisher).events;
	take(last);
	assert_int_equal(publisher_kept(publisher, last, false), 0);
	publisher_settle(publisher);
	take(2);
	frame = next_event();
	assert_non_null(frame);
	assert_int_equal(frame->event->body_case, DRAGOMAN__V1__EVENT__BODY_STATE);
	assert_int_equal(frame->event->state->code, DRAGOMAN__V1__STATE__CODE__ONLINE);
	assert_string_equal(frame->event->device, "d2");
	frame_free(&frame);
	assert_null(next_event());
}

static void an_event_that_can_never_fit_is_a_loss_at_once(void **state)
{
	Dragoman__V1__Frame *frame;

	(void)state;
	say(1, BOUND + 1, 0);
	publisher_settle(publisher);
	frame = next_event();
	assert_non_null(frame);
	assert_int_equal(frame->event->body_case, DRAGOMAN__V1__EVENT__BODY_LOSS);
	assert_int_equal(frame->event->loss->count, 1);
	frame_free(&frame);
	say(1, 10, 0);
	assert_int_equal(take(1), 2);
}

static void states_are_said_again_to_a_new_hub(void **state)
{
	(void)state;
	publisher_state(sources[0], EVENT_ONLINE, "", "");
	publisher_state(sources[1], EVENT_STALE, "no answer", "");
	assert_int_equal(take(2), 2);
	publisher_kept(publisher, 2, false);
	publisher_restate(publisher);
	assert_int_equal(take(2), 4);
	assert_null(next_event());
}

static void those_who_wait_are_told_once(void **state)
{
	(void)state;
	say(1, 10, 7);
	say(1, 10, 0);
	say(1, 10, 8);
	say(2, BOUND + 1, 9);
	assert_int_equal(n_told, 0);
	publisher_settle(publisher);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].cookie, 9);
	assert_false(told[0].kept);
	publisher_kept(publisher, 1, true);
	publisher_settle(publisher);
	assert_int_equal(n_told, 2);
	assert_int_equal(told[1].cookie, 7);
	assert_true(told[1].kept);
	publisher_kept(publisher, 3, false);
	publisher_settle(publisher);
	publisher_settle(publisher);
	assert_int_equal(n_told, 3);
	assert_int_equal(told[2].cookie, 8);
	assert_false(told[2].kept);
}

static void expect_prompt(bool is_prompt)
{
	Dragoman__V1__Frame *frame = next_event();

	assert_int_equal(frame->prompt, is_prompt);
	frame_free(&frame);
}

static void a_record_is_kept_if_all_of_it_is(void **state)
{
	struct publisher_record *record, *other;

	(void)state;
	say(1, 10, 0);
	record = publisher_open_record(publisher, kept, NULL, 1);
	say(1, 10, 0);
	say(2, 10, 0);
	publisher_close_record(&record);
	assert_null(record);
	say(1, 10, 0);
	expect_prompt(false);
	expect_prompt(true);
	expect_prompt(true);
	expect_prompt(false);
	publisher_kept(publisher, 2, true);
	publisher_settle(publisher);
	assert_int_equal(n_told, 0);
	publisher_kept(publisher, 3, true);
	publisher_settle(publisher);
	assert_int_equal(n_told, 1);
	assert_true(told[0].cookie == 1 && told[0].kept);

	/* one part of it on disk, the other not; nothing in it; nobody to tell */
	record = publisher_open_record(publisher, kept, NULL, 2);
	say(1, 10, 0);
	say(1, 10, 0);
	publisher_close_record(&record);
	publisher_kept(publisher, 5, false);
	publisher_kept(publisher, 6, true);
	record = publisher_open_record(publisher, kept, NULL, 3);
	other = publisher_open_record(publisher, kept, NULL, 4);
	publisher_close_record(&record);
	publisher_abandon_record(&other);
	publisher_settle(publisher);
	assert_int_equal(n_told, 3);
	assert_true(told[1].cookie == 2 && !told[1].kept);
	assert_true(told[2].cookie == 3 && told[2].kept);

	/* what had no room */
	record = publisher_open_record(publisher, kept, NULL, 5);
	say(1, 10, 0);
	say(1, BOUND + 1, 0);
	publisher_close_record(&record);
	publisher_settle(publisher);
	assert_true(told[3].cookie == 5 && !told[3].kept);
}

/* What each device said, by its own account and by what the hub was told. */
struct account {
	uint64_t said, arrived, lost;
};

static void hear(struct account accounts[SOURCES], uint64_t *received)
{
	Dragoman__V1__Frame *frame = next_event();
	const Dragoman__V1__Event *event;
	struct account *account;

	if (!frame)
		return;
	event = frame->event;
	account = &accounts[event->device[1] - '0'];
	if (event->number > *received) {
		assert_int_equal(event->number, *received + 1);
		*received = event->number;
		if (event->body_case == DRAGOMAN__V1__EVENT__BODY_LOSS)
			account->lost += event->loss->count;
		else
			account->arrived++;
	}
	frame_free(&frame);
}

static void every_event_arrives_or_is_counted(void **state)
{
	struct account accounts[SOURCES] = {{0}};
	uint64_t received = 0, on_disk = 0;
	unsigned random = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		random = random * 1103515245 + 12345;
		switch (random >> 16 & 15) {
		case 0: /* acknowledge some of it */
			on_disk += (received - on_disk) / 2;
			assert_int_equal(publisher_kept(publisher, on_disk, true), 0);
			break;
		case 1: /* the connection is gone, and with it what was not acknowledged */
			if (random >> 20 & 7)
				break;
			reconnect(received);
			break;
		case 2:
		case 3:
		case 4:
		case 5: hear(accounts, &received); break;
		case 6: publisher_settle(publisher); break;
		default: {
			int source = 1 + (random >> 24 & 1);

			accounts[source].said++;
			say(source, random >> 20 & 255, 0);
		}
		}
		assert_true(publisher_stats(publisher).waiting <= BOUND);
	}
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 10000; k++)
			hear(accounts, &received);
		publisher_kept(publisher, received, true);
		publisher_settle(publisher);
	}
	for (int i = 1; i < SOURCES; i++) {
		assert_true(accounts[i].lost > 0 && accounts[i].arrived > 0);
		assert_int_equal(accounts[i].said, accounts[i].arrived + accounts[i].lost);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_given_from_one_without_holes),
		TEST(an_event_that_is_too_long_takes_no_other_with_it),
		TEST(what_the_hub_has_is_not_sent_again),
		TEST(numbers_that_were_never_given_are_refused),
		TEST(a_backlog_goes_out_by_pieces),
		TEST(what_finds_no_room_is_one_loss_for_each_device),
		TEST(a_state_that_found_no_room_is_said_after_the_loss),
		TEST(an_event_that_can_never_fit_is_a_loss_at_once),
		TEST(states_are_said_again_to_a_new_hub),
		TEST(those_who_wait_are_told_once),
		TEST(a_record_is_kept_if_all_of_it_is),
		TEST(every_event_arrives_or_is_counted),
	};

	return cmocka_run_group_tests_name("channel_publisher", tests, NULL, NULL);
}
