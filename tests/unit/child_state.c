/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include "super/state.h"

static bool has_process(enum child_state state)
{
	return state == CHILD_STARTING || state == CHILD_RUNNING || state == CHILD_KILLING ||
	       state == CHILD_RENEWING || state == CHILD_STOPPING;
}

static void every_cell_is_decided(void **state)
{
	(void)state;
	for (int s = 0; s < CHILD_STATES; s++)
		for (int e = 0; e < CHILD_EVENTS; e++) {
			struct child_cell cell = child_next(s, e);

			/* A cell left out would lead to the first state without doing anything. */
			if (cell.next == CHILD_HELD && cell.action == CHILD_NOTHING)
				assert_int_equal(s, CHILD_HELD);
			if (cell.action == CHILD_IMPOSSIBLE)
				assert_int_equal(cell.next, s);
		}
}

static void all_have_names(void **state)
{
	(void)state;
	for (int s = 0; s < CHILD_STATES; s++)
		assert_non_null(child_state_name(s));
	for (int e = 0; e < CHILD_EVENTS; e++)
		assert_non_null(child_event_name(e));
}

static void a_process_comes_by_spawn_and_goes_by_exit_alone(void **state)
{
	(void)state;
	for (int s = 0; s < CHILD_STATES; s++)
		for (int e = 0; e < CHILD_EVENTS; e++) {
			struct child_cell cell = child_next(s, e);

			if (has_process(s) && !has_process(cell.next))
				assert_int_equal(e, CHILD_EXIT);
			if (!has_process(s) && has_process(cell.next))
				assert_int_equal(cell.action, CHILD_SPAWN);
			if (cell.action == CHILD_SPAWN)
				assert_false(has_process(s));
			if (cell.action == CHILD_KILL || cell.action == CHILD_TELL)
				assert_true(has_process(s) && has_process(cell.next));
		}
}

static void who_is_to_stop_is_gone_in_the_end(void **state)
{
	(void)state;
	for (int s = 0; s < CHILD_STATES; s++) {
		enum child_state next = child_next(s, CHILD_STOP).next;

		if (next == CHILD_STOPPING)
			next = child_next(next, CHILD_EXIT).next;
		assert_int_equal(next, CHILD_GONE);
	}
}

static void who_is_to_be_renewed_is_held_in_the_end(void **state)
{
	(void)state;
	for (int s = 0; s < CHILD_GONE; s++) {
		enum child_state next = child_next(s, CHILD_RENEW).next;

		if (next == CHILD_RENEWING)
			next = child_next(next, CHILD_EXIT).next;
		assert_int_equal(next, CHILD_HELD);
	}
}

static void who_was_told_to_finish_is_killed_when_due(void **state)
{
	(void)state;
	assert_int_equal(child_next(CHILD_RENEWING, CHILD_DUE).action, CHILD_KILL);
	assert_int_equal(child_next(CHILD_STOPPING, CHILD_DUE).action, CHILD_KILL);
	assert_int_equal(child_next(CHILD_STARTING, CHILD_DUE).action, CHILD_KILL);
}

static void an_unexpected_end_waits(void **state)
{
	static const enum child_state states[] = {CHILD_STARTING, CHILD_RUNNING, CHILD_KILLING};

	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		assert_int_equal(child_next(states[i], CHILD_EXIT).next, CHILD_WAITING);
		assert_int_equal(child_next(states[i], CHILD_EXIT).action, CHILD_REST);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_decided),
		cmocka_unit_test(all_have_names),
		cmocka_unit_test(a_process_comes_by_spawn_and_goes_by_exit_alone),
		cmocka_unit_test(who_is_to_stop_is_gone_in_the_end),
		cmocka_unit_test(who_is_to_be_renewed_is_held_in_the_end),
		cmocka_unit_test(who_was_told_to_finish_is_killed_when_due),
		cmocka_unit_test(an_unexpected_end_waits),
	};

	return cmocka_run_group_tests_name("child state", tests, NULL, NULL);
}
