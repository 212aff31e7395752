/* SPDX-License-Identifier: Apache-2.0 */
/* `bits:` of a binary field: an integer whose bits are fields, or constants. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/arena.h"
#include "profile/bytes.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/type.h"

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

struct part_source {
	struct conf_item item;
	char *field, *parameter, *type, *constant;
};

static const struct conf_row part_rows[] = {
	{.key = "field",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct part_source, field),
	 .help = "name of the field in these bits"},
	{.key = "parameter",
	 .type = CONF_NAME,
	 .offset = offsetof(struct part_source, parameter),
	 .help = "in place of a field: the device's parameter that must stand there"},
	{.key = "type",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct part_source, type),
	 .help = "of an integer as wide as they are: i12, i8(magnitude)"},
	{.key = "constant",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct part_source, constant),
	 .help = "in place of a field: the number that must stand there"},
	{.key = NULL},
};
const struct conf_schema profile_bits_schema = {"bits", part_rows, sizeof(struct part_source),
						NULL};

static int add_bits_constant(struct bytes_compiler *c, const struct conf_node *node,
			     const char *text, struct bits_part *part)
{
	char *end;

	part->field = NO_FIELD;
	part->constant = strtoull(text, &end, 0);
	if (end != text && !*end && part->constant <= UINT64_MAX >> (64 - part->bits))
		return 0;
	conf_error(c->loader->errors, node, "expected a number that fits into %u bits", part->bits);
	return -1;
}

static int add_bits_field(struct bytes_compiler *c, const struct conf_node *node, const char *name,
			  const char *type_text, struct bits_part *part)
{
	struct type type = {.kind = TYPE_UNSIGNED, .bits = part->bits};
	struct arena *arena = &c->loader->profile->arena;
	struct err err;

	if (type_text &&
	    type_parse(arena, type_text, strlen(type_text), ORDER_BIG, &type, &err) < 0) {
		conf_error(c->loader->errors, node, "%s", err.text);
		return -1;
	}
	if (type.kind > TYPE_SIGNED || type.bits != part->bits) {
		conf_error(c->loader->errors, node, "expected the type u%u or i%u", part->bits,
			   part->bits);
		return -1;
	}
	type.size = (uint16_t)((type.bits + 7) / 8);
	part->field = field_add(c->scope, node, name, &type);
	if (part->field == NO_FIELD)
		return -1;
	c->scope->fields->list[part->field].is_bits = true;
	return 0;
}

static int add_bits_parameter(struct bytes_compiler *c, const struct conf_node *node,
			      const struct part_source *s, struct bits_part *part)
{
	const struct conf_node *at = conf_get(node, "parameter");
	int parameter = parameter_find(c->loader, at, s->parameter);
	char name[64];

	if (parameter < 0)
		return -1;
	if (c->loader->profile->parameters[parameter].type != DRAGOMAN_INTEGER) {
		conf_error(c->loader->errors, at, "bits hold an integer parameter only");
		return -1;
	}
	part->parameter = (uint16_t)(parameter + 1);
	snprintf(name, sizeof(name), "@%s", s->parameter);
	return add_bits_field(c, node, name, s->type, part);
}

static int add_part(struct bytes_compiler *c, const struct conf_node *node,
		    const struct type *whole, struct bits_part *part)
{
	unsigned width, shift, bits = whole->bits ? whole->bits : 4u * whole->digits;
	struct part_source s = {0};
	int bad;

	if (parse_bits(node->key, bits, &shift, &width) < 0) {
		conf_error_key(c->loader->errors, node,
			       "\"%s\" are no bits of it; expected 0 to %u, or a range as 4-6",
			       node->key, bits - 1);
		return -1;
	}
	part->shift = (uint8_t)shift;
	part->bits = (uint8_t)width;
	if (node->kind == CONF_SCALAR)
		return add_bits_field(c, node, node->text, NULL, part);
	bad = conf_read(&profile_bits_schema, node, &s, c->loader->errors);
	if (!bad && !!s.field + !!s.parameter + !!s.constant != 1) {
		conf_error(c->loader->errors, node, "expected a field, a parameter or a constant");
		bad = -1;
	}
	if (!bad)
		bad = s.field       ? add_bits_field(c, node, s.field, s.type, part)
		      : s.parameter ? add_bits_parameter(c, node, &s, part)
				    : add_bits_constant(c, node, s.constant, part);
	conf_fini(&profile_bits_schema, &s);
	return bad;
}

static uint64_t mask_of(const struct bits_part *part)
{
	return UINT64_MAX >> (64 - part->bits) << part->shift;
}

static int check_apart(struct bytes_compiler *c, const struct conf_node *node,
		       const struct bits_part *parts, size_t last)
{
	for (size_t i = 0; i < last; i++)
		if (mask_of(&parts[i]) & mask_of(&parts[last])) {
			conf_error_key(c->loader->errors, node,
				       "some of the bits %s stand here twice", node->key);
			return -1;
		}
	return 0;
}

int bytes_bits(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	struct arena *arena = &c->loader->profile->arena;
	struct bits_op *bits = arena_alloc(arena, sizeof(*bits));
	struct op op = {.code = OP_BITS, .more.bits = bits};
	struct bits_part *parts;
	int bad = 0;

	if (bytes_item_type(c, node, item, &bits->whole.type) < 0)
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
	for (const struct conf_node *n = item->bits->first; n; n = n->next) {
		bad |= add_part(c, n, &bits->whole.type, &parts[bits->n]);
		if (!bad)
			bad = check_apart(c, n, parts, bits->n);
		bits->n++;
	}
	bits->parts = parts;
	bits->set = (uint64_t)item->set;
	return bad ? -1 : bytes_add(c, node, &op);
}
