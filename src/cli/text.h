/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the command line shows things to people: texts from devices without their control characters,
 * values, times, ages, sizes, and tables with aligned columns.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dragoman/client.h"

/* Bytes of the character at text (not ""), 0 if it is no UTF-8. */
size_t text_char_len(const char *text);
/* Columns that a text takes on a terminal, as near as counting characters comes. */
size_t text_width(const char *text);

/* Appends text; control characters and what is no UTF-8 are shown as \xNN, so that no device writes to
 * the terminal behind our back. */
void text_safe(struct buf *out, const char *text);

enum { TEXT_NUMBER_SIZE = 32 };
/* The shortest decimal that reads back to the same number. */
char *text_number(double value, char out[TEXT_NUMBER_SIZE]);

/* A value: 12.5 (10 digits at most), true, text; bytes as 02 41 0d or, if they are text, "A1\r\n"; "-" if there is
 * none. The tag gives names to numbers, and may be NULL. */
void text_value(struct buf *out, const struct dragoman_datum *datum,
		const struct dragoman_device_tag *tag);

/* A UCUM unit as people write it: "Cel" is "°C". */
const char *text_unit(const char *ucum);

enum { TEXT_SHORT_SIZE = 24 };
/* "0.3 s", "12 s", "5 min", "3 h", "4 d"; negative is as 0. */
char *text_age(int64_t ns, char out[TEXT_SHORT_SIZE]);
/* "16.0 MiB" */
char *text_size(uint64_t bytes, char out[TEXT_SHORT_SIZE]);
/* Local time of day with milliseconds, "10:41:03.123". */
char *text_clock(int64_t wall_ns, char out[TEXT_SHORT_SIZE]);
/* Local date, "2026-11-22". */
char *text_date(int64_t wall_ns, char out[TEXT_SHORT_SIZE]);

/* A number of the stream as people see it: "3-1042", the event 1042 of the third run; "0" for none. */
char *text_seq(uint64_t seq, char out[TEXT_SHORT_SIZE]);
/* That, or the plain number. 0, or -1 if it is none. */
int text_parse_seq(const char *text, uint64_t *out);

const char *text_quality(enum dragoman_value_quality quality);
const char *text_state(enum dragoman_state_code code);
const char *text_type(enum dragoman_value_type type);
const char *text_storage(enum dragoman_storage storage);

/* A time in the past as people give it: "5min", "2h" (ago), RFC 3339 ("2026-11-22T10:00:00Z"), or local
 * "2026-11-22 10:00", "10:00", "10:00:30". 0, or -1 if it is none. */
int text_parse_time(const char *text, int64_t now_ns, int64_t *out_ns);

enum text_colour { TEXT_PLAIN, TEXT_GREEN, TEXT_YELLOW, TEXT_RED, TEXT_DIM, TEXT_BOLD };
/* Whether stdout is a terminal that wants colours (NO_COLOR, TERM). */
bool text_has_colours(void);
void text_coloured(struct buf *out, enum text_colour colour, const char *text);
/* Writes what is held to stdout and forgets it. */
void text_write(struct buf *out);
/* Columns of the terminal on stdout; 0 if it is none. */
size_t text_terminal_width(void);

/* ---- tables ---- */

enum { TABLE_COLUMNS_MAX = 8 };

/* Rows are gathered and then printed with each column as wide as its widest cell. */
struct table {
	size_t n_columns;
	struct table_row *rows;
	size_t n_rows, size;
};

/* Heads of the columns, n_columns of them; NULL if the table has none. */
void table_init(struct table *table, size_t n_columns, const char *const *heads);
/* Cells are copied and made safe; NULL is "". */
void table_add(struct table *table, const char *const *cells);
/* Prints on stdout with indent blanks in front, and forgets all. */
void table_print(struct table *table, size_t indent);
/* Forgets all; a table that was printed is accepted. */
void table_free(struct table *table);

#endif
