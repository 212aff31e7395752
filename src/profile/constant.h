/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they stand in the file, and tables of them. */
#ifndef PROFILE_CONSTANT_H
#define PROFILE_CONSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "conf/conf.h"
#include "profile/raw.h"

/* A value as it stands in the file. */
struct constant {
	enum dragoman_type type; /* NONE: nothing stands there */
	bool boolean;
	int64_t integer;
	double number;
	const char *text;
	size_t text_len;
};

struct table_row {
	bool is_text;
	const uint8_t *bytes;
	size_t len;
	int64_t integer;
	struct constant value;
};

struct table {
	const struct table_row *rows;
	size_t n;
	struct constant other; /* for what is not in it */
};

/* Whether the raw value is the row's; the row whose it is, or NULL. */
bool table_row_matches(const struct table_row *row, const struct raw *raw);
const struct table_row *table_find(const struct table *table, const struct raw *raw);
void raw_from_row(const struct table_row *row, struct raw *out);

/* A constant from a node: by the type wanted, or NONE for what looks right. */
int constant_read(const struct conf_node *node, enum dragoman_type wanted, struct constant *out);
void raw_from_constant(const struct constant *constant, struct raw *out);
void value_from_constant(const struct constant *constant, enum dragoman_type type,
			 struct dragoman_value *out);

#endif
