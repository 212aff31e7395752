/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publisher's events as bytes: each is packed once, as the whole Frame with its length in front, and
 * nobody packs it again. Written by hand, straight from the adapter's reading: a tree of protobuf-c
 * structs in between would cost more than the encoding. tests/unit/event.c holds it to protobuf-c.
 */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include <dragoman/adapter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of the wire. */
enum event_state {
	EVENT_STARTING = 1,
	EVENT_ONLINE = 2,
	EVENT_STALE = 3,
	EVENT_REMOVED = 4,
};

enum event_direction {
	EVENT_RECEIVED = 1,
	EVENT_SENT = 2,
};

struct event_loss {
	uint64_t count;
	int64_t from_ns, to_ns;
	const char *reason;
	uint64_t last_number;
};

/* What all events of one device start with, encoded once. Embedded; zeroed memory may be finished. */
struct event_head {
	uint8_t *bytes; /* time and number are put in with each event */
	size_t len;
	size_t number_at;
};
void event_head_init(struct event_head *head, const char *publisher, uint64_t incarnation,
		     const char *device);
void event_head_fini(struct event_head *head);

/* Room to pack in, which grows to what is needed. Embedded; starts as zeroed memory. */
struct event_room {
	uint8_t *bytes;
	size_t size;
	bool is_prompt; /* somebody waits for what is packed */
};
void event_room_fini(struct event_room *room);

/* A message of a device's own type, for the readings under one key: its fields in the order in which the
 * reading has its values. */
struct event_field {
	const char *tag;
	enum dragoman_type type;
	uint32_t number;
};
struct event_type {
	const char *name; /* full: "dragoman.profile.mt_sics.Weight" */
	const struct event_field *fields;
	size_t n;
	bool is_alone; /* it stands in place of the values, not beside them */
};

/* Each packs one event and returns where it is in the room (until the next one is packed there), with
 * its length in *len_out; or NULL if its frame would be longer than FRAME_MAX. Texts are valid UTF-8; NULL
 * is an empty one. A reading that somebody waits for (it has a cookie) is marked prompt too; type is that of the message
 * which it is also packed as, or NULL. */
const uint8_t *event_pack_reading(struct event_room *room, const struct event_head *head,
				  int64_t time_ns, uint64_t number,
				  const struct dragoman_reading *reading,
				  const struct event_type *type, size_t *len_out);
const uint8_t *event_pack_state(struct event_room *room, const struct event_head *head,
				int64_t time_ns, uint64_t number, enum event_state state,
				const char *reason, const char *text, size_t *len_out);
const uint8_t *event_pack_raw(struct event_room *room, const struct event_head *head,
			      int64_t time_ns, uint64_t number, enum event_direction direction,
			      const uint8_t *data, size_t len, size_t *len_out);
/* The head's publisher and incarnation are those of the Loss too. */
const uint8_t *event_pack_loss(struct event_room *room, const struct event_head *head,
			       int64_t time_ns, uint64_t number, const struct event_loss *loss,
			       size_t *len_out);

#endif
