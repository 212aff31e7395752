/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter "profile": a compiled profile on the host's verbs. As the gateway it sends the requests when
 * they are due and turns frames into readings; as the device it answers the requests and sends what the
 * device sends by itself.
 *
 * One timer serves everything that is due: it is set for the earliest.
 */
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "profile/play.h"
#include "profile/profile.h"

enum { ENGINE_MAGIC = 0x50524f46, DUE_TIMER = 0 };

/* A device that did not answer may have been switched off: what it is asked once is asked again, later and
 * later. */
static const int64_t again_first_ns = 30 * NS_PER_S, again_most_ns = 600 * NS_PER_S;

/* A request (or, for the device, a frame) that is sent again and again. */
struct turn {
	int64_t every_ns; /* 0: it is not */
	int64_t due_ns;   /* monotonic; 0: not now */
	bool is_pending;  /* its exchange has not ended */
};

struct engine {
	uint32_t magic;
	struct dragoman_host *host;
	enum dragoman_role role;
	struct profile *profile;
	struct parameters parameters;
	struct turn *turns; /* of the requests, or of the device's frames */
	size_t n_turns;
	int64_t again_ns; /* after which what is asked on connect is asked again */
	struct raw *raw;
	struct dragoman_value *values;
	struct buf scratch; /* texts of the values */
	struct buf out;     /* what is being sent */
	struct play *play;  /* the device */
};

static struct engine *engine_of(void *self)
{
	struct engine *e = self;

	must(e->magic == ENGINE_MAGIC);
	return e;
}

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

static const struct conf_node *conf_of(const struct dragoman_node *node)
{
	return (const struct conf_node *)(const void *)node;
}

/* Hands over what the compiler found, at its own places. */
static void tell_errors(struct dragoman_host *host, const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		struct conf_node place = {.file = errors->list[i].file,
					  .line = errors->list[i].line,
					  .column = errors->list[i].column};

		if (errors->list[i].is_warning) /* the check of the configuration says them */
			continue;
		host->ops->node_error(host, (const struct dragoman_node *)(const void *)&place,
				      errors->list[i].text);
	}
}

/* `every:` of the options: request to interval. */
static int read_intervals(struct engine *e, const struct conf_node *every,
			  struct conf_errors *errors)
{
	static const struct conf_row row = {
		.key = "every", .type = CONF_DURATION, .min = 1e6, .max = 86400e9};
	int bad = 0;

	for (const struct conf_node *n = every ? every->first : NULL; n; n = n->next) {
		bool known = false;

		for (size_t i = 0; i < e->profile->n_requests; i++) {
			if (!n->key || strcmp(e->profile->requests[i].name, n->key))
				continue;
			known = true;
			bad |= conf_read_value(&row, n, &e->turns[i].every_ns, errors);
		}
		if (!known) {
			conf_error_key(errors, n, "the profile has no request %s",
				       n->key ? n->key : "");
			bad = -1;
		}
	}
	return bad;
}

static void make_turns(struct engine *e)
{
	const struct profile *p = e->profile;

	e->n_turns = e->role == DRAGOMAN_DEVICE ? p->n_frames : p->n_requests;
	e->turns = xcalloc(e->n_turns + 1, sizeof(*e->turns));
	for (size_t i = 0; i < e->n_turns; i++)
		e->turns[i].every_ns =
			NS_PER_MS * (e->role == DRAGOMAN_DEVICE ? p->frames[i].every_ms
								: p->requests[i].every_ms);
}

