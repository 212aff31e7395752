/* SPDX-License-Identifier: Apache-2.0 */
/* What line.c, port.c, offer.c, record.c, refused.c and send.c know of each other. */
#ifndef CHANNEL_LINE_INSIDE_H
#define CHANNEL_LINE_INSIDE_H

#include "base/log.h"
#include "channel/line.h"
#include "transport/transport.h"

enum { LINE_MAGIC = 0x4c696e65 };

struct line {
	uint32_t magic;
	const struct config_channel *config;
	struct loop *loop;
	struct publisher *publisher;
	struct publisher_source *source; /* "$channel/NAME" */
	struct transport *transport;
	struct link *link;
	struct scheduler *scheduler;
	struct capture *capture;
	struct device **devices;
	size_t n_devices;

	bool is_open, is_closed, is_paused;
	enum event_state state;
	char *reason;            /* of the state that was said last */
	int64_t retry_ns;        /* the next delay before it is opened again */
	struct timer retry, due; /* due: the link's and the scheduler's deadlines */
	int64_t due_ns;          /* when the timer fires; 0: it does not run */
	bool is_touched;         /* something happened that may have moved the deadlines */
	struct line_counts counts;
	struct log_limit refused_limit;
	int64_t noise_ns; /* monotonic: when the present second of noise began */
	int n_noise;      /* samples published in it */
	struct log_limit settings_limit;
	struct log_limit life_limit; /* of a line that comes and goes all the time */

	void (*on_declared)(void *arg);
	void *on_declared_arg;
};

/* ---- line.c ---- */

/* The deadlines of link and scheduler may have become earlier. */
void line_set_due(struct line *line);

/* ---- port.c ---- */

/* arg is the line. */
extern const struct transport_events line_transport_events;
/* Opens it again; arg is the line. */
void line_retry(void *arg);

/* ---- offer.c: of the link's sink, arg is the line ---- */

void line_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns);
void line_record(void *arg, const uint8_t *payload, size_t len, int64_t received_ns,
		 uint64_t ticket);

/* ---- record.c: an offer without a record is left as it is ---- */

void record_open(struct line *line, struct offer *offer);
/* All that comes of it is published: its fate follows from that. */
void record_close(const struct offer *offer);
/* Nothing comes of it: its sender is told at once. */
void record_refuse(struct line *line, const struct offer *offer, enum link_fate fate);

/* ---- refused.c ---- */

/* Of the link's sink; arg is the line. */
void line_link_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len);
/* The offer has come to its end. who has given the verdict; NULL if it is no more than that nobody knew
 * the frame. */
void line_offer_refused(struct line *line, const struct offer *offer, enum dragoman_verdict verdict,
			const struct device *who);

/* ---- send.c ---- */

/* Of the link's sink; arg is the line. */
void line_write(void *arg, const uint8_t *bytes, size_t len);
/* arg is the device. */
extern const struct scheduler_events line_scheduler_events;

#endif
