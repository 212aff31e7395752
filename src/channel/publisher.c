/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher; what it promises stands in publisher.h. */
#include "channel/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/backlog.h"

struct publisher_source {
	struct publisher *publisher;
	struct publisher_source *next;
	struct event_head head;
	publisher_kept_fn *kept;
	void *arg;

	enum event_state state; /* 0: none was said yet */
	char *reason, *text;
	bool is_state_owed; /* it was dropped, or the hub's stream has not seen it */

	uint64_t lost; /* events since there was no more room */
	int64_t lost_from_ns, lost_to_ns;
	const char *lost_reason;
};

/* A reading that somebody waits for. */
struct waiting {
	struct waiting *next;
	struct publisher_source *source;
	uint64_t number; /* 0: it was dropped */
	uint64_t cookie;
	bool is_decided, is_kept;
};

struct publisher {
	char *name;
	uint64_t incarnation;
	size_t bound;
	struct publisher_source *sources, **last_source;

	struct backlog backlog;
	uint64_t sent;  /* position in the backlog */
	uint64_t first; /* number of the frame at its tail */
	uint64_t next;  /* the number that comes next */
	struct event_room room;

	bool is_dropping; /* from the first event that found no room until the Losses are out */
	bool is_owing;    /* there are Losses to be said */
	uint64_t dropped;
	struct waiting *waiting, **last_waiting; /* in order of their numbers */
};

static const char buffer_full[] = "buffer full";

struct publisher *publisher_new(const char *name, uint64_t incarnation, size_t bound)
{
	struct publisher *p = xcalloc(1, sizeof *p);

	*p = (struct publisher){.name = xstrdup(name),
				.incarnation = incarnation,
				.bound = bound,
				.first = 1,
				.next = 1};
	p->last_source = &p->sources;
	p->last_waiting = &p->waiting;
	return p;
}

void publisher_free(struct publisher **publisher)
{
	struct publisher *p = *publisher;

	if (!p)
		return;
	while (p->sources) {
		struct publisher_source *source = p->sources;

		p->sources = source->next;
		event_head_fini(&source->head);
		free(source->reason);
		free(source->text);
		free(source);
	}
	while (p->waiting) {
		struct waiting *w = p->waiting;

		p->waiting = w->next;
		free(w);
	}
	backlog_fini(&p->backlog);
	event_room_fini(&p->room);
	free(p->name);
	free(p);
	*publisher = NULL;
}

struct publisher_source *publisher_add(struct publisher *p, const char *device,
				       publisher_kept_fn *kept, void *arg)
{
	struct publisher_source *source = xcalloc(1, sizeof *source);

	*source = (struct publisher_source){.publisher = p, .kept = kept, .arg = arg};
	event_head_init(&source->head, p->name, p->incarnation, device);
	*p->last_source = source;
	p->last_source = &source->next;
	return source;
}

/* ---------------------------------------------------------------------------------------------
 * Events
 */

static void count_loss(struct publisher_source *source, int64_t time_ns, const char *reason)
{
	if (!source->lost++)
		source->lost_from_ns = time_ns;
	source->lost_to_ns = time_ns;
	source->lost_reason = reason;
	source->publisher->dropped++;
	source->publisher->is_owing = true;
}

/* Keeps a packed event (NULL: it is too long for the wire) under the next number. False: it is lost, and
 * counted as such. */
static bool keep(struct publisher_source *source, int64_t time_ns, const uint8_t *frame, size_t len)
{
	struct publisher *p = source->publisher;

	if (frame && backlog_len(&p->backlog) + len <= p->bound) {
		backlog_add(&p->backlog, frame, len);
		p->next++;
		return true;
	}
	p->is_dropping |= frame != NULL; /* one that is too long takes no room from the others */
	count_loss(source, time_ns, frame ? buffer_full : "event too long");
	return false;
}

/* False if all new events are dropped for now; then this one is counted. */
static bool is_room(struct publisher_source *source, int64_t time_ns)
{
	if (!source->publisher->is_dropping)
		return true;
	count_loss(source, time_ns, buffer_full);
	return false;
}

/* Its end is decided now if it was dropped (number 0), else by an acknowledgement. */
static void wait_for(struct publisher_source *source, uint64_t number, uint64_t cookie)
{
	struct publisher *p = source->publisher;
	struct waiting *w = xcalloc(1, sizeof *w);

	*w = (struct waiting){
		.source = source, .number = number, .cookie = cookie, .is_decided = number == 0};
	*p->last_waiting = w;
	p->last_waiting = &w->next;
}

void publisher_reading(struct publisher_source *source, const struct dragoman_reading *reading)
{
	struct publisher *p = source->publisher;
	int64_t time_ns = reading->received_ns ? reading->received_ns : clock_wall_ns();
	uint64_t number = p->next;
	bool is_kept = is_room(source, time_ns);

	if (is_kept) {
		size_t len;
		const uint8_t *frame =
			event_pack_reading(&p->room, &source->head, time_ns, number, reading, &len);

		is_kept = keep(source, time_ns, frame, len);
	}
	if (reading->cookie)
		wait_for(source, is_kept ? number : 0, reading->cookie);
}

