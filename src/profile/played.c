/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter "profile" as the device: it answers requests, does what commands say, and sends what the device
 * sends by itself. A device with a session that can say that there is none does so until it was opened.
 */
#include "profile/codec.h"
#include "profile/engine.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/simulate.h"
#include "profile/values.h"

enum {
	PAGES = 3, /* so many of a memory that is read page for page */
	SOME = 4,  /* one of so many frames is a bad one */
};

/* ---- sending ---- */

/* Another address: any whole number that the frames have as a parameter. */
static void shift_addresses(struct engine *e, int by)
{
	for (size_t i = 0; i < e->parameters.n; i++)
		if (e->parameters.list[i].kind == RAW_INTEGER && !e->is_open[i])
			e->parameters.list[i].as.integer += by;
}

static bool write_frame(struct engine *e, const struct frame *frame)
{
	bool is_foreign = e->is_foreign && play_random(&e->random) % SOME == 0;
	const uint8_t *sample;
	size_t len;
	int bad;

	if (!frame->codec.can_encode) {
		sample = samples_next(e->samples, frame, &len);
		if (sample)
			buf_add(&e->out, sample, len);
		return sample;
	}
	if (is_foreign)
		shift_addresses(e, 1);
	bad = play_frame(e->play, frame, &e->parameters, &e->out);
	if (is_foreign)
		shift_addresses(e, -1);
	return !bad;
}

/* Past the link: nobody waits for an answer to it. */
static int send_unframed(struct engine *e)
{
	const struct dragoman_ask ask = {
		.size = sizeof(ask),
		.flags = DRAGOMAN_ASK_RAW,
		.exchange = {.cookie = 1, .data = buf_bytes(&e->out), .len = e->out.len},
	};

	return e->host->ops->ask(e->host, &ask);
}

static bool send_frame(struct engine *e, const struct frame *frame)
{
	buf_clear(&e->out);
	play_time(e->play, e->host->ops->mono_ns(e->host));
	if (!write_frame(e, frame))
		return false;
	e->n_sent++;
	return (frame->is_framed ? e->host->ops->send(e->host, buf_bytes(&e->out), e->out.len)
				 : send_unframed(e)) == 0;
}

/* ---- the timetable ---- */

static void take_step(struct engine *e, const struct timetable_step *step, int64_t now)
{
	struct conf_errors ignored = {0}; /* its mistakes were told in the beginning */
	unsigned misbehave;

	play_time(e->play, now);
	for (const struct conf_node *n = step->set ? step->set->first : NULL; n; n = n->next)
		play_set(e->play, n, step->until_ns ? e->began_ns + step->until_ns : 0, &ignored);
	if (step->misbehave.n &&
	    misbehaviours_read(&step->misbehave, NULL, &misbehave, &ignored) == 0)
		e->is_foreign = misbehave & SIMULATE_ADDRESS;
	conf_errors_fini(&ignored);
	e->next_step++;
	if (!step->again)
		return;
	e->next_step = 0;
	e->began_ns = now;
}

static int64_t next_step_ns(const struct engine *e)
{
	const struct timetable_step *step = timetable_at(&e->timetable, e->next_step);

	return step && e->began_ns ? e->began_ns + step->at_ns : 0;
}

static void take_steps(struct engine *e, int64_t now)
{
	while (next_step_ns(e) && next_step_ns(e) <= now)
		take_step(e, timetable_at(&e->timetable, e->next_step), now);
}

static int read_timetable(struct engine *e, const struct conf_node *node,
			  struct conf_errors *errors)
{
	const struct timetable_step *step;
	int bad = timetable_read(&e->timetable, node, errors);

	for (size_t i = 0; (step = timetable_at(&e->timetable, i)); i++) {
		if (step->set && step->set->kind != CONF_MAP) {
			conf_error(errors, step->set, "expected {tag: value}");
			bad = -1;
			continue;
		}
		for (const struct conf_node *n = step->set ? step->set->first : NULL; n;
		     n = n->next)
			bad |= play_check(e->play, n, errors);
	}
	return bad;
}

/* ---- birth and death ---- */

static void tell_samples(struct engine *e)
{
	struct buf known = {0}, unknown = {0};

	samples_list(e->samples, true, &known);
	samples_list(e->samples, false, &unknown);
	if (known.len)
		engine_log(e, DRAGOMAN_LOG_INFO, "played from the profile's tests: %s",
			   buf_str(&known));
	if (unknown.len)
		engine_log(e, DRAGOMAN_LOG_INFO, "not played, for no test shows them: %s",
			   buf_str(&unknown));
	buf_fini(&known);
	buf_fini(&unknown);
}

