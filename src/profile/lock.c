/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of a profile: which field number each tag has in the messages. It stands in a file beside the
 * profile, NAME.lock, and is put into the profile's tree when that is read:
 *
 *	lock: 1
 *	package: dragoman.profile.mt_sics
 *	fields:
 *	  weight: 1 number
 *	  unit: 2 text
 *	removed:
 *	  3: stable boolean
 *
 * A number that was given stays with its tag and type for ever.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/load.h"
#include "profile/message.h"
#include "profile/profile.h"
#include "profile/program.h"

enum {
	LOCK_VERSION = 1,
	NUMBER_MOST = 536870911,
	PROTOBUFS_FIRST = 19000, /* numbers that protobuf keeps for itself */
	PROTOBUFS_LAST = 19999,
	MAX_WORD = 200,
};

static const char *const type_words[] = {
	[DRAGOMAN_NONE] = "none",       [DRAGOMAN_BOOLEAN] = "boolean",
	[DRAGOMAN_INTEGER] = "integer", [DRAGOMAN_NUMBER] = "number",
	[DRAGOMAN_TEXT] = "text",       [DRAGOMAN_DATA] = "data",
	[DRAGOMAN_TIME] = "time",       [DRAGOMAN_NATURAL] = "natural",
};
enum { N_TYPES = sizeof type_words / sizeof type_words[0] };

struct lock_source {
	struct conf_item item;
	int64_t version;
	char *package;
	const struct conf_node *fields, *removed;
};

static const struct conf_row lock_rows[] = {
	{.key = "lock",
	 .type = CONF_INT,
	 .offset = offsetof(struct lock_source, version),
	 .flags = CONF_REQUIRED,
	 .min = LOCK_VERSION,
	 .max = LOCK_VERSION,
	 .help = "version of this file: 1"},
	{.key = "package",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct lock_source, package),
	 .flags = CONF_REQUIRED,
	 .help = "what the messages' full names begin with"},
	{.key = "fields",
	 .type = CONF_ANY,
	 .offset = offsetof(struct lock_source, fields),
	 .help = "tag to field number and type"},
	{.key = "removed",
	 .type = CONF_ANY,
	 .offset = offsetof(struct lock_source, removed),
	 .help = "numbers that are not given again: field number to tag and type"},
	{.key = NULL},
};

const struct conf_schema profile_lock_schema = {"lock", lock_rows, sizeof(struct lock_source),
						NULL};

/* ---------------------------------------------------------------------------------------------
 * Reading
 */

static bool type_of_word(const char *word, enum dragoman_type *out)
{
	for (size_t i = DRAGOMAN_BOOLEAN; i < N_TYPES; i++)
		if (!strcmp(word, type_words[i])) {
			*out = (enum dragoman_type)i;
			return true;
		}
	return false;
}

static bool number_of_word(const char *word, uint32_t *out)
{
	char *end;
	unsigned long number;

	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	number = strtoul(word, &end, 10);
	*out = (uint32_t)number;
	return !*end && !errno && number >= 1 && number <= NUMBER_MOST &&
	       (number < PROTOBUFS_FIRST || number > PROTOBUFS_LAST);
}

static bool is_given(const struct lock *lock, uint32_t number)
{
	for (size_t i = 0; i < lock->n; i++)
		if (lock->rows[i].number == number)
			return true;
	return false;
}

static void add_row(struct loader *l, const struct conf_node *node, struct lock *lock,
		    const struct lock_row *row)
{
	if (is_given(lock, row->number))
		conf_error(l->errors, node, "field number %u stands twice", row->number);
	else
		lock->rows[lock->n++] = *row;
}

/* "1 number", or with variants that differ "1 number, 7 text". */
static void read_field(struct loader *l, const struct conf_node *node, struct lock *lock)
{
	const char *at = node->kind == CONF_SCALAR ? node->text : "";
	size_t n = 0;

	do {
		struct lock_row row = {.tag = node->key};
		char number[MAX_WORD], type[MAX_WORD];
		int used = 0;

		if (n++ == N_TYPES || sscanf(at, "%199s %199[a-z] %n", number, type, &used) != 2 ||
		    !number_of_word(number, &row.number) || !type_of_word(type, &row.type) ||
		    (at[used] && at[used] != ',')) {
			conf_error(l->errors, node,
				   "expected a field number and a type behind a tag");
			return;
		}
		add_row(l, node, lock, &row);
		at += used;
	} while (*at++ == ',');
}

