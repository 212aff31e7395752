/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The common part of links; see framer.h.
 *
 * Bytes are cut where they were received. Only what is left at the end, half a frame, is held; when the
 * rest comes, it is put behind it in slices until the frame is whole, and the search goes on in the
 * received bytes. So a frame is copied if it came in two pieces, and not otherwise.
 *
 * A bad frame gives up as little as it can: the search goes on behind its start mark. What it finds in the
 * bytes that were told of already is no news, unless it is a frame.
 */
#include "link/framer.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"

enum { SLICE = 256 };
static const int64_t wait_ns = 50 * NS_PER_MS; /* for a check that may be absent */

int framer_init(struct framer *f, const struct framer_options *options,
		const struct conf_node *node, struct conf_errors *errors)
{
	size_t before = errors->n_errors;

	f->max = options->max;
	f->strip = options->strip;
	f->timeout_ns = options->timeout_ns;
	f->check = check_new(&options->check, node, errors);
	return errors->n_errors > before ? -1 : 0;
}

void framer_fini(struct framer *f)
{
	check_free(&f->check);
	marks_fini(&f->alone);
	buf_fini(&f->held);
	buf_fini(&f->out);
}

/* ---------------------------------------------------------------------------------------------
 * What is no frame
 */

static void tell(struct framer *f, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	f->link.problem[0] = '\0';
	if (verdict == LINK_BAD_CHECK)
		check_explain(f->check, f->link.problem);
	f->link.sink->refused(f->link.sink_arg, verdict, bytes,
			      len < FRAMER_SHOWN ? len : FRAMER_SHOWN);
}

static void tell_noise(struct framer *f)
{
	if (f->noise_len)
		tell(f, LINK_GARBAGE, f->noise, f->noise_len);
	f->noise_len = 0;
}

static void add_noise(struct framer *f, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t n = FRAMER_SHOWN - f->noise_len;

		if (n > len)
			n = len;
		memcpy(f->noise + f->noise_len, bytes, n);
		f->noise_len += n;
		bytes += n;
		len -= n;
		if (f->noise_len == FRAMER_SHOWN)
			tell_noise(f);
	}
}

void framer_refuse(struct framer *f, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	tell_noise(f);
	tell(f, verdict, bytes, len);
}

/* Tells of len bytes, of which the first f->told are known. */
static void refuse(struct framer *f, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	if (len <= f->told)
		return;
	if (verdict == LINK_GARBAGE) {
		add_noise(f, bytes + f->told, len - f->told);
		return;
	}
	framer_refuse(f, verdict, bytes, len);
	f->told = len;
}

/* ---------------------------------------------------------------------------------------------
 * Receiving
 */

static void hand_out(struct framer *f, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	tell_noise(f);
	f->link.sink->frame(f->link.sink_arg, bytes, len, received_ns);
}

static int open_plain(struct framer *f, const uint8_t *bytes, const struct cut *cut,
		      struct payload *out, enum link_verdict *verdict_out)
{
	size_t payload_end, from, to;

	if (check_verify(f->check, bytes, cut, &payload_end, verdict_out) < 0)
		return -1;
	from = f->strip ? cut->body : 0;
	to = f->strip ? payload_end : cut->len;
	*out = (struct payload){bytes + from, to > from ? to - from : 0};
	return 0;
}

/* When the byte at came, of those that are being cut. */
static int64_t time_of(const struct framer *f, size_t at)
{
	int64_t ns = f->received_ns;

	for (size_t i = 0; i < f->n_times && f->times[i].at <= at; i++)
		ns = f->times[i].ns;
	return ns;
}

/* The frame at the front: hands it out or refuses it. Returns how far to go on. */
static size_t take(struct framer *f, const uint8_t *bytes, const struct cut *cut, size_t at)
{
	enum link_verdict verdict;
	struct payload payload;

	if ((f->open ? f->open : open_plain)(f, bytes, cut, &payload, &verdict) == 0) {
		hand_out(f, payload.bytes, payload.len, time_of(f, at));
		return cut->len;
	}
	refuse(f, verdict, bytes, cut->len);
	return cut->drop;
}

