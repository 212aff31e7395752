/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a profile as an encoded FileDescriptorSet, for those who read by reflection: the same as
 * protoc makes of what proto.c prints, less the comments. Field numbers are those of descriptor.proto, which is
 * part of protobuf and older than any of this.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/message.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "wire/put.h"

enum { SET_FILE = 1 };
enum { FILE_NAME = 1, FILE_PACKAGE = 2, FILE_MESSAGE = 4, FILE_SYNTAX = 12 };
enum { MESSAGE_NAME = 1, MESSAGE_FIELD = 2, MESSAGE_ONEOF = 8, MESSAGE_RESERVED = 9 };
enum { RANGE_START = 1, RANGE_END = 2 };
enum { ONEOF_NAME = 1 };
enum {
	FIELD_NAME = 1,
	FIELD_NUMBER = 3,
	FIELD_LABEL = 4,
	FIELD_TYPE = 5,
	FIELD_ONEOF_INDEX = 9,
	FIELD_PROTO3_OPTIONAL = 17,
};
enum { LABEL_OPTIONAL = 1 };

static uint64_t type_number(enum dragoman_type type)
{
	static const uint8_t numbers[] = {
		[DRAGOMAN_BOOLEAN] = 8, [DRAGOMAN_INTEGER] = 18, [DRAGOMAN_NUMBER] = 1,
		[DRAGOMAN_TEXT] = 9,    [DRAGOMAN_DATA] = 12,    [DRAGOMAN_TIME] = 6,
		[DRAGOMAN_NATURAL] = 4,
	};

	return numbers[type];
}

/* Appends a message that was made, and forgets it. */
static void put_made(struct buf *out, uint32_t number, struct buf *made)
{
	field_put_bytes(out, number, buf_bytes(made), made->len);
	buf_fini(made);
}

/* A field that is there or not has a oneof of its own, as protoc makes it. */
static void put_field(struct buf *out, const struct message_field *f, size_t i)
{
	struct buf field = {0};

	field_put_text(&field, FIELD_NAME, f->name);
	field_put_varint(&field, FIELD_NUMBER, f->number);
	field_put_varint(&field, FIELD_LABEL, LABEL_OPTIONAL);
	field_put_varint(&field, FIELD_TYPE, type_number(f->tag->declared.type));
	field_put_varint(&field, FIELD_ONEOF_INDEX, i);
	field_put_varint(&field, FIELD_PROTO3_OPTIONAL, 1);
	put_made(out, MESSAGE_FIELD, &field);
}

static void put_oneof(struct buf *out, const struct message_field *f)
{
	char *name = xasprintf("_%s", f->name);
	struct buf oneof = {0};

	field_put_text(&oneof, ONEOF_NAME, name);
	put_made(out, MESSAGE_ONEOF, &oneof);
	free(name);
}

static void put_reserved(struct buf *out, uint32_t number)
{
	struct buf range = {0};

	field_put_varint(&range, RANGE_START, number);
	field_put_varint(&range, RANGE_END, number + 1);
	put_made(out, MESSAGE_RESERVED, &range);
}

static void put_message(struct buf *out, const struct messages *m, const struct message *message)
{
	struct buf made = {0};

	field_put_text(&made, MESSAGE_NAME, message->name);
	for (size_t i = 0; i < message->n; i++)
		put_field(&made, &message->fields[i], i);
	for (size_t i = 0; i < message->n; i++)
		put_oneof(&made, &message->fields[i]);
	for (size_t i = 0; i < m->lock->n; i++)
		if (m->lock->rows[i].is_removed)
			put_reserved(&made, m->lock->rows[i].number);
	put_made(out, FILE_MESSAGE, &made);
}

/* "dragoman/profile/mt_sics.proto": where a .proto of this package would stand. */
static char *file_name(const char *package)
{
	char *name = xasprintf("%s.proto", package);

	for (char *c = name; c < name + strlen(package); c++)
		if (*c == '.')
			*c = '/';
	return name;
}

void messages_descriptor(const struct messages *m, struct buf *out)
{
	char *name = file_name(m->lock->package);
	struct buf file = {0};

	field_put_text(&file, FILE_NAME, name);
	field_put_text(&file, FILE_PACKAGE, m->lock->package);
	for (size_t i = 0; i < m->n; i++)
		put_message(&file, m, &m->list[i]);
	field_put_text(&file, FILE_SYNTAX, "proto3");
	put_made(out, SET_FILE, &file);
	free(name);
}

int profile_descriptor(const struct profile *p, struct buf *out, struct conf_errors *errors)
{
	struct messages *m = messages_new(p, errors);

	if (!m)
		return -1;
	messages_descriptor(m, out);
	messages_free(&m);
	return 0;
}
