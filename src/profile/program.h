/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile becomes when it is compiled. Inside of src/profile only.
 *
 * A frame has a codec, which is a list of operations over a cursor (or a regular expression, or records that
 * are lists of operations), and steps from its raw fields to the tags of its reading. Everything is
 * allocated once, in the profile's arena; nothing is while a frame is decoded.
 */
#ifndef PROFILE_PROGRAM_H
#define PROFILE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "link/checksum.h"

enum {
	MAX_FIELDS = 512, /* of a frame */
	MAX_TAGS = 512,   /* of a reading */
	MAX_DEPTH = 8,    /* of parts in parts */
	MAX_OPS = 4096,   /* of a frame */
	SUFFIX_SIZE = 24, /* of ".12", behind the names of an element's fields */
	MAX_LEADING = 8,  /* fields of a record before its first constant */
	NO_FIELD = UINT16_MAX,
};

/* ---------------------------------------------------------------------------------------------
 * Memory that lives as long as the profile
 */

struct arena {
	struct arena_block *blocks;
};
void *arena_alloc(struct arena *arena, size_t size); /* zeroed */
void *arena_copy(struct arena *arena, const void *bytes, size_t len);
char *arena_str(struct arena *arena, const char *text, size_t len);
void arena_fini(struct arena *arena);

/* ---------------------------------------------------------------------------------------------
 * Raw fields and their types
 */

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

/* What bytes of a text mean; charset.c. */
enum charset {
	CHARSET_ANY,
	CHARSET_ASCII,
	CHARSET_UTF8,
	CHARSET_LATIN1,
	CHARSET_CP437,
	CHARSET_KANA
};
extern const char *const charset_names[]; /* ends with NULL */

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
	double number;
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

