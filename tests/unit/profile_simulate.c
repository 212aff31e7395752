/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated device on TCP answers a program that knows nothing of profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/xalloc.h"
#include "profile/simulate.h"

struct bench {
	struct loop *loop;
	struct conf_node *port, *device;
	struct simulator *simulator;
	int tcp_port;
	int fd;
	char answer[512];
	size_t len;
};

static void note_port(void *arg, const char *text)
{
	struct bench *b = arg;
	const char *colon = strrchr(text, ':');

	if (!strncmp(text, "waiting", 7) && colon)
		b->tcp_port = atoi(colon + 1);
}

/* A profile of our own in a file, whose path is the caller's. */
static char *write_profile(const char *text)
{
	char *path = xstrdup("/tmp/profile_simulate.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	fd_close(&fd);
	return path;
}

/* profile: the name of a shipped one, or the text of one. */
static void start(struct bench *b, const char *profile, const char *device, unsigned misbehave)
{
	static const char port[] = "{listen: '127.0.0.1:0'}";
	const char *top = getenv("top_srcdir");
	bool is_own = strchr(profile, '\n');
	char *path = is_own ? write_profile(profile)
			    : xasprintf("%s/adapters/profiles/%s.yaml", top ? top : ".", profile);
	struct conf_errors errors = {0};
	struct simulate_options options = {.profile = path, .misbehave = misbehave, .seed = 1};
	struct sockaddr_in to = {.sin_family = AF_INET};

	*b = (struct bench){.loop = loop_new(), .fd = -1};
	options.say = note_port;
	options.arg = b;
	options.port = b->port = conf_parse("port", port, strlen(port), &errors);
	if (device)
		options.device = b->device = conf_parse("device", device, strlen(device), &errors);
	b->simulator = simulator_new(b->loop, &options, &errors);
	if (errors.n) {
		struct buf text = {0};

		conf_errors_print(&errors, &text);
		print_message("%s", buf_str(&text));
		buf_fini(&text);
	}
	if (is_own)
		unlink(path);
	assert_non_null(b->simulator);
	for (int i = 0; i < 100 && !b->tcp_port; i++)
		loop_turn(b->loop, 10);
	assert_true(b->tcp_port > 0);
	b->fd = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((uint16_t)b->tcp_port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(b->fd, (struct sockaddr *)&to, sizeof(to)), 0);
	fd_set_nonblocking(b->fd, true);
	conf_errors_fini(&errors);
	free(path);
}

static void stop(struct bench *b)
{
	fd_close(&b->fd);
	simulator_free(&b->simulator);
	conf_free(&b->port);
	conf_free(&b->device);
	loop_free(&b->loop);
}

/* Waits until at least n bytes came, or the time is over. */
static void await(struct bench *b, size_t n, int turns)
{
	for (int i = 0; i < turns && b->len < n; i++) {
		ssize_t got;

		loop_turn(b->loop, 10);
		got = read(b->fd, b->answer + b->len, sizeof(b->answer) - 1 - b->len);
		if (got > 0)
			b->len += (size_t)got;
	}
	b->answer[b->len] = '\0';
}

static void ask(struct bench *b, const char *request)
{
	b->len = 0;
	assert_int_equal(write(b->fd, request, strlen(request)), (ssize_t)strlen(request));
}

static void a_scale_answers_with_the_weight_that_was_set(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "mt-sics", "{set: {weight: 12.5, unit: kg}}", 0);
	ask(&b, "SI\r\n");
	await(&b, 19, 300);
	assert_string_equal(b.answer, "S S       12.5 kg\r\n");
	stop(&b);
}

static void a_scale_says_that_it_is_overloaded(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "mt-sics", "{set: {weight: 'bad: overload'}}", 0);
	ask(&b, "SI\r\n");
	await(&b, 5, 300);
	assert_string_equal(b.answer, "S +\r\n");
	stop(&b);
}

static void values_vary_within_what_is_typical(void **state)
{
	double least = 1e9, most = -1e9;
	struct bench b;

	(void)state;
	start(&b, "mt-sics", NULL, 0);
	for (int i = 0; i < 50; i++) {
		double weight;

		ask(&b, "SI\r\n");
		await(&b, 18, 300);
		weight = atof(b.answer + 4);
		least = weight < least ? weight : least;
		most = weight > most ? weight : most;
	}
	assert_true(least >= 99.5 && most <= 100.5 && most - least > 0.5);
	stop(&b);
}

