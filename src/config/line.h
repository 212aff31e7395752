/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a channel's serial line that its devices' profiles give: speed, format and flow, as far as
 * the port leaves them open.
 */
#ifndef CONFIG_LINE_H
#define CONFIG_LINE_H

#include "conf/config.h"

/* A device of the channel, and the tree of its profile; NULL if it has none. */
struct line_device {
	const char *name;
	const struct conf_node *node, *definition;
};

/* The port with what the profiles say of its line: a tree of its own, whose child "port" has the places of
 * the configuration and of the profiles, the caller's. NULL if nothing was added: no serial port, or nothing
 * open that a profile speaks of. Profiles that disagree are an error; a flow control that no port here can
 * do is a warning, and left out. */
struct conf_node *line_complete(const struct conf_node *port, const struct line_device *devices,
				size_t n, struct conf_errors *errors);

#endif
