/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a process, lets one of its allocations fail: the file that ALLOC_SHIM names holds a number (8
 * bytes, of this machine), and counts down to the one. 0: none fails. The test may set it at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static int64_t *left;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("ALLOC_SHIM");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		left = map;
}

static int fails(void)
{
	if (!left || __atomic_load_n(left, __ATOMIC_RELAXED) <= 0 ||
	    __atomic_sub_fetch(left, 1, __ATOMIC_RELAXED) != 0)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
