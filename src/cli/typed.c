/* SPDX-License-Identifier: Apache-2.0 */
/* Typed messages by their descriptors; see typed.h. Field numbers are those of descriptor.proto. */
#include "cli/typed.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "wire/field.h"

enum { SET_FILE = 1, FILE_PACKAGE = 2, FILE_MESSAGE = 4, MESSAGE_NAME = 1, MESSAGE_FIELD = 2 };
enum { FIELD_NAME = 1, FIELD_NUMBER = 3, FIELD_LABEL = 4, FIELD_TYPE = 5 };
enum { LABEL_REPEATED = 3 };

struct types_field {
	char *name;
	uint32_t number;
	uint64_t type; /* FieldDescriptorProto.Type */
	bool is_repeated;
};

struct types_message {
	struct types_message *next;
	char *name; /* full */
	struct types_field *fields;
	size_t n;
};

/* ---- descriptors ---- */

static char *copy_text(const struct field *field)
{
	return xstrndup((const char *)field->bytes, field->len);
}

/* The text of the last field of that number, "" if there is none. */
static char *find_text(const uint8_t *bytes, size_t len, uint32_t number)
{
	char *text = xstrdup("");
	struct field f;
	ssize_t used;

	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used)
		if (f.number == number && f.type == FIELD_BYTES) {
			free(text);
			text = copy_text(&f);
		}
	return text;
}

static void add_field(struct types_message *message, const uint8_t *bytes, size_t len)
{
	struct types_field field = {.name = find_text(bytes, len, FIELD_NAME)};
	struct field f;
	ssize_t used;

	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used) {
		if (f.type != FIELD_VARINT)
			continue;
		if (f.number == FIELD_NUMBER)
			field.number = (uint32_t)f.value;
		else if (f.number == FIELD_TYPE)
			field.type = f.value;
		else if (f.number == FIELD_LABEL)
			field.is_repeated = f.value == LABEL_REPEATED;
	}
	message->fields = xreallocarray(message->fields, message->n + 1, sizeof *message->fields);
	message->fields[message->n++] = field;
}

static struct types_message *find(const struct types *types, const char *name)
{
	struct types_message *message = types->first;

	while (message && strcmp(message->name, name) != 0)
		message = message->next;
	return message;
}

static struct types_message *find_or_add(struct types *types, const char *name)
{
	struct types_message *message = find(types, name);

	if (!message) {
		message = xcalloc(1, sizeof *message);
		message->name = xstrdup(name);
		message->next = types->first;
		types->first = message;
	}
	return message;
}

static void forget_fields(struct types_message *message)
{
	for (size_t i = 0; i < message->n; i++)
		free(message->fields[i].name);
	free(message->fields);
	message->fields = NULL;
	message->n = 0;
}

static void learn_message(struct types *types, const char *package, const uint8_t *bytes,
			  size_t len)
{
	char *name = find_text(bytes, len, MESSAGE_NAME);
	char *full = xasprintf("%s%s%s", package, *package ? "." : "", name);
	struct types_message *message = find_or_add(types, full);
	struct field f;
	ssize_t used;

	forget_fields(message);
	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used)
		if (f.number == MESSAGE_FIELD && f.type == FIELD_BYTES)
			add_field(message, f.bytes, f.len);
	free(full);
	free(name);
}

static void learn_file(struct types *types, const uint8_t *bytes, size_t len)
{
	char *package = find_text(bytes, len, FILE_PACKAGE);
	struct field f;
	ssize_t used;

	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used)
		if (f.number == FILE_MESSAGE && f.type == FIELD_BYTES)
			learn_message(types, package, f.bytes, f.len);
	free(package);
}

void types_learn(struct types *types, const struct dragoman_bytes *set)
{
	const uint8_t *bytes = set->data;
	size_t len = set->len;
	struct field f;
	ssize_t used;

	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used)
		if (f.number == SET_FILE && f.type == FIELD_BYTES)
			learn_file(types, f.bytes, f.len);
}

void types_fini(struct types *types)
{
	while (types->first) {
		struct types_message *message = types->first;

		types->first = message->next;
		forget_fields(message);
		free(message->name);
		free(message);
	}
}

static bool is_typed_only(const struct dragoman_event *event)
{
	return event->kind == DRAGOMAN_EVENT_READING && !event->as.reading.n_values &&
	       *event->as.reading.type;
}

bool types_lack(struct types *types, const struct dragoman_event *event)
{
	if (!is_typed_only(event) || find(types, event->as.reading.type))
		return false;
	find_or_add(types, event->as.reading.type);
	return true;
}

/* ---- messages ---- */

static int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static double double_of(uint64_t bits)
{
	double number;

	memcpy(&number, &bits, sizeof number);
	return number;
}

static double float_of(uint32_t bits)
{
	float number;

	memcpy(&number, &bits, sizeof number);
	return (double)number;
}

static void set_integer(struct dragoman_datum *out, int64_t value)
{
	out->type = DRAGOMAN_VALUE_INTEGER;
	out->as.integer = value;
}

static void set_natural(struct dragoman_datum *out, uint64_t value)
{
	if (value <= INT64_MAX) {
		set_integer(out, (int64_t)value);
		return;
	}
	out->type = DRAGOMAN_VALUE_NATURAL;
	out->as.natural = value;
}

static void set_number(struct dragoman_datum *out, double value)
{
	out->type = DRAGOMAN_VALUE_NUMBER;
	out->as.number = value;
}

static void set_double(struct dragoman_datum *out, uint64_t value)
{
	set_number(out, double_of(value));
}

