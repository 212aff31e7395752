/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a device that is played: those that were set stay, the others vary within what is typical of
 * them, the same way for the same seed.
 */
#ifndef PROFILE_PLAY_H
#define PROFILE_PLAY_H

#include "profile/program.h"

struct play;

/* set: a map of tag to value, or NULL; "bad: reason" in place of a value makes the tag bad. NULL with errors
 * added. */
struct play *play_new(const struct profile *profile, const struct conf_node *set, uint64_t seed,
		      struct conf_errors *errors);
void play_free(struct play **play);

/* Writes the next frame of that kind. 0, or -1 if the present values cannot be said by it. */
int play_frame(struct play *play, const struct frame *frame, const struct parameters *parameters,
	       struct buf *out);
/* The device's answer to a request: the first of its replies that can say the present values. */
int play_answer(struct play *play, const struct request *request,
		const struct parameters *parameters, struct buf *out);

/* A pseudo-random number (splitmix64). */
uint64_t play_random(uint64_t *state);

#endif
