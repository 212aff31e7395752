/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks; see clock.h. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static bool is_set;
static int64_t set_wall_ns, set_mono_ns;

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t clock_wall_ns(void)
{
	return is_set ? set_wall_ns : now_ns(CLOCK_REALTIME);
}

int64_t clock_mono_ns(void)
{
	return is_set ? set_mono_ns : now_ns(CLOCK_MONOTONIC);
}

int64_t clock_boot_ns(void)
{
	return is_set ? set_mono_ns : now_ns(CLOCK_BOOTTIME);
}

void clock_set(int64_t wall_ns, int64_t mono_ns)
{
	is_set = true;
	set_wall_ns = wall_ns;
	set_mono_ns = mono_ns;
}

char *clock_text(int64_t wall_ns, int digits, char out[CLOCK_TEXT_SIZE])
{
	int64_t ns = wall_ns % NS_PER_S, s = wall_ns / NS_PER_S;
	char fraction[16];
	struct tm tm;
	time_t t;
	size_t n;

	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	}
	t = (time_t)s;
	gmtime_r(&t, &tm);
	n = strftime(out, CLOCK_TEXT_SIZE - 12, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(fraction, sizeof fraction, "%09lld", (long long)ns);
	if (digits > 0)
		snprintf(out + n, CLOCK_TEXT_SIZE - n, ".%.*sZ", digits, fraction);
	else
		snprintf(out + n, CLOCK_TEXT_SIZE - n, "Z");
	return out;
}
