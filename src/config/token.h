/* SPDX-License-Identifier: Apache-2.0 */
/* The token of a program that may publish, from the configuration or from its file. */
#ifndef CONFIG_TOKEN_H
#define CONFIG_TOKEN_H

#include "conf/config.h"

enum { PUBLISHER_TOKEN_MIN = 16, PUBLISHER_TOKEN_MAX = 1000 };

/* Allocated; NULL with errors added. A file that others can read is a warning. */
char *token_read(const struct config_publisher *publisher, struct conf_errors *errors);

#endif
