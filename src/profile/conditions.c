/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on fields, as `when:` of a part of a frame and of a rule has them. */
#include <string.h>

#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/program.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"

static int read_any(struct steps_compiler *c, const struct conf_node *node, struct condition *out)
{
	const struct field *field = &c->frame->codec.fields[out->field];
	const struct conf_node *n = node->kind == CONF_LIST ? node->first : node;
	struct table_row *rows = arena_alloc(c->arena, (node->n + 1) * sizeof(*rows));
	int bad = 0;

	out->any = rows;
	for (; n; n = node->kind == CONF_LIST ? n->next : NULL) {
		if (n->kind != CONF_SCALAR)
			return steps_wrong(c, n, "expected a raw value");
		bad |= steps_raw_key(c, n, n->text, field, &rows[out->n++]);
	}
	return bad;
}

static int read_between(struct steps_compiler *c, const struct conf_node *node,
			struct condition *out)
{
	struct constant k;

	for (const struct conf_node *n = node->first; n; n = n->next) {
		bool above = !strcmp(n->key, "above");

		if (!above && strcmp(n->key, "below")) {
			conf_error_key(c->loader->errors, n, "unknown key %s; above, below",
				       n->key);
			return -1;
		}
		if (constant_read(n, DRAGOMAN_NUMBER, &k) < 0)
			return steps_wrong(c, n, "expected a number");
		*(above ? &out->above : &out->below) = k.number;
		*(above ? &out->has_above : &out->has_below) = true;
	}
	return 0;
}

int conditions_read(struct steps_compiler *c, const struct conf_node *when,
		    const struct condition **out, size_t *n_out)
{
	struct condition *list;
	int bad = 0;

	if (!when || when->kind != CONF_MAP || !when->n)
		return steps_wrong(c, when, "expected {field: value}");
	*out = list = arena_alloc(c->arena, when->n * sizeof(*list));
	for (const struct conf_node *n = when->first; n; n = n->next) {
		struct condition *cond = &list[(*n_out)++];

		cond->field = steps_field(c, n, n->key);
		if (cond->field == NO_FIELD)
			bad = -1;
		else
			bad |= n->kind == CONF_MAP ? read_between(c, n, cond)
						   : read_any(c, n, cond);
	}
	return bad;
}
