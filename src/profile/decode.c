/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of frame the bytes are. */
#include "profile/program.h"

/* The verdict of a frame that fitted in part counts more, the more of its constants had matched. */
static bool is_nearer(const struct match *a, const struct match *b)
{
	return a->known != b->known ? a->known > b->known : a->known && a->at > b->at;
}

enum dragoman_verdict profile_decode(const struct profile *profile,
				     const struct parameters *parameters, const uint8_t *data,
				     size_t len, struct raw *raw, const struct frame **frame_out)
{
	struct match best = {DRAGOMAN_UNKNOWN, 0, 0};

	for (size_t i = 0; i < profile->n_frames; i++) {
		const struct frame *frame = &profile->frames[i];
		struct match m;

		if (len && !frame->codec.first[data[0]])
			continue;
		m = codec_decode(&frame->codec, parameters, data, len, raw);
		if (m.verdict == DRAGOMAN_TAKEN) {
			*frame_out = frame;
			return DRAGOMAN_TAKEN;
		}
		if (m.verdict == DRAGOMAN_FOREIGN)
			best = (struct match){DRAGOMAN_FOREIGN, SIZE_MAX, 0};
		else if (is_nearer(&m, &best))
			best = m;
	}
	return best.verdict;
}
