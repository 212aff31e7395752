/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler with a clock that the tests set: `at` runs it at a time in milliseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "channel/scheduler.h"

enum { GAP_MS = 10 };

static struct scheduler *scheduler;
static struct scheduler_slot *a, *b;
static struct buf seen;
static int send_result;
static bool asks_again; /* a device that queues the next exchange when one ends */
static int64_t now_ms;

static const char *const ends[] = {"replied", "timed out", "not sent", "garbled"};

static int64_t ns(int64_t ms)
{
	return ms * NS_PER_MS;
}

static void queue(struct scheduler_slot *slot, const char *text, uint32_t timeout_ms,
		  uint32_t retries, uint32_t priority)
{
	const struct dragoman_ask ask = {.exchange = {.data = (const uint8_t *)text,
						      .len = strlen(text),
						      .timeout_ms = timeout_ms,
						      .retries = retries,
						      .priority = priority,
						      .cookie = (uint64_t)text[0]}};

	assert_int_equal(scheduler_queue(slot, &ask, ns(now_ms)), 0);
}

static int send(void *device, const uint8_t *data, size_t len, bool is_raw)
{
	(void)is_raw;
	buf_addf(&seen, "%lld %s> %.*s\n", (long long)now_ms, (const char *)device, (int)len,
		 (const char *)data);
	return send_result;
}

static void ended(void *device, uint64_t cookie, enum dragoman_end end)
{
	buf_addf(&seen, "%lld %s: %c %s\n", (long long)now_ms, (const char *)device, (char)cookie,
		 ends[end]);
	if (asks_again)
		queue(*(const char *)device == 'A' ? a : b, "again", 100, 0, 0);
}

static bool has_break;

static int send_break(void *device, int64_t duration_ns)
{
	buf_addf(&seen, "%lld %s_ %lld\n", (long long)now_ms, (const char *)device,
		 (long long)(duration_ns / NS_PER_MS));
	return has_break ? 0 : -1;
}

static void set_line(void *device, const struct dragoman_line *line)
{
	buf_addf(&seen, "%lld %s= %u %s\n", (long long)now_ms, (const char *)device, line->baud,
		 line->format ? line->format : "-");
}

static void unanswered(void *device, unsigned in_a_row)
{
	buf_addf(&seen, "%lld %s? %u\n", (long long)now_ms, (const char *)device, in_a_row);
}

static const struct scheduler_events events = {.send = send,
					       .send_break = send_break,
					       .set_line = set_line,
					       .ended = ended,
					       .unanswered = unanswered};

static int setup(void **state)
{
	static char name_a[] = "A", name_b[] = "B";

	(void)state;
	now_ms = 1000;
	send_result = 0;
	asks_again = false;
	has_break = true;
	scheduler = scheduler_new(ns(GAP_MS), &events);
	a = scheduler_add(scheduler, name_a);
	b = scheduler_add(scheduler, name_b);
	scheduler_line(scheduler, true, ns(now_ms));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scheduler_free(&scheduler);
	buf_fini(&seen);
	return 0;
}

static void at(int64_t ms)
{
	now_ms = ms;
	scheduler_run(scheduler, ns(ms));
}

static void written(void)
{
	scheduler_written(scheduler, ns(now_ms));
}

static void replied(void)
{
	scheduler_replied(scheduler, ns(now_ms));
}

/* Runs at each deadline up to a time. What is sent leaves at once; nothing answers. */
static void run_until(int64_t ms)
{
	for (;;) {
		int64_t deadline = scheduler_deadline(scheduler);

		if (!deadline || deadline > ns(ms))
			break;
		at(deadline > ns(now_ms) ? deadline / NS_PER_MS : now_ms);
		written();
	}
	now_ms = ms;
}

static void assert_seen(const char *text)
{
	assert_string_equal(buf_str(&seen), text);
	buf_clear(&seen);
}

static void one_exchange_at_a_time_with_a_gap_between(void **state)
{
	uint64_t cookie;

	(void)state;
	queue(a, "x", 100, 0, 0);
	queue(b, "y", 100, 0, 0);
	at(1000);
	assert_seen("1000 A> x\n");
	assert_string_equal(scheduler_current(scheduler, &cookie), "A");
	assert_int_equal(cookie, 'x');
	at(1005);
	written();
	now_ms = 1020;
	replied();
	assert_seen("1020 A: x replied\n");
	assert_null(scheduler_current(scheduler, &cookie));
	assert_int_equal(scheduler_deadline(scheduler), ns(1030));
	at(1029);
	assert_seen("");
	at(1030);
	assert_seen("1030 B> y\n");
}

