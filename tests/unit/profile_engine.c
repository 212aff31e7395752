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
	char asked[64];         /* what was asked, a letter each; ~ is a break */
	char sent[64];          /* the last of it */
	struct dragoman_ask last;
	uint32_t baud;  /* after the last of it */
	bool is_as_set; /* the settings of the port before it */
	uint64_t cookie;
	size_t n_asked;
	char state[64];
	char got[256];
	size_t n_readings;
	size_t n_declared; /* anew */
};

static void reading(void *arg, const struct dragoman_reading *r)
{
	struct bench *b = arg;

	b->n_readings++;
	snprintf(b->got, sizeof(b->got), "%s %d %s", r->key, (int)r->values[0].quality,
		 r->values[0].reason ? r->values[0].reason : "-");
}

static void declared(void *arg)
{
	((struct bench *)arg)->n_declared++;
}

static int ask(void *arg, const struct dragoman_ask *a)
{
	struct bench *b = arg;

	b->last = *a;
	b->baud = a->after ? a->after->baud : 0;
	b->is_as_set = a->before && !a->before->baud;
	b->cookie = a->exchange.cookie;
	b->asked[b->n_asked++] = a->exchange.data ? (char)a->exchange.data[0] : '~';
	b->asked[b->n_asked] = '\0';
	snprintf(b->sent, sizeof(b->sent), "%.*s", (int)a->exchange.len,
		 (const char *)a->exchange.data);
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

static void state(void *arg, enum dragoman_state now, const char *reason)
{
	struct bench *b = arg;

	snprintf(b->state, sizeof(b->state), "%s %s", now == DRAGOMAN_ONLINE ? "online" : "offline",
		 reason ? reason : "-");
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
	.declared = declared,
	.reading = reading,
	.ask = ask,
	.state = state,
	.send = send_bytes,
	.timer_set = set,
	.timer_clear = clear,
	.log = say,
	.wall_ns = now,
	.mono_ns = now,
};

static void start_with(struct bench *b, const char *profile, const char *options)
{
	struct conf_errors errors = {0};

	*b = (struct bench){.now_ns = NS_PER_S};
	b->root = conf_parse("p.yaml", profile, strlen(profile), &errors);
	if (options)
		b->options = conf_parse("options", options, strlen(options), &errors);
	b->instance = adapter_new(&profile_adapter, "d", DRAGOMAN_GATEWAY, b->options, b->root,
				  &sink, b, &errors);
	if (!b->instance)
		print_error("%s\n", errors.list[0].text);
	assert_non_null(b->instance);
	assert_int_equal(errors.n_errors, 0);
	conf_errors_fini(&errors);
	adapter_line(b->instance, true, NULL);
}

static void start(struct bench *b, const char *options)
{
	start_with(b, text, options);
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

/* The exchange under way ends. */
static void ends(struct bench *b, enum dragoman_end end)
{
	adapter_exchange_done(b->instance, b->cookie, end);
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
	assert_string_equal(b.asked, "w"); /* one at a time */
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "wi");
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiw");
	pass(&b, 5 * NS_PER_S); /* the last one has no end yet */
	assert_string_equal(b.asked, "wiw");
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiww");
	stop(&b);
}

static void the_user_may_set_the_interval(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, "{every: {w: 100ms}}");
	ends(&b, DRAGOMAN_REPLIED);
	for (int i = 0; i < 5; i++) {
		ends(&b, DRAGOMAN_REPLIED);
		pass(&b, 100 * NS_PER_MS);
	}
	assert_string_equal(b.asked, "wiwwwww");
	stop(&b);
}

static void the_user_may_set_what_is_sent(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, "{report: {w: {at_least: 10s}}, deadband: {a: 0.5}}");
	hear(&b, "W1", b.cookie);
	hear(&b, "W1.4", 0);
	hear(&b, "IA", 0);
	hear(&b, "IA", 0);
	assert_int_equal(b.n_readings, 3);
	hear(&b, "W1.6", 0);
	assert_int_equal(b.n_readings, 4);
	pass(&b, 10 * NS_PER_S);
	hear(&b, "W1.6", 0);
	assert_int_equal(b.n_readings, 5);
	stop(&b);
}

