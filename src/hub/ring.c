/* SPDX-License-Identifier: Apache-2.0 */
/* Memory mapped twice; see ring.h. */
#include "hub/ring.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

static size_t round_up(size_t size)
{
	size_t pow = (size_t)sysconf(_SC_PAGESIZE);

	while (pow < size)
		pow *= 2;
	return pow;
}

static bool map_at(uint8_t *where, size_t size, int fd)
{
	return mmap(where, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == where;
}

static int map_twice(struct ring *ring, int fd)
{
	void *both = mmap(NULL, 2 * ring->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (both == MAP_FAILED)
		return -1;
	ring->base = both;
	if (map_at(ring->base, ring->size, fd) && map_at(ring->base + ring->size, ring->size, fd))
		return 0;
	ring_fini(ring);
	return -1;
}

int ring_init(struct ring *ring, size_t size, struct err *err)
{
	int fd = memfd_create("dragoman-log", MFD_CLOEXEC), result = -1;

	*ring = (struct ring){.size = round_up(size)};
	if (fd >= 0 && ftruncate(fd, (off_t)ring->size) == 0)
		result = map_twice(ring, fd);
	if (result < 0)
		err_errno(err, "cannot map %zu bytes of memory for the log", ring->size);
	fd_close(&fd);
	return result;
}

void ring_fini(struct ring *ring)
{
	if (ring->base)
		munmap(ring->base, 2 * ring->size);
	*ring = (struct ring){0};
}
