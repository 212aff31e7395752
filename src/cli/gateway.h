/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that talk to a gateway share: connecting, asking, and the units of its tags. */
#ifndef CLI_GATEWAY_H
#define CLI_GATEWAY_H

#include "cli/cli.h"
#include "dragoman/client.h"

/* How long a gateway may take to greet, or to answer. */
enum { GATEWAY_PATIENCE_MS = 10000 };

/* A connection that is up, or NULL after saying why not (the status is then CLI_NO_GATEWAY). It does not
 * come back by itself unless the caller asks for that. Release with dragoman_free. */
struct dragoman *gateway_open(const struct cli *cli);

/* Takes the events of one answer until its end and hands each to fn. An enum cli_exit; what failed was
 * said. request 0 is a request that could not be made. */
typedef void gateway_fn(void *arg, const struct dragoman_event *event);
int gateway_answer(const struct cli *cli, struct dragoman *d, uint64_t request, gateway_fn *fn,
		   void *arg);

/* The tags of devices, as far as their catalogue was seen: name, unit and labels. */
struct units {
	struct units_device *first;
};
void units_fini(struct units *units);
/* Takes what a DEVICE event says of its tags. */
void units_learn(struct units *units, const struct dragoman_event_device *device);
/* Whether a READING has a tag of which nothing is known. Said once for each: from then on it is known to
 * have no unit, unless the catalogue says otherwise. */
bool units_lack(struct units *units, const struct dragoman_event *event);
/* NULL if it is not known. Has name, unit, type and labels. */
const struct dragoman_device_tag *units_find(const struct units *units, const char *device,
					     const char *tag);
/* The same by its number in typed messages. */
const struct dragoman_device_tag *units_field(const struct units *units, const char *device,
					      uint32_t field);

#endif
