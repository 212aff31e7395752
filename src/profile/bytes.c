/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of binary fields into operations: one item, one operation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "profile/arena.h"
#include "profile/bytes.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/type.h"

enum { MAX_CONSTANT = 1024, MAX_ELEMENTS = 256, MAX_ITEMS = 16384 };

const char *const item_orders[] = {"default",      "big",          "little",
				   "word-swapped", "byte-swapped", NULL};

static const struct conf_row item_rows[] = {
	{.key = "field",
	 .type = CONF_NAME,
	 .offset = offsetof(struct item, field),
	 .help = "name of the field that stands here"},
	{.key = "parameter",
	 .type = CONF_NAME,
	 .offset = offsetof(struct item, parameter),
	 .help = "name of the device's parameter that stands here"},
	{.key = "type",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, type),
	 .help = "how it is written"},
	{.key = "order",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct item, order),
	 .fallback = "default",
	 .choices = item_orders,
	 .help = "its byte order"},
	{.key = "bits",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, bits),
	 .help = "bit, or bits as 4-6, to the name of the field in them"},
	{.key = "set",
	 .type = CONF_INT,
	 .offset = offsetof(struct item, set),
	 .fallback = "0",
	 .min = 0,
	 .max = 0xffffffff,
	 .help = "other bits that are written as ones"},
	{.key = "constant",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, constant),
	 .help = "bytes in hexadecimal that must stand here"},
	{.key = "text",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct item, text),
	 .help = "text that must stand here"},
	{.key = "skip",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, skip),
	 .help = "number of bytes that mean nothing, or rest: all that are left"},
	{.key = "fill",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, fill),
	 .fallback = "00",
	 .help = "byte that is written there, in hexadecimal"},
	{.key = "check",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, check),
	 .help = "a checksum stands here"},
	{.key = "template",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, text_template),
	 .help = "a template stands here"},
	{.key = "length",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, length),
	 .help = "the length of the frame: a type, or {type, from, without, unit, add}"},
	{.key = "items",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, items),
	 .help = "a list of items that belong together"},
	{.key = "optional",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, optional),
	 .help = "a list of items that are there as a whole, or not at all"},
	{.key = "when",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, when),
	 .help = "it is there only if fields have these values"},
	{.key = "size",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, size),
	 .help = "how many bytes it is: a number, the field that says it, or {field, unit, add}"},
	{.key = "counted",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, counted),
	 .help = "how many bytes it is stands before it: a type, or {type, unit, add}"},
	{.key = "repeat",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, repeat),
	 .help = "a list of items that stands there several times"},
	{.key = "count",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, count),
	 .help = "how many times: a number, the field that says it, or {parameter: name}; to the "
		 "end if left out"},
	{.key = "max",
	 .type = CONF_INT,
	 .offset = offsetof(struct item, max),
	 .fallback = "0",
	 .min = 0,
	 .max = MAX_ELEMENTS,
	 .help = "at most so many times"},
	{.key = "switch",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, choice),
	 .help = "the field whose value chooses one of the cases"},
	{.key = "cases",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, cases),
	 .help = "value to list of items; \"default\" for all others"},
	{.key = "tagged",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, tagged),
	 .help = "entries that each begin with a tag"},
	{.key = NULL},
};
const struct conf_schema profile_item_schema = {"binary field", item_rows, sizeof(struct item),
						NULL};

int bytes_type(struct bytes_compiler *c, const struct conf_node *at, const char *text,
	       enum order order, struct type *out)
{
	struct err err;

	if (type_parse(&c->loader->profile->arena, text, strlen(text), order, out, &err) == 0) {
		if (out->kind > TYPE_SIGNED || out->bits % 8 == 0)
			return 0;
		err_set(&err, "%s is no whole number of bytes; use bits:", text);
	}
	conf_error(c->loader->errors, at, "%s", err.text);
	return -1;
}

int bytes_item_type(struct bytes_compiler *c, const struct conf_node *node, const struct item *item,
		    struct type *out)
{
	enum order order = item->order ? (enum order)(item->order - 1) : c->order;

	if (item->type)
		return bytes_type(c, conf_get(node, "type"), item->type, order, out);
	conf_error(c->loader->errors, node, "needs a type: u8, i16, bcd(4), text(8) ...");
	return -1;
}

struct op *bytes_op(struct bytes_compiler *c, const struct conf_node *node, enum op_code code)
{
	struct op *op = op_add(c->ops, code);

	if (!op)
		conf_error(c->loader->errors, node, "more than %d parts, repeated ones counted",
			   MAX_OPS);
	return op;
}

int bytes_add(struct bytes_compiler *c, const struct conf_node *node, const struct op *op)
{
	struct op *new = bytes_op(c, node, (enum op_code)op->code);

	if (!new)
		return -1;
	*new = *op;
	return 0;
}

