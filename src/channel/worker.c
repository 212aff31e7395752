/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of a blocking adapter; see worker.h. One mutex guards the two boxes and the flags, and is
 * held for a few instructions only. `thread_` functions run on the thread, all others on the loop.
 */
#include "channel/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "channel/letter.h"
#include "channel/line.h"

enum {
	BOX_MAX =
		1024, /* letters; a full inbox refuses frames, a full outbox has the thread wait */
	STACK_SIZE = 1 << 20,
	END_WAIT_S = 1,
};

struct box {
	struct letter *letters;
	size_t n;
};

struct worker {
	struct device *device;
	struct io wake_up; /* the outbox has letters */
	int wake_fd;

	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t to_thread; /* the inbox has letters, or it is to end */
	pthread_cond_t changed;   /* any other of the flags, or there is room in the outbox */
	struct box inbox, outbox;
	bool is_started, is_created, is_ending, has_ended;
	bool is_declaring;       /* the thread waits until the loop has looked */
	_Atomic int64_t call_ns; /* when the call under way began; 0: none */

	/* the thread's own */
	struct adapter_instance *instance;
	struct conf_errors *errors; /* of creation, while the loop waits */
	bool is_line_up;
	unsigned exchanges;          /* of its device that have not ended */
	struct log_limit full_limit; /* the loop's */
};

/* ---------------------------------------------------------------------------------------------
 * The boxes
 */

static void box_put(struct box *box, struct letter *letter)
{
	DL_APPEND(box->letters, letter);
	box->n++;
}

static struct letter *box_take(struct box *box)
{
	struct letter *letter = box->letters;

	if (!letter)
		return NULL;
	DL_DELETE(box->letters, letter);
	box->n--;
	return letter;
}

static void box_empty(struct box *box)
{
	struct letter *letter;

	while ((letter = box_take(box)))
		free(letter);
}

static void post(struct worker *w, struct letter *letter)
{
	pthread_mutex_lock(&w->mutex);
	box_put(&w->inbox, letter);
	pthread_cond_signal(&w->to_thread);
	pthread_mutex_unlock(&w->mutex);
}

/* From the thread. A loop that cannot follow slows the adapter down. */
static void thread_post(struct worker *w, struct letter *letter)
{
	static const uint64_t one = 1;
	bool was_empty;

	pthread_mutex_lock(&w->mutex);
	while (w->outbox.n >= BOX_MAX && w->is_created && !w->is_ending)
		pthread_cond_wait(&w->changed, &w->mutex);
	was_empty = !w->outbox.letters;
	box_put(&w->outbox, letter);
	pthread_mutex_unlock(&w->mutex);
	if (was_empty)
		must(write(w->wake_fd, &one, sizeof one) == sizeof one);
}

/* ---------------------------------------------------------------------------------------------
 * What the instance calls, on the thread
 */

static void thread_declared(void *arg)
{
	struct worker *w = arg;

	pthread_mutex_lock(&w->mutex);
	w->is_declaring = true;
	pthread_mutex_unlock(&w->mutex);
	thread_post(w, letter_new(LETTER_DECLARED));
	pthread_mutex_lock(&w->mutex);
	while (w->is_declaring && !w->is_ending)
		pthread_cond_wait(&w->changed, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}

static void thread_reading(void *arg, const struct dragoman_reading *reading)
{
	thread_post(arg, letter_new_reading(reading));
}

static int thread_ask(void *arg, const struct dragoman_ask *ask)
{
	struct worker *w = arg;
	struct letter *letter;

	if (w->exchanges == SCHEDULER_QUEUE_MAX)
		return -1;
	w->exchanges++;
	letter = letter_new_ask(ask);
	thread_post(w, letter);
	return 0;
}

static int thread_send(void *arg, const uint8_t *data, size_t len)
{
	struct worker *w = arg;

	if (!w->is_line_up)
		return -1;
	thread_post(w, letter_new_data(LETTER_SEND, data, len));
	return 0;
}

static void thread_timer_set(void *arg, uint32_t id, uint32_t delay_ms)
{
	struct letter *letter = letter_new(LETTER_TIMER_SET);

	letter->of.timer.id = id;
	letter->of.timer.delay_ms = delay_ms;
	thread_post(arg, letter);
}

static void thread_timer_clear(void *arg, uint32_t id)
{
	struct letter *letter = letter_new(LETTER_TIMER_CLEAR);

	letter->of.timer.id = id;
	thread_post(arg, letter);
}

static void thread_state(void *arg, enum dragoman_state state, const char *reason)
{
	struct letter *letter = letter_new_text(LETTER_STATE, reason);

	letter->of.state = state;
	thread_post(arg, letter);
}

static void thread_log(void *arg, enum dragoman_level level, const char *text)
{
	struct letter *letter = letter_new_text(LETTER_LOG, text);

	letter->of.level = level;
	thread_post(arg, letter);
}

static int64_t thread_wall_ns(void *arg)
{
	(void)arg;
	return clock_wall_ns();
}

static int64_t thread_mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns();
}

