/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made of a value and the one before it: totals of counters that roll over, differences, rates; and
 * readings that say nothing new, which are held back as a whole. The third of the three steps of a profile:
 * it goes one way, and the simulator and the round trip know nothing of it. Its memory is one slot for each tag.
 */
#ifndef PROFILE_DERIVE_H
#define PROFILE_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

struct derive;
struct dragoman_value;
struct frame;
struct profile;
struct reading;

struct derive *derive_new(const struct profile *profile);
void derive_free(struct derive **derive);

/* Totals, differences and rates take the places of the values that they are made of. device_ns: 0 if the frame
 * says no time. */
void derive_apply(struct derive *derive, const struct frame *frame, int64_t received_ns,
		  int64_t device_ns, struct dragoman_value *values);
/* Whether the reading says something that the last one did not, or the time for one has come anyway. If so, it is
 * the last one from now on. */
bool derive_is_news(struct derive *derive, const struct reading *reading,
		    const struct dragoman_value *values, int64_t received_ns);
/* The next reading of each kind is news. Totals go on. */
void derive_forget(struct derive *derive);

#endif
