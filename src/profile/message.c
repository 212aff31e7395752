/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a profile: names and numbers; see message.h. */
#include "profile/message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { MAX_NAME = 128 };

const char *message_type_name(enum dragoman_type type)
{
	static const char *const names[] = {
		[DRAGOMAN_NONE] = "",          [DRAGOMAN_BOOLEAN] = "bool",
		[DRAGOMAN_INTEGER] = "sint64", [DRAGOMAN_NUMBER] = "double",
		[DRAGOMAN_TEXT] = "string",    [DRAGOMAN_DATA] = "bytes",
		[DRAGOMAN_TIME] = "fixed64",
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

static void make_fields(struct messages *m, struct message *message, const struct profile *p,
			struct conf_errors *errors)
{
	const struct reading *reading = message->reading;

	message->n = reading->n_tags;
	message->fields = arena_alloc(&m->arena, (message->n + 1) * sizeof(*message->fields));
	for (size_t i = 0; i < message->n; i++) {
		struct message_field *f = &message->fields[i];

		f->tag = &reading->tags[i];
		f->name = field_name(&m->arena, f->tag->declared.name);
		f->number = lock_number(p->lock, f->tag);
		if (!f->number)
			conf_error(errors, p->root,
				   "the tag %s has no field number: the lock is behind; dragoman "
				   "profile lock brings it up to date",
				   f->tag->declared.name);
		for (size_t k = 0; k < i; k++)
			if (is_same_name(f->name, message->fields[k].name))
				conf_error(errors, p->root,
					   "the tags %s and %s are the same name in protobuf",
					   message->fields[k].tag->declared.name,
					   f->tag->declared.name);
	}
	if (message->n)
		qsort(message->fields, message->n, sizeof(*message->fields), by_number);
}

static void make_message(struct messages *m, const struct profile *p, const struct reading *reading,
			 struct conf_errors *errors)
{
	struct message *message = &m->list[m->n];
	char *type;

	message->reading = reading;
	message->name = message_name(&m->arena, reading->name ? reading->name : "reading");
	type = xasprintf("%s.%s", p->lock->package, message->name);
	message->type = arena_str(&m->arena, type, strlen(type));
	free(type);
	for (size_t k = 0; k < m->n; k++)
		if (!strcmp(message->name, m->list[k].name))
			conf_error(errors, p->root,
				   "the readings %s and %s are the same name in protobuf",
				   m->list[k].reading->name, reading->name);
	make_fields(m, message, p, errors);
	m->n++;
}

struct messages *messages_new(const struct profile *p, struct conf_errors *errors)
{
	struct messages *m;
	size_t before = errors->n_errors;

	if (!p->lock) {
		conf_error(errors, p->root,
			   "the profile has no lock, so its tags have no field numbers; dragoman "
			   "profile lock makes it");
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->lock = p->lock;
	m->list = arena_alloc(&m->arena, (p->n_readings + 1) * sizeof(*m->list));
	for (size_t i = 0; i < p->n_readings; i++)
		make_message(m, p, &p->readings[i], errors);
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
