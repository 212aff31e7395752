/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps from the raw fields of a frame to the tags of its reading, the rules that say how good they are, and
 * the way back.
 */
#ifndef PROFILE_VALUES_H
#define PROFILE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "profile/constant.h"
#include "profile/ops.h"

struct frame;
struct moment;
struct parameters;
struct script_use;

/* What the fields are together that a value is made of. */
enum combine { COMBINE_SUM, COMBINE_PRODUCT, COMBINE_RATIO };

/* One of these fields. */
struct term {
	uint16_t field;
	double factor; /* SUM */
};

/* What is made of a value and the one before it, for clients only: derive.h. */
enum derive_kind { DERIVE_NOTHING, DERIVE_TOTAL, DERIVE_DIFFERENCE, DERIVE_RATE };
struct derivation {
	enum derive_kind kind;
	double modulo; /* of the value: where its counter begins again; 0: it does not */
	int64_t per_ns;
};

/* How one tag comes out of a frame. */
struct step {
	uint16_t tag;   /* in the reading */
	uint16_t field; /* NO_FIELD: a constant, a time, or nothing but a quality */
	const struct moment *time;
	uint16_t decimals_field;      /* the number of decimals stands there, */
	const struct table *decimals; /* perhaps as a code */
	uint16_t scale_field;         /* the same of a factor, */
	uint16_t scale_parameter; /* or 1 + index of the parameter that holds it; 0: none does */
	const struct table *scales;
	enum combine combine;
	bool is_read_only;        /* its fields are said by other values */
	const struct term *terms; /* in place of one field, and field is the first one's */
	size_t n_terms;
	const struct derivation *derive;
	struct script_use *script; /* a program makes the value; NULL: none does */
	bool is_alternative;       /* if what an earlier step of the tag wants is absent */
	bool linear;
	bool has_limits;
	double scale, divisor, offset; /* value = raw * scale / divisor + offset */
	double min, max;
	const struct table *table;
	struct constant constant;
	enum dragoman_quality quality;
	const char *reason;
};

/* A condition on one field, and what it does to tags if it holds. */
struct condition {
	uint16_t field;
	const struct table_row *any; /* equals one of these */
	size_t n;
	bool has_above, has_below;
	double above, below;
};

struct rule {
	const struct condition *conditions;
	size_t n; /* all of them hold */
	const uint16_t *steps;
	size_t n_steps;
	enum dragoman_quality quality;
	const char *reason;
};

/* Raw fields to the values of the reading's tags: n_tags of them, in their order. Texts that are not UTF-8
 * are taken for Latin-1 and rewritten into scratch. */
void values_decode(const struct frame *frame, const struct parameters *parameters,
		   const struct raw *raw, struct buf *scratch, struct dragoman_value *values);
/* The way back: fields that no tag determines get what leaves the quality good. 0, or -1 if a value has no
 * raw form. */
int values_encode(const struct frame *frame, const struct parameters *parameters,
		  const struct dragoman_value *values, struct raw *raw);
/* The same for a further element: the other fields stay as they are. */
int values_encode_more(const struct frame *element, const struct parameters *parameters,
		       const struct dragoman_value *values, struct raw *raw);
/* Sets the fields that say which parts there are, and that no value determines: parts of which there are values
 * are there. A step of the way back. choose.c */
void values_choose_parts(const struct frame *frame, struct raw *raw);
/* Makes a number uncertain that is outside of them. */
void values_check_limits(struct dragoman_value *value, const struct step *step);
/* What the fields of a step are together. NULL, or why there is nothing. combine.c */
const char *combine_fields(const struct step *step, const struct raw *raw, struct raw *out);
/* What of a sum its first field can say, the next one says of the rest, and so on. -1: that is not possible. */
int combine_split(const struct step *step, const struct field *fields, const struct raw *sum,
		  struct raw *raw);
/* A number into a field of that type. -1: it cannot be. */
int values_set_field(const struct field *field, double number, struct raw *out);
/* Whether a value, or the time, says what the field holds. */
bool values_determine(const struct frame *frame, size_t field);
/* The device's own time of the frame, 0 if it says none or one that cannot be. */
int64_t values_time(const struct frame *frame, const struct raw *raw, int64_t received_ns);

bool when_holds(const struct when_op *when, const struct raw *raw);
bool values_rule_holds(const struct rule *rule, const struct raw *raw);
/* Whether its scale is not always the same. */
bool values_has_factor(const struct step *step);
/* What the raw number is divided by for the decimals, or multiplied by for the scale, that other fields or a
 * parameter give; 0: it makes no sense. */
double values_divisor(const struct step *step, const struct raw *raw);
double values_factor(const struct step *step, const struct parameters *parameters,
		     const struct raw *raw);

#endif
