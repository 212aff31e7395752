/* SPDX-License-Identifier: Apache-2.0 */
/* Frames out of the tests in a profile, for the device that is played: of kinds that can be read only. */
#ifndef PROFILE_SAMPLES_H
#define PROFILE_SAMPLES_H

#include "profile/exchange.h"

struct samples;

struct samples *samples_new(const struct profile *profile, const struct parameters *parameters);
void samples_free(struct samples **samples);
/* The next one of that kind, by turns; NULL: there is none. */
const uint8_t *samples_next(struct samples *samples, const struct frame *frame, size_t *len_out);
/* The names of frames that can be read only and have samples, or have none. */
void samples_list(const struct samples *samples, bool has_samples, struct buf *out);

#endif
