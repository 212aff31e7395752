/* SPDX-License-Identifier: Apache-2.0 */
/* What a device has, as the hub is told of it: the adapter's declaration as a message. */
#ifndef CHANNEL_CATALOGUE_H
#define CHANNEL_CATALOGUE_H

#include "wire/frame.h"

struct device;
struct line;

/* The device's declaration of now; the caller's to free. */
Dragoman__V1__Device *catalogue_of(const struct device *device);
void catalogue_free(Dragoman__V1__Device **catalogue);

/* Appends the Declare frames of the line ("$channel/NAME") and all of its devices. */
void catalogue_declare(struct line *line, struct buf *out);

#endif
