/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of what is kept; see store_dir.h. */
#include "super/store_dir.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1 if it was made, 0 if it was there. */
static int make(const char *dir, mode_t mode, struct err *err)
{
	if (mkdir(dir, mode) == 0)
		return 1;
	return errno == EEXIST
		       ? 0
		       : err_errno(
				 err,
				 "cannot make the directory %s (another one: --data-dir, paths.data)",
				 dir);
}

int store_dir_make(const char *data_dir, const char *store_dir, const struct user *user,
		   struct err *err)
{
	int made;

	if (make(data_dir, 0755, err) < 0)
		return -1;
	made = make(store_dir, 0750, err);
	if (made < 0)
		return -1;
	/* Of one that is there we say nothing: whoever put it there decides whose it is. */
	if (made && user && lchown(store_dir, user->uid, user->gid) < 0)
		return err_errno(err, "cannot give %s to user %s", store_dir, user->name);
	return 0;
}
