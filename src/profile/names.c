/* SPDX-License-Identifier: Apache-2.0 */
/* The fields and tags that `values:`, `quality:` and their like name, and what is said if there are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/program.h"
#include "profile/steps.h"
#include "profile/type.h"

int steps_wrong(struct steps_compiler *c, const struct conf_node *node, const char *text)
{
	conf_error(c->loader->errors, node, "%s", text);
	return -1;
}

static char *keep(struct steps_compiler *c, const char *text)
{
	return text ? arena_str(c->arena, text, strlen(text)) : NULL;
}

/* The quality that `bad:` or `uncertain:` stand for; -1 if both are there. */
int steps_quality(struct steps_compiler *c, const struct conf_node *node, const char *bad,
		  const char *uncertain, enum dragoman_quality *quality, const char **reason)
{
	if (bad && uncertain)
		return steps_wrong(c, node, "expected either bad or uncertain");
	*quality = bad ? DRAGOMAN_BAD : uncertain ? DRAGOMAN_UNCERTAIN : DRAGOMAN_GOOD;
	*reason = keep(c, bad ? bad : uncertain);
	return 0;
}

static uint16_t find_exactly(const struct codec *codec, const char *name)
{
	for (size_t i = 0; i < codec->n_fields; i++)
		if (!strcmp(codec->fields[i].name, name))
			return (uint16_t)i;
	return NO_FIELD;
}

/* In an element its own field is meant, else that of the element around it, else that of the frame. */
uint16_t steps_find_field(struct steps_compiler *c, const char *name)
{
	const char *suffix = c->suffix ? c->suffix : "";
	size_t len = strlen(suffix);
	char full[160];
	uint16_t found;

	for (;;) {
		snprintf(full, sizeof(full), "%s%.*s", name, (int)len, suffix);
		found = find_exactly(&c->frame->codec, full);
		if (found != NO_FIELD || !len)
			return found;
		while (suffix[--len] != '.')
			;
	}
}

/* As steps_find_field, with an error at node. */
uint16_t steps_field(struct steps_compiler *c, const struct conf_node *node, const char *name)
{
	const struct codec *codec = &c->frame->codec;
	const char **known, *nearest;
	uint16_t found = steps_find_field(c, name);

	if (found != NO_FIELD)
		return found;
	known = xcalloc(codec->n_fields + 1, sizeof(*known));
	for (size_t i = 0; i < codec->n_fields; i++)
		known[i] = codec->fields[i].name;
	nearest = conf_nearest(name, known, codec->n_fields);
	conf_error(c->loader->errors, node, "the frame %s has no field %s%s%s%s", c->frame->name,
		   name, nearest ? "; did you mean " : "", nearest ? nearest : "",
		   nearest ? "?" : "");
	free(known);
	return NO_FIELD;
}

/* The tag of that name in the frame's reading, or -1 with an error at node's key. */
int steps_tag(struct steps_compiler *c, const struct conf_node *node, const char *name)
{
	const struct reading *r = c->frame->reading;
	const char **known = xcalloc(r->n_tags + 1, sizeof(*known)), *nearest;
	int found = -1;

	for (size_t i = 0; i < r->n_tags; i++) {
		known[i] = r->tags[i].declared.name;
		if (!strcmp(known[i], name))
			found = (int)i;
	}
	nearest = conf_nearest(name, known, r->n_tags);
	if (found < 0)
		conf_error_key(c->loader->errors, node, "the reading has no tag %s%s%s%s", name,
			       nearest ? "; did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
	free(known);
	return found;
}

size_t steps_elements(struct steps_compiler *c, const char *name)
{
	const struct reading *r = c->frame->reading;
	size_t n = 0, len = strlen(name);

	for (size_t i = 0; i < r->n_tags; i++) {
		const char *tag = r->tags[i].declared.name;

		if (!strcmp(tag, name))
			return 0;
		n += !strncmp(tag, name, len) && tag[len] == '.' &&
		     atol(tag + len + 1) == (long)n + 1;
	}
	return n;
}
