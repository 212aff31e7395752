/* SPDX-License-Identifier: Apache-2.0 */
/* `commands:` of a profile: what the device can be told, with which arguments, and what comes of it. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/exchange.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"

struct command_source {
	struct conf_item item;
	struct ask_source ask;
	const struct conf_node *sets;
	char *verify;
};

static const struct conf_row command_rows[] = {
	ASK_ROWS(struct command_source, "5"),
	{.key = "sets",
	 .type = CONF_ANY,
	 .offset = offsetof(struct command_source, sets),
	 .help = "what it changes: a map of tag to value, or to {argument: name}"},
	{.key = "verify",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct command_source, verify),
	 .help = "the request whose answer shows what it has set"},
	{.key = NULL},
};

const struct conf_schema profile_command_schema = {"command", command_rows,
						   sizeof(struct command_source), NULL};

/* {argument: name} */
static int find_argument(struct loader *l, const struct conf_node *node,
			 const struct request *command)
{
	const struct conf_node *name = conf_get(node, "argument");
	const struct reading *reading = command->message.reading;

	if (!name || name->kind != CONF_SCALAR || node->n != 1) {
		conf_error(l->errors, node, "expected a value, or {argument: name}");
		return -1;
	}
	for (size_t i = 0; i < reading->n_tags; i++)
		if (!strcmp(reading->tags[i].declared.name, name->text))
			return (int)i;
	conf_error(l->errors, name, "the command has no argument %s", name->text);
	return -1;
}

static bool same_kind(enum dragoman_type a, enum dragoman_type b)
{
	return a == b || (value_is_number(a) && value_is_number(b));
}

static void load_effect(struct loader *l, const struct conf_node *node,
			const struct request *command, struct effect *out)
{
	out->argument = -1;
	out->tag = known_tag(l->profile, node->key, l->errors, node, "no tag");
	if (!out->tag)
		return;
	if (node->kind == CONF_SCALAR) {
		if (constant_read(node, out->tag->declared.type, &out->constant) < 0)
			conf_error(l->errors, node, "that is no value of the tag %s", node->key);
		return;
	}
	out->argument = find_argument(l, node, command);
	if (out->argument >= 0 &&
	    !same_kind(command->message.reading->tags[out->argument].declared.type,
		       out->tag->declared.type))
		conf_error(l->errors, node, "the argument and the tag are of different types");
}

static bool gives(const struct request *request, const struct tag *tag)
{
	for (size_t i = 0; i < request->n_replies; i++) {
		const struct reading *r = request->replies[i]->reading;

		for (size_t t = 0; r && t < r->n_tags; t++)
			if (!strcmp(r->tags[t].declared.name, tag->declared.name))
				return true;
	}
	return false;
}

static void load_verify(struct loader *l, const struct conf_node *node, const char *name,
			struct request *out)
{
	bool any = false;

	out->verify = load_find_request(l, conf_get(node, "verify"), name);
	for (size_t i = 0; out->verify && i < out->n_effects; i++)
		any |= out->effects[i].tag && gives(out->verify, out->effects[i].tag);
	if (out->verify && !any)
		conf_error(l->errors, conf_get(node, "verify"),
			   "the request %s gives no tag that the command sets (sets:)", name);
}

/* One that can be sent without being given any. */
static void load_defaults(struct loader *l, struct request *out)
{
	size_t n = out->message.reading->n_tags;

	for (size_t i = 0; i < n; i++)
		if (out->arguments[i].fallback.type == DRAGOMAN_NONE)
			return;
	out->with = arena_alloc(&l->profile->arena, n * sizeof(*out->with));
	arguments_read(out, NULL, out->with, l->errors);
}

static void load_command(struct loader *l, const struct conf_node *node, struct request *out)
{
	struct command_source s = {0};

	load_check_name(l, node);
	out->name = node->key;
	out->node = node;
	out->is_command = true;
	out->message.reading = arena_alloc(&l->profile->arena, sizeof(struct reading));
	if (conf_read(&profile_command_schema, node, &s, l->errors) == 0) {
		load_ask(l, node, &s.ask, out);
		load_defaults(l, out);
		if (load_is_section(l, s.sets)) {
			out->effects =
				arena_alloc(&l->profile->arena, s.sets->n * sizeof(*out->effects));
			for (const struct conf_node *n = s.sets->first; n; n = n->next)
				load_effect(l, n, out, &out->effects[out->n_effects++]);
		}
		if (s.verify)
			load_verify(l, node, s.verify, out);
	}
	conf_fini(&profile_command_schema, &s);
}

/* ---- tags that can be written ---- */

static const struct request *find_command(struct loader *l, const struct conf_node *node,
					  const char *name)
{
	const struct profile *p = l->profile;
	const struct known *commands = KNOWN(p->commands, p->n_commands, request, name);
	ssize_t found = known_find(commands, name);

	if (found < 0)
		known_error(commands, name, l->errors, node, "no command", NULL);
	return found < 0 ? NULL : &p->commands[found];
}

/* The command sets the tag to one of its arguments; the others have fallbacks. */
static void check_write(struct loader *l, const struct tag *tag)
{
	const struct request *command = find_command(l, tag->write_node, tag->write);
	int argument = -1;

	for (size_t i = 0; command && i < command->n_effects; i++)
		if (command->effects[i].tag == tag)
			argument = command->effects[i].argument;
	if (command && argument < 0) {
		conf_error(l->errors, tag->write_node,
			   "the command %s does not set the tag %s to one of its arguments (sets:)",
			   tag->write, tag->declared.name);
		return;
	}
	for (size_t i = 0; command && i < command->message.reading->n_tags; i++)
		if ((int)i != argument && command->arguments[i].fallback.type == DRAGOMAN_NONE)
			conf_error(
				l->errors, tag->write_node,
				"the command %s needs the argument %s as well; give it a default",
				tag->write, command->message.reading->tags[i].declared.name);
}

static bool expects(const struct request *list, size_t n, const struct frame *frame)
{
	for (size_t i = 0; i < n; i++)
		if (frame_is_in(frame, (const struct frame *const *)list[i].replies,
				list[i].n_replies))
			return true;
	return false;
}

/* What counts only as an answer is one of something. */
static void check_answers(struct loader *l)
{
	const struct profile *p = l->profile;

	for (size_t i = 0; i < p->n_frames; i++) {
		const struct frame *frame = &p->frames[i];

		if (frame->is_answer && !frame_is_refusal(frame) &&
		    !expects(p->requests, p->n_requests, frame) &&
		    !expects(p->commands, p->n_commands, frame))
			conf_error(l->errors, conf_get(frame->node, "answer"),
				   "no request or command expects the frame %s", frame->name);
	}
}

void load_commands(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (load_is_section(l, section)) {
		p->commands = arena_alloc(&p->arena, section->n * sizeof(*p->commands));
		for (const struct conf_node *n = section->first; n; n = n->next)
			load_command(l, n, &p->commands[p->n_commands++]);
	}
	for (size_t r = 0; r < p->n_readings; r++)
		for (size_t t = 0; t < p->readings[r].n_tags; t++)
			if (p->readings[r].tags[t].write)
				check_write(l, &p->readings[r].tags[t]);
	load_afters(l);
	check_answers(l);
}
