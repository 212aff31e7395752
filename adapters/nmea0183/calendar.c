/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates; see calendar.h.
 *
 * A receiver counts weeks in 10 bits and starts anew every 1024 weeks; one that was built before the last
 * turn and does not know of it says a date which is exactly so much too early. Only the gateway's own clock
 * shows that, and a recording that is played back is as old as it is: so a date is doubted if it lies 1024 or
 * 2048 weeks back to the day, and not for being old.
 */
#include "calendar.h"

#include "number.h"

#define SECOND 1000000000LL
#define DAY (86400 * SECOND)

static const int64_t rollover = 7168 * DAY; /* 1024 weeks */
static const int64_t first_rollover =
	935280000 * SECOND; /* 1999-08-22: earlier dates are defaults */
static const int64_t clock_is_set =
	1704067200 * SECOND; /* 2024-01-01: the gateway's clock is not its default */

/* Two digits at i, or -1. */
static int two(struct text text, size_t i)
{
	int high = text.s[i] - '0', low = text.s[i + 1] - '0';

	return high < 0 || high > 9 || low < 0 || low > 9 ? -1 : high * 10 + low;
}

static int read_fraction(struct text text, int64_t *out)
{
	int64_t unit = SECOND / 10;

	*out = 0;
	if (text.len && text.s[0] != '.')
		return -1;
	for (size_t i = 1; i < text.len; i++, unit /= 10) {
		if (text.s[i] < '0' || text.s[i] > '9')
			return -1;
		*out += (text.s[i] - '0') * unit;
	}
	return 0;
}

int calendar_time(struct text text, int64_t *out)
{
	struct text rest = {text.s + 6, text.len - 6};
	int hour, minute, second;
	int64_t fraction;

	if (text.len < 6)
		return -1;
	hour = two(text, 0);
	minute = two(text, 2);
	second = two(text, 4);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
	    read_fraction(rest, &fraction) < 0)
		return -1;
	*out = ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
	return 0;
}

static int days_in(int month, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && is_leap);
}

/* Days since 1970 by the civil calendar, counted from 1 March. */
static int64_t days_since_1970(int day, int month, int year)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int to_days(int day, int month, int year, int64_t *out)
{
	if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(month, year))
		return -1;
	*out = days_since_1970(day, month, year);
	return 0;
}

int calendar_date(struct text ddmmyy, int64_t *out)
{
	int year;

	if (ddmmyy.len != 6 || two(ddmmyy, 4) < 0)
		return -1;
	year = two(ddmmyy, 4);
	return to_days(two(ddmmyy, 0), two(ddmmyy, 2), year < 80 ? 2000 + year : 1900 + year, out);
}

int calendar_day(struct text day, struct text month, struct text year, int64_t *out)
{
	int64_t d, m, y;

	if (integer_read(day, &d) < 0 || integer_read(month, &m) < 0 || integer_read(year, &y) < 0)
		return -1;
	if (d > 31 || m > 12 || y > 9999)
		return -1;
	return to_days((int)d, (int)m, (int)y, out);
}

/* Why a time is not now; NULL if it can be. */
static const char *doubt(int64_t ns, int64_t wall_ns)
{
	if (ns < first_rollover)
		return "implausible date";
	if (wall_ns < clock_is_set)
		return NULL;
	if (ns > wall_ns + DAY)
		return "date in the future";
	for (int64_t turns = 1; turns <= 2; turns++) {
		int64_t off = wall_ns - ns - turns * rollover;

		if (off > -2 * DAY && off < 2 * DAY)
			return "GPS week rollover";
	}
	return NULL;
}

enum calendar_result calendar_full(struct calendar *calendar, int64_t days, int64_t time_of_day_ns,
				   int64_t wall_ns, int64_t *out, const char **reason_out)
{
	*out = days * DAY + time_of_day_ns;
	*reason_out = doubt(*out, wall_ns);
	if (*reason_out) {
		calendar->last_ns = 0;
		return CALENDAR_DOUBTFUL;
	}
	calendar->last_ns = *out;
	calendar->wall_ns = wall_ns;
	return CALENDAR_GOOD;
}

int64_t calendar_complete(struct calendar *calendar, int64_t time_of_day_ns, int64_t wall_ns)
{
	int64_t ns, silence = wall_ns - calendar->wall_ns;

	if (!calendar->last_ns || silence > DAY / 2 || silence < -DAY / 2)
		return 0;
	ns = calendar->last_ns / DAY * DAY + time_of_day_ns;
	if (ns < calendar->last_ns - DAY / 2)
		ns += DAY;
	else if (ns > calendar->last_ns + DAY / 2)
		ns -= DAY;
	calendar->last_ns = ns;
	calendar->wall_ns = wall_ns;
	return ns;
}
