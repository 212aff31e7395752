/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device with `payload: typed` publishes: for each of its kinds of reading the full name of a message
 * and the field number of each tag. Made once, from the profile's tree; wire/event.h packs by it.
 */
#ifndef PROFILE_TYPED_H
#define PROFILE_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "wire/event.h"

struct typed;

/* definition is a profile's tree, with its lock; NULL is none. is_alone: what is published has nothing but the
 * message. Of a variant they are the messages of the whole profile. NULL with errors added at the definition, or at place. */
struct typed *typed_new(const struct conf_node *definition, const struct conf_node *place,
			bool is_alone, struct conf_errors *errors);
void typed_free(struct typed **typed);

/* The message of the readings under a key (NULL: of a device with one kind); NULL if there is none. */
const struct event_type *typed_find(const struct typed *typed, const char *key);
/* The field number of a tag, 0 if there is no such tag. */
uint32_t typed_field(const struct typed *typed, const char *tag, enum dragoman_type type);
/* The encoded FileDescriptorSet; the object's. */
const struct buf *typed_descriptor(const struct typed *typed);

#endif