/* Where a text without a size ends: before the first of these that comes, else at the end. */
struct until {
	const uint8_t *bytes[2];
	size_t len[2];
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
/* A character of the set as UTF-8: how many bytes it is, at most 3. */
size_t charset_to_utf8(enum charset charset, uint8_t byte, uint8_t out[3]);
/* Writes UTF-8 in the set; 0, or -1 if it has no such character. */
int charset_write(enum charset charset, const uint8_t *text, size_t len, struct buf *out);
/* Whether these bytes may stand in a text of the set. */
bool charset_is_valid(enum charset charset, const uint8_t *bytes, size_t len);
/* Whether two fields are written alike. */
bool type_equal(const struct type *a, const struct type *b);
void raw_set_text(struct raw *raw, const uint8_t *bytes, size_t len);
/* Of an integer or a number; else not a number. */
double raw_number(const struct raw *raw);
/* Whether two raw values are the same, as far as text tells them apart. */
bool raw_equal(const struct raw *a, const struct raw *b);

/* A decimal number of exactly len bytes: blanks around it, sign, digits, point (or comma), exponent. Returns
 * false if it is none. *integral: no point, no exponent, and *integer holds it. */
bool number_read(const uint8_t *at, size_t len, bool comma, double *out, bool *integral,
		 int64_t *integer);
/* How many bytes at the front look like a number, blanks before it included; 0: none. */
size_t number_span(const uint8_t *at, size_t len, bool comma, bool fraction);

/* ---------------------------------------------------------------------------------------------
 * Codecs
 */

enum op_code {
	OP_LITERAL,   /* these bytes */
	OP_FIELD,     /* fields[field] */
	OP_PARAMETER, /* fields[field] must be parameters[index] */
	OP_SKIP,      /* any len bytes; len 0: as far as it goes */
	OP_BITS,      /* an integer whose bits are fields */
	OP_CHECK,     /* a checksum */
	OP_LENGTH,    /* fields[field] is a length of the frame */
	/* These are about the operations that follow them, until jump: */
	OP_OPTIONAL, /* they are there as a whole, or not at all */
	OP_WHEN,     /* they are there if the conditions hold */
	OP_SIZED,    /* they are over exactly so many bytes: len, or what fields[field] says */
	OP_ELEMENT, /* one of at most len alike, number index from 0: as many as fields[field] says */
	OP_TAGGED, /* each entry begins with a tag, and is one of the cases that follow */
	OP_CASE,   /* of them */
	/* */
	OP_CHOICE, /* fields[field] must be one of the keys of a table */
};

struct bits_part {
	uint16_t field; /* NO_FIELD: a constant */
	uint8_t shift, bits;
	uint64_t constant;
};

struct bits_op {
	struct field whole; /* its type is the integer's */
	const struct bits_part *parts;
	size_t n;
	uint64_t set; /* bits that are written as 1 */
};

struct script_use; /* scripted.h */

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
	bool is_open;   /* ELEMENT: as many as there are */
	uint16_t field; /* NO_FIELD: SIZED by len */
	uint16_t index; /* of the parameter, of the element */
	uint16_t jump;
	uint32_t len;
	const uint8_t *bytes; /* LITERAL; SKIP: what is written (len, or none: blanks) */
	struct until until;   /* FIELD, SKIP */
	union {
		struct bits_op *bits;
		struct check_op *check;
		const struct measure *measure; /* LENGTH, SIZED */
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
/* The fields that an operation sets, those of its bits if it has some: how many, and the i-th or NO_FIELD. */
size_t op_fields(const struct op *op);
uint16_t op_field(const struct op *op, size_t i);

enum codec_kind { CODEC_OPS, CODEC_PATTERN, CODEC_RECORDS };

struct codec {
	enum codec_kind kind;
	struct field *fields;
	size_t n_fields;
	struct ops ops;             /* OPS; PATTERN: how it is written, if can_encode */
	struct pattern *pattern;    /* PATTERN */
	struct field *written;      /* PATTERN: the fields with the types of how they are written */
	struct codec *pattern_next; /* of the profile's, whose patterns are freed with it */
	struct {
		const uint8_t *separator;
		size_t separator_len;
		struct ops *list;
		size_t n;
		bool strict;           /* a record of no known kind refuses the frame */
		const uint16_t *needs; /* fields without which it is another kind of frame */
		size_t n_needs;
	} records;
	bool can_encode;
	bool has_computed; /* lengths or counts */
	size_t min_len, max_len;
	bool first[256]; /* bytes that a frame may start with */
};

/* What a codec is run with: the device's parameters, one for each of the profile's. */
struct parameters {
	struct raw *list;
	size_t n;
	const bool *is_open; /* those for which anything is good, or NULL: none */
};

/* How well the bytes fitted. */
struct match {
	enum dragoman_verdict verdict; /* TAKEN: all of it; FOREIGN: but for a parameter */
	size_t known; /* how many bytes of constants had matched: how sure it is that it is this frame */
	size_t at; /* where it failed */
};

/* Fills raw[0 .. n_fields) if the verdict is TAKEN. */
struct match codec_decode(const struct codec *codec, const struct parameters *parameters,
			  const uint8_t *data, size_t len, struct raw *raw);
/* What the operations made of the bytes, one after the other, for those who look at a single frame. */
struct codec_trace {
	struct codec_piece {
		const struct op *op;
		const uint8_t *bytes; /* in the frame */
		size_t len;
	} * list;
	size_t n;
	const struct op *failed; /* that did not fit where the match failed; NULL: none */
};
/* The same as codec_decode, and fills the trace, which is zeroed or used before. */
struct match codec_trace(const struct codec *codec, const struct parameters *parameters,
			 const uint8_t *data, size_t len, struct raw *raw,
			 struct codec_trace *trace);
void codec_trace_fini(struct codec_trace *trace);
/* 0, or -1 if it cannot be written: a value that does not fit, one that is missing. */
int codec_encode(const struct codec *codec, const struct parameters *parameters,
		 const struct raw *raw, struct buf *out);
/* Fills in first. */
void codec_finish(struct codec *codec);

struct pattern *pattern_compile(const char *text, struct err *err);
void pattern_free(struct pattern *pattern);
/* The field that each group is; those without a name have none. */
int pattern_bind(struct pattern *pattern, const struct field *fields, size_t n, struct err *err);
/* The names of its groups, as fields of type text. */
size_t pattern_names(const struct pattern *pattern, const char **names, size_t max);
/* Where a field stood in the last match; false if it was not there. */
bool pattern_place(const struct pattern *pattern, size_t field, size_t *at, size_t *len);
struct match pattern_decode(const struct pattern *pattern, const struct field *fields, size_t n,
			    const uint8_t *data, size_t len, struct raw *raw);

/* ---------------------------------------------------------------------------------------------
 * Values
 */

/* A value as it stands in the file. */
struct constant {
	enum dragoman_type type; /* NONE: nothing stands there */
	bool boolean;
	int64_t integer;
	double number;
	const char *text;
	size_t text_len;
};

struct table_row {
	bool is_text;
	const uint8_t *bytes;
	size_t len;
	int64_t integer;
	struct constant value;
};

struct table {
	const struct table_row *rows;
	size_t n;
	struct constant other; /* for what is not in it */
};

struct moment; /* moment.h */

/* One of the fields whose sum a value is. */
struct term {
	uint16_t field;
	double factor;
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
	uint16_t scale_field;         /* the same of a factor */
	const struct table *scales;
	const struct term *terms; /* it is their sum; field is the first one's */
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

/* ---------------------------------------------------------------------------------------------
 * The profile
 */

struct tag {
	struct dragoman_tag declared;
	bool has_typical;
	double low, high;             /* numbers: where it usually is */
	const struct constant *usual; /* texts and the like: what it usually is one of */
	size_t n_usual;
	double deadband;   /* a number that is no farther from the last one has not changed */
	const char *write; /* the command that sets it, or NULL */
	const struct conf_node *write_node;
};

/* Readings that say nothing new are held back, whole. */
struct report {
	bool on_change;
	int64_t at_least_ns; /* then it is sent anyway */
};

struct reading {
	struct report report;
	size_t first_slot; /* of what is remembered of its tags, in all of the profile's */
	const char *name;  /* NULL: the only one */
	const char *description;
	struct tag *tags;
	size_t n_tags;
};

enum means { MEANS_READING, MEANS_YES, MEANS_NO, MEANS_BUSY, MEANS_ERROR, MEANS_NOTHING };

struct frame {
	const char *name;
	const struct conf_node *node;
	struct codec codec;
	enum means means;
	const char *reason;      /* NO, BUSY, ERROR */
	struct reading *reading; /* NULL: it gives none */
	struct step *steps;
	size_t n_steps;
	struct rule *rules;
	size_t n_rules;
	enum dragoman_quality quality; /* of all tags */
	const char *quality_reason;
	const struct moment *time; /* the device's own; NULL: it says none */
	int64_t every_ms;          /* a device sends it by itself; 0: it does not */
	struct remember *remember;
	size_t n_remember;
	/* Each element of its list gives a reading of its own. The frame is then that of the first element, and
	 * the others, which have its codec and fields, follow it here. */
	struct frame *more;
	size_t n_more;
	const uint16_t *own; /* the fields of the element */
	size_t n_own;
};
/* The i-th element's, from 0; its one reading, if it is no list. NULL: there are no more. */
const struct frame *frame_element(const struct frame *frame, size_t i);
/* Whether the element came. */
bool frame_is_there(const struct frame *element, const struct raw *raw);

/* A field that goes into a parameter, for what is sent later. */
struct remember {
	uint16_t field;
	uint16_t parameter;
	struct script_use *script; /* what makes it of the field; NULL: it is the field */
};

struct parameter {
	const char *name;
	const char *help;
	enum dragoman_type type;  /* INTEGER, NUMBER or TEXT */
	struct constant fallback; /* NONE: it must be given */
	double min, max;
	bool is_secret;     /* it is told to nobody */
	bool is_remembered; /* frames or repeats change it */
};

struct lock;

struct profile {
	struct arena arena;
	struct conf_node *own_root; /* if profile_load made it */
	const struct conf_node *root;
	const char *title;
	enum dragoman_maturity maturity;
	const struct conf_node *link, *line, *tests;
	struct parameter *parameters;
	size_t n_parameters;
	struct reading *readings;
	size_t n_readings;
	struct frame *frames;
	size_t n_frames;
	struct request *requests, *commands; /* exchange.h, as what follows */
	size_t n_requests, n_commands;
	struct session *session; /* or NULL */
	struct wake *wake;       /* or NULL */
	const char *variant;     /* that it is, or NULL */
	struct profile **variants;
	size_t n_variants;
	struct identify *identify; /* or NULL */
	const struct lock *lock;   /* message.h; NULL: it has none */
	size_t max_fields, max_tags;
	size_t n_slots;        /* the tags of all readings */
	struct script *script; /* NULL: it has none */
	struct script_use *script_uses;
	bool takes_longest; /* of the frames that fit, not the first */
	struct check_op *checks;
	struct codec *patterns;
};

/* A constant from a node: by the type wanted, or NONE for what looks right. */
int constant_read(const struct conf_node *node, enum dragoman_type wanted, struct constant *out);
void raw_from_constant(const struct constant *constant, struct raw *out);
void value_from_constant(const struct constant *constant, enum dragoman_type type,
			 struct dragoman_value *out);
/* The parameters of one device: those in given (a map, may be NULL), else their fallbacks. list is the
 * caller's, n_parameters long. -1 with errors added at `given`, or at no place. */
int parameters_read(const struct profile *profile, const struct conf_node *given, struct raw *list,
		    struct conf_errors *errors);

/* Raw fields to the values of the reading's tags: n_tags of them, in their order. Texts that are not UTF-8
 * are taken for Latin-1 and rewritten into scratch. */
void values_decode(const struct frame *frame, const struct raw *raw, struct buf *scratch,
		   struct dragoman_value *values);
/* The way back: fields that no tag determines get what leaves the quality good. 0, or -1 if a value has no
 * raw form. */
int values_encode(const struct frame *frame, const struct dragoman_value *values, struct raw *raw);
/* The same for a further element: the other fields stay as they are. */
int values_encode_more(const struct frame *element, const struct dragoman_value *values,
		       struct raw *raw);
/* Whether a value, or the time, says what the field holds. */
bool values_determine(const struct frame *frame, size_t field);
/* The device's own time of the frame, 0 if it says none or one that cannot be. */
int64_t values_time(const struct frame *frame, const struct raw *raw, int64_t received_ns);

/* Whether the raw value is the row's; the row whose it is, or NULL. */
bool table_row_matches(const struct table_row *row, const struct raw *raw);
const struct table_row *table_find(const struct table *table, const struct raw *raw);
void raw_from_row(const struct table_row *row, struct raw *out);

bool when_holds(const struct when_op *when, const struct raw *raw);
bool values_rule_holds(const struct rule *rule, const struct raw *raw);
/* What the raw number is divided by for the decimals, or multiplied by for the scale, that other fields give; 0:
 * it makes no sense. */
double values_divisor(const struct step *step, const struct raw *raw);
double values_factor(const struct step *step, const struct raw *raw);

/* Finds the frame that fits, among the replies of the request that was asked (NULL: none was) before all
 * others: its verdict is TAKEN and *frame_out and raw are set, else the verdict of the one that came nearest. */
enum dragoman_verdict profile_decode(const struct profile *profile, const struct request *asked,
				     const struct parameters *parameters, const uint8_t *data,
				     size_t len, struct raw *raw, const struct frame **frame_out);

/* ---------------------------------------------------------------------------------------------
 * The loader
 */

struct loader {
	struct profile *profile;
	struct conf_errors *errors;
};

/* Where a field stands among the cases of choices: fields of different cases are never there together. */
struct branch {
	uint16_t choice, which;
};

/* The fields of a frame while they are gathered. */
struct field_list {
	struct field list[MAX_FIELDS];
	struct branch branches[MAX_FIELDS][MAX_DEPTH];
	size_t n;
};

/* What of a frame is being compiled. */
struct scope {
	struct loader *loader;
	const char *frame; /* its name */
	struct field_list *fields;
	char suffix[48]; /* of the names of the fields of an element: ".2" */
	unsigned depth;
	struct branch branch[MAX_DEPTH]; /* choice 0: no more */
	uint16_t n_choices;
	size_t n_items; /* of lists of binary fields, repeated ones counted */
};

/* How the bytes of a frame or a request are described: one of text, pattern, bytes and records. Its rows
 * are part of the schemas of both. */
struct codec_source {
	const struct conf_node *text;
	const struct conf_node *pattern, *fields, *format;
	const struct conf_node *bytes;
	const struct conf_node *records;
	const struct conf_node *length;
	int order;
};
#define CODEC_ROWS(s, m)                                                                           \
	{.key = "text",                                                                            \
	 .type = CONF_ANY,                                                                         \
	 .offset = offsetof(s, m.text),                                                            \
	 .help = "a template: text with typed holes"},                                             \
		{.key = "pattern",                                                                 \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.pattern),                                                 \
		 .help = "a regular expression whose named groups are fields"},                    \
		{.key = "fields",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.fields),                                                  \
		 .help = "the type of each group of the pattern; text if left out"},               \
		{.key = "format",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.format),                                                  \
		 .help = "a template by which what has a pattern is written"},                     \
		{.key = "bytes",                                                                   \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.bytes),                                                   \
		 .help = "a list of binary fields"},                                               \
		{.key = "order",                                                                   \
		 .type = CONF_CHOICE,                                                              \
		 .offset = offsetof(s, m.order),                                                   \
		 .fallback = "big",                                                                \
		 .choices = order_names,                                                           \
		 .help = "byte order of the numbers, where they do not say"},                      \
		{.key = "length",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.length),                                                  \
		 .help = "how many bytes it has, or [at least, at most]: others are none of it"},  \
	{                                                                                          \
		.key = "records", .type = CONF_ANY, .offset = offsetof(s, m.records),              \
		.help = "templates of the lines that a frame consists of"                          \
	}