static void nothing_is_asked_while_the_line_is_down(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	adapter_line(b.instance, false, "unplugged");
	pass(&b, 10 * NS_PER_S);
	assert_string_equal(b.asked, "w");
	ends(&b, DRAGOMAN_NOT_SENT); /* of a line that is gone */
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.asked, "ww");
	adapter_exchange_done(b.instance, 1, DRAGOMAN_REPLIED); /* of the line before */
	assert_string_equal(b.asked, "ww");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "wwi");
	stop(&b);
}

static void what_is_asked_once_is_asked_again_after_silence(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, "{every: {w: 1h}}");
	ends(&b, DRAGOMAN_REPLIED);
	ends(&b, DRAGOMAN_TIMED_OUT);
	pass(&b, 29 * NS_PER_S);
	assert_string_equal(b.asked, "wi");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wii");
	ends(&b, DRAGOMAN_TIMED_OUT);
	pass(&b, 59 * NS_PER_S);
	assert_string_equal(b.asked, "wii");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "wiii");
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, 1000 * NS_PER_S);
	assert_string_equal(b.asked, "wiii");
	stop(&b);
}

static void an_answer_ends_its_exchange(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	assert_int_equal(hear(&b, "W1.5", b.cookie), DRAGOMAN_REPLY);
	assert_string_equal(b.got, "w 0 -");
	assert_int_equal(hear(&b, "Iabc", b.cookie), DRAGOMAN_TAKEN); /* of another request */
	assert_int_equal(hear(&b, "W1.5", 0), DRAGOMAN_TAKEN);        /* by itself */
	assert_int_equal(b.n_readings, 3);
	stop(&b);
}

static void a_refusal_makes_bad_what_was_asked_for(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_int_equal(hear(&b, "NAK", b.cookie), DRAGOMAN_REPLY);
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

/* ---------------------------------------------------------------------------------------------
 * More than a request and its answer
 */

#define HEAD                                                                                       \
	"profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"                         \
	"readings: {w: {tags: {a: {}}}}\n"

static void several_replies_are_one_answer(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "frames: {w: {text: 'W{a:number}'}, end: {text: END, means: nothing}}\n"
			"requests:\n"
			"  n: {send: n, expect: [w], replies: 2, every: 1s, retries: 1}\n"
			"  u: {send: u, expect: [w, end], until: [end], every: 1s}\n",
		   NULL);
	assert_int_equal(hear(&b, "W1", b.cookie), DRAGOMAN_PART);
	ends(&b, DRAGOMAN_TIMED_OUT); /* the second one got lost: it begins anew */
	assert_string_equal(b.asked, "nn");
	assert_int_equal(hear(&b, "W1", b.cookie), DRAGOMAN_PART);
	assert_int_equal(hear(&b, "W2", b.cookie), DRAGOMAN_REPLY);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "nnu");
	for (int i = 0; i < 5; i++)
		assert_int_equal(hear(&b, "W1", b.cookie), DRAGOMAN_PART);
	assert_int_equal(hear(&b, "END", b.cookie), DRAGOMAN_REPLY);
	assert_int_equal(b.n_readings, 8);
	stop(&b);
}

static void a_busy_device_is_asked_later(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "frames: {w: {text: 'W{a:number}'}, wait: {text: BUSY, means: busy, "
			"reason: busy}}\n"
			"requests: {w: {send: w, expect: [w], on_connect: true, "
			"busy: {after: 200ms, times: 2}}}\n",
		   NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hear(&b, "BUSY", b.cookie), DRAGOMAN_REPLY);
		ends(&b, DRAGOMAN_REPLIED);
		pass(&b, 199 * NS_PER_MS);
		assert_int_equal(b.n_asked, i + 1);
		pass(&b, NS_PER_MS);
		assert_int_equal(b.n_asked, i + 2);
	}
	assert_int_equal(b.n_readings, 0);
	hear(&b, "BUSY", b.cookie); /* and that is the answer now */
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.got, "w 2 busy");
	pass(&b, 10 * NS_PER_S);
	assert_string_equal(b.asked, "www");
	stop(&b);
}

