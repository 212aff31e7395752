/* SPDX-License-Identifier: Apache-2.0 */
/* From what the file says of values, quality and time to the steps and rules of a frame. */
#ifndef PROFILE_STEPS_H
#define PROFILE_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "conf/conf.h"
#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/load.h"
#include "profile/scope.h"
#include "profile/values.h"

struct frame;

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
int linear_product(struct steps_compiler *c, const struct conf_node *node, struct step *step);
int linear_ratio(struct steps_compiler *c, const struct conf_node *node, struct step *step);
int rules_compile(struct steps_compiler *c, const struct conf_node *list);

#endif
