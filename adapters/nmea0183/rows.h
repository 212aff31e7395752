/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter knows of sentences, as rows: which fields there are, in which unit, and what says whether
 * they are valid. One sentence is one row, and one kind of reading. */
#ifndef ROWS_H
#define ROWS_H

#include <dragoman/adapter.h>

#include "sentence.h"

enum quantity { SPEED = 1, DEPTH, DISTANCE, TEMPERATURE, PRESSURE };

enum field_kind {
	NUMBER,    /* times num / den */
	QUANTITY,  /* a number, and the letter of its unit behind it */
	SIGNED,    /* a number times num / den, and E, W, N, S, R or L behind it */
	LATITUDE,  /* with N or S behind it */
	LONGITUDE, /* with E or W behind it */
	INTEGER,
	MODE,      /* the letter of a positioning mode, as a word */
	WORD,      /* as it stands there */
	FULL_TIME, /* the sentence's time and date */
};

enum field_flags {
	FIX = 1,    /* is as good as the fix (validity) says */
	MAIN = 2,   /* always in the reading, with BAD "empty" if there is nothing */
	ELSE = 4,   /* another place of the tag before it: looked at if that was empty */
	HEIGHT = 8, /* uncertain in a fix of two dimensions */
};

struct field {
	const char *tag, *unit, *help;
	enum field_kind kind;
	uint8_t at;     /* number of the field in the sentence */
	uint8_t status; /* number of the field with its own A or V; 0: none */
	uint8_t flags;
	enum quantity quantity;
	char letter;      /* of the unit, where the sentence leaves it out */
	int32_t num, den; /* both 0: as it stands */
};

/* What says whether the fix is valid. */
enum validity_kind {
	NOTHING,
	STATUS,  /* of a fix: A, V */
	SENSOR,  /* of an instrument: A, V */
	FAA,     /* the mode indicator A, D, E, F, M, N, P, R, S since NMEA 2.3 */
	FIXTYPE, /* of GGA: 0 to 8 */
	MODES,   /* of GNS: a mode indicator for each constellation */
	HEADING, /* of THS: A, E, M, S, V */
	GARMIN,  /* of PGRMF: 0 none, 1 in two, 2 in three dimensions */
};

struct validity {
	enum validity_kind kind;
	uint8_t at;
};

enum date_kind { NO_DATE, DDMMYY, DAY_MONTH_YEAR };

struct nmea;
struct row {
	uint32_t name; /* SENTENCE_NAME */
	bool is_proprietary;
	uint8_t least; /* fields there are at least, the address included */
	struct {
		uint8_t at;
		char letter;
	} when; /* the row is only for sentences with this letter in this field */
	const char *key, *title;
	uint8_t time, date; /* numbers of their fields; 0: there is none */
	enum date_kind date_kind;
	struct validity validity[2];
	/* Decodes it, if it is more than a list of fields. */
	enum dragoman_verdict (*decode)(struct nmea *nmea, const struct row *row,
					const struct sentence *s);
	struct field fields[20]; /* ends with one without a tag */
};

extern const struct row rows[];
extern const size_t n_rows;

/* The row of a sentence, or NULL. */
const struct row *row_find(const struct sentence *s);

#endif
