/* SPDX-License-Identifier: Apache-2.0 */
/* Recording a line, and playing it back. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "line.h"
#include "transport/capture.h"
#include "transport/pcapng.h"

static struct place place;

static int set_up(void **state)
{
	(void)state;
	place_init(&place);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	place_fini(&place);
	return 0;
}

/* place/name, in one of a few static buffers. */
static const char *in_place(const char *name)
{
	static char paths[4][128];
	static size_t n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", place.path, name);
	return path;
}

static struct capture *new_capture(struct loop *loop, const char *name, uint64_t limit)
{
	struct err err;
	struct capture *c = capture_new(loop, in_place(name), limit, "line-1", &err);

	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static void add(struct capture *c, enum capture_way way, const char *text, int64_t wall_ns)
{
	capture_add(c, way, (const uint8_t *)text, strlen(text), wall_ns);
}

static size_t size_of(const char *name)
{
	struct stat st;

	return stat(in_place(name), &st) == 0 ? (size_t)st.st_size : 0;
}

/* All packets of a file as text: "<ns event bytes>..." */
static const char *read_back(const char *name, struct buf *out)
{
	struct pcapng_packet packet;
	struct pcapng reader = {0};
	struct err err;
	size_t len, at = 0;
	char *bytes = fd_read_path(in_place(name), 16 << 20, &len, &err);
	ssize_t n;

	assert_non_null(bytes);
	buf_clear(out);
	while ((n = pcapng_next(&reader, (uint8_t *)bytes + at, len - at, &packet)) > 0) {
		if (packet.event)
			buf_addf(out, "<%lld %d %.*s>", (long long)packet.wall_ns, packet.event,
				 (int)packet.len, packet.bytes ? (const char *)packet.bytes : "");
		at += (size_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, len);
	free(bytes);
	return buf_str(out);
}

static void both_ways_are_recorded_with_their_times(void **state)
{
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);
	struct buf out = {0};

	(void)state;
	add(c, CAPTURE_SENT, "W\r", 1700000000123456789);
	add(c, CAPTURE_RECEIVED, "S S  1.25 kg\r\n", 1700000000999999999);
	capture_free(&c);
	assert_string_equal(read_back("c", &out), "<1700000000123456789 1 W\r>"
						  "<1700000000999999999 2 S S  1.25 kg\r\n>");
	buf_fini(&out);
	loop_free(&loop);
}

static void what_was_recorded_is_in_the_file_soon(void **state)
{
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);
	struct buf out = {0};

	(void)state;
	add(c, CAPTURE_RECEIVED, "x", 1);
	for (int64_t end = clock_mono_ns() + 10 * NS_PER_S; !size_of("c");) {
		assert_true(clock_mono_ns() < end);
		loop_turn(loop, 100);
	}
	assert_string_equal(read_back("c", &out), "<1 2 x>");
	capture_free(&c);
	buf_fini(&out);
	loop_free(&loop);
}

static void a_full_file_is_put_aside(void **state)
{
	static uint8_t bytes[10000];
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 50000);
	struct buf out = {0};

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	for (int i = 0; i < 20; i++) {
		capture_add(c, CAPTURE_RECEIVED, bytes, sizeof bytes, i);
		capture_flush(c);
		assert_in_range(size_of("c"), 10000, 50000);
		assert_in_range(size_of("c.1"), i < 4 ? 0 : 40000, 50000);
	}
	capture_free(&c);
	assert_non_null(strstr(read_back("c.1", &out), "<15 2 xx"));
	assert_non_null(strstr(read_back("c", &out), "<16 2 xx"));
	buf_fini(&out);
	loop_free(&loop);
}

static void a_recording_is_continued(void **state)
{
	struct loop *loop = loop_new();
	struct buf out = {0};

	(void)state;
	for (int i = 1; i <= 3; i++) {
		struct capture *c = new_capture(loop, "c", 1 << 20);
		size_t size;

		add(c, CAPTURE_RECEIVED, "x", i);
		capture_free(&c);
		/* What a power cut leaves of the last block. */
		size = size_of("c");
		if (i == 2)
			assert_int_equal(truncate(in_place("c"), (off_t)size - 7), 0);
	}
	assert_string_equal(read_back("c", &out), "<1 2 x><3 2 x>");
	buf_fini(&out);
	loop_free(&loop);
}

static void what_is_no_recording_is_left_alone(void **state)
{
	struct loop *loop = loop_new();
	struct err err;
	FILE *f = fopen(in_place("notes"), "w");

	(void)state;
	fputs("dear diary", f);
	fclose(f);
	assert_null(capture_new(loop, in_place("notes"), 1 << 20, "l", &err));
	assert_non_null(strstr(err.text, "is no recording"));
	assert_int_equal(size_of("notes"), 10);
	assert_null(capture_new(loop, in_place("no/such/dir"), 1 << 20, "l", &err));
	assert_null(capture_new(loop, place.path, 1 << 20, "l", &err));
	loop_free(&loop);
}