void publisher_raw(struct publisher_source *source, enum event_direction direction,
		   const uint8_t *data, size_t len, int64_t time_ns)
{
	struct publisher *p = source->publisher;
	const uint8_t *frame;
	size_t frame_len;

	if (!time_ns)
		time_ns = clock_wall_ns();
	if (!is_room(source, time_ns))
		return;
	frame = event_pack_raw(&p->room, &source->head, time_ns, p->next, direction, data, len,
			       &frame_len);
	keep(source, time_ns, frame, frame_len);
}

static bool say_state(struct publisher_source *source, int64_t time_ns)
{
	struct publisher *p = source->publisher;
	size_t len;
	const uint8_t *frame = event_pack_state(&p->room, &source->head, time_ns, p->next,
						source->state, source->reason, source->text, &len);

	return keep(source, time_ns, frame, len);
}

void publisher_state(struct publisher_source *source, enum event_state state, const char *reason,
		     const char *text)
{
	int64_t now = clock_wall_ns();

	free(source->reason);
	free(source->text);
	source->state = state;
	source->reason = xstrdup(reason ? reason : "");
	source->text = xstrdup(text ? text : "");
	source->is_state_owed = !is_room(source, now) || !say_state(source, now);
}

/* ---------------------------------------------------------------------------------------------
 * Room again
 */

static bool say_loss(struct publisher_source *source)
{
	struct publisher *p = source->publisher;
	const struct event_loss loss = {.count = source->lost,
					.from_ns = source->lost_from_ns,
					.to_ns = source->lost_to_ns,
					.reason = source->lost_reason,
					.last_number = p->next - 1};
	size_t len;
	const uint8_t *frame =
		event_pack_loss(&p->room, &source->head, clock_wall_ns(), p->next, &loss, &len);

	if (!frame || backlog_len(&p->backlog) + len > p->bound)
		return false;
	backlog_add(&p->backlog, frame, len);
	p->next++;
	source->lost = 0;
	return true;
}

/* The debts: Losses, then states. Those of later sources wait when the room is used up by them. */
static void pay(struct publisher *p)
{
	for (struct publisher_source *s = p->sources; s; s = s->next)
		if (s->lost && !say_loss(s))
			return;
	p->is_dropping = p->is_owing = false;
	for (struct publisher_source *s = p->sources; s && !p->is_dropping; s = s->next)
		if (s->is_state_owed && s->state)
			s->is_state_owed = !say_state(s, clock_wall_ns());
}

void publisher_restate(struct publisher *p)
{
	for (struct publisher_source *s = p->sources; s; s = s->next)
		s->is_state_owed = true;
	if (!p->is_dropping)
		pay(p);
}

/* Not at the first free byte: a Loss for every second event would help nobody. */
static bool is_room_again(const struct publisher *p)
{
	return backlog_len(&p->backlog) <= p->bound - p->bound / 4;
}

/* ---------------------------------------------------------------------------------------------
 * The hub's side
 */

bool publisher_take(struct publisher *p, struct buf *out, size_t max)
{
	uint64_t from = p->sent;

	if (from == p->backlog.head)
		return false;
	if (p->backlog.head - from <= max)
		p->sent = p->backlog.head;
	else
		do
			p->sent += backlog_frame_len(&p->backlog, p->sent);
		while (p->sent < p->backlog.head &&
		       p->sent - from + backlog_frame_len(&p->backlog, p->sent) <= max);
	backlog_copy(&p->backlog, from, p->sent, out);
	return true;
}

int publisher_rewind(struct publisher *p, uint64_t received)
{
	if (received >= p->next)
		return -1;
	p->sent = p->backlog.tail;
	for (uint64_t number = p->first; number <= received; number++)
		p->sent += backlog_frame_len(&p->backlog, p->sent);
	return 0;
}

int publisher_kept(struct publisher *p, uint64_t number, bool on_disk)
{
	uint64_t tail = p->backlog.tail;

	if (number >= p->next)
		return -1;
	for (; p->first <= number; p->first++)
		tail += backlog_frame_len(&p->backlog, tail);
	backlog_forget(&p->backlog, tail);
	if (p->sent < tail)
		p->sent = tail;
	for (struct waiting *w = p->waiting; w && w->number <= number; w = w->next)
		if (!w->is_decided) {
			w->is_decided = true;
			w->is_kept = on_disk;
		}
	return 0;
}

/* Takes those that are decided out of the list. */
static struct waiting *take_decided(struct publisher *p)
{
	struct waiting *decided = NULL, **last = &decided, **at = &p->waiting;

	while (*at) {
		struct waiting *w = *at;

		if (!w->is_decided) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = NULL;
		*last = w;
		last = &w->next;
	}
	p->last_waiting = at;
	return decided;
}

void publisher_settle(struct publisher *p)
{
	struct waiting *decided = p->waiting ? take_decided(p) : NULL;

	while (decided) {
		struct waiting *w = decided;

		decided = w->next;
		w->source->kept(w->source->arg, w->cookie, w->is_kept);
		free(w);
	}
	if (p->is_owing && is_room_again(p))
		pay(p);
}

bool publisher_owes(const struct publisher *p)
{
	return p->is_owing;
}

void publisher_rest(struct publisher *p)
{
	backlog_rest(&p->backlog);
}

uint64_t publisher_incarnation(const struct publisher *p)
{
	return p->incarnation;
}

struct publisher_stats publisher_stats(const struct publisher *p)
{
	return (struct publisher_stats){
		.events = p->next - 1, .dropped = p->dropped, .waiting = backlog_len(&p->backlog)};
}
