/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "super/words.h"

/* What the child writes into, and what our standard error became. */
static struct fixture {
	struct loop *loop;
	struct words words;
	int child;
	int shown, saved_stderr;
} f;

static int set_up(void **state)
{
	int in[2], out[2];

	(void)state;
	if (pipe2(in, O_NONBLOCK) < 0 || pipe2(out, O_NONBLOCK) < 0)
		return -1;
	clock_set(1, 1);
	f.loop = loop_new();
	words_init(&f.words, f.loop, in[0]);
	f.child = in[1];
	f.shown = out[0];
	f.saved_stderr = dup(STDERR_FILENO);
	dup2(out[1], STDERR_FILENO);
	close(out[1]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dup2(f.saved_stderr, STDERR_FILENO);
	close(f.saved_stderr);
	close(f.shown);
	close(f.child);
	words_fini(&f.words);
	loop_free(&f.loop);
	return 0;
}

static void says(const char *text)
{
	assert_int_equal(write(f.child, text, strlen(text)), strlen(text));
	loop_turn(f.loop, 0);
}

static char *shown(void)
{
	static char text[65536];
	ssize_t n = read(f.shown, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void lines_are_handed_on_when_they_are_whole(void **state)
{
	(void)state;
	says("on");
	assert_string_equal(shown(), "");
	says("e\ntwo\r\n\n");
	assert_string_equal(shown(), "one\ntwo\n");
	assert_string_equal(f.words.last, "two");
}

static void the_last_words_need_no_end_of_line(void **state)
{
	(void)state;
	says("one\n");
	assert_int_equal(write(f.child, "aaargh", 6), 6);
	words_drain(&f.words);
	assert_string_equal(f.words.last, "aaargh");
	assert_string_equal(shown(), "one\naaargh\n");
}

static void control_characters_are_made_visible(void **state)
{
	(void)state;
	says("a\x1b[2Jb\tc\n");
	assert_string_equal(shown(), "a\\x1b[2Jb\\x09c\n");
}

static void a_line_without_end_is_cut(void **state)
{
	char text[3001];

	(void)state;
	memset(text, 'x', 3000);
	text[3000] = '\0';
	says(text);
	assert_int_equal(strlen(shown()), WORDS_LINE_MAX + 1);
	says("\n");
	assert_int_equal(strlen(shown()), 3000 - WORDS_LINE_MAX + 1);
}

static void a_flood_is_left_out_with_a_count(void **state)
{
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		says("x\n");
		n += strlen(shown()) / 2;
	}
	assert_int_equal(n, 1000);
	clock_set(1, 1 + NS_PER_S);
	says("y\n");
	assert_string_equal(shown(), "(500 lines left out)\ny\n");
}

static void what_was_left_out_is_counted_at_the_end_too(void **state)
{
	(void)state;
	for (int i = 0; i < 1001; i++) {
		says("x\n");
		shown();
	}
	words_drain(&f.words);
	assert_string_equal(shown(), "(1 lines left out)\n");
}

static void who_does_not_read_us_stops_nothing(void **state)
{
	char junk[4096] = {0};
	char *text;

	(void)state;
	while (write(STDERR_FILENO, junk, sizeof junk) > 0)
		;
	says("lost\n");
	assert_int_equal(f.words.left_out, 1);
	assert_string_equal(f.words.last, "lost");
	while (read(f.shown, junk, sizeof junk) > 0)
		;
	says("heard\n");
	text = shown();
	assert_string_equal(text, "(1 lines left out)\nheard\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_handed_on_when_they_are_whole),
		TEST(the_last_words_need_no_end_of_line),
		TEST(control_characters_are_made_visible),
		TEST(a_line_without_end_is_cut),
		TEST(a_flood_is_left_out_with_a_count),
		TEST(what_was_left_out_is_counted_at_the_end_too),
		TEST(who_does_not_read_us_stops_nothing),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
