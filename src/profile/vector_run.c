/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the tests in a profile as a channel would run the profile: the bytes go through the profile's link
 * into the adapter, and what it emits is compared by vector_compare.c.
 */
#include "profile/vector_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/profile.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/raw.h"

static void on_reading(void *arg, const struct dragoman_reading *reading)
{
	run_compare(arg, reading);
}

static int64_t now_ns(void *arg)
{
	return ((struct run *)arg)->now_ns;
}

static void set_timer(void *arg, uint32_t id, uint32_t delay_ms)
{
	struct run *run = arg;

	(void)id;
	run->due_ns = run->now_ns + delay_ms * NS_PER_MS;
}

static void clear_timer(void *arg, uint32_t id)
{
	(void)id;
	((struct run *)arg)->due_ns = 0;
}

static int no_send(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return 0;
}

static void on_log(void *arg, enum dragoman_level level, const char *text)
{
	struct run *run = arg;

	if (level == DRAGOMAN_LOG_ERROR)
		run_fail(run, run->node, "%s", text);
}

static const struct adapter_sink sink = {
	.reading = on_reading,
	.ask = run_ask,
	.send = no_send,
	.timer_set = set_timer,
	.timer_clear = clear_timer,
	.log = on_log,
	.wall_ns = now_ns,
	.mono_ns = now_ns,
};

static void note_verdict(struct run *run, const char *name, const char *problem)
{
	if (run->n_verdicts == MAX_RESULTS)
		return;
	snprintf(run->problems[run->n_verdicts], LINK_PROBLEM_SIZE, "%s", problem);
	run->verdicts[run->n_verdicts++] = name;
}

/* What was read is written and read again. A record that fits no template is not in what is written. */
static void check_way_back(struct run *run, const struct raw *raw)
{
	const struct codec *codec = &run->frame->codec;
	struct raw *again = xcalloc(codec->n_fields + 1, sizeof(*again));
	struct buf bytes = {0};

	if (codec_encode(codec, &run->parameters, raw, &bytes) < 0)
		run_fail(run, run->node, "the frame %s cannot be written as it was read",
			 run->frame->name);
	else if (codec_decode(codec, &run->parameters, buf_bytes(&bytes), bytes.len, again)
			 .verdict != DRAGOMAN_TAKEN)
		run_fail(run, run->node, "the frame %s is not read back", run->frame->name);
	for (size_t i = 0; i < codec->n_fields && !run->failed; i++)
		if (!raw_equal(&raw[i], &again[i]))
			run_fail(run, run->node, "the field %s is not read back as it was",
				 codec->fields[i].name);
	buf_fini(&bytes);
	free(again);
}

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct run *run = arg;
	struct dragoman_frame frame = {payload, len, received_ns, run->cookie};
	struct raw *raw = xcalloc(run->profile->max_fields + 1, sizeof(*raw));
	enum dragoman_verdict verdict;

	if (profile_decode(run->profile, run->cookie ? run->waiting : NULL, &run->parameters,
			   payload, len, raw, &run->frame) == DRAGOMAN_TAKEN &&
	    run->frame->codec.can_encode)
		check_way_back(run, raw);
	free(raw);
	verdict = adapter_frame(run->instance, &frame);
	if (verdict != DRAGOMAN_TAKEN && verdict != DRAGOMAN_REPLY && verdict != DRAGOMAN_PART)
		note_verdict(run, adapter_verdict_name(verdict), "");
	else if (run->cookie && verdict == DRAGOMAN_TAKEN && !run->vector->dialogue)
		note_verdict(run, vector_no_answer, "");
	if (verdict == DRAGOMAN_REPLY)
		run->cookie = 0;
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct run *run = arg;

	(void)bytes;
	(void)len;
	note_verdict(run, link_verdict_name(verdict), link_problem(run->link));
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct run *run = arg;

	buf_add(&run->written, bytes, len);
}

static const struct link_sink link_sink = {.frame = on_frame,
					   .refused = on_refused,
					   .write = on_write};

static void check_verdicts(struct run *run)
{
	bool found = false;

	for (size_t i = 0; i < run->n_verdicts; i++) {
		if (run->vector->verdict && !strcmp(run->vector->verdict, run->verdicts[i]))
			found = true;
		else
			run_fail(run, run->node, "refused: %s%s%s", run->verdicts[i],
				 run->problems[i][0] ? ": " : "", run->problems[i]);
	}
	if (run->vector->verdict && !found)
		run_fail(run, run->node, "expected the verdict \"%s\"%s", run->vector->verdict,
			 run->n_verdicts ? "" : ", and nothing was refused");
}

