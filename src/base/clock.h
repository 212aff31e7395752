/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks: wall time (UTC, may step) for what people and clients see, monotonic time for
 * waiting and measuring. Nanoseconds. Tests may set both.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

int64_t clock_wall_ns(void);
int64_t clock_mono_ns(void);
/* Monotonic time that also counts while the machine is suspended. */
int64_t clock_boot_ns(void);

/* From here on the clocks stand still where they are put. For tests. */
void clock_set(int64_t wall_ns, int64_t mono_ns);

/* RFC 3339 with nanoseconds, UTC, "2026-11-22T10:00:00.000000000Z": 31 bytes with the NUL.
 * digits (0, 3, 6 or 9) says how many decimals; the result is in out and returned. */
enum { CLOCK_TEXT_SIZE = 40 };
char *clock_text(int64_t wall_ns, int digits, char out[CLOCK_TEXT_SIZE]);

#endif
