/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what the files of the library say of themselves; see library.h. */
#include "cli/library.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/profile.h"

const char *library_proof_name(enum library_proof proof)
{
	static const char *const names[LIBRARY_PROOFS] = {"manual", "capture", "implementation"};

	return names[proof];
}

/* A text or a list of texts. */
static void add_texts(struct buf *out, const struct conf_node *node)
{
	if (!node)
		return;
	if (node->kind == CONF_SCALAR)
		buf_addf(out, "%s%s", out->len ? ", " : "", node->text);
	for (const struct conf_node *n = node->first; n; n = n->next)
		if (n->kind == CONF_SCALAR)
			buf_addf(out, "%s%s", out->len ? ", " : "", n->text);
}

static char *texts_of(const struct conf_node *map, const char *key)
{
	struct buf texts = {0};
	char *out;

	add_texts(&texts, conf_get(map, key));
	out = xstrdup(buf_str(&texts));
	buf_fini(&texts);
	return out;
}

/* One of the words that a key may have; the first one if the file does not say. */
static const char *choice_of(const struct conf_node *map, const char *key,
			     const char *const *choices)
{
	const struct conf_node *node = conf_get(map, key);

	for (size_t i = 0; node && node->kind == CONF_SCALAR && choices[i]; i++)
		if (!strcmp(node->text, choices[i]))
			return choices[i];
	return choices[0];
}

/* The family and its variants: who makes them, and what they are called. */
static void add_identity(struct library_entry *e, const struct conf_node *map, struct buf *models)
{
	static const char *const keys[] = {"title", "maker", "models"};

	for (size_t i = 0; i < 3; i++)
		add_texts(&e->haystack, conf_get(map, keys[i]));
	add_texts(models, conf_get(map, "models"));
}

void library_count_tests(const struct conf_node *tests, size_t n[LIBRARY_PROOFS])
{
	memset(n, 0, LIBRARY_PROOFS * sizeof *n);
	for (const struct conf_node *t = tests ? tests->first : NULL; t; t = t->next)
		for (int k = 0; k < LIBRARY_PROOFS; k++)
			n[k] += conf_get(conf_get(t, "source"), library_proof_name(k)) != NULL;
}

static void fill_entry(struct library_entry *e, const struct conf_node *root)
{
	const struct conf_node *variants = conf_get(root, "variants");
	struct buf models = {0};

	e->title = texts_of(root, "title");
	e->maker = texts_of(root, "maker");
	e->omits = texts_of(root, "omits");
	e->note = texts_of(conf_get(root, "source"), "note");
	e->category = choice_of(root, "category", profile_categories);
	e->maturity = choice_of(root, "maturity", profile_maturities);
	buf_addf(&e->haystack, "%s, %s", e->name, e->category);
	add_identity(e, root, &models);
	for (const struct conf_node *v = variants ? variants->first : NULL; v; v = v->next) {
		buf_addf(&e->haystack, ", %s", v->key ? v->key : "");
		add_identity(e, v, &models);
	}
	e->models = xstrdup(buf_str(&models));
	buf_fini(&models);
	library_count_tests(conf_get(root, "tests"), e->tests);
}

static bool has(const struct library *library, const char *name, size_t len)
{
	for (size_t i = 0; i < library->n; i++)
		if (!strncmp(library->entries[i].name, name, len) && !library->entries[i].name[len])
			return true;
	return false;
}

static void read_file(struct library *library, const char *dir, const char *file)
{
	size_t len = strlen(file);
	struct conf_errors errors = {0};
	struct conf_node *root;
	struct library_entry e = {0};

	if (len <= 5 || strcmp(file + len - 5, ".yaml") != 0 || has(library, file, len - 5))
		return;
	e.path = xasprintf("%s/%s", dir, file);
	root = conf_load(e.path, &errors);
	if (root && conf_get(root, "profile")) {
		e.name = xstrndup(file, len - 5);
		fill_entry(&e, root);
		library->entries =
			xreallocarray(library->entries, library->n + 1, sizeof *library->entries);
		library->entries[library->n++] = e;
	} else {
		free(e.path);
	}
	conf_free(&root);
	conf_errors_fini(&errors);
}

void library_read(struct library *library, const struct conf_texts *dirs)
{
	*library = (struct library){0};
	for (size_t i = 0; i < dirs->n; i++) {
		struct dirent **list;
		int n = scandir(dirs->list[i], &list, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			read_file(library, dirs->list[i], list[k]->d_name);
			free(list[k]);
		}
		if (n >= 0)
			free(list);
	}
}

void library_fini(struct library *library)
{
	for (size_t i = 0; i < library->n; i++) {
		struct library_entry *e = &library->entries[i];

		free(e->name);
		free(e->path);
		free(e->title);
		free(e->maker);
		free(e->models);
		free(e->omits);
		free(e->note);
		buf_fini(&e->haystack);
	}
	free(library->entries);
}
