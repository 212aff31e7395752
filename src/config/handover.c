/* SPDX-License-Identifier: Apache-2.0 */
/* What each process is given; see handover.h. The parts are put together from the trees that were read,
 * so that they say what the user said, and what is left out has the same fallback on both sides. */
#include "config/handover.h"

#include <string.h>

#include "wire/parts.h"

static void print_tree(struct conf_node *root, struct buf *out)
{
	conf_print_node(root, 0, out);
	conf_free(&root);
}

static struct conf_node *new_part(const struct config *config)
{
	static const char *const levels[] = {
		[CONFIG_LOG_ERROR] = "error",
		[CONFIG_LOG_WARNING] = "warning",
		[CONFIG_LOG_INFO] = "info",
		[CONFIG_LOG_DEBUG] = "debug",
	};
	struct conf_node *root = conf_new_map("part");

	conf_add_text(root, "gateway", config->gateway);
	conf_add_text(root, "log", levels[config->log]);
	return root;
}

/* ---- the hub ---- */

static void copy_from_main_file(struct conf_node *root, const struct verified *verified,
				const char *key)
{
	const struct conf_node *node = conf_get(verified->files.roots[0], key);

	if (node && !conf_is_nothing(node))
		conf_add_copy(root, key, node);
}

static void add_publishers(struct conf_node *root, const struct verified *verified)
{
	const struct conf_each *publishers = &verified->config.publishers;
	struct conf_node *map = conf_add(root, CONF_MAP, "publishers", NULL, 0);

	for (size_t i = 0; i < publishers->n; i++) {
		const struct conf_item *item = publishers->list[i];
		struct conf_node *one = conf_add(map, CONF_MAP, item->name, NULL, 0);

		conf_add_text(one, "token", verified->tokens[i]);
	}
}

void handover_hub_part(const struct verified *verified, struct buf *out)
{
	struct conf_node *root = new_part(&verified->config);

	copy_from_main_file(root, verified, "hub");
	copy_from_main_file(root, verified, "store");
	copy_from_main_file(root, verified, "listen");
	add_publishers(root, verified);
	print_tree(root, out);
}

/* ---- a channel ---- */

static void add_plugin_dirs(struct conf_node *root, const struct verified *verified)
{
	struct conf_node *paths = conf_add(root, CONF_MAP, "paths", NULL, 0);
	struct conf_node *list = conf_add(paths, CONF_LIST, "plugins", NULL, 0);

	for (size_t i = 0; i < verified->plugin_dirs.n; i++)
		conf_add_text(list, NULL, verified->plugin_dirs.list[i]);
}

/* A profile without its tests: they are run elsewhere, and would cost the channel memory. */
static void add_definition(struct conf_node *device, const struct conf_node *definition)
{
	struct conf_node *copy = conf_add(device, CONF_MAP, "definition", NULL, 0);

	for (const struct conf_node *c = definition->first; c; c = c->next)
		if (strcmp(c->key, "tests") != 0)
			conf_add_copy(copy, c->key, c);
}

static void add_device(struct conf_node *devices, const struct verified *verified,
		       const struct config_device *device)
{
	const struct verified_device *found = verified_find(verified, device);
	struct conf_node *copy = conf_add(devices, CONF_MAP, device->item.name, NULL, 0);

	for (const struct conf_node *c = device->item.node->first; c; c = c->next)
		if (strcmp(c->key, "definition") != 0)
			conf_add_copy(copy, c->key, c);
	if (device->definition || found->definition)
		add_definition(copy, device->definition ? device->definition : found->definition);
}

void handover_channel_part(const struct verified *verified, const struct config_channel *channel,
			   struct buf *out)
{
	struct conf_node *root = new_part(&verified->config);
	struct conf_node *channels, *map, *devices;

	add_plugin_dirs(root, verified);
	channels = conf_add(root, CONF_MAP, "channels", NULL, 0);
	map = conf_add(channels, CONF_MAP, channel->item.name, NULL, 0);
	for (const struct conf_node *c = channel->item.node->first; c; c = c->next)
		if (strcmp(c->key, "devices") != 0 && strcmp(c->key, "port") != 0)
			conf_add_copy(map, c->key, c);
	conf_add_copy(map, "port", channel->port);
	devices = conf_add(map, CONF_MAP, "devices", NULL, 0);
	for (size_t i = 0; i < channel->devices.n; i++)
		add_device(devices, verified, channel->devices.list[i]);
	print_tree(root, out);
}

/* ---- all ---- */

static void pack_setup(const struct config *config, struct buf *out)
{
	const struct conf_each *tcp = &config->listen.tcp;

	parts_pack(out, &(struct parts_message){
				.kind = PARTS_SETUP,
				.run_dir = config->paths.run,
				.data_dir = config->store.enabled ? config->paths.data : "",
				.user = config->user,
				.group = config->group,
				.socket_mode = (uint32_t)config->listen.socket_mode,
				.log = (uint32_t)config->log,
			});
	for (size_t i = 0; i < tcp->n; i++) {
		const struct config_listener *listener = tcp->list[i];

		parts_pack(out, &(struct parts_message){
					.kind = PARTS_LISTENER,
					.address = listener->address,
					.port = (uint32_t)listener->port,
					.insecure = listener->insecure,
				});
	}
}

static void pack_part(const char *name, const struct buf *text, uint64_t memory_limit,
		      struct buf *out)
{
	parts_pack(out, &(struct parts_message){
				.kind = PARTS_PART,
				.name = name,
				.text = buf_bytes(text),
				.text_len = text->len,
				.memory_limit = memory_limit,
			});
}

void handover_all(const struct verified *verified, struct buf *out)
{
	const struct conf_each *channels = &verified->config.channels;
	struct parts_message end = {.kind = PARTS_END, .n_parts = 1};
	struct buf text = {0};

	pack_setup(&verified->config, out);
	handover_hub_part(verified, &text);
	pack_part("", &text, 0, out);
	for (size_t i = 0; i < channels->n; i++) {
		const struct config_channel *channel = channels->list[i];

		if (!channel->enabled)
			continue;
		buf_clear(&text);
		handover_channel_part(verified, channel, &text);
		pack_part(channel->item.name, &text, channel->memory_limit, out);
		end.n_parts++;
	}
	parts_pack(out, &end);
	buf_fini(&text);
}
