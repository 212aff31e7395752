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
	uint64_t natural;
	double number;
	const char *text;
	size_t text_len;
};

struct table_row {
	bool is_text;
	const uint8_t *bytes;
	size_t len;
	struct raw number;
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

/* A type whose values are numbers. */
bool value_is_number(enum dragoman_type type);
/* Of a number, as far as a double says it; else 0. */
double value_as_number(const struct dragoman_value *value);
/* The nearest one of that type, which is a number's. */
void value_set_number(struct dragoman_value *value, enum dragoman_type type, double number);
/* The value as it would stand in the file. Its text stays where it is. */
struct constant constant_of(const struct dragoman_value *value);

/* "12", "0x1f", "-3", and all of it. */
bool raw_from_text(const char *text, struct raw *out);

/* A constant from a node: by the type wanted, or NONE for what looks right. */
int constant_read(const struct conf_node *node, enum dragoman_type wanted, struct constant *out);
void raw_from_constant(const struct constant *constant, struct raw *out);
void value_from_constant(const struct constant *constant, enum dragoman_type type,
			 struct dragoman_value *out);

#endif
