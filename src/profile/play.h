/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a device that is played: those that were set stay, the others vary within what is typical of
 * them, the same way for the same seed.
 */
#ifndef PROFILE_PLAY_H
#define PROFILE_PLAY_H

#include "profile/exchange.h"

struct play;

/* set: a map of tag to value, or NULL; "bad: reason" in place of a value makes the tag bad. NULL with errors
 * added. */
struct play *play_new(const struct profile *profile, const struct conf_node *set, uint64_t seed,
		      struct conf_errors *errors);
void play_free(struct play **play);

/* Sets one tag from now on, as an entry of set; until_ns: a number is there then, and goes there evenly. -1 with
 * errors added. */
int play_set(struct play *play, const struct conf_node *node, int64_t until_ns,
	     struct conf_errors *errors);
/* Whether play_set would. */
int play_check(const struct play *play, const struct conf_node *node, struct conf_errors *errors);
/* It is so late now (monotonic). */
void play_time(struct play *play, int64_t now_ns);
/* Does what the command says, with these arguments. */
void play_command(struct play *play, const struct request *command,
		  const struct dragoman_value *arguments);

/* The request that the next frames answer: what they have in common comes back. NULL: none. */
void play_asked(struct play *play, const struct codec *codec, const struct raw *raw);
/* Writes the next frame of that kind. 0, or -1 if the present values cannot be said by it. */
int play_frame(struct play *play, const struct frame *frame, const struct parameters *parameters,
	       struct buf *out);
/* Whether a value that was set bad has to be said by this frame. */
bool play_is_said_by(const struct play *play, const struct frame *frame);

/* A pseudo-random number (splitmix64). */
uint64_t play_random(uint64_t *state);

#endif
