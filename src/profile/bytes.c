/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of binary fields into operations: one item, one operation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "profile/program.h"

enum { MAX_CONSTANT = 1024 };

struct item {
	struct conf_item item;
	char *field, *parameter, *type;
	int order;
	char *constant, *fill;
	struct conf_bytes text;
	int64_t skip;
	const struct conf_node *bits, *check;
	int64_t set;
};

static const char *const item_orders[] = {"default",      "big",          "little",
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
	 .type = CONF_INT,
	 .offset = offsetof(struct item, skip),
	 .fallback = "0",
	 .min = 0,
	 .max = MAX_CONSTANT,
	 .help = "number of bytes that mean nothing"},
	{.key = "fill",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct item, fill),
	 .fallback = "00",
	 .help = "byte that is written there, in hexadecimal"},
	{.key = "check",
	 .type = CONF_ANY,
	 .offset = offsetof(struct item, check),
	 .help = "a checksum stands here"},
	{.key = NULL},
};
const struct conf_schema profile_item_schema = {"binary field", item_rows, sizeof(struct item),
						NULL};

struct check_source {
	struct conf_item item;
	struct checksum_options checksum;
	int64_t from, before;
};

static const struct conf_row check_rows[] = {
	CHECKSUM_ROWS(struct check_source, checksum),
	{.key = "from",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_source, from),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .help = "first byte it is over, from 0"},
	{.key = "before",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_source, before),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .help = "how many bytes just before it are left out"},
	{.key = NULL},
};
const struct conf_schema profile_check_schema = {"check", check_rows, sizeof(struct check_source),
						 NULL};

struct bytes_compiler {
	struct loader *loader;
	struct field_list *fields;
	enum order order;
};

static int parse_item_type(struct bytes_compiler *c, const struct conf_node *node,
			   const struct item *item, struct type *out)
{
	const struct conf_node *at = conf_get(node, "type");
	enum order order = item->order ? (enum order)(item->order - 1) : c->order;
	struct err err;

	if (!item->type) {
		conf_error(c->loader->errors, node, "needs a type: u8, i16, bcd(4), text(8) ...");
		return -1;
	}
	if (type_parse(&c->loader->profile->arena, item->type, strlen(item->type), order, out,
		       &err) == 0) {
		if (out->kind <= TYPE_SIGNED && out->bits % 8)
			err_set(&err, "%s is no whole number of bytes; use bits:", item->type);
		else
			return 0;
	}
	conf_error(c->loader->errors, at, "%s", err.text);
	return -1;
}

static int add_field(struct bytes_compiler *c, const struct conf_node *node,
		     const struct item *item, struct op *op)
{
	struct type type;

	if (parse_item_type(c, node, item, &type) < 0)
		return -1;
	op->code = OP_FIELD;
	op->field = field_add(c->loader, node, c->fields, item->field, &type, 0);
	return op->field == NO_FIELD ? -1 : 0;
}

static int add_parameter(struct bytes_compiler *c, const struct conf_node *node,
			 const struct item *item, struct op *op)
{
	int parameter = parameter_find(c->loader, conf_get(node, "parameter"), item->parameter);
	struct type type;
	char name[64];

	if (parameter < 0 || parse_item_type(c, node, item, &type) < 0)
		return -1;
	snprintf(name, sizeof(name), "@%s", item->parameter);
	op->code = OP_PARAMETER;
	op->index = (uint16_t)parameter;
	op->field = field_add(c->loader, node, c->fields, name, &type, 0);
	return op->field == NO_FIELD ? -1 : 0;
}

static int add_hex(struct bytes_compiler *c, const struct conf_node *node, const char *hex,
		   struct op *op)
{
	uint8_t bytes[MAX_CONSTANT];
	ssize_t n = hex_parse(hex, bytes, sizeof(bytes));

	if (n <= 0) {
		conf_error(c->loader->errors, conf_get(node, "constant"),
			   "expected bytes in hexadecimal, as \"aa c0\"");
		return -1;
	}
	op->code = OP_LITERAL;
	op->len = (uint32_t)n;
	op->bytes = arena_copy(&c->loader->profile->arena, bytes, (size_t)n);
	return 0;
}

static int add_text(struct bytes_compiler *c, const struct item *item, struct op *op)
{
	op->code = OP_LITERAL;
	op->len = (uint32_t)item->text.len;
	op->bytes = arena_copy(&c->loader->profile->arena, item->text.data, item->text.len);
	return 0;
}

static int add_skip(struct bytes_compiler *c, const struct conf_node *node, const struct item *item,
		    struct op *op)
{
	uint8_t byte, *fill;

	if (hex_parse(item->fill, &byte, 1) != 1) {
		conf_error(c->loader->errors, conf_get(node, "fill"),
			   "expected one byte in hexadecimal, as ff");
		return -1;
	}
	fill = arena_alloc(&c->loader->profile->arena, (size_t)item->skip);
	memset(fill, byte, (size_t)item->skip);
	op->code = OP_SKIP;
	op->len = (uint32_t)item->skip;
	op->bytes = fill;
	return 0;
}

/* "7" or "4-6": the lowest bit and how many. */
static int parse_bits(const char *key, unsigned most, unsigned *shift, unsigned *width)
{
	unsigned from, to;
	char rest;
	int n = sscanf(key, "%u-%u%c", &from, &to, &rest);

	if (n == 1 && strspn(key, "0123456789") == strlen(key))
		to = from;
	else if (n != 2)
		return -1;
	if (from > to || to >= most)
		return -1;
	*shift = from;
	*width = to - from + 1;
	return 0;
}

