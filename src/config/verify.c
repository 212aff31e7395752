/* SPDX-License-Identifier: Apache-2.0 */
/* The whole check of a configuration; see verify.h. */
#include "config/verify.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "config/line.h"
#include "config/paths.h"
#include "config/port.h"
#include "config/probe.h"
#include "config/token.h"
#include "link/link.h"
#include "profile/profile.h"
#include "profile/typed.h"

/* ---- devices ---- */

static const struct conf_node *place(const struct conf_node *map, const char *key)
{
	const struct conf_node *node = conf_get(map, key);

	return node ? node : map;
}

/* Compiles it once here, where its warnings are heard; the adapter hears of errors only. */
static bool is_profile(struct verified *v, const struct conf_node *tree)
{
	struct profile *profile = profile_compile(tree, &v->errors);
	bool is_good = profile != NULL;

	profile_free(&profile);
	return is_good;
}

/* The tree of the device's profile, the caller's; NULL if it has none, or with errors. */
static struct conf_node *load_definition(struct verified *v, const struct config_device *device)
{
	const struct conf_node *node = place(device->item.node, "profile");
	struct conf_node *tree;
	char *path;
	struct err err;

	if (!device->profile || device->definition)
		return NULL;
	if (path_is_file(device->profile))
		path = path_beside(node->file, device->profile);
	else
		path = profile_find(device->profile, &v->profile_dirs, &err);
	if (!path) {
		conf_error(&v->errors, node, "%s", err.text);
		return NULL;
	}
	tree = profile_read(path, &v->errors);
	free(path);
	if (tree && (!is_profile(v, tree) ||
		     profile_choose(&tree, conf_get(device->options, "variant"),
				    device->payload != CONFIG_PAYLOAD_VALUES, &v->errors) < 0))
		conf_free(&tree);
	return tree;
}

/* Whether it has the messages that it is to be published as. */
static void check_payload(struct verified *v, const struct config_device *device,
			  const struct conf_node *definition)
{
	struct typed *typed;

	if (device->payload == CONFIG_PAYLOAD_VALUES || !definition)
		return;
	typed = typed_new(definition, place(device->item.node, "payload"),
			  device->payload == CONFIG_PAYLOAD_TYPED, &v->errors);
	typed_free(&typed);
}

/* An instance of the device's adapter on a line that never opens; NULL with errors. */
static struct adapter_instance *try_adapter(struct verified *v, struct verified_device *found,
					    struct probe *probe)
{
	const struct config_device *device = found->device;
	const struct conf_node *definition =
		device->definition ? device->definition : found->definition;
	const struct dragoman_adapter *adapter;
	struct err err;

	if (!device->adapter || (device->profile && !definition))
		return NULL; /* said already */
	check_payload(v, device, definition);
	adapter = adapter_find(device->adapter, &v->plugin_dirs, &err);
	if (!adapter) {
		conf_error(&v->errors, place(device->item.node, "adapter"), "%s", err.text);
		return NULL;
	}
	return adapter_new(adapter, device->item.name, DRAGOMAN_GATEWAY, device->options,
			   definition, &probe_sink, probe, &v->errors);
}

static struct verified_device *add_device(struct verified *v, const struct config_device *device)
{
	struct verified_device *found;

	v->devices = xreallocarray(v->devices, v->n_devices + 1, sizeof *v->devices);
	found = &v->devices[v->n_devices++];
	*found = (struct verified_device){.device = device,
					  .definition = load_definition(v, device)};
	return found;
}

/* ---- channels ---- */

static void check_link(const struct conf_node *node, struct conf_errors *errors)
{
	static const struct link_line line;
	struct link *link = link_new(node, &line, errors);

	link_free(&link);
}

/* The link that the channel's devices want where it names none itself: they must want the same. */
struct wanted_link {
	char *text; /* as YAML; NULL: nobody was asked yet */
	const char *device;
};

static char *link_text(const struct conf_node *node)
{
	struct buf text = {0};
	char *copy;

	if (node)
		conf_print_node(node, 0, &text);
	copy = xstrdup(buf_str(&text));
	buf_fini(&text);
	return copy;
}

