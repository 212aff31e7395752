/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for a few calls of the C library; see serial_shim.h. */
#include "serial_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct serial_shim serial_shim;

int __lxstat(int version, const char *path, struct stat *st);

/* The C library's own function of that name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char ENTRY[] = "/sys/class/tty/pts";

static bool is_entry(const char *path)
{
	return !strncmp(path, ENTRY, sizeof ENTRY - 1);
}

static bool is_pty(int fd)
{
	char path[64];

	return ttyname_r(fd, path, sizeof path) == 0 && !strncmp(path, "/dev/pts/", 9);
}

int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	if (!is_entry(path))
		return lstat(path, st);
	*st = (struct stat){.st_mode = S_IFLNK | 0777};
	return 0;
}

ssize_t readlink(const char *restrict path, char *restrict out, size_t size)
{
	static const char target[] = "../../devices/pnp0/00:00/tty/ttyS7";

	if (!is_entry(path))
		return REAL(readlink)(path, out, size);
	memcpy(out, target, sizeof target - 1 < size ? sizeof target - 1 : size);
	return sizeof target - 1;
}

ssize_t read(int fd, void *bytes, size_t size)
{
	ssize_t n = REAL(read)(fd, bytes, size);

	return n < 0 && errno == EIO && serial_shim.is_gone ? 0 : n;
}

static int serial_struct(unsigned long request, struct serial_struct *info)
{
	if (request == TIOCGSERIAL)
		*info = (struct serial_struct){0};
	else
		serial_shim.is_low_latency = (info->flags & ASYNC_LOW_LATENCY) != 0;
	return 0;
}

static int shift_register(unsigned *out)
{
	*out = serial_shim.still_sending > 0 ? 0 : TIOCSER_TEMT;
	serial_shim.still_sending--;
	return 0;
}

static int input_waiting(int fd, int *out)
{
	serial_shim.questions++;
	if (!serial_shim.is_gone)
		return REAL(ioctl)(fd, TIOCINQ, out);
	errno = EIO;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	switch (request) {
	case TIOCMGET: *(int *)arg = serial_shim.lines; return 0;
	case TIOCMSET: serial_shim.lines = *(int *)arg; return 0;
	case TIOCMBIS: serial_shim.lines |= *(int *)arg; return 0;
	case TIOCMBIC: serial_shim.lines &= ~*(int *)arg; return 0;
	case TIOCSBRK:
		serial_shim.breaks++;
		serial_shim.in_break = true;
		return 0;
	case TIOCCBRK: serial_shim.in_break = false; return 0;
	case TIOCEXCL: serial_shim.exclusive++; break;
	case TIOCINQ: return input_waiting(fd, arg);
	case TIOCGSERIAL:
	case TIOCSSERIAL: return serial_struct(request, arg);
	case TIOCSERGETLSR: return shift_register(arg);
	}
	return REAL(ioctl)(fd, request, arg);
}

/* The C library looks whether 7 bits and parity were kept, which a pty does not: it gets 8N1. */
int tcsetattr(int fd, int when, const struct termios *tio)
{
	struct termios plain = *tio;

	if (is_pty(fd) && !serial_shim.is_stubborn)
		serial_shim.set = *tio;
	plain.c_cflag = (plain.c_cflag & ~(tcflag_t)(CSIZE | PARENB | PARODD | CMSPAR)) | CS8;
	return REAL(tcsetattr)(fd, when, &plain);
}

/* A pty drops the size of a character and its parity; a UART keeps them. */
int tcgetattr(int fd, struct termios *tio)
{
	const tcflag_t kept = CSIZE | PARENB | PARODD | CMSPAR | CSTOPB | CRTSCTS;
	int result = REAL(tcgetattr)(fd, tio);

	if (result == 0 && serial_shim.set.c_cflag)
		tio->c_cflag = (tio->c_cflag & ~kept) | (serial_shim.set.c_cflag & kept);
	return result;
}
