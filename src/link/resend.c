/* SPDX-License-Identifier: Apache-2.0 */
/* Frames until they are acknowledged; see resend.h. */
#include "link/resend.h"

#include <string.h>

#include "base/must.h"

enum { MAX_WAITING = 1 << 20 };

void resend_fini(struct resend *r)
{
	buf_fini(&r->frames);
}

static size_t first_len(const struct resend *r)
{
	size_t len;

	must(r->frames.len > sizeof(len));
	memcpy(&len, buf_bytes(&r->frames), sizeof(len));
	return len;
}

static void write_first(struct resend *r)
{
	r->n_sent++;
	r->is_new = true;
	r->write(r->arg, buf_bytes(&r->frames) + sizeof(size_t), first_len(r));
}

/* The first one is done with, and the next one's turn has come. */
static void drop_first(struct resend *r)
{
	buf_consume(&r->frames, sizeof(size_t) + first_len(r));
	r->n_sent = 0;
	if (r->frames.len)
		write_first(r);
}

int resend_add(struct resend *r, const uint8_t *frame, size_t len)
{
	bool is_first = !r->frames.len;

	if (r->frames.len + len > MAX_WAITING)
		return -1;
	buf_add(&r->frames, &len, sizeof(len));
	buf_add(&r->frames, frame, len);
	if (is_first) {
		r->n_sent = 0;
		write_first(r);
	}
	return 0;
}

bool resend_is_waiting(const struct resend *r)
{
	return r->frames.len;
}

void resend_acknowledged(struct resend *r)
{
	if (r->frames.len)
		drop_first(r);
}

/* Whether there may be one more attempt; one that never forgets pauses instead of giving up. */
static bool may_try(struct resend *r)
{
	if (r->n_sent < r->attempts)
		return true;
	r->n_sent = 0;
	if (!r->never_forget)
		drop_first(r);
	return false;
}

void resend_refused(struct resend *r, int64_t mono_ns)
{
	if (!r->frames.len)
		return;
	if (may_try(r))
		write_first(r);
	else if (r->never_forget)
		r->due_ns = mono_ns + r->silence_ns;
}

int64_t resend_deadline(const struct resend *r)
{
	if (!r->frames.len)
		return 0;
	return r->is_new ? 1 : r->due_ns;
}

static void try_again(struct resend *r, int64_t mono_ns)
{
	if (!r->n_sent || !r->enquiry->len) {
		write_first(r);
		return;
	}
	r->n_sent++;
	r->due_ns = mono_ns + r->silence_ns;
	r->write(r->arg, r->enquiry->data, r->enquiry->len);
}

void resend_expire(struct resend *r, int64_t mono_ns)
{
	if (!r->frames.len)
		return;
	if (r->is_new) {
		r->is_new = false;
		r->due_ns = mono_ns + r->silence_ns;
	} else if (mono_ns >= r->due_ns && (may_try(r) || r->never_forget)) {
		try_again(r, mono_ns);
	}
}

void resend_reset(struct resend *r)
{
	r->n_sent = 0;
	if (!r->never_forget)
		buf_clear(&r->frames);
}