static int add_field(struct bytes_compiler *c, const struct conf_node *node,
		     const struct item *item)
{
	struct op op = {.code = OP_FIELD};
	struct type type;

	if (bytes_item_type(c, node, item, &type) < 0)
		return -1;
	op.field = field_add(c->scope, node, item->field, &type);
	return op.field == NO_FIELD ? -1 : bytes_add(c, node, &op);
}

static int add_parameter(struct bytes_compiler *c, const struct conf_node *node,
			 const struct item *item)
{
	int parameter = parameter_find(c->loader, conf_get(node, "parameter"), item->parameter);
	struct op op = {.code = OP_PARAMETER, .index = (uint16_t)parameter};
	struct type type;
	char name[64];

	if (parameter < 0 || bytes_item_type(c, node, item, &type) < 0)
		return -1;
	snprintf(name, sizeof(name), "@%s", item->parameter);
	op.field = field_add(c->scope, node, name, &type);
	return op.field == NO_FIELD ? -1 : bytes_add(c, node, &op);
}

static int add_hex(struct bytes_compiler *c, const struct conf_node *node, const char *hex)
{
	struct op op = {.code = OP_LITERAL};
	uint8_t bytes[MAX_CONSTANT];
	ssize_t n = hex_parse(hex, bytes, sizeof(bytes));

	if (n <= 0) {
		conf_error(c->loader->errors, conf_get(node, "constant"),
			   "expected bytes in hexadecimal, as \"aa c0\"");
		return -1;
	}
	op.len = (uint32_t)n;
	op.bytes = arena_copy(&c->loader->profile->arena, bytes, (size_t)n);
	return bytes_add(c, node, &op);
}

static int add_text(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	struct op op = {.code = OP_LITERAL, .len = (uint32_t)item->text.len};

	op.bytes = arena_copy(&c->loader->profile->arena, item->text.data, item->text.len);
	return bytes_add(c, node, &op);
}

static int add_skip(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	struct op op = {.code = OP_SKIP};
	uint8_t byte, *fill;
	char *end;
	long n = strtol(item->skip, &end, 10);

	if (!strcmp(item->skip, "rest"))
		n = 0;
	else if (*end || n < 1 || n > MAX_CONSTANT) {
		conf_error(c->loader->errors, conf_get(node, "skip"),
			   "expected a number of bytes, 1 to %d, or rest", MAX_CONSTANT);
		return -1;
	}
	if (hex_parse(item->fill, &byte, 1) != 1) {
		conf_error(c->loader->errors, conf_get(node, "fill"),
			   "expected one byte in hexadecimal, as ff");
		return -1;
	}
	op.len = (uint32_t)n;
	op.bytes = fill = arena_alloc(&c->loader->profile->arena, (size_t)n + 1);
	memset(fill, byte, (size_t)n + 1); /* the one more is for what a rest is filled up with */
	return bytes_add(c, node, &op);
}

static int add_check(struct bytes_compiler *c, const struct conf_node *node,
		     const struct item *item)
{
	struct op op;

	return check_compile(c->loader, item->check, &op) < 0 ? -1 : bytes_add(c, node, &op);
}

uint16_t bytes_hidden(struct bytes_compiler *c, const struct conf_node *node, const char *type_text,
		      enum order order)
{
	struct type type;
	uint16_t field;
	char name[32];

	if (bytes_type(c, node, type_text, order, &type) < 0)
		return NO_FIELD;
	if (type.kind == TYPE_FLOAT || type.kind == TYPE_NUMBER || type.kind >= TYPE_BIT ||
	    !type.size || type.loose) {
		conf_error(
			c->loader->errors, node,
			"expected an integer of a known width: u8, u16, bcd(4), integer(03), hex(4)");
		return NO_FIELD;
	}
	snprintf(name, sizeof(name), "#%zu", c->scope->fields->n);
	field = field_add(c->scope, node, name, &type);
	if (field != NO_FIELD)
		c->scope->fields->list[field].is_computed = true;
	return field;
}

struct length_source {
	struct conf_item item;
	char *type;
	int order;
	int64_t from, without, unit, add;
};

static const struct conf_row length_rows[] = {
	{.key = "type",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct length_source, type),
	 .flags = CONF_REQUIRED,
	 .help = "how it is written: u8, u16, integer(03) ..."},
	{.key = "order",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct length_source, order),
	 .fallback = "default",
	 .choices = item_orders,
	 .help = "its byte order"},
	{.key = "from",
	 .type = CONF_INT,
	 .offset = offsetof(struct length_source, from),
	 .fallback = "-1",
	 .min = -1,
	 .max = 65535,
	 .help = "first byte that counts, from 0; the one after it if left out"},
	{.key = "without",
	 .type = CONF_INT,
	 .offset = offsetof(struct length_source, without),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .help = "how many bytes at the end do not count"},
	MEASURE_ROWS(struct length_source),
	{.key = NULL},
};
const struct conf_schema profile_length_schema = {"length", length_rows,
						  sizeof(struct length_source), NULL};

