/* SPDX-License-Identifier: Apache-2.0 */
/* What all transports have in common; the contract is in transport.h. */
#include "transport/transport.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "transport/kind.h"

const struct transport_kind *const transport_kinds[] = {
	&transport_serial, &transport_usb,    &transport_tcp,  &transport_listen,
	&transport_udp,    &transport_unix,   &transport_pty,  &transport_tty,
	&transport_exec,   &transport_replay, &transport_none, NULL,
};

enum { KINDS = sizeof transport_kinds / sizeof transport_kinds[0] - 1 };

const struct conf_kinds *transport_conf_kinds(void)
{
	static struct conf_kind list[KINDS];
	static const struct conf_kinds kinds = {"port", list, KINDS};

	for (size_t i = 0; i < KINDS; i++)
		list[i] = (struct conf_kind){transport_kinds[i]->name, transport_kinds[i]->help,
					     transport_kinds[i]->schema};
	return &kinds;
}

static void describe(struct transport *t)
{
	struct buf text = {0};

	buf_add_str(&text, t->kind->name);
	if (t->kind->describe) {
		buf_add_str(&text, " ");
		t->kind->describe(t->options, &text);
	}
	t->description = xstrdup(buf_str(&text));
	buf_fini(&text);
}

struct transport *transport_new(const struct conf_node *node, struct loop *loop,
				const struct transport_events *events, void *arg,
				struct conf_errors *errors)
{
	const struct conf_kinds *kinds = transport_conf_kinds();
	void *options;
	int kind = conf_read_kind("port", kinds->list, kinds->n, node, &options, errors);
	struct transport *t;

	if (kind < 0)
		return NULL;
	t = xcalloc(1, transport_kinds[kind]->size);
	*t = (struct transport){.kind = transport_kinds[kind],
				.loop = loop,
				.events = events,
				.arg = arg,
				.options = options};
	describe(t);
	signal(SIGPIPE, SIG_IGN);
	return t;
}

void transport_free(struct transport **t)
{
	if (!*t)
		return;
	(*t)->state = TRANSPORT_CLOSED;
	(*t)->kind->close(*t);
	if ((*t)->kind->free)
		(*t)->kind->free(*t);
	conf_fini((*t)->kind->schema, (*t)->options);
	free((*t)->options);
	free((*t)->description);
	free(*t);
	*t = NULL;
}

void transport_open(struct transport *t)
{
	must(t->state == TRANSPORT_CLOSED);
	t->state = TRANSPORT_OPENING;
	t->kind->open(t);
}

void transport_close(struct transport *t)
{
	t->state = TRANSPORT_CLOSED;
	t->kind->close(t);
}

size_t transport_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return t->state == TRANSPORT_OPEN && len ? t->kind->write(t, bytes, len) : 0;
}

void transport_pause(struct transport *t, bool paused)
{
	t->kind->pause(t, paused);
}

bool transport_can_wait(const struct transport *t)
{
	return t->kind->can_wait ? t->kind->can_wait(t) : !transport_char_ns(t);
}

int64_t transport_char_ns(const struct transport *t)
{
	return t->kind->char_ns ? t->kind->char_ns(t) : 0;
}

int transport_break(struct transport *t, int64_t duration_ns)
{
	if (t->state != TRANSPORT_OPEN || !t->kind->send_break)
		return -1;
	return t->kind->send_break(t, duration_ns);
}

int transport_set_line(struct transport *t, uint32_t baud, const char *format)
{
	if (t->state != TRANSPORT_OPEN || !t->kind->set_line)
		return -1;
	return t->kind->set_line(t, baud, format);
}

const char *transport_makes(const struct transport *t)
{
	return t->kind->makes ? t->kind->makes(t->options) : NULL;
}

bool transport_runs_program(const struct transport *t)
{
	return t->kind->runs_program;
}

const char *transport_describe(const struct transport *t)
{
	return t->description;
}

/* Calls out with the text that a format and its arguments make. */
#define WITH_TEXT(call)                                                                            \
	do {                                                                                       \
		char text[1024];                                                                   \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		vsnprintf(text, sizeof text, fmt, ap);                                             \
		va_end(ap);                                                                        \
		call;                                                                              \
	} while (0)

void transport_opened(struct transport *t, const char *fmt, ...)
{
	must(t->state == TRANSPORT_OPENING);
	t->state = TRANSPORT_OPEN;
	WITH_TEXT(t->events->opened(t->arg, text));
}

void transport_waiting(struct transport *t, const char *fmt, ...)
{
	must(t->state == TRANSPORT_OPENING);
	if (t->events->waiting)
		WITH_TEXT(t->events->waiting(t->arg, text));
}

void transport_received(struct transport *t, const uint8_t *bytes, size_t len)
{
	t->events->received(t->arg, bytes, len, clock_wall_ns());
}

void transport_drained(struct transport *t)
{
	t->events->drained(t->arg);
}

static void lose(struct transport *t, const char *reason, const char *text, bool final)
{
	must(t->state != TRANSPORT_CLOSED);
	t->state = TRANSPORT_CLOSED;
	if (t->kind->hang_up)
		t->kind->hang_up(t);
	else
		t->kind->close(t);
	t->events->lost(t->arg, reason, text, final);
}

void transport_lost(struct transport *t, const char *reason, const char *fmt, ...)
{
	WITH_TEXT(lose(t, reason, text, false));
}

void transport_ended(struct transport *t, const char *reason, const char *fmt, ...)
{
	WITH_TEXT(lose(t, reason, text, true));
}

void transport_cannot(struct transport *t, const char *what, const char *path,
		      const struct transport_failure *rows, int error)
{
	while (rows->error && rows->error != error)
		rows++;
	if (rows->error)
		transport_lost(t, rows->reason, "%s %s", path, rows->text);
	else
		transport_lost(t, "failed", "cannot %s %s: %s", what, path, strerror(error));
}