static void an_unknown_request_is_not_answered(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "mt-sics", NULL, 0);
	ask(&b, "XYZ\r\nI4\r\n");
	await(&b, 19, 300);
	assert_string_equal(b.answer, "I4 A \"0123456789\"\r\n");
	stop(&b);
}

static void a_sensor_reports_by_itself(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "sds011", NULL, 0);
	await(&b, 10, 500);
	assert_int_equal(b.len, 10);
	assert_int_equal((uint8_t)b.answer[0], 0xaa);
	assert_int_equal((uint8_t)b.answer[9], 0xab);
	stop(&b);
}

static void slow_bytes_are_the_same_bytes(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "mt-sics", "{set: {weight: 1, unit: g}}", SIMULATE_SLOW);
	ask(&b, "SI\r\n");
	await(&b, 18, 500);
	assert_string_equal(b.answer, "S S          1 g\r\n");
	stop(&b);
}

static void halves_are_the_same_bytes(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "mt-sics", "{set: {weight: 1, unit: g}}", SIMULATE_SPLIT);
	ask(&b, "SI\r\n");
	await(&b, 18, 500);
	assert_string_equal(b.answer, "S S          1 g\r\n");
	stop(&b);
}

/* With a fixed seed, so many of a hundred answers are bad. */
static void some_answers_are_missing_or_wrong(void **state)
{
	size_t answered = 0, right = 0;
	struct bench b;

	(void)state;
	start(&b, "mt-sics", "{set: {weight: 1, unit: g}}", SIMULATE_SILENCE | SIMULATE_CHECKSUM);
	for (int i = 0; i < 40; i++) {
		ask(&b, "SI\r\n");
		await(&b, 18, 3);
		answered += b.len > 0;
		right += !strcmp(b.answer, "S S          1 g\r\n");
	}
	assert_true(answered < 40 && right < answered && right > 5);
	stop(&b);
}

/* Asks again and again, until that is the answer. */
static void await_answer(struct bench *b, const char *request, const char *answer)
{
	int64_t end_ns = clock_mono_ns() + 20 * NS_PER_S;

	while (clock_mono_ns() < end_ns) {
		ask(b, request);
		await(b, strlen(answer), 20);
		if (!strcmp(b->answer, answer))
			return;
	}
	fail_msg("never %s, last %s", answer, b->answer);
}

#define BATH                                                                                       \
	"profile: 1\ntitle: bath\nlink: {delimiter: \"\\n\"}\n"                                    \
	"parameters: {address: {min: 1, max: 9, default: 1}}\n"                                    \
	"tags: {t: {typical: [20, 20]}, sp: {}}\n"

static const char bath[] =
	BATH "frames:\n"
	     "  t: {text: '{@address:integer}T{t:number(.1)} {sp:number(.1)}'}\n"
	     "  ok: {text: 'OK {v:number(.1)}', means: yes}\n"
	     "  no: {text: ERR, means: no}\n"
	     "  out: {text: OUT, means: error}\n"
	     "requests:\n"
	     "  login: {send: L, expect: [ok]}\n"
	     "  t: {send: 't', expect: [t], every: 1s}\n"
	     "commands:\n"
	     "  set: {send: 'S{v:number(.1)}', arguments: {v: {min: 0, max: 50}}, "
	     "expect: [ok, no], sets: {sp: {argument: v}}}\n"
	     "session: {open: [login], lost: [out]}\n";

static void a_command_is_obeyed(void **state)
{
	struct bench b;

	(void)state;
	start(&b, bath, "{set: {sp: 5}}", 0);
	await_answer(&b, "t\n", "OUT\n");
	await_answer(&b, "L\n", "OK 0.0\n");
	await_answer(&b, "t\n", "1T20.0 5.0\n");
	await_answer(&b, "S60.0\n", "ERR\n");
	await_answer(&b, "S42.5\n", "OK 42.5\n");
	await_answer(&b, "t\n", "1T20.0 42.5\n");
	stop(&b);
}

static void a_script_says_what_happens_when(void **state)
{
	struct bench b;

	(void)state;
	start(&b, bath,
	      "{set: {sp: 1}, script: [{at: 0s, set: {t: 1}}, {at: 100ms, set: {t: 2}, misbehave: "
	      "[nonsense]}, {at: 300ms, set: {t: 4}, misbehave: [none]}, {at: 400ms, until: 600ms, "
	      "set: {sp: 3}}, {at: 2s, again: true}]}",
	      0);
	ask(&b, "L\n");
	await(&b, 7, 300);
	for (int cycle = 0; cycle < 2; cycle++) {
		await_answer(&b, "t\n", "1T4.0 3.0\n");
		await_answer(&b, "t\n", "1T1.0 3.0\n");
	}
	stop(&b);
}

