/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wall clock that can be set from outside while a program runs, and nothing but the wall clock: loaded in front of
 * the C library (LD_PRELOAD). The file that CLOCK_SHIM names has the seconds to be added, in its first bytes; it is
 * opened once, since the program may give up opening files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("CLOCK_SHIM");

	if (path)
		file = open(path, O_RDONLY | O_CLOEXEC);
}

static time_t ahead_s(void)
{
	char text[32] = "";
	int error = errno;
	ssize_t n = pread(file, text, sizeof text - 1, 0);

	errno = error;
	return n > 0 ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out);

int clock_gettime(clockid_t id, struct timespec *out)
{
	if (syscall(SYS_clock_gettime, id, out) < 0)
		return -1;
	if (id == CLOCK_REALTIME)
		out->tv_sec += ahead_s();
	return 0;
}
