/* SPDX-License-Identifier: Apache-2.0 */
/* A profile's device on a real line; see simulate.h. */
#include "profile/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "link/link.h"
#include "profile/play.h"
#include "profile/profile.h"
#include "profile/timetable.h"
#include "transport/transport.h"

const char *const simulate_misbehaviours[] = {"noise", "checksum", "silence",  "split", "merge",
					      "slow",  "address",  "nonsense", NULL};

enum {
	SIMULATOR_MAGIC = 0x53494d55,
	TIMERS = 16,
	SOME = 4,       /* one of so many frames is a bad one */
	MAX_NOISE = 12, /* bytes */
	REOPEN_MS = 100,
	SPLIT_PAUSE_MS = 30,
	SLOW_PAUSE_MS = 5,
	MAX_HELD = 65536,
};

struct simulator_timer {
	struct timer timer;
	struct simulator *simulator;
	uint32_t id;
};

struct simulator {
	uint32_t magic;
	struct loop *loop;
	struct simulate_options options;
	struct conf_node *root; /* the profile's */
	struct adapter_instance *instance;
	struct link *link;
	struct transport *transport;
	struct simulator_timer timers[TIMERS];
	struct timer link_timer, reopen, feed;
	uint64_t random;
	unsigned misbehave; /* now */
	struct timetable timetable;
	size_t next_step;
	int64_t began_ns;
	struct timer step;
	struct buf held;   /* bytes that wait for their pause, or for the next frame */
	bool has_unframed; /* requests that go past the link */
	bool is_up;
	bool has_begun; /* the line was there once */
};

static struct simulator *simulator_of(void *arg)
{
	struct simulator *s = arg;

	must(s->magic == SIMULATOR_MAGIC);
	return s;
}

static void say(struct simulator *s, const char *what, const char *detail)
{
	char text[400];

	snprintf(text, sizeof(text), "%s%s%s", what, detail ? ": " : "", detail ? detail : "");
	if (s->options.say)
		s->options.say(s->options.arg, text);
}

/* ---------------------------------------------------------------------------------------------
 * Misbehaviour: between the link and the line
 */

static bool now_and_then(struct simulator *s, enum simulate_misbehaviour what)
{
	return (s->misbehave & what) && play_random(&s->random) % SOME == 0;
}

/* How many of the held bytes go out at once, and how long the next ones wait. */
static void feed_line(void *arg)
{
	struct simulator *s = simulator_of(arg);
	bool is_slow = s->misbehave & SIMULATE_SLOW;
	size_t n = is_slow ? 1 : s->held.len;

	if (!s->held.len)
		return;
	transport_write(s->transport, buf_bytes(&s->held), n);
	buf_consume(&s->held, n);
	if (s->held.len)
		timer_set(&s->feed, SLOW_PAUSE_MS * NS_PER_MS);
}

static void add_garbage(struct simulator *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)play_random(&s->random);

		buf_add(&s->held, &byte, 1);
	}
}

/* What is held goes out: at once, in two halves, or byte by byte. */
static void let_go(struct simulator *s)
{
	size_t half = s->held.len / 2;

	if (s->misbehave & SIMULATE_SLOW) {
		feed_line(s);
	} else if ((s->misbehave & SIMULATE_SPLIT) && half) {
		transport_write(s->transport, buf_bytes(&s->held), half);
		buf_consume(&s->held, half);
		timer_set(&s->feed, SPLIT_PAUSE_MS * NS_PER_MS);
	} else {
		transport_write(s->transport, buf_bytes(&s->held), s->held.len);
		buf_clear(&s->held);
	}
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct simulator *s = simulator_of(arg);
	bool is_busy = timer_is_set(&s->feed);
	size_t at;

	if (!s->is_up || now_and_then(s, SIMULATE_SILENCE) || s->held.len > MAX_HELD)
		return;
	if (now_and_then(s, SIMULATE_NOISE))
		add_garbage(s, 1 + play_random(&s->random) % MAX_NOISE);
	at = s->held.len;
	if (s->misbehave & SIMULATE_NONSENSE)
		add_garbage(s, len);
	else
		buf_add(&s->held, bytes, len);
	if (len && now_and_then(s, SIMULATE_CHECKSUM))
		buf_bytes(&s->held)[at + play_random(&s->random) % len] ^=
			(uint8_t)(1 << play_random(&s->random) % 8);
	if (!is_busy && !now_and_then(s, SIMULATE_MERGE))
		let_go(s);
}

/* ---------------------------------------------------------------------------------------------
 * The timetable: how it misbehaves now. The values are the adapter's business.
 */

