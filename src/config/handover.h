/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each process is given of a checked configuration: a YAML text by the same rows, with what it needs
 * and nothing else. Tokens are in the hub's alone.
 */
#ifndef CONFIG_HANDOVER_H
#define CONFIG_HANDOVER_H

#include "base/buf.h"
#include "config/verify.h"

void handover_hub_part(const struct verified *verified, struct buf *out);
/* Its port is complete (line.h), and each device's profile stands in it, as its definition, without tests. */
void handover_channel_part(const struct verified *verified, const struct config_channel *channel,
			   struct buf *out);

/* All messages of proto/dragoman/internal/parts.proto for the supervisor. */
void handover_all(const struct verified *verified, struct buf *out);

#endif
