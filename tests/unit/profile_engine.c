/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter "profile" on a host whose clock the test moves: when it asks, and what it makes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/clock.h"
#include "profile/profile.h"

static const char text[] = "profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
			   "readings: {w: {tags: {a: {}}}, i: {tags: {n: {type: text}}}}\n"
			   "frames:\n"
			   "  w: {text: 'W{a:number}'}\n"
			   "  i: {text: 'I{n}'}\n"
			   "  no: {text: NAK, means: no, reason: refused}\n"
			   "requests:\n"
			   "  w: {send: w, expect: [w], every: 1s, timeout: 500ms, retries: 2}\n"
			   "  i: {send: i, expect: [i], on_connect: true}\n";

struct bench {
	struct conf_node *root, *options;
	struct adapter_instance *instance;
	int64_t now_ns, due_ns; /* of the one timer */
	char asked[64];         /* what was asked, a letter each */
	uint64_t cookie[64];
	size_t n_asked;
	char got[256];
	size_t n_readings;
};

static void reading(void *arg, const struct dragoman_reading *r)
{
	struct bench *b = arg;

	b->n_readings++;
	snprintf(b->got, sizeof(b->got), "%s %d %s", r->key, (int)r->values[0].quality,
		 r->values[0].reason ? r->values[0].reason : "-");
}

static int exchange(void *arg, const struct dragoman_exchange *e)
{
	struct bench *b = arg;

	b->cookie[b->n_asked] = e->cookie;
	b->asked[b->n_asked++] = (char)e->data[0];
	b->asked[b->n_asked] = '\0';
	return 0;
}

static int send_bytes(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return 0;
}

static void set(void *arg, uint32_t id, uint32_t delay_ms)
{
	struct bench *b = arg;

	(void)id;
	b->due_ns = b->now_ns + delay_ms * NS_PER_MS;
}

static void clear(void *arg, uint32_t id)
{
	(void)id;
	((struct bench *)arg)->due_ns = 0;
}

static void say(void *arg, enum dragoman_level level, const char *line)
{
	(void)arg;
	(void)level;
	print_message("# %s\n", line);
}

static int64_t now(void *arg)
{
	return ((struct bench *)arg)->now_ns;
}

static const struct adapter_sink sink = {
	.reading = reading,
	.exchange = exchange,
	.send = send_bytes,
	.timer_set = set,
	.timer_clear = clear,
	.log = say,
	.wall_ns = now,
	.mono_ns = now,
};

static void start(struct bench *b, const char *options)
{
	struct conf_errors errors = {0};

	*b = (struct bench){.now_ns = NS_PER_S};
	b->root = conf_parse("p.yaml", text, strlen(text), &errors);
	if (options)
		b->options = conf_parse("options", options, strlen(options), &errors);
	b->instance = adapter_new(&profile_adapter, "d", DRAGOMAN_GATEWAY, b->options, b->root,
				  &sink, b, &errors);
	assert_non_null(b->instance);
	assert_int_equal(errors.n_errors, 0);
	conf_errors_fini(&errors);
	adapter_line(b->instance, true, NULL);
}

static void stop(struct bench *b)
{
	adapter_free(&b->instance);
	conf_free(&b->root);
	conf_free(&b->options);
}

/* Time passes, and the timer fires when it is due. */
static void pass(struct bench *b, int64_t ns)
{
	int64_t end = b->now_ns + ns;

	while (b->due_ns && b->due_ns <= end) {
		b->now_ns = b->due_ns;
		b->due_ns = 0;
		adapter_timer(b->instance, 0);
	}
	b->now_ns = end;
}

static enum dragoman_verdict hear(struct bench *b, const char *frame, uint64_t cookie)
{
	struct dragoman_frame f = {(const uint8_t *)frame, strlen(frame), b->now_ns, cookie};

	return adapter_frame(b->instance, &f);
}

