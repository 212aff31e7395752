/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts of a frame that is written are there, where a flag, or the field of a switch, says so that no value
 * determines: those that have values. Where the parts exclude each other the first one counts.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/values.h"

enum { CANDIDATES = 4 }; /* raw values that are tried where nothing says which */

enum said { SAID_NOTHING, SAID_THERE, SAID_ABSENT };

struct chooser {
	const struct frame *frame;
	struct raw *raw;
	bool *is_chosen; /* of each field */
};

/* What the values say of a part. */
static enum said what_is_said(const struct chooser *c, const struct op *ops, size_t i)
{
	enum said said = SAID_NOTHING;

	for (size_t j = i + 1; j < ops[i].jump; j++)
		for (size_t b = 0; b < op_fields(&ops[j]); b++) {
			uint16_t field = op_field(&ops[j], b);

			if (field == NO_FIELD || !values_determine(c->frame, field))
				continue;
			if (c->raw[field].kind != RAW_ABSENT)
				return SAID_THERE;
			said = SAID_ABSENT;
		}
	return said;
}

static bool is_free(const struct chooser *c, uint16_t field)
{
	return !c->frame->codec.fields[field].is_computed && !c->is_chosen[field] &&
	       !values_determine(c->frame, field);
}

static bool is_doubtful(const struct chooser *c)
{
	for (size_t i = 0; i < c->frame->n_rules; i++)
		if (values_rule_holds(&c->frame->rules[i], c->raw))
			return true;
	return false;
}

/* The i-th value with which the condition may hold; false: there are no more. */
static bool candidate(const struct condition *condition, size_t i, struct raw *out)
{
	if (i < condition->n) {
		raw_from_row(&condition->any[i], out);
		return true;
	}
	if (i || (!condition->has_above && !condition->has_below))
		return false;
	raw_set_whole(out, (wide_int)(condition->has_above ? condition->above + 1
							   : condition->below - 1));
	return true;
}

/* A value with which the condition holds, one that makes no value doubtful if there is such. */
static void satisfy(struct chooser *c, const struct condition *condition)
{
	struct raw *raw = &c->raw[condition->field];
	bool was_doubtful = is_doubtful(c);
	size_t i = 0;

	while (candidate(condition, i, raw) && !was_doubtful && is_doubtful(c))
		i++;
	if (!candidate(condition, i, raw))
		candidate(condition, 0, raw);
}

static void make_hold(struct chooser *c, const struct when_op *when)
{
	for (size_t i = 0; i < when->n; i++) {
		const struct when_op one = {.conditions = &when->conditions[i], .n = 1};

		if (is_free(c, one.conditions->field) && !when_holds(&one, c->raw))
			satisfy(c, one.conditions);
	}
}

/* A small number in one of its fields with which it is the other way round. */
static void turn(struct chooser *c, const struct when_op *when)
{
	bool held = when_holds(when, c->raw);

	for (size_t i = 0; i < when->n; i++) {
		struct raw *raw = &c->raw[when->conditions[i].field], before = *raw;

		if (!is_free(c, when->conditions[i].field) || before.kind != RAW_INTEGER)
			continue;
		for (int64_t value = 0; value < CANDIDATES; value++) {
			raw->as.integer = value;
			if (when_holds(when, c->raw) != held && !is_doubtful(c))
				return;
		}
		*raw = before;
	}
}

static void choose_part(struct chooser *c, const struct when_op *when, enum said said)
{
	if (said == SAID_NOTHING)
		return;
	if (said == SAID_THERE && !when->is_other)
		make_hold(c, when);
	else if (when_holds(when, c->raw) != (said == SAID_THERE))
		turn(c, when);
	for (size_t i = 0; i < when->n && when_holds(when, c->raw); i++)
		c->is_chosen[when->conditions[i].field] = true;
}

static bool has_conditions(const struct ops *ops)
{
	for (size_t i = 0; i < ops->n; i++)
		if (ops->list[i].code == OP_WHEN)
			return true;
	return false;
}

void values_choose_parts(const struct frame *frame, struct raw *raw)
{
	const struct ops *ops = &frame->codec.ops;
	struct chooser c = {.frame = frame, .raw = raw};

	if (!has_conditions(ops))
		return;
	c.is_chosen = xcalloc(frame->codec.n_fields + 1, sizeof(*c.is_chosen));
	for (size_t i = 0; i < ops->n; i++) {
		const struct op *op = &ops->list[i];

		if (op->code != OP_WHEN)
			continue;
		choose_part(&c, op->more.when, what_is_said(&c, ops->list, i));
		if (!when_holds(op->more.when, raw))
			i = (size_t)op->jump - 1;
	}
	free(c.is_chosen);
}