/* A file size limit stands for the disk. */
static void a_full_disk_leaves_a_marked_hole(void **state)
{
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);
	struct rlimit before, small;
	struct buf out = {0};

	(void)state;
	add(c, CAPTURE_RECEIVED, "before", 1);
	capture_flush(c);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = size_of("c") + 20;
	signal(SIGXFSZ, SIG_IGN);
	log_set_level(LOG_ERROR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	add(c, CAPTURE_RECEIVED, "left out", 2);
	capture_flush(c);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	add(c, CAPTURE_RECEIVED, "after", 3);
	capture_free(&c);
	assert_string_equal(read_back("c", &out), "<1 2 before><3 5 ><3 2 after>");
	buf_fini(&out);
	loop_free(&loop);
}

static void a_modbus_line_is_modbus_to_tshark(void **state)
{
	static const uint8_t request[] = {0x11, 3, 0, 0x6b, 0, 3, 0x76, 0x87};
	static const uint8_t reply[] = {0x11, 3, 6, 2, 0x2b, 0, 0, 0, 0x64, 0xc8, 0xba};
	struct loop *loop = loop_new();
	struct capture *c;
	char command[400], text[1024] = "";
	FILE *pipe;

	(void)state;
	if (system("command -v tshark >/dev/null 2>&1") != 0) {
		loop_free(&loop);
		print_message("tshark is not installed\n");
		skip();
	}
	c = new_capture(loop, "c.pcapng", 1 << 20);
	capture_add(c, CAPTURE_SENT, request, sizeof request, 1700000000000000000);
	capture_add(c, CAPTURE_RECEIVED, reply, sizeof reply, 1700000000040001000);
	capture_free(&c);
	snprintf(
		command, sizeof command,
		"HOME=%s tshark -r %s -d rtacser.data,mbrtu -T fields -E separator=, -e frame.time_epoch "
		"-e rtacser.eventtype -e mbrtu.unit_id -e modbus.func_code -e mbrtu.crc16.status 2>&1",
		place.path, in_place("c.pcapng"));
	pipe = popen(command, "r");
	assert_non_null(pipe);
	text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
	pclose(pipe);
	if (!strstr(text, "1700000000.000000000,0x01,17,3,") ||
	    !strstr(text, "1700000000.040001000,0x02,17,3,"))
		fail_msg("tshark says: %s", text);
	loop_free(&loop);
}

static void a_recording_plays_the_same_chunks(void **state)
{
	static const char *const chunks[] = {"$GPGGA,1", "2\r", "\n", "$GPRMC\r\n"};
	struct line line;
	char port[200];
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);

	(void)state;
	for (int i = 0; i < 4; i++) {
		add(c, CAPTURE_SENT, "poll", i * NS_PER_S);
		add(c, CAPTURE_RECEIVED, chunks[i], i * NS_PER_S);
	}
	capture_free(&c);
	snprintf(port, sizeof port, "{replay: %s, speed: 0}", in_place("c"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_int_equal(line.chunks, 4);
	assert_true(line_has(&line, "$GPGGA,12\r\n$GPRMC\r\n"));
	assert_string_equal(line.reason, "ended");
	assert_true(line.final);
	/* Of now, not of 1970. */
	assert_true(line.received_ns > 1000000 * NS_PER_S);
	line_free(&line);
	loop_free(&loop);
}

static void the_pauses_of_a_recording_are_kept(void **state)
{
	struct line line;
	char port[200];
	int64_t began;
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);

	(void)state;
	add(c, CAPTURE_RECEIVED, "a", 5 * NS_PER_S);
	add(c, CAPTURE_RECEIVED, "b", 6 * NS_PER_S);
	add(c, CAPTURE_RECEIVED, "c", 5 * NS_PER_S); /* a clock that stepped back */
	capture_free(&c);
	snprintf(port, sizeof port, "{replay: %s, speed: 10}", in_place("c"));
	line_new(&line, port);
	began = clock_mono_ns();
	transport_open(line.t);
	UNTIL(&line, line.received.len == 1);
	UNTIL(&line, line.lost);
	assert_true(line_has(&line, "abc"));
	assert_true(clock_mono_ns() - began >= 100 * NS_PER_MS);
	line_free(&line);
	loop_free(&loop);
}

