/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instrument's clock: the date comes in some sentences and the time of day in many. Times without a date
 * are put beside the last full one, over midnight too. What cannot be right is said, never published as good.
 */
#ifndef CALENDAR_H
#define CALENDAR_H

#include "sentence.h"

struct calendar {
	int64_t last_ns; /* the last time that was plausible; 0: none yet */
	int64_t wall_ns; /* when it came */
};

enum calendar_result {
	CALENDAR_GOOD,
	CALENDAR_EMPTY,   /* there is no time or no date */
	CALENDAR_BAD,     /* no time, or no date, that there can be */
	CALENDAR_DOUBTFUL /* a possible time that is not now: *reason_out says why */
};

/* "hhmmss" with or without decimals, to nanoseconds since midnight; second 60 is the next day's first. 0 or
 * -1. */
int calendar_time(struct text text, int64_t *out);
/* "ddmmyy", and the three as fields of their own, to days since 1970. 80 to 99 are 1980 to 1999. 0 or -1. */
int calendar_date(struct text ddmmyy, int64_t *out);
int calendar_day(struct text day, struct text month, struct text year, int64_t *out);

/* A full time: judged against the gateway's clock (0: not known), and kept for the next function. */
enum calendar_result calendar_full(struct calendar *calendar, int64_t days, int64_t time_of_day_ns,
				   int64_t wall_ns, int64_t *out, const char **reason_out);
/* The full time that a time of day stands for; 0 if no date is known, or none of the last half day. */
int64_t calendar_complete(struct calendar *calendar, int64_t time_of_day_ns, int64_t wall_ns);

#endif
