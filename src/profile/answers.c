/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter "profile" as the gateway: what frames mean, for the readings and for the exchange under way. */
#include "profile/engine.h"
#include "profile/program.h"
#include "profile/scripted.h"
#include "profile/values.h"

/* So many bad frames for so long, and nothing good among them: a device that says nonsense by itself. */
enum { SPOILT_LEAST = 3, SPOILT_S = 5 };

static void emit(struct engine *e, const struct reading *reading, int64_t received_ns,
		 int64_t device_time_ns)
{
	struct dragoman_reading out = {.key = reading->name,
				       .received_ns = received_ns,
				       .device_time_ns = device_time_ns,
				       .values = e->values,
				       .n_values = reading->n_tags};

	if (news_is(e->news, reading, e->values, received_ns))
		e->host->ops->emit(e->host, &out);
}

static void emit_bad(struct engine *e, const struct reading *r, const char *reason,
		     int64_t received_ns)
{
	for (size_t t = 0; t < r->n_tags; t++)
		e->values[t] = (struct dragoman_value){
			.tag = r->tags[t].declared.name, .quality = DRAGOMAN_BAD, .reason = reason};
	emit(e, r, received_ns ? received_ns : e->host->ops->wall_ns(e->host), 0);
}

/* Whether an earlier reply of the request gives the same reading. */
static bool is_said(const struct request *request, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (request->replies[j]->reading == request->replies[i]->reading)
			return true;
	return false;
}

void gateway_say_bad(struct engine *e, const struct request *request, const char *reason,
		     int64_t received_ns)
{
	for (size_t i = 0; i < request->n_replies; i++) {
		const struct reading *r = request->replies[i]->reading;

		if (r && !is_said(request, i))
			emit_bad(e, r, reason, received_ns);
	}
}

static bool gives(const struct frame *frame, const struct reading *reading)
{
	const struct frame *element;

	for (size_t i = 0; (element = frame_element(frame, i)); i++)
		if (element->reading == reading)
			return true;
	return false;
}

/* Whether the device sends the reading by itself: a frame says so, or nobody asks for it. */
static bool is_unasked(const struct profile *p, const struct reading *reading)
{
	for (size_t f = 0; f < p->n_frames; f++)
		if (p->frames[f].every_ms && gives(&p->frames[f], reading))
			return true;
	for (size_t i = 0; i < p->n_requests; i++)
		for (size_t f = 0; f < p->requests[i].n_replies; f++)
			if (gives(p->requests[i].replies[f], reading))
				return false;
	return true;
}

void gateway_spoilt(struct engine *e)
{
	int64_t now = e->host->ops->mono_ns(e->host);

	if (++e->n_spoilt < SPOILT_LEAST || e->is_spoilt || now - e->heard_ns < SPOILT_S * NS_PER_S)
		return;
	e->is_spoilt = true;
	for (size_t i = 0; i < e->profile->n_readings; i++)
		if (is_unasked(e->profile, &e->profile->readings[i]))
			emit_bad(e, &e->profile->readings[i], "garbled", 0);
}

/* Whether it was the last one that the request waits for. */
static bool is_last(const struct request *request, const struct turn *turn,
		    const struct frame *frame)
{
	if (request->n_until)
		return frame_is_in(frame, request->until, request->n_until);
	return turn->n_replies >= request->count;
}

/* What the frame is to the request that waits. */
static enum dragoman_verdict count_reply(struct engine *e, const struct request *request,
					 struct turn *turn, const struct frame *frame)
{
	bool is_expected = frame_is_in(frame, (const struct frame *const *)request->replies,
				       request->n_replies);

	if (!is_expected && !frame_is_refusal(frame))
		return DRAGOMAN_TAKEN; /* in between, by itself */
	e->outcome.last = frame;
	e->outcome.is_busy = frame->means == MEANS_BUSY;
	e->outcome.is_refused = frame_is_refusal(frame);
	if (frame_is_refusal(frame))
		return DRAGOMAN_REPLY;
	turn->n_replies++;
	running_hear(e, frame);
	return is_last(request, turn, frame) ? DRAGOMAN_REPLY : DRAGOMAN_PART;
}

