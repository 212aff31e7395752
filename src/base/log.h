/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log, for the person at 3 a.m.: one line an event, on stderr, with the role and the channel:
 *
 *	2026-11-22T10:00:00.000Z channel scale-line: warning: /dev/ttyUSB0 is gone (unplugged); trying again
 *
 * Under a supervisor that has its own journal (JOURNAL_STREAM is set) the time is left out and the
 * level is given as <N>. Control characters in a text are shown as \xNN: a device cannot forge a line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* role is "supervisor", "channel", "hub" ...; name is the channel's, or NULL. Both are copied. */
void log_init(const char *role, const char *name, enum log_level level);
void log_set_level(enum log_level level);
/* Where lines go when whoever read stderr is gone (EPIPE): a descriptor that stays the caller's. */
void log_set_second(int fd);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the error and ends the process with status 1. For main.c only. */
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Keeps noise down: at most burst lines in each period; the next line that passes says how many
 * were left out. Static storage, set up by hand: {.burst = 5, .period_ms = 10000}. */
struct log_limit {
	uint32_t burst;
	uint32_t period_ms;
	/* the rest is log.c's */
	uint32_t used;
	uint32_t left_out;
	int64_t since_ns;
};
void log_limited(struct log_limit *limit, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
