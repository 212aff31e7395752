/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FileDescriptorSets that publishers declare with devices that have messages of their own type. The hub never
 * looks into one; equal bytes are kept once, as long as a device has them.
 */
#ifndef HUB_DESCRIPTORS_H
#define HUB_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct descriptor {
	TAILQ_ENTRY(descriptor) others;
	uint64_t number; /* in the order in which they came */
	size_t n_devices;
	uint8_t *bytes;
	size_t len;
};

struct descriptors {
	TAILQ_HEAD(, descriptor) list; /* by number */
	uint64_t last;
};

void descriptors_init(struct descriptors *descriptors);

/* The one with these bytes, for one more device; NULL if there are none. */
struct descriptor *descriptors_take(struct descriptors *descriptors, const void *bytes, size_t len);
/* For one device less; NULL is accepted. */
void descriptors_release(struct descriptors *descriptors, struct descriptor *descriptor);

#endif