static void priority_goes_first_then_order(void **state)
{
	(void)state;
	queue(a, "1", 100, 0, 0);
	queue(a, "2", 100, 0, 5);
	queue(b, "3", 100, 0, 0);
	queue(b, "4", 100, 0, 9);
	at(1000);
	replied();
	at(1010);
	replied();
	at(1020);
	replied();
	at(1030);
	replied();
	assert_seen("1000 B> 4\n1000 B: 4 replied\n1010 A> 2\n1010 A: 2 replied\n"
		    "1020 A> 1\n1020 A: 1 replied\n1030 B> 3\n1030 B: 3 replied\n");
	assert_int_equal(scheduler_deadline(scheduler), 0);
}

static void the_timeout_runs_from_when_the_request_has_left(void **state)
{
	(void)state;
	queue(a, "x", 100, 1, 0);
	at(1000);
	now_ms = 1050;
	written();
	assert_int_equal(scheduler_deadline(scheduler), ns(1150));
	at(1149);
	assert_seen("1000 A> x\n");
	at(1150);
	assert_seen("1150 A? 1\n");
	at(1160);
	assert_seen("1160 A> x\n");
	written();
	at(1260);
	assert_seen("1260 A? 2\n1260 A: x timed out\n");
	assert_int_equal(scheduler_stats(scheduler).retries, 1);
	assert_int_equal(scheduler_stats(scheduler).timeouts, 2);
}

static void a_retry_goes_before_other_polls_and_after_commands(void **state)
{
	(void)state;
	queue(a, "x", 100, 1, 0);
	at(1000);
	written();
	queue(b, "y", 100, 0, 0);
	queue(b, "z", 100, 0, 5);
	at(1100);
	at(1110);
	replied();
	at(1120);
	assert_seen("1000 A> x\n1100 A? 1\n1110 B> z\n1110 B: z replied\n1120 A> x\n");
}

static void without_a_timeout_it_ends_when_it_has_left(void **state)
{
	(void)state;
	queue(a, "x", 0, 0, 0);
	at(1000);
	at(1005);
	assert_seen("1000 A> x\n");
	written();
	at(1005);
	assert_seen("1005 A: x replied\n");
}

static void a_request_that_does_not_leave_ends_after_a_minute(void **state)
{
	(void)state;
	queue(a, "x", 100, 0, 0);
	at(1000);
	assert_int_equal(scheduler_deadline(scheduler), ns(61000));
	at(61000);
	assert_seen("1000 A> x\n61000 A? 1\n61000 A: x timed out\n");
}

static void what_cannot_be_sent_ends_and_does_not_keep_us_busy(void **state)
{
	(void)state;
	send_result = -1;
	asks_again = true;
	queue(a, "x", 100, 0, 0);
	at(1000);
	at(1000);
	assert_seen("1000 A> x\n1000 A: x not sent\n");
	assert_int_equal(scheduler_deadline(scheduler), ns(1100));
}

static void a_device_has_so_many_exchanges_and_no_more(void **state)
{
	const struct dragoman_ask exchange = {
		.exchange = {.data = (const uint8_t *)"x", .len = 1, .cookie = 1}};

	(void)state;
	for (int i = 0; i < SCHEDULER_QUEUE_MAX; i++)
		assert_int_equal(scheduler_queue(a, &exchange, ns(now_ms)), 0);
	assert_int_equal(scheduler_queue(a, &exchange, ns(now_ms)), -1);
	assert_int_equal(scheduler_queue(b, &exchange, ns(now_ms)), 0);
	at(1000);
	assert_int_equal(scheduler_queue(a, &exchange, ns(now_ms)), -1);
	replied();
	assert_int_equal(scheduler_queue(a, &exchange, ns(now_ms)), 0);
}

/* An exchange of 1 s with one retry, and what else is asked for. */
static void ask(struct scheduler_slot *slot, const char *text, struct dragoman_ask ask)
{
	ask.size = sizeof(ask);
	ask.exchange = (struct dragoman_exchange){.data = (const uint8_t *)text,
						  .len = text ? strlen(text) : 0,
						  .timeout_ms = 1000,
						  .retries = 1,
						  .cookie = text ? (uint64_t)text[0] : '~'};
	assert_int_equal(scheduler_queue(slot, &ask, ns(now_ms)), 0);
}

