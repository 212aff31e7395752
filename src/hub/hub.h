/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub: one log, its publishers, its devices, its clients, all owned by one loop.
 *
 * A turn of the loop: sockets are read and events appended (hub_append), which makes ready the resting
 * clients whom they concern; at its end each ready client is written to, once (client_deliver).
 */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ev/loop.h"
#include "hub/cold.h"
#include "hub/cursor.h"
#include "hub/device.h"
#include "hub/durable.h"
#include "hub/eventlog.h"
#include "hub/filter.h"
#include "hub/linger.h"
#include "hub/publisher.h"
#include "hub/storage.h"
#include "wire/frame.h"

enum { STREAM_ID_SIZE = 16, HUB_READ_SIZE = 256 * 1024 };

struct hub_settings {
	char *gateway;
	size_t memory; /* of the log, bytes */
	size_t max_clients, max_patterns;
	size_t max_frame_in;                      /* from a client that is no publisher */
	int64_t idle_timeout_ns, slow_timeout_ns; /* 0: never */
	struct storage_settings storage;
};

struct hub {
	struct loop *loop;
	struct hub_settings settings;
	uint8_t stream[STREAM_ID_SIZE];
	uint64_t incarnation, number; /* of the hub's own events */
	int64_t started;              /* wall time */
	uint32_t now_s;               /* monotonic seconds, as of the last sweep */
	int64_t wall_ahead;           /* of the time since boot, at the last sweep */

	struct eventlog log;
	uint64_t kept; /* all up to this number is on disk, or in a hole (storage.h) */
	struct storage storage;
	struct devices devices;
	struct filters filters;
	struct publishers publishers;
	struct durables durables;
	struct colds colds;
	struct client_list clients, ready;
	size_t n_clients, n_strangers; /* those who have shown no publisher's token */
	uint64_t last_client;
	struct lingering lingering;
	struct timer sweep, last_flush, last_close;
	size_t undelivered; /* bytes appended since clients were last written to */
	bool is_ending;
	uint64_t head_at_end; /* the head when it began to end */

	struct gather gather; /* shared by the clients of a turn */
	uint8_t *receive;     /* shared by all who read */
	size_t receive_size;

	uint64_t repeats, losses, refused_frames;
};

/* settings are taken over. */
int hub_init(struct hub *hub, struct loop *loop, const struct hub_settings *settings,
	     struct err *err);
void hub_fini(struct hub *hub);

/* Opens the store of the settings, if there is one, and makes the hub what it was: before anybody connects,
 * and before its lifeline speaks. */
void hub_open_store(struct hub *hub);
/* A stream of its own, in memory. */
void hub_new_stream(struct hub *hub);

/* Appends an event that a publisher or the hub made, and makes ready whom it concerns. The device's last
 * reading and time follow. */
uint64_t hub_append(struct hub *hub, struct device *device, const struct event_scan *scan,
		    const uint8_t *event, size_t len);

/* Makes an event of the hub's own from one that has its body set, and appends it. */
void hub_say(struct hub *hub, struct device *device, Dragoman__V1__Event *event);
/* A State event of the hub's own; the device's state follows. */
void hub_say_state(struct hub *hub, struct device *device, enum device_state state,
		   const char *reason, const char *text);

/* The device of this name, made and announced if it is new; NULL if there are too many. */
struct device *hub_device(struct hub *hub, const char *name);
/* Whether a device's last readings are to be taken as stale, and why. */
bool hub_device_is_stale(const struct device *device, const char **reason_out);

/* Writes to every client that is ready. */
void hub_deliver(struct hub *hub);
/* Deliver now if so much was appended that waiting for the end of the turn could cost a client its
 * place in the log. May free any client. */
void hub_deliver_early(struct hub *hub);

/* Says goodbye to everybody. Stops the loop when all have closed, shortly after all is written, or after a
 * second. */
void hub_end(struct hub *hub);

#endif
