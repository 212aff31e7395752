/* SPDX-License-Identifier: Apache-2.0 */
/* One instrument: what is known of it from one sentence to the next, and the reading that is being made. */
#ifndef NMEA_H
#define NMEA_H

#include "calendar.h"
#include "rows.h"

enum {
	SLOTS = 64,  /* kinds of readings an instance may have; the interface's bound */
	VALUES = 64, /* of one reading */
	KEY_SIZE = 40,
	TEXT_SIZE = 1536, /* of the texts of one reading */
	TALKERS = 16,
};

/* How good something is; reason is NULL if it is GOOD. */
struct state {
	enum dragoman_quality quality;
	const char *reason;
};
static const struct state good = {DRAGOMAN_GOOD, NULL};

/* A kind of reading that has been seen. */
struct slot {
	const struct row *row;
	const struct field *fields; /* the row's, or owned */
	size_t n_fields;
	struct field *own; /* of XDR; their strings too */
	char key[KEY_SIZE];
	uint64_t seen; /* fields that were there once: they are in every reading from then on */
};

/* What a kind of sentence said last about the fix. */
struct fix_word {
	struct state state;
	int64_t at_ns;
};
enum fix_source { FIX_STATUS, FIX_QUALITY, FIX_SATELLITES, FIX_SOURCES };

/* A group of GSV sentences on its way. */
struct group {
	const char *system;
	char signal;
	int64_t count, next; /* sentences there are, and the next one's number */
	int64_t in_view, tracked, snr_max, snr_sum;
	char text[TEXT_SIZE];
	size_t len;
};

enum check_option { CHECK_ACCEPT, CHECK_REQUIRE, CHECK_IGNORE };

struct nmea {
	struct dragoman_host *host;
	const struct dragoman_host_ops *ops;
	enum check_option check;
	char talkers[TALKERS][2]; /* that are listened to; none: all */
	size_t n_talkers;

	struct calendar calendar;
	struct fix_word fix[FIX_SOURCES];
	uint32_t fixed_systems; /* constellations whose last GSA said a fix */
	bool is_flat;           /* the last GSA said a fix of two dimensions */
	bool was_gsa;           /* the sentence before this one was a GSA */
	struct group group;

	struct slot slots[SLOTS];
	size_t n_slots;
	struct slot *row_slots[64]; /* of the rows that have one slot only */
	uint64_t checked_rows;      /* those that came with a right checksum */
	bool is_full_told;

	/* the reading that is being made */
	const struct dragoman_frame *frame;
	struct dragoman_value values[VALUES];
	size_t n_values;
	char text[TEXT_SIZE];
	size_t text_len;
};

/* The field of a sentence, empty if it has no such. */
static inline struct text field_at(const struct sentence *s, size_t i)
{
	return i < s->n ? s->field[i] : (struct text){"", 0};
}

/* ---------------------------------------------------------------------------------------------
 * slots.c: which kinds of readings there are
 */

struct slot *slot_find(struct nmea *nmea, const char *key);
/* The slot with this key (NULL: the row's own), declared if it is new. NULL if there are too many. */
struct slot *slot_get(struct nmea *nmea, const struct row *row, const char *key);
/* A new one with fields made for it, which are copied. */
struct slot *slot_add(struct nmea *nmea, const struct row *row, const char *key,
		      const struct field *fields, size_t n);
void slots_free(struct nmea *nmea);

/* ---------------------------------------------------------------------------------------------
 * decode.c: from fields to values
 */

/* Decodes a sentence by the fields of its row, as a reading of the slot. */
enum dragoman_verdict decode_fields(struct nmea *nmea, struct slot *slot, const struct sentence *s);

/* For decoders of their own: begins a reading, adds values, and emits it. A value's field is the i-th of
 * the slot's. */
void reading_begin(struct nmea *nmea);
void reading_integer(struct nmea *nmea, const struct slot *slot, size_t i, int64_t value);
void reading_number(struct nmea *nmea, const struct slot *slot, size_t i, double value);
void reading_text(struct nmea *nmea, const struct slot *slot, size_t i, const char *s, size_t len);
void reading_none(struct nmea *nmea, const struct slot *slot, size_t i, const char *reason);
void reading_field(struct nmea *nmea, struct slot *slot, size_t i, const struct sentence *s);
void reading_emit(struct nmea *nmea, const struct slot *slot, int64_t device_time_ns);

/* ---------------------------------------------------------------------------------------------
 * validity.c: how good it is
 */

/* How good the fix of this sentence is, by its own words and those of others; its own are noted. */
struct state fix_judge(struct nmea *nmea, const struct row *row, const struct sentence *s);
/* Notes what a sentence said of the fix. */
void fix_say(struct nmea *nmea, enum fix_source source, struct state state);
/* Whether any kind of sentence said within the last seconds that there is no fix. */
bool fix_is_doubted(const struct nmea *nmea);
/* What the letter of a positioning mode means; NULL if it is not known. */
const char *mode_word(char letter);

/* ---------------------------------------------------------------------------------------------
 * Sentences that are more than a list of fields
 */

enum dragoman_verdict decode_gsa(struct nmea *nmea, const struct row *row,
				 const struct sentence *s);
enum dragoman_verdict decode_gsv(struct nmea *nmea, const struct row *row,
				 const struct sentence *s);
enum dragoman_verdict decode_xdr(struct nmea *nmea, const struct row *row,
				 const struct sentence *s);
enum dragoman_verdict decode_rpm(struct nmea *nmea, const struct row *row,
				 const struct sentence *s);

#endif
