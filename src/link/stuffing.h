/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte stuffing: which bytes of the data are not written as they are, and what stands for them behind the escape
 * byte. One table, whichever way it was made: by doubling (DLE DLE), by exclusive or with a mask (7D 5E), or from
 * pairs (DB DC).
 */
#ifndef LINK_STUFFING_H
#define LINK_STUFFING_H

#include "conf/conf.h"

struct stuffing_options {
	struct conf_bytes escape, xor, also;
	const struct conf_node *table;
};
#define STUFFING_ROWS(s, m)                                                                        \
	{.key = "escape",                                                                          \
	 .type = CONF_BYTES,                                                                       \
	 .offset = offsetof(s, m.escape),                                                          \
	 .flags = CONF_REQUIRED,                                                                   \
	 .min = 1,                                                                                 \
	 .max = 1,                                                                                 \
	 .help = "the byte that escapes another one; doubled where it is data, unless xor or "     \
		 "table says otherwise"},                                                          \
		{.key = "xor",                                                                     \
		 .type = CONF_BYTES,                                                               \
		 .offset = offsetof(s, m.xor),                                                     \
		 .max = 1,                                                                         \
		 .help = "behind the escape stands the byte, combined with this one by exclusive " \
			 "or, such as \"\\x20\""},                                                 \
		{.key = "table",                                                                   \
		 .type = CONF_MARKS,                                                               \
		 .offset = offsetof(s, m.table),                                                   \
		 .help = "pairs of a byte and what stands for it behind the escape, such as "      \
			 "[\"\\xC0\\xDC\", \"\\xDB\\xDD\"]"},                                      \
	{                                                                                          \
		.key = "also", .type = CONF_BYTES, .offset = offsetof(s, m.also),                  \
		.help = "bytes that are escaped as well when they are sent, such as "              \
			"\"<DC1><DC3>\""                                                           \
	}

struct stuffing {
	uint8_t escape;
	bool is_doubled;
	uint8_t code[256];    /* what stands behind the escape for a byte ... */
	bool is_stuffed[256]; /* ... that is not written as it is */
	int16_t means[256];   /* of a code behind the escape; -1: nothing */
};

/* is_special: bytes that are never data, marks begin with them. -1 with errors. */
int stuffing_init(struct stuffing *s, const struct stuffing_options *options,
		  const bool is_special[256], const struct conf_node *node,
		  struct conf_errors *errors);

/* Adds data to out, stuffed. */
void stuffing_write(const struct stuffing *s, const uint8_t *data, size_t len, struct buf *out);

#endif
