/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of dragoman-hub, and its part of the configuration. */
#ifndef HUB_OPTIONS_H
#define HUB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/config.h"
#include "hub/hub.h"

enum { OPTIONS_LISTENERS_MAX = 64 };

struct options {
	int lifeline;      /* -1: none */
	const char *store; /* the directory of the stream; NULL: it is in memory */
	int local[OPTIONS_LISTENERS_MAX];
	size_t n_local;
	int tcp[OPTIONS_LISTENERS_MAX];
	bool is_writable[OPTIONS_LISTENERS_MAX];
	size_t n_tcp;
	struct config config;
	struct config_files files;
	bool is_done; /* --help or --version was answered */
};

/* Reads the command line and the part, and binds what is to be bound here. -1 with err: wrong usage, or
 * a part that is none. options_fini is due either way; it leaves the descriptors alone. */
int options_read(struct options *options, int argc, char **argv, struct err *err);
void options_fini(struct options *options);

/* The hub's settings from the part. */
struct hub_settings options_settings(const struct options *options);
/* Programs of somebody else's that may publish. */
int options_publishers(const struct options *options, struct publishers *publishers,
		       struct err *err);

#endif
