/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that are acknowledged: another link cuts them, and each is answered once it is known what became
 * of it. A device of this kind sends one record at a time and sends it again until it has its answer, so
 * the answer that is due is always that to the newest record.
 *
 *	record  --> new: handed out, remembered; its answer is due
 *	        --> known, and still waited for: its answer is due (again)
 *	        --> known, and kept: ACK at once
 *	settled     KEPT: ACK if it is due, else remembered for the next attempt.  Others: NAK, forgotten
 *	wait over   NAK; it stays remembered, since it may be kept yet
 *
 * What is remembered survives the loss of the line: it is then that a record comes again.
 *
 * The device's end sends the records, and sends them again (resend.h). Where it is mutual, each end does both.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "link/kinds.h"
#include "link/resend.h"

enum { REMEMBERED = 8 };

enum after { AFTER_DISK, AFTER_RECEIPT };

struct ack_options {
	struct conf_bytes ack, nak, enquiry;
	const struct conf_node *link;
	int after;
	int64_t wait_ns;
	int64_t repeats_ns;
	int64_t within_ns;
	bool mutual;
	int64_t attempts;
	int64_t resend_ns;
};

struct record {
	uint64_t ticket; /* 0: there is none here */
	struct buf payload;
	bool is_kept;
	int64_t until_ns; /* until then it is known again */
};

struct ack {
	struct link link;
	const struct ack_options *o;
	struct link *inner;
	struct record records[REMEMBERED]; /* a ring: ticket % REMEMBERED */
	uint64_t due;                  /* the ticket of the record whose answer is due; 0: none */
	int64_t due_ns;                /* until when; 0: there is no limit */
	int64_t now_ns;                /* monotonic, of the call that we are in */
	bool is_lost;                  /* nobody is there to be answered */
	bool answers;                  /* what comes is answered ... */
	bool awaits;                   /* ... and what is sent */
	const struct conf_bytes *last; /* answer */
	struct resend resend;
	bool is_full; /* the frame that is being sent has no room */
};

static const char *const after_names[] = {"disk", "receipt", NULL};

static const struct conf_row rows[] = {
	{.key = "ack",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct ack_options, ack),
	 .fallback = "<ACK>",
	 .min = 1,
	 .max = 64,
	 .help = "what is answered to a record that is kept"},
	{.key = "nak",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct ack_options, nak),
	 .max = 64,
	 .help = "what is answered to one that is damaged or is not kept; nothing if left out"},
	{.key = "link",
	 .type = CONF_ANY,
	 .offset = offsetof(struct ack_options, link),
	 .flags = CONF_REQUIRED,
	 .help = "the link that cuts the records"},
	{.key = "after",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct ack_options, after),
	 .fallback = "disk",
	 .choices = after_names,
	 .help = "when a record is acknowledged: after all that came of it is on the gateway's disk, or "
		 "as soon as it is read"},
	{.key = "wait",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct ack_options, wait_ns),
	 .fallback = "10s",
	 .max = 3600e9,
	 .help = "how long the answer to a record may take; then it is not kept, for now. 0s: as long as it "
		 "takes"},
	{.key = "repeats",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct ack_options, repeats_ns),
	 .fallback = "5min",
	 .max = 30 * 86400e9,
	 .help = "how long after its last attempt the bytes of a record without ACK are that record, sent "
		 "again; 0s: each is another one"},
	{.key = "within",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct ack_options, within_ns),
	 .fallback = "0s",
	 .max = 30 * 86400e9,
	 .help = "how long after its ACK the same bytes are still the same record, should the ACK have been "
		 "lost on the line; for records that have a number or a time in them"},
	{.key = "enquiry",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct ack_options, enquiry),
	 .max = 64,
	 .help = "what asks for the last answer once more, such as \"<DLE><ENQ>\""},
	{.key = "mutual",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct ack_options, mutual),
	 .fallback = "false",
	 .help = "the device acknowledges what the gateway sends in the same way, and it is sent again "
		 "until then"},
	{.key = "attempts",
	 .type = CONF_INT,
	 .offset = offsetof(struct ack_options, attempts),
	 .fallback = "3",
	 .min = 1,
	 .max = 100,
	 .help = "how often a frame that is sent is tried before it is given up"},
	{.key = "resend",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct ack_options, resend_ns),
	 .fallback = "1s",
	 .min = 1e6,
	 .max = 3600e9,
	 .help = "how long its answer may take; then it is sent again, or the enquiry is"},
	{.key = NULL},
};