/* The rows of what may stand where; each is its file's own. */
extern const struct conf_schema profile_parameter_schema;
extern const struct conf_schema profile_tag_schema;
extern const struct conf_schema profile_reading_schema;
extern const struct conf_schema profile_frame_schema;
extern const struct conf_schema profile_remember_schema;
extern const struct conf_schema profile_item_schema;
extern const struct conf_schema profile_check_schema;
extern const struct conf_schema profile_bits_schema;
extern const struct conf_schema profile_length_schema;
extern const struct conf_schema profile_size_schema;
extern const struct conf_schema profile_tagged_schema;
extern const struct conf_schema profile_records_schema;
extern const struct conf_schema profile_time_schema;
extern const struct conf_schema profile_part_schema;
extern const struct conf_schema profile_value_schema;
extern const struct conf_schema profile_report_schema;
extern const struct conf_schema profile_special_schema;
extern const struct conf_schema profile_rule_schema;
extern const struct conf_schema profile_request_schema;
extern const struct conf_schema profile_lock_schema;
/* All of them, NULL at the end, for the manual's test. */
extern const struct conf_schema *const profile_schemas[];

/* The sections; each may be NULL. */
void load_parameters(struct loader *l, const struct conf_node *section);
void load_readings(struct loader *l, const struct conf_node *tags, const struct conf_node *readings,
		   const struct conf_node *report);
