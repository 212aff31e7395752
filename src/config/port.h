/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of all channels: each can be understood, and none is used twice. */
#ifndef CONFIG_PORT_H
#define CONFIG_PORT_H

#include "conf/config.h"

void ports_check(const struct config *config, struct conf_errors *errors);

#endif
