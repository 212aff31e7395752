/* SPDX-License-Identifier: Apache-2.0 */
/* Where a subscription begins and who keeps its place, as the options of dragoman watch say it. Wrong ones are told
 * before there is a connection. */
#ifndef CLI_WANTED_H
#define CLI_WANTED_H

#include "cli/cli.h"
#include "dragoman/client.h"

struct wanted {
	enum dragoman_start start;
	uint64_t after;   /* AFTER: in the stream that the gateway has */
	int64_t from_ns;  /* TIME */
	const char *name; /* of a durable subscriber, or NULL */
	struct dragoman_durable durable;
};

/* --since, --snapshot, --durable, --window and --retain. CLI_DONE, or CLI_USAGE after saying what is wrong. */
int wanted_read(const struct cli *cli, struct wanted *out);

/* Subscribes to what is in s, from there. d has its connection. */
uint64_t wanted_subscribe(const struct wanted *wanted, struct dragoman *d,
			  struct dragoman_subscription *s);

#endif
