/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations as messages; see catalogue.h. */
#include "channel/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "channel/device.h"
#include "channel/line.h"

/* A device and its descriptor take half a frame at most. */
enum { DEVICES_A_FRAME = 32, DECLARE_SIZE = 256 * 1024 };

/* protobuf-c's strings are not const, and it does not write to those that it packs. */
static char *text(const char *s)
{
	return (char *)(uintptr_t)(s ? s : "");
}

static Dragoman__V1__Type type_of(enum dragoman_type type)
{
	return (Dragoman__V1__Type)type;
}
_Static_assert((int)DRAGOMAN_BOOLEAN == (int)DRAGOMAN__V1__TYPE__TYPE_BOOLEAN &&
		       (int)DRAGOMAN_NATURAL == (int)DRAGOMAN__V1__TYPE__TYPE_NATURAL &&
		       (int)DRAGOMAN_READ_WRITE == (int)DRAGOMAN__V1__ACCESS__ACCESS_READ_WRITE,
	       "the adapter's types and accesses are those of the wire");

/* The message while it is made up: everything points into the declaration. */
struct draft {
	Dragoman__V1__Device device;
	Dragoman__V1__Tag *tags, **tag_list;
	Dragoman__V1__Key *keys, **key_list;
	char **tag_keys; /* a row for each tag */
	Dragoman__V1__Command *commands, **command_list;
	Dragoman__V1__Tag *arguments, **argument_list;
	Dragoman__V1__Range *ranges;
	size_t n_arguments;
	const struct typed *typed;
};

static Dragoman__V1__Tag *find_tag(struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->device.n_tags; i++)
		if (strcmp(draft->tags[i].name, name) == 0)
			return &draft->tags[i];
	return NULL;
}

/* A tag that was declared under several keys is one tag with several keys. */
static void add_tag(struct draft *draft, const struct dragoman_tag *tag, size_t n_keys)
{
	Dragoman__V1__Tag *out = find_tag(draft, tag->name);

	if (!out) {
		size_t i = draft->device.n_tags++;

		out = draft->tag_list[i] = &draft->tags[i];
		dragoman__v1__tag__init(out);
		out->name = text(tag->name);
		out->type = type_of(tag->type);
		out->unit = text(tag->unit);
		out->access = (Dragoman__V1__Access)tag->access;
		out->description = text(tag->description);
		out->keys = &draft->tag_keys[i * n_keys];
		out->field = draft->typed ? typed_field(draft->typed, tag->name, tag->type) : 0;
	}
	if (tag->key)
		out->keys[out->n_keys++] = text(tag->key);
}

/* NULL for a device with one kind of reading. */
static const char *key_name(const struct dragoman_key *key)
{
	return *key->name ? key->name : NULL;
}

static const char *type_name(const struct typed *typed, const char *key)
{
	const struct event_type *type = typed_find(typed, key);

	return type ? type->name : NULL;
}

static void add_key(struct draft *draft, const struct dragoman_key *key)
{
	size_t i = draft->device.n_keys++;

	dragoman__v1__key__init(&draft->keys[i]);
	draft->keys[i].name = text(key->name);
	draft->keys[i].description = text(key->description);
	draft->key_list[i] = &draft->keys[i];
	if (draft->typed)
		draft->keys[i].type = text(type_name(draft->typed, key_name(key)));
}

/* The only kind of a device that has no keys is declared where its message has to be named. */
static void add_only_key(struct draft *draft)
{
	static const struct dragoman_key only = {.name = ""};

	add_key(draft, &only);
}

static void add_argument(struct draft *draft, const struct dragoman_argument *argument)
{
	size_t i = draft->n_arguments++;
	Dragoman__V1__Tag *out = draft->argument_list[i] = &draft->arguments[i];

	dragoman__v1__tag__init(out);
	out->name = text(argument->tag.name);
	out->type = type_of(argument->tag.type);
	out->unit = text(argument->tag.unit);
	out->access = (Dragoman__V1__Access)argument->tag.access;
	out->description = text(argument->tag.description);
	if (!argument->has_limits)
		return;
	out->range = &draft->ranges[i];
	dragoman__v1__range__init(out->range);
	out->range->minimum = argument->minimum;
	out->range->maximum = argument->maximum;
}

static void add_command(struct draft *draft, const struct dragoman_command *command)
{
	size_t i = draft->device.n_commands++;
	Dragoman__V1__Command *out = draft->command_list[i] = &draft->commands[i];

	dragoman__v1__command__init(out);
	out->name = text(command->name);
	out->description = text(command->description);
	out->arguments = &draft->argument_list[draft->n_arguments];
	out->n_arguments = command->n_arguments;
	for (size_t a = 0; a < command->n_arguments; a++)
		add_argument(draft, &command->arguments[a]);
}

static void add_commands(struct draft *draft, const struct device *device)
{
	size_t n, n_arguments = 0;
	const struct dragoman_command *commands = adapter_commands(device->instance, &n);

	for (size_t i = 0; i < n; i++)
		n_arguments += commands[i].n_arguments;
	draft->commands = xcalloc(n + 1, sizeof *draft->commands);
	draft->command_list = xcalloc(n + 1, sizeof *draft->command_list);
	draft->arguments = xcalloc(n_arguments + 1, sizeof *draft->arguments);
	draft->argument_list = xcalloc(n_arguments + 1, sizeof *draft->argument_list);
	draft->ranges = xcalloc(n_arguments + 1, sizeof *draft->ranges);
	draft->device.commands = draft->command_list;
	for (size_t i = 0; i < n; i++)
		add_command(draft, &commands[i]);
}

