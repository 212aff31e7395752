/* SPDX-License-Identifier: Apache-2.0 */
/* The fields and tags that `values:`, `quality:` and their like name, and what is said if there are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/known.h"
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

static const struct known *fields_of(const struct codec *codec, struct known *out)
{
	*out = *KNOWN(codec->fields, codec->n_fields, field, name);
	return out;
}

/* In an element its own field is meant, else that of the element around it, else that of the frame. */
uint16_t steps_find_field(struct steps_compiler *c, const char *name)
{
	const char *suffix = c->suffix ? c->suffix : "";
	size_t len = strlen(suffix);
	char full[160];
	struct known known;
	ssize_t found;

	for (;;) {
		snprintf(full, sizeof(full), "%s%.*s", name, (int)len, suffix);
		found = known_find(fields_of(&c->frame->codec, &known), full);
		if (found >= 0 || !len)
			return found < 0 ? NO_FIELD : (uint16_t)found;
		while (suffix[--len] != '.')
			;
	}
}

/* As steps_find_field, with an error at node. */
uint16_t steps_field(struct steps_compiler *c, const struct conf_node *node, const char *name)
{
	uint16_t found = steps_find_field(c, name);
	char what[160];
	struct known known;

	snprintf(what, sizeof(what), "the frame %s has no field", c->frame->name);
	if (found == NO_FIELD)
		known_error(fields_of(&c->frame->codec, &known), name, c->loader->errors, node,
			    what, NULL);
	return found;
}

/* The tag of that name in the frame's reading, or -1 with an error at node's key. */
int steps_tag(struct steps_compiler *c, const struct conf_node *node, const char *name)
{
	const struct reading *r = c->frame->reading;
	const struct known *tags = KNOWN(r->tags, r->n_tags, tag, declared.name);
	ssize_t found = known_find(tags, name);

	if (found < 0)
		known_error_key(tags, name, c->loader->errors, node, "the reading has no tag");
	return (int)found;
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
