/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices: their ids, who publishes them, their state, and the last reading under each of their keys.
 *
 * A last reading is a number as long as its event is in the log; when the log lets go of it, its bytes
 * are copied. So a reading costs nothing for being the last one, and what is quiet costs its copy.
 */
#ifndef HUB_DEVICE_H
#define HUB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/buf.h"
#include "hub/descriptors.h"
#include "hub/eventlog.h"
#include "wire/stamp.h"

enum { DEVICE_KEYS_MAX = 64, DEVICES_MAX = 65536 };

struct filter;
struct publisher;

/* As in State.Code. */
enum device_state {
	DEVICE_STARTING = 1,
	DEVICE_ONLINE = 2,
	DEVICE_STALE = 3,
	DEVICE_REMOVED = 4,
};

struct device_key {
	char *name;
	uint64_t seq;   /* of the last reading, 0 if none */
	uint32_t index; /* in devices.keys */
	uint32_t order; /* of its making; device.keys rises in it */
	uint32_t device;
	uint8_t *copy; /* of the event's bytes, if the log has it no more */
	size_t len;
};

/* What is held no more of one device and kind, by the store or, without one, by the log: the newest number,
 * and the latest time, which may be another event's, since clocks are set back. */
struct dropped {
	uint64_t seq;
	uint64_t time;
};

struct device {
	UT_hash_handle hh;
	char *name;
	uint32_t id;
	bool is_declared;            /* its publisher's incarnation has declared it */
	bool is_stale_by_hub;        /* because its publisher was gone */
	struct publisher *publisher; /* who declared it last, or NULL */
	TAILQ_ENTRY(device) of_publisher;

	uint8_t *catalogue; /* the declared Device, packed, without what the hub adds */
	size_t catalogue_len;
	struct descriptor *descriptor; /* of its typed messages; NULL: it has none */
	enum device_state state;
	char *reason, *text;
	uint64_t state_since, last_event;

	struct device_key **keys;
	size_t n_keys, last_key;   /* last_key: where the last reading was */
	uint32_t last_order;       /* of all keys that it ever had */
	struct dropped dropped[8]; /* by kind & 7 */
	struct dropped newest[8];  /* the same of what is on disk */
	uint32_t in_cut[8];        /* where in the cut that is being made; 0: not in it */
	struct filter **filters;   /* that select it, by id */
	size_t n_filters, filters_size;
};

struct devices {
	struct device *by_name;
	struct device **by_id;
	uint32_t last_id;
	struct device_key **keys;
	uint32_t n_keys, *free_keys;
	size_t n_free_keys, keys_size;
	struct descriptors descriptors;
};

void devices_init(struct devices *devices);
void devices_fini(struct devices *devices);

struct device *devices_find(const struct devices *devices, const char *name, size_t len);
/* id from 1 to last_id. */
struct device *devices_get(const struct devices *devices, uint32_t id);
/* A new device with the next id. There must be fewer than DEVICES_MAX. */
struct device *devices_add(struct devices *devices, const char *name);

void device_set_state(struct device *device, enum device_state state, const char *reason,
		      const char *text, uint64_t time);
const char *device_state_name(enum device_state state);

/* Takes over a packed Device. */
void device_set_catalogue(struct device *device, uint8_t *packed, size_t len);
/* What its messages are described by; len 0: it has none. */
void device_set_descriptor(struct devices *devices, struct device *device, const void *bytes,
			   size_t len);

/* The key of this name, made if there is room for one more; else NULL. */
struct device_key *device_key(struct devices *devices, struct device *device, const char *name,
			      size_t len);
/* Forgets the last readings under those keys that are not to be kept. */
typedef bool device_key_fn(const void *arg, const char *name);
void device_keep_keys(struct devices *devices, struct device *device, device_key_fn *is_kept,
		      const void *arg);
/* Forgets the last readings. */
void device_clear_keys(struct devices *devices, struct device *device);

/* The first key that was made after the one of this order; NULL if there is none. */
const struct device_key *device_key_after(const struct device *device, uint32_t order);

/* The key's last reading has the number seq from now on. */
void device_key_set(struct device_key *key, uint64_t seq);
/* The same for an event that is in no log: its bytes are copied. */
void device_key_restore(struct device_key *key, uint64_t seq, const uint8_t *event, size_t len);
/* The event's bytes of the last reading; NULL if there is none. */
const uint8_t *device_key_event(const struct device_key *key, const struct eventlog *log,
				size_t *len_out);

/* The log lets go of an event, which may be a last reading; is_last: nothing else has it. */
void devices_dropping(struct devices *devices, const struct eventlog *log, uint64_t seq,
		      const struct eventlog_entry *entry, bool is_last);

void device_add_filter(struct device *device, struct filter *filter);
void device_remove_filter(struct device *device, struct filter *filter);

#endif
