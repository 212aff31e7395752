/* SPDX-License-Identifier: Apache-2.0 */
/* An adapter's options; see options.h. Each row gets a place of 16 bytes in a struct that is made up
 * for the reading and thrown away: an adapter looks at nodes. */
#include "adapter/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "conf/value.h"

enum { PLACE_SIZE = 16 };

static const struct {
	enum conf_type type;
	double unit; /* of minimum and maximum, in that of the configuration's rows */
} types[] = {
	[DRAGOMAN_OPTION_BOOLEAN] = {CONF_BOOL, 1},
	[DRAGOMAN_OPTION_INTEGER] = {CONF_INT, 1},
	[DRAGOMAN_OPTION_NUMBER] = {CONF_NUMBER, 1},
	[DRAGOMAN_OPTION_TEXT] = {CONF_TEXT, 1},
	[DRAGOMAN_OPTION_DURATION] = {CONF_DURATION, NS_PER_MS},
	[DRAGOMAN_OPTION_CHOICE] = {CONF_CHOICE, 1},
	[DRAGOMAN_OPTION_TREE] = {CONF_ANY, 1},
};

/* The adapter's options as rows of the configuration. */
static struct conf_schema *schema_new(const struct dragoman_adapter *adapter)
{
	struct conf_schema *schema = xcalloc(1, sizeof *schema);
	struct conf_row *rows;
	size_t n = 0;

	while (adapter->options && adapter->options[n].key)
		n++;
	rows = xcalloc(n + 1, sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		const struct dragoman_option *option = &adapter->options[i];
		bool is_tree = option->type == DRAGOMAN_OPTION_TREE;

		must(option->type < sizeof types / sizeof types[0]);
		rows[i] = (struct conf_row){.key = option->key,
					    .type = types[option->type].type,
					    .offset = i * PLACE_SIZE,
					    .fallback = is_tree ? NULL : option->fallback,
					    .min = option->minimum * types[option->type].unit,
					    .max = option->maximum * types[option->type].unit,
					    .choices = option->choices,
					    .flags = option->required ? CONF_REQUIRED : 0,
					    .help = option->help ? option->help : ""};
	}
	*schema = (struct conf_schema){
		.name = adapter->name, .rows = rows, .size = (n + 1) * PLACE_SIZE};
	return schema;
}

static void schema_free(struct conf_schema **schema)
{
	if (!*schema)
		return;
	free((struct conf_row *)(uintptr_t)(*schema)->rows);
	free(*schema);
	*schema = NULL;
}

/* A fallback is written as it would stand in the file, a tree too. */
static void add_fallback(struct conf_node *effective, const struct dragoman_option *option,
			 struct conf_errors *errors)
{
	struct conf_node *node;

	if (option->type != DRAGOMAN_OPTION_TREE) {
		conf_add(effective, CONF_SCALAR, option->key, option->fallback,
			 strlen(option->fallback));
		return;
	}
	node = conf_parse(option->key, option->fallback, strlen(option->fallback), errors);
	if (node)
		conf_add_copy(effective, option->key, node);
	conf_free(&node);
}

static struct conf_node *effective_options(const struct dragoman_adapter *adapter,
					   const struct conf_node *set, struct conf_errors *errors)
{
	struct conf_node *effective = conf_new_map(set->file);

	for (const struct dragoman_option *o = adapter->options; o && o->key; o++) {
		const struct conf_node *node = conf_get(set, o->key);

		if (node && !conf_is_nothing(node))
			conf_add_copy(effective, o->key, node);
		else if (o->fallback)
			add_fallback(effective, o, errors);
	}
	return effective;
}

/* An adapter without options accepts only that there are none. */
static int check_none(const struct dragoman_adapter *adapter, const struct conf_node *set,
		      struct conf_errors *errors)
{
	if (!set->first && (set->kind == CONF_MAP || conf_is_nothing(set)))
		return 0;
	conf_error(errors, set, "the adapter %s has no options", adapter->name);
	return -1;
}

static int check(const struct dragoman_adapter *adapter, const struct conf_node *set,
		 struct conf_errors *errors)
{
	struct conf_schema *schema;
	void *object;
	int status;

	if (!adapter->options || !adapter->options->key)
		return check_none(adapter, set, errors);
	schema = schema_new(adapter);
	object = xcalloc(1, schema->size);
	status = conf_read(schema, set, object, errors);
	conf_fini(schema, object);
	free(object);
	schema_free(&schema);
	return status;
}

struct conf_node *adapter_options_read(const struct dragoman_adapter *adapter,
				       const struct conf_node *set, struct conf_errors *errors)
{
	struct conf_node *none = set ? NULL : conf_new_map(adapter->name), *effective = NULL;
	size_t before = errors->n_errors;

	if (!set)
		set = none;
	if (check(adapter, set, errors) == 0)
		effective = effective_options(adapter, set, errors);
	if (errors->n_errors > before)
		conf_free(&effective);
	conf_free(&none);
	return effective;
}

int64_t adapter_options_integer(const struct conf_node *node)
{
	struct err unheard;
	int64_t value;
	bool is_true;

	if (node->kind != CONF_SCALAR)
		return 0;
	if (value_int(node->text, &value, &unheard) == 0)
		return value;
	if (value_bool(node->text, &is_true, &unheard) == 0)
		return is_true;
	return value_duration(node->text, &value, &unheard) == 0 ? value / NS_PER_MS : 0;
}

double adapter_options_number(const struct conf_node *node)
{
	struct err unheard;
	double value;

	if (node->kind == CONF_SCALAR && value_number(node->text, &value, &unheard) == 0)
		return value;
	return (double)adapter_options_integer(node);
}
