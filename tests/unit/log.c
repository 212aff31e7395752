/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

static char text[8192];

/* Runs fn with stderr going to a pipe, and keeps what it wrote. */
static const char *logged(void (*fn)(void))
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], text, sizeof text - 1);
	close(ends[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void one_warning(void)
{
	log_warning("%s is gone", "/dev/ttyUSB0");
}

static void hostile(void)
{
	log_info("a\nb\x1b[2J\x7f");
}

static void debug(void)
{
	log_debug("x");
}

static struct log_limit limit = {.burst = 2, .period_ms = 1000};

static void noise(void)
{
	for (int i = 0; i < 5; i++)
		log_limited(&limit, LOG_INFO, "noise %d", i);
	clock_set(0, 5000 * NS_PER_MS);
	log_limited(&limit, LOG_INFO, "later");
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	clock_set(1763805600LL * NS_PER_S + 123456789, NS_PER_S);
	log_init("channel", "scale-line", LOG_INFO);
	return 0;
}

static void a_line_has_time_role_channel_and_level(void **state)
{
	(void)state;
	assert_string_equal(logged(one_warning), "2025-11-22T10:00:00.123Z channel scale-line: "
						 "warning: /dev/ttyUSB0 is gone\n");
}

static void a_device_cannot_forge_a_line(void **state)
{
	(void)state;
	assert_string_equal(logged(hostile), "2025-11-22T10:00:00.123Z channel scale-line: "
					     "a\\x0ab\\x1b[2J\\x7f\n");
}

static void a_level_that_is_not_wanted_is_silent(void **state)
{
	(void)state;
	assert_string_equal(logged(debug), "");
}

static void noise_is_left_out_and_counted(void **state)
{
	const char *got;

	(void)state;
	got = logged(noise);
	assert_non_null(strstr(got, "noise 1\n"));
	assert_null(strstr(got, "noise 2"));
	assert_non_null(strstr(got, "later (3 like this left out)\n"));
}

static void a_journal_gets_levels_and_no_time(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init("hub", NULL, LOG_INFO);
	assert_string_equal(logged(one_warning), "<4>hub: /dev/ttyUSB0 is gone\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_has_time_role_channel_and_level, set_up),
		cmocka_unit_test_setup(a_device_cannot_forge_a_line, set_up),
		cmocka_unit_test_setup(a_level_that_is_not_wanted_is_silent, set_up),
		cmocka_unit_test_setup(noise_is_left_out_and_counted, set_up),
		cmocka_unit_test_setup(a_journal_gets_levels_and_no_time, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
