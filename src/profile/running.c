/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter "profile" as the gateway: a function of the script that asks the device; engine.h draws its states. */
#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "profile/engine.h"
#include "profile/scripted.h"

enum { KIND_FIELDS = 3 }; /* nil, why, and of which kind that is */

static struct script_value text_value(const char *text)
{
	struct script_value v = {.kind = SCRIPT_BYTES};

	v.as.text.bytes = text;
	v.as.text.len = strlen(text);
	return v;
}

/* ---------------------------------------------------------------------------------------------
 * The end
 */

void running_cancel(struct engine *e)
{
	struct running *run = &e->running;

	script_run_free(&run->script);
	run->asked = NULL;
	run->wake_ns = 0;
}

void running_fini(struct engine *e)
{
	running_cancel(e);
	buf_fini(&e->running.sent);
	buf_fini(&e->running.texts);
	free(e->running.answer);
	e->running.answer = NULL;
}

/* Once until it goes well again. */
static void tell(struct engine *e, const struct request *r)
{
	struct turn *t = gateway_turn(e, r);

	if (!e->running.is_good && !t->is_told)
		engine_log(e, DRAGOMAN_LOG_WARNING, "%s: %s", r->name, e->running.reason);
	t->is_told = !e->running.is_good;
}

/* reason NULL: it is good. What stays unanswered in it leaves the whole unanswered. */
static void over(struct engine *e, const char *reason)
{
	struct running *run = &e->running;
	const struct request *r = e->under_way;
	enum dragoman_end end = reason ? run->end : DRAGOMAN_REPLIED;
	bool is_lost = e->outcome.is_lost;

	run->is_good = !reason;
	snprintf(run->reason, sizeof(run->reason), "%s", reason ? reason : "");
	running_cancel(e);
	tell(e, r);
	e->outcome = (struct outcome){.is_refused = reason && end == DRAGOMAN_REPLIED,
				      .is_lost = is_lost,
				      .reason = reason ? run->reason : NULL};
	gateway_over(e, r, end);
}

/* It did something that it may not: that is nothing which the device could mend. */
static void broken(struct engine *e, const char *reason)
{
	e->running.end = DRAGOMAN_REPLIED;
	over(e, reason);
}

/* ---------------------------------------------------------------------------------------------
 * Asking
 */

static int set_argument(const struct dragoman_tag *tag, const struct script_value *given,
			struct dragoman_value *out)
{
	double number =
		given->kind == SCRIPT_INTEGER ? (double)given->as.integer : given->as.number;
	bool is_number = given->kind == SCRIPT_INTEGER || given->kind == SCRIPT_NUMBER;

	*out = (struct dragoman_value){.tag = tag->name, .type = tag->type};
	switch (tag->type) {
	case DRAGOMAN_NUMBER: out->as.number = number; return is_number && isfinite(number);
	case DRAGOMAN_INTEGER:
		if (given->kind == SCRIPT_INTEGER)
			out->as.integer = given->as.integer;
		else if (is_number && fabs(number) < 9e15 && number == floor(number))
			out->as.integer = (int64_t)number;
		else
			return false;
		return true;
	case DRAGOMAN_BOOLEAN:
		out->as.boolean = given->as.boolean;
		return given->kind == SCRIPT_BOOLEAN;
	default:
		out->as.text.bytes = given->as.text.bytes;
		out->as.text.len = given->as.text.len;
		return given->kind == SCRIPT_BYTES;
	}
}

static const struct script_value *given(const struct script_wish *wish, const char *name)
{
	for (size_t i = 0; i < wish->n_arguments; i++)
		if (!strcmp(wish->arguments[i].name, name))
			return &wish->arguments[i].value;
	return NULL;
}

/* What is given goes before what stands in the profile. */
static int read_argument(const struct request *r, size_t i, const struct script_wish *wish,
			 struct dragoman_value *out, struct err *err)
{
	const struct dragoman_tag *tag = &r->message.reading->tags[i].declared;
	const struct constant *fallback = &r->arguments[i].fallback;
	const struct script_value *value = given(wish, tag->name);
	const char *problem;