static void requests_are_sent_when_they_are_due(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	assert_string_equal(b.asked, "wi");
	adapter_exchange_done(b.instance, b.cookie[0], DRAGOMAN_REPLIED);
	adapter_exchange_done(b.instance, b.cookie[1], DRAGOMAN_REPLIED);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiw");
	pass(&b, 5 * NS_PER_S); /* the last one has no end yet */
	assert_string_equal(b.asked, "wiw");
	adapter_exchange_done(b.instance, b.cookie[2], DRAGOMAN_REPLIED);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiww");
	stop(&b);
}

static void the_user_may_set_the_interval(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, "{every: {w: 100ms}}");
	for (int i = 0; i < 5; i++) {
		adapter_exchange_done(b.instance, 1, DRAGOMAN_REPLIED);
		pass(&b, 100 * NS_PER_MS);
	}
	assert_string_equal(b.asked, "wiwwwww");
	stop(&b);
}

static void nothing_is_asked_while_the_line_is_down(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	adapter_line(b.instance, false, "unplugged");
	pass(&b, 10 * NS_PER_S);
	assert_string_equal(b.asked, "wi");
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.asked, "wiwi");
	stop(&b);
}

static void what_is_asked_once_is_asked_again_after_silence(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, "{every: {w: 1h}}");
	adapter_exchange_done(b.instance, b.cookie[1], DRAGOMAN_TIMED_OUT);
	pass(&b, 29 * NS_PER_S);
	assert_string_equal(b.asked, "wi");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wii");
	adapter_exchange_done(b.instance, b.cookie[2], DRAGOMAN_TIMED_OUT);
	pass(&b, 59 * NS_PER_S);
	assert_string_equal(b.asked, "wii");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiii");
	adapter_exchange_done(b.instance, b.cookie[3], DRAGOMAN_REPLIED);
	pass(&b, 1000 * NS_PER_S);
	assert_string_equal(b.asked, "wiii");
	stop(&b);
}

static void an_answer_ends_its_exchange(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	assert_int_equal(hear(&b, "W1.5", b.cookie[0]), DRAGOMAN_REPLY);
	assert_string_equal(b.got, "w 0 -");
	assert_int_equal(hear(&b, "Iabc", b.cookie[0]), DRAGOMAN_TAKEN); /* of another request */
	assert_int_equal(hear(&b, "W1.5", 0), DRAGOMAN_TAKEN);           /* by itself */
	assert_int_equal(b.n_readings, 3);
	stop(&b);
}

static void a_refusal_makes_bad_what_was_asked_for(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	assert_int_equal(hear(&b, "NAK", b.cookie[1]), DRAGOMAN_REPLY);
	assert_string_equal(b.got, "i 2 refused");
	assert_int_equal(hear(&b, "NAK", 0), DRAGOMAN_TAKEN);
	assert_int_equal(b.n_readings, 1);
	stop(&b);
}

static void noise_has_its_verdicts(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	assert_int_equal(hear(&b, "", 0), DRAGOMAN_UNKNOWN);
	assert_int_equal(hear(&b, "X", 0), DRAGOMAN_UNKNOWN);
	assert_int_equal(hear(&b, "W", 0), DRAGOMAN_SHORT);
	assert_int_equal(hear(&b, "Wx", 0), DRAGOMAN_FORMAT);
	assert_int_equal(hear(&b, "W1 ", 0), DRAGOMAN_LONG);
	assert_int_equal(b.n_readings, 0);
	stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_sent_when_they_are_due),
		cmocka_unit_test(the_user_may_set_the_interval),
		cmocka_unit_test(nothing_is_asked_while_the_line_is_down),
		cmocka_unit_test(what_is_asked_once_is_asked_again_after_silence),
		cmocka_unit_test(an_answer_ends_its_exchange),
		cmocka_unit_test(a_refusal_makes_bad_what_was_asked_for),
		cmocka_unit_test(noise_has_its_verdicts),
	};

	return cmocka_run_group_tests_name("profile engine", tests, NULL, NULL);
}
