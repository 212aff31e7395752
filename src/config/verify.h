/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole check of a configuration: what the rows say, and what only the transports, links, adapters and
 * profiles themselves can say. Nothing is opened but files: no port, no socket. Loads plugins, and so
 * runs their code: in dragoman-config without privileges, and in the command line as whoever checks.
 *
 * All mistakes are found in one run.
 */
#ifndef CONFIG_VERIFY_H
#define CONFIG_VERIFY_H

#include "conf/config.h"

/* A device, and what was found for it. */
struct verified_device {
	const struct config_device *device;
	struct conf_node *definition; /* of its profile; NULL if it has none, or one of its own */
};

struct verified {
	struct config config;
	struct config_files files;
	struct conf_errors errors; /* and warnings */
	struct conf_texts plugin_dirs,
		profile_dirs;            /* absolute as far as possible, the built-in one last */
	struct verified_device *devices; /* of all channels, in order */
	size_t n_devices;
	struct conf_node **ports; /* of channels, completed by the profiles' lines (line.h) */
	size_t n_ports;
	char **tokens; /* of config.publishers, in order; NULL where there was an error */
};

/* Loads path and channels.d beside it, and checks everything. -1 if there were errors; verified_fini is due
 * either way. */
int verify(struct verified *verified, const char *path);
void verified_fini(struct verified *verified);

/* What was found for that device. */
const struct verified_device *verified_find(const struct verified *verified,
					    const struct config_device *device);

#endif
