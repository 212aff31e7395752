/* SPDX-License-Identifier: Apache-2.0 */
#include "ev/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "wire/varint.h"

/* One end is a peer, the other one is written to and read from by hand. */
struct world {
	struct loop *loop;
	struct peer peer;
	int far;
	int frames;
	char last[64];
	const char *closed;
	bool close_at_frame;
};

static void got_frame(void *arg, const uint8_t *payload, size_t len)
{
	struct world *w = arg;

	w->frames++;
	memcpy(w->last, payload, len);
	w->last[len] = '\0';
	if (w->close_at_frame)
		peer_close(&w->peer);
}

static void got_closed(void *arg, const char *reason)
{
	((struct world *)arg)->closed = reason;
}

static const struct peer_events events = {got_frame, got_closed};

static int set_up(void **state)
{
	static struct world w;
	int ends[2];

	w = (struct world){.loop = loop_new()};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	w.far = ends[1];
	peer_init(&w.peer, w.loop, ends[0], 50, &events, &w);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	peer_close(&w->peer);
	close(w->far);
	loop_free(&w->loop);
	return 0;
}

static void frames_are_cut_wherever_the_bytes_are_split(void **state)
{
	struct world *w = *state;

	assert_int_equal(write(w->far, "\003abc\002d", 6), 6);
	loop_turn(w->loop, 1000);
	assert_int_equal(w->frames, 1);
	assert_string_equal(w->last, "abc");
	assert_int_equal(write(w->far, "e\001f", 3), 3);
	loop_turn(w->loop, 1000);
	assert_int_equal(w->frames, 3);
	assert_string_equal(w->last, "f");
}

static void a_frame_that_is_too_long_ends_the_connection(void **state)
{
	struct world *w = *state;

	assert_int_equal(write(w->far, "\063", 1), 1);
	loop_turn(w->loop, 1000);
	assert_string_equal(w->closed, "frame too long");
	assert_false(peer_is_open(&w->peer));
}

static void the_other_end_closing_is_told_once(void **state)
{
	struct world *w = *state;

	shutdown(w->far, SHUT_WR);
	loop_turn(w->loop, 1000);
	assert_string_equal(w->closed, "end of file");
	w->closed = NULL;
	loop_turn(w->loop, 0);
	assert_null(w->closed);
}

static void a_callback_may_close_the_peer(void **state)
{
	struct world *w = *state;

	w->close_at_frame = true;
	assert_int_equal(write(w->far, "\001a\001b", 4), 4);
	loop_turn(w->loop, 1000);
	assert_int_equal(w->frames, 1);
	assert_null(w->closed);
}

static void what_the_socket_does_not_take_waits_and_goes_later(void **state)
{
	enum { MUCH = 1 << 20 };
	struct world *w = *state;
	static char block[MUCH];
	size_t got = 0;

	buf_add(peer_out(&w->peer), block, MUCH);
	peer_flush(&w->peer);
	assert_true(peer_pending(&w->peer) > 0);
	while (got < MUCH) {
		ssize_t n = read(w->far, block, sizeof block);

		assert_true(n > 0);
		got += (size_t)n;
		loop_turn(w->loop, 0);
	}
	assert_int_equal(peer_pending(&w->peer), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_are_cut_wherever_the_bytes_are_split, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_frame_that_is_too_long_ends_the_connection,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_other_end_closing_is_told_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_callback_may_close_the_peer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_socket_does_not_take_waits_and_goes_later,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
