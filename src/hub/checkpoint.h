/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub has to say of its state in notes of the store; recover.h is the way back. */
#ifndef HUB_CHECKPOINT_H
#define HUB_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct device;
struct hub;
struct publisher;
struct storage;

/* A device was declared, or is nobody's any more; goes into the next cut. */
void checkpoint_device(struct storage *storage, const struct device *device);
/* An incarnation has begun or ended; the same, and at once. Returns the note's number. */
uint64_t checkpoint_publisher(struct storage *storage, const struct publisher *publisher);

/* Appends all notes that make the hub what it is, as of hub.kept where it matters. Last readings are left out,
 * those of long ago first, so that it has at most `max` bytes. */
void checkpoint_put(const struct hub *hub, struct buf *out, size_t max);

#endif