static void check_options(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct ack_options *o = object;

	if (o->within_ns && !o->repeats_ns)
		conf_error(errors, conf_get(node, "within"),
			   "\"within\" means nothing with \"repeats: 0s\"");
}

static const struct conf_schema schema = {
	.name = "link ack",
	.rows = rows,
	.size = sizeof(struct ack_options),
	.check = check_options,
};

/* ---------------------------------------------------------------------------------------------
 * Answers
 */

static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static void set_deadline(struct ack *a)
{
	int64_t at = earlier(link_deadline(a->inner), a->due ? a->due_ns : 0);

	a->link.deadline_ns = earlier(at, resend_deadline(&a->resend));
}

static void write_bytes(void *arg, const uint8_t *bytes, size_t len)
{
	struct ack *a = arg;

	if (len && !a->is_lost)
		a->link.sink->write(a->link.sink_arg, bytes, len);
}

static void answer(struct ack *a, const struct conf_bytes *bytes)
{
	a->due = 0;
	a->last = bytes;
	write_bytes(a, bytes->data, bytes->len);
}

static void forget(struct record *r)
{
	buf_fini(&r->payload);
	*r = (struct record){0};
}

static void acknowledge(struct ack *a, struct record *r)
{
	answer(a, &a->o->ack);
	r->until_ns = a->now_ns + a->o->within_ns;
}

static void expect(struct ack *a, struct record *r)
{
	r->until_ns = a->now_ns + a->o->repeats_ns;
	a->due = r->ticket;
	a->due_ns = a->o->wait_ns ? a->now_ns + a->o->wait_ns : 0;
}

/* ---------------------------------------------------------------------------------------------
 * Records
 */

static bool is_known(const struct ack *a, const struct record *r, const uint8_t *payload,
		     size_t len)
{
	return r->ticket && r->payload.len == len && a->now_ns < r->until_ns &&
	       (!len || memcmp(buf_bytes(&r->payload), payload, len) == 0);
}

static struct record *find(struct ack *a, const uint8_t *payload, size_t len)
{
	for (int i = 0; i < REMEMBERED; i++)
		if (is_known(a, &a->records[i], payload, len))
			return &a->records[i];
	return NULL;
}

/* It is remembered before it is handed out: its fate may be known at once. */
static void remember(struct ack *a, uint64_t ticket, const uint8_t *payload, size_t len)
{
	struct record *r = &a->records[ticket % REMEMBERED];

	forget(r);
	r->ticket = ticket;
	buf_add(&r->payload, payload, len);
	expect(a, r);
}

static bool is_same(const struct conf_bytes *a, const uint8_t *bytes, size_t len)
{
	return len && a->len == len && memcmp(a->data, bytes, len) == 0;
}

/* What the other end says of our frames, and its question what we say of its. */
static bool is_said(struct ack *a, const uint8_t *payload, size_t len)
{
	if (a->awaits && is_same(&a->o->ack, payload, len))
		resend_acknowledged(&a->resend);
	else if (a->awaits && is_same(&a->o->nak, payload, len))
		resend_refused(&a->resend, a->now_ns);
	else if (a->answers && is_same(&a->o->enquiry, payload, len))
		write_bytes(a, a->due ? NULL : a->last->data, a->due ? 0 : a->last->len);
	else
		return false;
	return true;
}

/* It is acknowledged first: what comes of it may be that something is sent. */
static void take_at_once(struct ack *a, struct record *known, const uint8_t *payload, size_t len,
			 int64_t received_ns)
{
	struct record *r = known;

	if (!known && a->o->within_ns) {
		r = &a->records[++a->link.tickets % REMEMBERED];
		forget(r);
		r->ticket = a->link.tickets;
		r->is_kept = true;
		buf_add(&r->payload, payload, len);
	}
	if (r)
		acknowledge(a, r);
	else
		answer(a, &a->o->ack);
	if (!known)
		a->link.sink->frame(a->link.sink_arg, payload, len, received_ns);
}

static void inner_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct ack *a = arg;
	struct record *known;

	if (is_said(a, payload, len))
		return;
	if (!a->answers) {
		a->link.sink->frame(a->link.sink_arg, payload, len, received_ns);
		return;
	}
	known = find(a, payload, len);
	if (a->o->after == AFTER_RECEIPT) {
		take_at_once(a, known, payload, len, received_ns);
	} else if (!known) {
		remember(a, a->link.tickets + 1, payload, len);
		link_hand_out(&a->link, payload, len, received_ns, a->now_ns);
	} else if (known->is_kept) {
		acknowledge(a, known);
	} else {
		expect(a, known);
	}
}