static void set_step_timer(struct simulator *s)
{
	const struct timetable_step *step = timetable_at(&s->timetable, s->next_step);
	int64_t left = step ? s->began_ns + step->at_ns - clock_mono_ns() : 0;

	if (step && s->began_ns)
		timer_set(&s->step, left > 0 ? left : 0);
}

static void on_step(void *arg)
{
	struct simulator *s = simulator_of(arg);
	const struct timetable_step *step = timetable_at(&s->timetable, s->next_step++);
	struct conf_errors ignored = {0}; /* its mistakes were told in the beginning */

	if (step->misbehave.n)
		misbehaviours_read(&step->misbehave, NULL, &s->misbehave, &ignored);
	conf_errors_fini(&ignored);
	if (step->again) {
		s->next_step = 0;
		s->began_ns = clock_mono_ns();
	}
	set_step_timer(s);
}

static void begin_timetable(struct simulator *s)
{
	if (s->began_ns)
		return;
	s->began_ns = clock_mono_ns();
	set_step_timer(s);
}

/* ---------------------------------------------------------------------------------------------
 * The link
 */

static void set_link_timer(struct simulator *s)
{
	int64_t deadline = link_deadline(s->link), now = clock_mono_ns();

	if (!deadline)
		timer_clear(&s->link_timer);
	else
		timer_set(&s->link_timer, deadline > now ? deadline - now : 0);
}

static void on_link_timer(void *arg)
{
	struct simulator *s = simulator_of(arg);

	link_expire(s->link, clock_mono_ns());
	set_link_timer(s);
}

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct simulator *s = simulator_of(arg);
	struct dragoman_frame frame = {payload, len, received_ns, 0};
	enum dragoman_verdict verdict = adapter_frame(s->instance, &frame);

	if (verdict != DRAGOMAN_TAKEN)
		say(s, "a request that it does not know", adapter_verdict_name(verdict));
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	say(simulator_of(arg), "bytes that are no request", link_verdict_name(verdict));
}

static const struct link_sink link_sink = {.frame = on_frame,
					   .refused = on_refused,
					   .write = on_write};

/* ---------------------------------------------------------------------------------------------
 * The line
 */

static void on_opened(void *arg, const char *detail)
{
	struct simulator *s = simulator_of(arg);

	say(s, "open", detail);
	s->is_up = s->has_begun = true;
	begin_timetable(s);
	adapter_line(s->instance, true, NULL);
}

/* What the gateway sends past the link comes past it: as a whole, or not at all. */
static bool take_unframed(struct simulator *s, const uint8_t *bytes, size_t len,
			  int64_t received_ns)
{
	struct dragoman_frame frame = {bytes, len, received_ns, 0};

	return s->has_unframed && adapter_frame(s->instance, &frame) == DRAGOMAN_TAKEN;
}

static void on_received(void *arg, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	struct simulator *s = simulator_of(arg);

	if (take_unframed(s, bytes, len, received_ns))
		return;
	link_receive(s->link, bytes, len, received_ns, clock_mono_ns());
	set_link_timer(s);
}

static void on_drained(void *arg)
{
	(void)arg;
}

static void on_lost(void *arg, const char *reason, const char *text, bool final)
{
	struct simulator *s = simulator_of(arg);

	if (!s->has_begun && s->options.failed) {
		s->options.failed(s->options.arg, text);
		return;
	}
	say(s, reason, text);
	if (s->is_up) {
		link_reset(s->link);
		adapter_line(s->instance, false, reason);
	}
	s->is_up = false;
	buf_clear(&s->held);
	timer_clear(&s->feed);
	if (!final)
		timer_set(&s->reopen, REOPEN_MS * NS_PER_MS);
}

static void on_waiting(void *arg, const char *detail)
{
	struct simulator *s = simulator_of(arg);

	s->has_begun = true;
	say(s, "waiting", detail);
}

static const struct transport_events transport_events = {.opened = on_opened,
							 .received = on_received,
							 .drained = on_drained,
							 .lost = on_lost,
							 .waiting = on_waiting};

static void on_reopen(void *arg)
{
	transport_open(simulator_of(arg)->transport);
}

/* ---------------------------------------------------------------------------------------------
 * What the adapter calls
 */

static void sink_declared(void *arg)
{
	(void)arg;
}

static void sink_reading(void *arg, const struct dragoman_reading *reading)
{
	(void)arg; /* a device has none */
	(void)reading;
}

static int sink_send(void *arg, const uint8_t *data, size_t len)
{
	struct simulator *s = simulator_of(arg);
	struct err err;

	if (!s->is_up)
		return -1;
	if (link_send(s->link, data, len, &err) < 0) {
		log_warning("the link cannot send a frame: %s", err.text);
		return -1;
	}
	set_link_timer(s);
	return 0;
}