static const struct adapter_sink thread_sink = {
	.declared = thread_declared,
	.reading = thread_reading,
	.ask = thread_ask,
	.send = thread_send,
	.timer_set = thread_timer_set,
	.timer_clear = thread_timer_clear,
	.state = thread_state,
	.log = thread_log,
	.wall_ns = thread_wall_ns,
	.mono_ns = thread_mono_ns,
};

/* ---------------------------------------------------------------------------------------------
 * The thread
 */

/* The letter is the thread's; one that goes back to the loop is posted, all others are freed. */
static void thread_frame(struct worker *w, struct letter *letter)
{
	const struct dragoman_frame frame = {.data = letter->data,
					     .len = letter->len,
					     .received_ns = letter->of.frame.offer.received_ns,
					     .cookie = letter->of.frame.cookie};

	letter->of.frame.verdict = adapter_frame(w->instance, &frame);
	letter->kind = LETTER_VERDICT;
	thread_post(w, letter);
}

static void thread_call(struct worker *w, struct letter *letter)
{
	switch (letter->kind) {
	case LETTER_FRAME: thread_frame(w, letter); return;
	case LETTER_LINE:
		w->is_line_up = letter->of.line.is_up;
		adapter_line(w->instance, letter->of.line.is_up, letter->text);
		break;
	case LETTER_ENDED:
		w->exchanges--;
		adapter_exchange_done(w->instance, letter->of.ended.cookie, letter->of.ended.end);
		break;
	case LETTER_TIMER: adapter_timer(w->instance, letter->of.timer.id); break;
	case LETTER_KEPT:
		adapter_kept(w->instance, letter->of.kept.cookie, letter->of.kept.is_kept);
		break;
	default: must(!"a letter to the thread");
	}
	free(letter);
}

/* Waits for a letter until deadline_ns (0: for ever). NULL: the time is over, or it is to end. */
static struct letter *thread_wait(struct worker *w, int64_t deadline_ns)
{
	struct letter *letter;

	pthread_mutex_lock(&w->mutex);
	while (!w->inbox.letters && !w->is_ending) {
		const struct timespec at = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};

		if (!deadline_ns)
			pthread_cond_wait(&w->to_thread, &w->mutex);
		else if (pthread_cond_timedwait(&w->to_thread, &w->mutex, &at) == ETIMEDOUT)
			break;
	}
	letter = w->is_ending ? NULL : box_take(&w->inbox);
	pthread_mutex_unlock(&w->mutex);
	return letter;
}

static bool thread_is_ending(struct worker *w)
{
	bool is_ending;

	pthread_mutex_lock(&w->mutex);
	is_ending = w->is_ending;
	pthread_mutex_unlock(&w->mutex);
	return is_ending;
}

static int64_t thread_work(struct worker *w)
{
	int32_t again_ms = adapter_work(w->instance);

	return again_ms < 0 ? 0 : clock_mono_ns() + again_ms * NS_PER_MS + 1;
}

