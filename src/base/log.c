/* SPDX-License-Identifier: Apache-2.0 */
/* The log; its form is in log.h. A line is put together first and written with one write(2), so that
 * lines of several processes do not mix. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_SIZE = 2048 };

static const struct {
	const char *name;
	int journal; /* syslog's number */
} levels[] = {
	[LOG_ERROR] = {"error: ", 3},
	[LOG_WARNING] = {"warning: ", 4},
	[LOG_INFO] = {"", 6},
	[LOG_DEBUG] = {"debug: ", 7},
};

static char who[160] = "dragoman";
static enum log_level max_level = LOG_INFO;
static bool in_journal;
static int second_fd = -1;

void log_init(const char *role, const char *name, enum log_level level)
{
	snprintf(who, sizeof who, name ? "%s %s" : "%s", role, name);
	in_journal = getenv("JOURNAL_STREAM") != NULL;
	max_level = level;
}

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_second(int fd)
{
	second_fd = fd;
}

/* Copies text, control characters made visible; returns the new end. */
static size_t put_text(char *line, size_t at, const char *text)
{
	for (; *text && at + 6 < LINE_SIZE; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f)
			line[at++] = (char)c;
		else
			at += (size_t)snprintf(line + at, LINE_SIZE - at, "\\x%02x", c);
	}
	return at;
}

static void emit(enum log_level level, const char *text, uint32_t left_out)
{
	char line[LINE_SIZE], time[CLOCK_TEXT_SIZE];
	size_t at;

	if (in_journal)
		at = (size_t)snprintf(line, sizeof line, "<%d>%s: ", levels[level].journal, who);
	else
		at = (size_t)snprintf(line, sizeof line, "%s %s: %s",
				      clock_text(clock_wall_ns(), 3, time), who,
				      levels[level].name);
	at = put_text(line, at, text);
	if (left_out && at + 40 < sizeof line)
		at += (size_t)snprintf(line + at, sizeof line - at, " (%u like this left out)",
				       left_out);
	line[at++] = '\n';
	if (write(STDERR_FILENO, line, at) < 0 &&
	    (errno != EPIPE || second_fd < 0 || write(second_fd, line, at) < 0))
		return; /* there is nobody to tell */
}

static void vlog(enum log_level level, uint32_t left_out, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void vlog(enum log_level level, uint32_t left_out, const char *fmt, va_list ap)
{
	char text[LINE_SIZE];

	if (level > max_level)
		return;
	vsnprintf(text, sizeof text, fmt, ap);
	emit(level, text, left_out);
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		vlog(level, 0, fmt, ap);                                                           \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

void fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_ERROR, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

void log_limited(struct log_limit *limit, enum log_level level, const char *fmt, ...)
{
	int64_t now = clock_mono_ns();
	uint32_t left_out = 0;
	va_list ap;

	if (level > max_level)
		return;
	if (!limit->since_ns || now - limit->since_ns >= limit->period_ms * NS_PER_MS) {
		left_out = limit->left_out;
		limit->since_ns = now;
		limit->used = limit->left_out = 0;
	}
	if (limit->used == limit->burst) {
		limit->left_out++;
		return;
	}
	limit->used++;
	va_start(ap, fmt);
	vlog(level, left_out, fmt, ap);
	va_end(ap);
}
