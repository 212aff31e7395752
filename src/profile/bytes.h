/* SPDX-License-Identifier: Apache-2.0 */
/* What bytes.c (items that are bytes) and parts.c (items that are made of others) share. */
#ifndef PROFILE_BYTES_H
#define PROFILE_BYTES_H

#include "profile/ops.h"
#include "profile/type.h"

struct item {
	struct conf_item item;
	char *field, *parameter, *type;
	int order;
	char *constant, *fill, *skip;
	struct conf_bytes text;
	const struct conf_node *bits, *check, *text_template, *length;
	int64_t set;
	/* of others */
	const struct conf_node *when, *items, *optional, *repeat, *cases, *tagged, *size, *counted,
		*count;
	char *choice;
	int64_t max;
};

/* An item's byte order: "default", and then as order_names. */
extern const char *const item_orders[];

/* What a length or a count is of: bytes / unit + add. */
#define MEASURE_ROWS(s)                                                                            \
	{.key = "unit",                                                                            \
	 .type = CONF_INT,                                                                         \
	 .offset = offsetof(s, unit),                                                              \
	 .fallback = "1",                                                                          \
	 .min = 1,                                                                                 \
	 .max = 4096,                                                                              \
	 .help = "bytes that count as one"},                                                       \
	{                                                                                          \
		.key = "add", .type = CONF_INT, .offset = offsetof(s, add), .fallback = "0",       \
		.min = -65535, .max = 65535, .help = "how much more is written"                    \
	}

struct bytes_compiler {
	struct scope *scope;
	struct loader *loader;
	enum order order;
	struct op_list *ops;
};

/* -1 with errors added, all of them. */
int bytes_items(struct bytes_compiler *c, const struct conf_node *list);
/* The item alone, without what its parts.c keys say. */
int bytes_plain(struct bytes_compiler *c, const struct conf_node *node, const struct item *item);
int bytes_type(struct bytes_compiler *c, const struct conf_node *at, const char *text,
	       enum order order, struct type *out);
int bytes_item_type(struct bytes_compiler *c, const struct conf_node *node, const struct item *item,
		    struct type *out);
/* bits.c */
int bytes_bits(struct bytes_compiler *c, const struct conf_node *node, const struct item *item);
/* Adds an operation like this one. */
int bytes_add(struct bytes_compiler *c, const struct conf_node *node, const struct op *op);
/* An operation; NULL with an error at node. */
struct op *bytes_op(struct bytes_compiler *c, const struct conf_node *node, enum op_code code);
/* A length or a count, named by a text, "u8", or by the type in a map. Its name is made up. */
uint16_t bytes_hidden(struct bytes_compiler *c, const struct conf_node *node, const char *type,
		      enum order order);

/* parts.c */
bool parts_are_in(const struct item *item);
int parts_item(struct bytes_compiler *c, const struct conf_node *node, const struct item *item);

#endif
