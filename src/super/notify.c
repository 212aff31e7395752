/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager is told; see notify.h. */
#include "super/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static void send_to(const char *path, const char *text, size_t len)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t path_len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || path_len >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, path_len);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	connect(fd, (const struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len));
	/* What goes wrong here cannot be told to anybody who could help. */
	send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	fd_close(&fd);
}

void notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char text[512];
	va_list ap;
	int len;

	if (!path)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (len > 0)
		send_to(path, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void notify_reloading(void)
{
	notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_mono_ns() / 1000));
}

int64_t notify_watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long us = usec ? atoll(usec) : 0;

	if (us <= 0 || (pid && atoi(pid) != getpid()))
		return 0;
	return us * 1000 / 2;
}
