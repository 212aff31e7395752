/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Becoming somebody with fewer rights, for good. Looking somebody up is apart from becoming him: the
 * supervisor looks once, and the process between fork and exec only makes system calls.
 */
#ifndef SANDBOX_USER_H
#define SANDBOX_USER_H

#include <sys/types.h>

#include "base/err.h"

enum { USER_GROUPS_MAX = 64, USER_NAME_SIZE = 64 };

struct user {
	char name[USER_NAME_SIZE];
	uid_t uid;
	gid_t gid;
	int n_groups;
	gid_t groups[USER_GROUPS_MAX]; /* all of them, gid included: serial ports belong to one */
};

/* 0, or -1 with err: there is no such user, or it is in more than USER_GROUPS_MAX groups. */
int user_find(const char *name, struct user *out, struct err *err);
int user_find_group(const char *name, gid_t *out, struct err *err);

/* Gives up what this process is and becomes the user: groups, gid, uid, and no way back. For a process
 * that is root; for any other that is this user already, nothing happens. */
int user_become(const struct user *user, struct err *err);

#endif