static void a_number_goes_to_its_value(void **state)
{
	double last = 0;
	int between = 0;
	struct bench b;

	(void)state;
	start(&b, bath, "{set: {t: 0}, script: [{at: 0s, until: 500ms, set: {t: 100}}]}", 0);
	ask(&b, "L\n");
	await(&b, 7, 300);
	while (last < 100) {
		double t;

		ask(&b, "t\n");
		await(&b, 7, 300);
		t = atof(b.answer + 2);
		assert_true(t >= last && t <= 100);
		between += t > 0 && t < 100;
		last = t;
	}
	assert_true(between > 3);
	stop(&b);
}

static void another_address_answers_now_and_then(void **state)
{
	static const char device[] = "{foreign: true, set: {sp: 0}}";
	size_t own = 0, other = 0;
	struct bench b;

	(void)state;
	start(&b, bath, device, SIMULATE_ADDRESS);
	await_answer(&b, "L\n", "OK 0.0\n");
	for (int i = 0; i < 60; i++) {
		ask(&b, "t\n");
		await(&b, 11, 300);
		own += b.answer[0] == '1';
		other += b.answer[0] == '2';
	}
	assert_true(own > 20 && other > 3 && own + other == 60);
	stop(&b);
}

static void what_can_only_be_read_is_played_from_its_tests(void **state)
{
	struct bench b;

	(void)state;
	start(&b,
	      "profile: 1\ntitle: x\nlink: {delimiter: \"\\n\"}\ntags: {a: {}}\n"
	      "frames: {f: {pattern: 'A(?<a>\\d+)x*', fields: {a: integer}}}\n"
	      "requests: {q: {send: q, expect: [f]}}\n"
	      "tests: [{received: \"A5xx\\nA6\\n\", readings: []}]\n",
	      NULL, 0);
	ask(&b, "q\n");
	await(&b, 3, 300);
	assert_string_equal(b.answer, "A6\n");
	await_answer(&b, "q\n", "A5xx\n");
	stop(&b);
}

static void each_side_ends_its_lines_in_its_own_way(void **state)
{
	struct bench b;

	(void)state;
	start(&b,
	      "profile: 1\ntitle: x\nlink: {delimiter: \"\\r\\n\", send: \"\\r\"}\n"
	      "tags: {a: {typical: [3, 3]}}\nframes: {f: {text: 'A{a:integer}'}}\n"
	      "requests: {q: {send: q, expect: [f]}}\n",
	      NULL, 0);
	await_answer(&b, "q\r", "A3\r\n");
	await_answer(&b, "q\r", "A3\r\n");
	stop(&b);
	start(&b,
	      "profile: 1\ntitle: x\nlink: {delimiter: \"\\r\\n\", send: \"\"}\n"
	      "tags: {a: {typical: [3, 3]}}\nframes: {f: {text: 'A{a:integer}'}}\n"
	      "requests: {q: {send: q, expect: [f]}}\n",
	      NULL, 0);
	await_answer(&b, "q", "A3\r\n");
	await_answer(&b, "q", "A3\r\n");
	stop(&b);
}

static void several_answers_come_with_the_last_at_the_end(void **state)
{
	struct bench b;

	(void)state;
	start(&b,
	      "profile: 1\ntitle: x\nlink: {delimiter: \"\\n\"}\ntags: {a: {typical: [3, 3]}}\n"
	      "parameters: {at: {default: 0}}\n"
	      "frames:\n"
	      "  f: {text: 'A{a:integer}'}\n"
	      "  p: {text: 'P{@at:integer} {a:integer}'}\n"
	      "  end: {text: END, means: nothing}\n"
	      "requests:\n"
	      "  n: {send: n, expect: [f], replies: 2}\n"
	      "  u: {send: u, expect: [f, end], until: [end]}\n"
	      "  p: {send: 'p{@at:integer}', expect: [p, end], "
	      "repeat: {while: [p], cursor: at, add: 1}}\n",
	      NULL, 0);
	await_answer(&b, "n\n", "A3\nA3\n");
	await_answer(&b, "u\n", "A3\nEND\n");
	await_answer(&b, "p5\n", "P5 3\n");
	await_answer(&b, "p6\n", "P6 3\n");
	await_answer(&b, "p7\n", "P7 3\n");
	await_answer(&b, "p8\n", "END\n");
	stop(&b);
}

