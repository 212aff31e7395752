/* SPDX-License-Identifier: Apache-2.0 */
#include "ev/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

static int calls;

static void count(void *arg)
{
	(void)arg;
	calls++;
}

static void count_and_stop(void *arg)
{
	calls++;
	loop_stop(arg);
}

static void count_io(void *arg, unsigned events)
{
	(void)arg;
	calls += (int)events;
}

static void again(void *arg)
{
	timer_set(arg, 0);
}

static void count_and_stop_io(void *arg, unsigned events)
{
	(void)events;
	calls++;
	loop_stop(arg);
}

static void count_signal(void *arg, int signo)
{
	calls = signo;
	loop_stop(arg);
}

static int set_up(void **state)
{
	*state = loop_new();
	calls = 0;
	return 0;
}

static int tear_down(void **state)
{
	loop_free((struct loop **)state);
	return 0;
}

static void timers_fire_once_and_can_be_set_anew(void **state)
{
	struct timer early = {0}, late = {0}, never = {0};

	timer_init(&early, *state, count, NULL);
	timer_init(&never, *state, count, NULL);
	timer_init(&late, *state, count_and_stop, *state);
	timer_set(&early, 3600LL * 1000000000);
	timer_set(&early, 0);
	timer_set(&never, 0);
	timer_clear(&never);
	timer_set(&late, 20 * 1000000);
	assert_true(timer_is_set(&late));
	loop_run(*state);
	assert_int_equal(calls, 2);
	assert_false(timer_is_set(&late));
	timer_fini(&early);
	timer_fini(&late);
	timer_fini(&never);
	timer_fini(&never);
}

enum { MANY = 200 };

static struct timer many[MANY];
static int64_t last_deadline;

static void in_order(void *arg)
{
	struct timer *timer = arg;

	assert_true(timer->deadline_ns >= last_deadline);
	last_deadline = timer->deadline_ns;
	calls++;
	/* One that has not fired yet is moved or taken away from within. */
	for (int i = 0; i < MANY; i++)
		if (timer_is_set(&many[i]) && calls % 7 == i % 7) {
			timer_clear(&many[i]);
			timer_set(&many[i], 50 * 1000000);
			break;
		}
}

/* Set, set anew and cleared at random, the same each time. */
static void many_timers_fire_in_order_each_once(void **state)
{
	uint32_t r = 1;
	int set = 0;

	last_deadline = 0;
	for (int i = 0; i < MANY; i++)
		timer_init(&many[i], *state, in_order, &many[i]);
	for (int i = 0; i < 10 * MANY; i++) {
		struct timer *timer = &many[(r = r * 1664525 + 1013904223) >> 8 & 127];

		if (r >> 30)
			timer_set(timer, (int64_t)((r >> 4) % 30) * 1000000);
		else
			timer_clear(timer);
	}
	for (int i = 0; i < MANY; i++)
		set += timer_is_set(&many[i]);
	assert_true(set > MANY / 4);
	while (calls < set)
		loop_turn(*state, 1000);
	for (int i = 0; i < MANY; i++)
		assert_false(timer_is_set(&many[i]));
	loop_turn(*state, 0);
	assert_int_equal(calls, set);
}

static void a_timer_that_sets_itself_keeps_nothing_else_from_its_turn(void **state)
{
	struct timer eager = {0};
	struct io io = {0};
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	timer_init(&eager, *state, again, &eager);
	io_init(&io, *state, ends[0], count_and_stop_io, *state);
	io_want(&io, IO_READ);
	timer_set(&eager, 0);
	loop_run(*state);
	assert_int_equal(calls, 1);
	timer_fini(&eager);
	io_fini(&io);
	close(ends[0]);
	close(ends[1]);
}

static void a_descriptor_is_watched_for_what_is_wanted_only(void **state)
{
	struct io io = {0};
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	io_init(&io, *state, ends[0], count_io, NULL);
	assert_int_equal(write(ends[1], "x", 1), 1);
	loop_turn(*state, 0);
	assert_int_equal(calls, 0);
	io_want(&io, IO_READ);
	loop_turn(*state, 0);
	assert_int_equal(calls, IO_READ);
	io_want(&io, 0);
	loop_turn(*state, 0);
	assert_int_equal(calls, IO_READ);
	io_fini(&io);
	io_fini(&io);
	close(ends[0]);
	close(ends[1]);
}

static void the_turn_ends_after_its_events(void **state)
{
	loop_on_turn(*state, count, NULL);
	loop_turn(*state, 0);
	loop_turn(*state, 0);
	assert_int_equal(calls, 2);
}

static void a_signal_is_told_from_the_loop(void **state)
{
	loop_on_signal(*state, SIGUSR1, count_signal, *state);
	raise(SIGUSR1);
	assert_int_equal(calls, 0);
	loop_run(*state);
	assert_int_equal(calls, SIGUSR1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_once_and_can_be_set_anew, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(many_timers_fire_in_order_each_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_timer_that_sets_itself_keeps_nothing_else_from_its_turn, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_descriptor_is_watched_for_what_is_wanted_only,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_turn_ends_after_its_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal_is_told_from_the_loop, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
