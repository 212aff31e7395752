/* SPDX-License-Identifier: Apache-2.0 */
/* What a child prints; see words.h. */
#include "super/words.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define LEFT_OUT "(%u lines left out)\n"

enum { LINES_A_SECOND = 1000, READ_SIZE = 4096, READS_A_TURN = 4, DRAIN_READS = 32 };

/* Lines of several processes do not mix: a line is one write. It is lost rather than waited for. */
static bool put_line(const char *line, size_t len)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, len) >= 0;
}

static void show(struct words *words, const char *text)
{
	char line[PIPE_BUF]; /* as much as a pipe that polls writable takes without blocking */
	size_t len = 0;
	int64_t now = clock_mono_ns();

	if (now - words->second_ns >= NS_PER_S) {
		words->second_ns = now;
		words->in_second = 0;
	}
	if (words->in_second == LINES_A_SECOND) {
		words->left_out++;
		return;
	}
	if (words->left_out)
		len = (size_t)sprintf(line, LEFT_OUT, words->left_out);
	for (const unsigned char *p = (const unsigned char *)text; *p && len + 8 < sizeof line;
	     p++) {
		if (*p >= 0x20 && *p != 0x7f)
			line[len++] = (char)*p;
		else
			len += (size_t)sprintf(line + len, "\\x%02x", *p);
	}
	line[len++] = '\n';
	words->in_second++;
	if (put_line(line, len))
		words->left_out = 0;
	else
		words->left_out++;
}

static void end_line(struct words *words)
{
	words->line[words->len] = '\0';
	if (words->len && words->line[words->len - 1] == '\r')
		words->line[words->len - 1] = '\0';
	words->len = 0;
	if (!words->line[0])
		return;
	strcpy(words->last, words->line);
	show(words, words->line);
}

static void take(struct words *words, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || words->len == WORDS_LINE_MAX)
			end_line(words);
		if (bytes[i] != '\n')
			words->line[words->len++] = bytes[i] ? bytes[i] : '?';
	}
}

/* Reads at most so many times; false when there is nothing more to come. */
static bool take_some(struct words *words, int reads)
{
	while (reads-- > 0) {
		char bytes[READ_SIZE];
		ssize_t n = read(words->fd, bytes, sizeof bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		take(words, bytes, (size_t)n);
	}
	return true;
}

static void readable(void *arg, unsigned events)
{
	struct words *words = arg;

	(void)events;
	if (!take_some(words, READS_A_TURN))
		io_want(&words->io, 0);
}

void words_init(struct words *words, struct loop *loop, int fd)
{
	*words = (struct words){.fd = fd};
	io_init(&words->io, loop, fd, readable, words);
	io_want(&words->io, IO_READ);
}

void words_drain(struct words *words)
{
	take_some(words, DRAIN_READS);
	end_line(words);
	if (words->left_out) {
		char line[64];

		put_line(line, (size_t)sprintf(line, LEFT_OUT, words->left_out));
	}
}

void words_fini(struct words *words)
{
	io_fini(&words->io);
	fd_close(&words->fd);
}
