/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of frame the bytes are. */
#include "profile/exchange.h"

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
	struct match best;
};

static bool fits(struct search *s, const struct frame *frame)
{
	struct match m;

	if (s->len && !frame->codec.first[s->data[0]])
		return false;
	m = codec_decode(&frame->codec, s->parameters, s->data, s->len, s->raw);
	if (m.verdict == DRAGOMAN_TAKEN)
		return true;
	if (m.verdict == DRAGOMAN_FOREIGN)
		s->best = (struct match){DRAGOMAN_FOREIGN, SIZE_MAX, 0};
	else if (is_nearer(&m, &s->best))
		s->best = m;
	return false;
}

static const struct frame *find(struct search *s, const struct profile *profile,
				const struct request *asked)
{
	for (size_t i = 0; asked && i < asked->n_replies; i++)
		if (fits(s, asked->replies[i]))
			return asked->replies[i];
	for (size_t i = 0; i < profile->n_frames; i++)
		if (fits(s, &profile->frames[i]))
			return &profile->frames[i];
	return NULL;
}

enum dragoman_verdict profile_decode(const struct profile *profile, const struct request *asked,
				     const struct parameters *parameters, const uint8_t *data,
				     size_t len, struct raw *raw, const struct frame **frame_out)
{
	struct search s = {parameters, data, len, raw, {DRAGOMAN_UNKNOWN, 0, 0}};
	const struct frame *frame = find(&s, profile, asked);

	if (!frame)
		return s.best.verdict;
	*frame_out = frame;
	return DRAGOMAN_TAKEN;
}
