/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: a text with typed holes, "S {status:choice(S|D)} {weight:number(10.2)}[ {unit:text}]", into
 * operations. The same operations read and write.
 *
 *	{name}          a text up to what follows the hole, or to the end
 *	{name:type}     a field of that type (type.c)
 *	{_:text(3)}     three columns that mean nothing
 *	{_:choice(A|B)} one of these texts, which means nothing
 *	{@name:type}    the device's parameter of that name; anything else there is for another device
 *	[ ... ]         an optional part
 *	\r \n \t \xNN \\ \{ \[ \]   <STX> <CR> ...   bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/type.h"

struct compiler {
	struct scope *scope;
	struct loader *loader;
	const struct conf_node *node;
	const char *at, *end;
	struct op_list *ops;
	struct buf literal; /* collected, not yet an operation */
	unsigned depth;     /* of its own optional parts */
};

static int wrong(struct compiler *c, const char *what)
{
	conf_error(c->loader->errors, c->node, "in the template, at its character %zu: %s",
		   (size_t)(c->at - c->node->text) + 1, what);
	return -1;
}

/* What was collected becomes an operation. */
static int end_literal(struct compiler *c)
{
	struct op *op;

	if (!c->literal.len)
		return 0;
	op = op_add(c->ops, OP_LITERAL);
	if (!op)
		return wrong(c, "the template is too long");
	op->len = (uint32_t)c->literal.len;
	op->bytes = arena_copy(&c->loader->profile->arena, buf_bytes(&c->literal), op->len);
	buf_clear(&c->literal);
	return 0;
}

static const char *const control_names[] = {
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS",  "HT",  "LF",
	"VT",  "FF",  "CR",  "SO",  "SI",  "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
	"SYN", "ETB", "CAN", "EM",  "SUB", "ESC", "FS",  "GS",  "RS",  "US",
};

/* "<STX>" at the front: its byte, and at moves behind it; -1 if it is none. */
static int read_control(struct compiler *c)
{
	for (int i = 0; i < 32; i++) {
		size_t len = strlen(control_names[i]);

		if ((size_t)(c->end - c->at) > len + 1 &&
		    !memcmp(c->at + 1, control_names[i], len) && c->at[len + 1] == '>') {
			c->at += len + 2;
			return i;
		}
	}
	return -1;
}

static int read_escape(struct compiler *c, uint8_t *out)
{
	static const char names[] = "rnt0", bytes[] = "\r\n\t\0";
	const char *known;
	char which;
	int high, low;

	if (c->end - c->at < 2)
		return wrong(c, "nothing follows the \\");
	which = c->at[1];
	known = memchr(names, which, sizeof(names) - 1);
	if (which == 'x') {
		high = c->end - c->at >= 4 ? hex_digit(c->at[2]) : -1;
		low = high < 0 ? -1 : hex_digit(c->at[3]);
		if (low < 0)
			return wrong(c, "\\x needs two hexadecimal digits");
		*out = (uint8_t)(high << 4 | low);
		c->at += 4;
		return 0;
	}
	if (known)
		*out = (uint8_t)bytes[known - names];
	else if (strchr("\\{}[]<\"", which))
		*out = (uint8_t)which;
	else
		return wrong(c, "unknown escape; \\r \\n \\t \\0 \\xNN \\\\ \\{ \\} \\[ \\] \\<");
	c->at += 2;
	return 0;
}

static int add_literal(struct compiler *c)
{
	uint8_t byte = (uint8_t)*c->at;
	int control = byte == '<' ? read_control(c) : -1;

	if (control >= 0)
		byte = (uint8_t)control;
	else if (byte == '\\') {
		if (read_escape(c, &byte) < 0)
			return -1;
	} else
		c->at++;
	buf_add(&c->literal, &byte, 1);
	return 0;
}

/* Columns that mean nothing. */
static int add_skip(struct compiler *c, const struct type *type)
{
	struct op *op = op_add(c->ops, OP_SKIP);
	struct field *ignored;

	if (!op)
		return wrong(c, "the template is too long");
	if (type->kind == TYPE_CHOICE) {
		ignored = arena_alloc(&c->loader->profile->arena, sizeof(*ignored));
		*ignored = (struct field){.name = "_", .type = *type};
		op->more.ignored = ignored;
		op->bytes = type->choices[0].bytes;
		op->len = (uint32_t)type->choices[0].len;
		return 0;
	}
	if (!type->size && type->kind != TYPE_TEXT && type->kind != TYPE_DATA)
		return wrong(c, "a hole named _ needs a number of columns: {_:text(3)}");
	op->len = type->size;
	return 0;
}

static int add_field(struct compiler *c, const char *name, const struct type *type)
{
	bool is_parameter = name[0] == '@';
	struct op *op;
	uint16_t field = field_add(c->scope, c->node, name, type);
	int parameter = 0;

	if (field == NO_FIELD)
		return -1;
	if (is_parameter) {
		parameter = parameter_find(c->loader, c->node, name + 1);
		if (parameter < 0)
			return -1;
	}
	op = op_add(c->ops, is_parameter ? OP_PARAMETER : OP_FIELD);
	if (!op)
		return wrong(c, "the template is too long");
	op->field = field;
	op->index = (uint16_t)parameter;
	return 0;
}

/* "{name:type}" */
static int add_hole(struct compiler *c)
{
	const char *close = memchr(c->at, '}', (size_t)(c->end - c->at)), *colon;
	struct type type;
	struct err err;
	char name[64];
	size_t name_len;

	if (!close)
		return wrong(c, "the hole is not closed with }");
	colon = memchr(c->at, ':', (size_t)(close - c->at));
	name_len = (size_t)((colon ? colon : close) - c->at) - 1;
	if (!name_len || name_len >= sizeof(name))
		return wrong(c, "the hole needs a name: {weight} or {weight:number}");
	snprintf(name, sizeof(name), "%.*s", (int)name_len, c->at + 1);
	if (end_literal(c) < 0)
		return -1;
	if (colon) {
		if (type_parse(&c->loader->profile->arena, colon + 1, (size_t)(close - colon) - 1,
			       ORDER_BIG, &type, &err) < 0)
			return wrong(c, err.text);
	} else if (type_parse(&c->loader->profile->arena, "text", 4, ORDER_BIG, &type, &err) < 0) {
		return -1;
	}
	c->at = close + 1;
	return !strcmp(name, "_") ? add_skip(c, &type) : add_field(c, name, &type);
}

static int compile_part(struct compiler *c);

static int add_optional(struct compiler *c)
{
	size_t index;

	if (end_literal(c) < 0)
		return -1;
	if (c->scope->depth == MAX_DEPTH)
		return wrong(c, "optional parts are nested too deep");
	index = c->ops->n;
	if (!op_add(c->ops, OP_OPTIONAL))
		return wrong(c, "the template is too long");
	c->at++;
	c->depth++;
	c->scope->depth++;
	if (compile_part(c) < 0)
		return -1;
	if (c->at == c->end)
		return wrong(c, "the [ is not closed with ]");
	c->at++;
	c->depth--;
	c->scope->depth--;
	c->ops->list[index].jump = (uint16_t)c->ops->n;
	return 0;
}

/* Up to the end, or to the ] of an optional part. */
static int compile_part(struct compiler *c)
{
	while (c->at < c->end) {
		int bad;

		if (*c->at == ']' && c->depth)
			break;
		if (*c->at == ']' || *c->at == '}')
			return wrong(c, *c->at == ']'
						? "] without its ["
						: "} without its {; write \\} for the character");
		bad = *c->at == '{'   ? add_hole(c)
		      : *c->at == '[' ? add_optional(c)
				      : add_literal(c);
		if (bad)
			return -1;
	}
	return end_literal(c);
}

int template_compile(struct scope *scope, const struct conf_node *node, struct op_list *out)
{
	struct compiler c = {.scope = scope,
			     .loader = scope->loader,
			     .node = node,
			     .ops = out,
			     .at = node->text,
			     .end = node->text + node->text_len};
	unsigned depth = scope->depth;
	int bad;

	if (node->kind != CONF_SCALAR) {
		conf_error(scope->loader->errors, node, "expected a template: a text with {holes}");
		return -1;
	}
	bad = compile_part(&c);
	scope->depth = depth;
	buf_fini(&c.literal);
	return bad;
}
