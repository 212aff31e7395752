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

/* Events that somebody waits for: a reading, or all that came of a record. */
struct publisher_record {
	struct publisher_record *next;
	struct publisher *publisher;
	publisher_kept_fn *kept;
	void *arg;
	uint64_t cookie;
	uint64_t first, last; /* numbers; last is not known while it is open */
	uint64_t dropped;     /* as the publisher's when it was opened */
	bool is_open, is_decided, is_kept;
};

struct publisher {
	char *name;
	uint64_t incarnation;
	size_t bound;
	struct publisher_source *sources, **last_source;

	struct backlog backlog;
	uint64_t sent;   /* position in the backlog */
	uint64_t first;  /* number of the frame at its tail */
	uint64_t next;   /* the number that comes next */
	uint64_t unkept; /* the last number that was acknowledged as in memory only */
	struct event_room room;

	bool is_dropping; /* from the first event that found no room until the Losses are out */
	bool is_owing;    /* there are Losses to be said */
	uint64_t dropped;
	struct publisher_record *records, **last_record; /* in order of their first numbers */
	unsigned n_open;
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
	p->last_record = &p->records;
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
	while (p->records) {
		struct publisher_record *r = p->records;

		p->records = r->next;
		free(r);
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

/* An event is prompt if a record's sender waits for it, or the line soon will, for room. */
static struct event_room *room_of(struct publisher *p)
{
	p->room.is_prompt = p->n_open || backlog_len(&p->backlog) > p->bound / 4;
	return &p->room;
}

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

void publisher_reading(struct publisher_source *source, const struct dragoman_reading *reading,
		       const struct event_type *type)
{
	struct publisher *p = source->publisher;
	int64_t time_ns = reading->received_ns ? reading->received_ns : clock_wall_ns();
	struct publisher_record *record = NULL;

	if (reading->cookie)
		record = publisher_open_record(p, source->kept, source->arg, reading->cookie);
	if (is_room(source, time_ns)) {
		size_t len;
		const uint8_t *frame = event_pack_reading(room_of(p), &source->head, time_ns,
							  p->next, reading, type, &len);

		keep(source, time_ns, frame, len);
	}
	publisher_close_record(&record);
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
	frame = event_pack_raw(room_of(p), &source->head, time_ns, p->next, direction, data, len,
			       &frame_len);
	keep(source, time_ns, frame, frame_len);
}

static bool say_state(struct publisher_source *source, int64_t time_ns)
{
	struct publisher *p = source->publisher;
	size_t len;
	const uint8_t *frame = event_pack_state(room_of(p), &source->head, time_ns, p->next,
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
 * Records
 */

struct publisher_record *publisher_open_record(struct publisher *p, publisher_kept_fn *kept,
					       void *arg, uint64_t cookie)
{
	struct publisher_record *r = xcalloc(1, sizeof *r);

	*r = (struct publisher_record){.publisher = p,
				       .kept = kept,
				       .arg = arg,
				       .cookie = cookie,
				       .first = p->next,
				       .dropped = p->dropped,
				       .is_open = true};
	*p->last_record = r;
	p->last_record = &r->next;
	p->n_open++;
	return r;
}

static void decide(struct publisher_record *r, bool is_kept)
{
	r->is_decided = true;
	r->is_kept = is_kept;
}

/* Once all of it is acknowledged. */
static void look_at(struct publisher_record *r)
{
	if (!r->is_open && !r->is_decided && r->last < r->publisher->first)
		decide(r, r->first > r->publisher->unkept);
}

void publisher_close_record(struct publisher_record **record)
{
	struct publisher_record *r = *record;
	struct publisher *p;

	if (!r)
		return;
	p = r->publisher;
	r->is_open = false;
	p->n_open--;
	r->last = p->next - 1;
	if (p->dropped != r->dropped)
		decide(r, false);
	else if (r->last < r->first)
		decide(r, true);
	look_at(r);
	*record = NULL;
}

void publisher_abandon_record(struct publisher_record **record)
{
	if (*record)
		(*record)->kept = NULL;
	publisher_close_record(record);
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
		event_pack_loss(room_of(p), &source->head, clock_wall_ns(), p->next, &loss, &len);

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
	if (!on_disk && number >= p->first)
		p->unkept = number;
	for (; p->first <= number; p->first++)
		tail += backlog_frame_len(&p->backlog, tail);
	backlog_forget(&p->backlog, tail);
	if (p->sent < tail)
		p->sent = tail;
	for (struct publisher_record *r = p->records; r; r = r->next)
		look_at(r);
	return 0;
}

/* Takes those that are decided out of the list. */
static struct publisher_record *take_decided(struct publisher *p)
{
	struct publisher_record *decided = NULL, **last = &decided, **at = &p->records;

	while (*at) {
		struct publisher_record *r = *at;

		if (!r->is_decided) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		r->next = NULL;
		*last = r;
		last = &r->next;
	}
	p->last_record = at;
	return decided;
}

void publisher_settle(struct publisher *p)
{
	struct publisher_record *decided = p->records ? take_decided(p) : NULL;

	while (decided) {
		struct publisher_record *r = decided;

		decided = r->next;
		if (r->kept)
			r->kept(r->arg, r->cookie, r->is_kept);
		free(r);
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