static void a_garbled_answer_makes_bad_what_was_asked_for(void **state_)
{
	struct bench b;

	(void)state_;
	start(&b, NULL);
	ends(&b, DRAGOMAN_GARBLED);
	assert_string_equal(b.got, "w 2 garbled answer");
	stop(&b);
}

static void one_request_follows_another(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "frames: {w: {text: 'W{a:number}'}}\n"
			"requests:\n"
			"  late: {send: l, expect: [w], every: 10s, phase: 1s, priority: 3}\n"
			"  then: {send: t, expect: [w], after: late, silence: success}\n",
		   NULL);
	assert_int_equal(b.n_asked, 0);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "l");
	ends(&b, DRAGOMAN_TIMED_OUT);
	assert_string_equal(b.asked, "l");
	pass(&b, 10 * NS_PER_S);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "llt");
	assert_true(b.last.flags & DRAGOMAN_ASK_SILENT);
	assert_int_equal(b.last.exchange.retries, 0);
	stop(&b);
}

static const char session[] =
	HEAD "parameters: {password: {type: text, secret: true}, seed: {type: text, default: ''}}\n"
	     "frames:\n"
	     "  hello: {text: 'H{s}', means: yes, remember: {seed: s}}\n"
	     "  ok: {text: OK, means: yes}\n"
	     "  no: {text: NO, means: no, reason: wrong password}\n"
	     "  out: {text: OUT, means: error, reason: not logged in}\n"
	     "  w: {text: 'W{a:number}'}\n"
	     "requests:\n"
	     "  hello: {send: h, expect: [hello]}\n"
	     "  login: {send: 'L{@seed}{@password}', expect: [ok, no]}\n"
	     "  ping: {send: p, expect: [ok]}\n"
	     "  w: {send: w, expect: [w], every: 1h}\n"
	     "session: {open: [hello, login], keep: ping, every: 20s, lost: [out]}\n";

static void log_in(struct bench *b)
{
	assert_int_equal(hear(b, "Habc", b->cookie), DRAGOMAN_REPLY);
	ends(b, DRAGOMAN_REPLIED);
	assert_string_equal(b->sent, "Labcsesame");
	assert_int_equal(hear(b, "OK", b->cookie), DRAGOMAN_REPLY);
	ends(b, DRAGOMAN_REPLIED);
}

static void a_session_is_opened_and_kept(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, session, "{parameters: {password: sesame}}");
	assert_string_equal(b.asked, "h");
	log_in(&b);
	assert_string_equal(b.asked, "hLw");
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, 19 * NS_PER_S);
	assert_string_equal(b.asked, "hLw");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "hLwp");
	ends(&b, DRAGOMAN_REPLIED);
	adapter_line(b.instance, false, "unplugged");
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.asked, "hLwph");
	stop(&b);
}

static const char challenge[] = HEAD
	"parameters: {password: {type: text, secret: true}, response: {type: text, default: ''}}\n"
	"script: |\n"
	"  function respond(challenge, all)\n"
	"    local sum = 0\n"
	"    for _, b in ipairs({(challenge .. all['@password']):byte(1, -1)}) do sum = sum + b end\n"
	"    return string.format('%04X', sum)\n"
	"  end\n"
	"frames:\n"
	"  hello: {text: 'H{s}', means: yes, remember: {response: {field: s, decode: respond}}}\n"
	"  ok: {text: OK, means: yes}\n"
	"  w: {text: 'W{a:number}'}\n"
	"requests:\n"
	"  hello: {send: h, expect: [hello]}\n"
	"  login: {send: 'L{@response}', expect: [ok]}\n"
	"  w: {send: w, expect: [w], every: 1h}\n"
	"session: {open: [hello, login]}\n";

static void a_challenge_is_answered(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, challenge, "{parameters: {password: sesame}}");
	assert_int_equal(hear(&b, "Habc", b.cookie), DRAGOMAN_REPLY);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.sent, "L03A4");
	stop(&b);
}

