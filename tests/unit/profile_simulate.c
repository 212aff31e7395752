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

static void start(struct bench *b, const char *profile, const char *device, unsigned misbehave)
{
	static const char port[] = "{listen: '127.0.0.1:0'}";
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/adapters/profiles/%s.yaml", top ? top : ".", profile);
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
		cmocka_unit_test(a_tag_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests_name("profile simulate", tests, NULL, NULL);
}
