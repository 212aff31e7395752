/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device of the line: its adapter's instance, its timers, its state, and its place among the events
 * (publisher.h) and in the scheduler. An adapter that may block has its instance on a thread of its own
 * (worker.h); to the line both look the same.
 *
 *	                first reading, answer                line lost, no answer, silence,
 *	                or the adapter's word                the adapter's word
 *	STARTING ------------------------------> ONLINE <-----------------------------------> STALE
 *
 * A STALE that the adapter itself has said lasts until it says otherwise or emits a reading; any other ends
 * with the next frame that the device is understood in.
 */
#ifndef CHANNEL_DEVICE_H
#define CHANNEL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapter/host.h"
#include "base/log.h"
#include "channel/publisher.h"
#include "channel/scheduler.h"
#include "conf/config.h"
#include "ev/loop.h"
#include "profile/typed.h"
#include "wire/frame.h"

struct line;
struct offer;
struct worker;
struct device_timer;

struct device {
	uint32_t magic;
	struct line *line;
	const struct config_device *config;
	const char *name;
	const struct dragoman_adapter *adapter;
	struct adapter_instance *instance;
	struct worker *worker;           /* the instance's thread, or NULL */
	Dragoman__V1__Device *catalogue; /* what is declared to the hub */
	struct typed *typed;             /* the messages that it publishes, or NULL */
	struct publisher_source *source;
	struct scheduler_slot *slot;
	struct device_timer *timers; /* DEVICE_TIMERS of them, when the first one is set */
	struct timer silence;
	int64_t heard_ns; /* monotonic; when it was last understood */

	enum event_state state;
	struct log_limit life_limit; /* of a device that comes and goes all the time */
	bool is_stale_by_adapter;
	uint64_t readings;
};

enum { DEVICE_TIMERS = 16 };

/* A device whose adapter was found; errors are those of its configuration. NULL with errors added. */
struct device *device_new(struct line *line, const struct config_device *config,
			  const struct dragoman_adapter *adapter, struct conf_errors *errors);
void device_free(struct device **device);
/* Says that it is there. */
void device_start(struct device *device);

/* The line opened, or was lost. */
void device_line(struct device *device, bool is_up, const char *reason, const char *text);

/* Hands it the frame of an offer. True: *verdict_out is its word. False: the word comes later, by
 * line_verdict. */
bool device_frame(struct device *device, const struct offer *offer, uint64_t cookie,
		  enum dragoman_verdict *verdict_out);
/* It has understood a frame: it is alive. */
void device_heard(struct device *device);

/* Bytes came on its own line that were no good frame. */
void device_spoilt(struct device *device);

/* The channel ends: whether there is more to be said to the device before its line is closed. */
bool device_closing(struct device *device);

void device_exchange_done(struct device *device, uint64_t cookie, enum dragoman_end end);
/* An attempt went unanswered, so many in a row. */
void device_unanswered(struct device *device, unsigned in_a_row);

/* For worker.c: where the instance's calls go in the end. arg is the device. */
extern const struct adapter_sink device_sink;

#endif
