/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that are sent and kept until they are acknowledged: one at a time is under way. It is sent again when it
 * is refused, and when there is no answer; what then asks for the answer may also be an enquiry.
 */
#ifndef LINK_RESEND_H
#define LINK_RESEND_H

#include "base/buf.h"
#include "conf/conf.h"

struct resend {
	/* Set by the owner. */
	void (*write)(void *arg, const uint8_t *bytes, size_t len);
	void *arg;
	const struct conf_bytes *enquiry; /* empty: the frame itself is sent again after silence */
	int64_t silence_ns;
	int attempts;      /* to send a frame */
	bool never_forget; /* after these it is sent again when silence_ns is over, and so on */

	struct buf frames; /* each behind its length, a size_t */
	int n_sent;        /* attempts of the first one so far */
	bool is_new;       /* it was sent at a time that is not known yet */
	int64_t due_ns;
};

void resend_fini(struct resend *r);

/* Bytes of a frame; it goes out when those before it have. -1: too much waits already. */
int resend_add(struct resend *r, const uint8_t *frame, size_t len);
bool resend_is_waiting(const struct resend *r);
void resend_acknowledged(struct resend *r);
void resend_refused(struct resend *r, int64_t mono_ns);
/* 0: nothing is under way. In the past until resend_expire has said once what time it is. */
int64_t resend_deadline(const struct resend *r);
void resend_expire(struct resend *r, int64_t mono_ns);
/* The line was lost: frames are forgotten, or sent again when the line is back. */
void resend_reset(struct resend *r);

#endif