int played_set_up(struct engine *e, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	const struct dragoman_node *seed = ops->option(e->host, "seed");

	e->random = seed ? (uint64_t)ops->node_integer(seed) : 1;
	e->is_foreign = ops->node_integer(ops->option(e->host, "foreign"));
	e->play = play_new(e->profile, conf_of(ops->option(e->host, "set")), e->random, errors);
	if (!e->play)
		return -1;
	e->samples = samples_new(e->profile, &e->parameters);
	tell_samples(e);
	return read_timetable(e, conf_of(ops->option(e->host, "script")), errors);
}

void played_fini(struct engine *e)
{
	play_free(&e->play);
	samples_free(&e->samples);
	timetable_fini(&e->timetable);
}

/* ---- by itself ---- */

static void set_timer(struct engine *e)
{
	int64_t first = next_step_ns(e);

	for (size_t i = 0; i < e->n_turns; i++)
		first = engine_earlier(first, e->turns[i].due_ns);
	engine_set_timer(e, first);
}

void played_timer(struct engine *e)
{
	int64_t now = e->host->ops->mono_ns(e->host);

	take_steps(e, now);
	play_asked(e->play, NULL, NULL);
	for (size_t i = 0; i < e->n_turns; i++) {
		struct turn *t = &e->turns[i];

		if (!t->due_ns || t->due_ns > now)
			continue;
		t->due_ns += t->every_ns;
		if (t->due_ns <= now)
			t->due_ns = now + t->every_ns;
		send_frame(e, &e->profile->frames[i]);
	}
	set_timer(e);
}

static void greet(struct engine *e)
{
	play_asked(e->play, NULL, NULL);
	for (size_t i = 0; i < e->profile->n_frames; i++)
		if (e->profile->frames[i].on_connect)
			send_frame(e, &e->profile->frames[i]);
}

void played_line(struct engine *e, bool is_up)
{
	int64_t now = e->host->ops->mono_ns(e->host);

	e->session = SESSION_CLOSED;
	if (is_up && !e->began_ns)
		e->began_ns = now;
	take_steps(e, now);
	for (size_t i = 0; i < e->n_turns; i++)
		e->turns[i].due_ns = is_up && e->turns[i].every_ns ? now + e->turns[i].every_ns : 0;
	if (is_up)
		greet(e);
	set_timer(e);
}

/* ---- when asked ---- */

/* The first of the replies that can say what is to be said. */
static bool send_first(struct engine *e, const struct request *r, bool is_special)
{
	for (size_t i = 0; i < r->n_replies; i++)
		if ((!is_special || play_is_said_by(e->play, r->replies[i])) &&
		    r->replies[i]->means != MEANS_NO && r->replies[i]->means != MEANS_ERROR &&
		    r->replies[i]->means != MEANS_BUSY && send_frame(e, r->replies[i]))
			return true;
	return false;
}

static void send_refusal(struct engine *e, const struct request *r)
{
	for (size_t i = 0; i < r->n_replies; i++)
		if ((r->replies[i]->means == MEANS_NO || r->replies[i]->means == MEANS_ERROR) &&
		    send_frame(e, r->replies[i]))
			return;
}

/* Each kind once, and the last one at the end. */
static void send_until(struct engine *e, const struct request *r)
{
	for (size_t i = 0; i < r->n_replies; i++)
		if (!frame_is_in(r->replies[i], r->until, r->n_until) &&
		    (r->replies[i]->means == MEANS_READING || r->replies[i]->means == MEANS_YES))
			send_frame(e, r->replies[i]);
	send_frame(e, r->until[0]);
}

static void send_several(struct engine *e, const struct request *r)
{
	for (unsigned n = 0; n < r->count; n++)
		send_frame(e, r->replies[n % r->n_replies]);
}

/* A memory has so many pages, and then the answer is another one, if there is one. */
static bool send_end_of_pages(struct engine *e, const struct request *r)
{
	if (!r->repeat || ++e->n_pages <= PAGES)
		return false;
	e->n_pages = 0;
	for (size_t i = 0; i < r->n_replies; i++)
		if (!frame_is_in(r->replies[i], r->repeat->frames, r->repeat->n_frames) &&
		    send_frame(e, r->replies[i]))
			return true;
	return false;
}