static void advance(struct framer *f, size_t n)
{
	f->seen = 0;
	f->told = f->told > n ? f->told - n : 0;
}

/* The length of the mark at the front that is a frame of its own, or as marks_at. */
static int alone_at(const struct framer *f, const uint8_t *bytes, size_t len)
{
	return f->alone.n && !f->is_skipping ? marks_at(&f->alone, bytes, len) : 0;
}

/* Cuts bytes up to the last half frame; returns how many are done with. */
static size_t run(struct framer *f, const uint8_t *bytes, size_t len, bool is_final)
{
	size_t at = 0;

	f->is_waiting = false;
	while (at < len) {
		struct cut cut = {0};
		enum cut_result result = CUT_PASSED;
		int alone = alone_at(f, bytes + at, len - at);
		size_t n;

		if (alone > 0)
			hand_out(f, bytes + at, cut.drop = (size_t)alone, time_of(f, at));
		else if (alone == MARKS_PART && !is_final)
			break;
		else
			result = f->cut(f, bytes + at, len - at, is_final, &cut);
		if (result == CUT_MORE)
			break;
		n = cut.drop;
		if (result == CUT_FRAME)
			n = take(f, bytes + at, &cut, at);
		else if (result == CUT_REFUSED)
			refuse(f, cut.verdict, bytes + at, cut.len ? cut.len : cut.drop);
		must(n && n <= len - at);
		advance(f, n);
		at += n;
	}
	return at;
}

/* Puts bytes behind what is held. When there is no room for another time, they count as come earlier. */
static void hold(struct framer *f, const uint8_t *bytes, size_t len)
{
	if (!len)
		return;
	if (f->n_times < FRAMER_TIMES &&
	    !(f->n_times && f->times[f->n_times - 1].ns == f->received_ns)) {
		f->times[f->n_times].at = f->held.len;
		f->times[f->n_times++].ns = f->received_ns;
	}
	buf_add(&f->held, bytes, len);
}

/* The first n held bytes are done with. */
static void let_go(struct framer *f, size_t n)
{
	size_t gone = 0;

	buf_consume(&f->held, n);
	for (size_t i = 0; i < f->n_times; i++) {
		bool is_past = i + 1 < f->n_times && f->times[i + 1].at <= n;

		if (is_past) {
			gone++;
			continue;
		}
		f->times[i - gone] = f->times[i];
		f->times[i - gone].at -= f->times[i].at < n ? f->times[i].at : n;
	}
	f->n_times = f->held.len ? f->n_times - gone : 0;
}

/* Finishes what is held with as much of bytes as that takes; returns how much of them is done with. */
static size_t run_held(struct framer *f, const uint8_t *bytes, size_t len)
{
	size_t used = 0;

	while (f->held.len && used < len) {
		size_t before = f->held.len, n = len - used < SLICE ? len - used : SLICE, done;

		hold(f, bytes + used, n);
		done = run(f, buf_bytes(&f->held), f->held.len, false);
		if (done >= before) {
			used += done - before;
			let_go(f, f->held.len);
		} else {
			used += n;
			let_go(f, done);
		}
	}
	return used;
}

static void set_deadline(struct framer *f, int64_t mono_ns)
{
	int64_t wait = f->timeout_ns;

	if (!f->held.len && !f->noise_len)
		wait = 0;
	else if (f->is_waiting && (!wait || wait > wait_ns))
		wait = wait_ns;
	f->link.deadline_ns = wait ? mono_ns + wait : 0;
}

void framer_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
		    int64_t mono_ns)
{
	struct framer *f = (struct framer *)link;
	size_t used;

	f->received_ns = received_ns;
	used = run_held(f, bytes, len);
	if (used < len) {
		used += run(f, bytes + used, len - used, false);
		hold(f, bytes + used, len - used);
	}
	set_deadline(f, mono_ns);
}

