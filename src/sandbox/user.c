/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming somebody with fewer rights; see user.h. */
#include "sandbox/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int user_find(const char *name, struct user *out, struct err *err)
{
	struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (!pw && errno && errno != ENOENT)
		return err_errno(err, "user \"%s\"", name);
	if (!pw)
		return err_set(err, "there is no user \"%s\"", name);
	*out = (struct user){.uid = pw->pw_uid, .gid = pw->pw_gid, .n_groups = USER_GROUPS_MAX};
	if (snprintf(out->name, sizeof out->name, "%s", name) >= (int)sizeof out->name)
		return err_set(err, "the name of user \"%s\" is too long", name);
	if (getgrouplist(name, pw->pw_gid, out->groups, &out->n_groups) < 0)
		return err_set(err, "user \"%s\" is in more than %d groups", name, USER_GROUPS_MAX);
	return 0;
}

int user_find_group(const char *name, gid_t *out, struct err *err)
{
	struct group *gr;

	errno = 0;
	gr = getgrnam(name);
	if (!gr && errno && errno != ENOENT)
		return err_errno(err, "group \"%s\"", name);
	if (!gr)
		return err_set(err, "there is no group \"%s\"", name);
	*out = gr->gr_gid;
	return 0;
}

static int is_already(const struct user *user)
{
	uid_t real, effective, saved;

	return !getresuid(&real, &effective, &saved) && real == user->uid &&
	       effective == user->uid && saved == user->uid && geteuid() != 0;
}

int user_become(const struct user *user, struct err *err)
{
	if (is_already(user))
		return 0;
	if (setgroups((size_t)user->n_groups, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return err_errno(err, "cannot become user \"%s\"", user->name);
	/* A kernel or a container that only pretended would leave this way open. */
	if (user->uid != 0 && setuid(0) == 0)
		return err_set(err, "user \"%s\" can become root again", user->name);
	return 0;
}