static void received(int64_t ms)
{
	now_ms = ms;
	scheduler_received(scheduler, ns(ms));
}

static void a_break_and_a_pause_come_before_it(void **state)
{
	(void)state;
	ask(a, "x", (struct dragoman_ask){.break_ms = 300, .pause_ms = 50});
	at(1000);
	now_ms = 1300;
	written(); /* the break is over */
	assert_seen("1000 A_ 300\n");
	at(1349);
	at(1350);
	assert_seen("1350 A> x\n");
	written();
	replied();
	has_break = false;
	ask(a, NULL, (struct dragoman_ask){.break_ms = 300});
	at(1360);
	assert_seen("1350 A: x replied\n1360 A_ 300\n");
	run_until(2400); /* without data there is nothing but the wait */
	assert_seen("2360 A? 1\n2370 A_ 300\n");
}

static void the_line_is_set_before_and_after(void **state)
{
	const struct dragoman_line fast = {.baud = 9600, .format = "8N1"}, as_set = {0};

	(void)state;
	ask(a, "x", (struct dragoman_ask){.before = &as_set, .after = &fast});
	at(1000);
	assert_seen("1000 A= 0 -\n1000 A> x\n");
	now_ms = 1005;
	written();
	assert_seen("1005 A= 9600 8N1\n");
}

static void the_first_byte_and_those_between_have_their_times(void **state)
{
	(void)state;
	ask(a, "x", (struct dragoman_ask){.first_byte_ms = 100, .between_bytes_ms = 20});
	at(1000);
	written();
	run_until(1099);
	assert_seen("1000 A> x\n");
	run_until(1111);
	assert_seen("1100 A? 1\n1110 A> x\n");
	received(1150);
	received(1169);
	run_until(1188);
	assert_seen("");
	run_until(1189);
	assert_seen("1189 A: x garbled\n");
}

static void what_is_garbled_is_no_silence(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		ask(a, "x", (struct dragoman_ask){0});
		run_until(now_ms + 10);
		received(now_ms + 100);
		run_until(now_ms + 1010);
		received(now_ms + 100);
		run_until(now_ms + 1000);
		assert_non_null(strstr(buf_str(&seen), "garbled"));
		assert_null(strchr(buf_str(&seen), '?'));
		buf_clear(&seen);
	}
	/* What somebody understood does not count. */
	ask(a, "x", (struct dragoman_ask){0});
	run_until(now_ms + 10);
	received(now_ms + 100);
	scheduler_understood(scheduler);
	run_until(now_ms + 1000);
	assert_non_null(strstr(buf_str(&seen), "? 1"));
}

static void a_part_of_the_answer_begins_its_time_anew(void **state)
{
	(void)state;
	ask(a, "x", (struct dragoman_ask){0});
	at(1000);
	written();
	for (int i = 1; i < 5; i++) {
		received(1000 + i * 900);
		scheduler_part(scheduler, ns(now_ms));
		run_until(now_ms + 800);
	}
	replied();
	assert_seen("1000 A> x\n5400 A: x replied\n");
}

static void silence_may_be_as_good_as_an_answer(void **state)
{
	(void)state;
	ask(a, "x", (struct dragoman_ask){.flags = DRAGOMAN_ASK_SILENT});
	run_until(3000);
	assert_seen("1000 A> x\n2000 A: x replied\n");
}

static void a_lost_line_ends_all_of_them(void **state)
{
	(void)state;
	queue(a, "x", 100, 3, 0);
	queue(a, "y", 100, 0, 0);
	queue(b, "z", 100, 0, 9);
	at(1000);
	buf_clear(&seen);
	replied();
	at(1010);
	buf_clear(&seen);
	scheduler_line(scheduler, false, ns(1020));
	now_ms = 1020;
	assert_seen("1010 A: x timed out\n1010 A: y not sent\n");
	queue(a, "w", 100, 0, 0);
	at(1119);
	assert_seen("");
	assert_int_equal(scheduler_deadline(scheduler), ns(1120));
	at(1120);
	assert_seen("1120 A: w not sent\n");
}

static void who_asks_again_at_once_on_a_lost_line_waits(void **state)
{
	(void)state;
	queue(a, "x", 100, 0, 0);
	asks_again = true;
	scheduler_line(scheduler, false, ns(now_ms));
	assert_seen("1000 A: x not sent\n");
	assert_int_equal(scheduler_deadline(scheduler), ns(1100));
}

