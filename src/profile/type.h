/* SPDX-License-Identifier: Apache-2.0 */
/* Types of fields: how a raw value stands in the bytes of a frame, and back. */
#ifndef PROFILE_TYPE_H
#define PROFILE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/arena.h"
#include "profile/raw.h"

struct conf_node;

enum { NO_FIELD = UINT16_MAX };

enum type_kind {
	TYPE_UNSIGNED,
	TYPE_SIGNED,
	TYPE_FLOAT,
	TYPE_BCD,    /* two digits a byte */
	TYPE_DIGITS, /* a digit a byte, in its low half */
	TYPE_NUMBER, /* from here on text */
	TYPE_INTEGER,
	TYPE_HEX,
	TYPE_BIT, /* one '0' or '1' */
	TYPE_CHOICE,
	TYPE_TEXT, /* without the blanks around it */
	TYPE_DATA, /* as it is */
	TYPES
};

/* Of the bytes of a binary number: ABCD, DCBA, CDAB, BADC. */
enum order { ORDER_BIG, ORDER_LITTLE, ORDER_WORDS, ORDER_BYTES };
extern const char *const order_names[]; /* ends with NULL */

/* How a sign is written: of a binary number, of decimal digits in half bytes. */
enum sign {
	SIGN_TWOS,
	SIGN_ONES,
	SIGN_MAGNITUDE, /* the highest bit is the sign */
	SIGN_OFFSET,    /* 0 stands for the lowest number */
	SIGN_FIRST,     /* BCD: the first half byte is 0, or F of less than zero */
	SIGN_LAST,      /* BCD: the last half byte is C, or D of less than zero */
};

struct choice {
	const uint8_t *bytes;
	size_t len;
};

struct type {
	uint8_t kind;
	uint8_t order;
	uint8_t bits;    /* UNSIGNED, SIGNED, FLOAT */
	uint8_t digits;  /* BCD, DIGITS, HEX */
	uint16_t size;   /* bytes; 0: as far as it goes */
	int8_t decimals; /* NUMBER, when written; -1: as many as are needed */
	uint8_t sign;    /* SIGNED, BCD; HEX: TWOS, with is_signed */
	uint8_t charset; /* TEXT */
	bool plus, zero, left, exponent, comma, lower;
	bool is_signed; /* BCD, HEX */
	bool implied;   /* NUMBER: the last `decimals` digits, without a point */
	bool blank;     /* BCD: nothing but F means that there is none */
	bool trailing;  /* NUMBER, INTEGER: the sign stands behind the digits */
	bool loose; /* NUMBER, INTEGER: size is how it is written; it is read as far as it goes */
	uint16_t n_choices;
	const struct choice *choices;
	const char *text; /* as it was written */
};

/* A value of a field that means something else: placeholders, error codes. */
struct special {
	bool is_text;
	const uint8_t *bytes; /* is_text */
	size_t len;
	struct raw number;
	enum dragoman_quality quality;
	const char *reason;
};

struct field {
	const char *name;
	struct type type;
	const struct special *specials;
	size_t n_specials;
	const struct conf_node *special_node; /* where they stand */
	uint16_t depth;   /* of the optional parts it stands in: 0 is always there */
	bool is_bits;     /* a part of a bit field: type.bits wide */
	bool is_computed; /* a length or a count: made from what it is of when it is written */
	bool is_control;  /* the codec itself looks at it */
};

/* Reads "number(8.2)". 0, or -1 with err. */
int type_parse(struct arena *arena, const char *text, size_t len, enum order order,
	       struct type *out, struct err *err);

/* Where a text without a size ends: before the first of these that comes, else at the end, less what has to follow
 * it. */
struct until {
	const uint8_t *bytes[2];
	size_t len[2];
	size_t tail; /* so many bytes at least */
};

/* Reads a field at `at`: the number of bytes it took, or -(a verdict). A text is left where it is. */
ssize_t type_read(const struct field *field, const uint8_t *at, size_t len,
		  const struct until *until, struct raw *out);
/* 0, or -1 if the value does not fit the field. */
int type_write(const struct field *field, const struct raw *raw, struct buf *out);
/* An UNSIGNED or HEX as its bits, all 64 of them: as type_read; and back. */
ssize_t type_read_bits(const struct type *type, const uint8_t *at, size_t len, uint64_t *out);
int type_write_bits(const struct type *type, uint64_t bits, struct buf *out);
/* The number that the low t->bits of bits are, by t->sign; and back, -1 if it does not fit. */
int64_t type_signed(const struct type *t, uint64_t bits);
int type_sign(const struct type *t, int64_t value, uint64_t *bits);
/* Where the i-th byte of a number stands, the most significant one being the first. */
size_t order_place(enum order order, size_t size, size_t i);

/* Whether it says numbers above INT64_MAX: all of its 64 bits are a number without sign. */
bool type_has_natural(const struct type *type);
/* Whether two fields are written alike. */
bool type_equal(const struct type *a, const struct type *b);

#endif
