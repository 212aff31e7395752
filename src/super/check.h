/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Having the configuration checked: runs dragoman-config, which reads the files and loads the plugins
 * without privileges, and gathers the plan that it hands back. It may be wrong, hang, or lie: its time,
 * what it says and how much are bounded.
 */
#ifndef SUPER_CHECK_H
#define SUPER_CHECK_H

#include <stdbool.h>

#include "ev/loop.h"
#include "ev/peer.h"
#include "super/plan.h"
#include "super/process.h"

struct check {
	struct loop *loop;
	struct process process;
	struct peer peer; /* what it hands back */
	struct timer limit;
	struct plan *plan;
	struct err fault; /* why the plan is not to be had; "" if it is */
	/* The plan (the callee's from here on), or NULL with why: then the errors are in the log. */
	void (*done)(void *arg, struct plan *plan, const char *why);
	void *arg;
};

struct check_order {
	const char *libexec, *config;
	const struct user *user; /* NULL: as we are */
	const char *const *keep_env;
	int64_t limit_ns;
};

void check_init(struct check *check, struct loop *loop,
		void (*done)(void *arg, struct plan *plan, const char *why), void *arg);
/* One at a time. 0, or -1 with err; done follows after 0. */
int check_start(struct check *check, const struct check_order *order, struct err *err);
bool check_is_running(const struct check *check);
/* Ends it without a word, as far as it runs. */
void check_fini(struct check *check);

#endif