	if (value && !set_argument(tag, value, out))
		return err_set(err, "ask: the argument %s of %s is of another type", tag->name,
			       r->name);
	if (!value && r->with && r->with[i].type != DRAGOMAN_NONE) {
		*out = r->with[i];
	} else if (!value && fallback->type != DRAGOMAN_NONE) {
		*out = (struct dragoman_value){.tag = tag->name};
		value_from_constant(fallback, tag->type, out);
	} else if (!value) {
		return err_set(err, "ask: %s needs the argument %s", r->name, tag->name);
	}
	problem = argument_problem(r, i, out);
	return problem ? err_set(err, "ask: the argument %s of %s %s", tag->name, r->name, problem)
		       : 0;
}

static int read_arguments(const struct request *r, const struct script_wish *wish,
			  struct dragoman_value *out, struct err *err)
{
	const struct reading *reading = r->message.reading;

	for (size_t g = 0; g < wish->n_arguments; g++) {
		size_t i = 0;

		while (i < reading->n_tags &&
		       strcmp(reading->tags[i].declared.name, wish->arguments[g].name) != 0)
			i++;
		if (i == reading->n_tags)
			return err_set(err, "ask: %s has no argument %s", r->name,
				       wish->arguments[g].name);
	}
	for (size_t i = 0; i < reading->n_tags; i++)
		if (read_argument(r, i, wish, &out[i], err) < 0)
			return -1;
	return 0;
}

static int write_asked(struct engine *e, const struct request *r, const struct script_wish *wish,
		       struct err *err)
{
	struct dragoman_value arguments[MAX_ARGUMENTS];

	if (read_arguments(r, wish, arguments, err) < 0)
		return -1;
	buf_clear(&e->running.sent);
	if (request_encode(r, &e->parameters, arguments, e->raw, &e->running.sent) < 0)
		return err_set(err,
			       "ask: %s cannot be written: an argument or a parameter does not "
			       "fit",
			       r->name);
	return 0;
}

/* Asks what was written, for the first time or again. */
static int send(struct engine *e)
{
	struct running *run = &e->running;

	run->turn.n_replies = 0;
	run->frame = NULL;
	e->outcome = (struct outcome){0};
	if (!gateway_queue(e, run->asked, &run->sent, run->is_first))
		return -1;
	run->is_first = false;
	return 0;
}

static int ask(struct engine *e, const struct script_wish *wish, struct err *err)
{
	struct running *run = &e->running;
	const struct request *r = request_find(e->profile, wish->name);

	if (!r)
		return err_set(err, "ask: no request or command %s", wish->name);
	if (r->run)
		return err_set(err,
			       "ask: %s runs a function itself, and cannot be asked for by one",
			       r->name);
	if (!run->asks_left--)
		return err_set(err, "ask: %s may make no more than %u requests (asks:)",
			       e->under_way->name, (unsigned)e->under_way->asks);
	if (write_asked(e, r, wish, err) < 0)
		return -1;
	run->asked = r;
	run->turn = (struct turn){.busy_left = r->busy_times, .retries_left = r->retries};
	if (send(e) == 0)
		return 0;
	run->asked = NULL;
	return err_set(err, "ask: too much waits for the line");
}

/* ---------------------------------------------------------------------------------------------
 * Parameters
 */

static const struct parameter *find_parameter(const struct engine *e, const char *name, size_t *i)
{
	for (*i = 0; *i < e->profile->n_parameters; ++*i)
		if (!strcmp(e->profile->parameters[*i].name, name))
			return &e->profile->parameters[*i];
	return NULL;
}

static int read_parameter(const struct engine *e, const char *name, struct script_value *out,
			  struct err *err)
{
	size_t i;

	if (!find_parameter(e, name, &i))
		return err_set(err, "parameter: there is no %s", name);
	*out = scripted_value(&e->parameters.list[i]);
	return 0;
}

static int set_parameter(const struct parameter *p, const struct script_value *value,
			 struct raw *out, struct buf *kept)
{
	struct dragoman_tag tag = {.name = p->name, .type = p->type};
	struct dragoman_value v;
	double number;

	if (!set_argument(&tag, value, &v))
		return -1;
	if (p->type == DRAGOMAN_TEXT) {
		buf_clear(kept);
		buf_add(kept, v.as.text.bytes, v.as.text.len);
		raw_set_text(out, buf_bytes(kept), kept->len);
		return 0;
	}
	number = p->type == DRAGOMAN_INTEGER ? (double)v.as.integer : v.as.number;
	if (p->min < p->max && (number < p->min || number > p->max))
		return -1;
	if (p->type == DRAGOMAN_INTEGER)
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = v.as.integer};
	else
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = v.as.number};
	return 0;
}