static int declare(struct engine *e)
{
	const struct profile *p = e->profile;
	struct dragoman_tag *tags;
	struct dragoman_key *keys;
	size_t n_tags = 0, n_keys = 0;
	int bad;

	for (size_t r = 0; r < p->n_readings; r++)
		n_tags += p->readings[r].n_tags;
	tags = xcalloc(n_tags + 1, sizeof(*tags));
	keys = xcalloc(p->n_readings + 1, sizeof(*keys));
	n_tags = 0;
	for (size_t r = 0; r < p->n_readings; r++) {
		for (size_t t = 0; t < p->readings[r].n_tags; t++)
			tags[n_tags++] = p->readings[r].tags[t].declared;
		if (p->readings[r].name)
			keys[n_keys++] = (struct dragoman_key){p->readings[r].name,
							       p->readings[r].description};
	}
	bad = e->host->ops->declare(e->host, tags, n_tags, keys, n_keys);
	free(tags);
	free(keys);
	return bad;
}

static int set_up(struct engine *e, const struct conf_node *definition, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	const struct dragoman_node *seed = ops->option(e->host, "seed");
	struct profile *p;

	if (!definition) {
		conf_error(errors, NULL,
			   "the adapter profile needs a profile: set profile: to its name");
		return -1;
	}
	e->profile = p = profile_compile(definition, errors);
	if (!p)
		return -1;
	make_turns(e);
	e->raw = xcalloc(p->max_fields + 1, sizeof(*e->raw));
	e->values = xcalloc(p->max_tags + 1, sizeof(*e->values));
	e->parameters.n = p->n_parameters;
	e->parameters.list = xcalloc(p->n_parameters + 1, sizeof(*e->parameters.list));
	if (parameters_read(p, conf_of(ops->option(e->host, "parameters")), e->parameters.list,
			    errors) < 0)
		return -1;
	if (e->role == DRAGOMAN_DEVICE) {
		e->play = play_new(p, conf_of(ops->option(e->host, "set")),
				   seed ? (uint64_t)ops->node_integer(seed) : 1, errors);
		return e->play ? declare(e) : -1;
	}
	if (read_intervals(e, conf_of(ops->option(e->host, "every")), errors) < 0)
		return -1;
	return declare(e);
}

static void destroy(void *self)
{
	struct engine *e = engine_of(self);

	e->magic = 0;
	play_free(&e->play);
	profile_free(&e->profile);
	free(e->parameters.list);
	free(e->turns);
	free(e->raw);
	free(e->values);
	buf_fini(&e->scratch);
	buf_fini(&e->out);
	free(e);
}

static int create(struct dragoman_host *host, void **self_out)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	struct conf_errors errors = {0};
	int bad;

	e->magic = ENGINE_MAGIC;
	e->host = host;
	e->role = host->ops->role(host);
	bad = set_up(e, adapter_definition(host), &errors);
	if (bad) {
		tell_errors(host, &errors);
		destroy(e);
	} else {
		*self_out = e;
	}
	conf_errors_fini(&errors);
	return bad;
}

/* ---------------------------------------------------------------------------------------------
 * What is due
 */

static void set_timer(struct engine *e)
{
	int64_t earliest = 0, now = e->host->ops->mono_ns(e->host);

	for (size_t i = 0; i < e->n_turns; i++)
		if (e->turns[i].due_ns && (!earliest || e->turns[i].due_ns < earliest))
			earliest = e->turns[i].due_ns;
	if (!earliest)
		e->host->ops->timer_clear(e->host, DUE_TIMER);
	else
		e->host->ops->timer_set(
			e->host, DUE_TIMER,
			earliest <= now ? 0
					: (uint32_t)((earliest - now + NS_PER_MS - 1) / NS_PER_MS));
}

/* A request whose exchange has not ended yet is not sent a second time. */
static void send_request(struct engine *e, size_t i)
{
	const struct request *r = &e->profile->requests[i];
	struct dragoman_exchange exchange = {.timeout_ms = r->timeout_ms,
					     .retries = r->retries,
					     .priority = r->priority,
					     .cookie = i + 1};

	if (e->turns[i].is_pending)
		return;
	buf_clear(&e->out);
	if (codec_encode(&r->codec, &e->parameters, NULL, &e->out) < 0) {
		e->host->ops->log(e->host, DRAGOMAN_LOG_ERROR,
				  "a request cannot be written with these parameters");
		return;
	}
	exchange.data = buf_bytes(&e->out);
	exchange.len = e->out.len;
	e->turns[i].is_pending = e->host->ops->exchange(e->host, &exchange) == 0;
}

