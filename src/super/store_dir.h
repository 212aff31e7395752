/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of what is kept: data_dir, and in it the hub's own for the stream. */
#ifndef SUPER_STORE_DIR_H
#define SUPER_STORE_DIR_H

#include "base/err.h"
#include "sandbox/user.h"

/* Makes what is not there; store_dir is in data_dir, and the user's (NULL: ours) if it is made here. */
int store_dir_make(const char *data_dir, const char *store_dir, const struct user *user,
		   struct err *err);

#endif