/* The engine's cookie of the exchange that waits for this answer. */
static uint64_t cookie_of(const struct profile *p, const struct request *r)
{
	return r ? 1 + request_index(p, r) : 0;
}

void run_receive(struct run *run, const struct conf_node *node, struct conf_errors *errors)
{
	struct buf bytes = {0};
	uint8_t *exact;

	vector_bytes(node, &bytes, errors);
	run->has_heard |= bytes.len;
	exact = xmemdup(buf_bytes(&bytes), bytes.len);
	link_receive(run->link, exact, bytes.len, run->now_ns, run->now_ns);
	while (link_deadline(run->link)) /* a frame that ends with silence */
		link_expire(run->link, link_deadline(run->link));
	free(exact);
	buf_fini(&bytes);
}

static void receive(struct run *run, const struct conf_node *node, const struct request *waiting,
		    struct conf_errors *errors)
{
	run->waiting = waiting;
	run->cookie = cookie_of(run->profile, waiting);
	run_receive(run, node, errors);
}

static void check_answer(struct run *run)
{
	const struct vector *v = run->vector;
	const struct frame *frame = run->frame;
	int means = frame ? (int)frame->means + 1 : 0; /* as an index of the names */

	if (v->answer && means != v->answer)
		run_fail(run, run->node, "expected the answer %s, got %s%s%s",
			 vector_answers[v->answer], means ? vector_answers[means] : "none",
			 means ? ", by the frame " : "", means ? frame->name : "");
	else if (v->reason && (!frame->reason || strcmp(frame->reason, v->reason) != 0))
		run_fail(run, run->node, "expected the reason \"%s\", got \"%s\"", v->reason,
			 frame->reason ? frame->reason : "");
}

static void run_received(struct run *run, struct conf_errors *errors)
{
	const struct vector *v = run->vector;
	size_t expected;

	run->next = v->readings ? v->readings->first : NULL;
	expected = v->readings ? v->readings->n : v->values ? 1 : 0;
	if (v->dialogue)
		run_dialogue(run, errors);
	else
		receive(run, v->received, vector_request(run->profile, v), errors);
	if (run->n_readings < expected)
		run_fail(run, run->node, "expected %zu readings, got %zu", expected,
			 run->n_readings);
	if (v->frame && (!run->frame || strcmp(run->frame->name, v->frame) != 0))
		run_fail(run, run->node, "expected a frame %s, got %s", v->frame,
			 run->frame ? run->frame->name : "none");
	if (!v->dialogue)
		check_answer(run);
	check_verdicts(run);
}

static void run_read_back(struct run *run, struct conf_errors *errors)
{
	run->reads_back = true;
	receive(run, run->vector->read_back, vector_request(run->profile, run->vector)->verify,
		errors);
	if (!run->n_read_back && !run->failed)
		run_fail(run, run->node, "what was read back has nothing of what the command sets");
}

void run_compare_sent(struct run *run, const struct conf_node *node, struct conf_errors *errors)
{
	struct buf bytes = {0};
	char expected[400], got[400];

	vector_bytes(node, &bytes, errors);
	if (bytes.len != run->written.len ||
	    memcmp(buf_bytes(&bytes), buf_bytes(&run->written), bytes.len) != 0)
		run_fail(run, node, "expected to send %s, got %s",
			 hex_text(buf_bytes(&bytes), bytes.len, expected, sizeof(expected)),
			 hex_text(buf_bytes(&run->written), run->written.len, got, sizeof(got)));
	buf_clear(&run->written);
	buf_fini(&bytes);
}

static void run_sent(struct run *run, struct conf_errors *errors)
{
	const struct request *r = vector_request(run->profile, run->vector);
	struct raw *raw = xcalloc(run->profile->max_fields + 1, sizeof(*raw));
	struct buf payload = {0};
	struct err err;

	if (request_encode(r, &run->parameters, r->is_command ? run->arguments : NULL, raw,
			   &payload) < 0)
		run_fail(run, run->node, "the %s cannot be written: %s does not fit its field",
			 r->is_command ? "command" : "request",
			 r->is_command ? "an argument" : "a parameter");
	else if (!r->is_framed)
		buf_add(&run->written, buf_bytes(&payload), payload.len);
	else if (link_send(run->link, buf_bytes(&payload), payload.len, &err) < 0)
		run_fail(run, run->node, "the link cannot send it: %s", err.text);
	if (!run->failed)
		run_compare_sent(run, run->vector->sent, errors);
	buf_fini(&payload);
	free(raw);
}