static int remember(struct engine *e, const struct script_wish *wish, struct err *err)
{
	size_t i;
	const struct parameter *p = find_parameter(e, wish->name, &i);

	if (!p)
		return err_set(err, "remember: there is no parameter %s", wish->name);
	if (!p->is_remembered)
		return err_set(err,
			       "remember: nothing says that the parameter %s changes; write its "
			       "name out, remember(\"%s\", ...)",
			       p->name, p->name);
	if (set_parameter(p, &wish->value, &e->parameters.list[i], &e->kept[i]) < 0)
		return err_set(err,
			       "remember: that is no value of the parameter %s, or outside of its "
			       "limits",
			       p->name);
	return 0;
}

/* ---------------------------------------------------------------------------------------------
 * From step to step
 */

static void wait_for(struct engine *e, double seconds)
{
	int64_t now = engine_now(e);
	double left = (double)(e->running.until_ns - now) / NS_PER_S;
	int64_t ns = seconds < left ? (int64_t)(seconds * NS_PER_S) : e->running.until_ns - now;

	e->running.wake_ns = now + (ns < NS_PER_MS ? NS_PER_MS : ns);
}

/* Does what it wishes, up to where that takes time. */
static void serve(struct engine *e, struct script_wish *wish)
{
	struct running *run = &e->running;
	struct script_value value;
	struct err err;

	for (;;) {
		int bad = 0;
		size_t n = 0;

		switch (wish->step) {
		case SCRIPT_ENDED: over(e, wish->reason); return;
		case SCRIPT_BROKEN: broken(e, wish->err.text); return;
		case SCRIPT_WAITS: wait_for(e, wish->seconds); return;
		case SCRIPT_ASKS:
			bad = ask(e, wish, &err);
			if (!bad)
				return;
			break;
		case SCRIPT_READS:
			bad = read_parameter(e, wish->name, &value, &err);
			n = 1;
			break;
		case SCRIPT_REMEMBERS: bad = remember(e, wish, &err); break;
		}
		if (bad)
			script_run_refuse(run->script, err.text, wish);
		else
			script_run_go(run->script, &value, n, wish);
	}
}

/* Whether there is nothing more to go on with. */
static bool is_given_up(struct engine *e)
{
	const struct running *run = &e->running;
	char text[100];

	if (e->is_closing && e->purpose != FOR_CLOSING) {
		running_cancel(e);
		e->under_way = NULL;
		return true;
	}
	if (e->outcome.is_lost || (run->needs_session && e->session != SESSION_OPEN)) {
		e->outcome.is_lost |= run->end == DRAGOMAN_REPLIED; /* else it is silent */
		over(e, "the session is lost");
		return true;
	}
	if (engine_now(e) < run->until_ns)
		return false;
	snprintf(text, sizeof(text), "it takes longer than %g s (timeout:)",
		 (double)e->under_way->run_ms / 1000);
	over(e, text);
	return true;
}

static void go_on(struct engine *e, const struct script_value *values, size_t n)
{
	struct script_wish wish;

	script_run_go(e->running.script, values, n, &wish);
	serve(e, &wish);
}

void running_begin(struct engine *e, const struct request *r, bool is_first,
		   const struct dragoman_value *arguments)
{
	const struct reading *reading = r->message.reading;
	struct running *run = &e->running;
	struct script_field fields[MAX_ARGUMENTS];
	struct script_value argument = {.kind = SCRIPT_TABLE};
	struct script_wish wish;

	if (!arguments)
		arguments = r->with;
	for (size_t i = 0; i < reading->n_tags; i++)
		fields[i] = (struct script_field){reading->tags[i].declared.name,
						  scripted_argument(&arguments[i])};
	argument.as.table.fields = fields;
	argument.as.table.n = reading->n_tags;
	run->asks_left = r->asks;
	run->until_ns = engine_now(e) + r->run_ms * NS_PER_MS;
	run->end = DRAGOMAN_REPLIED;
	run->is_first = is_first;
	run->needs_session = e->session == SESSION_OPEN;
	run->script = script_run_new(e->profile->script, r->run, &argument, &wish);
	serve(e, &wish);
}