static void thread_loop(struct worker *w)
{
	int64_t work_ns = 0; /* when work() wants to be called */

	while (!thread_is_ending(w)) {
		struct letter *letter = thread_wait(w, work_ns);

		atomic_store(&w->call_ns, clock_mono_ns());
		if (letter)
			thread_call(w, letter);
		atomic_store(&w->call_ns, clock_mono_ns());
		if ((letter || work_ns) && !thread_is_ending(w))
			work_ns = thread_work(w);
		atomic_store(&w->call_ns, 0);
	}
}

static void thread_create(struct worker *w)
{
	const struct device *device = w->device;
	struct adapter_instance *instance = adapter_new(
		device->adapter, device->name, DRAGOMAN_GATEWAY, device->config->options,
		device->config->definition, &thread_sink, w, w->errors);

	pthread_mutex_lock(&w->mutex);
	w->instance = instance;
	w->is_created = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

static void *thread_main(void *arg)
{
	struct worker *w = arg;

	thread_create(w);
	if (w->instance)
		thread_loop(w);
	adapter_free(&w->instance);
	pthread_mutex_lock(&w->mutex);
	w->has_ended = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* ---------------------------------------------------------------------------------------------
 * From the thread to the device
 */

/* The exchange is in the line's queue, or ends here: the thread counts on its end. */
static void queue_ask(struct worker *w, const struct dragoman_ask *ask)
{
	if (device_sink.ask(w->device, ask) < 0)
		worker_exchange_done(w, ask->exchange.cookie, DRAGOMAN_NOT_SENT);
}

static void declared(struct worker *w)
{
	device_sink.declared(w->device);
	pthread_mutex_lock(&w->mutex);
	w->is_declaring = false;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

static void verdict(struct worker *w, struct letter *letter)
{
	letter->of.frame.offer.data = letter->data;
	line_verdict(w->device->line, w->device, &letter->of.frame.offer, letter->of.frame.verdict);
}

static void deliver(struct worker *w, struct letter *letter)
{
	struct device *device = w->device;

	switch (letter->kind) {
	case LETTER_VERDICT: verdict(w, letter); break;
	case LETTER_DECLARED: declared(w); break;
	case LETTER_READING: device_sink.reading(device, &letter->of.reading); break;
	case LETTER_ASK: queue_ask(w, &letter->of.ask.ask); break;
	case LETTER_SEND: device_sink.send(device, letter->data, letter->len); break;
	case LETTER_TIMER_SET:
		device_sink.timer_set(device, letter->of.timer.id, letter->of.timer.delay_ms);
		break;
	case LETTER_TIMER_CLEAR: device_sink.timer_clear(device, letter->of.timer.id); break;
	case LETTER_STATE: device_sink.state(device, letter->of.state, letter->text); break;
	case LETTER_LOG: device_sink.log(device, letter->of.level, letter->text); break;
	default: must(!"a letter from the thread");
	}
	free(letter);
}

static void woken(void *arg, unsigned events)
{
	struct worker *w = arg;
	struct letter *letters, *letter, *next;
	uint64_t count;

	(void)events;
	if (read(w->wake_fd, &count, sizeof count) < 0)
		return;
	pthread_mutex_lock(&w->mutex);
	letters = w->outbox.letters;
	w->outbox = (struct box){0};
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	DL_FOREACH_SAFE (letters, letter, next)
		deliver(w, letter);
}

/* ---------------------------------------------------------------------------------------------
 * From the device to the thread
 */

void worker_line(struct worker *w, bool is_up, const char *reason)
{
	struct letter *letter = letter_new_text(LETTER_LINE, reason);

	letter->of.line.is_up = is_up;
	post(w, letter);
}

static bool is_full(struct worker *w)
{
	bool is_full;

	pthread_mutex_lock(&w->mutex);
	is_full = w->inbox.n >= BOX_MAX;
	pthread_mutex_unlock(&w->mutex);
	return is_full;
}

void worker_frame(struct worker *w, const struct offer *offer, uint64_t cookie)
{
	struct letter *letter;

	if (is_full(w)) {
		log_limited(&w->full_limit, LOG_WARNING,
			    "%s: a frame is lost: its adapter is in a call, and %d frames wait",
			    w->device->name, BOX_MAX);
		line_lost_frame(w->device->line, offer);
		return;
	}
	letter = letter_new_data(LETTER_FRAME, offer->data, offer->len);
	letter->of.frame.offer = *offer;
	letter->of.frame.cookie = cookie;
	post(w, letter);
}

void worker_exchange_done(struct worker *w, uint64_t cookie, enum dragoman_end end)
{
	struct letter *letter = letter_new(LETTER_ENDED);

	letter->of.ended.cookie = cookie;
	letter->of.ended.end = end;
	post(w, letter);
}

void worker_timer(struct worker *w, uint32_t id)
{
	struct letter *letter = letter_new(LETTER_TIMER);

	letter->of.timer.id = id;
	post(w, letter);
}

void worker_kept(struct worker *w, uint64_t cookie, bool is_kept)
{
	struct letter *letter = letter_new(LETTER_KEPT);

	letter->of.kept.cookie = cookie;
	letter->of.kept.is_kept = is_kept;
	post(w, letter);
}

uint32_t worker_in_call_ms(const struct worker *w)
{
	int64_t since = atomic_load(&w->call_ns);
	int64_t ms = since ? (clock_mono_ns() - since) / NS_PER_MS : 0;

	return ms > 0 ? (uint32_t)ms : 0;
}

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

/* Waiting is by the clock that never steps. */
static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct worker *worker_new(struct loop *loop, struct device *device)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->device = device;
	w->full_limit = (struct log_limit){.burst = 1, .period_ms = 10000};
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->wake_fd < 0)
		fatal("cannot make an eventfd: %s", strerror(errno));
	pthread_mutex_init(&w->mutex, NULL);
	init_cond(&w->to_thread);
	init_cond(&w->changed);
	io_init(&w->wake_up, loop, w->wake_fd, woken, w);
	io_want(&w->wake_up, IO_READ);
	return w;
}

struct adapter_instance *worker_create(struct worker *w, struct conf_errors *errors)
{
	pthread_attr_t attr;
	struct adapter_instance *instance;

	w->errors = errors;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (pthread_create(&w->thread, &attr, thread_main, w) != 0)
		fatal("cannot start a thread for %s", w->device->name);
	pthread_attr_destroy(&attr);
	w->is_started = true;
	pthread_mutex_lock(&w->mutex);
	while (!w->is_created)
		pthread_cond_wait(&w->changed, &w->mutex);
	instance = w->instance;
	pthread_mutex_unlock(&w->mutex);
	w->errors = NULL;
	return instance;
}

/* Whether the thread ended in time. */
static bool end_thread(struct worker *w)
{
	int64_t deadline = clock_mono_ns() + END_WAIT_S * NS_PER_S;
	const struct timespec at = {deadline / NS_PER_S, deadline % NS_PER_S};
	int status = 0;

	pthread_mutex_lock(&w->mutex);
	w->is_ending = true;
	pthread_cond_signal(&w->to_thread);
	pthread_cond_broadcast(&w->changed);
	while (!w->has_ended && status != ETIMEDOUT)
		status = pthread_cond_timedwait(&w->changed, &w->mutex, &at);
	pthread_mutex_unlock(&w->mutex);
	if (status == ETIMEDOUT) {
		pthread_detach(w->thread);
		return false;
	}
	pthread_join(w->thread, NULL);
	return true;
}

void worker_free(struct worker **worker)
{
	struct worker *w = *worker;

	if (!w)
		return;
	*worker = NULL;
	io_fini(&w->wake_up);
	if (w->is_started && !end_thread(w)) {
		log_warning("%s: its adapter does not come back from a call", w->device->name);
		return; /* the thread still holds it */
	}
	fd_close(&w->wake_fd);
	box_empty(&w->inbox);
	box_empty(&w->outbox);
	pthread_cond_destroy(&w->to_thread);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}