static void a_session_that_is_lost_is_opened_again(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, session, "{parameters: {password: sesame}}");
	log_in(&b);
	assert_int_equal(hear(&b, "OUT", b.cookie), DRAGOMAN_REPLY);
	ends(&b, DRAGOMAN_REPLIED);
	assert_int_equal(b.n_readings, 0); /* it is asked again */
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "hLwh");
	log_in(&b);
	assert_string_equal(b.asked, "hLwhLw");
	ends(&b, DRAGOMAN_REPLIED);
	assert_int_equal(hear(&b, "OUT", 0), DRAGOMAN_TAKEN); /* by itself */
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "hLwhLwh");
	stop(&b);
}

static void a_session_that_is_refused_is_tried_later_and_later(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, session, "{parameters: {password: wrong}}");
	for (int i = 0; i < 2; i++) {
		hear(&b, "Habc", b.cookie);
		ends(&b, DRAGOMAN_REPLIED);
		hear(&b, "NO", b.cookie);
		ends(&b, DRAGOMAN_REPLIED);
		assert_string_equal(b.state, "offline wrong password");
		assert_int_equal(b.n_asked, 2 * (i + 1));
		pass(&b, (i + 1) * NS_PER_S);
	}
	assert_string_equal(b.asked, "hLhLh");
	hear(&b, "Habc", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	hear(&b, "OK", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.state, "online -");
	stop(&b);
}

static void a_device_is_woken_up(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "frames: {awake: {text: A, means: yes}, w: {text: 'W{a:number}'}}\n"
			"requests:\n"
			"  up: {send: u, expect: [awake], framed: false}\n"
			"  w: {send: w, expect: [w], every: 1min}\n"
			"wake: {request: up, idle: 30s, pause: 50ms}\n",
		   NULL);
	assert_string_equal(b.asked, "u");
	assert_true(b.last.flags & DRAGOMAN_ASK_RAW);
	ends(&b, DRAGOMAN_TIMED_OUT);
	assert_string_equal(b.asked, "u");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "uu");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "uuw");
	assert_int_equal(b.last.pause_ms, 50);
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, 60 * NS_PER_S);
	assert_string_equal(b.asked, "uuwu");
	stop(&b);
}

static void the_line_changes_in_the_middle(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD
		   "parameters: {rate: {type: text, default: '0'}}\n"
		   "frames:\n"
		   "  ident: {text: '/ABC{code:text(1)}', means: yes, remember: {rate: code}}\n"
		   "  w: {text: 'W{a:number}'}\n"
		   "requests:\n"
		   "  sign_on: {send: '/?!', expect: [ident], break: 300ms}\n"
		   "  go: {send: '0{@rate:text(1)}0', expect: [w], "
		   "line: {baud_from: rate, table: {'0': 300, '5': 9600}}, "
		   "first_byte: 500ms, between_bytes: 100ms}\n"
		   "  bye: {send: B}\n"
		   "  poll: {break: 100ms, every: 1min}\n"
		   "session: {open: [sign_on, go], close: [bye], each: round}\n",
		   NULL);
	assert_string_equal(b.asked, "/");
	assert_true(b.is_as_set);
	assert_int_equal(b.last.break_ms, 300);
	hear(&b, "/ABC5", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.sent, "050");
	assert_int_equal(b.baud, 9600);
	assert_int_equal(b.last.first_byte_ms, 500);
	assert_int_equal(b.last.between_bytes_ms, 100);
	hear(&b, "W1", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "/0~");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "/0~B");
	ends(&b, DRAGOMAN_REPLIED);
	pass(&b, 60 * NS_PER_S);
	assert_string_equal(b.asked, "/0~B/");
	assert_true(b.is_as_set);
	stop(&b);
}

static void a_memory_is_read_page_for_page(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "parameters: {at: {type: integer, default: 0}}\n"
			"frames:\n"
			"  page: {text: 'P{@at:integer(04)} {a:number}', reading: w}\n"
			"  end: {text: 'E{at:integer}', means: yes, remember: {at: at}}\n"
			"requests:\n"
			"  page: {send: 'R{@at:integer(04)}', expect: [page, end], every: 1min, "
			"repeat: {while: [page], cursor: at, add: 16}}\n",
		   NULL);
	assert_string_equal(b.sent, "R0000");
	assert_int_equal(hear(&b, "P0000 5", b.cookie), DRAGOMAN_REPLY);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.sent, "R0016");
	assert_int_equal(hear(&b, "P0000 5", b.cookie), DRAGOMAN_FOREIGN); /* of another place */
	hear(&b, "P0016 6", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	adapter_line(b.instance, false, "unplugged");
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.sent, "R0032"); /* where it was */
	hear(&b, "E48", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_int_equal(b.n_asked, 4);
	pass(&b, 60 * NS_PER_S);
	assert_string_equal(b.sent, "R0048");
	stop(&b);
}

