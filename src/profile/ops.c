/* SPDX-License-Identifier: Apache-2.0 */
/* Operations while they are gathered, and what follows from their order. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/ops.h"
#include "profile/raw.h"
#include "profile/type.h"

enum { OPS_STEP = 32 };

struct op *op_add(struct op_list *ops, enum op_code code)
{
	if (ops->n == MAX_OPS)
		return NULL;
	if (ops->n % OPS_STEP == 0)
		ops->list = xreallocarray(ops->list, ops->n + OPS_STEP, sizeof(*ops->list));
	ops->list[ops->n] = (struct op){.code = (uint8_t)code, .field = NO_FIELD};
	return &ops->list[ops->n++];
}

size_t op_fields(const struct op *op)
{
	return op->code == OP_BITS ? op->more.bits->n : 1;
}

uint16_t op_field(const struct op *op, size_t i)
{
	switch ((enum op_code)op->code) {
	case OP_BITS:
		return op->more.bits->parts[i].parameter ? NO_FIELD : op->more.bits->parts[i].field;
	case OP_FIELD:
	case OP_PARAMETER:
	case OP_LENGTH: return op->field;
	default: return NO_FIELD;
	}
}

int64_t op_counted(const struct op *op, const struct raw *parameter)
{
	int64_t unit = op->more.measure->unit;

	if (parameter->kind != RAW_INTEGER || parameter->as.integer < 0 ||
	    parameter->as.integer % unit)
		return -1;
	return parameter->as.integer / unit;
}

static bool is_same(const struct until *until, size_t n, const struct op *op)
{
	for (size_t i = 0; i < n; i++)
		if (until->len[i] == op->len && !memcmp(until->bytes[i], op->bytes, op->len))
			return true;
	return false;
}

static bool is_optional(const struct op *op)
{
	return op->code == OP_OPTIONAL || op->code == OP_WHEN || op->code == OP_ELEMENT;
}

/* The end of the smallest part of a known size around it, which ends a text as well. */
static size_t end_of_part(const struct ops *ops, size_t i)
{
	size_t end = ops->n;

	for (size_t j = 0; j < i; j++) {
		const struct op *op = &ops->list[j];

		if ((op->code == OP_SIZED || op->code == OP_CASE) && op->jump > i && op->jump < end)
			end = op->jump;
	}
	return end;
}

/* What ends an element is ended by the beginning of the next one, even if that is one too many. */
static size_t next_element(const struct ops *ops, size_t i, struct until *out)
{
	for (size_t j = i; j-- > 0;) {
		const struct op *op = &ops->list[j], *first = op + 1;

		if (op->code != OP_ELEMENT || op->jump != i + 1 || first->code != OP_LITERAL)
			continue;
		out->bytes[0] = first->bytes;
		out->len[0] = first->len;
		return 1;
	}
	return 0;
}

/* Constants that may follow an operation, which end a text that has no size of its own. */
static void find_until(const struct ops *ops, size_t i, struct until *out)
{
	size_t n = next_element(ops, i, out), end = end_of_part(ops, i);

	for (size_t j = i + 1; j < end && n < 2; j++) {
		const struct op *op = &ops->list[j], *first = op;
		bool may_be_missing = is_optional(op);

		if (may_be_missing && j + 1 < op->jump)
			first = op + 1;
		if (first->code == OP_LITERAL && !is_same(out, n, first)) {
			out->bytes[n] = first->bytes;
			out->len[n++] = first->len;
		}
		if (!may_be_missing)
			return;
		j = (size_t)op->jump - 1;
	}
}

bool op_has_open_end(const struct op *op, const struct field *fields)
{
	const struct type *t;

	if (op->code == OP_SKIP)
		return !op->len && !op->more.ignored;
	if (op->code != OP_FIELD && op->code != OP_PARAMETER)
		return false;
	t = &fields[op->field].type;
	return (t->kind == TYPE_TEXT || t->kind == TYPE_DATA) && !t->size;
}

static size_t shortest_choice(const struct type *t)
{
	size_t least = t->choices[0].len;

	for (size_t i = 1; i < t->n_choices; i++)
		if (t->choices[i].len < least)
			least = t->choices[i].len;
	return least;
}

size_t op_least_len(const struct op *op, const struct field *fields)
{
	const struct type *t;

	switch ((enum op_code)op->code) {
	case OP_SKIP: return op->more.ignored ? shortest_choice(&op->more.ignored->type) : op->len;
	case OP_LITERAL:
	case OP_CHECK: return op->len;
	case OP_SIZED: return op->field == NO_FIELD ? op->len : 0;
	case OP_BITS: return op->more.bits->whole.type.size;
	case OP_FIELD:
	case OP_PARAMETER:
	case OP_LENGTH: break;
	default: return 0;
	}
	t = &fields[op->field].type;
	if (t->kind == TYPE_TEXT || t->kind == TYPE_DATA)
		return t->size;
	if (t->kind == TYPE_CHOICE)
		return shortest_choice(t);
	return t->size && !t->loose ? t->size : 1;
}

/* How many bytes have to stand behind an operation, or behind the list that it is an element of. */
static size_t find_tail(const struct ops *ops, size_t i, const struct field *fields)
{
	size_t end = end_of_part(ops, i), tail = 0,
	       j = ops->list[i].jump ? ops->list[i].jump : i + 1;

	while (ops->list[i].code == OP_ELEMENT && j < end && ops->list[j].code == OP_ELEMENT &&
	       ops->list[j].field == ops->list[i].field)
		j = ops->list[j].jump;
	while (j < end) {
		tail += op_least_len(&ops->list[j], fields);
		j = ops->list[j].jump ? ops->list[j].jump : j + 1;
	}
	return tail;
}

static bool takes_rest(const struct op *op)
{
	return (op->code == OP_ELEMENT && op->is_open) ||
	       (op->code == OP_TAGGED && !op->more.tagged->has_end);
}

void ops_keep(struct arena *arena, struct op_list *list, const struct field *fields,
	      struct ops *out)
{
	out->n = list->n;
	out->list = arena_copy(arena, list->list, list->n * sizeof(*list->list));
	for (size_t i = 0; i < out->n; i++) {
		struct op *op = &out->list[i];

		if (op_has_open_end(op, fields))
			find_until(out, i, &op->until);
		if (takes_rest(op) || (op_has_open_end(op, fields) && !op->until.len[0]))
			op->until.tail = find_tail(out, i, fields);
	}
	free(list->list);
	*list = (struct op_list){0};
}