/* A device asks nothing: this is a frame that goes past the link. */
static int sink_ask(void *arg, const struct dragoman_ask *ask)
{
	struct simulator *s = simulator_of(arg);

	if (!s->is_up || !(ask->flags & DRAGOMAN_ASK_RAW))
		return -1;
	on_write(s, ask->exchange.data, ask->exchange.len);
	return 0;
}

static void on_timer(void *arg)
{
	struct simulator_timer *t = arg;

	adapter_timer(t->simulator->instance, t->id);
}

static void sink_timer_set(void *arg, uint32_t id, uint32_t delay_ms)
{
	timer_set(&simulator_of(arg)->timers[id].timer, delay_ms * NS_PER_MS);
}

static void sink_timer_clear(void *arg, uint32_t id)
{
	timer_clear(&simulator_of(arg)->timers[id].timer);
}

static void sink_log(void *arg, enum dragoman_level level, const char *text)
{
	(void)level;
	say(simulator_of(arg), text, NULL);
}

static int64_t sink_wall_ns(void *arg)
{
	(void)arg;
	return clock_wall_ns();
}

static int64_t sink_mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns();
}

static const struct adapter_sink sink = {.declared = sink_declared,
					 .reading = sink_reading,
					 .send = sink_send,
					 .ask = sink_ask,
					 .timer_set = sink_timer_set,
					 .timer_clear = sink_timer_clear,
					 .log = sink_log,
					 .wall_ns = sink_wall_ns,
					 .mono_ns = sink_mono_ns};

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

/* The link adds nothing to a request, so that no link can find its end. */
static bool ends_nothing(const struct conf_node *link)
{
	const struct conf_node *send = link ? conf_get(link, "send") : NULL;

	return send && send->kind == CONF_SCALAR && !send->text_len;
}

static bool any_unframed(const struct conf_node *requests)
{
	for (const struct conf_node *n = requests ? requests->first : NULL; n; n = n->next) {
		const struct conf_node *framed = conf_get(n, "framed");

		if (framed && framed->kind == CONF_SCALAR && !strcmp(framed->text, "false"))
			return true;
	}
	return false;
}

static int make_parts(struct simulator *s, struct conf_errors *errors)
{
	struct link_line line = {.is_device = true};

	s->root = conf_load(s->options.profile, errors);
	if (!s->root ||
	    profile_choose(&s->root, conf_get(s->options.device, "variant"), false, errors) < 0)
		return -1;
	s->instance = adapter_new(&profile_adapter, "simulated", DRAGOMAN_DEVICE, s->options.device,
				  s->root, &sink, s, errors);
	if (!s->instance)
		return -1;
	s->has_unframed = ends_nothing(conf_get(s->root, "link")) ||
			  any_unframed(conf_get(s->root, "requests")) ||
			  any_unframed(conf_get(s->root, "commands"));
	if (timetable_read(&s->timetable, conf_get(s->options.device, "script"), errors) < 0)
		return -1;
	s->link = link_new(adapter_default_link(s->instance), &line, errors);
	s->transport = transport_new(s->options.port, s->loop, &transport_events, s, errors);
	return s->link && s->transport ? 0 : -1;
}

struct simulator *simulator_new(struct loop *loop, const struct simulate_options *options,
				struct conf_errors *errors)
{
	struct simulator *s = xcalloc(1, sizeof(*s));

	s->magic = SIMULATOR_MAGIC;
	s->loop = loop;
	s->options = *options;
	s->random = options->seed;
	s->misbehave = options->misbehave;
	for (uint32_t i = 0; i < TIMERS; i++) {
		s->timers[i].simulator = s;
		s->timers[i].id = i;
		timer_init(&s->timers[i].timer, loop, on_timer, &s->timers[i]);
	}
	timer_init(&s->link_timer, loop, on_link_timer, s);
	timer_init(&s->reopen, loop, on_reopen, s);
	timer_init(&s->feed, loop, feed_line, s);
	timer_init(&s->step, loop, on_step, s);
	if (make_parts(s, errors) < 0) {
		simulator_free(&s);
		return NULL;
	}
	link_set_sink(s->link, &link_sink, s);
	transport_open(s->transport);
	return s;
}

void simulator_free(struct simulator **simulator)
{
	struct simulator *s = *simulator;

	if (!s)
		return;
	transport_free(&s->transport);
	link_free(&s->link);
	adapter_free(&s->instance);
	for (size_t i = 0; i < TIMERS; i++)
		timer_fini(&s->timers[i].timer);
	timer_fini(&s->link_timer);
	timer_fini(&s->reopen);
	timer_fini(&s->feed);
	timer_fini(&s->step);
	timetable_fini(&s->timetable);
	conf_free(&s->root);
	buf_fini(&s->held);
	s->magic = 0;
	free(s);
	*simulator = NULL;
}
