/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of the run directory; see lock.h. */
#include "super/lock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/xalloc.h"

/* Whether the process has that file open. */
static bool has_open(const char *pid, const struct stat *file)
{
	char path[300];
	struct dirent *e;
	struct stat st;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (e = readdir(dir)))
		found = !fstatat(dirfd(dir), e->d_name, &st, 0) && st.st_dev == file->st_dev &&
			st.st_ino == file->st_ino;
	if (dir)
		closedir(dir);
	return found;
}

/* A process that has the lock's file open, 0 if none can be seen. Only for the text of the refusal. */
static int find_holder(int fd)
{
	struct stat st;
	struct dirent *e;
	int holder = 0;
	DIR *proc = opendir("/proc");

	if (fstat(fd, &st) < 0)
		st.st_ino = 0;
	while (proc && !holder && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid() &&
		    has_open(e->d_name, &st))
			holder = atoi(e->d_name);
	if (proc)
		closedir(proc);
	return holder;
}

static int refuse(int fd, const char *run_dir, struct err *err)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	int pid = n > 0 ? atoi(text) : 0, holder;

	if (pid > 0 && (kill(pid, 0) == 0 || errno == EPERM))
		return err_set(err, "%s is in use by another dragomand, process %d", run_dir, pid);
	holder = find_holder(fd);
	return err_set(
		err,
		"%s is in use by process %d, a child of a dragomand (process %d) that is gone; it "
		"ends by itself within 2 s, or else kill it",
		run_dir, holder, pid);
}

static int write_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%d\n", (int)getpid());

	return ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len ? -1 : 0;
}

int lock_take(const char *run_dir, struct err *err)
{
	char *path = xasprintf("%s/lock", run_dir);
	int fd;

	if (mkdir(run_dir, 0755) < 0 && errno != EEXIST) {
		err_errno(err,
			  "cannot make the run directory %s (another one: --run-dir, paths.run)",
			  run_dir);
		free(path);
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		err_errno(err, "%s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			refuse(fd, run_dir, err);
		else
			err_errno(err, "%s", path);
		fd_close(&fd);
	} else if (write_pid(fd) < 0) {
		err_errno(err, "%s", path);
		fd_close(&fd);
	}
	free(path);
	return fd;
}
