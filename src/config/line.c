/* SPDX-License-Identifier: Apache-2.0 */
/* What profiles say of their line; see line.h. A profile that is silent about a setting agrees with any. */
#include "config/line.h"

#include <string.h>

#include "transport/transport.h"

/* Kinds of port with a line whose settings can be chosen. A replay's "baud" is only the pace of a file. */
static const char *const serial_kinds[] = {"serial", "usb"};
/* The same words in a profile's `line:` and in the options of these kinds. */
static const char *const settings[] = {"baud", "format", "flow"};

/* What the port is, if it is a serial one; else NULL. */
static const struct conf_kind *serial_kind(const struct conf_node *port)
{
	const struct conf_kinds *kinds = transport_conf_kinds();

	for (size_t i = 0; i < sizeof serial_kinds / sizeof *serial_kinds; i++)
		for (size_t k = 0; conf_get(port, serial_kinds[i]) && k < kinds->n; k++)
			if (!strcmp(kinds->list[k].name, serial_kinds[i]))
				return &kinds->list[k];
	return NULL;
}

/* May the value stand in that option? Only of a choice is it known here; the port looks at the others. */
static bool is_known(const struct conf_kind *kind, const char *key, const struct conf_node *value)
{
	const struct conf_row *row = kind->schema->rows;

	while (row->key && strcmp(row->key, key) != 0)
		row++;
	if (!row->key || !row->choices)
		return row->key;
	for (const char *const *choice = row->choices; *choice; choice++)
		if (!strcmp(*choice, value->text))
			return true;
	return false;
}

static const struct conf_node *said_by(const struct line_device *device, const char *key)
{
	const struct conf_node *value = conf_get(conf_get(device->definition, "line"), key);

	return value && value->kind == CONF_SCALAR && !conf_is_nothing(value) ? value : NULL;
}

static void disagree(const struct line_device *a, const struct line_device *b, const char *key,
		     struct conf_errors *errors)
{
	const struct conf_node *first = said_by(a, key), *second = said_by(b, key);

	conf_error_key(errors, b->node,
		       "\"%s\" and \"%s\" want different lines: %s %s (%s:%d:%d) and %s "
		       "(%s:%d:%d); say which one it is, by \"%s\" of the port",
		       a->name, b->name, key, first->text, first->file, first->line, first->column,
		       second->text, second->file, second->line, second->column, key);
}

/* The first device whose profile speaks of the setting; the others must say the same. */
static const struct line_device *agree(const struct line_device *devices, size_t n, const char *key,
				       struct conf_errors *errors)
{
	const struct line_device *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct conf_node *value = said_by(&devices[i], key);

		if (value && !first)
			first = &devices[i];
		else if (value && strcmp(value->text, said_by(first, key)->text) != 0)
			disagree(first, &devices[i], key, errors);
	}
	return first;
}

static void warn_unknown(const struct conf_kind *kind, const struct line_device *device,
			 const char *key, struct conf_errors *errors)
{
	const struct conf_node *value = said_by(device, key);

	conf_warning(errors, device->node,
		     "the profile of \"%s\" wants %s %s (%s:%d:%d), which a port \"%s\" cannot do; "
		     "it is left out: say what the line has instead, by \"%s\" of the port",
		     device->name, key, value->text, value->file, value->line, value->column,
		     kind->name, key);
}

/* A copy that can be added to; *options_out is the map in it that takes the options. */
static struct conf_node *copy_port(const struct conf_node *port, const struct conf_node *options,
				   struct conf_node **options_out)
{
	struct conf_node *root = conf_new_map(port->file);

	*options_out = conf_add_copy(root, "port", port);
	if (options != port) {
		*options_out = root->first->first;
		while (strcmp((*options_out)->key, options->key) != 0)
			*options_out = (*options_out)->next;
	}
	return root;
}

struct conf_node *line_complete(const struct conf_node *port, const struct line_device *devices,
				size_t n, struct conf_errors *errors)
{
	const struct conf_kind *kind = serial_kind(port);
	const struct conf_node *given = kind ? conf_kind_options(kind, port) : NULL;
	struct conf_node *root = NULL, *options = NULL;

	for (size_t i = 0; given && i < sizeof settings / sizeof *settings; i++) {
		const char *key = settings[i];
		const struct line_device *device =
			conf_get(given, key) ? NULL : agree(devices, n, key, errors);

		if (!device)
			continue;
		if (!is_known(kind, key, said_by(device, key))) {
			warn_unknown(kind, device, key, errors);
			continue;
		}
		if (!root)
			root = copy_port(port, given, &options);
		conf_add_copy(options, key, said_by(device, key));
	}
	return root;
}
