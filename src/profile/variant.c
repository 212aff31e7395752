/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `variants:` and `identify:` of a profile. A variant is the profile's tree with its own entries merged over
 * it, compiled like any other; the device's configuration chooses one, or the answer to a request does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/exchange.h"
#include "profile/load.h"
#include "profile/profile.h"
#include "profile/program.h"

/* What a variant cannot have of its own. */
static const char *const common_keys[] = {"profile", "variants", "identify", "tests",
					  "lock",    "variant",  "family"};
enum { N_COMMON = sizeof common_keys / sizeof common_keys[0], MAX_VARIANTS = 256 };

static bool is_common(const char *key)
{
	for (size_t i = 0; i < N_COMMON; i++)
		if (!strcmp(common_keys[i], key))
			return true;
	return false;
}

/* The profile's tree as the variant has it. */
static struct conf_node *merge(const struct conf_node *root, const struct conf_node *variant)
{
	struct conf_node *tree = conf_new_map(root->file);

	for (const struct conf_node *n = root->first; n; n = n->next)
		if (strcmp(n->key, "variants") != 0 && strcmp(n->key, "identify") != 0)
			conf_add_merged(tree, n->key, n, conf_get(variant, n->key));
	for (const struct conf_node *n = variant->first; n; n = n->next)
		if (!conf_get(root, n->key))
			conf_add_copy(tree, n->key, n);
	conf_add_text(tree, "variant", variant->key);
	return tree;
}

/* ---------------------------------------------------------------------------------------------
 * The loader
 */

static void check_own(struct loader *l, const struct conf_node *node)
{
	for (const struct conf_node *n = node->first; n; n = n->next)
		if (is_common(n->key))
			conf_error_key(l->errors, n, "a variant has no %s of its own%s", n->key,
				       strcmp(n->key, "tests") ? "" : "; say variant: in a test");
}

/* Its warnings are those of the profile. */
static struct profile *compile(struct loader *l, const struct conf_node *node)
{
	struct conf_node *tree = merge(l->profile->root, node);
	struct conf_errors errors = {0};
	struct profile *p = profile_compile(tree, &errors);

	for (size_t i = 0; i < errors.n; i++)
		if (!errors.list[i].is_warning)
			conf_error_at(l->errors, errors.list[i].file, errors.list[i].line,
				      errors.list[i].column, "as the variant %s: %s", node->key,
				      errors.list[i].text);
	conf_errors_fini(&errors);
	if (p)
		p->own_root = tree;
	else
		conf_free(&tree);
	return p;
}

void load_variants(struct loader *l, const struct conf_node *section)
{
	struct profile *p = l->profile;

	if (!load_is_section(l, section))
		return;
	if (section->n > MAX_VARIANTS) {
		conf_error(l->errors, section, "more than %d variants", MAX_VARIANTS);
		return;
	}
	p->variants = arena_alloc(&p->arena, section->n * sizeof(*p->variants));
	for (const struct conf_node *n = section->first; n; n = n->next) {
		struct profile *variant = NULL;

		load_check_name(l, n);
		if (load_is_section(l, n)) {
			check_own(l, n);
			variant = compile(l, n);
		}
		if (variant)
			p->variants[p->n_variants++] = variant;
	}
}

struct identify_source {
	struct conf_item item;
	char *request, *tag;
	const struct conf_node *variants;
};

static const struct conf_row identify_rows[] = {
	{.key = "request",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct identify_source, request),
	 .flags = CONF_REQUIRED,
	 .help = "the request that is sent first"},
	{.key = "tag",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct identify_source, tag),
	 .flags = CONF_REQUIRED,
	 .help = "the tag of its answer that says which variant it is"},
	{.key = "variants",
	 .type = CONF_ANY,
	 .offset = offsetof(struct identify_source, variants),
	 .flags = CONF_REQUIRED,
	 .help = "its value, perhaps only how that begins (\"DS*\"), to a variant; \"default\""},
	{.key = NULL},
};

const struct conf_schema profile_identify_schema = {"identify", identify_rows,
						    sizeof(struct identify_source), NULL};

const struct profile *profile_variant(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_variants; i++)
		if (!strcmp(p->variants[i]->variant, name))
			return p->variants[i];
	return NULL;
}

