/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's configuration from its files: the main one, and channels.d/ beside it. What holds across
 * files is checked here: names of channels and of devices are each given once.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "base/pattern.h"
#include "base/xalloc.h"
#include "conf/config.h"

/* ---- channels.d ---- */

static bool is_yaml(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && *name != '.' && !strcmp(name + len - 5, ".yaml");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of the files in dir, in order of names. A directory that is not there has none. */
static struct conf_texts list_files(const char *dir, struct conf_errors *errors)
{
	struct conf_texts files = {0};
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d && errno != ENOENT)
		conf_error_at(errors, dir, 0, 0, "%s", strerror(errno));
	while (d && (e = readdir(d))) {
		if (!is_yaml(e->d_name))
			continue;
		files.list = xreallocarray(files.list, files.n + 1, sizeof *files.list);
		files.list[files.n++] = xasprintf("%s/%s", dir, e->d_name);
	}
	if (d)
		closedir(d);
	if (files.n)
		qsort(files.list, files.n, sizeof *files.list, by_name);
	return files;
}

static char *channels_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xasprintf("%.*s/channels.d", (int)(slash - path), path)
		     : xstrdup("channels.d");
}

static void keep(struct config_files *files, struct conf_node *root)
{
	files->roots = xreallocarray(files->roots, files->n + 1, sizeof(struct conf_node *));
	files->roots[files->n++] = root;
}

/* One file of channels.d: what stands behind `channels:` in the main one. */
static void load_channels(const char *path, struct config *config, struct config_files *files,
			  struct conf_errors *errors)
{
	const struct conf_row row = {
		.key = "channels", .type = CONF_EACH, .schema = &config_channel_schema};
	struct conf_node *root = conf_load(path, errors);
	struct conf_each *all = &config->channels, more = {0};

	if (!root)
		return;
	keep(files, root);
	conf_read_value(&row, root, &more, errors);
	all->list = xreallocarray(all->list, all->n + more.n + 1, sizeof *all->list);
	for (size_t i = 0; i < more.n; i++)
		all->list[all->n++] = more.list[i];
	free(more.list);
}

/* ---- across files ---- */

struct seen {
	const char *name;
	const struct conf_node *node;
	UT_hash_handle hh;
};

static void check_once(struct seen **all, const char *what, const struct conf_item *item,
		       struct conf_errors *errors)
{
	struct seen *seen;

	HASH_FIND_STR(*all, item->name, seen);
	if (seen) {
		conf_error_key(errors, item->node, "%s \"%s\" is there already, at %s:%d:%d", what,
			       item->name, seen->node->file, seen->node->key_line,
			       seen->node->key_column);
		return;
	}
	seen = xcalloc(1, sizeof *seen);
	seen->name = item->name;
	seen->node = item->node;
	HASH_ADD_KEYPTR(hh, *all, seen->name, strlen(seen->name), seen);
}

static void forget(struct seen **all)
{
	struct seen *seen, *following;

	HASH_ITER (hh, *all, seen, following) {
		HASH_DEL(*all, seen);
		free(seen);
	}
}

static void check_names(const struct config *config, struct conf_errors *errors)
{
	struct seen *channels = NULL, *devices = NULL;

	for (size_t i = 0; i < config->channels.n; i++) {
		const struct config_channel *channel = config->channels.list[i];

		check_once(&channels, "channel", &channel->item, errors);
		for (size_t k = 0; k < channel->devices.n; k++)
			check_once(&devices, "device", channel->devices.list[k], errors);
	}
	/* Channels publish under their own names. */
	for (size_t i = 0; i < config->publishers.n; i++)
		check_once(&channels, "channel or publisher", config->publishers.list[i], errors);
	forget(&channels);
	forget(&devices);
}

/* ---- what depends on something else ---- */

/* The machine's name up to its first point, as far as it can be a name. */
static char *machine_name(void)
{
	char name[NAME_MAX_LEN + 1] = "";

	if (gethostname(name, sizeof name - 1) < 0)
		return xstrdup("gateway");
	name[strcspn(name, ".")] = '\0';
	return xstrdup(name_problem(name, false) ? "gateway" : name);
}

static void complete(struct config *config)
{
	if (!config->gateway)
		config->gateway = machine_name();
	for (size_t i = 0; i < config->channels.n; i++) {
		struct config_channel *channel = config->channels.list[i];

		if (!conf_get(channel->item.node, "log"))
			channel->log = config->log;
		for (size_t k = 0; k < channel->devices.n; k++) {
			struct config_device *device = channel->devices.list[k];

			if (!device->adapter && (device->profile || device->definition))
				device->adapter = xstrdup("profile");
		}
	}
}

static int finish(struct config *config, size_t n_errors_before, struct conf_errors *errors)
{
	complete(config);
	check_names(config, errors);
	return errors->n_errors == n_errors_before ? 0 : -1;
}

int config_load(const char *path, struct config *config, struct config_files *files,
		struct conf_errors *errors)
{
	char *dir = channels_dir(path);
	size_t before = errors->n_errors;
	struct conf_texts more = list_files(dir, errors);
	struct conf_node *root = conf_load(path, errors);

	if (root) {
		keep(files, root);
		conf_read(&config_schema, root, config, errors);
	}
	for (size_t i = 0; i < more.n; i++) {
		load_channels(more.list[i], config, files, errors);
		free(more.list[i]);
	}
	free(more.list);
	free(dir);
	return finish(config, before, errors);
}

int config_parse(const char *file, const char *text, size_t len, struct config *config,
		 struct config_files *files, struct conf_errors *errors)
{
	size_t before = errors->n_errors;
	struct conf_node *root = conf_parse(file, text, len, errors);

	if (root) {
		keep(files, root);
		conf_read(&config_schema, root, config, errors);
	}
	return finish(config, before, errors);
}

void config_fini(struct config *config, struct config_files *files)
{
	conf_fini(&config_schema, config);
	for (size_t i = 0; i < files->n; i++)
		conf_free(&files->roots[i]);
	free(files->roots);
	*files = (struct config_files){0};
}