static char *adapter_text(const struct device *device)
{
	const struct config_device *config = device->config;

	return config->profile ? xasprintf("profile %s", config->profile)
			       : xstrdup(device->adapter->name);
}

/* An owned copy: packed and unpacked again, so that nothing of it is ours to walk. */
static Dragoman__V1__Device *copy(const Dragoman__V1__Device *device)
{
	size_t len = dragoman__v1__device__get_packed_size(device);
	uint8_t *bytes = xmalloc(len ? len : 1);
	Dragoman__V1__Device *result;

	dragoman__v1__device__pack(device, bytes);
	result = dragoman__v1__device__unpack(NULL, len, bytes);
	must(result);
	free(bytes);
	return result;
}

Dragoman__V1__Device *catalogue_of(const struct device *device)
{
	size_t n_tags, n_keys;
	const struct dragoman_tag *tags = adapter_tags(device->instance, &n_tags);
	const struct dragoman_key *keys = adapter_keys(device->instance, &n_keys);
	struct draft draft = {.tags = xcalloc(n_tags + 1, sizeof *draft.tags),
			      .tag_list = xcalloc(n_tags + 1, sizeof *draft.tag_list),
			      .keys = xcalloc(n_keys + 1, sizeof *draft.keys),
			      .key_list = xcalloc(n_keys + 1, sizeof *draft.key_list),
			      .tag_keys = xcalloc(n_tags * n_keys + 1, sizeof *draft.tag_keys),
			      .typed = device->typed};
	char *adapter = adapter_text(device);
	Dragoman__V1__Device *result;

	dragoman__v1__device__init(&draft.device);
	draft.device.name = text(device->name);
	draft.device.description = text(device->config->description);
	draft.device.channel = text(line_name(device->line));
	draft.device.adapter = adapter;
	draft.device.tags = draft.tag_list;
	draft.device.keys = draft.key_list;
	for (size_t i = 0; i < n_tags; i++)
		add_tag(&draft, &tags[i], n_keys);
	for (size_t i = 0; i < n_keys; i++)
		add_key(&draft, &keys[i]);
	add_commands(&draft, device);
	if (!n_keys && draft.typed)
		add_only_key(&draft);
	result = copy(&draft.device);
	free(adapter);
	free(draft.tags);
	free(draft.tag_list);
	free(draft.keys);
	free(draft.key_list);
	free(draft.tag_keys);
	free(draft.commands);
	free(draft.command_list);
	free(draft.arguments);
	free(draft.argument_list);
	free(draft.ranges);
	return result;
}

void catalogue_free(Dragoman__V1__Device **catalogue)
{
	if (*catalogue)
		dragoman__v1__device__free_unpacked(*catalogue, NULL);
	*catalogue = NULL;
}

/* The devices of one Declare frame; all that are typed have the same descriptor. */
struct batch {
	Dragoman__V1__Device *list[DEVICES_A_FRAME];
	size_t n, size;
	const struct buf *descriptor; /* NULL: none is typed */
	struct buf *out;
};

static void batch_end(struct batch *batch)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Declare declare = DRAGOMAN__V1__DECLARE__INIT;

	declare.n_devices = batch->n;
	declare.devices = batch->list;
	if (batch->descriptor) {
		declare.descriptors.data = buf_bytes(batch->descriptor);
		declare.descriptors.len = batch->descriptor->len;
	}
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_DECLARE;
	frame.declare = &declare;
	frame_pack(batch->out, &frame.base);
	*batch = (struct batch){.out = batch->out};
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return a && b && a->len == b->len && !memcmp(buf_bytes(a), buf_bytes(b), a->len);
}

static void batch_add(struct batch *batch, Dragoman__V1__Device *device,
		      const struct buf *descriptor)
{
	size_t size = dragoman__v1__device__get_packed_size(device);

	if (batch->n == DEVICES_A_FRAME || (batch->n && batch->size + size > DECLARE_SIZE) ||
	    (batch->n && !is_same(batch->descriptor, descriptor) &&
	     batch->descriptor != descriptor))
		batch_end(batch);
	batch->list[batch->n++] = device;
	batch->size += size;
	batch->descriptor = descriptor;
}

void catalogue_declare(struct line *line, struct buf *out)
{
	Dragoman__V1__Device own = DRAGOMAN__V1__DEVICE__INIT;
	char *name = xasprintf("$channel/%s", line_name(line));
	struct batch batch = {.out = out};
	struct device *const *devices;
	size_t n_devices;

	own.name = name;
	own.description = text(line_description(line));
	own.channel = text(line_name(line));
	batch_add(&batch, &own, NULL);
	devices = line_devices(line, &n_devices);
	for (size_t i = 0; i < n_devices; i++)
		batch_add(&batch, devices[i]->catalogue,
			  devices[i]->typed ? typed_descriptor(devices[i]->typed) : NULL);
	batch_end(&batch);
	free(name);
}