void running_timer(struct engine *e, int64_t now)
{
	struct running *run = &e->running;

	if (!run->wake_ns || run->wake_ns > now)
		return;
	run->wake_ns = 0;
	if (is_given_up(e))
		return;
	if (!run->asked)
		go_on(e, NULL, 0);
	else if (send(e) < 0)
		broken(e, "too much waits for the line");
}

/* ---------------------------------------------------------------------------------------------
 * Answers
 */

/* Texts of raw fields are the frame's, which is gone when its exchange has ended. */
void running_hear(struct engine *e, const struct frame *frame)
{
	struct running *run = &e->running;
	size_t n = frame->codec.n_fields, len = 0;

	if (!run->asked)
		return;
	run->frame = frame;
	for (size_t i = 0; i < n; i++)
		len += e->raw[i].kind == RAW_TEXT ? e->raw[i].as.text.len : 0;
	buf_clear(&run->texts);
	buf_room(&run->texts, len + 1); /* so that what is copied stays where it is */
	for (size_t i = 0; i < n; i++) {
		run->answer[i] = e->raw[i];
		if (e->raw[i].kind != RAW_TEXT)
			continue;
		run->answer[i].as.text.bytes = buf_bytes(&run->texts) + run->texts.len;
		buf_add(&run->texts, e->raw[i].as.text.bytes, e->raw[i].as.text.len);
	}
}

static void go_on_answered(struct engine *e)
{
	struct running *run = &e->running;
	struct script_field *fields = NULL;
	struct script_value values[2] = {{.kind = SCRIPT_TABLE}, {.kind = SCRIPT_NIL}};

	if (run->frame) {
		fields = xcalloc(run->frame->codec.n_fields + 1, sizeof(*fields));
		values[0].as.table.fields = fields;
		values[0].as.table.n = scripted_fields(&run->frame->codec, run->answer, fields);
		values[1] = text_value(run->frame->name);
	}
	go_on(e, values, 2);
	free(fields);
}

static void go_on_unanswered(struct engine *e)
{
	static const char *const ends[] = {[DRAGOMAN_TIMED_OUT] = "no answer",
					   [DRAGOMAN_NOT_SENT] = "the line is not open",
					   [DRAGOMAN_GARBLED] = "garbled answer"};
	static const char *const kinds[] = {[DRAGOMAN_TIMED_OUT] = "timeout",
					    [DRAGOMAN_NOT_SENT] = "timeout",
					    [DRAGOMAN_GARBLED] = "garbled"};
	static const char *const refusals[] = {
		[MEANS_NO] = "no", [MEANS_BUSY] = "busy", [MEANS_ERROR] = "error"};
	const struct frame *last = e->outcome.last;
	struct script_value values[KIND_FIELDS] = {{.kind = SCRIPT_NIL}};

	if (e->running.end == DRAGOMAN_REPLIED) {
		values[1] = text_value(last->reason ? last->reason : last->name);
		values[2] = text_value(refusals[last->means]);
	} else {
		values[1] = text_value(ends[e->running.end]);
		values[2] = text_value(kinds[e->running.end]);
	}
	go_on(e, values, KIND_FIELDS);
}

/* Whether it is asked again. */
static bool is_again(struct engine *e, enum dragoman_end end)
{
	struct running *run = &e->running;
	bool is_several = run->asked->count > 1 || run->asked->n_until;

	if (end == DRAGOMAN_REPLIED && e->outcome.is_busy && run->turn.busy_left) {
		run->turn.busy_left--;
		run->wake_ns = engine_now(e) + run->asked->busy_after_ms * NS_PER_MS;
		return true;
	}
	if (end == DRAGOMAN_REPLIED || !is_several || !run->turn.retries_left)
		return false;
	run->turn.retries_left--;
	return send(e) == 0;
}

void running_done(struct engine *e, enum dragoman_end end)
{
	struct running *run = &e->running;
	const struct request *asked = run->asked;

	run->end = end;
	if (!e->outcome.is_lost && is_again(e, end))
		return;
	run->asked = NULL;
	if (is_given_up(e))
		return;
	if (end == DRAGOMAN_REPLIED && !e->outcome.is_refused) {
		gateway_follow(e, asked);
		go_on_answered(e);
	} else {
		go_on_unanswered(e);
	}
}
