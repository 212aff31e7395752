/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up what a line does not need; see confine.h. */
#include "channel/confine.h"

#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "sandbox/files.h"
#include "transport/transport.h"

enum { DIRS_MOST = 3 };

struct dirs {
	const char *list[DIRS_MOST];
	char *paths[DIRS_MOST]; /* what the list points into */
	size_t n;
};

static bool has_adapter_that_blocks(const struct line *line)
{
	size_t n;
	struct device *const *devices = line_devices(line, &n);

	for (size_t i = 0; i < n; i++)
		if (devices[i]->adapter->flags & DRAGOMAN_BLOCKING)
			return true;
	return false;
}

/* The directory of a file that may be made; if that is yet to be made too, the nearest one above. */
static void add_dir_of(struct dirs *dirs, const char *path)
{
	char *copy = xstrdup(path), *dir = dirname(copy);

	while (access(dir, F_OK) < 0 && strcmp(dir, "/") != 0 && strcmp(dir, ".") != 0)
		dir = dirname(dir);
	dirs->paths[dirs->n] = copy;
	dirs->list[dirs->n++] = dir;
}

static void dirs_fini(struct dirs *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		free(dirs->paths[i]);
}

void confine(const struct config_channel *config, const struct line *line)
{
	const struct transport *transport = line_transport(line);
	struct dirs dirs = {.list = {"/dev"}, .n = 1};
	const char *made = transport_makes(transport);
	struct err err;
	int confined;

	if (transport_runs_program(transport) || has_adapter_that_blocks(line))
		return;
	if (config->capture)
		add_dir_of(&dirs, config->capture);
	if (made)
		add_dir_of(&dirs, made);
	confined = files_write_only_beneath(dirs.list, dirs.n, &err);
	if (confined < 0)
		log_warning("%s; going on with what the permissions of files allow", err.text);
	else
		log_debug(confined ? "nothing but the line and its recording can be written"
				   : "this kernel has no Landlock; files have their permissions");
	dirs_fini(&dirs);
}
