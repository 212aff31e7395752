/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's end of the lifeline: what the supervisor says of publishers, pings, and the end. */
#ifndef HUB_LIFELINE_H
#define HUB_LIFELINE_H

#include "ev/peer.h"

struct hub;

struct lifeline {
	struct peer peer;
	struct hub *hub;
};

/* Takes over fd and says Ready. */
void lifeline_init(struct lifeline *lifeline, struct hub *hub, int fd);
void lifeline_fini(struct lifeline *lifeline);

#endif
