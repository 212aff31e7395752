/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a profile's file by its name. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "profile/profile.h"

enum { MAX_KNOWN = 4096 };

struct known {
	char *names[MAX_KNOWN];
	size_t n;
};

static void add_dir(struct known *known, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".yaml") && known->n < MAX_KNOWN)
			known->names[known->n++] = xstrndup(e->d_name, len - 5);
	}
	if (dir)
		closedir(dir);
}

static void not_found(const char *name, const struct conf_texts *dirs, struct err *err)
{
	struct known *known = xcalloc(1, sizeof(*known));
	struct buf where = {0};
	const char *nearest;

	for (size_t i = 0; i < dirs->n; i++) {
		add_dir(known, dirs->list[i]);
		buf_addf(&where, "%s%s", i ? ", " : "", dirs->list[i]);
	}
	nearest = conf_nearest(name, (const char *const *)known->names, known->n);
	if (nearest)
		err_set(err, "no profile %s; did you mean %s?", name, nearest);
	else
		err_set(err, "no profile %s (%s.yaml) in %s", name, name,
			dirs->n ? buf_str(&where) : "any directory, for none is set");
	buf_fini(&where);
	for (size_t i = 0; i < known->n; i++)
		free(known->names[i]);
	free(known);
}

char *profile_find(const char *name, const struct conf_texts *dirs, struct err *err)
{
	size_t len = strlen(name);

	if (strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".yaml")))
		return xstrdup(name);
	for (size_t i = 0; i < dirs->n; i++) {
		char *path = xasprintf("%s/%s.yaml", dirs->list[i], name);

		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	not_found(name, dirs, err);
	return NULL;
}
