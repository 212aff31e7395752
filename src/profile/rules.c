/* SPDX-License-Identifier: Apache-2.0 */
/* `quality:` of a frame: rules by which fields decide how good tags are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"

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

/* "t" is the tag t, of an element t.2, or else each of t.1, t.2 ... if those are alike. */
static bool is_named(const struct steps_compiler *c, const char *wanted, bool is_repeated,
		     const char *tag)
{
	size_t len = strlen(wanted);

	if (!strcmp(wanted, tag))
		return true;
	if (!is_repeated || strncmp(wanted, tag, len) != 0 || tag[len] != '.')
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

/* Those of the frame's steps that concern the rule are marked. */
static int mark_named(struct steps_compiler *c, const struct conf_node *at, const char *wanted,
		      bool *marks)
{
	const struct frame *f = c->frame;
	bool is_repeated = steps_elements(c, wanted) > 0;

	if (!is_repeated && steps_tag(c, at, wanted) < 0)
		return -1;
	for (size_t i = 0; i < f->n_steps; i++)
		marks[i] |= is_named(c, wanted, is_repeated,
				     f->reading->tags[f->steps[i].tag].declared.name);
	return 0;
}

/* Whom a rule concerns, as steps. */
static int read_concerned(struct steps_compiler *c, const struct conf_node *node,
			  const struct conf_texts *tags, struct rule *rule)
{
	struct frame *f = c->frame;
	uint16_t *steps = arena_alloc(c->arena, f->n_steps * sizeof(*steps));
	bool *marks = xcalloc(f->n_steps + 1, sizeof(*marks));
	int bad = 0;

	for (size_t t = 0; t < tags->n; t++)
		bad |= mark_named(c, conf_get(node, "tags"), tags->list[t], marks);
	for (size_t i = 0; i < f->n_steps; i++)
		if (tags->n ? marks[i]
			    : is_concerned(c, &f->steps[i],
					   f->reading->tags[f->steps[i].tag].declared.name))
			steps[rule->n_steps++] = (uint16_t)i;
	free(marks);
	rule->steps = steps;
	return bad;
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
