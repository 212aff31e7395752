/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an instance declares: its tags, the keys (kinds of readings) that they come in, and its commands. A
 * tag that comes in several kinds of readings is declared once for each, all of one type and unit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/instance.h"
#include "base/err.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "base/xalloc.h"

enum {
	KEYS_MAX = 64,
	TAGS_MAX = 1024,
	COMMANDS_MAX = 256,
	ARGUMENTS_MAX = 64,
	UNIT_LEN_MAX = 40,
	DESCRIPTION_LEN_MAX = 200
};

static bool is_text(const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;

	return len <= max && utf8_is_valid(text ? text : "", len);
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int check_keys(const struct dragoman_key *keys, size_t n, struct err *err)
{
	if (n > KEYS_MAX)
		return err_set(err, "%zu keys, at most %d are possible", n, KEYS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *problem =
			keys[i].name ? name_problem(keys[i].name, false) : "a key has a name";

		if (problem)
			return err_set(err, "key %zu: %s", i + 1, problem);
		if (!is_text(keys[i].description, DESCRIPTION_LEN_MAX))
			return err_set(err, "key %s: its description is not a short text",
				       keys[i].name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(keys[i].name, keys[k].name) == 0)
				return err_set(err, "key %s stands twice", keys[i].name);
	}
	return 0;
}

static bool has_key(const struct dragoman_key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return true;
	return false;
}

/* What is wrong with one tag by itself. */
static const char *tag_problem(const struct dragoman_tag *tag, const struct dragoman_key *keys,
			       size_t n_keys)
{
	if (tag->type < DRAGOMAN_BOOLEAN || tag->type > DRAGOMAN_NATURAL)
		return "has no known type";
	if (tag->access > DRAGOMAN_READ_WRITE)
		return "has no known access";
	if (!is_text(tag->unit, UNIT_LEN_MAX))
		return "has a unit that is not a short text";
	if (!is_text(tag->description, DESCRIPTION_LEN_MAX))
		return "has a description that is not a short text";
	if (tag->key && !has_key(keys, n_keys, tag->key))
		return "refers to a key that is not declared";
	return !tag->key && n_keys ? "has no key, and there are several kinds of readings" : NULL;
}

/* Against another row of the same tag. */
static const char *again_problem(const struct dragoman_tag *tag, const struct dragoman_tag *other)
{
	if (is_same(tag->key, other->key))
		return "stands twice";
	if (tag->type != other->type || !is_same(tag->unit, other->unit))
		return "has different types or units under its keys";
	return NULL;
}

static int check_tags(const struct dragoman_tag *tags, size_t n, const struct dragoman_key *keys,
		      size_t n_keys, struct err *err)
{
	if (n > TAGS_MAX)
		return err_set(err, "%zu tags, at most %d are possible", n, TAGS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *problem =
			tags[i].name ? name_problem(tags[i].name, false) : "a tag has a name";

		if (problem)
			return err_set(err, "tag %zu: %s", i + 1, problem);
		problem = tag_problem(&tags[i], keys, n_keys);
		for (size_t k = 0; k < i && !problem; k++)
			if (strcmp(tags[i].name, tags[k].name) == 0)
				problem = again_problem(&tags[i], &tags[k]);
		if (problem)
			return err_set(err, "tag %s %s", tags[i].name, problem);
	}
	return 0;
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void copy_keys(struct declaration *out, const struct dragoman_key *keys, size_t n)
{
	out->keys = xcalloc(n + 1, sizeof *keys);
	out->first_tag = xcalloc(n + 1, sizeof *out->first_tag);
	out->n_keys = n;
	for (size_t i = 0; i < n; i++)
		out->keys[i] = (struct dragoman_key){.name = xstrdup(keys[i].name),
						     .description = copy_text(keys[i].description)};
}

/* The row of keys that a tag refers to: it was checked that there is one. */
static size_t key_row(const struct declaration *declared, const char *name)
{
	size_t row = 0;

	while (row < declared->n_keys && !is_same(declared->keys[row].name, name))
		row++;
	return row;
}

/* Backwards, so that the first tag of a key is the last one noted. */
static void copy_tags(struct declaration *out, const struct dragoman_tag *tags, size_t n)
{
	out->tags = xcalloc(n + 1, sizeof *tags);
	out->n_tags = n;
	for (size_t i = n; i-- > 0;) {
		size_t row = key_row(out, tags[i].key);

		out->tags[i] = tags[i];
		out->tags[i].name = xstrdup(tags[i].name);
		out->tags[i].unit = copy_text(tags[i].unit);
		out->tags[i].description = copy_text(tags[i].description);
		out->tags[i].key = out->keys[row].name;
		out->first_tag[row] = i;
	}
}

/* The strings are const for everybody else. */
static void free_text(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void free_commands(struct declaration *declared)
{
	for (size_t i = 0; i < declared->n_commands; i++) {
		const struct dragoman_command *c = &declared->commands[i];

		for (size_t a = 0; a < c->n_arguments; a++) {
			free_text(c->arguments[a].tag.name);
			free_text(c->arguments[a].tag.unit);
			free_text(c->arguments[a].tag.description);
		}
		free((void *)(uintptr_t)c->arguments);
		free_text(c->name);
		free_text(c->description);
	}
	free(declared->commands);
	declared->commands = NULL;
	declared->n_commands = 0;
}

static void free_tags(struct declaration *declared)
{
	for (size_t i = 0; i < declared->n_tags; i++) {
		free_text(declared->tags[i].name);
		free_text(declared->tags[i].unit);
		free_text(declared->tags[i].description);
	}
	for (size_t i = 0; i < declared->n_keys; i++) {
		free_text(declared->keys[i].name);
		free_text(declared->keys[i].description);
	}
	free(declared->tags);
	free(declared->keys);
	free(declared->first_tag);
}

void declaration_fini(struct declaration *declared)
{
	free_tags(declared);
	free_commands(declared);
	*declared = (struct declaration){0};
}

int host_declare(struct dragoman_host *host, const struct dragoman_tag *tags, size_t n_tags,
		 const struct dragoman_key *keys, size_t n_keys)
{
	struct adapter_instance *instance = instance_of(host);
	struct declaration old = instance->declared;
	struct err err;

	if (check_keys(keys, n_keys, &err) < 0 ||
	    check_tags(tags, n_tags, keys, n_keys, &err) < 0) {
		instance_bug(instance, "its declaration: %s", err.text);
		return -1;
	}
	copy_keys(&instance->declared, keys, n_keys);
	copy_tags(&instance->declared, tags, n_tags);
	free_tags(&old);
	instance->next_tag = 0;
	if (instance->is_ready && instance->sink->declared)
		instance->sink->declared(instance->arg);
	return 0;
}

/* ---------------------------------------------------------------------------------------------
 * Commands
 */

static int check_argument(const struct dragoman_argument *argument, struct err *err)
{
	struct dragoman_tag tag = argument->tag;
	const char *problem = tag.name ? name_problem(tag.name, false) : "an argument has a name";

	tag.key = NULL;
	if (!problem)
		problem = tag_problem(&tag, NULL, 0);
	return problem ? err_set(err, "the argument %s %s", tag.name ? tag.name : "", problem) : 0;
}

static int check_command(const struct dragoman_command *command, struct err *err)
{
	const char *problem =
		command->name ? name_problem(command->name, false) : "a command has a name";

	if (problem)
		return err_set(err, "the command %s: %s", command->name ? command->name : "",
			       problem);
	if (!is_text(command->description, DESCRIPTION_LEN_MAX))
		return err_set(err, "the command %s: its description is not a short text",
			       command->name);
	if (command->n_arguments > ARGUMENTS_MAX)
		return err_set(err, "the command %s: %zu arguments, at most %d are possible",
			       command->name, command->n_arguments, ARGUMENTS_MAX);
	for (size_t i = 0; i < command->n_arguments; i++) {
		if (check_argument(&command->arguments[i], err) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(command->arguments[i].tag.name, command->arguments[k].tag.name))
				return err_set(err, "the argument %s of %s stands twice",
					       command->arguments[i].tag.name, command->name);
	}
	return 0;
}

static int check_commands(const struct dragoman_command *commands, size_t n, struct err *err)
{
	if (n > COMMANDS_MAX)
		return err_set(err, "%zu commands, at most %d are possible", n, COMMANDS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (check_command(&commands[i], err) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(commands[i].name, commands[k].name))
				return err_set(err, "the command %s stands twice",
					       commands[i].name);
	}
	return 0;
}

static void copy_command(const struct dragoman_command *command, struct dragoman_command *out)
{
	struct dragoman_argument *arguments = xcalloc(command->n_arguments + 1, sizeof *arguments);

	*out = (struct dragoman_command){.name = xstrdup(command->name),
					 .description = copy_text(command->description),
					 .arguments = arguments,
					 .n_arguments = command->n_arguments};
	for (size_t i = 0; i < command->n_arguments; i++) {
		arguments[i] = command->arguments[i];
		arguments[i].tag.name = xstrdup(arguments[i].tag.name);
		arguments[i].tag.unit = copy_text(arguments[i].tag.unit);
		arguments[i].tag.description = copy_text(arguments[i].tag.description);
		arguments[i].tag.key = NULL;
	}
}

int host_declare_commands(struct dragoman_host *host, const struct dragoman_command *commands,
			  size_t n)
{
	struct adapter_instance *instance = instance_of(host);
	struct declaration *declared = &instance->declared;
	struct err err;

	if (check_commands(commands, n, &err) < 0) {
		instance_bug(instance, "its declaration: %s", err.text);
		return -1;
	}
	free_commands(declared);
	declared->commands = xcalloc(n + 1, sizeof *commands);
	for (size_t i = 0; i < n; i++)
		copy_command(&commands[i], &declared->commands[declared->n_commands++]);
	if (instance->is_ready && instance->sink->declared)
		instance->sink->declared(instance->arg);
	return 0;
}