void load_frames(struct loader *l, const struct conf_node *section);
void load_requests(struct loader *l, const struct conf_node *section);
/* A copy in the arena; NULL of NULL. */
char *load_keep(struct loader *l, const char *text);
/* Whether it is a map of names; an error otherwise. NULL is none, and good. */
bool load_is_section(struct loader *l, const struct conf_node *node);
/* Whether the node's key is a good name; an error otherwise. */
bool load_check_name(struct loader *l, const struct conf_node *node);

/* -1 with errors added at node. */
int codec_compile(struct loader *loader, const struct conf_node *node,
		  const struct codec_source *source, struct codec *out);
/* A template: its operations behind those that are there, the fields it names to the scope's. */
int template_compile(struct scope *scope, const struct conf_node *node, struct op_list *out);
/* A list of binary fields. */
int bytes_compile(struct scope *scope, const struct conf_node *list, enum order order,
		  struct op_list *out);
/* The operation for a checksum, which stands where it is added; -1 with errors. */
int check_compile(struct loader *loader, const struct conf_node *node, struct op *out);
/* Adds a field: its index, or NO_FIELD with an error at node. A name that begins with '@' is a parameter's,
 * one with '#' nobody's. */
uint16_t field_add(struct scope *scope, const struct conf_node *node, const char *name,
		   const struct type *type);