/* Noise between records is nobody's attempt. */
static void inner_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct ack *a = arg;

	memcpy(a->link.problem, link_problem(a->inner), sizeof(a->link.problem));
	a->link.sink->refused(a->link.sink_arg, verdict, bytes, len);
	if (verdict != LINK_GARBAGE && a->answers)
		answer(a, &a->o->nak);
}

static void inner_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct ack *a = arg;

	if (!a->awaits)
		write_bytes(a, bytes, len);
	else if (resend_add(&a->resend, bytes, len) < 0)
		a->is_full = true;
}

static const struct link_sink inner_sink = {
	.frame = inner_frame,
	.refused = inner_refused,
	.write = inner_write,
};

static void ack_settle(struct link *link, uint64_t ticket, enum link_fate fate, int64_t mono_ns)
{
	struct ack *a = (struct ack *)link;
	struct record *r = &a->records[ticket % REMEMBERED];
	bool is_due = a->due == ticket;

	if (r->ticket != ticket)
		return;
	a->now_ns = mono_ns;
	r->is_kept = fate == LINK_KEPT;
	if (!r->is_kept)
		forget(r);
	if (is_due && r->is_kept)
		acknowledge(a, r);
	else if (is_due)
		answer(a, &a->o->nak);
	set_deadline(a);
}

/* ---------------------------------------------------------------------------------------------
 * The functions of a kind
 */

static void ack_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
			int64_t mono_ns)
{
	struct ack *a = (struct ack *)link;

	a->now_ns = mono_ns;
	link_receive(a->inner, bytes, len, received_ns, mono_ns);
	set_deadline(a);
}

static int ack_send(struct link *link, const uint8_t *payload, size_t len, struct err *err)
{
	struct ack *a = (struct ack *)link;
	int bad;

	a->is_full = false;
	bad = link_send(a->inner, payload, len, err);
	set_deadline(a);
	return a->is_full ? err_set(err, "too many frames wait for the answer to an earlier one")
			  : bad;
}

static void ack_expire(struct link *link, int64_t mono_ns)
{
	struct ack *a = (struct ack *)link;

	a->now_ns = mono_ns;
	link_expire(a->inner, mono_ns);
	if (a->due && a->due_ns && mono_ns >= a->due_ns)
		answer(a, &a->o->nak);
	resend_expire(&a->resend, mono_ns);
	set_deadline(a);
}

static void ack_reset(struct link *link)
{
	struct ack *a = (struct ack *)link;

	a->is_lost = true;
	link_reset(a->inner);
	a->is_lost = false;
	a->due = 0;
	a->last = &a->o->nak;
	resend_reset(&a->resend);
	set_deadline(a);
}

static void ack_free(struct link *link)
{
	struct ack *a = (struct ack *)link;

	for (int i = 0; i < REMEMBERED; i++)
		forget(&a->records[i]);
	resend_fini(&a->resend);
	link_free(&a->inner);
	free(a);
}

static void set_roles(struct ack *a, bool is_device)
{
	const struct ack_options *o = a->o;

	a->answers = o->mutual || !is_device;
	a->awaits = o->mutual || is_device;
	a->last = &o->nak;
	a->resend = (struct resend){.write = write_bytes,
				    .arg = a,
				    .enquiry = &o->enquiry,
				    .silence_ns = o->resend_ns,
				    .attempts = (int)o->attempts,
				    .never_forget = !o->mutual};
	if (a->awaits) {
		link_add_alone(a->inner, &o->ack);
		link_add_alone(a->inner, &o->nak);
	}
	if (a->answers)
		link_add_alone(a->inner, &o->enquiry);
}

static struct link *ack_new(const void *options, const struct link_line *line,
			    const struct conf_node *node, struct conf_errors *errors)
{
	const struct ack_options *o = options;
	struct ack *a;
	struct link *inner = link_new(o->link, line, errors);

	(void)node;
	if (!inner)
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->o = o;
	a->inner = inner;
	set_roles(a, line->is_device);
	link_set_sink(inner, &inner_sink, a);
	return &a->link;
}

const struct link_kind link_ack = {
	.name = "ack",
	.help = "records that are acknowledged once they are kept",
	.schema = &schema,
	.new = ack_new,
	.free = ack_free,
	.receive = ack_receive,
	.send = ack_send,
	.expire = ack_expire,
	.reset = ack_reset,
	.settle = ack_settle,
};
