/* SPDX-License-Identifier: Apache-2.0 */
/* Raw values: what a field holds before it means anything. */
#ifndef PROFILE_RAW_H
#define PROFILE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum raw_kind {
	RAW_ABSENT, /* an optional part that is not there, blank columns */
	RAW_INTEGER,
	RAW_NUMBER,
	RAW_TEXT,    /* also DATA */
	RAW_SPECIAL, /* one of the field's special texts stands there */
};

struct raw {
	enum raw_kind kind;
	union {
		int64_t integer;
		double number;
		struct {
			const uint8_t *bytes;
			size_t len;
			bool is_utf8; /* made from a value, and not yet in the field's charset */
		} text;
		size_t special;
	} as;
};

void raw_set_text(struct raw *raw, const uint8_t *bytes, size_t len);
/* Of an integer or a number; else not a number. */
double raw_number(const struct raw *raw);
/* Whether two raw values are the same, as far as text tells them apart. */
bool raw_equal(const struct raw *a, const struct raw *b);

#endif
