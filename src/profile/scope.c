/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the fields of a frame while it is compiled: who may stand where, and who is meant. */
#include <stdio.h>
#include <string.h>

#include "base/pattern.h"
#include "profile/arena.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/steps.h"
#include "profile/type.h"

static uint16_t find(const struct field_list *fields, const char *name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (!strcmp(fields->list[i].name, name))
			return (uint16_t)i;
	return NO_FIELD;
}

/* Whether what stands in the one branch and what stands in the other are never there together. */
static bool exclude(const struct branch *a, const struct branch *b)
{
	for (size_t i = 0; i < MAX_DEPTH && a[i].choice && a[i].choice == b[i].choice; i++)
		if (a[i].which != b[i].which)
			return true;
	return false;
}

/* A field of another case may have the same name, if it is written alike. */
static uint16_t use_again(struct scope *scope, const struct conf_node *node, uint16_t found,
			  const struct type *type)
{
	struct field_list *fields = scope->fields;
	const char *name = fields->list[found].name;

	if (!exclude(fields->branches[found], scope->branch)) {
		conf_error(scope->loader->errors, node, "the field %s stands here twice", name);
		return NO_FIELD;
	}
	if (!type_equal(&fields->list[found].type, type)) {
		conf_error(
			scope->loader->errors, node,
			"the field %s has another type in another case; give it a name of its own",
			name);
		return NO_FIELD;
	}
	memcpy(fields->branches[found], scope->branch, sizeof(scope->branch));
	return found;
}

uint16_t field_add(struct scope *scope, const struct conf_node *node, const char *name,
		   const struct type *type)
{
	struct field_list *fields = scope->fields;
	bool is_own = name[0] == '@' || name[0] == '#';
	const char *problem = name_problem(name + is_own, false);
	char full[160];
	uint16_t found;

	if (problem) {
		conf_error(scope->loader->errors, node, "\"%s\" is no name of a field: %s", name,
			   problem);
		return NO_FIELD;
	}
	snprintf(full, sizeof(full), "%s%s", name, scope->suffix);
	found = find(fields, full);
	if (found != NO_FIELD)
		return use_again(scope, node, found, type);
	if (fields->n == MAX_FIELDS) {
		conf_error(scope->loader->errors, node, "more than %d fields", MAX_FIELDS);
		return NO_FIELD;
	}
	fields->list[fields->n] = (struct field){
		.name = arena_str(&scope->loader->profile->arena, full, strlen(full)),
		.type = *type,
		.depth = (uint16_t)scope->depth};
	memcpy(fields->branches[fields->n], scope->branch, sizeof(scope->branch));
	return (uint16_t)fields->n++;
}

struct steps_compiler scope_steps(struct scope *scope, struct frame *so_far)
{
	*so_far = (struct frame){
		.name = scope->frame,
		.codec = {.fields = scope->fields->list, .n_fields = scope->fields->n}};
	return (struct steps_compiler){scope->loader, so_far, &scope->loader->profile->arena,
				       scope->suffix, false};
}

uint16_t scope_field(struct scope *scope, const struct conf_node *node, const char *name)
{
	struct frame so_far;
	struct steps_compiler c = scope_steps(scope, &so_far);
	uint16_t field = steps_field(&c, node, name);

	if (field != NO_FIELD)
		scope->fields->list[field].is_control = true;
	return field;
}
