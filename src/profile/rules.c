/* SPDX-License-Identifier: Apache-2.0 */
/* `quality:` of a frame: rules by which fields decide how good tags are. */
#include <string.h>

#include "profile/program.h"

struct rule_source {
	struct conf_item item;
	const struct conf_node *when;
	struct conf_texts tags;
	char *bad, *uncertain;
};

static const struct conf_row rule_rows[] = {
	{.key = "when",
	 .type = CONF_ANY,
	 .offset = offsetof(struct rule_source, when),
	 .flags = CONF_REQUIRED,
	 .help = "field to value, list of values, or {above, below}; all of them hold"},
	{.key = "tags",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct rule_source, tags),
	 .help = "whom it concerns; every tag that comes from a field if left out"},
	{.key = "bad",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct rule_source, bad),
	 .help = "they are bad, for this reason"},
	{.key = "uncertain",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct rule_source, uncertain),
	 .help = "they are uncertain, for this reason"},
	{.key = NULL},
};

const struct conf_schema profile_rule_schema = {"rule", rule_rows, sizeof(struct rule_source),
						NULL};

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

static int read_conditions(struct steps_compiler *c, const struct conf_node *when,
			   struct rule *rule)
{
	struct condition *list;
	int bad = 0;

	if (!when || when->kind != CONF_MAP || !when->n)
		return steps_wrong(c, when, "expected {field: value}");
	list = arena_alloc(c->arena, when->n * sizeof(*list));
	for (const struct conf_node *n = when->first; n; n = n->next) {
		struct condition *cond = &list[rule->n++];

		cond->field = steps_field(c, n, n->key);
		if (cond->field == NO_FIELD)
			bad = -1;
		else
			bad |= n->kind == CONF_MAP ? read_between(c, n, cond)
						   : read_any(c, n, cond);
	}
	rule->conditions = list;
	return bad;
}

/* Whom a rule concerns, as steps. */
static int read_concerned(struct steps_compiler *c, const struct conf_node *node,
			  const struct conf_texts *tags, struct rule *rule)
{
	struct frame *f = c->frame;
	uint16_t *steps = arena_alloc(c->arena, f->n_steps * sizeof(*steps));
	const struct conf_node *at = conf_get(node, "tags");
	int bad = 0;

	for (size_t t = 0; t < tags->n; t++)
		bad |= steps_tag(c, at, tags->list[t]) < 0;
	for (size_t i = 0; i < f->n_steps; i++) {
		const char *name = f->reading->tags[f->steps[i].tag].declared.name;
		bool named = false;

		for (size_t t = 0; t < tags->n; t++)
			named |= !strcmp(tags->list[t], name);
		if (tags->n ? named : f->steps[i].field != NO_FIELD || f->steps[i].time)
			steps[rule->n_steps++] = (uint16_t)i;
	}
	rule->steps = steps;
	return bad ? -1 : 0;
}

static int add_rule(struct steps_compiler *c, const struct conf_node *node, struct rule *rule)
{
	struct rule_source source = {0};
	int bad = conf_read(&profile_rule_schema, node, &source, c->loader->errors);

	if (!bad)
		bad = steps_quality(c, node, source.bad, source.uncertain, &rule->quality,
				    &rule->reason);
	if (!bad && !rule->reason)
		bad = steps_wrong(c, node, "expected bad: or uncertain: with a reason");
	if (!bad)
		bad = read_conditions(c, source.when, rule);
	if (!bad)
		bad = read_concerned(c, node, &source.tags, rule);
	conf_fini(&profile_rule_schema, &source);
	return bad;
}

int rules_compile(struct steps_compiler *c, const struct conf_node *list)
{
	struct frame *f = c->frame;
	int bad = 0;

	if (list->kind != CONF_LIST)
		return steps_wrong(c, list, "expected a list of rules");
	f->rules = arena_alloc(c->arena, list->n * sizeof(*f->rules));
	for (const struct conf_node *n = list->first; n; n = n->next)
		bad |= add_rule(c, n, &f->rules[f->n_rules++]);
	return bad;
}