static void read_removed(struct loader *l, const struct conf_node *node, struct lock *lock)
{
	struct lock_row row = {.is_removed = true};
	char tag[MAX_WORD], type[MAX_WORD], more;

	if (node->kind != CONF_SCALAR ||
	    sscanf(node->text, "%199s %199s %c", tag, type, &more) != 2 ||
	    !number_of_word(node->key, &row.number) || !type_of_word(type, &row.type)) {
		conf_error(l->errors, node, "expected a tag and its type behind a field number");
		return;
	}
	row.tag = load_keep(l, tag);
	add_row(l, node, lock, &row);
}

static void read_rows(struct loader *l, const struct lock_source *s, struct lock *lock)
{
	if (load_is_section(l, s->fields))
		for (const struct conf_node *n = s->fields->first; n; n = n->next)
			read_field(l, n, lock);
	if (load_is_section(l, s->removed))
		for (const struct conf_node *n = s->removed->first; n; n = n->next)
			read_removed(l, n, lock);
}

static const struct lock_row *find_row(const struct lock *lock, const char *tag,
				       enum dragoman_type type)
{
	for (size_t i = 0; lock && i < lock->n; i++)
		if (lock->rows[i].type == type && !strcmp(lock->rows[i].tag, tag))
			return &lock->rows[i];
	return NULL;
}

uint32_t lock_number(const struct lock *lock, const struct tag *tag)
{
	const struct lock_row *row = find_row(lock, tag->declared.name, tag->declared.type);

	return row && !row->is_removed ? row->number : 0;
}

const struct profile *family(const struct profile *p, size_t i)
{
	return !i ? p : i <= p->n_variants ? p->variants[i - 1] : NULL;
}

static bool one_has_tag(const struct profile *p, const struct lock_row *row)
{
	for (size_t r = 0; r < p->n_readings; r++)
		for (size_t t = 0; t < p->readings[r].n_tags; t++) {
			const struct dragoman_tag *tag = &p->readings[r].tags[t].declared;

			if (tag->type == row->type && !strcmp(tag->name, row->tag))
				return true;
		}
	return false;
}

static bool has_tag(const struct profile *p, const struct lock_row *row)
{
	for (size_t i = 0; family(p, i); i++)
		if (one_has_tag(family(p, i), row))
			return true;
	return false;
}

/* The first tag that the lock does not have as the profile has it; NULL: it is up to date. */
static const char *behind(const struct profile *p)
{
	for (size_t i = 0; family(p, i); i++)
		for (size_t r = 0; r < family(p, i)->n_readings; r++)
			for (size_t t = 0; t < family(p, i)->readings[r].n_tags; t++) {
				const struct tag *tag = &family(p, i)->readings[r].tags[t];

				if (!lock_number(p->lock, tag))
					return tag->declared.name;
			}
	for (size_t i = 0; i < p->lock->n; i++)
		if (!p->lock->rows[i].is_removed && !has_tag(p, &p->lock->rows[i]))
			return p->lock->rows[i].tag;
	return NULL;
}

void load_lock(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;
	struct lock_source s = {0};
	struct lock *lock;

	if (!section)
		return;
	lock = arena_alloc(&p->arena, sizeof(*lock));
	if (conf_read(&profile_lock_schema, section, &s, l->errors) == 0) {
		size_t n = (s.fields ? s.fields->n * N_TYPES : 0) + (s.removed ? s.removed->n : 0);

		lock->package = load_keep(l, s.package);
		lock->rows = arena_alloc(&p->arena, n * sizeof(*lock->rows));
		read_rows(l, &s, lock);
		p->lock = lock;
	}
	conf_fini(&profile_lock_schema, &s);
}

void load_check_lock(struct loader *l, const struct conf_node *section)
{
	const struct profile *p = l->profile;
	const char *tag = p->lock && !p->variant ? behind(p) : NULL;

	if (tag)
		conf_warning(l->errors, section,
			     "the lock is behind: %s; dragoman profile lock brings it up to date",
			     tag);
}

/* ---------------------------------------------------------------------------------------------
 * The file
 */

char *profile_lock_path(const char *path)
{
	size_t len = strlen(path);

	if (len > 5 && !strcmp(path + len - 5, ".yaml"))
		len -= 5;
	return xasprintf("%.*s.lock", (int)len, path);
}

struct conf_node *profile_read(const char *path, struct conf_errors *errors)
{
	struct conf_node *root = conf_load(path, errors), *lock = NULL;
	char *lock_path;

	if (!root || root->kind != CONF_MAP || conf_get(root, "lock"))
		return root;
	lock_path = profile_lock_path(path);
	if (access(lock_path, F_OK) == 0)
		lock = conf_load(lock_path, errors);
	else
		conf_warning(errors, root,
			     "the profile has no lock, so its tags have no field numbers; "
			     "dragoman profile lock %s makes it",
			     path);
	if (lock)
		conf_add_copy(root, "lock", lock);
	conf_free(&lock);
	free(lock_path);
	return root;
}