/* Once, until another one is answered. */
static void tell_mute(struct engine *e, const struct request *r)
{
	if (e->mute != r)
		engine_log(
			e, DRAGOMAN_LOG_WARNING,
			"no answer to %s: the values that there are fit into none of its replies",
			r->name);
	e->mute = r;
}

static void send_replies(struct engine *e, const struct request *r)
{
	uint64_t before = e->n_sent;

	if (!r->n_replies || send_end_of_pages(e, r))
		return;
	if (r->n_until)
		send_until(e, r);
	else if (r->count > 1)
		send_several(e, r);
	else if (!send_first(e, r, true))
		send_first(e, r, false);
	if (e->n_sent == before)
		tell_mute(e, r);
}

/* Whether the arguments are such that the device does it. */
static bool obey(struct engine *e, const struct request *r)
{
	const struct reading *arguments = r->message.reading;

	if (!r->is_command)
		return true;
	buf_clear(&e->scratch);
	buf_room(&e->scratch, 2 * e->asked_len + 1);
	values_decode(&r->message, &e->parameters, e->raw, &e->scratch, e->values);
	for (size_t i = 0; i < arguments->n_tags; i++)
		if (argument_problem(r, i, &e->values[i]))
			return false;
	play_command(e->play, r, e->values);
	return true;
}

/* ---- the session ---- */

static bool is_step(const struct request_list *list, const struct request *r)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->list[i] == r)
			return true;
	return false;
}

/* Whether it is let in; else it has been told so. */
static bool is_let_in(struct engine *e, const struct request *r)
{
	const struct session *s = e->profile->session;
	const struct wake *wake = e->profile->wake;

	if (!s || !s->n_lost || e->session == SESSION_OPEN || is_step(&s->open, r) ||
	    (wake && wake->request == r))
		return true;
	send_frame(e, s->lost[0]);
	return false;
}

static void note_session(struct engine *e, const struct request *r)
{
	const struct session *s = e->profile->session;

	if (s && s->open.n && s->open.list[s->open.n - 1] == r)
		e->session = SESSION_OPEN;
	if (s && s->close.n && s->close.list[s->close.n - 1] == r)
		e->session = SESSION_CLOSED;
}

/* ---- a request ---- */

/* What the request says of parameters that change: the answer speaks of the same. */
static void take_parameters(struct engine *e, const struct codec *codec)
{
	for (size_t i = 0; i < e->parameters.n; i++)
		for (size_t f = 0; e->is_open[i] && f < codec->n_fields; f++)
			if (codec->fields[f].name[0] == '@' &&
			    !strcmp(codec->fields[f].name + 1, e->profile->parameters[i].name)) {
				struct remember r = {.field = (uint16_t)f,
						     .parameter = (uint16_t)i};
				struct frame frame = {.remember = &r, .n_remember = 1};

				frame_remember(&frame, e->raw, &e->parameters, e->kept);
			}
}

static void answer(struct engine *e, const struct request *r, size_t len)
{
	e->asked_len = len;
	take_parameters(e, &r->message.codec);
	play_asked(e->play, &r->message.codec, e->raw);
	if (!is_let_in(e, r))
		return;
	if (!obey(e, r)) {
		send_refusal(e, r);
		return;
	}
	note_session(e, r);
	send_replies(e, r);
}

/* The request or command that the bytes are, or NULL with the verdict of the one that came nearest. */
static const struct request *find(struct engine *e, const struct dragoman_frame *in,
				  enum dragoman_verdict *verdict)
{
	const struct profile *p = e->profile;
	struct match best = {DRAGOMAN_UNKNOWN, 0, 0};

	for (size_t i = 0; i < p->n_requests + p->n_commands; i++) {
		const struct request *r =
			i < p->n_requests ? &p->requests[i] : &p->commands[i - p->n_requests];
		struct match m;

		if (!r->has_send)
			continue;
		m = codec_decode(&r->message.codec, &e->parameters, in->data, in->len, e->raw);
		if (m.verdict == DRAGOMAN_TAKEN)
			return r;
		if (m.known > best.known || m.verdict == DRAGOMAN_FOREIGN)
			best = m;
	}
	*verdict = best.verdict;
	return NULL;
}

enum dragoman_verdict played_frame(struct engine *e, const struct dragoman_frame *in)
{
	enum dragoman_verdict verdict = DRAGOMAN_TAKEN;
	const struct request *r = find(e, in, &verdict);

	if (r)
		answer(e, r, in->len);
	return verdict;
}
