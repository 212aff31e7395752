/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds adapters by name and refuses those that do not fit, with a text that says what to do. A plugin
 * is code that runs with our rights: the directories come from the configuration, never from a name.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/host.h"
#include "adapter/raw.h"
#include "base/buf.h"
#include "base/must.h"
#include "base/xalloc.h"

enum {
	BUILTINS_MAX = 8,
	NAME_LEN_MAX = 64,
	/* Of ABI 1 as it first was. A descriptor may be longer: it is newer, and still ABI 1. */
	DESCRIPTOR_SIZE_MIN = offsetof(struct dragoman_adapter, work) + sizeof(void *),
	KNOWN_FLAGS = DRAGOMAN_BLOCKING,
};

static const struct dragoman_adapter *builtins[BUILTINS_MAX] = {&raw_adapter};

/* ---------------------------------------------------------------------------------------------
 * What a descriptor must keep to
 */

static bool is_adapter_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len < NAME_LEN_MAX && !name[len] && *name != '-';
}

static const char *option_problem(const struct dragoman_option *option)
{
	if (option->type > DRAGOMAN_OPTION_TREE)
		return "has an option of an unknown type";
	if (option->type == DRAGOMAN_OPTION_CHOICE && (!option->choices || !option->choices[0]))
		return "has a choice option without choices";
	if (option->required && option->fallback)
		return "has a required option with a fallback";
	return option->minimum > option->maximum
		       ? "has an option whose minimum is above its maximum"
		       : NULL;
}

/* What is wrong with a descriptor whose abi and size are right, or NULL. */
static const char *descriptor_problem(const struct dragoman_adapter *adapter)
{
	bool blocking = adapter->flags & DRAGOMAN_BLOCKING;
	const char *problem = NULL;

	if (!adapter->name || !is_adapter_name(adapter->name))
		return "has a name that is not made of a to z, 0 to 9 and '-'";
	if (!adapter->title || !adapter->version)
		return "has no title or no version";
	if (!adapter->create || !adapter->destroy || !adapter->frame)
		return "lacks create, destroy or frame";
	if (adapter->maturity > DRAGOMAN_PROVEN)
		return "has an unknown maturity";
	if (adapter->flags & ~(uint32_t)KNOWN_FLAGS)
		return "has a flag that this host does not know";
	if (blocking && !adapter->max_call_ms)
		return "may block and does not say how long (max_call_ms)";
	if (adapter->work && !blocking)
		return "has work() and is not DRAGOMAN_BLOCKING";
	for (const struct dragoman_option *o = adapter->options; o && o->key && !problem; o++)
		problem = option_problem(o);
	return problem;
}

static int check(const struct dragoman_adapter *adapter, const char *path, const char *name,
		 struct err *err)
{
	const char *problem;

	if (adapter->abi != DRAGOMAN_ABI)
		return err_set(err,
			       "%s: needs adapter ABI %u, this is dragoman with ABI %u; build it "
			       "again with this dragoman's <dragoman/adapter.h>",
			       path, (unsigned)adapter->abi, DRAGOMAN_ABI);
	if (adapter->size < DESCRIPTOR_SIZE_MIN)
		return err_set(err,
			       "%s: its descriptor has %u bytes, one of ABI %u has %zu or more; "
			       "size is sizeof(struct dragoman_adapter)",
			       path, (unsigned)adapter->size, DRAGOMAN_ABI,
			       (size_t)DESCRIPTOR_SIZE_MIN);
	problem = descriptor_problem(adapter);
	if (problem)
		return err_set(err, "%s: the adapter %s", path, problem);
	if (strcmp(adapter->name, name) != 0)
		return err_set(err,
			       "%s: the adapter in it is named \"%s\"; file and adapter have the "
			       "same name",
			       path, adapter->name);
	return 0;
}

/* ---------------------------------------------------------------------------------------------
 * Looking
 */

void adapter_add_builtin(const struct dragoman_adapter *adapter)
{
	size_t i = 0;

	must(adapter->abi == DRAGOMAN_ABI && !descriptor_problem(adapter));
	while (i < BUILTINS_MAX && builtins[i] && builtins[i] != adapter)
		i++;
	must(i < BUILTINS_MAX);
	builtins[i] = adapter;
}

static const struct dragoman_adapter *load(const char *path, const char *name, struct err *err)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct dragoman_adapter *adapter;

	if (!object) {
		err_set(err, "cannot load the adapter: %s", dlerror());
		return NULL;
	}
	adapter = dlsym(object, "dragoman_adapter");
	if (!adapter)
		err_set(err, "%s: has no symbol dragoman_adapter, so there is no adapter in it",
			path);
	else if (check(adapter, path, name, err) == 0)
		return adapter;
	dlclose(object);
	return NULL;
}

/* The adapter in NAME.so of the first directory that has one. *is_there_out says whether one had. */
static const struct dragoman_adapter *look(const char *name, const struct conf_texts *dirs,
					   bool *is_there_out, struct err *err)
{
	const struct dragoman_adapter *adapter = NULL;

	*is_there_out = false;
	for (size_t i = 0; dirs && i < dirs->n && !*is_there_out; i++) {
		char *path = xasprintf("%s/%s.so", dirs->list[i], name);

		*is_there_out = access(path, F_OK) == 0;
		if (*is_there_out)
			adapter = load(path, name, err);
		free(path);
	}
	return adapter;
}

/* ---------------------------------------------------------------------------------------------
 * Not found: which name may have been meant
 */

struct names {
	char **list;
	size_t n;
};

static void names_add(struct names *names, const char *name, size_t len)
{
	names->list = xreallocarray(names->list, names->n + 1, sizeof *names->list);
	names->list[names->n++] = xstrndup(name, len);
}

static void names_add_dir(struct names *names, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0)
			names_add(names, entry->d_name, len - 3);
	}
	if (dir)
		closedir(dir);
}

static void names_fini(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

static void say_not_found(const char *name, const struct conf_texts *dirs, struct err *err)
{
	struct names names = {0};
	struct buf text = {0};
	const char *near;

	for (size_t i = 0; i < BUILTINS_MAX && builtins[i]; i++)
		names_add(&names, builtins[i]->name, strlen(builtins[i]->name));
	buf_addf(&text, "there is no adapter \"%s\"", name);
	for (size_t i = 0; dirs && i < dirs->n; i++) {
		names_add_dir(&names, dirs->list[i]);
		buf_addf(&text, "%s %s", i ? "," : "; looked for a plugin in", dirs->list[i]);
	}
	near = conf_nearest(name, (const char *const *)names.list, names.n);
	if (near)
		buf_addf(&text, "; did you mean \"%s\"?", near);
	err_set(err, "%s", buf_str(&text));
	buf_fini(&text);
	names_fini(&names);
}

const struct dragoman_adapter *adapter_find(const char *name, const struct conf_texts *dirs,
					    struct err *err)
{
	const struct dragoman_adapter *adapter;
	bool is_there;

	for (size_t i = 0; i < BUILTINS_MAX && builtins[i]; i++)
		if (strcmp(builtins[i]->name, name) == 0)
			return builtins[i];
	if (!is_adapter_name(name)) {
		err_set(err, "\"%s\" is no name of an adapter: these have a to z, 0 to 9 and '-'",
			name);
		return NULL;
	}
	adapter = look(name, dirs, &is_there, err);
	if (!is_there)
		say_not_found(name, dirs, err);
	return adapter;
}