static bool is_lost(const struct engine *e, const struct frame *frame)
{
	const struct session *s = e->profile->session;

	return s && frame_is_in(frame, s->lost, s->n_lost);
}

/* The tag says which variant it is. */
static void identify(struct engine *e, const struct frame *frame)
{
	const struct identify *identify = e->base->identify;
	const struct reading *r = frame->reading;

	for (size_t t = 0; r && t < r->n_tags; t++) {
		const struct dragoman_value *v = &e->values[t];

		if (strcmp(r->tags[t].declared.name, identify->tag) || v->quality == DRAGOMAN_BAD)
			continue;
		if (v->type == DRAGOMAN_TEXT) {
			e->found = identify_variant(e->base, v->as.text.bytes, v->as.text.len);
		} else if (v->type == DRAGOMAN_INTEGER) {
			char text[24];
			int len = snprintf(text, sizeof(text), "%lld", (long long)v->as.integer);

			e->found = identify_variant(e->base, text, (size_t)len);
		}
	}
}

/* What was asked is asked again in the next session. */
static enum dragoman_verdict lose_session(struct engine *e, const struct frame *frame,
					  const struct request *request)
{
	if (!request) {
		gateway_lost_session(e);
		return DRAGOMAN_TAKEN;
	}
	e->outcome = (struct outcome){.last = frame, .is_refused = true, .is_lost = true};
	return DRAGOMAN_REPLY;
}

static void emit_element(struct engine *e, const struct frame *element, int64_t received_ns)
{
	int64_t device_ns = values_time(element, e->raw, received_ns);

	buf_clear(&e->scratch);
	values_decode(element, &e->parameters, e->raw, &e->scratch, e->values);
	derive_apply(
		e->derive, element,
		&(struct derive_time){received_ns, clock_wall_ns() - clock_boot_ns(), device_ns},
		e->values);
	emit(e, element->reading, received_ns, device_ns);
}

static enum dragoman_verdict take(struct engine *e, const struct frame *frame,
				  const struct dragoman_frame *in)
{
	struct turn *turn;
	const struct request *request = gateway_request(e, in->cookie, &turn);
	const struct frame *element;
	bool is_again;

	e->heard_ns = e->host->ops->mono_ns(e->host);
	e->n_spoilt = 0;
	e->is_spoilt = false;
	frame_remember(frame, e->raw, &e->parameters, e->kept);
	if (is_lost(e, frame))
		return lose_session(e, frame, request);
	is_again = request && frame->means == MEANS_BUSY && turn->busy_left;
	if (frame->reading) {
		for (size_t i = 0; (element = frame_element(frame, i)); i++)
			if (frame_is_there(element, e->raw))
				emit_element(e, element, in->received_ns);
		if (request && e->purpose == FOR_IDENTIFYING)
			identify(e, frame);
	} else if (request && frame_is_refusal(frame) && !is_again && !e->running.script) {
		gateway_say_bad(e, request, frame->reason ? frame->reason : frame->name,
				in->received_ns);
	}
	return request ? count_reply(e, request, turn, frame) : DRAGOMAN_TAKEN;
}

static void tell_script_errors(struct engine *e)
{
	const char *error;

	while ((error = scripted_error(e->profile)))
		engine_log(e, DRAGOMAN_LOG_WARNING, "the profile's script failed: %s", error);
}

enum dragoman_verdict gateway_frame(struct engine *e, const struct dragoman_frame *in)
{
	struct turn *turn;
	const struct request *request = gateway_request(e, in->cookie, &turn);
	const struct frame *frame = NULL;
	enum dragoman_verdict verdict = profile_decode(e->profile, request, &e->parameters,
						       in->data, in->len, e->raw, &frame);

	if (verdict == DRAGOMAN_TAKEN)
		verdict = take(e, frame, in);
	tell_script_errors(e);
	return verdict;
}
