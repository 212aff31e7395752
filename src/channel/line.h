/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line: a transport, the link on it, the scheduler, and the devices that share it. Received bytes go
 * through the link; a frame is offered to the device whose exchange is under way, then to the others in
 * the order of the configuration, until one takes it. A line that is lost is opened again, with a delay
 * that doubles.
 */
#ifndef CHANNEL_LINE_H
#define CHANNEL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/publisher.h"
#include "channel/scheduler.h"
#include "conf/config.h"
#include "ev/loop.h"
#include "link/link.h"

struct device;

/* What is counted on a line, each with its name in report.c; then come the verdicts of link and adapters. */
enum line_count {
	COUNT_BYTES_RECEIVED,
	COUNT_BYTES_SENT,
	COUNT_FRAMES,
	COUNT_OPENED,
	COUNT_LOST,
	COUNT_PAUSED,
	COUNT_UNSENT,    /* bytes that the transport did not take */
	COUNT_UNOFFERED, /* frames that a blocking adapter had no time for */
	LINE_COUNTS
};

struct line_counts {
	uint64_t of[LINE_COUNTS];
	uint64_t link[LINK_VERDICTS];
	uint64_t adapter[DRAGOMAN_UNSOLICITED + 1];
};

/* A frame that looks for its device. */
struct offer {
	const uint8_t *data;
	size_t len;
	int64_t received_ns;
	struct device *first; /* whose exchange is under way, or NULL */
	uint64_t cookie;      /* of that exchange */
	struct publisher_record
		*record; /* open if its sender waits for the link's answer, else NULL */
	uint64_t ticket; /* of the record, for the link */
	size_t at;       /* which device comes next: 0 is the first one, 1 the first of the list */
	bool is_unknown; /* somebody said UNKNOWN; else all said FOREIGN */
	struct device *unsolicited; /* who said UNSOLICITED, or NULL */
};

struct line;

/* NULL with errors added. The configuration outlives the line. */
struct line *line_new(struct loop *loop, struct publisher *publisher,
		      const struct config_channel *config, const struct conf_texts *plugins,
		      struct conf_errors *errors);
void line_free(struct line **line);

/* Once. */
void line_open(struct line *line);
/* Before that, and again until it says no: whether devices are still told something. */
bool line_closing(struct line *line);
/* For good. */
void line_close(struct line *line);

/* Stops and goes on: no polls, and nothing is read where the other end can wait. */
bool line_can_wait(const struct line *line);
void line_pause(struct line *line, bool is_paused);
bool line_is_paused(const struct line *line);

/* At the end of each turn of the loop: starts what is due on the line. */
void line_turn(struct line *line);

/* From its devices. */
struct loop *line_loop(const struct line *line);
struct publisher_source *line_add_source(struct line *line, struct device *device,
					 publisher_kept_fn *kept);
struct scheduler_slot *line_add_slot(struct line *line, struct device *device);
int line_ask(struct device *device, const struct dragoman_ask *ask);
int line_send(struct line *line, const uint8_t *data, size_t len);
/* The word on an offer that device_frame did not give at once. */
void line_verdict(struct line *line, struct device *device, const struct offer *offer,
		  enum dragoman_verdict verdict);
/* A frame that its device had no room for. */
void line_lost_frame(struct line *line, const struct offer *offer);
/* Called when a device has declared anew. */
void line_on_declared(struct line *line, void (*fn)(void *arg), void *arg);
void line_declared(struct line *line);

struct device *const *line_devices(const struct line *line, size_t *n_out);
const char *line_name(const struct line *line);
const struct transport *line_transport(const struct line *line);
const char *line_description(const struct line *line);
const struct line_counts *line_counts(const struct line *line);
struct scheduler_stats line_scheduler_stats(const struct line *line);

#endif
