/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile as a schema: each kind of reading is a protobuf message, each tag a field of it under the number that
 * the profile's lock holds. From the same list come the .proto, its descriptor and what a device publishes.
 *
 * A tag has one number in all messages of its profile; where variants give it different types it is a field for
 * each. A tag with a table of names stays a string: an
 * enumeration would turn a name that a later edition of the profile knows into a bare number for programs
 * that were generated before, and names such as "door open (left)" into something else for all of them.
 */
#ifndef PROFILE_MESSAGE_H
#define PROFILE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "profile/arena.h"

struct loader;
struct profile;

/* One line of the lock. */
struct lock_row {
	const char *tag;
	enum dragoman_type type;
	uint32_t number;
	bool is_removed; /* no tag of the profile has it; no other gets its number */
};

struct lock {
	const char *package; /* "dragoman.profile.mt_sics" */
	struct lock_row *rows;
	size_t n;
};

struct message_field {
	const char *name; /* as protobuf has it: "battery_voltage" */
	const struct tag *tag;
	uint32_t number;
	size_t place; /* in the order of the reading's tags, those that only variants have behind them */
};

struct message {
	const char *name; /* "Weight" */
	const char *type; /* "dragoman.profile.mt_sics.Weight" */
	const char *key;  /* of its readings; NULL: the only kind */
	const char *description;
	struct message_field *fields; /* by number */
	size_t n;
};

struct messages {
	struct arena arena;
	const struct lock *lock;
	struct message *list; /* one for each kind of reading of the profile and its variants */
	size_t n;
};

/* Everything points into the profile. NULL with errors: there is no lock, it is behind, or two names come out
 * the same. */
struct messages *messages_new(const struct profile *profile, struct conf_errors *errors);
void messages_free(struct messages **messages);

/* The messages as an encoded FileDescriptorSet. */
void messages_descriptor(const struct messages *messages, struct buf *out);

/* What protobuf calls a tag's type: "double". */
const char *message_type_name(enum dragoman_type type);

/* `lock:` of the profile, which lock.c puts in from its file. Tags without a number are a warning. */
void load_lock(struct loader *l, const struct conf_node *section);
/* Says if it is behind the profile and its variants, which are there by now. */
void load_check_lock(struct loader *l, const struct conf_node *section);
/* The profile, then its variants; NULL after the last one. */
const struct profile *family(const struct profile *profile, size_t i);
/* Their number in the lock; 0: they have none. */
uint32_t lock_number(const struct lock *lock, const struct tag *tag);

#endif
