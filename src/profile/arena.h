/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as the profile. */
#ifndef PROFILE_ARENA_H
#define PROFILE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
	struct arena_block *blocks;
};
void *arena_alloc(struct arena *arena, size_t size); /* zeroed */
void *arena_copy(struct arena *arena, const void *bytes, size_t len);
char *arena_str(struct arena *arena, const char *text, size_t len);
void arena_fini(struct arena *arena);

#endif
