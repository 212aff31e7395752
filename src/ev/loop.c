/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop on libevent; the contract is in loop.h. Plain events instead of bufferevents: an idle
 * one costs an eighth. */
#include "ev/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "ev/timers.h"

_Static_assert(sizeof(struct event) <= EV_STORAGE, "EV_STORAGE is too small for this libevent");

struct signal_watch {
	struct event event;
	signal_fn *fn;
	void *arg;
	struct signal_watch *next;
};

struct loop {
	struct event_base *base;
	struct signal_watch *signals;
	struct timers timers;
	struct io alarm; /* of the timers' descriptor */
	void (*turn_fn)(void *arg);
	void *turn_arg;
	bool is_stopped;
};

static void alarm_came(void *arg, unsigned events)
{
	(void)events;
	timers_run(arg);
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof *loop);
	struct event_config *config = event_config_new();

	if (!config || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) < 0)
		fatal("cannot set up the event loop");
	loop->base = event_base_new_with_config(config);
	if (!loop->base)
		fatal("cannot set up the event loop");
	event_config_free(config);
	timers_init(&loop->timers);
	io_init(&loop->alarm, loop, loop->timers.fd, alarm_came, &loop->timers);
	io_want(&loop->alarm, IO_READ);
	return loop;
}

void loop_free(struct loop **loop)
{
	if (!*loop)
		return;
	while ((*loop)->signals) {
		struct signal_watch *watch = (*loop)->signals;

		(*loop)->signals = watch->next;
		event_del(&watch->event);
		free(watch);
	}
	io_fini(&(*loop)->alarm);
	timers_fini(&(*loop)->timers);
	event_base_free((*loop)->base);
	free(*loop);
	*loop = NULL;
}

static void turn(struct loop *loop, int flags)
{
	if (event_base_loop(loop->base, flags) < 0)
		fatal("the event loop failed");
	if (loop->turn_fn)
		loop->turn_fn(loop->turn_arg);
}

void loop_run(struct loop *loop)
{
	loop->is_stopped = false;
	while (!loop->is_stopped)
		turn(loop, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
	event_base_loopbreak(loop->base);
}

void loop_turn(struct loop *loop, int max_wait_ms)
{
	struct timeval tv = {max_wait_ms / 1000, max_wait_ms % 1000 * 1000};

	if (max_wait_ms > 0)
		event_base_loopexit(loop->base, &tv);
	turn(loop, EVLOOP_ONCE | (max_wait_ms ? EVLOOP_NO_EXIT_ON_EMPTY : EVLOOP_NONBLOCK));
}

void loop_on_turn(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	must(!loop->turn_fn || !fn);
	loop->turn_fn = fn;
	loop->turn_arg = arg;
}

static struct event *io_event(struct io *io)
{
	return (struct event *)(void *)io->storage;
}

static void io_ready(evutil_socket_t fd, short what, void *arg)
{
	struct io *io = arg;

	(void)fd;
	io->fn(io->arg, (what & EV_READ ? IO_READ : 0) | (what & EV_WRITE ? IO_WRITE : 0));
}

void io_init(struct io *io, struct loop *loop, int fd, io_fn *fn, void *arg)
{
	*io = (struct io){.loop = loop, .fd = fd, .fn = fn, .arg = arg};
	event_assign(io_event(io), loop->base, fd, EV_PERSIST, io_ready, io);
}

void io_want(struct io *io, unsigned events)
{
	must(io->loop);
	if (events == io->wanted)
		return;
	if (io->wanted)
		event_del(io_event(io));
	io->wanted = events;
	if (!events)
		return;
	event_assign(io_event(io), io->loop->base, io->fd,
		     (short)(EV_PERSIST | (events & IO_READ ? EV_READ : 0) |
			     (events & IO_WRITE ? EV_WRITE : 0)),
		     io_ready, io);
	if (event_add(io_event(io), NULL) < 0)
		fatal("cannot watch descriptor %d", io->fd);
}

void io_fini(struct io *io)
{
	if (io->loop)
		event_del(io_event(io));
	*io = (struct io){.fd = -1};
}

void timer_init(struct timer *timer, struct loop *loop, timer_fn *fn, void *arg)
{
	*timer = (struct timer){.loop = loop, .fn = fn, .arg = arg};
}

void timer_set(struct timer *timer, int64_t delay_ns)
{
	must(timer->loop);
	timers_add(&timer->loop->timers, timer, delay_ns);
}

void timer_clear(struct timer *timer)
{
	if (timer->loop)
		timers_remove(&timer->loop->timers, timer);
}

int timer_is_set(const struct timer *timer)
{
	return timer->place != 0;
}

void timer_fini(struct timer *timer)
{
	timer_clear(timer);
	*timer = (struct timer){0};
}

static void signal_came(evutil_socket_t signo, short what, void *arg)
{
	struct signal_watch *watch = arg;

	(void)what;
	watch->fn(watch->arg, (int)signo);
}

void loop_on_signal(struct loop *loop, int signo, signal_fn *fn, void *arg)
{
	struct signal_watch *watch = xcalloc(1, sizeof *watch);

	*watch = (struct signal_watch){.fn = fn, .arg = arg, .next = loop->signals};
	loop->signals = watch;
	event_assign(&watch->event, loop->base, signo, EV_SIGNAL | EV_PERSIST, signal_came, watch);
	if (event_add(&watch->event, NULL) < 0)
		fatal("cannot watch signal %d", signo);
}
