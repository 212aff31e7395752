/* SPDX-License-Identifier: Apache-2.0 */
/* The window of a durable subscriber, and the ages of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "hub/ages.h"
#include "hub/window.h"

static void nothing_is_given_beyond_the_window(void **state)
{
	struct window window;
	uint64_t seq = 0;
	size_t given = 0;

	(void)state;
	window_init(&window, 10);
	while (window_room(&window)) {
		given += window_room(&window);
		window_give(&window, window_room(&window), seq += 7);
	}
	assert_int_equal(given, 10);
	window_ack(&window, seq - 1);
	assert_int_equal(window_room(&window), 1);
	window_ack(&window, seq);
	given = window_room(&window);
	assert_int_equal(given, 1); /* a step at a time */
}

static void a_small_window_is_exact(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 5);
	for (uint64_t seq = 1; seq <= 5; seq++)
		window_give(&window, 1, seq * 100);
	assert_int_equal(window_room(&window), 0);
	window_ack(&window, 299);
	assert_int_equal(window.given - window.acked, 3);
	window_ack(&window, 300);
	assert_int_equal(window.given - window.acked, 2);
}

static void an_ack_of_the_newest_counts_in_full(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 1000);
	window_give(&window, 3, 10);
	window_ack(&window, 10);
	assert_int_equal(window.given, window.acked);
	window_ack(&window, 5); /* an old one changes nothing */
	assert_int_equal(window.given, window.acked);
}

/* Against a list of all that was given: never more outstanding than the window, never counted as acknowledged
 * what was not, and at most a step behind. */
static void random_acks_are_counted_to_a_step(void **state)
{
	static uint64_t numbers[200000];

	(void)state;
	srand(1);
	for (uint32_t size = 1; size < 3000; size = size * 3 / 2 + 1) {
		size_t given = 0, acked = 0;
		struct window window;
		uint64_t seq = 0;

		window_init(&window, size);
		while (given < 20000) {
			size_t n = window_room(&window);

			if (n && rand() % 3) {
				n = 1 + (size_t)rand() % n;
				for (size_t i = 0; i < n; i++)
					numbers[given++] = seq += 1 + (uint64_t)rand() % 5;
				window_give(&window, n, seq);
			} else if (given) {
				acked += (size_t)rand() % (given - acked + 1);
				window_ack(&window, acked ? numbers[acked - 1] : 0);
			}
			assert_true(window.given - window.acked <= size);
			assert_true(window.acked <= acked);
			assert_true(acked - window.acked < window.step);
		}
	}
}

static void ages_are_known_to_a_sample(void **state)
{
	struct ages ages = {0};

	(void)state;
	assert_int_equal(ages_until(&ages, 100), 0);
	ages_note(&ages, 100, 1000);
	ages_note(&ages, 101, 1000); /* nothing new */
	ages_note(&ages, 105, 1500);
	assert_int_equal(ages_until(&ages, 99), 0);
	assert_int_equal(ages_until(&ages, 104), 1000);
	assert_int_equal(ages_until(&ages, 105), 1500);
	assert_int_equal(ages_of(&ages, 900, 110), 100);
	assert_int_equal(ages_of(&ages, 1001, 110), 105);
	assert_int_equal(ages_of(&ages, 1501, 110), 110);
}

static void ages_thin_out_and_keep_the_first(void **state)
{
	struct ages ages = {0};

	(void)state;
	for (uint32_t s = 0; s < 100000; s++)
		ages_note(&ages, 1000 + s, 10 + s);
	assert_true(ages.n <= AGES_MAX);
	assert_int_equal(ages.at[0].seq, 10);
	for (uint32_t s = 0; s < 100000; s += 777) {
		uint64_t seq = ages_until(&ages, 1000 + s);

		assert_true(seq <= 10 + s && seq + 2 * 256 >= 10 + s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_given_beyond_the_window),
		cmocka_unit_test(a_small_window_is_exact),
		cmocka_unit_test(an_ack_of_the_newest_counts_in_full),
		cmocka_unit_test(random_acks_are_counted_to_a_step),
		cmocka_unit_test(ages_are_known_to_a_sample),
		cmocka_unit_test(ages_thin_out_and_keep_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
