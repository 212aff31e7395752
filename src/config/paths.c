/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in a configuration; see paths.h. */
#include "config/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

char *path_beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || !slash)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - file), file, path);
}

bool path_is_file(const char *text)
{
	size_t len = strlen(text);

	return strchr(text, '/') || (len > 5 && !strcmp(text + len - 5, ".yaml"));
}

void paths_resolve(struct conf_texts *out, const struct conf_texts *dirs, const char *file,
		   const char *builtin)
{
	out->list = xcalloc(dirs->n + 1, sizeof *out->list);
	for (out->n = 0; out->n < dirs->n; out->n++)
		out->list[out->n] = path_beside(file, dirs->list[out->n]);
	out->list[out->n++] = xstrdup(builtin);
}

void paths_free(struct conf_texts *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		free(dirs->list[i]);
	free(dirs->list);
	*dirs = (struct conf_texts){0};
}
