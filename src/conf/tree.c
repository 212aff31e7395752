/* SPDX-License-Identifier: Apache-2.0 */
/* The tree: nodes and their texts live in chunks of memory that go all at once. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "conf/conf.h"

enum { CHUNK_FIRST = 2048, CHUNK_MOST = 65536, ALIGNMENT = sizeof(void *) };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

/* Names of files, of which a tree has one or a few. */
struct file_name {
	struct file_name *next;
	char name[];
};

struct conf_tree {
	struct chunk *chunks; /* the one that is being filled comes first */
	struct file_name *files;
};

static struct chunk *chunk_new(struct chunk *before, size_t need)
{
	size_t size = before ? before->size * 2 : CHUNK_FIRST;
	struct chunk *chunk;

	if (size > CHUNK_MOST)
		size = CHUNK_MOST;
	if (size < need)
		size = need;
	chunk = xmalloc(sizeof *chunk + size);
	chunk->next = before;
	chunk->used = 0;
	chunk->size = size;
	return chunk;
}

static void *tree_alloc(struct conf_tree *tree, size_t size)
{
	void *p;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!tree->chunks || tree->chunks->size - tree->chunks->used < size)
		tree->chunks = chunk_new(tree->chunks, size);
	p = tree->chunks->bytes + tree->chunks->used;
	tree->chunks->used += size;
	return p;
}

static const char *tree_text(struct conf_tree *tree, const char *text, size_t len)
{
	char *copy = tree_alloc(tree, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static const char *tree_file(struct conf_tree *tree, const char *name)
{
	size_t len = strlen(name);
	struct file_name *file;

	for (file = tree->files; file; file = file->next)
		if (!strcmp(file->name, name))
			return file->name;
	file = tree_alloc(tree, sizeof *file + len + 1);
	memcpy(file->name, name, len + 1);
	file->next = tree->files;
	tree->files = file;
	return file->name;
}

static struct conf_node *node_new(struct conf_tree *tree, enum conf_node_kind kind,
				  const char *file)
{
	struct conf_node *node = tree_alloc(tree, sizeof *node);

	*node = (struct conf_node){
		.kind = kind, .tree = tree, .file = tree_file(tree, file), .text = ""};
	return node;
}

struct conf_node *conf_new(const char *file, enum conf_node_kind kind, const char *text, size_t len)
{
	struct conf_node *node = node_new(xcalloc(1, sizeof(struct conf_tree)), kind, file);

	node->text = tree_text(node->tree, text ? text : "", text ? len : 0);
	node->text_len = text ? len : 0;
	return node;
}

struct conf_node *conf_new_map(const char *file)
{
	return conf_new(file, CONF_MAP, NULL, 0);
}

void conf_free(struct conf_node **root)
{
	struct conf_tree *tree;

	if (!*root)
		return;
	must(!(*root)->parent);
	tree = (*root)->tree;
	while (tree->chunks) {
		struct chunk *chunk = tree->chunks;

		tree->chunks = chunk->next;
		free(chunk);
	}
	free(tree);
	*root = NULL;
}

struct conf_node *conf_add(struct conf_node *parent, enum conf_node_kind kind, const char *key,
			   const char *text, size_t len)
{
	struct conf_node *node = node_new(parent->tree, kind, parent->file);

	must(parent->kind != CONF_SCALAR && (parent->kind == CONF_MAP) == (key != NULL));
	node->parent = parent;
	if (key)
		node->key = tree_text(node->tree, key, strlen(key));
	if (text) {
		node->text = tree_text(node->tree, text, len);
		node->text_len = len;
	}
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
	return node;
}

struct conf_node *conf_add_text(struct conf_node *parent, const char *key, const char *text)
{
	struct conf_node *node = conf_add(parent, CONF_SCALAR, key, text, strlen(text));

	node->quoted = true;
	return node;
}

/* The node without its children. */
static struct conf_node *add_bare_copy(struct conf_node *parent, const char *key,
				       const struct conf_node *node)
{
	struct conf_node *copy = conf_add(parent, node->kind, key, node->text, node->text_len);

	copy->file = tree_file(copy->tree, node->file);
	copy->line = node->line;
	copy->column = node->column;
	copy->key_line = node->key_line;
	copy->key_column = node->key_column;
	copy->quoted = node->quoted;
	return copy;
}

struct conf_node *conf_add_copy(struct conf_node *parent, const char *key,
				const struct conf_node *node)
{
	struct conf_node *copy = add_bare_copy(parent, key, node);

	for (const struct conf_node *child = node->first; child; child = child->next)
		conf_add_copy(copy, child->key, child);
	return copy;
}

struct conf_node *conf_add_merged(struct conf_node *parent, const char *key,
				  const struct conf_node *node, const struct conf_node *over)
{
	struct conf_node *map;

	if (over && conf_is_nothing(over))
		return NULL;
	if (!over || over->kind != CONF_MAP || node->kind != CONF_MAP)
		return conf_add_copy(parent, key, over ? over : node);
	map = add_bare_copy(parent, key, node);
	for (const struct conf_node *child = node->first; child; child = child->next)
		conf_add_merged(map, child->key, child, conf_get(over, child->key));
	for (const struct conf_node *child = over->first; child; child = child->next)
		if (!conf_get(node, child->key) && !conf_is_nothing(child))
			conf_add_copy(map, child->key, child);
	return map;
}

const struct conf_node *conf_get(const struct conf_node *map, const char *key)
{
	if (!map || map->kind != CONF_MAP)
		return NULL;
	for (const struct conf_node *child = map->first; child; child = child->next)
		if (!strcmp(child->key, key))
			return child;
	return NULL;
}

bool conf_is_nothing(const struct conf_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (node->kind != CONF_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(node->text, words[i]) && node->text_len == strlen(words[i]))
			return true;
	return false;
}
