/* SPDX-License-Identifier: Apache-2.0 */
/* An adapter's options by its rows, which become rows of the configuration. */
#ifndef ADAPTER_OPTIONS_H
#define ADAPTER_OPTIONS_H

#include <dragoman/adapter.h>

#include "conf/conf.h"

/* Checks what is set (NULL: nothing) and returns the effective options: a map with what is set, each at
 * its place, and the fallbacks of the rest. The caller's to free; NULL with errors added. */
struct conf_node *adapter_options_read(const struct dragoman_adapter *adapter,
				       const struct conf_node *set, struct conf_errors *errors);

/* A scalar that was checked, as a number: true is 1, a duration milliseconds. 0 if it is none. */
int64_t adapter_options_integer(const struct conf_node *node);
double adapter_options_number(const struct conf_node *node);

#endif
