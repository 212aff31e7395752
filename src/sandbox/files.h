/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up the file system, for good, for this process and all that it starts (Landlock). What is open
 * already stays open, and sockets are no files. No program that is run gets more privileges either, with
 * or without Landlock.
 *
 * A build with sanitizers goes on reading (they look for symbols and leaks), one for coverage figures goes
 * on with everything: INSTRUMENTS_READ and INSTRUMENTS_WRITE in config.h.
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include <stddef.h>

#include "base/err.h"

/* From here on no file is opened for writing, made, renamed or removed, but beneath these directories.
 * Reading stays. 1 if that is so from here on, 0 if this kernel has no Landlock (the file's permissions
 * still hold), -1 with err. */
int files_write_only_beneath(const char *const *dirs, size_t n, struct err *err);

/* From here on files are opened, made, renamed and removed beneath this directory, and nowhere else, and
 * none is run. Returns the same. Threads that run already are not held to it. */
int files_only_beneath(const char *dir, struct err *err);

/* From here on no file or directory is opened at all, and none is run. Returns the same. */
int files_give_up(struct err *err);

#endif
