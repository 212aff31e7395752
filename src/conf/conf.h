/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: YAML read into a tree that knows where each piece stands, and tables of rows that say
 * what may stand there. From the same rows come the parser, the bounds, the errors, the effective
 * configuration as text, the JSON Schema and the tables of the manual.
 *
 * All errors are gathered, none stops the reading: struct conf_errors is what a run found.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* ---------------------------------------------------------------------------------------------
 * The tree
 */

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_kind kind;
	const char *file;         /* as given by the user; owned by the tree */
	int line, column;         /* from 1, of the value */
	int key_line, key_column; /* of its key, if it is in a map */
	const char *key;          /* in a map, else NULL */
	const char *text;         /* of a scalar: what stands there, quotes resolved; never NULL */
	size_t text_len;          /* may contain NUL bytes if the scalar was double-quoted */
	bool quoted;              /* so that a quoted 5 is a text */
	struct conf_node *parent;
	struct conf_node *first, *next; /* children in order; next sibling */
	size_t n;                       /* children */
	uint32_t seen;                  /* conf_read's: not an unknown key */
};

struct conf_errors {
	struct conf_error {
		char *file;
		int line, column;
		char *text;
		bool is_warning;
	} * list;
	size_t n;        /* errors and warnings */
	size_t n_errors; /* of them errors */
};

void conf_errors_fini(struct conf_errors *errors);
/* At a node (its value), or at no place (node NULL). */
void conf_error(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_error_key(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_warning(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "file:line:column: text" a line, sorted by place, warnings marked. */
void conf_errors_print(const struct conf_errors *errors, struct buf *out);

/* Reads one YAML document. Anchors, aliases and merge keys ("<<") are resolved; tags, several documents
 * and keys that stand twice are errors. NULL if there is no tree at all (an empty file is an empty map).
 * Bounded: 8 MiB of text, depth 64, 200,000 nodes after aliases. Release with conf_free. */
struct conf_node *conf_load(const char *path, struct conf_errors *errors);
struct conf_node *conf_parse(const char *file, const char *text, size_t len,
			     struct conf_errors *errors);
void conf_free(struct conf_node **root);

/* The child of a map, or NULL. */
const struct conf_node *conf_get(const struct conf_node *map, const char *key);
/* Prints a tree as YAML that parses again to the same tree. */
void conf_print_node(const struct conf_node *node, int indent, struct buf *out);

/* Adds to a tree that is made by hand (parts handed to processes). text is copied. */
struct conf_node *conf_new_map(const char *file);
struct conf_node *conf_add(struct conf_node *parent, enum conf_kind kind, const char *key,
			   const char *text, size_t len);
struct conf_node *conf_add_copy(struct conf_node *parent, const char *key,
				const struct conf_node *node);

/* ---------------------------------------------------------------------------------------------
 * Rows: what may stand in a map
 */

enum conf_type {
	CONF_BOOL,   /* bool */
	CONF_INT,    /* int64_t */
	CONF_NUMBER, /* double */
	CONF_TEXT,   /* char * */
	CONF_BYTES, /* struct conf_bytes: text with escapes: "\r\n", "\x02", names <STX> <CR> <LF> ... */
	CONF_DURATION, /* int64_t nanoseconds: 250ms 1.5s 2min 1h 3d; a bare number is an error */
	CONF_SIZE,     /* uint64_t bytes: 64KiB 16MiB 1GiB, or bare bytes */
	CONF_CHOICE,   /* int: index into choices */
	CONF_NAME,     /* char *: a name without levels (base/pattern.h) */
	CONF_DEVICE,   /* char *: a name with levels */
	CONF_TEXTS,    /* struct conf_texts: a list of texts; one text alone is a list of one */
	CONF_GROUP,    /* a map with rows of its own, read into the same struct at offset */
	CONF_EACH,     /* a map of names to maps: struct conf_each */
	CONF_LIST_OF,  /* a list of maps: struct conf_each with name NULL */
	CONF_ANY,      /* const struct conf_node *: somebody else looks at it */
};

struct conf_bytes {
	uint8_t *data;
	size_t len;
};

struct conf_texts {
	char **list;
	size_t n;
};

/* Elements are calloc'ed by conf_read: each starts with struct conf_item. */
struct conf_item {
	char *name; /* NULL in a list */
	const struct conf_node *node;
};

struct conf_each {
	void **list; /* of n structs of schema->size, each starting with struct conf_item */
	size_t n;
};

enum conf_flags {
	CONF_REQUIRED = 1,
	CONF_SECRET = 2, /* printed as "(secret)", handed only where it belongs */
};

struct conf_schema;

struct conf_row {
	const char *key;
	enum conf_type type;
	size_t offset;        /* in the struct that is read into */
	const char *fallback; /* as it would stand in the file; NULL: zero */
	double min, max;      /* in the type's unit as read (ns, bytes); both 0: the type's own */
	const char *const *choices;       /* CHOICE: NULL at the end */
	const struct conf_schema *schema; /* GROUP, EACH, LIST_OF */
	unsigned flags;
	const char *help; /* one line, for the manual and the JSON Schema */
};

struct conf_schema {
	const char *name;            /* of the thing: "channel", "serial port" */
	const struct conf_row *rows; /* ends with a row without key */
	size_t size;                 /* of its struct */
	/* What rows cannot say. May be NULL. */
	void (*check)(void *object, const struct conf_node *node, struct conf_errors *errors);
};

/* Reads a map into object (zeroed by the caller) by the schema: fallbacks, bounds, unknown keys with the
 * nearest known one ("did you mean"). What failed keeps its fallback. Returns -1 if errors were added. */
int conf_read(const struct conf_schema *schema, const struct conf_node *map, void *object,
	      struct conf_errors *errors);
/* Frees what conf_read allocated inside object. */
void conf_fini(const struct conf_schema *schema, void *object);
/* The effective configuration: every row with its value, as YAML that parses again. */
void conf_print(const struct conf_schema *schema, const void *object, int indent, struct buf *out);

/* Reads one scalar by a row's type; for those who look at CONF_ANY themselves. */
int conf_read_value(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct conf_errors *errors);
/* The known word nearest to a misspelt one, or NULL if none is near. */
const char *conf_nearest(const char *word, const char *const *known, size_t n);

/* A JSON Schema (draft 2020-12) of the rows, and the rows as mdoc for a manual page. */
void conf_json_schema(const struct conf_schema *schema, struct buf *out);
void conf_mdoc(const struct conf_schema *schema, struct buf *out);

#endif
