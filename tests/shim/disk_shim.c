/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the calls that change files; see disk_shim.h. */
#include "disk_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct disk_shim disk_shim;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The C library's own function of that name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void disk_shim_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void disk_shim_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

static int before(const struct disk_call *call)
{
	disk_shim_lock();
	return disk_shim.before ? disk_shim.before(disk_shim.arg, call) : DISK_GO_ON;
}

static ssize_t after(const struct disk_call *call, int verdict, ssize_t result)
{
	int error = verdict > 0 ? verdict : errno;

	if (verdict > 0)
		result = -1;
	if (disk_shim.after && verdict <= 0)
		disk_shim.after(disk_shim.arg, call, result);
	disk_shim_unlock();
	errno = error;
	return result;
}

int openat(int fd, const char *name, int flags, ...)
{
	const struct disk_call call = {.kind = DISK_OPEN, .fd = fd, .name = name, .flags = flags};
	int verdict;
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	verdict = before(&call);
	return (int)after(&call, verdict, verdict ? 0 : REAL(openat)(fd, name, flags, mode));
}

ssize_t pread(int fd, void *bytes, size_t len, off_t at)
{
	const struct disk_call call = {.kind = DISK_READ, .fd = fd, .at = (uint64_t)at, .len = len};
	int verdict = before(&call);

	return after(&call, verdict, verdict ? 0 : REAL(pread)(fd, bytes, len, at));
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	const struct disk_call call = {
		.kind = DISK_WRITE, .fd = fd, .at = (uint64_t)at, .iov = iov, .n_iov = n};
	int verdict = before(&call);

	return after(&call, verdict, verdict ? 0 : REAL(pwritev)(fd, iov, n, at));
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	const struct iovec iov = {(void *)(uintptr_t)bytes, len};
	const struct disk_call call = {
		.kind = DISK_WRITE, .fd = fd, .at = (uint64_t)at, .iov = &iov, .n_iov = 1};
	int verdict = before(&call);

	return after(&call, verdict, verdict ? 0 : REAL(pwrite)(fd, bytes, len, at));
}

int fdatasync(int fd)
{
	const struct disk_call call = {.kind = DISK_SYNC, .fd = fd};
	int verdict = before(&call);

	return (int)after(&call, verdict, verdict ? 0 : REAL(fdatasync)(fd));
}

int fsync(int fd)
{
	const struct disk_call call = {.kind = DISK_SYNC, .fd = fd};
	int verdict = before(&call);

	return (int)after(&call, verdict, verdict ? 0 : REAL(fsync)(fd));
}

int renameat(int fd, const char *name, int to_fd, const char *to)
{
	const struct disk_call call = {.kind = DISK_RENAME, .fd = fd, .name = name, .to = to};
	int verdict = before(&call);

	return (int)after(&call, verdict, verdict ? 0 : REAL(renameat)(fd, name, to_fd, to));
}

int unlinkat(int fd, const char *name, int flags)
{
	const struct disk_call call = {.kind = DISK_REMOVE, .fd = fd, .name = name};
	int verdict = before(&call);

	return (int)after(&call, verdict, verdict ? 0 : REAL(unlinkat)(fd, name, flags));
}
