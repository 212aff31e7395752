/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a device that is played; see timetable.h. */
#include "profile/timetable.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/simulate.h"

static const struct conf_row rows[] = {
	{.key = "at",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct timetable_step, at_ns),
	 .flags = CONF_REQUIRED,
	 .min = 0,
	 .max = 864000e9,
	 .help = "when: so long after the line has opened first"},
	{.key = "until",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct timetable_step, until_ns),
	 .fallback = "0ms",
	 .min = 0,
	 .max = 864000e9,
	 .help = "numbers go evenly from what they are to what is set, and are there then"},
	{.key = "set",
	 .type = CONF_ANY,
	 .offset = offsetof(struct timetable_step, set),
	 .help = "tag to value, or to 'bad: reason'"},
	{.key = "misbehave",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct timetable_step, misbehave),
	 .help = "how the device misbehaves from then on; none: not at all"},
	{.key = "again",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct timetable_step, again),
	 .fallback = "false",
	 .help = "the list begins anew"},
	{.key = NULL},
};

static const struct conf_schema step_schema = {"step", rows, sizeof(struct timetable_step), NULL};

static const struct conf_row list_rows[] = {{.key = "script",
					     .type = CONF_LIST_OF,
					     .offset = offsetof(struct timetable, steps),
					     .schema = &step_schema,
					     .max = 10000},
					    {.key = NULL}};

static const struct conf_schema list_schema = {"script", list_rows, sizeof(struct timetable), NULL};

static void check_step(const struct timetable *t, size_t i, struct conf_errors *errors)
{
	const struct timetable_step *step = timetable_at(t, i);
	const struct timetable_step *before = i ? timetable_at(t, i - 1) : NULL;
	const struct conf_node *node = step->item.node;
	unsigned ignored;

	misbehaviours_read(&step->misbehave, conf_get(node, "misbehave"), &ignored, errors);
	if (before && step->at_ns < before->at_ns)
		conf_error(errors, node, "it is earlier than the step before it");
	if (before && before->again)
		conf_error(errors, node, "nothing comes after a step that begins anew");
	if (step->until_ns && step->until_ns <= step->at_ns)
		conf_error(errors, conf_get(node, "until"), "expected a time after at");
	if (step->again && !step->at_ns)
		conf_error(errors, node, "expected a time after 0 at which it begins anew");
	if (!step->set && !step->misbehave.n && !step->again)
		conf_error(errors, node, "expected set, misbehave or again");
}

int timetable_read(struct timetable *t, const struct conf_node *list, struct conf_errors *errors)
{
	size_t before = errors->n_errors;

	*t = (struct timetable){0};
	if (!list)
		return 0;
	if (conf_read_value(&list_rows[0], list, &t->steps, errors) == 0)
		for (size_t i = 0; i < t->steps.n; i++)
			check_step(t, i, errors);
	if (errors->n_errors == before)
		return 0;
	timetable_fini(t);
	return -1;
}

void timetable_fini(struct timetable *t)
{
	conf_fini(&list_schema, t);
	*t = (struct timetable){0};
}

const struct timetable_step *timetable_at(const struct timetable *t, size_t i)
{
	return i < t->steps.n ? t->steps.list[i] : NULL;
}

int misbehaviours_read(const struct conf_texts *names, const struct conf_node *node, unsigned *out,
		       struct conf_errors *errors)
{
	*out = 0;
	for (size_t n = 0; n < names->n; n++) {
		size_t i = 0, count = 0;

		while (simulate_misbehaviours[count])
			count++;
		while (i < count && strcmp(simulate_misbehaviours[i], names->list[n]) != 0)
			i++;
		if (i < count) {
			*out |= 1u << i;
		} else if (strcmp(names->list[n], "none") != 0) {
			const char *nearest =
				conf_nearest(names->list[n], simulate_misbehaviours, count);

			conf_error(errors, node, "no misbehaviour %s%s%s%s", names->list[n],
				   nearest ? "; did you mean " : "", nearest ? nearest : "",
				   nearest ? "?" : "");
			return -1;
		}
	}
	return 0;
}
