/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made of a value and the one before it: totals of counters that roll over, differences, rates. The third
 * of the three steps of a profile: it goes one way, and the simulator and the round trip know nothing of it. Its
 * memory is one slot for each tag, and outlives a line that is lost.
 */
#ifndef PROFILE_DERIVE_H
#define PROFILE_DERIVE_H

#include <stdint.h>

struct derive;
struct dragoman_value;
struct frame;
struct profile;

struct derive *derive_new(const struct profile *profile);
void derive_free(struct derive **derive);

/* When a reading was taken. */
struct derive_time {
	int64_t received_ns; /* by the wall clock */
	int64_t ahead_ns; /* how far that is ahead of one that nobody sets: a difference is a step of the clock */
	int64_t device_ns; /* by the device's own; 0: it says none */
};

/* Totals, differences and rates take the places of the values that they are made of. */
void derive_apply(struct derive *derive, const struct frame *frame, const struct derive_time *time,
		  struct dragoman_value *values);

#endif
