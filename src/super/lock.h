/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of the run directory: RUN/lock, locked with flock(2). The lock belongs to the open file, and
 * every child inherits it; so it lasts until the last of them has ended, and no second supervisor starts
 * beside the children of one that died.
 */
#ifndef SUPER_LOCK_H
#define SUPER_LOCK_H

#include "base/err.h"

/* Makes the directory if it is missing (0755), takes the lock and writes our process id into it. The
 * descriptor, to be kept and handed on; -1 with err, which names who has the lock. */
int lock_take(const char *run_dir, struct err *err);

#endif