static void nonsense_of_a_device_that_is_not_asked_is_bad(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   "profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
		   "readings: {w: {tags: {a: {}}}, i: {tags: {n: {type: text}}}}\n"
		   "frames: {w: {text: 'W{a:number}'}, i: {text: 'I{n}'}}\n"
		   "requests: {i: {send: i, expect: [i], on_connect: true}}\n",
		   NULL);
	for (int i = 0; i < 6; i++) {
		adapter_spoilt(b.instance);
		assert_int_equal(b.n_readings, i == 5);
		pass(&b, NS_PER_S);
	}
	assert_string_equal(b.got, "w 2 garbled");
	adapter_spoilt(b.instance);
	assert_int_equal(b.n_readings, 1); /* once is enough */
	hear(&b, "W1", 0);
	assert_string_equal(b.got, "w 0 -");
	for (int i = 0; i < 20; i++) { /* noise between good frames */
		pass(&b, NS_PER_S);
		adapter_spoilt(b.instance);
		hear(&b, "W1", 0);
	}
	assert_int_equal(b.n_readings, 22);
	stop(&b);
}

static const char family[] = "profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
			     "readings: {w: {tags: {a: {}}}, i: {tags: {n: {type: text}}}}\n"
			     "frames: {w: {text: 'W{a:number}'}, i: {text: 'I{n}'}}\n"
			     "requests:\n"
			     "  i: {send: i, expect: [i]}\n"
			     "  w: {send: w, expect: [w], every: 1min}\n"
			     "variants:\n"
			     "  big: {title: big, requests: {w: {send: W}}}\n"
			     "  small: {title: small, requests: {w: {send: s}}}\n"
			     "identify: {request: i, tag: n, variants: {'X1': small, 'X*': big}}\n";

static void a_device_says_which_variant_it_is(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, family, NULL);
	assert_string_equal(b.asked, "i");
	ends(&b, DRAGOMAN_TIMED_OUT);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "ii");
	hear(&b, "IX12", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "iiW");
	stop(&b);
	start_with(&b, family, NULL);
	hear(&b, "IX1", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "is");
	stop(&b);
	start_with(&b, family, NULL);
	hear(&b, "IY", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "iw");
	stop(&b);
	/* What the configuration is about may be missing in the variant that it turns out to be. */
	start_with(&b, family, "{every: {w: 100ms}}");
	hear(&b, "IX1", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "is");
	stop(&b);
	start_with(&b, family, "{variant: small}");
	assert_string_equal(b.asked, "s");
	stop(&b);
}

static void opened_again(struct bench *b, const char *answer)
{
	adapter_line(b->instance, false, "unplugged");
	adapter_line(b->instance, true, NULL);
	assert_int_equal(b->asked[b->n_asked - 1], 'i'); /* before all others */
	hear(b, answer, b->cookie);
	ends(b, DRAGOMAN_REPLIED);
}

static void another_device_is_noticed_when_the_line_is_opened_again(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, family, NULL);
	hear(&b, "IX12", b.cookie);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "iW");
	assert_int_equal(b.n_declared, 2); /* tags, and commands */
	opened_again(&b, "IX13");
	assert_string_equal(b.asked, "iWiW");
	assert_int_equal(b.n_declared, 2); /* of the same kind: nothing has changed */
	opened_again(&b, "IX1");
	assert_string_equal(b.asked, "iWiWis");
	assert_int_equal(b.n_declared, 4);
	opened_again(&b, "IY");
	assert_string_equal(b.asked, "iWiWisiw");
	assert_int_equal(b.n_declared, 6);
	stop(&b);
	start_with(&b, family, "{variant: small}");
	adapter_line(b.instance, false, "unplugged");
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.asked, "ss");
	stop(&b);
}