static void say_unknown(const struct conf_node *variants, const struct conf_node *place,
			const char *name, struct conf_errors *errors)
{
	const char *known[MAX_VARIANTS], *nearest;
	size_t n = 0;

	for (const struct conf_node *v = variants ? variants->first : NULL; v; v = v->next)
		if (n < MAX_VARIANTS && v->key)
			known[n++] = v->key;
	nearest = conf_nearest(name, known, n);
	conf_error(errors, place, "the profile has no variant %s%s%s%s", name,
		   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* Which line there is has to be known before anything is asked. */
static void load_row(struct loader *l, const struct conf_node *node, struct identified *out)
{
	const struct conf_node *variants = conf_get(l->profile->root, "variants");
	const struct conf_node *own;
	size_t len = strlen(node->key);

	if (node->kind != CONF_SCALAR) {
		conf_error(l->errors, node, "expected the name of a variant");
		return;
	}
	out->is_default = !strcmp(node->key, "default");
	out->is_prefix = len && node->key[len - 1] == '*';
	out->text = node->key;
	out->len = out->is_prefix ? len - 1 : len;
	out->variant = profile_variant(l->profile, node->text);
	own = conf_get(variants, node->text);
	if (!own)
		say_unknown(variants, node, node->text, l->errors);
	else if (conf_get(own, "line") || conf_get(own, "link"))
		conf_error(l->errors, node,
			   "the variant %s has a line or link of its own, and so cannot be found "
			   "by asking",
			   node->text);
}

static bool gives_tag(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->n_replies; i++)
		for (size_t t = 0; r->replies[i]->reading && t < r->replies[i]->reading->n_tags;
		     t++)
			if (!strcmp(r->replies[i]->reading->tags[t].declared.name, name))
				return true;
	return false;
}

void load_identify(struct loader *l, const struct conf_node *section)
{
	struct identify_source s = {0};
	struct arena *arena = &l->profile->arena;
	struct identify *out = arena_alloc(arena, sizeof(*out));

	if (!section)
		return;
	if (conf_read(&profile_identify_schema, section, &s, l->errors) == 0 &&
	    load_is_section(l, s.variants)) {
		out->request = load_find_request(l, conf_get(section, "request"), s.request);
		out->tag = load_keep(l, s.tag);
		if (out->request && !gives_tag(out->request, s.tag))
			conf_error(l->errors, conf_get(section, "tag"),
				   "the request %s gives no tag %s", s.request, s.tag);
		out->rows = arena_alloc(arena, s.variants->n * sizeof(*out->rows));
		for (const struct conf_node *n = s.variants->first; n; n = n->next)
			load_row(l, n, &out->rows[out->n++]);
		l->profile->identify = out;
	}
	conf_fini(&profile_identify_schema, &s);
}

/* ---------------------------------------------------------------------------------------------
 * Choosing one
 */

const struct profile *identify_variant(const struct profile *p, const char *text, size_t len)
{
	const struct identify *identify = p->identify;
	const struct profile *fallback = p;

	for (size_t i = 0; i < identify->n; i++) {
		const struct identified *row = &identify->rows[i];

		if (row->is_default)
			fallback = row->variant;
		else if (row->is_prefix ? len >= row->len && !memcmp(text, row->text, row->len)
					: len == row->len && !memcmp(text, row->text, len))
			return row->variant;
	}
	return fallback;
}

static bool is_one_of(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key) != 0)
		keys++;
	return *keys;
}

struct conf_node *load_without(const struct conf_node *root, const char *const *keys)
{
	struct conf_node *tree = conf_new_map(root->file);

	for (const struct conf_node *n = root->first; n; n = n->next)
		if (!is_one_of(n->key, keys))
			conf_add_copy(tree, n->key, n);
	return tree;
}

/* The profile with all of its variants, for those who have to know what the others are like. */
static void add_family(struct conf_node *tree, const struct conf_node *root)
{
	struct conf_node *family = load_without(root, (const char *const[]){"tests", NULL});

	conf_add_copy(tree, "family", family);
	conf_free(&family);
}

int profile_choose(struct conf_node **root, const struct conf_node *name, bool with_family,
		   struct conf_errors *errors)
{
	const struct conf_node *variants = conf_get(*root, "variants");
	const struct conf_node *variant;
	struct conf_node *tree;

	if (!name || name->kind != CONF_SCALAR || !strcmp(name->text, "auto"))
		return 0;
	variant = conf_get(variants, name->text);
	if (!variant || variant->kind != CONF_MAP) {
		say_unknown(variants, name, name->text, errors);
		return -1;
	}
	tree = merge(*root, variant);
	if (with_family)
		add_family(tree, *root);
	conf_free(root);
	*root = tree;
	return 0;
}
