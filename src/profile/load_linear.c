/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a number of a raw one: scale, decimals, sums, products, limits. */
#include <math.h>

#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/program.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"

/* A factor like 0.1 is a division by 10, which is exact where a multiplication is not. */
static void set_scale(struct step *step, double scale)
{
	double inverse = scale != 0 ? round(1 / scale) : 0;

	step->scale = scale;
	step->divisor = 1;
	if (fabs(scale) < 1 && inverse != 0 && fabs(scale * inverse - 1) < 1e-12) {
		step->scale = 1;
		step->divisor = inverse;
	}
}

/* A field, or {field: name, table: {raw: value}}. */
static int read_field(struct steps_compiler *c, const struct conf_node *node,
		      enum dragoman_type type, uint16_t *field, const struct table **table)
{
	const struct conf_node *name = node->kind == CONF_MAP ? conf_get(node, "field") : node;
	const struct conf_node *codes = conf_get(node, "table");

	if (!name || name->kind != CONF_SCALAR)
		return steps_wrong(
			c, node,
			"expected a number, a field, or {field: name, table: {raw: value}}");
	*field = steps_field(c, name, name->text);
	if (*field == NO_FIELD)
		return -1;
	return codes ? steps_table(c, codes, &c->frame->codec.fields[*field], type, table) : 0;
}

/* {parameter: name}, {parameter: name, table: {value: factor}} */
static int read_parameter(struct steps_compiler *c, const struct conf_node *node,
			  const struct conf_node *name, struct step *step)
{
	const struct conf_node *codes = conf_get(node, "table");
	struct field *holder = arena_alloc(c->arena, sizeof(*holder));
	const struct parameter *p;
	int index;

	if (name->kind != CONF_SCALAR || node->n != 1u + !!codes)
		return steps_wrong(c, node, "expected {parameter: name, table: {value: factor}}");
	index = parameter_find(c->loader, name, name->text);
	if (index < 0)
		return -1;
	p = &c->loader->profile->parameters[index];
	step->scale_parameter = (uint16_t)(index + 1);
	*holder = (struct field){.name = p->name};
	holder->type.kind = p->type == DRAGOMAN_TEXT ? TYPE_TEXT : TYPE_NUMBER;
	if (codes)
		return steps_table(c, codes, holder, DRAGOMAN_NUMBER, &step->scales);
	return p->type == DRAGOMAN_TEXT ? steps_wrong(c, name, "a text needs a table") : 0;
}

int linear_scale(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	struct constant k = {.number = 1};

	if (!node)
		return 0;
	step->linear = true;
	if (node->kind == CONF_MAP && conf_get(node, "parameter"))
		return read_parameter(c, node, conf_get(node, "parameter"), step);
	if (constant_read(node, DRAGOMAN_NUMBER, &k) < 0)
		return read_field(c, node, DRAGOMAN_NUMBER, &step->scale_field, &step->scales);
	if (k.number == 0)
		return steps_wrong(c, node, "a scale of 0 makes every value the same");
	set_scale(step, k.number);
	step->linear = k.number != 1;
	return 0;
}

int linear_decimals(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	struct constant k;

	step->linear = true;
	if (constant_read(node, DRAGOMAN_INTEGER, &k) < 0)
		return read_field(c, node, DRAGOMAN_INTEGER, &step->decimals_field,
				  &step->decimals);
	if (k.integer < -15 || k.integer > 15)
		return steps_wrong(c, node, "expected -15 to 15 decimals");
	step->divisor *= pow(10, (double)k.integer);
	return 0;
}

static int read_limit(struct steps_compiler *c, const struct conf_node *node, double *out,
		      struct step *step)
{
	struct constant k;

	if (!node)
		return 0;
	if (constant_read(node, DRAGOMAN_NUMBER, &k) < 0)
		return steps_wrong(c, node, "expected a number");
	*out = k.number;
	step->has_limits = true;
	return 0;
}

int linear_limits(struct steps_compiler *c, const struct conf_node *min,
		  const struct conf_node *max, struct step *step)
{
	step->min = -INFINITY;
	step->max = INFINITY;
	if (read_limit(c, min, &step->min, step) < 0 || read_limit(c, max, &step->max, step) < 0)
		return -1;
	return step->min <= step->max ? 0 : steps_wrong(c, min, "min is above max");
}

/* A product, a ratio: a list of fields. */
static int read_factors(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	struct term *terms = arena_alloc(c->arena, node->n * sizeof(*terms));

	step->terms = terms;
	for (const struct conf_node *n = node->first; n; n = n->next) {
		struct term *t = &terms[step->n_terms++];

		t->field = n->kind == CONF_SCALAR ? steps_field(c, n, n->text) : NO_FIELD;
		if (t->field == NO_FIELD)
			return n->kind == CONF_SCALAR ? -1 : steps_wrong(c, n, "expected a field");
		if (field_is_text(&c->frame->codec.fields[t->field]))
			return steps_wrong(c, n, "the field is a text");
	}
	step->field = terms->field;
	return 0;
}

int linear_product(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	if (node->kind != CONF_LIST || node->n < 2)
		return steps_wrong(c, node, "expected a list of fields");
	step->combine = COMBINE_PRODUCT;
	return read_factors(c, node, step);
}

int linear_ratio(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	if (node->kind != CONF_LIST || node->n != 2)
		return steps_wrong(c, node, "expected [field, field]");
	step->combine = COMBINE_RATIO;
	return read_factors(c, node, step);
}

int linear_sum(struct steps_compiler *c, const struct conf_node *node, struct step *step)
{
	struct term *terms;
	struct constant k;

	if (node->kind != CONF_MAP || node->n < 2)
		return steps_wrong(c, node, "expected {field: factor, field: factor}");
	step->terms = terms = arena_alloc(c->arena, node->n * sizeof(*terms));
	for (const struct conf_node *n = node->first; n; n = n->next) {
		struct term *t = &terms[step->n_terms++];

		t->field = steps_field(c, n, n->key);
		if (t->field == NO_FIELD)
			return -1;
		if (field_is_text(&c->frame->codec.fields[t->field]))
			return steps_wrong(c, n, "the field is a text");
		if (constant_read(n, DRAGOMAN_NUMBER, &k) < 0 || k.number == 0)
			return steps_wrong(c, n, "expected a factor");
		t->factor = k.number;
	}
	step->field = terms->field;
	return 0;
}
