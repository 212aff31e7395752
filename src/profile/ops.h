/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that the bytes of a frame are described by, one after the other over a cursor. */
#ifndef PROFILE_OPS_H
#define PROFILE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/checksum.h"
#include "profile/type.h"

struct condition;
struct script_use;
struct table;
struct table_row;

enum {
	MAX_OPS = 4096,  /* of a frame */
	MAX_LEADING = 8, /* fields of a record before its first constant */
};

enum op_code {
	OP_LITERAL,   /* these bytes */
	OP_FIELD,     /* fields[field] */
	OP_PARAMETER, /* fields[field] must be parameters[index] */
	OP_SKIP,      /* any len bytes; len 0: as far as it goes; or one of the texts of a choice */
	OP_BITS,      /* an integer whose bits are fields */
	OP_CHECK,     /* a checksum */
	OP_LENGTH,    /* fields[field] is a length of the frame */
	/* These are about the operations that follow them, until jump: */
	OP_OPTIONAL, /* they are there as a whole, or not at all */
	OP_WHEN,     /* they are there if the conditions hold */
	OP_SIZED,    /* they are over exactly so many bytes: len, or what fields[field] says */
	/* One of at most len alike, number index from 0: as many as fields[field] or the parameter says. */
	OP_ELEMENT,
	OP_TAGGED, /* each entry begins with a tag, and is one of the cases that follow */
	OP_CASE,   /* of them */
	/* */
	OP_CHOICE, /* fields[field] must be one of the keys of a table */
};

struct bits_part {
	uint16_t field;     /* NO_FIELD: a constant */
	uint16_t parameter; /* 1 + index of the one that the field must be, or 0 */
	uint8_t shift, bits;
	uint64_t constant;
};

struct bits_op {
	struct field whole; /* its type is the integer's */
	const struct bits_part *parts;
	size_t n;
	uint64_t set; /* bits that are written as 1 */
};

struct check_op {
	struct checksum *sum;      /* or */
	struct script_use *script; /* it */
	size_t from;               /* the first byte it is over, in the frame */
	size_t before;             /* how many bytes before its own place the last one stands */
	struct check_op *next;     /* of the profile's, which are freed with it */
};

/* A length that is written as bytes / unit + add. */
struct measure {
	int64_t unit, add;
	size_t from,
		without; /* LENGTH: from that byte on (SIZE_MAX: the one after it); not the last ones */
};

/* A list of entries that each begin with a tag and perhaps a length. */
struct tagged_op {
	struct field tag, length;
	bool has_length, is_strict, has_end;
	struct measure measure;
	struct raw end; /* the tag after which nothing follows */
};

struct when_op {
	const struct condition *conditions;
	size_t n;
	bool is_other; /* none of them holds; else all do */
};

struct op {
	uint8_t code;
	bool is_open;   /* ELEMENT: as many as there are, but for until.tail bytes behind them */
	uint16_t field; /* NO_FIELD: SIZED by len */
	uint16_t index; /* of the parameter, of the element */
	uint16_t jump;
	uint16_t counted_by; /* ELEMENT: 1 + index of the parameter that says how many, or 0 */
	uint32_t len;
	const uint8_t *bytes; /* LITERAL; SKIP: what is written (len, or none: blanks) */
	struct until until;   /* FIELD, SKIP, ELEMENT, TAGGED */
	union {
		struct bits_op *bits;
		const struct field *ignored; /* SKIP: a choice, or NULL */
		struct check_op *check;
		const struct measure *measure; /* LENGTH, SIZED; ELEMENT that a parameter counts */
		const struct when_op *when;
		const struct tagged_op *tagged;
		const struct table_row *key; /* CASE */
		const struct table *choice;
	} more;
};

/* Operations while they are gathered. */
struct op_list {
	struct op *list; /* allocated */
	size_t n;
};
/* A new one at the end; NULL if there are too many. */
struct op *op_add(struct op_list *ops, enum op_code code);

struct ops {
	struct op *list;
	size_t n;
};
/* Gives the operations to the arena, and finds out where texts without a size end. */
void ops_keep(struct arena *arena, struct op_list *list, const struct field *fields,
	      struct ops *out);
/* How many bytes it takes at least; what may be missing takes none. */
size_t op_least_len(const struct op *op, const struct field *fields);
/* Whether it is a text or data that goes as far as it can. */
bool op_has_open_end(const struct op *op, const struct field *fields);
/* The fields that an operation sets and that are no parameters of bits, those of its bits if it has some: how many, and the i-th or NO_FIELD. */
size_t op_fields(const struct op *op);
uint16_t op_field(const struct op *op, size_t i);
/* Of an element of a list that is as long as this parameter says: of how many; -1: it is no such number. */
int64_t op_counted(const struct op *op, const struct raw *parameter);

#endif