/* ---------------------------------------------------------------------------------------------
 * Functions of a script
 */

#define PAGES                                                                                      \
	HEAD "parameters: {at: {type: integer, default: 0}}\n"                                     \
	     "script: |\n"                                                                         \
	     "  function pages()\n"                                                                \
	     "    local head, why = ask('head')\n"                                                 \
	     "    if not head then return nil, why end\n"                                          \
	     "    for i = 1, head.n do\n"                                                          \
	     "      if not ask('page') then return nil, 'page ' .. i end\n"                        \
	     "      wait(1)\n"                                                                     \
	     "    end\n"                                                                           \
	     "  end\n"                                                                             \
	     "frames:\n"                                                                           \
	     "  head: {text: 'H{n:integer}', means: nothing}\n"                                    \
	     "  w: {text: 'W{a:number}'}\n"                                                        \
	     "  no: {text: NO, means: no, reason: not now}\n"                                      \
	     "  out: {text: OUT, means: error}\n"                                                  \
	     "requests:\n"                                                                         \
	     "  head: {send: h, expect: [head], timeout: 300ms}\n"                                 \
	     "  page: {send: p, expect: [w]}\n"                                                    \
	     "  login: {send: L}\n"                                                                \
	     "  other: {send: o, every: 1s, phase: 500ms, priority: 9}\n"                          \
	     "  all: {run: pages, every: 1h, priority: 3, expect: [w], retries: 1}\n"              \
	     "  then: {send: t, after: all}\n"

static void answers(struct bench *b, const char *frame)
{
	assert_int_equal(hear(b, frame, b->cookie), DRAGOMAN_REPLY);
	ends(b, DRAGOMAN_REPLIED);
}

static void a_function_asks_in_the_place_of_a_request(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, PAGES, NULL);
	assert_string_equal(b.asked, "h");
	assert_int_equal(b.last.exchange.priority, 3);
	assert_int_equal(b.last.exchange.timeout_ms, 300);
	assert_int_equal(hear(&b, "W1", b.cookie), DRAGOMAN_TAKEN); /* by itself */
	answers(&b, "H2");
	assert_string_equal(b.asked, "hp");
	answers(&b, "W2");
	assert_string_equal(b.got, "w 0 -");
	pass(&b, 999 * NS_PER_MS); /* what is due in the meantime waits, whatever its priority */
	assert_string_equal(b.asked, "hp");
	pass(&b, NS_PER_MS);
	assert_string_equal(b.asked, "hpp");
	answers(&b, "W3");
	assert_int_equal(b.n_readings, 3);
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "hppo");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "hppot"); /* all was answered */
	stop(&b);
}

static void a_function_that_fails_is_a_request_that_failed(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, PAGES, NULL);
	answers(&b, "H2");
	ends(&b, DRAGOMAN_TIMED_OUT); /* begun anew, once */
	assert_string_equal(b.asked, "hph");
	answers(&b, "H2");
	ends(&b, DRAGOMAN_GARBLED);
	assert_string_equal(b.asked, "hphp");
	assert_string_equal(b.got, "w 2 page 1");
	stop(&b);

	start_with(&b, PAGES, NULL);
	answers(&b, "NO"); /* an answer: it is not asked again */
	assert_string_equal(b.asked, "h");
	assert_string_equal(b.got, "w 2 not now");
	assert_int_equal(b.n_readings, 1);
	stop(&b);
}

static void what_follows_a_command_is_asked_behind_the_function(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   HEAD "script: |\n"
			"  function f() ask('zero') return ask('w') end\n"
			"frames:\n"
			"  w: {text: 'W{a:number}'}\n"
			"  ok: {text: OK, means: yes}\n"
			"  no: {text: NO, means: no}\n"
			"requests:\n"
			"  w: {send: w, expect: [w]}\n"
			"  check: {send: c, expect: [w], after: zero}\n"
			"  all: {run: f, on_connect: true, every: 1min}\n"
			"commands: {zero: {send: z, expect: [ok, no]}}\n",
		   NULL);
	answers(&b, "OK");
	assert_string_equal(b.asked, "zw");
	answers(&b, "W0");
	assert_string_equal(b.asked, "zwc");
	answers(&b, "W0");
	pass(&b, 60 * NS_PER_S);
	answers(&b, "NO"); /* then there is nothing to look at */
	answers(&b, "W0");
	assert_string_equal(b.asked, "zwczw");
	stop(&b);
}

