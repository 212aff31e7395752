/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a profile: names and numbers; see message.h. */
#include "profile/message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/program.h"

enum { MAX_NAME = 128 };

const char *message_type_name(enum dragoman_type type)
{
	static const char *const names[] = {
		[DRAGOMAN_NONE] = "",          [DRAGOMAN_BOOLEAN] = "bool",
		[DRAGOMAN_INTEGER] = "sint64", [DRAGOMAN_NUMBER] = "double",
		[DRAGOMAN_TEXT] = "string",    [DRAGOMAN_DATA] = "bytes",
		[DRAGOMAN_TIME] = "fixed64",   [DRAGOMAN_NATURAL] = "uint64",
	};

	return names[type];
}

/* "battery.voltage" is the field battery_voltage; a name does not start with a digit. */
static const char *field_name(struct arena *arena, const char *tag)
{
	char name[MAX_NAME + 2] = "t";
	size_t n = isdigit((unsigned char)*tag) ? 1 : 0;

	for (; *tag && n < MAX_NAME; tag++)
		name[n++] = isalnum((unsigned char)*tag) ? (char)tolower((unsigned char)*tag) : '_';
	return arena_str(arena, name, n);
}

/* "firmware_date" is the message FirmwareDate. */
static const char *message_name(struct arena *arena, const char *key)
{
	char name[MAX_NAME + 2] = "M";
	size_t n = isdigit((unsigned char)*key) ? 1 : 0;
	bool is_first = true;

	for (; *key && n < MAX_NAME; key++) {
		if (isalnum((unsigned char)*key))
			name[n++] = is_first ? (char)toupper((unsigned char)*key) : *key;
		is_first = !isalnum((unsigned char)*key);
	}
	return arena_str(arena, name, n);
}

/* protobuf refuses names that differ in underscores and case alone, since JSON has them without. */
static bool is_same_name(const char *a, const char *b)
{
	while (*a || *b) {
		while (*a == '_')
			a++;
		while (*b == '_')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		a += *a != '\0';
		b += *b != '\0';
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct message_field *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* A variant may have a tag with another type: that is another field. */
static const char *other_name(struct arena *arena, const char *name, enum dragoman_type type)
{
	char *both = xasprintf("%s_%s", name, message_type_name(type));
	const char *kept = arena_str(arena, both, strlen(both));

	free(both);
	return kept;
}

/* Whether the tag has a field already; if another type of it has, this one's name says its type. */
static bool has_field(struct messages *m, const struct message *message, const struct tag *tag,
		      struct message_field *field, const struct profile *p,
		      struct conf_errors *errors)
{
	for (size_t k = 0; k < message->n; k++) {
		const struct dragoman_tag *other = &message->fields[k].tag->declared;
		bool is_same_tag = !strcmp(other->name, tag->declared.name);

		if (is_same_tag && other->type == tag->declared.type)
			return true;
		if (is_same_tag)
			field->name = other_name(&m->arena, field->name, tag->declared.type);
		else if (is_same_name(field->name, message->fields[k].name))
			conf_error(errors, p->root,
				   "the tags %s and %s are the same name in protobuf", other->name,
				   tag->declared.name);
	}
	return false;
}

static void add_field(struct messages *m, struct message *message, const struct tag *tag,
		      const struct profile *p, struct conf_errors *errors)
{
	struct message_field field = {.name = field_name(&m->arena, tag->declared.name),
				      .tag = tag,
				      .number = lock_number(m->lock, tag),
				      .place = message->n};

	if (has_field(m, message, tag, &field, p, errors))
		return;
	if (!field.number)
		conf_error(errors, p->root,
			   "the tag %s has no field number: the lock is behind; dragoman profile "
			   "lock brings it up to date",
			   tag->declared.name);
	message->fields[message->n++] = field;
}

static bool is_key(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : !a == !b;
}

static struct message *find_message(struct messages *m, const struct reading *reading)
{
	for (size_t i = 0; i < m->n; i++)
		if (is_key(m->list[i].key, reading->name))
			return &m->list[i];
	return NULL;
}

static struct message *add_message(struct messages *m, const struct profile *p,
				   const struct reading *reading, size_t n_tags,
				   struct conf_errors *errors)
{
	struct message *message = &m->list[m->n];
	char *type;

	message->key = reading->name;
	message->description = reading->description;
	message->name = message_name(&m->arena, reading->name ? reading->name : "reading");
	type = xasprintf("%s.%s", m->lock->package, message->name);
	message->type = arena_str(&m->arena, type, strlen(type));
	free(type);
	message->fields = arena_alloc(&m->arena, n_tags * sizeof(*message->fields));
	for (size_t k = 0; k < m->n; k++)
		if (!strcmp(message->name, m->list[k].name))
			conf_error(errors, p->root,
				   "the readings %s and %s are the same name in protobuf",
				   m->list[k].key ? m->list[k].key : "without a name",
				   reading->name ? reading->name : "without a name");
	m->n++;
	return message;
}

/* How many tags and readings the profile and its variants have, at most. */
static size_t count(const struct profile *p, size_t *n_readings)
{
	size_t n_tags = 1;

	*n_readings = 1;
	for (size_t i = 0; family(p, i); i++) {
		*n_readings += family(p, i)->n_readings;
		for (size_t r = 0; r < family(p, i)->n_readings; r++)
			n_tags += family(p, i)->readings[r].n_tags;
	}
	return n_tags;
}

static void add_readings(struct messages *m, const struct profile *p, size_t n_tags,
			 struct conf_errors *errors)
{
	for (size_t r = 0; r < p->n_readings; r++) {
		const struct reading *reading = &p->readings[r];
		struct message *message = find_message(m, reading);

		if (!message)
			message = add_message(m, p, reading, n_tags, errors);
		for (size_t t = 0; t < reading->n_tags; t++)
			add_field(m, message, &reading->tags[t], p, errors);
	}
}

struct messages *messages_new(const struct profile *p, struct conf_errors *errors)
{
	size_t before = errors->n_errors, n_tags, n_readings;
	struct messages *m;

	if (!p->lock) {
		conf_error(errors, p->root,
			   "the profile has no lock, so its tags have no field numbers; dragoman "
			   "profile lock makes it");
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->lock = p->lock;
	n_tags = count(p, &n_readings);
	m->list = arena_alloc(&m->arena, n_readings * sizeof(*m->list));
	for (size_t i = 0; family(p, i); i++)
		add_readings(m, family(p, i), n_tags, errors);
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].n)
			qsort(m->list[i].fields, m->list[i].n, sizeof(*m->list[i].fields),
			      by_number);
	if (errors->n_errors > before)
		messages_free(&m);
	return m;
}

void messages_free(struct messages **messages)
{
	struct messages *m = *messages;

	if (!m)
		return;
	arena_fini(&m->arena);
	free(m);
	*messages = NULL;
}
