/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a profile as a .proto file, for those who generate classes. */
#include <stdlib.h>
#include <string.h>

#include "profile/constant.h"
#include "profile/message.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/type.h"
#include "profile/values.h"

enum { MAX_NAMES = 40 };

/* Texts that a tag's tables and constants give, each once. */
struct names {
	const struct constant *list[MAX_NAMES];
	size_t n;
	bool is_closed; /* so far there is nothing else that the tag can be */
};

static void add_name(struct names *names, const struct constant *constant)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->list[i]->text_len == constant->text_len &&
		    !memcmp(names->list[i]->text, constant->text, constant->text_len))
			return;
	if (names->n == MAX_NAMES)
		names->is_closed = false;
	else
		names->list[names->n++] = constant;
}

static void add_step(struct names *names, const struct step *step)
{
	const struct table *table = step->table;

	for (size_t i = 0; table && i < table->n; i++)
		if (table->rows[i].value.type == DRAGOMAN_TEXT)
			add_name(names, &table->rows[i].value);
	if (table && table->other.type == DRAGOMAN_TEXT)
		add_name(names, &table->other);
	else if (step->constant.type == DRAGOMAN_TEXT)
		add_name(names, &step->constant);
	if (!table && step->field != NO_FIELD)
		names->is_closed = false;
}

static void add_frame(struct names *names, const struct frame *frame, const char *tag)
{
	for (size_t s = 0; frame->reading && s < frame->n_steps; s++)
		if (!strcmp(frame->reading->tags[frame->steps[s].tag].declared.name, tag))
			add_step(names, &frame->steps[s]);
}

/* The names of a text that has them in every kind of frame; none otherwise. */
static void gather(const struct profile *p, const struct dragoman_tag *tag, struct names *names)
{
	*names = (struct names){.is_closed = tag->type == DRAGOMAN_TEXT};
	for (size_t i = 0; family(p, i); i++)
		for (size_t f = 0; f < family(p, i)->n_frames; f++)
			add_frame(names, &family(p, i)->frames[f], tag->name);
	if (!names->is_closed)
		names->n = 0;
}

/* A comment, in lines of its own where the text has some. */
static void put_comment(struct buf *out, const char *indent, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\r\n");

		buf_addf(out, "%s// %.*s\n", indent, (int)len, text);
		text += len + strspn(text + len, "\r\n");
	}
}

/* In one line, whatever is in it. */
static void put_quoted(struct buf *out, const struct constant *name)
{
	buf_add_str(out, "\"");
	for (size_t i = 0; i < name->text_len; i++)
		if ((uint8_t)name->text[i] < 0x20)
			buf_addf(out, "\\x%02x", (uint8_t)name->text[i]);
		else
			buf_addf(out, "%s%c", strchr("\\\"", name->text[i]) ? "\\" : "",
				 name->text[i]);
	buf_add_str(out, "\"");
}

static void put_field(struct buf *out, const struct profile *p, const struct message_field *f)
{
	const struct dragoman_tag *tag = &f->tag->declared;
	struct names names;

	put_comment(out, "  ", tag->description);
	gather(p, tag, &names);
	for (size_t i = 0; i < names.n; i++) {
		buf_add_str(out, i ? ", " : "  // One of ");
		put_quoted(out, names.list[i]);
	}
	buf_add_str(out, names.n ? "\n" : "");
	if (strcmp(tag->name, f->name) != 0)
		buf_addf(out, "  // The tag %s\n", tag->name);
	if (tag->unit)
		buf_addf(out, "  // Unit (UCUM): %s\n", tag->unit);
	if (tag->type == DRAGOMAN_TIME)
		buf_add_str(out, "  // Nanoseconds since 1970-01-01T00:00:00Z\n");
	buf_addf(out, "  optional %s %s = %u;\n", message_type_name(tag->type), f->name, f->number);
}

static void put_message(struct buf *out, const struct profile *p, const struct messages *m,
			const struct message *message)
{
	bool is_reserved = false;

	buf_add_str(out, "\n");
	put_comment(out, "", message->description);
	buf_addf(out, "message %s {\n", message->name);
	for (size_t i = 0; i < m->lock->n; i++) {
		if (!m->lock->rows[i].is_removed)
			continue;
		buf_addf(out, "%s%u", is_reserved ? ", " : "  reserved ", m->lock->rows[i].number);
		is_reserved = true;
	}
	buf_add_str(out, is_reserved ? ";\n" : "");
	for (size_t i = 0; i < message->n; i++)
		put_field(out, p, &message->fields[i]);
	buf_add_str(out, "}\n");
}

int profile_proto(const struct profile *p, struct buf *out, struct conf_errors *errors)
{
	struct messages *m = messages_new(p, errors);

	if (!m)
		return -1;
	put_comment(out, "", p->title);
	buf_add_str(out,
		    "// Made by dragoman profile proto. A value that is not good is absent.\n\n"
		    "syntax = \"proto3\";\n\n");
	buf_addf(out, "package %s;\n", m->lock->package);
	for (size_t i = 0; i < m->n; i++)
		put_message(out, p, m, &m->list[i]);
	messages_free(&m);
	return 0;
}