static void a_function_ends_with_its_line(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, PAGES, NULL);
	answers(&b, "H2");
	answers(&b, "W2");
	adapter_line(b.instance, false, "unplugged"); /* while it waits */
	pass(&b, 10 * NS_PER_S);
	assert_string_equal(b.asked, "hp");
	adapter_line(b.instance, true, NULL);
	assert_string_equal(b.asked, "hph");
	adapter_line(b.instance, false, "unplugged"); /* while it asks */
	ends(&b, DRAGOMAN_NOT_SENT);
	assert_string_equal(b.asked, "hph");
	adapter_line(b.instance, true, NULL);
	answers(&b, "H0");
	assert_string_equal(b.asked, "hphht");
	stop(&b);
}

static void a_function_is_begun_anew_in_the_next_session(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, PAGES "session: {open: [login], lost: [out]}\n", NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "Lh");
	answers(&b, "H2");
	answers(&b, "OUT");
	assert_int_equal(b.n_readings, 0);
	assert_string_equal(b.asked, "Lhp");
	pass(&b, NS_PER_S);
	assert_string_equal(b.asked, "LhpL");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "LhpLo"); /* its priority is higher */
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "LhpLoh");
	stop(&b);
}

static void a_session_is_opened_by_a_function(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, PAGES "  enter: {run: pages}\nsession: {open: [enter]}\n", NULL);
	assert_string_equal(b.asked, "h");
	answers(&b, "NO");
	assert_string_equal(b.state, "offline not now");
	pass(&b, NS_PER_S);
	answers(&b, "H0");
	assert_string_equal(b.state, "online -");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "hhoh");
	stop(&b);
}

/* ---------------------------------------------------------------------------------------------
 * The end of a channel
 */

#define CLOSED                                                                                     \
	HEAD "frames:\n"                                                                           \
	     "  ok: {text: OK, means: yes}\n"                                                      \
	     "  w: {text: 'W{a:number}'}\n"                                                        \
	     "script: |\n"                                                                         \
	     "  function slow() wait(9) return ask('w') end\n"                                     \
	     "  function twice() for i = 1, 2 do ask('w') end end\n"                               \
	     "requests:\n"                                                                         \
	     "  login: {send: L, expect: [ok]}\n"                                                  \
	     "  bye: {send: b, expect: [ok]}\n"                                                    \
	     "  off: {send: f}\n"                                                                  \
	     "  w: {send: w, expect: [w], every: 1s}\n"

static void a_session_is_closed_before_its_line(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, CLOSED "session: {open: [login], close: [bye, off]}\n", NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "Lw");
	assert_true(adapter_closing(b.instance)); /* what is under way comes to its end */
	assert_string_equal(b.asked, "Lw");
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "Lwb");
	assert_int_equal(b.last.exchange.priority, 9);
	assert_true(adapter_closing(b.instance));
	ends(&b, DRAGOMAN_TIMED_OUT); /* whatever it says to that */
	assert_string_equal(b.asked, "Lwbf");
	assert_true(adapter_closing(b.instance));
	ends(&b, DRAGOMAN_REPLIED);
	assert_false(adapter_closing(b.instance));
	pass(&b, 10 * NS_PER_S);
	assert_string_equal(b.asked, "Lwbf");
	stop(&b);
}

static void commands_open_and_close_a_session(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(
		&b,
		HEAD
		"frames: {ok: {text: OK, means: yes}, w: {text: 'W{a:number}'}}\n"
		"commands:\n"
		"  begin: {send: 'B{n:integer}', arguments: {n: {type: integer, default: 3}}, expect: [ok]}\n"
		"  end: {send: E}\n"
		"requests: {w: {send: w, expect: [w], every: 1s}}\n"
		"session: {open: [begin], close: [end]}\n",
		NULL);
	assert_string_equal(b.sent, "B3");
	answers(&b, "OK");
	answers(&b, "W1");
	assert_true(adapter_closing(b.instance));
	assert_string_equal(b.asked, "BwE");
	ends(&b, DRAGOMAN_REPLIED);
	assert_false(adapter_closing(b.instance));
	stop(&b);
}

