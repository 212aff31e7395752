/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Date and time in parts: the year, month, day ... that stand in fields of a frame, or ticks since an epoch of
 * the device's own, to nanoseconds since 1970 and back. A date that does not exist is refused, never bent
 * into another one.
 */
#ifndef PROFILE_MOMENT_H
#define PROFILE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_node;
struct field;
struct raw;
struct steps_compiler;
struct table;

enum moment_kind {
	MOMENT_YEAR,
	MOMENT_MONTH,
	MOMENT_DAY,
	MOMENT_DAY_OF_YEAR,
	MOMENT_HOUR,
	MOMENT_MINUTE,
	MOMENT_SECOND,
	MOMENT_MILLISECOND,
	MOMENT_PM,
	MOMENT_TICKS,
	MOMENT_ZONE,
	MOMENT_PARTS
};

/* raw / divide % modulo + add, or what the table has for it. */
struct moment_part {
	uint16_t field; /* NO_FIELD: it does not stand there */
	const struct table *table;
	int64_t divide, modulo, add; /* modulo 0: all that is left */
};

enum moment_zone { ZONE_FIXED, ZONE_LOCAL, ZONE_FIELD };

struct moment {
	struct moment_part parts[MOMENT_PARTS];
	int64_t tick_ns, epoch_ns;
	int century; /* of a year of two digits; -1: 1970 to 2069 */
	enum moment_zone zone;
	int offset_s; /* FIXED: east of Greenwich */
};

enum moment_end { MOMENT_GOOD, MOMENT_ABSENT, MOMENT_INVALID };

/* received_ns completes a time without year or without date: the nearest one to it is meant. 0: any will do,
 * for nothing but whether it is valid is of interest. */
enum moment_end moment_decode(const struct moment *moment, const struct raw *raw,
			      int64_t received_ns, int64_t *out_ns);
/* Sets the raw fields of the parts. -1 if one of them cannot say it. */
int moment_encode(const struct moment *moment, const struct field *fields, int64_t ns,
		  struct raw *raw);
bool moment_uses(const struct moment *moment, size_t field);

/* "2026-11-22T10:00:00Z", with decimals of the second where there are any: its length. */
enum { MOMENT_TEXT_SIZE = 40 };
size_t moment_to_str(int64_t ns, char out[MOMENT_TEXT_SIZE]);
/* The same back: with Z, +01:00, or nothing for local time; a date alone is its midnight. 0, or -1. */
int moment_from_str(const char *text, size_t len, int64_t *out_ns);
/* "utc", "Z", "+01:00", "+0100", "-03" : seconds east of Greenwich. 0, or -1. */
int moment_offset(const char *text, size_t len, int *out_s);

/* A map of parts to fields. NULL with errors added. needs_date: nothing completes it. */
const struct moment *moment_compile(struct steps_compiler *c, const struct conf_node *node,
				    bool needs_date);

#endif