static void times_that_make_no_sense_do_no_harm(void **state)
{
	struct line line;
	char port[200];
	struct loop *loop = loop_new();
	struct capture *c = new_capture(loop, "c", 1 << 20);

	(void)state;
	add(c, CAPTURE_RECEIVED, "a", INT64_MIN + 1);
	add(c, CAPTURE_RECEIVED, "b", INT64_MIN);
	add(c, CAPTURE_RECEIVED, "c", INT64_MAX);
	capture_free(&c);
	snprintf(port, sizeof port, "{replay: %s, speed: 0.000001}", in_place("c"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line_has(&line, "ab"));
	loop_turn(line.loop, 10);
	assert_true(line_has(&line, "ab"));
	line_free(&line);
	loop_free(&loop);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_place(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void lines_of_a_plain_file_are_played_without_comments(void **state)
{
	struct line line;
	char port[200];

	(void)state;
	write_file("log", "# made by somebody\n$A\r\n\n#x\n$B # not a comment\nrest");
	snprintf(port, sizeof port, "{replay: %s, interval: 5ms}", in_place("log"));
	line_new(&line, port);
	transport_open(line.t);
	assert_int_equal(line_write(&line, "thrown away"), 11);
	UNTIL(&line, line.lost);
	assert_int_equal(line.chunks, 4);
	assert_int_equal(line.drained, 1);
	assert_true(line_has(&line, "$A\r\n\n$B # not a comment\nrest"));
	line_free(&line);
}

static void bytes_of_a_plain_file_are_played_as_they_are(void **state)
{
	struct line line;
	char port[200];

	(void)state;
	write_file("log", "# 34\n678901\n345");
	snprintf(port, sizeof port, "{replay: %s, pace: bytes, baud: 4000, speed: 100}",
		 in_place("log"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_int_equal(line.chunks, 4); /* of 4 bytes: 10 ms */
	assert_true(line_has(&line, "# 34\n678901\n345"));
	line_free(&line);
}

static void a_replay_may_be_paused_and_go_round(void **state)
{
	struct line line;
	char port[200];

	(void)state;
	write_file("log", "a\n");
	snprintf(port, sizeof port, "{replay: %s, speed: 0, loop: true, interval: 0s}",
		 in_place("log"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line.chunks >= 3);
	transport_pause(line.t, true);
	line.chunks = 0;
	for (int i = 0; i < 5; i++)
		loop_turn(line.loop, 1);
	assert_int_equal(line.chunks, 0);
	transport_pause(line.t, false);
	UNTIL(&line, line.chunks >= 3);
	line.close_when_received = true;
	UNTIL(&line, line.t->state == TRANSPORT_CLOSED);
	line_free(&line);
}

static void what_cannot_be_played_is_said(void **state)
{
	struct line line;
	char port[200];

	(void)state;
	snprintf(port, sizeof port, "{replay: %s}", in_place("nothing"));
	line_new(&line, port);
	transport_open(line.t);
	assert_string_equal(line.reason, "no such file");
	line_free(&line);

	write_file("nothing", "# only this\n");
	snprintf(port, sizeof port, "{replay: %s, loop: true}", in_place("nothing"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_non_null(strstr(line.text, "nothing to play"));
	line_free(&line);

	write_file("bad", "\x0a\x0d\x0d\x0a garbage behind the magic");
	snprintf(port, sizeof port, "{replay: %s}", in_place("bad"));
	line_new(&line, port);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_non_null(strstr(line.text, "not pcapng"));
	line_free(&line);
}

/* A big-endian file with microseconds, as another program on another machine may write it. */
static void foreign_files_are_read(void **state)
{
	static const uint8_t file[] = {
		0x0a,
		0x0d,
		0x0d,
		0x0a,
		0,
		0,
		0,
		28,
		0x1a,
		0x2b,
		0x3c,
		0x4d,
		0,
		1,
		0,
		0,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0,
		0,
		0,
		28,
		/* an interface of Ethernet, one of ours */
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		20,
		0,
		1,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		20,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		20,
		0,
		250,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		20,
		/* a block of a kind that nobody knows */
		0,
		0,
		0,
		99,
		0,
		0,
		0,
		12,
		0,
		0,
		0,
		12,
		/* a packet of 13 bytes on interface 1, at 2^32 us */
		0,
		0,
		0,
		6,
		0,
		0,
		0,
		48,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		13,
		0,
		0,
		0,
		13,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		2,
		0,
		0,
		0,
		'Q',
		0,
		0,
		0,
		0,
		0,
		0,
		48,
	};
	struct pcapng reader = {0};
	struct pcapng_packet packet = {0};
	size_t at = 0;
	ssize_t n;

	(void)state;
	while ((n = pcapng_next(&reader, file + at, sizeof file - at, &packet)) > 0) {
		at += (size_t)n;
		assert_int_equal(packet.event != 0, at == sizeof file);
		if (packet.event)
			break;
	}
	assert_int_equal(packet.event, PCAPNG_RECEIVED);
	assert_int_equal(packet.wall_ns, (1LL << 32) * 1000);
	assert_int_equal(packet.len, 1);
	assert_int_equal(packet.bytes[0], 'Q');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways_are_recorded_with_their_times, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_recorded_is_in_the_file_soon, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_full_file_is_put_aside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_recording_is_continued, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_recording_is_left_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_a_marked_hole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_modbus_line_is_modbus_to_tshark, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_recording_plays_the_same_chunks, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_pauses_of_a_recording_are_kept, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(times_that_make_no_sense_do_no_harm, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lines_of_a_plain_file_are_played_without_comments,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_of_a_plain_file_are_played_as_they_are,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_replay_may_be_paused_and_go_round, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_played_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(foreign_files_are_read, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
