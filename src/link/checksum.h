/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums: what is computed over a run of bytes, and how the result is written. Where in a frame it
 * stands and what it covers is the business of whoever asks (a link: check.h; the profile engine).
 *
 * The rows are one macro, so that a schema of somebody else's takes them among its own:
 *
 *	static const struct conf_row rows[] = {
 *		CHECKSUM_ROWS(struct mine, checksum),
 *		{.key = "from", ...},
 *		{.key = NULL},
 *	};
 */
#ifndef LINK_CHECKSUM_H
#define LINK_CHECKSUM_H

#include "conf/conf.h"

enum checksum_form {
	CHECKSUM_BINARY,
	CHECKSUM_HEX_UPPER,
	CHECKSUM_HEX_LOWER,
	CHECKSUM_DECIMAL,
	CHECKSUM_NIBBLE, /* each 4 bits as 0x30 + their value: "0" to "?" */
	CHECKSUM_SIXBIT, /* each 6 bits as 0x20 + their value: " " to "_" */
};
enum checksum_order { CHECKSUM_BIG, CHECKSUM_LITTLE };

enum { CHECKSUM_MAX_LEN = 24 }; /* the longest that checksum_render writes */

struct checksum_options {
	int algorithm; /* a row of algorithms.h; CHECKSUM_NONE, CHECKSUM_CRC: a CRC by its parameters */
	int64_t width;
	const char *poly, *init, *xorout; /* "0x1021" */
	bool refin, refout;
	int form;       /* enum checksum_form */
	int order;      /* enum checksum_order: of bytes, also of those that hex digits stand for */
	int64_t digits; /* of a text form; 0: as many as the width needs */
};

enum { CHECKSUM_NONE, CHECKSUM_CRC };
extern const char *const checksum_algorithm_names[], *const checksum_form_names[],
							     *const checksum_order_names[];

#define CHECKSUM_ROW(type_, struct_, member_, key_, ...)                                           \
	{                                                                                          \
		.key = key_, .type = type_, .offset = offsetof(struct_, member_), __VA_ARGS__      \
	}
#define CHECKSUM_ROWS(s, m)                                                                        \
	CHECKSUM_ROW(                                                                              \
		CONF_CHOICE, s, m.algorithm, "algorithm", .fallback = "none",                      \
		.choices = checksum_algorithm_names,                                               \
		.help = "sum, exclusive or, a CRC by its name in the RevEng catalogue, or CRC "    \
			"with the parameters below"),                                              \
		CHECKSUM_ROW(CONF_INT, s, m.width, "width", .fallback = "16", .min = 8, .max = 64, \
			     .help = "bits of a CRC given by its parameters"),                     \
		CHECKSUM_ROW(CONF_TEXT, s, m.poly, "poly",                                         \
			     .help = "its polynomial without the highest term, as 0x1021"),        \
		CHECKSUM_ROW(CONF_TEXT, s, m.init, "init", .fallback = "0x0",                      \
			     .help = "its register before the first byte"),                        \
		CHECKSUM_ROW(CONF_TEXT, s, m.xorout, "xorout", .fallback = "0x0",                  \
			     .help = "what its result is combined with by exclusive or"),          \
		CHECKSUM_ROW(CONF_BOOL, s, m.refin, "refin", .fallback = "false",                  \
			     .help = "each byte goes in with its lowest bit first"),               \
		CHECKSUM_ROW(CONF_BOOL, s, m.refout, "refout", .fallback = "false",                \
			     .help = "the result is reflected"),                                   \
		CHECKSUM_ROW(CONF_CHOICE, s, m.form, "form", .fallback = "binary",                 \
			     .choices = checksum_form_names,                                       \
			     .help = "how it is written: as bytes, or as digits (nibble: each 4 "  \
				     "bits as 0x30 + their value; sixbit: each 6 as 0x20 + "       \
				     "theirs)"),                                                   \
		CHECKSUM_ROW(CONF_CHOICE, s, m.order, "order", .fallback = "big",                  \
			     .choices = checksum_order_names, .help = "which byte comes first"),   \
		CHECKSUM_ROW(CONF_INT, s, m.digits, "digits", .fallback = "0", .min = 0,           \
			     .max = 20, .help = "of a text form; 0: as many as the width needs")

struct checksum;

/* NULL if options name no algorithm, or with errors added at node. Takes what it needs from options. */
struct checksum *checksum_new(const struct checksum_options *options, const struct conf_node *node,
			      struct conf_errors *errors);
void checksum_free(struct checksum **sum);

uint64_t checksum_compute(const struct checksum *sum, const uint8_t *bytes, size_t len);
/* How many bytes a written checksum has. */
size_t checksum_len(const struct checksum *sum);
/* Writes value as checksum_len bytes. */
void checksum_render(const struct checksum *sum, uint64_t value, uint8_t *out);
/* Whether the written checksum (hex digits of either case; a text form may have fewer or more digits than
 * checksum_len says) is that of the bytes. */
bool checksum_verify(const struct checksum *sum, const uint8_t *bytes, size_t len,
		     const uint8_t *written, size_t written_len);

enum { CHECKSUM_WORDS_SIZE = 256 };
/* What should stand where a checksum is wrong, and over which bytes it is: "1d (sum8 over bytes 1 to 6)", where the
 * first of all bytes is byte 0. Returns out. */
char *checksum_expected(const struct checksum *sum, const uint8_t *all, size_t from, size_t len,
			char out[CHECKSUM_WORDS_SIZE]);
/* A checksum as it is written: "1d", or in quotes if it has a text form. */
char *checksum_found(const struct checksum *sum, const uint8_t *written, size_t len,
		     char out[CHECKSUM_WORDS_SIZE]);
/* "byte 1", "bytes 1 to 6", "no bytes". */
char *checksum_range(size_t from, size_t len, char out[CHECKSUM_WORDS_SIZE]);

#endif
