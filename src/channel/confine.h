/* SPDX-License-Identifier: Apache-2.0 */
/* What a channel gives up of the file system once its adapters are loaded. */
#ifndef CHANNEL_CONFINE_H
#define CHANNEL_CONFINE_H

#include "channel/line.h"

/* From here on this process writes only beneath /dev, beside its capture file, and where its port makes a
 * link (sandbox/files.h). A line that runs a program, or has an adapter that stands on a maker's library,
 * keeps what it has: nobody knows what those write. */
void confine(const struct config_channel *config, const struct line *line);

#endif