/* The options of the adapter for this test. */
static struct conf_node *make_options(const struct conf_node *parameters)
{
	struct conf_node *options = conf_new_map("test");

	if (parameters)
		conf_add_copy(options, "parameters", parameters);
	return options;
}

static void run_steps(struct run *run, struct conf_errors *errors)
{
	const struct vector *v = run->vector;
	const struct request *r = vector_request(run->profile, v);

	if (r && r->is_command && arguments_read(r, v->arguments, run->arguments, errors) < 0)
		return;
	if (v->sent)
		run_sent(run, errors);
	if (v->received || v->dialogue)
		run_received(run, errors);
	if (v->read_back && !run->failed)
		run_read_back(run, errors);
}

static void run_with_parts(struct run *run, struct conf_errors *errors)
{
	const struct profile *p = run->profile;

	run->parameters.n = p->n_parameters;
	run->parameters.list = xcalloc(p->n_parameters + 1, sizeof(struct raw));
	if (parameters_read(p, run->vector->parameters, run->parameters.list, errors) < 0)
		run_fail(run, run->node, "its parameters are not right");
	else
		run_steps(run, errors);
	free(run->parameters.list);
}

static void run_vector(struct run *run)
{
	struct conf_node *options = make_options(run->vector->parameters);
	struct conf_errors errors = {0};
	struct link_line line = {0};

	run->instance = adapter_new(&profile_adapter, "test", DRAGOMAN_GATEWAY, options,
				    run->definition, &sink, run, &errors);
	run->link = link_new(run->profile->link, &line, &errors);
	if (run->instance && run->link) {
		link_set_sink(run->link, &link_sink, run);
		run_with_parts(run, &errors);
	} else {
		run->failed = true;
	}
	if (errors.n_errors) {
		conf_errors_print(&errors, run->report);
		run->failed = true;
	}
	conf_errors_fini(&errors);
	if (run->link)
		link_free(&run->link);
	adapter_free(&run->instance);
	conf_free(&options);
	buf_fini(&run->written);
}

/* A profile's tree is compiled anew for each test: whole where the adapter's line is up, and so the device may be asked
 * which variant it is. */
struct definitions {
	struct conf_node *whole, *alone;
};

static void run_test(const struct profile *profile, const struct definitions *definitions,
		     const struct conf_node *node, struct buf *report,
		     struct profile_result *result)
{
	struct conf_errors errors = {0};
	struct vector v = {0};
	struct run run = {.profile = profile,
			  .node = node,
			  .vector = &v,
			  .report = report,
			  .now_ns = RECEIVED_NS};
	const char *kind;

	conf_read(&vector_schema, node, &v, &errors);
	if (vector_is_of(&v, profile)) {
		kind = vector_source(v.source);
		run.definition = v.dialogue ? definitions->whole : definitions->alone;
		run_vector(&run);
		result->passed += !run.failed;
		result->failed += run.failed;
		result->unproven += !run.failed && (!kind || !strcmp(kind, "implementation"));
	}
	conf_errors_fini(&errors);
	conf_fini(&vector_schema, &v);
}

static void run_tests(const struct profile *profile, struct buf *report,
		      struct profile_result *result)
{
	static const char *const tests[] = {"tests", NULL};
	static const char *const others[] = {"tests", "variants", "identify", NULL};
	struct definitions definitions = {load_without(profile->root, tests),
					  load_without(profile->root, others)};

	for (const struct conf_node *n = profile->tests ? profile->tests->first : NULL; n;
	     n = n->next)
		run_test(profile, &definitions, n, report, result);
	conf_free(&definitions.whole);
	conf_free(&definitions.alone);
}

struct profile_result profile_test(const struct profile *profile, struct buf *report)
{
	struct profile_result result = {0};

	run_tests(profile, report, &result);
	for (size_t i = 0; i < profile->n_variants; i++)
		run_tests(profile->variants[i], report, &result);
	return result;
}