/* ---------------------------------------------------------------------------------------------
 * Bringing it up to date
 */

/* The full name that a new lock gives the messages: from the name of the profile's file. */
static char *package_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);
	char *package;

	if (len > 5 && !strcmp(name + len - 5, ".yaml"))
		len -= 5;
	package = xasprintf("dragoman.profile.%s%.*s", isdigit((unsigned char)*name) ? "p" : "",
			    (int)len, name);
	for (char *c = package + strlen("dragoman.profile."); *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
	return package;
}

/* The rows of a lock while it is brought up to date. */
struct update {
	struct lock_row *rows;
	size_t n;
	uint32_t next;
};

static uint32_t next_number(struct update *u)
{
	uint32_t number = u->next++;

	if (u->next == PROTOBUFS_FIRST)
		u->next = PROTOBUFS_LAST + 1;
	return number;
}

/* A tag that comes back as it was has its number again. */
static void take_tag(struct update *u, const struct dragoman_tag *tag)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->rows[i].type == tag->type && !strcmp(u->rows[i].tag, tag->name)) {
			u->rows[i].is_removed = false;
			return;
		}
	u->rows = xreallocarray(u->rows, u->n + 1, sizeof(*u->rows));
	u->rows[u->n++] = (struct lock_row){tag->name, tag->type, next_number(u), false};
}

static void take_tags(struct update *u, const struct profile *p)
{
	for (size_t r = 0; r < p->n_readings; r++)
		for (size_t t = 0; t < p->readings[r].n_tags; t++)
			take_tag(u, &p->readings[r].tags[t].declared);
}

static void take_lock(struct update *u, const struct profile *p)
{
	for (size_t i = 0; p->lock && i < p->lock->n; i++) {
		u->rows = xreallocarray(u->rows, u->n + 1, sizeof(*u->rows));
		u->rows[u->n] = p->lock->rows[i];
		u->rows[u->n].is_removed = !has_tag(p, &p->lock->rows[i]);
		if (u->rows[u->n++].number >= u->next)
			u->next = p->lock->rows[i].number + 1;
	}
	if (u->next >= PROTOBUFS_FIRST && u->next <= PROTOBUFS_LAST)
		u->next = PROTOBUFS_LAST + 1;
}

static int by_number(const void *a, const void *b)
{
	const struct lock_row *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* All types that a tag has, behind the first of its rows. */
static void print_field(const struct update *u, size_t first, struct conf_node *fields)
{
	const char *tag = u->rows[first].tag;
	struct buf text = {0};

	for (size_t i = 0; i < u->n; i++) {
		const struct lock_row *row = &u->rows[i];

		if (row->is_removed || strcmp(row->tag, tag) != 0)
			continue;
		if (i < first) {
			buf_fini(&text);
			return;
		}
		buf_addf(&text, "%s%u %s", text.len ? ", " : "", row->number,
			 type_words[row->type]);
	}
	conf_add(fields, CONF_SCALAR, tag, buf_str(&text), text.len);
	buf_fini(&text);
}

static void print_rows(const struct update *u, struct conf_node *root)
{
	struct conf_node *fields = conf_add(root, CONF_MAP, "fields", NULL, 0), *removed = NULL;

	for (size_t i = 0; i < u->n; i++) {
		const struct lock_row *row = &u->rows[i];
		char key[16], text[2 * MAX_WORD];

		if (!row->is_removed) {
			print_field(u, i, fields);
			continue;
		}
		if (!removed)
			removed = conf_add(root, CONF_MAP, "removed", NULL, 0);
		snprintf(key, sizeof key, "%u", row->number);
		snprintf(text, sizeof text, "%s %s", row->tag, type_words[row->type]);
		conf_add(removed, CONF_SCALAR, key, text, strlen(text));
	}
}

void profile_lock_text(const struct profile *p, struct buf *out)
{
	struct conf_node *root = conf_new_map("lock");
	char *package = p->lock ? xstrdup(p->lock->package) : package_of(p->root->file);
	struct update u = {.next = 1};

	take_lock(&u, p);
	for (size_t i = 0; family(p, i); i++)
		take_tags(&u, family(p, i));
	if (u.n)
		qsort(u.rows, u.n, sizeof(*u.rows), by_number);
	conf_add(root, CONF_SCALAR, "lock", "1", 1);
	conf_add(root, CONF_SCALAR, "package", package, strlen(package));
	print_rows(&u, root);
	buf_add_str(out,
		    "# Field numbers of the messages that this profile gives: dragoman-profile(5). "
		    "Written by dragoman profile lock.\n");
	conf_print_node(root, 0, out);
	conf_free(&root);
	free(package);
	free(u.rows);
}
