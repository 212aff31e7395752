/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords of devices: which parameters are secret, their profiles say. */
#include "config/secrets.h"

#include <string.h>

static bool is_secret(const struct conf_node *parameter)
{
	const struct conf_node *secret = conf_get(parameter, "secret");

	return secret && secret->kind == CONF_SCALAR && !strcmp(secret->text, "true");
}

/* The tree is ours to change: what is printed of it is all that it is still there for. */
static void hide(const struct conf_node *node)
{
	struct conf_node *own = (struct conf_node *)(uintptr_t)node;

	own->text = CONF_SECRET_TEXT;
	own->text_len = strlen(CONF_SECRET_TEXT);
}

static void hide_device(const struct verified_device *found)
{
	const struct config_device *device = found->device;
	const struct conf_node *parameters =
		conf_get(device->definition ? device->definition : found->definition, "parameters");
	const struct conf_node *given = conf_get(device->options, "parameters");

	for (const struct conf_node *n = parameters ? parameters->first : NULL; n; n = n->next) {
		const struct conf_node *value = n->key ? conf_get(given, n->key) : NULL;

		if (value && value->kind == CONF_SCALAR && is_secret(n))
			hide(value);
	}
}

void secrets_hide(struct verified *verified)
{
	for (size_t i = 0; i < verified->n_devices; i++)
		hide_device(&verified->devices[i]);
}
