/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: has the configuration checked, makes of the plan what runs, and does so again when told.
 * It carries no data and reads nothing of a device or a client.
 */
#ifndef SUPER_SUPER_H
#define SUPER_SUPER_H

#include "ev/loop.h"
#include "super/options.h"

struct super;

struct super *super_new(struct loop *loop, const struct super_options *options);
/* Until SIGTERM or SIGINT, or until the start has failed. The status to exit with. */
int super_run(struct super *super);
void super_free(struct super **super);

#endif
