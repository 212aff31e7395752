/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of frame the bytes are. */
#include "profile/exchange.h"

#include "profile/codec.h"
#include "profile/program.h"
#include "profile/raw.h"

/* The verdict of a frame that fitted in part counts more, the more of its constants had matched. */
static bool is_nearer(const struct match *a, const struct match *b)
{
	return a->known != b->known ? a->known > b->known : a->known && a->at > b->at;
}

struct search {
	const struct parameters *parameters;
	const uint8_t *data;
	size_t len;
	struct raw *raw;
	struct match best;         /* of those that do not fit */
	const struct frame *found; /* of those that do, the one with most constants */
	bool is_unsolicited;       /* one fitted that counts only as an answer */
	size_t known;
};

static struct match try(struct search *s, const struct frame *frame)
{
	if (s->len && !frame->codec.first[s->data[0]])
		return (struct match){DRAGOMAN_FORMAT, 0, 0};
	return codec_decode(&frame->codec, s->parameters, s->data, s->len, s->raw);
}

/* Whether the search is over: the first one that fits will do, or it is the last of all. */
static bool fits(struct search *s, const struct frame *frame, bool takes_longest)
{
	struct match m = try(s, frame);

	if (m.verdict == DRAGOMAN_TAKEN) {
		if (!s->found || m.known > s->known) {
			s->found = frame;
			s->known = m.known;
		}
		return !takes_longest;
	}
	if (m.verdict == DRAGOMAN_FOREIGN)
		s->best = (struct match){DRAGOMAN_FOREIGN, SIZE_MAX, 0};
	else if (is_nearer(&m, &s->best))
		s->best = m;
	return false;
}

/* What no answer is waited for counts only if it may come by itself. */
static bool may_be(struct search *s, const struct frame *frame, const struct request *asked)
{
	if (!frame->is_answer || (asked && frame_is_refusal(frame)))
		return true;
	s->is_unsolicited |= try(s, frame).verdict == DRAGOMAN_TAKEN;
	return false;
}

static const struct frame *find(struct search *s, const struct profile *profile,
				const struct request *asked)
{
	const struct frame *last = NULL;
	bool is_over = false;

	for (size_t i = 0; asked && i < asked->n_replies && !is_over; i++)
		is_over = fits(s, last = asked->replies[i], profile->takes_longest);
	if (s->found)
		is_over = true;
	for (size_t i = 0; i < profile->n_frames && !is_over; i++) {
		last = &profile->frames[i];
		is_over = may_be(s, last, asked) && fits(s, last, profile->takes_longest);
	}
	if (s->found && s->found != last) /* what was tried behind it has written over its fields */
		try(s, s->found);
	return s->found;
}

enum dragoman_verdict profile_decode(const struct profile *profile, const struct request *asked,
				     const struct parameters *parameters, const uint8_t *data,
				     size_t len, struct raw *raw, const struct frame **frame_out)
{
	struct search s = {.parameters = parameters,
			   .data = data,
			   .len = len,
			   .raw = raw,
			   .best = {DRAGOMAN_UNKNOWN, 0, 0}};
	const struct frame *frame = find(&s, profile, asked);

	if (!frame)
		return s.is_unsolicited ? DRAGOMAN_UNSOLICITED : s.best.verdict;
	*frame_out = frame;
	return DRAGOMAN_TAKEN;
}
