/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function of a script that drives an exchange. It runs in steps: where it asks, waits, or looks at a parameter it
 * stops, says what it wishes, and goes on with what it is given.
 *
 *	ask("name", {argument = value})    the fields of the answer and the name of its frame; or nil, why, and of
 *	                                   which kind that is
 *	wait(seconds)
 *	parameter("name")                  its value
 *	remember("name", value)
 *
 * Between two of the first two it has the instructions and the memory of one call.
 */
#ifndef PROFILE_SCRIPT_RUN_H
#define PROFILE_SCRIPT_RUN_H

#include "profile/script.h"

enum { SCRIPT_ARGUMENTS = 64 }; /* of what it asks */

enum script_step {
	SCRIPT_ENDED,
	SCRIPT_BROKEN, /* it failed, or needed too much */
	SCRIPT_ASKS,
	SCRIPT_WAITS,
	SCRIPT_READS,
	SCRIPT_REMEMBERS,
};

/* What it says where it stops. Texts are good until it goes on. */
struct script_wish {
	enum script_step step;
	const char *name; /* of what it asks, reads or remembers */
	struct script_field arguments[SCRIPT_ARGUMENTS];
	size_t n_arguments;
	struct script_value value; /* REMEMBERS */
	double seconds;            /* WAITS: 0 or more */
	const char *reason;        /* ENDED: why nothing came of it; NULL: all is well */
	struct err err;            /* BROKEN: why, with file and line */
};

struct script_run;

/* Calls the function with one argument, up to where it stops first. NULL: it is BROKEN. */
struct script_run *script_run_new(struct script *script, const char *function,
				  const struct script_value *argument, struct script_wish *out);
void script_run_free(struct script_run **run);
/* Goes on with these values. Not after ENDED and BROKEN. */
void script_run_go(struct script_run *run, const struct script_value *values, size_t n,
		   struct script_wish *out);
/* What it wished is an error at that place. */
void script_run_refuse(struct script_run *run, const char *problem, struct script_wish *out);

#endif
