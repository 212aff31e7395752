/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once; see arena.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"

enum { BLOCK_SIZE = 4096 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) uint8_t bytes[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *b = arena->blocks;
	size_t need = (size + 15) & ~(size_t)15;
	void *p;

	if (!b || b->size - b->used < need) {
		size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;

		b = xcalloc(1, sizeof(*b) + room);
		b->size = room;
		b->next = arena->blocks;
		arena->blocks = b;
	}
	p = b->bytes + b->used;
	b->used += need;
	return p;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t len)
{
	void *p = arena_alloc(arena, len ? len : 1);

	if (len)
		memcpy(p, bytes, len);
	return p;
}

char *arena_str(struct arena *arena, const char *text, size_t len)
{
	char *p = arena_alloc(arena, len + 1);

	memcpy(p, text, len);
	return p;
}

void arena_fini(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
