/* SPDX-License-Identifier: Apache-2.0 */
/* A look at all fields of a message, by its descriptor; see strict.h. */
#include "wire/strict.h"

#include <string.h>

#include "base/utf8.h"

static bool is_good_value(const ProtobufCFieldDescriptor *field, const void *value)
{
	const char *text;
	const ProtobufCMessage *message;

	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		memcpy(&text, value, sizeof text);
		return !text || utf8_is_valid(text, strlen(text));
	case PROTOBUF_C_TYPE_MESSAGE:
		memcpy(&message, value, sizeof message);
		return !message || strict_is_good(message);
	default: return true;
	}
}

static bool is_good_list(const ProtobufCFieldDescriptor *field, const uint8_t *base)
{
	const uint8_t *list;
	size_t n;

	if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
		return true;
	memcpy(&n, base + field->quantifier_offset, sizeof n);
	memcpy(&list, base + field->offset, sizeof list);
	for (size_t i = 0; i < n; i++)
		if (!is_good_value(field, list + i * sizeof(void *)))
			return false;
	return true;
}

/* Of a oneof, only the member that is set is what it says. */
static bool is_set(const ProtobufCFieldDescriptor *field, const uint8_t *base)
{
	uint32_t which;

	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return true;
	memcpy(&which, base + field->quantifier_offset, sizeof which);
	return which == field->id;
}

bool strict_is_good(const ProtobufCMessage *message)
{
	const uint8_t *base = (const uint8_t *)message;

	for (unsigned i = 0; i < message->n_unknown_fields; i++)
		if (message->unknown_fields[i].tag == 0)
			return false;
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

		if (field->label == PROTOBUF_C_LABEL_REPEATED
			    ? !is_good_list(field, base)
			    : is_set(field, base) && !is_good_value(field, base + field->offset))
			return false;
	}
	return true;
}
