/* SPDX-License-Identifier: Apache-2.0 */
/* See library.h. */
#include "library.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"

static struct conf_node *load_one(const char *dir, const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/%s/%s", top ? top : ".", dir, name);
	struct conf_errors errors = {0};
	struct conf_node *root = conf_load(path, &errors);

	must(root);
	conf_errors_fini(&errors);
	free(path);
	return root;
}

static int is_profile(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && !strcmp(entry->d_name + len - 5, ".yaml");
}

size_t library_load(struct conf_node *roots[LIBRARY_MAX])
{
	static const char shipped[] = "adapters/profiles",
			  corpus[] = "tests/fuzz/corpus/profile_load";
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/%s", top ? top : ".", shipped);
	struct dirent **list;
	int n = scandir(path, &list, is_profile, alphasort);
	size_t loaded = 0;

	must(n > 0 && n + 2 <= LIBRARY_MAX);
	roots[loaded++] = load_one(corpus, "parts.yaml");
	roots[loaded++] = load_one(corpus, "talks.yaml");
	for (int i = 0; i < n; i++) {
		roots[loaded++] = load_one(shipped, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	free(path);
	return loaded;
}
