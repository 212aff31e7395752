/* SPDX-License-Identifier: Apache-2.0 */
/* What publisher.c and kept.c know of each other. */
#ifndef HUB_PUBLISHER_INSIDE_H
#define HUB_PUBLISHER_INSIDE_H

#include <stddef.h>
#include <stdint.h>

struct device;
struct publisher;

/* So many bytes may wait for a Kept that nobody is in a hurry for. */
enum { KEPT_BYTES = 64 * 1024 };

/* ---- kept.c ---- */

/* There is something to be acknowledged; so many bytes more. */
void publisher_list(struct publisher *publisher, size_t bytes);
/* Tells it what is kept, and forgets it if that is all. */
void publisher_acknowledge(struct publisher *publisher);

/* ---- publisher.c ---- */

/* It said goodbye, and has been told all: it ends in order. */
void publisher_leave(struct publisher *publisher);
/* A Loss of one of its devices; count 0: not known. */
void publisher_say_loss(struct publisher *publisher, struct device *device, uint64_t count,
			uint64_t from, const char *reason);

#endif
