/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that a device publishes; see typed.h. */
#include "profile/typed.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/message.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "wire/frame.h"

/* All strings are its own: the profile that they come from is gone. */
struct typed {
	struct arena arena;
	struct typed_row {
		const char *key; /* NULL: the only kind */
		struct event_type type;
	} * rows;
	size_t n;
	struct buf descriptor;
};

static char *copy(struct typed *t, const char *text)
{
	return text ? arena_str(&t->arena, text, strlen(text)) : NULL;
}

/* In the order of the reading's tags, as the values come. */
static const struct event_field *copy_fields(struct typed *t, const struct message *message)
{
	struct event_field *fields = arena_alloc(&t->arena, (message->n + 1) * sizeof(*fields));

	for (size_t i = 0; i < message->n; i++) {
		const struct message_field *field = &message->fields[i];

		fields[field->place] =
			(struct event_field){.tag = copy(t, field->tag->declared.name),
					     .type = field->tag->declared.type,
					     .number = field->number};
	}
	return fields;
}

static struct typed *make(const struct messages *m, bool is_alone)
{
	struct typed *t = xcalloc(1, sizeof(*t));

	t->rows = arena_alloc(&t->arena, (m->n + 1) * sizeof(*t->rows));
	for (t->n = 0; t->n < m->n; t->n++) {
		const struct message *message = &m->list[t->n];

		t->rows[t->n] = (struct typed_row){.key = copy(t, message->key),
						   .type = {.name = copy(t, message->type),
							    .fields = copy_fields(t, message),
							    .n = message->n,
							    .is_alone = is_alone}};
	}
	messages_descriptor(m, &t->descriptor);
	return t;
}

struct typed *typed_new(const struct conf_node *definition, const struct conf_node *place,
			bool is_alone, struct conf_errors *errors)
{
	const struct conf_node *family;
	struct conf_errors heard = {
		0}; /* what is wrong with the profile itself was said elsewhere */
	struct profile *p;
	struct messages *m;
	struct typed *t;

	if (!definition) {
		conf_error(errors, place, "typed messages come from a profile, and there is none");
		return NULL;
	}
	family = conf_get(definition, "family");
	p = profile_compile(family ? family : definition, &heard);
	conf_errors_fini(&heard);
	m = p ? messages_new(p, errors) : NULL;
	t = m ? make(m, is_alone) : NULL;
	if (t && t->descriptor.len > DESCRIPTOR_MAX) {
		conf_error(errors, place, "the profile is too large for typed messages");
		typed_free(&t);
	}
	messages_free(&m);
	profile_free(&p);
	return t;
}

void typed_free(struct typed **typed)
{
	struct typed *t = *typed;

	if (!t)
		return;
	arena_fini(&t->arena);
	buf_fini(&t->descriptor);
	free(t);
	*typed = NULL;
}

const struct event_type *typed_find(const struct typed *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (key && t->rows[i].key ? !strcmp(key, t->rows[i].key) : !key == !t->rows[i].key)
			return &t->rows[i].type;
	return NULL;
}

uint32_t typed_field(const struct typed *t, const char *tag, enum dragoman_type type)
{
	for (size_t r = 0; r < t->n; r++)
		for (size_t i = 0; i < t->rows[r].type.n; i++) {
			const struct event_field *field = &t->rows[r].type.fields[i];

			if (field->type == type && !strcmp(field->tag, tag))
				return field->number;
		}
	return 0;
}

const struct buf *typed_descriptor(const struct typed *t)
{
	return &t->descriptor;
}
