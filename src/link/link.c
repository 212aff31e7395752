/* SPDX-License-Identifier: Apache-2.0 */
/* The list of links, making one by configuration, and the calls into it; see link.h. */
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "link/kinds.h"

const struct link_kind *const link_kinds[] = {
	&link_raw,     &link_delimiter, &link_start_end, &link_fixed, &link_length_field,
	&link_stuffed, &link_gap,       &link_ack,       NULL,
};

enum { KINDS = sizeof link_kinds / sizeof link_kinds[0] - 1 };

const char *link_verdict_name(enum link_verdict verdict)
{
	static const char *const names[LINK_VERDICTS] = {
		[LINK_GARBAGE] = "garbage",
		[LINK_TOO_LONG] = "too long",
		[LINK_TOO_SHORT] = "too short",
		[LINK_BAD_CHECK] = "bad check",
		[LINK_BAD_LENGTH] = "bad length",
		[LINK_BAD_ESCAPE] = "bad escape",
		[LINK_CUT] = "cut",
	};

	return names[verdict];
}

/* ---------------------------------------------------------------------------------------------
 * Making one
 */

const struct conf_kinds *link_conf_kinds(void)
{
	static struct conf_kind list[KINDS];
	static const struct conf_kinds kinds = {"link", list, KINDS};

	for (size_t i = 0; i < KINDS; i++)
		list[i] = (struct conf_kind){link_kinds[i]->name, link_kinds[i]->help,
					     link_kinds[i]->schema};
	return &kinds;
}

static struct link *new_raw(const struct link_line *line, struct conf_errors *errors)
{
	static const char name[] = "raw";
	struct conf_node *node = conf_new("", CONF_SCALAR, name, strlen(name));
	struct link *link = link_new(node, line, errors);

	conf_free(&node);
	return link;
}

struct link *link_new(const struct conf_node *node, const struct link_line *line,
		      struct conf_errors *errors)
{
	const struct conf_kinds *kinds = link_conf_kinds();
	const struct conf_node *map;
	struct link *link;
	void *options;
	int kind;

	if (!node)
		return new_raw(line, errors);
	kind = conf_read_kind("link", kinds->list, kinds->n, node, &options, errors);
	if (kind < 0)
		return NULL;
	map = conf_kind_options(&kinds->list[kind], node);
	link = link_kinds[kind]->new (options, line, map ? map : node, errors);
	if (!link) {
		conf_free_kind(&kinds->list[kind], &options);
		return NULL;
	}
	link->kind = link_kinds[kind];
	link->options = options;
	return link;
}

void link_free(struct link **link)
{
	const struct link_kind *kind;
	void *options;

	if (!*link)
		return;
	kind = (*link)->kind;
	options = (*link)->options;
	kind->free(*link);
	conf_fini(kind->schema, options);
	free(options);
	*link = NULL;
}

/* ---------------------------------------------------------------------------------------------
 * Calls
 */

void link_set_sink(struct link *link, const struct link_sink *sink, void *arg)
{
	link->sink = sink;
	link->sink_arg = arg;
}

void link_receive(struct link *link, const uint8_t *bytes, size_t len, int64_t received_ns,
		  int64_t mono_ns)
{
	must(link->sink);
	if (len)
		link->kind->receive(link, bytes, len, received_ns, mono_ns);
}

int link_send(struct link *link, const uint8_t *payload, size_t len, struct err *err)
{
	must(link->sink);
	return link->kind->send(link, payload, len, err);
}

const char *link_problem(const struct link *link)
{
	return link->problem;
}

int64_t link_deadline(const struct link *link)
{
	return link->deadline_ns;
}

void link_expire(struct link *link, int64_t mono_ns)
{
	if (link->deadline_ns && mono_ns >= link->deadline_ns)
		link->kind->expire(link, mono_ns);
}

void link_reset(struct link *link)
{
	if (link->kind->reset)
		link->kind->reset(link);
}

void link_add_alone(struct link *link, const struct conf_bytes *bytes)
{
	if (bytes->len && link->kind->add_alone)
		link->kind->add_alone(link, bytes);
}

void link_settle(struct link *link, uint64_t ticket, enum link_fate fate, int64_t mono_ns)
{
	if (link->kind->settle)
		link->kind->settle(link, ticket, fate, mono_ns);
}

void link_hand_out(struct link *link, const uint8_t *payload, size_t len, int64_t received_ns,
		   int64_t mono_ns)
{
	uint64_t ticket = ++link->tickets;

	if (link->sink->record) {
		link->sink->record(link->sink_arg, payload, len, received_ns, ticket);
		return;
	}
	link->sink->frame(link->sink_arg, payload, len, received_ns);
	link_settle(link, ticket, LINK_KEPT, mono_ns);
}
