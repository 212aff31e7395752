/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as a line: what it prints is received, what is written goes to its standard input. Its
 * standard error is its log, and goes into ours, line by line and not too many.
 *
 *	open -> running -> (its output ends, it exits: in either order) -> lost, with how it ended
 *
 * All that it printed is received before its end is told.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/child.h"
#include "transport/kind.h"
#include "transport/stream.h"

struct exec_options {
	struct conf_texts argv;
	char *directory;
	bool restart;
};

enum { WORDS_MAX = 64, LINE_MAX_LEN = 512 };

struct exec {
	struct transport t;
	struct stream stream;
	struct child child;
	struct timer timer; /* from one of the two ends to the other */
	bool output_ended;
	char how[80]; /* it exited; "" while it runs */
	/* Its standard error. */
	int fd_err;
	struct io io_err;
	char line[LINE_MAX_LEN];
	size_t line_len;
	struct log_limit limit;
};

static const char *name_of(const struct exec *e)
{
	return ((const struct exec_options *)e->t.options)->argv.list[0];
}

static void log_line(struct exec *e)
{
	if (e->line_len && e->line[e->line_len - 1] == '\r')
		e->line_len--;
	if (e->line_len)
		log_limited(&e->limit, LOG_WARNING, "%s: %.*s", name_of(e), (int)e->line_len,
			    e->line);
	e->line_len = 0;
}

static void log_bytes(struct exec *e, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || e->line_len == sizeof e->line)
			log_line(e);
		if (bytes[i] != '\n')
			e->line[e->line_len++] = bytes[i];
	}
}

static void stop_log(struct exec *e)
{
	log_line(e);
	io_fini(&e->io_err);
	fd_close(&e->fd_err);
}

static void err_readable(void *arg, unsigned events)
{
	struct exec *e = arg;
	char bytes[4096];
	ssize_t n = read(e->fd_err, bytes, sizeof bytes);

	(void)events;
	if (n > 0)
		log_bytes(e, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		stop_log(e);
}

static void lose(struct exec *e)
{
	const struct exec_options *o = e->t.options;
	const char *how = e->how[0] ? e->how : "has closed its output and goes on running";

	/* The last words first. */
	if (e->fd_err >= 0)
		err_readable(e, IO_READ);
	if (o->restart)
		transport_lost(&e->t, "ended", "%s %s", name_of(e), how);
	else
		transport_ended(&e->t, "ended", "%s %s", name_of(e), how);
}

static void waited_enough(void *arg)
{
	lose(arg);
}

/* One of the two ends came; the other one is given a second. */
static void check_ends(struct exec *e)
{
	if (e->output_ended && e->how[0])
		lose(e);
	else
		timer_set(&e->timer, NS_PER_S);
}

static void exited(void *arg, const char *how)
{
	struct exec *e = arg;

	snprintf(e->how, sizeof e->how, "%s", how);
	check_ends(e);
}

/* Also when it has closed its input: a program that only prints may do so, and a write to it is lost. */
static void ended(struct transport *t, int error)
{
	struct exec *e = (struct exec *)t;

	if (error == EPIPE) {
		log_limited(&e->limit, LOG_WARNING,
			    "%s does not read its input: what was written is lost", name_of(e));
		e->stream.error = 0;
		buf_clear(&e->stream.queue);
		transport_drained(t);
		return;
	}
	io_want(&e->stream.in, 0);
	e->output_ended = true;
	check_ends(e);
}

static const struct stream_ops stream_ops = {.ended = ended};

static void fail(struct exec *e, int error, const char *text)
{
	if (error == ENOENT)
		transport_lost(&e->t, "no such program",
			       "%s: is it installed, and is the path right?", text);
	else if (error == EACCES)
		transport_lost(&e->t, "no permission", "%s: may this user execute it?", text);
	else
		transport_lost(&e->t, "failed", "%s", text);
}

static void exec_open(struct transport *t)
{
	struct exec *e = (struct exec *)t;
	const struct exec_options *o = t->options;
	char *argv[WORDS_MAX + 1] = {0};
	struct err err;
	int fds[3];

	child_kill(&e->child); /* the last one, should it still be about to end */
	for (size_t i = 0; i < o->argv.n; i++)
		argv[i] = o->argv.list[i];
	e->output_ended = false;
	e->how[0] = '\0';
	e->limit = (struct log_limit){.burst = 10, .period_ms = 10000};
	if (child_start(&e->child, t->loop, argv, o->directory, fds, exited, e, &err) < 0) {
		fail(e, errno, err.text);
		return;
	}
	timer_init(&e->timer, t->loop, waited_enough, e);
	e->fd_err = fds[2];
	fd_set_nonblocking(e->fd_err, true);
	io_init(&e->io_err, t->loop, e->fd_err, err_readable, e);
	io_want(&e->io_err, IO_READ);
	stream_open(&e->stream, t, fds[1], fds[0], &stream_ops);
	transport_opened(t, "%s (process %d)", argv[0], (int)e->child.pid);
}

static void exec_close(struct transport *t)
{
	struct exec *e = (struct exec *)t;

	if (stream_is_open(&e->stream)) {
		stream_close(&e->stream);
		stop_log(e);
		timer_fini(&e->timer);
		child_stop(&e->child);
	}
}

static void exec_free(struct transport *t)
{
	child_kill(&((struct exec *)t)->child);
}

static size_t exec_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct exec *)t)->stream, bytes, len);
}

static void exec_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct exec *)t)->stream, paused);
}

static void describe(const void *options, struct buf *out)
{
	const struct exec_options *o = options;

	for (size_t i = 0; i < o->argv.n; i++)
		buf_addf(out, "%s%s", i ? " " : "", o->argv.list[i]);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct exec_options *o = object;
	const struct conf_node *argv = conf_get(node, "exec");

	if (argv && o->argv.n == 0)
		conf_error(errors, argv,
			   "no program; expected a list: [/usr/bin/rtl_433, -F, json]");
	else if (argv && o->argv.n > WORDS_MAX)
		conf_error(errors, argv, "more than %d words", WORDS_MAX);
	else if (argv && argv->kind == CONF_SCALAR && strchr(o->argv.list[0], ' '))
		conf_error(errors, argv,
			   "there is no shell that splits this; expected a list: [%.*s, ...]",
			   (int)strcspn(o->argv.list[0], " "), o->argv.list[0]);
}

static const struct conf_row rows[] = {
	{.key = "exec",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct exec_options, argv),
	 .flags = CONF_REQUIRED,
	 .help = "the program and its arguments, a list; no shell is in between"},
	{.key = "directory",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct exec_options, directory),
	 .help = "where it runs"},
	{.key = "restart",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct exec_options, restart),
	 .fallback = "true",
	 .help = "start it again when it has ended, as the channel's retry says"},
	{0},
};

static const struct conf_schema schema = {.name = "program",
					  .rows = rows,
					  .size = sizeof(struct exec_options),
					  .check = check};

const struct transport_kind transport_exec = {
	.name = "exec",
	.help = "a program, by its standard input and output",
	.schema = &schema,
	.size = sizeof(struct exec),
	.describe = describe,
	.open = exec_open,
	.close = exec_close,
	.free = exec_free,
	.write = exec_write,
	.pause = exec_pause,
	.runs_program = true,
};