/* The field of that name, in the same element or around it: its index, or NO_FIELD with an error at node. */
uint16_t scope_field(struct scope *scope, const struct conf_node *node, const char *name);
/* The parameter of that name: its index, or -1 with an error at node. */
int parameter_find(struct loader *loader, const struct conf_node *node, const char *name);
/* The steps, rules, time and quality of a frame whose codec is there: values is the map behind `values:`,
 * rules the list behind `quality:`, time the map behind `time:`; each may be NULL. */
struct steps_source {
	const struct conf_node *values, *rules, *time;
	const char *
		suffix; /* of the fields of the element that the frame is about; NULL: of no list */
};
int steps_compile(struct loader *loader, struct frame *frame, const struct steps_source *source);
/* Warns of fields that nothing looks at. */
void steps_check_used(struct loader *loader, const struct frame *frame);

/* What steps.c and rules.c share. All but the last return -1, NO_FIELD with an error at node. */
struct steps_compiler {
	struct loader *loader;
	struct frame *frame;
	struct arena *arena;
	const char *suffix; /* of names of fields that are looked for first; NULL: none */
	bool is_each;       /* the suffix is of fields only: the reading is one element's */
};
/* For what a codec's own parts share with them: the frame has a name and the fields so far. */
struct steps_compiler scope_steps(struct scope *scope, struct frame *so_far);
/* {field: value}, {field: [values]}, {field: {above, below}}; all of them. */
int conditions_read(struct steps_compiler *c, const struct conf_node *when,
		    const struct condition **out, size_t *n);