/* How often a device was asked. */
static int asked(const char *what)
{
	int n = 0;

	for (const char *p = buf_str(&seen); (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void a_dead_device_is_held_back_and_others_keep_their_rate(void **state)
{
	(void)state;
	asks_again = true;
	queue(a, "again", 100, 2, 0); /* never answers */
	queue(b, "again", 100, 0, 0);
	for (int64_t end = now_ms + 60000; now_ms < end;) {
		uint64_t cookie;
		int64_t deadline = scheduler_deadline(scheduler);

		at(deadline > ns(now_ms) ? deadline / NS_PER_MS : now_ms);
		written();
		if (scheduler_current(scheduler, &cookie) &&
		    *(const char *)scheduler_current(scheduler, &cookie) == 'B') {
			now_ms += 5;
			replied();
		}
	}
	/* B alone would be asked every 15 ms: 4,000 times. */
	assert_true(asked(" B> ") > 3900);
	assert_in_range(asked(" A> "), 6, 12);
	assert_int_equal(asked(" B? "), 0);
}

static void commands_to_a_dead_device_are_not_held_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		queue(a, "x", 100, 0, 0);
		run_until(now_ms + 1000);
	}
	assert_int_equal(asked("A? 3"), 1);
	buf_clear(&seen);
	queue(a, "p", 100, 5, 0);
	queue(a, "c", 100, 5, 5);
	at(4000);
	assert_seen("4000 A> c\n");
	replied(); /* it lives */
	at(4010);
	assert_seen("4000 A: c replied\n4010 A> p\n");
}

static void while_it_is_paused_only_commands_go(void **state)
{
	(void)state;
	scheduler_pause(scheduler, true);
	queue(a, "p", 100, 0, 0);
	assert_int_equal(scheduler_deadline(scheduler), 0);
	at(1000);
	assert_seen("");
	queue(b, "c", 100, 0, 5);
	at(1001);
	assert_seen("1001 B> c\n");
	written();
	replied();
	at(2000);
	assert_int_equal(scheduler_deadline(scheduler), 0);
	scheduler_pause(scheduler, false);
	at(2001);
	assert_seen("1001 B: c replied\n2001 A> p\n");
}

static void a_device_alone_on_its_line_is_never_held_back(void **state)
{
	(void)state;
	scheduler_free(&scheduler);
	scheduler = scheduler_new(0, &events);
	a = scheduler_add(scheduler, (void *)(uintptr_t) "A");
	scheduler_line(scheduler, true, ns(now_ms));
	asks_again = true;
	queue(a, "again", 100, 0, 0);
	run_until(now_ms + 10000);
	assert_in_range(asked(" A> "), 98, 102);
}

static void what_a_dead_device_says_unasked_brings_it_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		queue(a, "x", 100, 0, 0);
		run_until(now_ms + 1000);
	}
	buf_clear(&seen);
	scheduler_heard(a);
	queue(a, "x", 100, 1, 0);
	at(4000);
	assert_seen("4000 A> x\n");
	written();
	at(4100);
	assert_seen("4100 A? 1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_exchange_at_a_time_with_a_gap_between),
		TEST(priority_goes_first_then_order),
		TEST(the_timeout_runs_from_when_the_request_has_left),
		TEST(a_retry_goes_before_other_polls_and_after_commands),
		TEST(without_a_timeout_it_ends_when_it_has_left),
		TEST(a_request_that_does_not_leave_ends_after_a_minute),
		TEST(what_cannot_be_sent_ends_and_does_not_keep_us_busy),
		TEST(a_device_has_so_many_exchanges_and_no_more),
		TEST(a_break_and_a_pause_come_before_it),
		TEST(the_line_is_set_before_and_after),
		TEST(the_first_byte_and_those_between_have_their_times),
		TEST(what_is_garbled_is_no_silence),
		TEST(a_part_of_the_answer_begins_its_time_anew),
		TEST(silence_may_be_as_good_as_an_answer),
		TEST(a_lost_line_ends_all_of_them),
		TEST(who_asks_again_at_once_on_a_lost_line_waits),
		TEST(a_dead_device_is_held_back_and_others_keep_their_rate),
		TEST(commands_to_a_dead_device_are_not_held_back),
		TEST(while_it_is_paused_only_commands_go),
		TEST(a_device_alone_on_its_line_is_never_held_back),
		TEST(what_a_dead_device_says_unasked_brings_it_back),
	};

	return cmocka_run_group_tests_name("scheduler", tests, NULL, NULL);
}