static void parts_are_there_whose_values_are(void **state)
{
	static const char profile[] =
		"profile: 1\ntitle: x\nlink: {delimiter: \"\\n\"}\n"
		"tags: {a: {typical: [1, 1]}, b: {typical: [2, 2]}, c: {typical: [3, 3]}, "
		"d: {typical: [4, 4]}}\n"
		"frames:\n"
		"  f:\n"
		"    bytes:\n"
		"      - {type: hex(2), bits: {0: has_a, 1: has_b, 2: no_c, 4-6: {constant: 0}}}\n"
		"      - {field: kind, type: 'integer(1)'}\n"
		"      - {when: {has_a: 1}, field: a, type: 'integer(1)'}\n"
		"      - {when: {has_b: 1}, field: b, type: 'integer(1)'}\n"
		"      - {switch: kind, cases: {1: [{text: K}], 2: [{field: d, type: 'integer(1)'}, {when: {no_c: 0}, field: c, "
		"type: 'integer(1)'}], default: [{text: D}]}}\n"
		"    quality: [{when: {kind: 0}, bad: broken}]\n"
		"requests: {q: {send: q, expect: [f]}}\n";
	struct bench b;

	(void)state;
	start(&b, profile, NULL, 0);
	await_answer(&b, "q\n", "0321243\n");
	stop(&b);
	start(&b, profile, "{set: {b: 'bad: absent'}}", 0);
	await_answer(&b, "q\n", "012143\n");
	stop(&b);
	start(&b, profile, "{set: {a: 'bad: absent', c: 'bad: absent'}}", 0);
	await_answer(&b, "q\n", "06224\n");
	stop(&b);
}

static void a_pattern_is_written_with_parameters_and_special_values(void **state)
{
	static const char profile[] =
		"profile: 1\ntitle: x\nlink: {delimiter: \"\\n\"}\ntags: {r: {typical: [10, 10]}}\n"
		"parameters: {unit: {type: text, default: A}}\n"
		"frames: {f: {pattern: '[A-Z]R(?<r>[0-3])', format: '{@unit:text(1)}R{r:integer(1)}', fields: {r: integer(1)}, "
		"values: {r: {table: {1: 10}, special: {0: {bad: none}}}}}}\n"
		"requests: {q: {send: q, expect: [f]}}\n";
	struct bench b;

	(void)state;
	start(&b, profile, "{set: {r: 'bad: none'}}", 0);
	await_answer(&b, "q\n", "AR0\n");
	stop(&b);
}

static void a_number_is_one_of_those_that_there_are(void **state)
{
	static const char profile[] =
		"profile: 1\ntitle: x\nlink: {delimiter: \"\\n\"}\n"
		"tags: {a: {type: integer, typical: [0, 10, 20]}, b: {typical: [5, 30]}}\n"
		"frames: {f: {text: '{a:integer} {b:integer(1)}', "
		"values: {b: {table: {1: 2.5, 2: 12.5, 3: 25, 4: 50}}}}}\n"
		"requests: {q: {send: q, expect: [f]}}\n";
	size_t a_seen[3] = {0}, b_seen[5] = {0};
	struct bench b;

	(void)state;
	start(&b, profile, NULL, 0);
	for (int i = 0; i < 170; i++) {
		int a = -1, code = 0;

		ask(&b, "q\n");
		await(&b, 4, 300);
		assert_int_equal(sscanf(b.answer, "%d %d", &a, &code), 2);
		assert_true(a == 0 || a == 10 || a == 20);
		assert_true(code == 2 || code == 3);
		a_seen[a / 10]++;
		b_seen[code]++;
	}
	assert_true(a_seen[0] && a_seen[1] && a_seen[2] && b_seen[2] && b_seen[3]);
	stop(&b);
}

static void a_module_says_all_that_it_measures(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "gy-mcu680", "{set: {temperature: 24.29, altitude: 'bad: absent'}}", 0);
	ask(&b, "\xa5\x56\x01\xfc");
	await(&b, 18, 300);
	assert_int_equal(b.len, 18);
	assert_memory_equal(b.answer, "\x5a\x5a\x1f\x0d\x09\x7d", 6);
	stop(&b);
}

/* 38.5 degrees have no place in its three columns. */
static void an_ups_rounds_what_it_has_no_columns_for(void **state)
{
	struct bench b;

	(void)state;
	start(&b, "belkin-regulator",
	      "{set: {temperature: 38.4, battery_voltage: 13.6, charge: 98}}", 0);
	ask(&b, "~00P003STB");
	await(&b, 29, 300);
	assert_string_equal(b.answer, "~00D0220;0;1;;;;0136;;038;098");
	stop(&b);
}