static void send_frame(struct engine *e, size_t i)
{
	buf_clear(&e->out);
	if (play_frame(e->play, &e->profile->frames[i], &e->parameters, &e->out) == 0)
		e->host->ops->send(e->host, buf_bytes(&e->out), e->out.len);
}

static void take_turn(struct engine *e, size_t i)
{
	if (e->role == DRAGOMAN_DEVICE)
		send_frame(e, i);
	else
		send_request(e, i);
}

static void timer(void *self, uint32_t id)
{
	struct engine *e = engine_of(self);
	int64_t now = e->host->ops->mono_ns(e->host);

	(void)id;
	for (size_t i = 0; i < e->n_turns; i++) {
		struct turn *t = &e->turns[i];

		if (!t->due_ns || t->due_ns > now)
			continue;
		t->due_ns = t->every_ns ? t->due_ns + t->every_ns : 0;
		if (t->every_ns &&
		    t->due_ns <= now) /* the clock jumped, or the line is slow: no burst */
			t->due_ns = now + t->every_ns;
		take_turn(e, i);
	}
	set_timer(e);
}

static void line(void *self, bool up, const char *reason)
{
	struct engine *e = engine_of(self);
	int64_t now = e->host->ops->mono_ns(e->host);

	(void)reason;
	e->again_ns = again_first_ns;
	for (size_t i = 0; i < e->n_turns; i++) {
		struct turn *t = &e->turns[i];
		bool first = t->every_ns && e->role == DRAGOMAN_GATEWAY;

		t->due_ns = up && t->every_ns ? now + t->every_ns : 0;
		if (!up)
			t->is_pending = false;
		else if (first ||
			 (e->role == DRAGOMAN_GATEWAY && e->profile->requests[i].on_connect))
			take_turn(e, i);
	}
	set_timer(e);
}

static void ask_again(struct engine *e)
{
	int64_t now = e->host->ops->mono_ns(e->host);
	bool any = false;

	for (size_t i = 0; i < e->n_turns; i++) {
		if (!e->profile->requests[i].on_connect || e->turns[i].due_ns)
			continue;
		e->turns[i].due_ns = now + e->again_ns;
		any = true;
	}
	if (!any)
		return;
	e->again_ns = e->again_ns * 2 > again_most_ns ? again_most_ns : e->again_ns * 2;
	set_timer(e);
}

static void exchange_done(void *self, uint64_t cookie, enum dragoman_end end)
{
	struct engine *e = engine_of(self);

	if (!cookie || cookie > e->n_turns)
		return;
	e->turns[cookie - 1].is_pending = false;
	if (end == DRAGOMAN_TIMED_OUT)
		ask_again(e);
}

/* ---------------------------------------------------------------------------------------------
 * Frames
 */

static void emit(struct engine *e, const struct reading *reading, int64_t received_ns,
		 int64_t device_time_ns)
{
	struct dragoman_reading out = {.key = reading->name,
				       .received_ns = received_ns,
				       .device_time_ns = device_time_ns,
				       .values = e->values,
				       .n_values = reading->n_tags};

	e->host->ops->emit(e->host, &out);
}

/* Whether an earlier reply of the request gives the same reading. */
static bool is_said(const struct request *request, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (request->replies[j]->reading == request->replies[i]->reading)
			return true;
	return false;
}

