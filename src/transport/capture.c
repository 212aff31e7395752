/* SPDX-License-Identifier: Apache-2.0 */
/* Records a line; see capture.h. Whole blocks are written at once, so that a file can be continued: what a
 * full disk or a power cut left half written is cut off first. */
#include "transport/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config.h"
#include "transport/pcapng.h"

enum { GATHER = 64 << 10 };
#define FLUSH_NS (1 * NS_PER_S)

struct capture {
	char *path, *line;
	uint64_t limit, size; /* of the file: allowed, used */
	int fd;               /* -1 after it failed; opened again by the next flush */
	bool in_section;      /* since the file was opened */
	bool lossy;           /* something is missing since the last successful write */
	struct buf out;
	struct timer timer;
	struct log_limit log;
};

/* The length of the file up to the end of its last whole block; 0 if it is no recording. */
static uint64_t whole_size(int fd)
{
	uint8_t *bytes = xmalloc(PCAPNG_BLOCK_MAX);
	struct pcapng reader = {0};
	struct pcapng_packet packet;
	size_t begin = 0, end = 0;
	uint64_t whole = 0;
	ssize_t n, used;

	do {
		memmove(bytes, bytes + begin, end - begin);
		end -= begin;
		begin = 0;
		n = read(fd, bytes + end, PCAPNG_BLOCK_MAX - end);
		end += n > 0 ? (size_t)n : 0;
		while ((used = pcapng_next(&reader, bytes + begin, end - begin, &packet)) > 0) {
			begin += (size_t)used;
			whole += (uint64_t)used;
		}
	} while (n > 0 && used == 0);
	free(bytes);
	return whole;
}

/* Opens the file, at the end of what is whole in it. What is no recording is never written into. */
static int open_file(struct capture *c, struct err *err)
{
	struct stat st;

	c->fd = open(c->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (c->fd < 0)
		return err_errno(err, "cannot open the capture file %s", c->path);
	if (fstat(c->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, "the capture file %s is not a regular file", c->path);
	c->size = st.st_size ? whole_size(c->fd) : 0;
	if (st.st_size && !c->size)
		return err_set(err,
			       "%s is there already and is no recording: remove it, or choose "
			       "another path for the capture",
			       c->path);
	if (ftruncate(c->fd, (off_t)c->size) < 0 || lseek(c->fd, 0, SEEK_END) < 0)
		return err_errno(err, "cannot continue the capture file %s", c->path);
	c->in_section = false;
	return 0;
}

static void rename_full(struct capture *c)
{
	char *old = xasprintf("%s.1", c->path);

	fd_close(&c->fd);
	if (rename(c->path, old) < 0)
		log_limited(&c->log, LOG_WARNING, "cannot rename the full capture file %s: %s",
			    c->path, strerror(errno));
	free(old);
}

/* All or nothing: a part that was written is cut off again. */
static int write_blocks(struct capture *c, const struct buf *blocks)
{
	int error;

	if (fd_write_all(c->fd, buf_bytes(blocks), blocks->len) == 0) {
		c->size += blocks->len;
		return 0;
	}
	error = errno;
	if (ftruncate(c->fd, (off_t)c->size) < 0 || lseek(c->fd, 0, SEEK_END) < 0)
		fd_close(&c->fd);
	errno = error;
	return -1;
}

static int write_start(struct capture *c)
{
	struct buf start = {0};
	int result;

	if (c->in_section)
		return 0;
	pcapng_put_start(&start, PACKAGE_STRING, c->line);
	result = write_blocks(c, &start);
	c->in_section = result == 0;
	buf_fini(&start);
	return result;
}

static int write_gathered(struct capture *c, struct err *err)
{
	if (c->fd >= 0 && c->in_section && c->size + c->out.len > c->limit)
		rename_full(c);
	if (c->fd < 0 && open_file(c, err) < 0) {
		fd_close(&c->fd);
		return -1;
	}
	if (write_start(c) < 0 || write_blocks(c, &c->out) < 0)
		return err_errno(err, "cannot write the capture file %s", c->path);
	return 0;
}

void capture_flush(struct capture *c)
{
	struct err err;

	timer_clear(&c->timer);
	if (!c->out.len)
		return;
	if (write_gathered(c, &err) < 0) {
		log_limited(&c->log, LOG_WARNING, "%s; the recording has a hole", err.text);
		c->lossy = true;
	}
	buf_clear(&c->out);
}

static void flush_due(void *arg)
{
	capture_flush(arg);
}

struct capture *capture_new(struct loop *loop, const char *path, uint64_t limit, const char *line,
			    struct err *err)
{
	struct capture *c = xcalloc(1, sizeof *c);

	*c = (struct capture){.path = xstrdup(path),
			      .line = xstrdup(line),
			      .limit = limit,
			      .log = {.burst = 1, .period_ms = 60000}};
	timer_init(&c->timer, loop, flush_due, c);
	if (open_file(c, err) < 0)
		capture_free(&c);
	return c;
}

void capture_free(struct capture **c)
{
	if (!*c)
		return;
	capture_flush(*c);
	timer_fini(&(*c)->timer);
	fd_close(&(*c)->fd);
	buf_fini(&(*c)->out);
	free((*c)->path);
	free((*c)->line);
	free(*c);
	*c = NULL;
}

void capture_add(struct capture *c, enum capture_way way, const uint8_t *bytes, size_t len,
		 int64_t wall_ns)
{
	enum pcapng_event event = way == CAPTURE_SENT ? PCAPNG_SENT : PCAPNG_RECEIVED;

	if (c->lossy) {
		pcapng_put_packet(&c->out, PCAPNG_DATA_LOST, NULL, 0, wall_ns);
		c->lossy = false;
	}
	for (size_t n; len; bytes += n, len -= n) {
		n = len < PCAPNG_DATA_MAX ? len : PCAPNG_DATA_MAX;
		pcapng_put_packet(&c->out, event, bytes, n, wall_ns);
	}
	if (c->out.len >= GATHER)
		capture_flush(c);
	else if (!timer_is_set(&c->timer))
		timer_set(&c->timer, FLUSH_NS);
}