static void check_default_link(struct wanted_link *wanted, struct adapter_instance *instance,
			       const struct config_device *device, struct conf_errors *errors)
{
	const struct conf_node *node = adapter_default_link(instance);
	char *text = link_text(node);

	if (!wanted->text) {
		wanted->text = text;
		wanted->device = device->item.name;
		check_link(node, errors);
		return;
	}
	if (strcmp(text, wanted->text) != 0)
		conf_error_key(
			errors, device->item.node,
			"\"%s\" and \"%s\" stand on different links by default; say which one "
			"the line has, by \"link\" of the channel",
			wanted->device, device->item.name);
	free(text);
}

static void check_channel(struct verified *v, const struct config_channel *channel)
{
	struct wanted_link wanted = {0};

	if (channel->link)
		check_link(channel->link, &v->errors);
	for (size_t i = 0; i < channel->devices.n; i++) {
		struct verified_device *found = add_device(v, channel->devices.list[i]);
		struct probe probe = {&v->errors, found->device->item.node};
		struct adapter_instance *instance = try_adapter(v, found, &probe);

		if (instance && !channel->link)
			check_default_link(&wanted, instance, found->device, &v->errors);
		adapter_free(&instance);
	}
	free(wanted.text);
}

/* The channel's port with what the profiles of its devices say of the line. */
static void complete_port(struct verified *v, struct config_channel *channel)
{
	const struct conf_each *all = &channel->devices;
	struct line_device *devices;
	struct conf_node *root;

	if (!channel->port)
		return; /* said already */
	devices = xcalloc(all->n + 1, sizeof *devices);
	for (size_t i = 0; i < all->n; i++) {
		const struct config_device *device = all->list[i];
		const struct conf_node *definition = device->definition
							     ? device->definition
							     : verified_find(v, device)->definition;

		devices[i] = (struct line_device){device->item.name, device->item.node, definition};
	}
	root = line_complete(channel->port, devices, all->n, &v->errors);
	free(devices);
	if (!root)
		return;
	channel->port = conf_get(root, "port");
	v->ports = xreallocarray(v->ports, v->n_ports + 1, sizeof(struct conf_node *));
	v->ports[v->n_ports++] = root;
}

/* ---- all ---- */

static void check_publishers(struct verified *v)
{
	const struct conf_each *publishers = &v->config.publishers;

	v->tokens = xcalloc(publishers->n + 1, sizeof *v->tokens);
	for (size_t i = 0; i < publishers->n; i++)
		v->tokens[i] = token_read(publishers->list[i], &v->errors);
}

int verify(struct verified *v, const char *path)
{
	*v = (struct verified){0};
	adapter_add_builtin(&profile_adapter);
	config_load(path, &v->config, &v->files, &v->errors);
	paths_resolve(&v->plugin_dirs, &v->config.paths.plugins, path, PLUGIN_DIR);
	paths_resolve(&v->profile_dirs, &v->config.paths.profiles, path, PROFILE_DIR);
	for (size_t i = 0; i < v->config.channels.n; i++) {
		check_channel(v, v->config.channels.list[i]);
		complete_port(v, v->config.channels.list[i]);
	}
	ports_check(&v->config, &v->errors);
	check_publishers(v);
	return v->errors.n_errors ? -1 : 0;
}

void verified_fini(struct verified *v)
{
	for (size_t i = 0; i < v->n_devices; i++)
		conf_free(&v->devices[i].definition);
	free(v->devices);
	for (size_t i = 0; v->tokens && i < v->config.publishers.n; i++)
		free(v->tokens[i]);
	free(v->tokens);
	paths_free(&v->plugin_dirs);
	paths_free(&v->profile_dirs);
	config_fini(&v->config, &v->files);
	for (size_t i = 0; i < v->n_ports; i++)
		conf_free(&v->ports[i]);
	free(v->ports);
	conf_errors_fini(&v->errors);
}

const struct verified_device *verified_find(const struct verified *v,
					    const struct config_device *device)
{
	for (size_t i = 0; i < v->n_devices; i++)
		if (v->devices[i].device == device)
			return &v->devices[i];
	must(!"every device was checked");
	return NULL;
}
