/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles that profile_frame runs, in the order in which the first byte of its input picks them. */
#ifndef FUZZ_LIBRARY_H
#define FUZZ_LIBRARY_H

#include <stddef.h>

#include "conf/conf.h"

enum { LIBRARY_MAX = 256 };

/* Two that have every kind of part, type and time, and of what can be said to a device, and the shipped ones
 * by name. The trees are the caller's. Returns how many. */
size_t library_load(struct conf_node *roots[LIBRARY_MAX]);

#endif