static int add_part(struct bytes_compiler *c, const struct conf_node *node,
		    const struct type *whole, struct bits_part *part)
{
	unsigned width, shift, bits = whole->bits ? whole->bits : 4u * whole->digits;
	struct type type = {.kind = TYPE_UNSIGNED};

	if (parse_bits(node->key, bits, &shift, &width) < 0) {
		conf_error_key(c->loader->errors, node,
			       "\"%s\" are no bits of it; expected 0 to %u, or a range as 4-6",
			       node->key, bits - 1);
		return -1;
	}
	if (node->kind != CONF_SCALAR) {
		conf_error(c->loader->errors, node, "expected the name of a field");
		return -1;
	}
	type.bits = (uint8_t)width;
	type.size = (uint16_t)((width + 7) / 8);
	part->shift = (uint8_t)shift;
	part->field = field_add(c->loader, node, c->fields, node->text, &type, 0);
	if (part->field == NO_FIELD)
		return -1;
	c->fields->list[part->field].is_bits = true;
	return 0;
}

static int add_bits(struct bytes_compiler *c, const struct conf_node *node, const struct item *item,
		    struct op *op)
{
	struct arena *arena = &c->loader->profile->arena;
	struct bits_op *bits = arena_alloc(arena, sizeof(*bits));
	struct bits_part *parts;
	int bad = 0;

	if (parse_item_type(c, node, item, &bits->whole.type) < 0)
		return -1;
	if (bits->whole.type.kind != TYPE_UNSIGNED && bits->whole.type.kind != TYPE_HEX) {
		conf_error(c->loader->errors, conf_get(node, "type"),
			   "bits are those of an unsigned integer: u8, u16 ... or hex(2)");
		return -1;
	}
	if (item->bits->kind != CONF_MAP) {
		conf_error(c->loader->errors, item->bits, "expected {0: name, 4-6: other}");
		return -1;
	}
	parts = arena_alloc(arena, item->bits->n * sizeof(*parts));
	for (const struct conf_node *n = item->bits->first; n; n = n->next)
		bad |= add_part(c, n, &bits->whole.type, &parts[bits->n++]);
	bits->parts = parts;
	bits->set = (uint64_t)item->set;
	op->code = OP_BITS;
	op->more.bits = bits;
	return bad;
}

int check_compile(struct loader *loader, const struct conf_node *node, struct op *out)
{
	struct profile *profile = loader->profile;
	struct check_source source = {0};
	struct check_op *check;
	int bad;

	bad = conf_read(&profile_check_schema, node, &source, loader->errors);
	if (!bad && source.checksum.algorithm == CHECKSUM_NONE) {
		conf_error(loader->errors, node,
			   "needs an algorithm: sum8, xor, CRC-16/MODBUS ...");
		bad = -1;
	}
	check = arena_alloc(&profile->arena, sizeof(*check));
	if (!bad)
		check->sum = checksum_new(&source.checksum, node, loader->errors);
	check->from = (size_t)source.from;
	check->before = (size_t)source.before;
	check->next = profile->checks;
	profile->checks = check;
	conf_fini(&profile_check_schema, &source);
	out->code = OP_CHECK;
	out->more.check = check;
	out->len = check->sum ? (uint32_t)checksum_len(check->sum) : 0;
	return check->sum ? 0 : -1;
}

static int add_item(struct bytes_compiler *c, const struct conf_node *node, const struct item *item,
		    struct op *op)
{
	int kinds = !!item->field + !!item->parameter + !!item->constant + (item->text.len > 0) +
		    (item->skip > 0) + !!item->bits + !!item->check;

	if (kinds != 1) {
		conf_error(
			c->loader->errors, node,
			"expected one of field, parameter, bits, constant, text, skip and check");
		return -1;
	}
	if (item->field)
		return add_field(c, node, item, op);
	if (item->parameter)
		return add_parameter(c, node, item, op);
	if (item->constant)
		return add_hex(c, node, item->constant, op);
	if (item->text.len)
		return add_text(c, item, op);
	if (item->skip)
		return add_skip(c, node, item, op);
	if (item->bits)
		return add_bits(c, node, item, op);
	return check_compile(c->loader, item->check, op);
}

int bytes_compile(struct loader *loader, const struct conf_node *list, enum order order,
		  struct field_list *fields, struct ops *out)
{
	struct bytes_compiler c = {loader, fields, order};
	int bad = 0;

	if (list->kind != CONF_LIST || !list->n) {
		conf_error(loader->errors, list, "expected a list of fields");
		return -1;
	}
	out->list = arena_alloc(&loader->profile->arena, list->n * sizeof(*out->list));
	for (const struct conf_node *n = list->first; n; n = n->next) {
		struct item item = {0};

		if (conf_read(&profile_item_schema, n, &item, loader->errors) < 0)
			bad = -1;
		else if (add_item(&c, n, &item, &out->list[out->n++]) < 0)
			bad = -1;
		conf_fini(&profile_item_schema, &item);
	}
	for (size_t i = 0; i + 1 < out->n; i++) /* what follows ends a text without a size */
		if (out->list[i + 1].code == OP_LITERAL) {
			out->list[i].until.bytes[0] = out->list[i + 1].bytes;
			out->list[i].until.len[0] = out->list[i + 1].len;
		}
	return bad;
}