int steps_wrong(struct steps_compiler *c, const struct conf_node *node, const char *text);
/* The quality that `bad:` or `uncertain:` stand for. */
int steps_quality(struct steps_compiler *c, const struct conf_node *node, const char *bad,
		  const char *uncertain, enum dragoman_quality *quality, const char **reason);
/* The field of that name, or NO_FIELD. */
uint16_t steps_find_field(struct steps_compiler *c, const char *name);
/* {raw value: {bad: reason}}: they become the field's. */
int steps_specials(struct steps_compiler *c, const struct conf_node *node, struct field *field);
/* Whether its raw values are texts. */
bool field_is_text(const struct field *field);
/* How many tags name.1, name.2 ... there are; 0 if there is a tag of that name. */
size_t steps_elements(struct steps_compiler *c, const char *name);
uint16_t steps_field(struct steps_compiler *c, const struct conf_node *node, const char *name);
/* The tag of that name in the frame's reading. */
int steps_tag(struct steps_compiler *c, const struct conf_node *node, const char *name);
/* A key as the raw value of the field: the text itself, or a number, which may be in hexadecimal. */
int steps_raw_key(struct steps_compiler *c, const struct conf_node *node, const char *key,
		  const struct field *field, struct table_row *row);
/* {raw value: value of that type}, "default" for all others. */
int steps_table(struct steps_compiler *c, const struct conf_node *node, const struct field *field,
		enum dragoman_type type, const struct table **out);
/* What makes a number of a raw one, each from the node of its key, NULL if left out; load_linear.c. */
int linear_scale(struct steps_compiler *c, const struct conf_node *node, struct step *step);
int linear_decimals(struct steps_compiler *c, const struct conf_node *node, struct step *step);
int linear_limits(struct steps_compiler *c, const struct conf_node *min,
		  const struct conf_node *max, struct step *step);
int linear_sum(struct steps_compiler *c, const struct conf_node *node, struct step *step);
int rules_compile(struct steps_compiler *c, const struct conf_node *list);

#endif
