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
	&transport_tcp,  &transport_unix,   &transport_pty,  &transport_tty,
	&transport_exec, &transport_replay, &transport_none, NULL,
};

enum { KINDS = sizeof transport_kinds / sizeof transport_kinds[0] - 1 };

static const struct transport_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!strcmp(transport_kinds[i]->name, name))
			return transport_kinds[i];
	return NULL;
}

/* Says that none of the kinds is named, and which there are; word is what may have been meant for one. */
static void no_kind(const struct conf_node *node, const char *word, struct conf_errors *errors)
{
	const char *names[KINDS], *nearest = NULL;
	struct buf list = {0};

	for (size_t i = 0; i < KINDS; i++) {
		names[i] = transport_kinds[i]->name;
		buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	if (word)
		nearest = conf_nearest(word, names, KINDS);
	if (nearest)
		conf_error(errors, node, "'%s' is no kind of port; did you mean '%s'?", word,
			   nearest);
	else
		conf_error(errors, node, "no kind of port is named; expected one of the keys %s",
			   buf_str(&list));
	buf_fini(&list);
}

/* The kind that one key of the map names, or NULL with an error. */
static const struct transport_kind *kind_of_map(const struct conf_node *map,
						struct conf_errors *errors)
{
	const struct transport_kind *found = NULL;

	for (const struct conf_node *child = map->first; child; child = child->next) {
		const struct transport_kind *kind = find_kind(child->key);

		if (kind && found) {
			conf_error_key(errors, child, "this port is of kind '%s' already",
				       found->name);
			return NULL;
		}
		if (kind)
			found = kind;
	}
	if (!found)
		no_kind(map, map->first ? map->first->key : NULL, errors);
	return found;
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

static struct transport *new_of_kind(const struct transport_kind *kind, const struct conf_node *map,
				     struct conf_errors *errors)
{
	struct transport *t;
	void *options = xcalloc(1, kind->schema->size);

	if (conf_read(kind->schema, map, options, errors) < 0) {
		conf_fini(kind->schema, options);
		free(options);
		return NULL;
	}
	t = xcalloc(1, kind->size);
	*t = (struct transport){.kind = kind, .options = options};
	describe(t);
	return t;
}

/* "none": as the map of it with all fallbacks. */
static struct transport *new_by_name(const struct conf_node *scalar, struct conf_errors *errors)
{
	const struct transport_kind *kind = find_kind(scalar->text);
	struct conf_node *map;
	struct transport *t;

	if (!kind) {
		no_kind(scalar, scalar->text, errors);
		return NULL;
	}
	map = conf_new_map(scalar->file);
	map->line = scalar->line;
	map->column = scalar->column;
	t = new_of_kind(kind, map, errors);
	conf_free(&map);
	return t;
}

struct transport *transport_new(const struct conf_node *node, struct loop *loop,
				const struct transport_events *events, void *arg,
				struct conf_errors *errors)
{
	const struct transport_kind *kind;
	struct transport *t = NULL;

	if (node->kind == CONF_SCALAR) {
		t = new_by_name(node, errors);
	} else if (node->kind == CONF_LIST) {
		conf_error(errors, node,
			   "a list; expected a map such as {serial: /dev/ttyUSB0, baud: 9600}");
	} else {
		kind = kind_of_map(node, errors);
		t = kind ? new_of_kind(kind, node, errors) : NULL;
	}
	if (!t)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	t->loop = loop;
	t->events = events;
	t->arg = arg;
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
