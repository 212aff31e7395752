/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of a loop; see timers.h. */
#include "ev/timers.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"

/* The system's clock, also where a test has stopped the one of base/clock.h. */
static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* At deadline_ns, 0: never. Either way the descriptor is not readable any more. */
static void arm(struct timers *t, int64_t deadline_ns)
{
	struct itimerspec when = {.it_value = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S}};

	t->armed_ns = deadline_ns;
	must(timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

void timers_init(struct timers *t)
{
	*t = (struct timers){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
	if (t->fd < 0)
		fatal("cannot have a timer descriptor");
}

void timers_fini(struct timers *t)
{
	free(t->heap);
	fd_close(&t->fd);
	*t = (struct timers){.fd = -1};
}

static void put(struct timers *t, size_t place, struct timer *timer)
{
	t->heap[place] = timer;
	timer->place = place;
}

static void rise(struct timers *t, size_t place, struct timer *timer)
{
	for (; place > 1 && t->heap[place / 2]->deadline_ns > timer->deadline_ns; place /= 2)
		put(t, place, t->heap[place / 2]);
	put(t, place, timer);
}

static void sink(struct timers *t, size_t place, struct timer *timer)
{
	for (;;) {
		size_t child = 2 * place;

		if (child < t->n && t->heap[child + 1]->deadline_ns < t->heap[child]->deadline_ns)
			child++;
		if (child > t->n || t->heap[child]->deadline_ns >= timer->deadline_ns)
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, timer);
}

/* Puts a timer where its deadline belongs, from a place that is free or its own. */
static void settle(struct timers *t, size_t place, struct timer *timer)
{
	if (place > 1 && t->heap[place / 2]->deadline_ns > timer->deadline_ns)
		rise(t, place, timer);
	else
		sink(t, place, timer);
}

void timers_add(struct timers *t, struct timer *timer, int64_t delay_ns)
{
	timer->deadline_ns = now_ns() + (delay_ns > 0 ? delay_ns : 0);
	if (!timer->place) {
		if (t->n + 1 >= t->size) {
			t->size = t->size ? 2 * t->size : 16;
			t->heap = xreallocarray(t->heap, t->size, sizeof *t->heap);
		}
		timer->place = ++t->n;
	}
	settle(t, timer->place, timer);
	if (!t->armed_ns || timer->deadline_ns < t->armed_ns)
		arm(t, timer->deadline_ns);
}

void timers_remove(struct timers *t, struct timer *timer)
{
	size_t place = timer->place;
	struct timer *last;

	if (!place)
		return;
	must(t->heap[place] == timer);
	timer->place = 0;
	last = t->heap[t->n--];
	if (last != timer)
		settle(t, place, last);
}

/* A timer that is set anew by its function comes with the next alarm, so that no two of them keep the loop
 * from everything else. */
void timers_run(struct timers *t)
{
	int64_t now = now_ns();

	t->armed_ns = now; /* nothing is armed from within: that comes below */
	while (t->n && t->heap[1]->deadline_ns <= now) {
		struct timer *timer = t->heap[1];

		timers_remove(t, timer);
		timer->fn(timer->arg);
	}
	arm(t, t->n ? t->heap[1]->deadline_ns : 0);
}
