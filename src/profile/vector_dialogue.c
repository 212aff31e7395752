/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test of a request that runs a function: it runs in the adapter, as in a channel, and what it asks is compared
 * with the dialogue turn by turn. Where it waits the test's clock goes on.
 */
#include <string.h>

#include "profile/engine.h"
#include "profile/vector_run.h"

int run_ask(void *arg, const struct dragoman_ask *ask)
{
	struct run *run = arg;
	struct err err;

	run->is_asking = true;
	run->has_heard = false;
	run->needs_no_reply = !ask->exchange.timeout_ms || (ask->flags & DRAGOMAN_ASK_SILENT);
	run->cookie = ask->exchange.cookie;
	if (ask->flags & DRAGOMAN_ASK_RAW)
		buf_add(&run->written, ask->exchange.data, ask->exchange.len);
	else if (ask->exchange.data &&
		 link_send(run->link, ask->exchange.data, ask->exchange.len, &err) < 0)
		run_fail(run, run->node, "the link cannot send it: %s", err.text);
	return 0;
}

/* Where it is in the dialogue: bytes that are sent, or received; NULL: elsewhere. */
static const struct conf_node *turn(const struct conf_node *at, const char *key)
{
	return at ? conf_get(at, key) : NULL;
}

/* What it has asked is sent, answered and over; the next turn. */
static const struct conf_node *answer(struct run *run, const struct conf_node *at,
				      struct conf_errors *errors)
{
	struct engine *e = adapter_self(run->instance);
	struct turn *ignored;
	uint64_t cookie = run->cookie;

	run->is_asking = false;
	run->waiting = request_find(run->profile, gateway_request(e, cookie, &ignored)->name);
	if (!turn(at, "sent"))
		run_fail(run, at ? at : run->node, "%s is asked, and the dialogue does not say so",
			 run->waiting->name);
	else
		run_compare_sent(run, turn(at, "sent"), errors);
	for (at = at ? at->next : NULL; turn(at, "received"); at = at->next)
		run_receive(run, turn(at, "received"), errors);
	adapter_exchange_done(run->instance, cookie,
			      !run->cookie || run->needs_no_reply ? DRAGOMAN_REPLIED
			      : run->has_heard                    ? DRAGOMAN_GARBLED
								  : DRAGOMAN_TIMED_OUT);
	return at;
}

static void pass_time(struct run *run)
{
	run->now_ns = run->due_ns > run->now_ns ? run->due_ns : run->now_ns;
	run->due_ns = 0;
	adapter_timer(run->instance, 0);
}

static void check_end(struct run *run, const struct running *running)
{
	const struct vector *v = run->vector;
	bool is_good = !v->answer || !strcmp(vector_answers[v->answer], "yes");

	if (is_good && !running->is_good)
		run_fail(run, run->node, "it fails: %s", running->reason);
	else if (!is_good && running->is_good)
		run_fail(run, run->node, "expected the answer %s, and it does not fail",
			 vector_answers[v->answer]);
	else if (v->reason && strcmp(v->reason, running->reason) != 0)
		run_fail(run, run->node, "expected the reason \"%s\", got \"%s\"", v->reason,
			 running->reason);
}

void run_dialogue(struct run *run, struct conf_errors *errors)
{
	struct engine *e = adapter_self(run->instance);
	const struct request *r = vector_request(run->profile, run->vector);
	const struct conf_node *at = run->vector->dialogue->first;

	gateway_begin(e, request_index(run->profile, r), r->is_command ? run->arguments : NULL);
	while (e->running.script && !run->failed) {
		if (run->is_asking)
			at = answer(run, at, errors);
		else
			pass_time(run);
	}
	if (run->failed)
		return;
	if (at)
		run_fail(run, at, "the function has ended, and the dialogue goes on here");
	check_end(run, &e->running);
}
