/* SPDX-License-Identifier: Apache-2.0 */
/* Merge keys and doubles; for load.c. */
#ifndef CONF_MERGE_H
#define CONF_MERGE_H

#include "conf/conf.h"

/* Puts the children of what stands behind "<<" in its place, where the map has no such keys itself, and
 * tells of keys that stand twice. What is merged must be copies that belong to this map alone. */
void merge_keys(struct conf_node *map, struct conf_errors *errors);

#endif
