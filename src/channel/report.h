/* SPDX-License-Identifier: Apache-2.0 */
/* What a channel has counted, as the hub is told of it. */
#ifndef CHANNEL_REPORT_H
#define CHANNEL_REPORT_H

#include "base/buf.h"
#include "channel/line.h"
#include "channel/publisher.h"

/* Appends a Report frame. */
void report_pack(const struct line *line, const struct publisher *publisher, struct buf *out);

#endif
