/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up the file system, for good, for this process and all that it starts (Landlock). */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include <stddef.h>

#include "base/err.h"

/* From here on no file is opened for writing, made, renamed or removed, but beneath these directories.
 * Reading stays, and so does what is open already. 1 if that is so from here on, 0 if this kernel has no
 * Landlock (the file's permissions still hold), -1 with err. */
int files_write_only_beneath(const char *const *dirs, size_t n, struct err *err);

#endif
