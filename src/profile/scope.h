/* SPDX-License-Identifier: Apache-2.0 */
/* What of a frame is being compiled: its fields while they are gathered, and what stands around them. */
#ifndef PROFILE_SCOPE_H
#define PROFILE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "profile/load.h"
#include "profile/ops.h"

enum {
	MAX_FIELDS = 512, /* of a frame */
	MAX_DEPTH = 8,    /* of parts in parts */
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

/* Adds a field: its index, or NO_FIELD with an error at node. A name that begins with '@' is a parameter's,
 * one with '#' nobody's. */
uint16_t field_add(struct scope *scope, const struct conf_node *node, const char *name,
		   const struct type *type);
/* The field of that name, in the same element or around it: its index, or NO_FIELD with an error at node. */
uint16_t scope_field(struct scope *scope, const struct conf_node *node, const char *name);

/* A template: its operations behind those that are there, the fields it names to the scope's. */
int template_compile(struct scope *scope, const struct conf_node *node, struct op_list *out);
/* A list of binary fields. */
int bytes_compile(struct scope *scope, const struct conf_node *list, enum order order,
		  struct op_list *out);
/* The operation for a checksum, which stands where it is added; -1 with errors. */
int check_compile(struct loader *loader, const struct conf_node *node, struct op *out);

#endif
