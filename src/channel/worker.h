/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of an adapter that may block (DRAGOMAN_BLOCKING). All calls into its instance are made
 * there, one after the other, from an inbox; what the instance calls in turn comes back to the loop by an
 * outbox. Everything that passes is a copy. The loop never waits for the thread, and can say how long
 * it has been in its present call.
 *
 *	loop --- line, frame, ended, timer, kept ---> inbox  ---> thread: the instance, work()
 *	loop <-- reading, exchange, verdict, ... <--- outbox <--- its sink
 */
#ifndef CHANNEL_WORKER_H
#define CHANNEL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "adapter/host.h"
#include "ev/loop.h"

struct device;
struct offer;
struct worker;

struct worker *worker_new(struct loop *loop, struct device *device);
/* Starts the thread and waits until it has made the instance; create() is not to block. NULL with errors
 * added. The instance belongs to the worker: of it, only what never changes may be looked at, and what
 * it declared while the device's `declared` is called. */
struct adapter_instance *worker_create(struct worker *worker, struct conf_errors *errors);
/* Ends the thread and destroys the instance. A call that does not return is given a second; then
 * the thread is left as it is, and the process should end. */
void worker_free(struct worker **worker);

void worker_line(struct worker *worker, bool is_up, const char *reason);
/* The verdict comes by line_verdict. */
void worker_frame(struct worker *worker, const struct offer *offer, uint64_t cookie);
void worker_exchange_done(struct worker *worker, uint64_t cookie, enum dragoman_end end);
void worker_timer(struct worker *worker, uint32_t id);
void worker_kept(struct worker *worker, uint64_t cookie, bool is_kept);

/* How long the call that is under way has lasted; 0 if there is none. */
uint32_t worker_in_call_ms(const struct worker *worker);

#endif
