/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up the file system; see files.h. The library has no wrappers for the three system calls. */
#include "sandbox/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "config.h"

/* Since version 3 of the interface; younger than some headers. */
#define ACCESS_TRUNCATE (1ULL << 14)

static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
				LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

static const uint64_t reading =
	LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;

/* The part of it that this kernel can forbid, and that the build can do without. */
static uint64_t find_accesses(uint64_t wanted)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 1)
		return 0;
	if (INSTRUMENTS_READ)
		wanted &= ~reading;
	if (INSTRUMENTS_WRITE)
		wanted &= ~writing;
	return version >= 3 && wanted & writing ? wanted | ACCESS_TRUNCATE : wanted;
}

static int allow_beneath(int rules, const char *dir, uint64_t accesses, struct err *err)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = accesses};
	int fd = open(dir, O_PATH | O_CLOEXEC), failed;

	if (fd < 0)
		return err_errno(err, "%s", dir);
	rule.parent_fd = fd;
	failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0;
	if (failed)
		err_errno(err, "%s", dir);
	fd_close(&fd);
	return failed ? -1 : 0;
}

static int enforce(int rules, const char *const *dirs, size_t n, uint64_t accesses, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (allow_beneath(rules, dirs[i], accesses, err) < 0)
			return -1;
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return err_errno(err, "cannot give up the file system");
	return 1;
}

/* Forbids what is wanted, but beneath these directories what is excepted. */
static int forbid(uint64_t wanted, uint64_t excepted, const char *const *dirs, size_t n,
		  struct err *err)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = find_accesses(wanted)};
	int rules, result;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot give up new privileges");
	if (!attr.handled_access_fs)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (rules < 0)
		return err_errno(err, "cannot give up the file system");
	result = enforce(rules, dirs, n, attr.handled_access_fs & excepted, err);
	fd_close(&rules);
	return result;
}

int files_write_only_beneath(const char *const *dirs, size_t n, struct err *err)
{
	return forbid(writing, writing | ACCESS_TRUNCATE, dirs, n, err);
}

int files_only_beneath(const char *dir, struct err *err)
{
	return forbid(reading | writing, ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE, &dir, 1, err);
}

int files_give_up(struct err *err)
{
	return forbid(reading | writing, 0, NULL, 0, err);
}
