/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a store; see dir.h. */
#include "store/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/xalloc.h"

const char dir_spare[] = "spare";

int dir_open_to_read(struct dir *dir, const char *path, struct err *err)
{
	*dir = (struct dir){.path = xstrdup(path), .lock_fd = -1};
	dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd >= 0)
		return 0;
	err_errno(err, "cannot open the directory %s", path);
	dir_close(dir);
	return -1;
}

static int lock(struct dir *dir, struct err *err)
{
	dir->lock_fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (dir->lock_fd < 0)
		return err_errno(err, "cannot write into %s", dir->path);
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err,
			       "another process uses %s: each gateway needs a directory of its own",
			       dir->path);
	return err_errno(err, "cannot lock %s/lock", dir->path);
}

int dir_open(struct dir *dir, const char *path, struct err *err)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST) {
		*dir = (struct dir){.fd = -1, .lock_fd = -1};
		return err_errno(err, "cannot make the directory %s", path);
	}
	if (dir_open_to_read(dir, path, err) < 0)
		return -1;
	if (lock(dir, err) == 0)
		return 0;
	dir_close(dir);
	return -1;
}

void dir_close(struct dir *dir)
{
	fd_close(&dir->lock_fd);
	fd_close(&dir->fd);
	free(dir->path);
	dir->path = NULL;
}

uint64_t dir_file_size(const struct dir *dir, const char *name)
{
	struct stat st;

	return fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
		       ? (uint64_t)st.st_size
		       : 0;
}

char *dir_name(uint64_t id, char out[DIR_NAME_SIZE])
{
	snprintf(out, DIR_NAME_SIZE, "%016" PRIx64 ".segment", id);
	return out;
}

/* 0: it is no segment's. */
static uint64_t id_of(const char *name)
{
	char again[DIR_NAME_SIZE];
	uint64_t id = strtoull(name, NULL, 16);

	return strcmp(dir_name(id, again), name) ? 0 : id;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void add_id(uint64_t **ids, size_t *n, uint64_t id)
{
	if ((*n & (*n - 1)) == 0) /* the room doubles */
		*ids = xreallocarray(*ids, *n ? 2 * *n : 1, sizeof **ids);
	(*ids)[(*n)++] = id;
}

int dir_list(const struct dir *dir, uint64_t **ids_out, size_t *n_out, struct err *err)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	*ids_out = NULL;
	*n_out = 0;
	if (!d) {
		err_errno(err, "cannot list %s", dir->path);
		fd_close(&fd);
		return -1;
	}
	while ((errno = 0, e = readdir(d))) {
		uint64_t id = id_of(e->d_name);

		if (id)
			add_id(ids_out, n_out, id);
	}
	if (errno) {
		err_errno(err, "cannot list %s", dir->path);
		free(*ids_out);
		*ids_out = NULL;
		closedir(d);
		return -1;
	}
	closedir(d);
	if (*n_out)
		qsort(*ids_out, *n_out, sizeof **ids_out, compare_ids);
	return 0;
}

int dir_sync(const struct dir *dir)
{
	return fsync(dir->fd);
}

int dir_rename(const struct dir *dir, const char *from, const char *to)
{
	return renameat(dir->fd, from, dir->fd, to);
}

int dir_remove(const struct dir *dir, const char *name)
{
	return unlinkat(dir->fd, name, 0) < 0 && errno != ENOENT ? -1 : 0;
}
