/* SPDX-License-Identifier: Apache-2.0 */
/* What dragoman-config hands to the supervisor; see parts.h. A row for each kind, as in control.c. */
#include "wire/parts.h"

#include <string.h>

#include "base/must.h"
#include "dragoman/internal/parts.pb-c.h"
#include "wire/frame.h"

typedef Dragoman__Internal__Parts Message;

union body {
	Dragoman__Internal__Setup setup;
	Dragoman__Internal__Listener listener;
	Dragoman__Internal__Part part;
	Dragoman__Internal__End end;
};

static void put_setup(Message *m, union body *body, const struct parts_message *p)
{
	dragoman__internal__setup__init(&body->setup);
	body->setup.run_dir = (char *)p->run_dir;
	body->setup.data_dir = (char *)p->data_dir;
	body->setup.user = (char *)p->user;
	body->setup.group = (char *)p->group;
	body->setup.socket_mode = p->socket_mode;
	body->setup.log = p->log;
	m->setup = &body->setup;
}

static void get_setup(const Message *m, struct parts_message *out)
{
	out->run_dir = m->setup->run_dir;
	out->data_dir = m->setup->data_dir;
	out->user = m->setup->user;
	out->group = m->setup->group;
	out->socket_mode = m->setup->socket_mode;
	out->log = m->setup->log;
}

static void put_listener(Message *m, union body *body, const struct parts_message *p)
{
	dragoman__internal__listener__init(&body->listener);
	body->listener.address = (char *)p->address;
	body->listener.port = p->port;
	body->listener.insecure = p->insecure;
	m->listener = &body->listener;
}

static void get_listener(const Message *m, struct parts_message *out)
{
	out->address = m->listener->address;
	out->port = m->listener->port;
	out->insecure = m->listener->insecure;
}

static void put_part(Message *m, union body *body, const struct parts_message *p)
{
	dragoman__internal__part__init(&body->part);
	body->part.name = (char *)p->name;
	body->part.text = (ProtobufCBinaryData){p->text_len, (uint8_t *)p->text};
	body->part.memory_limit = p->memory_limit;
	m->part = &body->part;
}

static void get_part(const Message *m, struct parts_message *out)
{
	out->name = m->part->name;
	out->text = m->part->text.data;
	out->text_len = m->part->text.len;
	out->memory_limit = m->part->memory_limit;
}

static void put_end(Message *m, union body *body, const struct parts_message *p)
{
	dragoman__internal__end__init(&body->end);
	body->end.parts = p->n_parts;
	m->end = &body->end;
}

static void get_end(const Message *m, struct parts_message *out)
{
	out->n_parts = m->end->parts;
}

#define BODY(name) DRAGOMAN__INTERNAL__PARTS__BODY_##name

static const struct {
	Dragoman__Internal__Parts__BodyCase body;
	void (*put)(Message *m, union body *body, const struct parts_message *p);
	void (*get)(const Message *m, struct parts_message *out);
} rows[PARTS_KINDS] = {
	[PARTS_SETUP] = {BODY(SETUP), put_setup, get_setup},
	[PARTS_LISTENER] = {BODY(LISTENER), put_listener, get_listener},
	[PARTS_PART] = {BODY(PART), put_part, get_part},
	[PARTS_END] = {BODY(END), put_end, get_end},
};

void parts_pack(struct buf *out, const struct parts_message *message)
{
	Message packed = DRAGOMAN__INTERNAL__PARTS__INIT;
	union body body;

	must(message->kind < PARTS_KINDS);
	packed.body_case = rows[message->kind].body;
	rows[message->kind].put(&packed, &body, message);
	frame_pack(out, &packed.base);
}

const char *parts_parse(const uint8_t *payload, size_t len, struct parts_message *out)
{
	Message *message;

	if (len > PARTS_MESSAGE_MAX)
		return "too long";
	message = dragoman__internal__parts__unpack(NULL, len, payload);
	if (!message)
		return "not a message";
	*out = (struct parts_message){.kind = PARTS_KINDS, .unpacked = message};
	for (size_t i = 0; i < PARTS_KINDS; i++) {
		if (rows[i].body != message->body_case)
			continue;
		out->kind = (enum parts_kind)i;
		rows[i].get(message, out);
		return NULL;
	}
	parts_release(out);
	return "of an unknown kind";
}

void parts_release(struct parts_message *message)
{
	if (message->unpacked)
		dragoman__internal__parts__free_unpacked(message->unpacked, NULL);
	*message = (struct parts_message){.kind = PARTS_KINDS};
}
