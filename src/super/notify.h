/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager that set NOTIFY_SOCKET is told (sd_notify(3), by hand: it is one datagram). Does
 * nothing where there is none.
 */
#ifndef SUPER_NOTIFY_H
#define SUPER_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=…"; several are separated by newlines. */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* RELOADING=1 with the time that it wants beside it. */
void notify_reloading(void);

/* How often WATCHDOG=1 is to be said (half of what the manager demands of this process), 0: never. */
int64_t notify_watchdog_ns(void);

#endif