/* The device says no to a request: what the answer would have given is bad, for its reason. */
static void emit_refusal(struct engine *e, const struct request *request, const struct frame *frame,
			 int64_t received_ns)
{
	for (size_t i = 0; i < request->n_replies; i++) {
		const struct reading *r = request->replies[i]->reading;

		if (!r || is_said(request, i))
			continue;
		for (size_t t = 0; t < r->n_tags; t++)
			e->values[t] = (struct dragoman_value){
				.tag = r->tags[t].declared.name,
				.quality = DRAGOMAN_BAD,
				.reason = frame->reason ? frame->reason : frame->name};
		emit(e, r, received_ns, 0);
	}
}

static bool is_expected(const struct request *request, const struct frame *frame)
{
	for (size_t i = 0; i < request->n_replies; i++)
		if (request->replies[i] == frame)
			return true;
	return false;
}

static enum dragoman_verdict take(struct engine *e, const struct request *request,
				  const struct frame *frame, const struct dragoman_frame *in)
{
	bool is_refusal = frame->means == MEANS_NO || frame->means == MEANS_BUSY ||
			  frame->means == MEANS_ERROR;

	if (frame->reading) {
		buf_clear(&e->scratch);
		values_decode(frame, e->raw, &e->scratch, e->values);
		emit(e, frame->reading, in->received_ns,
		     values_time(frame, e->raw, in->received_ns));
	} else if (request && is_refusal) {
		emit_refusal(e, request, frame, in->received_ns);
	}
	if (request && (is_refusal || is_expected(request, frame)))
		return DRAGOMAN_REPLY;
	return DRAGOMAN_TAKEN;
}

static enum dragoman_verdict answer(struct engine *e, const struct dragoman_frame *in)
{
	struct match best = {DRAGOMAN_UNKNOWN, 0, 0};

	for (size_t i = 0; i < e->profile->n_requests; i++) {
		const struct request *r = &e->profile->requests[i];
		struct match m = codec_decode(&r->codec, &e->parameters, in->data, in->len, e->raw);

		if (m.verdict == DRAGOMAN_TAKEN) {
			buf_clear(&e->out);
			if (play_answer(e->play, r, &e->parameters, &e->out) == 0)
				e->host->ops->send(e->host, buf_bytes(&e->out), e->out.len);
			return DRAGOMAN_TAKEN;
		}
		if (m.known > best.known || m.verdict == DRAGOMAN_FOREIGN)
			best = m;
	}
	return best.verdict;
}

static enum dragoman_verdict frame(void *self, const struct dragoman_frame *in)
{
	struct engine *e = engine_of(self);
	const struct request *request = NULL;
	const struct frame *frame = NULL;
	enum dragoman_verdict verdict;

	if (e->role == DRAGOMAN_DEVICE)
		return answer(e, in);
	if (in->cookie && in->cookie <= e->profile->n_requests)
		request = &e->profile->requests[in->cookie - 1];
	verdict = profile_decode(e->profile, request, &e->parameters, in->data, in->len, e->raw,
				 &frame);
	return verdict == DRAGOMAN_TAKEN ? take(e, request, frame, in) : verdict;
}

/* ---------------------------------------------------------------------------------------------
 * The descriptor
 */

static const struct dragoman_option options[] = {
	{.key = "parameters",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "what the profile wants to know of this device: {address: 3}"},
	{.key = "every",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "request to interval, in place of the profile's: {weight: 250ms}"},
	{.key = "set",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "of a simulated device: tag to the value that it keeps"},
	{.key = "seed",
	 .type = DRAGOMAN_OPTION_INTEGER,
	 .fallback = "1",
	 .help = "of a simulated device: how its values vary"},
	{.key = NULL},
};

const struct dragoman_adapter profile_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof(struct dragoman_adapter),
	.name = "profile",
	.title = "Devices described in a YAML file",
	.version = "1",
	.maturity = DRAGOMAN_DOCUMENTED,
	.options = options,
	.create = create,
	.destroy = destroy,
	.line = line,
	.frame = frame,
	.exchange_done = exchange_done,
	.timer = timer,
};