static void what_is_not_open_is_not_closed(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b, CLOSED "session: {open: [login], close: [bye]}\n", NULL);
	assert_false(adapter_closing(b.instance)); /* it was not yet let in */
	stop(&b);
	start_with(&b, CLOSED "session: {open: [login], close: [bye]}\n", NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_true(adapter_closing(b.instance));
	adapter_line(b.instance, false, "unplugged");
	assert_false(adapter_closing(b.instance));
	stop(&b);
	start(&b, NULL); /* no session */
	assert_false(adapter_closing(b.instance));
	stop(&b);
}

static void a_function_does_not_hold_up_the_end(void **state_)
{
	struct bench b;

	(void)state_;
	start_with(&b,
		   CLOSED "  run: {run: slow, on_connect: true, priority: 9}\n"
			  "session: {open: [login], close: [bye]}\n",
		   NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "L"); /* it waits */
	assert_true(adapter_closing(b.instance));
	assert_string_equal(b.asked, "Lb");
	stop(&b);
	start_with(&b,
		   CLOSED "  run: {run: twice, on_connect: true, priority: 9, expect: [w]}\n"
			  "session: {open: [login], close: [bye]}\n",
		   NULL);
	ends(&b, DRAGOMAN_REPLIED);
	assert_string_equal(b.asked, "Lw");
	assert_true(adapter_closing(b.instance));
	ends(&b, DRAGOMAN_REPLIED); /* it asks nothing more, and says nothing */
	assert_string_equal(b.asked, "Lwb");
	assert_int_equal(b.n_readings, 0);
	stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_sent_when_they_are_due),
		cmocka_unit_test(the_user_may_set_the_interval),
		cmocka_unit_test(the_user_may_set_what_is_sent),
		cmocka_unit_test(nothing_is_asked_while_the_line_is_down),
		cmocka_unit_test(what_is_asked_once_is_asked_again_after_silence),
		cmocka_unit_test(an_answer_ends_its_exchange),
		cmocka_unit_test(a_refusal_makes_bad_what_was_asked_for),
		cmocka_unit_test(noise_has_its_verdicts),
		cmocka_unit_test(several_replies_are_one_answer),
		cmocka_unit_test(a_busy_device_is_asked_later),
		cmocka_unit_test(a_garbled_answer_makes_bad_what_was_asked_for),
		cmocka_unit_test(one_request_follows_another),
		cmocka_unit_test(a_session_is_opened_and_kept),
		cmocka_unit_test(a_challenge_is_answered),
		cmocka_unit_test(a_session_that_is_lost_is_opened_again),
		cmocka_unit_test(a_session_that_is_refused_is_tried_later_and_later),
		cmocka_unit_test(a_device_is_woken_up),
		cmocka_unit_test(the_line_changes_in_the_middle),
		cmocka_unit_test(a_memory_is_read_page_for_page),
		cmocka_unit_test(a_device_says_which_variant_it_is),
		cmocka_unit_test(another_device_is_noticed_when_the_line_is_opened_again),
		cmocka_unit_test(nonsense_of_a_device_that_is_not_asked_is_bad),
		cmocka_unit_test(a_function_asks_in_the_place_of_a_request),
		cmocka_unit_test(a_function_that_fails_is_a_request_that_failed),
		cmocka_unit_test(what_follows_a_command_is_asked_behind_the_function),
		cmocka_unit_test(a_function_ends_with_its_line),
		cmocka_unit_test(a_function_is_begun_anew_in_the_next_session),
		cmocka_unit_test(a_session_is_opened_by_a_function),
		cmocka_unit_test(a_session_is_closed_before_its_line),
		cmocka_unit_test(commands_open_and_close_a_session),
		cmocka_unit_test(what_is_not_open_is_not_closed),
		cmocka_unit_test(a_function_does_not_hold_up_the_end),
	};

	return cmocka_run_group_tests_name("profile engine", tests, NULL, NULL);
}