static int add_length(struct bytes_compiler *c, const struct conf_node *node,
		      const struct item *item)
{
	struct measure *measure = arena_alloc(&c->loader->profile->arena, sizeof(*measure));
	struct length_source s = {.from = -1, .unit = 1};
	struct op op = {.code = OP_LENGTH, .more.measure = measure};
	int bad = 0;

	if (item->length->kind != CONF_SCALAR)
		bad = conf_read(&profile_length_schema, item->length, &s, c->loader->errors);
	if (!bad) {
		op.field = bytes_hidden(c, item->length, s.type ? s.type : item->length->text,
					s.order ? (enum order)(s.order - 1) : c->order);
		bad = op.field == NO_FIELD ? -1 : 0;
	}
	*measure = (struct measure){s.unit, s.add, s.from < 0 ? SIZE_MAX : (size_t)s.from,
				    (size_t)s.without};
	conf_fini(&profile_length_schema, &s);
	return bad ? -1 : bytes_add(c, node, &op);
}

int bytes_plain(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	if (item->field)
		return add_field(c, node, item);
	if (item->parameter)
		return add_parameter(c, node, item);
	if (item->constant)
		return add_hex(c, node, item->constant);
	if (item->text.len)
		return add_text(c, node, item);
	if (item->skip)
		return add_skip(c, node, item);
	if (item->bits)
		return bytes_bits(c, node, item);
	if (item->check)
		return add_check(c, node, item);
	if (item->length)
		return add_length(c, node, item);
	return template_compile(c->scope, item->text_template, c->ops);
}

/* Keys that mean something beside one of the others only. */
static int check_company(struct bytes_compiler *c, const struct conf_node *node,
			 const struct item *item)
{
	static const struct {
		const char *key, *with;
	} rows[] = {{"set", "bits"},   {"fill", "skip"},    {"count", "repeat"},
		    {"max", "repeat"}, {"cases", "switch"}, {"switch", "cases"}};
	int bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct conf_node *at = conf_get(node, rows[i].key);

		if (!at || conf_get(node, rows[i].with))
			continue;
		conf_error_key(c->loader->errors, at, "goes with %s only", rows[i].with);
		bad = -1;
	}
	if (item->size && item->counted) {
		conf_error(c->loader->errors, node, "expected either size or counted");
		bad = -1;
	}
	return bad;
}

static int check_item(struct bytes_compiler *c, const struct conf_node *node,
		      const struct item *item)
{
	int kinds = !!item->field + !!item->parameter + !!item->constant + (item->text.len > 0) +
		    !!item->skip + !!item->bits + !!item->check + !!item->text_template +
		    !!item->length + !!item->items + !!item->repeat + !!item->choice +
		    !!item->tagged + !!item->optional;

	if (kinds == 1)
		return check_company(c, node, item);
	conf_error(c->loader->errors, node,
		   "expected one of field, parameter, bits, constant, text, skip, check, template, "
		   "length, items, optional, repeat, switch and tagged; found %s",
		   kinds ? "more than one of them" : "none of them");
	return -1;
}

static int add_item(struct bytes_compiler *c, const struct conf_node *node)
{
	struct item item = {0};
	int bad;

	if (c->scope->n_items++ == MAX_ITEMS) {
		conf_error(c->loader->errors, node, "more than %d items, repeated ones counted",
			   MAX_ITEMS);
		return -1;
	}
	bad = conf_read(&profile_item_schema, node, &item, c->loader->errors);
	if (!bad)
		bad = check_item(c, node, &item);
	if (!bad)
		bad = parts_are_in(&item) ? parts_item(c, node, &item)
					  : bytes_plain(c, node, &item);
	conf_fini(&profile_item_schema, &item);
	return bad;
}

int bytes_items(struct bytes_compiler *c, const struct conf_node *list)
{
	int bad = 0;

	if (list->kind != CONF_LIST) {
		conf_error(c->loader->errors, list, "expected a list of fields");
		return -1;
	}
	for (const struct conf_node *n = list->first; n && c->scope->n_items <= MAX_ITEMS;
	     n = n->next)
		bad |= add_item(c, n);
	return bad;
}

int bytes_compile(struct scope *scope, const struct conf_node *list, enum order order,
		  struct op_list *out)
{
	struct bytes_compiler c = {scope, scope->loader, order, out};

	if (list->kind == CONF_LIST && !list->n) {
		conf_error(scope->loader->errors, list, "expected a list of fields");
		return -1;
	}
	return bytes_items(&c, list);
}