/* Gives up half a frame after the other, until nothing is held. */
void framer_expire(struct link *link, int64_t mono_ns)
{
	struct framer *f = (struct framer *)link;

	(void)mono_ns;
	link->deadline_ns = 0;
	while (f->held.len) {
		size_t done = run(f, buf_bytes(&f->held), f->held.len, true);

		let_go(f, done);
		if (!f->held.len)
			break;
		refuse(f, LINK_CUT, buf_bytes(&f->held), f->held.len);
		advance(f, 1);
		let_go(f, 1);
	}
	f->is_skipping = false;
	tell_noise(f);
}

void framer_reset(struct link *link)
{
	struct framer *f = (struct framer *)link;

	if (f->held.len)
		refuse(f, LINK_CUT, buf_bytes(&f->held), f->held.len);
	tell_noise(f);
	advance(f, f->told);
	let_go(f, f->held.len);
	buf_trim(&f->held);
	f->is_skipping = false;
	link->deadline_ns = 0;
}

void framer_add_alone(struct link *link, const struct conf_bytes *bytes)
{
	struct framer *f = (struct framer *)link;

	if (marks_at(&f->alone, bytes->data, bytes->len) != (int)bytes->len)
		marks_add(&f->alone, bytes);
}

void framer_whole(struct framer *f, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	struct cut cut = {.end = len, .len = len, .drop = len};

	f->received_ns = received_ns;
	take(f, bytes, &cut, 0);
	f->told = 0;
}

/* ---------------------------------------------------------------------------------------------
 * For cut functions
 */

static enum cut_result noise(size_t n, struct cut *out)
{
	out->verdict = LINK_GARBAGE;
	out->drop = n;
	return CUT_REFUSED;
}

size_t framer_hunt(const struct marks *starts, const bool idle[256], const uint8_t *bytes,
		   size_t len, bool is_final, enum cut_result *result_out, struct cut *out)
{
	int mark = marks_at(starts, bytes, len);
	size_t n = 0, end;

	*result_out = CUT_MORE;
	if (mark > 0)
		return (size_t)mark;
	if (mark == MARKS_PART && !is_final)
		return 0;
	if (idle[bytes[0]]) {
		while (n < len && idle[bytes[n]] && (!n || !marks_at(starts, bytes + n, len - n)))
			n++;
		out->drop = n;
		*result_out = CUT_PASSED;
		return 0;
	}
	end = marks_find_start(starts, bytes, 1, len);
	for (n = 1; n < end && !idle[bytes[n]];)
		n++;
	*result_out = noise(n, out);
	return 0;
}

enum cut_result framer_after(struct framer *f, const struct marks *starts, const uint8_t *bytes,
			     size_t len, bool is_final, struct cut *out)
{
	size_t end = out->end + out->end_len, want = check_len_after(f->check);

	out->len = end + want + f->extra;
	if (want && check_may_be_absent(f->check)) {
		size_t there = len - end;

		out->is_bare = there < want
				       ? is_final
				       : !check_stands_at(f->check, bytes, out) &&
						 (!starts || marks_at(starts, bytes + end, there));
		if (out->is_bare)
			out->len = end + f->extra;
		f->is_waiting = out->len > len;
	}
	return out->len <= len ? CUT_FRAME : CUT_MORE;
}

/* ---------------------------------------------------------------------------------------------
 * Sending
 */

static void add_mark(struct buf *out, const struct conf_bytes *mark)
{
	if (mark)
		buf_add(out, mark->data, mark->len);
}

static void add_room(struct buf *out, size_t n)
{
	if (!n)
		return;
	memset(buf_room(out, n), 0, n);
	buf_grown(out, n);
}