/* What the script's mistake is told as. */
static void script_complains(const char *script, const char *expected)
{
	static const char port[] = "{listen: '127.0.0.1:0'}";
	struct conf_errors errors = {0};
	char *device_text = xasprintf("{script: %s}", script), *path = write_profile(bath);
	struct conf_node *device = conf_parse("script", device_text, strlen(device_text), &errors);
	struct conf_node *at = conf_parse("port", port, strlen(port), &errors);
	struct simulate_options options = {.profile = path, .port = at, .device = device};
	struct loop *loop = loop_new();
	struct buf text = {0};

	assert_null(simulator_new(loop, &options, &errors));
	conf_errors_print(&errors, &text);
	if (!strstr(buf_str(&text), expected))
		fail_msg("expected %s in %s", expected, buf_str(&text));
	buf_fini(&text);
	conf_errors_fini(&errors);
	conf_free(&device);
	conf_free(&at);
	loop_free(&loop);
	unlink(path);
	free(path);
	free(device_text);
}

static void a_script_that_is_wrong_says_where(void **state)
{
	(void)state;
	script_complains("[{at: 5s, set: {tt: 1}}]", "script:1:26: the profile has no tag tt");
	script_complains("[{at: 5s, set: {t: x}}]", "that is no value of the tag t");
	script_complains("[{at: 5s, sat: {t: 1}}]", "unknown key \"sat\"");
	script_complains("[{at: 5s, set: {t: 1}}, {at: 1s, set: {t: 2}}]",
			 "earlier than the step before");
	script_complains("[{at: 5s, misbehave: [nonsens]}]", "did you mean nonsense?");
	script_complains("[{at: 5s}]", "expected set, misbehave or again");
	script_complains("[{at: 5s, until: 4s, set: {t: 1}}]", "expected a time after at");
	script_complains("[{at: 5s, again: true}, {at: 6s, set: {t: 1}}]", "nothing comes after");
}

static void a_tag_that_is_not_there_is_an_error(void **state)
{
	static const char set[] = "{set: {wieght: 1}}", port[] = "{listen: '127.0.0.1:0'}";
	struct conf_errors errors = {0};
	struct conf_node *device = conf_parse("command line", set, strlen(set), &errors);
	struct conf_node *at = conf_parse("port", port, strlen(port), &errors);
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/adapters/profiles/mt-sics.yaml", top ? top : ".");
	struct simulate_options options = {.profile = path, .port = at, .device = device};
	struct loop *loop = loop_new();
	struct buf text = {0};

	(void)state;
	assert_null(simulator_new(loop, &options, &errors));
	conf_errors_print(&errors, &text);
	assert_non_null(strstr(buf_str(&text), "no tag wieght; did you mean weight?"));
	buf_fini(&text);
	conf_errors_fini(&errors);
	conf_free(&device);
	conf_free(&at);
	loop_free(&loop);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scale_answers_with_the_weight_that_was_set),
		cmocka_unit_test(a_scale_says_that_it_is_overloaded),
		cmocka_unit_test(values_vary_within_what_is_typical),
		cmocka_unit_test(an_unknown_request_is_not_answered),
		cmocka_unit_test(a_sensor_reports_by_itself),
		cmocka_unit_test(slow_bytes_are_the_same_bytes),
		cmocka_unit_test(halves_are_the_same_bytes),
		cmocka_unit_test(some_answers_are_missing_or_wrong),
		cmocka_unit_test(a_command_is_obeyed),
		cmocka_unit_test(a_script_says_what_happens_when),
		cmocka_unit_test(a_number_goes_to_its_value),
		cmocka_unit_test(another_address_answers_now_and_then),
		cmocka_unit_test(what_can_only_be_read_is_played_from_its_tests),
		cmocka_unit_test(each_side_ends_its_lines_in_its_own_way),
		cmocka_unit_test(several_answers_come_with_the_last_at_the_end),
		cmocka_unit_test(parts_are_there_whose_values_are),
		cmocka_unit_test(a_pattern_is_written_with_parameters_and_special_values),
		cmocka_unit_test(a_number_is_one_of_those_that_there_are),
		cmocka_unit_test(a_module_says_all_that_it_measures),
		cmocka_unit_test(an_ups_rounds_what_it_has_no_columns_for),
		cmocka_unit_test(a_script_that_is_wrong_says_where),
		cmocka_unit_test(a_tag_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests_name("profile simulate", tests, NULL, NULL);
}
