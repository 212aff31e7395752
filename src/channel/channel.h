/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel: a line, its publisher, the connection to the hub and the lifeline to the supervisor, on
 * one loop. The end in order, on Terminate, on a signal, or when the supervisor is gone: devices are told what
 * they have to be told, within CHANNEL_CLOSE_MS, the line is closed, what is left goes to the hub with a Goodbye,
 * and the loop stops, within CHANNEL_END_MS.
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "channel/options.h"
#include "ev/loop.h"

enum { CHANNEL_CLOSE_MS = 1000, CHANNEL_END_MS = 800 };

struct channel;

/* NULL with errors added. The options outlive it. */
struct channel *channel_new(struct loop *loop, const struct channel_options *options,
			    struct conf_errors *errors);
void channel_free(struct channel **channel);

/* Gives up the files that this channel does not need, for the whole process (confine.h). */
void channel_confine(struct channel *channel);

/* Opens the line and connects to the hub; work is done by loop_run. */
void channel_start(struct channel *channel);

/* Finishes in order and stops the loop. */
void channel_end(struct channel *channel, const char *reason);

#endif