static void set_float(struct dragoman_datum *out, uint64_t value)
{
	set_number(out, float_of((uint32_t)value));
}

static void set_signed(struct dragoman_datum *out, uint64_t value)
{
	set_integer(out, (int64_t)value);
}

static void set_signed32(struct dragoman_datum *out, uint64_t value)
{
	set_integer(out, (int32_t)(uint32_t)value);
}

static void set_zigzag(struct dragoman_datum *out, uint64_t value)
{
	set_integer(out, unzigzag(value));
}

static void set_boolean(struct dragoman_datum *out, uint64_t value)
{
	out->type = DRAGOMAN_VALUE_BOOLEAN;
	out->as.boolean = value != 0;
}

/* By FieldDescriptorProto.Type. Strings and bytes are set by others; messages and groups are shown as
 * bytes, or not at all. */
enum { TYPE_STRING = 9 };
static const struct {
	enum field_type wire;
	void (*set)(struct dragoman_datum *out, uint64_t value);
} readers[] = {
	[1] = {FIELD_FIXED64, set_double},  [2] = {FIELD_FIXED32, set_float},
	[3] = {FIELD_VARINT, set_signed},   [4] = {FIELD_VARINT, set_natural},
	[5] = {FIELD_VARINT, set_signed},   [6] = {FIELD_FIXED64, set_natural},
	[7] = {FIELD_FIXED32, set_natural}, [8] = {FIELD_VARINT, set_boolean},
	[9] = {FIELD_BYTES, NULL},          [11] = {FIELD_BYTES, NULL},
	[12] = {FIELD_BYTES, NULL},         [13] = {FIELD_VARINT, set_natural},
	[14] = {FIELD_VARINT, set_signed},  [15] = {FIELD_FIXED32, set_signed32},
	[16] = {FIELD_FIXED64, set_signed}, [17] = {FIELD_VARINT, set_zigzag},
	[18] = {FIELD_VARINT, set_zigzag},
};
enum { N_READERS = sizeof readers / sizeof readers[0] };

static char *keep_text(struct typed_view *view, const struct field *f)
{
	view->texts = xreallocarray(view->texts, view->n_texts + 1, sizeof *view->texts);
	return view->texts[view->n_texts++] = copy_text(f);
}

static bool set_value(struct typed_view *view, const struct types_field *field,
		      const struct field *f, bool is_time, struct dragoman_datum *out)
{
	if (field->type >= N_READERS || readers[field->type].wire != f->type)
		return false;
	if (!readers[field->type].set && f->type != FIELD_BYTES)
		return false; /* no type, or a group */
	if (readers[field->type].set) {
		readers[field->type].set(out, f->value);
		if (is_time) {
			out->type = DRAGOMAN_VALUE_TIME;
			out->as.time_ns = (int64_t)f->value;
		}
	} else if (field->type == TYPE_STRING) {
		out->type = DRAGOMAN_VALUE_TEXT;
		out->as.text = keep_text(view, f);
	} else {
		out->type = DRAGOMAN_VALUE_DATA;
		out->as.data = (struct dragoman_bytes){f->bytes, f->len};
	}
	return true;
}

/* The last field of that number in a message. */
static bool find_value(const struct dragoman_bytes *message, uint32_t number, struct field *out)
{
	const uint8_t *bytes = message->data;
	size_t len = message->len;
	bool is_found = false;
	struct field f;
	ssize_t used;

	for (; len && (used = field_get(bytes, len, &f)) > 0; bytes += used, len -= (size_t)used)
		if (f.number == number) {
			*out = f;
			is_found = true;
		}
	return is_found;
}

static const struct dragoman_field *find_quality(const struct dragoman_event_reading *reading,
						 uint32_t number)
{
	for (size_t i = 0; i < reading->n_fields; i++)
		if (reading->fields[i].number == number)
			return &reading->fields[i];
	return NULL;
}

/* A field that is neither there nor said to be bad is not shown. */
static void add_value(struct typed_view *view, const struct units *units,
		      const struct dragoman_event *event, const struct types_field *field)
{
	struct dragoman_event_reading *reading = &view->event.as.reading;
	const struct dragoman_field *quality = find_quality(reading, field->number);
	const struct dragoman_device_tag *tag = units_field(units, event->device, field->number);
	struct dragoman_datum *out = &view->values[reading->n_values];
	struct field f;

	*out = (struct dragoman_datum){.tag = tag ? tag->name : field->name, .reason = ""};
	if (quality) {
		out->quality = quality->quality;
		out->reason = quality->reason;
		reading->n_values++;
	} else if (!field->is_repeated && find_value(&reading->message, field->number, &f) &&
		   set_value(view, field, &f, tag && tag->type == DRAGOMAN_VALUE_TIME, out)) {
		reading->n_values++;
	}
}

const struct dragoman_event *typed_view(struct typed_view *view, const struct types *types,
					const struct units *units,
					const struct dragoman_event *event)
{
	const struct types_message *message =
		is_typed_only(event) ? find(types, event->as.reading.type) : NULL;

	if (!message)
		return event;
	view->event = *event;
	view->values = xcalloc(message->n + 1, sizeof *view->values);
	view->event.as.reading.values = view->values;
	for (size_t i = 0; i < message->n; i++)
		add_value(view, units, event, &message->fields[i]);
	return &view->event;
}

void typed_view_fini(struct typed_view *view)
{
	for (size_t i = 0; i < view->n_texts; i++)
		free(view->texts[i]);
	free(view->texts);
	free(view->values);
	*view = (struct typed_view){0};
}
