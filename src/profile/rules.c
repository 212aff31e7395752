/* SPDX-License-Identifier: Apache-2.0 */
/* `quality:` of a frame: rules by which fields decide how good tags are. */
#include <stdio.h>
#include <stdlib.h>
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

/* "t" is the tag t, of an element t.2, or else each of t.1, t.2 ... */
static bool is_named(struct steps_compiler *c, const char *wanted, const char *tag)
{
	size_t len = strlen(wanted);

	if (!strcmp(wanted, tag))
		return true;
	if (strncmp(wanted, tag, len) != 0 || tag[len] != '.' || !steps_elements(c, wanted))
		return false;
	return !c->suffix || c->is_each || !strcmp(tag + len, c->suffix);
}

/* Without names: what comes from fields; of an element, what is of it. */
static bool is_concerned(const struct steps_compiler *c, const struct step *step, const char *tag)
{
	size_t len = strlen(tag), suffix = c->suffix && !c->is_each ? strlen(c->suffix) : 0;

	if (step->field == NO_FIELD && !step->time)
		return false;
	return len > suffix && (!suffix || !strcmp(tag + len - suffix, c->suffix));
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
		bad |= !steps_elements(c, tags->list[t]) && steps_tag(c, at, tags->list[t]) < 0;
	for (size_t i = 0; i < f->n_steps; i++) {
		const char *name = f->reading->tags[f->steps[i].tag].declared.name;
		bool named = false;

		for (size_t t = 0; t < tags->n; t++)
			named |= is_named(c, tags->list[t], name);
		if (tags->n ? named : is_concerned(c, &f->steps[i], name))
			steps[rule->n_steps++] = (uint16_t)i;
	}
	rule->steps = steps;
	return bad ? -1 : 0;
}

static int add_one_rule(struct steps_compiler *c, const struct conf_node *node, struct rule *rule)
{
	struct rule_source source = {0};
	int bad = conf_read(&profile_rule_schema, node, &source, c->loader->errors);

	if (!bad)
		bad = steps_quality(c, node, source.bad, source.uncertain, &rule->quality,
				    &rule->reason);
	if (!bad && !rule->reason)
		bad = steps_wrong(c, node, "expected bad: or uncertain: with a reason");
	if (!bad)
		bad = conditions_read(c, source.when, &rule->conditions, &rule->n);
	if (!bad)
		bad = read_concerned(c, node, &source.tags, rule);
	conf_fini(&profile_rule_schema, &source);
	return bad;
}

/* Of how many elements the field is that the rule is about; 0: it is the frame's. */
static size_t count_elements(const struct steps_compiler *c, const struct conf_node *node)
{
	const struct conf_node *when = conf_get(node, "when");
	const struct codec *codec = &c->frame->codec;
	bool any = when && when->kind == CONF_MAP && when->first;
	size_t n = 0, len = any ? strlen(when->first->key) : 0;

	for (size_t i = 0; len && i < codec->n_fields; i++) {
		const char *name = codec->fields[i].name;

		if (!strcmp(name, when->first->key))
			return 0;
		n += !strncmp(name, when->first->key, len) && name[len] == '.' &&
		     atol(name + len + 1) == (long)n + 1;
	}
	return n;
}

/* A rule about a field of an element is one of each element. */
static int add_rule(struct steps_compiler *c, const struct conf_node *node)
{
	struct frame *f = c->frame;
	size_t n = c->is_each ? 0 : count_elements(c, node);
	char suffix[SUFFIX_SIZE];
	int bad = 0;

	if (!n)
		return add_one_rule(c, node, &f->rules[f->n_rules++]);
	c->suffix = suffix;
	for (size_t i = 1; i <= n && !bad; i++) {
		snprintf(suffix, sizeof(suffix), ".%zu", i);
		bad = add_one_rule(c, node, &f->rules[f->n_rules++]);
	}
	c->suffix = NULL;
	return bad;
}

int rules_compile(struct steps_compiler *c, const struct conf_node *list)
{
	struct frame *f = c->frame;
	size_t most = 0;
	int bad = 0;

	if (list->kind != CONF_LIST)
		return steps_wrong(c, list, "expected a list of rules");
	for (const struct conf_node *n = list->first; n; n = n->next)
		most += count_elements(c, n) + 1;
	f->rules = arena_alloc(c->arena, most * sizeof(*f->rules));
	for (const struct conf_node *n = list->first; n; n = n->next)
		bad |= add_rule(c, n);
	return bad;
}
