/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of dragoman-channel, and the part of the configuration that it names. */
#ifndef CHANNEL_OPTIONS_H
#define CHANNEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/config.h"

struct channel_options {
	const char *name;
	const char *hub; /* path of its socket */
	int lifeline;    /* -1: none */
	char *token;
	size_t token_len;
	struct config config;
	struct config_files files;
	const struct config_channel *channel; /* the part's entry of this name */
	bool is_done;                         /* help or version was printed */
};

/* -1 with err: one or more lines. channel_options_fini is due either way. */
int channel_options_read(struct channel_options *options, int argc, char **argv, struct err *err);
void channel_options_fini(struct channel_options *options);

#endif
