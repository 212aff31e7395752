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
	RAW_NATURAL, /* an integer above INT64_MAX */
	RAW_NUMBER,
	RAW_TEXT,    /* also DATA */
	RAW_SPECIAL, /* one of the field's special texts stands there */
};

struct raw {
	enum raw_kind kind;
	union {
		int64_t integer;
		uint64_t natural;
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
/* An integer, with or without sign, or a number. */
bool raw_is_number(const struct raw *raw);
/* Of these; else not a number. */
double raw_number(const struct raw *raw);

/* What products and sums of 64 bits fit in. */
__extension__ typedef __int128 wide_int;
/* Whether it is an integer, and which. */
bool raw_whole(const struct raw *raw, wide_int *out);
/* Whether a double is an integer, of 64 bits with sign. */
bool raw_is_whole(double number);
/* An integer, or the nearest number if it has more than 64 bits. */
void raw_set_whole(struct raw *raw, wide_int value);
/* Whether two raw values are the same, as far as text tells them apart. */
bool raw_equal(const struct raw *a, const struct raw *b);

#endif
