/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a device that is played, and when: a list of steps, each at a time after its line opened
 * first. The engine sets the values, the simulator misbehaves; both read the same list.
 */
#ifndef PROFILE_TIMETABLE_H
#define PROFILE_TIMETABLE_H

#include "conf/conf.h"

struct timetable_step {
	struct conf_item item;
	int64_t at_ns,
		until_ns; /* numbers go evenly to what is set between them; until_ns 0: at once */
	const struct conf_node *set;
	struct conf_texts misbehave; /* "none": it behaves again */
	bool again;                  /* it begins anew here */
};

struct timetable {
	struct conf_each steps; /* of struct timetable_step, in order of time */
};

/* From a list; NULL is an empty one. -1 with errors added, and then it holds nothing. */
int timetable_read(struct timetable *timetable, const struct conf_node *list,
		   struct conf_errors *errors);
void timetable_fini(struct timetable *timetable);
const struct timetable_step *timetable_at(const struct timetable *timetable, size_t i);

/* The names as a bit each, in the order of the list of names. -1 with an error at the node. */
int misbehaviours_read(const struct conf_texts *names, const struct conf_node *node, unsigned *out,
		       struct conf_errors *errors);

#endif
