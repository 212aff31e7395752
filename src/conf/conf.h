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

enum conf_node_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_node_kind kind;
	const char *file;         /* as given by the user; owned by the tree */
	int line, column;         /* from 1, of the value */
	int key_line, key_column; /* of its key, if it is in a map */
	const char *key;          /* in a map, else NULL */
	const char *text;         /* of a scalar: what stands there, quotes resolved; never NULL */
	size_t text_len;          /* may contain NUL bytes if the scalar was double-quoted */
	bool quoted;              /* so that a quoted 5 is a text */
	struct conf_node *parent;
	struct conf_node *first, *last, *next; /* children in order; next sibling */
	size_t n;                              /* children */
	struct conf_tree *tree;                /* owns the node and its texts */
};

/* What a run found. Zeroed memory is an empty one. */
struct conf_errors {
	struct conf_error {
		char *file;       /* NULL: at no place */
		int line, column; /* 0: at no place in the file */
		char *text;
		bool is_warning;
	} * list;
	size_t n;          /* errors and warnings in the list: at most CONF_ERRORS_MAX */
	size_t n_errors;   /* all errors, those included that the list had no room for */
	size_t n_left_out; /* what the list had no room for */
};

enum { CONF_ERRORS_MAX = 1000 };

void conf_errors_fini(struct conf_errors *errors);
/* At a node (its value; conf_error_key: its key), or at no place (node NULL). */
void conf_error(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_error_key(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_warning(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* In a file, at a line and column from 1, or 0 if there is no better place than the file. */
void conf_error_at(struct conf_errors *errors, const char *file, int line, int column,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* "file:line:column: text" a line, sorted by place, warnings marked. */
void conf_errors_print(const struct conf_errors *errors, struct buf *out);

/* Reads one YAML document. Anchors, aliases and merge keys ("<<") are resolved; tags, several documents
 * and keys that stand twice are errors. NULL if there is no tree at all (an empty file is an empty map).
 * Bounded: 8 MiB of text, depth 64, 200,000 nodes after aliases. Release with conf_free. */
struct conf_node *conf_load(const char *path, struct conf_errors *errors);
struct conf_node *conf_parse(const char *file, const char *text, size_t len,
			     struct conf_errors *errors);
void conf_free(struct conf_node **root);

/* The child of a map, or NULL. map may be NULL or no map. */
const struct conf_node *conf_get(const struct conf_node *map, const char *key);
/* Nothing stands there: "key:" with no value, "~" or "null". */
bool conf_is_nothing(const struct conf_node *node);
/* Prints a tree as YAML that parses again to the same tree: the lines of a map or list, each behind
 * indent blanks, or one line for a scalar and for what is empty. */
void conf_print_node(const struct conf_node *node, int indent, struct buf *out);

/* Adds to a tree that is made by hand (parts handed to processes). key and text (UTF-8) are copied; a
 * copied node keeps the place it was read from. */
struct conf_node *conf_new_map(const char *file);
struct conf_node *conf_new(const char *file, enum conf_node_kind kind, const char *text,
			   size_t len);
struct conf_node *conf_add(struct conf_node *parent, enum conf_node_kind kind, const char *key,
			   const char *text, size_t len);
/* A scalar that is a text whatever it looks like. */
struct conf_node *conf_add_text(struct conf_node *parent, const char *key, const char *text);
struct conf_node *conf_add_copy(struct conf_node *parent, const char *key,
				const struct conf_node *node);
/* A copy of node with what stands in over (which may be NULL) merged over it: maps entry by entry, all else in
 * place of what was there; where over has nothing ("~") nothing is added. NULL then. */
struct conf_node *conf_add_merged(struct conf_node *parent, const char *key,
				  const struct conf_node *node, const struct conf_node *over);

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
	CONF_MODE,     /* int64_t: permissions of a file in octal: 0660 */
	CONF_MARKS, /* const struct conf_node *: bytes or a list of bytes, checked and not read */
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
	CONF_SECRET = 2, /* printed as "(secret)", which is read as nothing, with a warning */
	CONF_MAIN = 4,   /* of a kind's rows: what stands behind the kind's name (conf_read_kind) */
	CONF_LEVELS = 8, /* EACH: the names may have levels */
};

/* As a row's max: there is only a min. */
#define CONF_NO_MAX 1e18
#define CONF_SECRET_TEXT "(secret)"

struct conf_schema;

struct conf_row {
	const char *key;
	enum conf_type type;
	size_t offset;        /* in the struct that is read into */
	const char *fallback; /* as it would stand in the file; NULL: zero */
	/* In the type's unit as read (ns, bytes); of TEXT and BYTES the length, of lists and EACH the
	 * number of entries. Both 0: the type's own. */
	double min, max;
	const char *const *choices;       /* CHOICE: NULL at the end */
	const struct conf_schema *schema; /* GROUP, EACH, LIST_OF */
	unsigned flags;
	const char *help; /* one line, for the manual and the JSON Schema */
};

struct conf_schema {
	const char *name;            /* of the thing: "channel", "serial port" */
	const struct conf_row *rows; /* ends with a row without key */
	size_t size;                 /* of its struct */
	/* What rows cannot say; may be NULL. Not called if the map's own values had errors. node is NULL
	 * for a group that was left out, and a scalar where nothing stands behind the key, or where a
	 * kind is only named. */
	void (*check)(void *object, const struct conf_node *node, struct conf_errors *errors);
};

/* Reads a map into object (zeroed by the caller) by the schema: fallbacks, bounds, unknown keys with the
 * nearest known one ("did you mean"). What failed keeps its fallback. Returns -1 if errors were added. */
int conf_read(const struct conf_schema *schema, const struct conf_node *map, void *object,
	      struct conf_errors *errors);
/* Frees what conf_read allocated inside object. */
void conf_fini(const struct conf_schema *schema, void *object);
/* The effective configuration: every row with its value, as YAML that parses again; secrets left out. */
void conf_print(const struct conf_schema *schema, const void *object, int indent, struct buf *out);

/* Reads one value by a row's type; for those who look at CONF_ANY themselves. */
int conf_read_value(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct conf_errors *errors);
/* The known word nearest to a misspelt one, or NULL if none is near. */
const char *conf_nearest(const char *word, const char *const *known, size_t n);

/* ---------------------------------------------------------------------------------------------
 * Kinds: one of several things, each with rows of its own (`port:`, `link:`)
 */

struct conf_kind {
	const char *name;
	const char *help;
	const struct conf_schema *schema; /* NULL: no options */
};

/* Reads a node that names one of n kinds and sets its options, in any of these forms:
 *
 *	raw                                     only the name
 *	{serial: /dev/ttyUSB0, baud: 9600}      the kind's main option behind its name, others beside it
 *	{delimiter: {end: "\r\n", max: 1KiB}}   all options behind the name
 *
 * The main option is the row flagged CONF_MAIN, or the one whose key is the kind's name. what is the word
 * for errors: "port", "link". Returns the index of the kind, with its options read into *options_out
 * (NULL if the kind has no rows; conf_free_kind), or -1 with errors added. */
int conf_read_kind(const char *what, const struct conf_kind *kinds, size_t n,
		   const struct conf_node *node, void **options_out, struct conf_errors *errors);
void conf_free_kind(const struct conf_kind *kind, void **options);
/* The map in which a kind's options stand, for errors of one's own; NULL if only its name is there. */
const struct conf_node *conf_kind_options(const struct conf_kind *kind,
					  const struct conf_node *node);

/* The kinds that may stand behind a CONF_ANY row of this key. */
struct conf_kinds {
	const char *key;
	const struct conf_kind *list;
	size_t n;
};

/* ---------------------------------------------------------------------------------------------
 * Rows for others
 */

/* A JSON Schema (draft 2020-12) of a map by a schema, or of a map of names to such maps, by a row of type
 * EACH. Rows of type ANY are open, but for those whose kinds are given. */
void conf_json_schema_of(const char *title, const struct conf_schema *schema,
			 const struct conf_kinds *kinds, size_t n_kinds, struct buf *out);
void conf_json_schema_of_each(const char *title, const struct conf_row *row,
			      const struct conf_kinds *kinds, size_t n_kinds, struct buf *out);

/* The rows as a list of a manual page. Groups are lists within; what EACH and LIST_OF have is left to
 * lists of their own. */
void conf_mdoc(const struct conf_schema *schema, struct buf *out);
/* A subsection for each kind; a row that several have is told once. */
void conf_mdoc_kinds(const struct conf_kinds *kinds, struct buf *out);

#endif