/* Puts the frame of a payload together, with room where head and check go. */
static int compose(struct framer *f, const uint8_t *payload, size_t len, struct cut *cut,
		   struct err *err)
{
	size_t mark_len;

	if (f->extra)
		return err_set(err,
			       "the link does not know the %zu bytes behind the end mark; with "
			       "strip: false the adapter writes them",
			       f->extra);
	if (f->forbidden && marks_find_end(f->forbidden, payload, 0, len, &mark_len))
		return err_set(
			err,
			"the payload contains the mark that ends a frame; where the device takes "
			"it so, framed: false of the profile sends it past the link");
	add_mark(&f->out, f->send_start);
	cut->mark = f->out.len;
	add_room(&f->out, f->head_len);
	cut->body = f->out.len;
	buf_add(&f->out, payload, len);
	add_room(&f->out, check_len_before(f->check));
	cut->end = f->out.len;
	add_mark(&f->out, f->send_end);
	cut->end_len = f->out.len - cut->end;
	add_room(&f->out, check_len_after(f->check));
	cut->len = f->out.len;
	return 0;
}

/* Takes a frame that is whole but for what its head says and its check: where are they? */
static int dissect(struct framer *f, struct cut *cut, struct err *err)
{
	const size_t seen = f->seen;
	const bool is_skipping = f->is_skipping, is_waiting = f->is_waiting;
	enum cut_result result = CUT_FRAME;

	f->seen = 0;
	f->is_skipping = false;
	if (!f->out.len)
		result = CUT_MORE;
	else if (f->cut)
		result = f->cut(f, buf_bytes(&f->out), f->out.len, true, cut);
	else
		*cut = (struct cut){.end = f->out.len, .len = f->out.len};
	f->seen = seen;
	f->is_skipping = is_skipping;
	f->is_waiting = is_waiting;
	/* Room for a check is not yet the right check. */
	if (cut->is_bare)
		cut->len += check_len_after(f->check);
	cut->is_bare = false;
	if (result == CUT_FRAME && cut->len == f->out.len)
		return 0;
	return err_set(err,
		       "these %zu bytes are no whole frame; with strip: false the adapter writes "
		       "marks and room for the check as well",
		       f->out.len);
}

static int seal(struct framer *f, struct err *err)
{
	size_t len = f->out.len;

	if (len > f->max)
		return err_set(err, "the frame would have %zu bytes, the link's max is %zu", len,
			       f->max);
	if (f->send_len && len != f->send_len)
		return err_set(err, "the frame would have %zu bytes, it must have %zu", len,
			       f->send_len);
	return f->seal ? f->seal(f, buf_bytes(&f->out), len, err) : 0;
}

static int assemble(struct framer *f, const uint8_t *payload, size_t len, struct err *err)
{
	struct cut cut = {0};

	if (f->strip) {
		if (compose(f, payload, len, &cut, err) < 0 || seal(f, err) < 0)
			return -1;
	} else {
		buf_add(&f->out, payload, len);
		if (seal(f, err) < 0 || dissect(f, &cut, err) < 0)
			return -1;
	}
	if (check_put(f->check, buf_bytes(&f->out), &cut) < 0)
		return err_set(err, "a frame of %zu bytes is too short for its check", f->out.len);
	return 0;
}

bool framer_send_alone(struct framer *f, const uint8_t *payload, size_t len)
{
	if (!f->sends_alone || !len || marks_at(&f->alone, payload, len) != (int)len)
		return false;
	f->link.sink->write(f->link.sink_arg, payload, len);
	return true;
}

int framer_send(struct link *link, const uint8_t *payload, size_t len, struct err *err)
{
	struct framer *f = (struct framer *)link;

	if (framer_send_alone(f, payload, len))
		return 0;
	buf_clear(&f->out);
	if (assemble(f, payload, len, err) < 0)
		return -1;
	add_mark(&f->out, f->tail);
	link->sink->write(link->sink_arg, buf_bytes(&f->out), f->out.len);
	return 0;
}
