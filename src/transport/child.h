/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that we start, with pipes at its three standard descriptors and nothing else of ours. It leads
 * a process group of its own, so that what it starts ends with it; and it is told to end when we die.
 */
#ifndef TRANSPORT_CHILD_H
#define TRANSPORT_CHILD_H

#include <sys/types.h>

#include "base/err.h"
#include "ev/loop.h"

struct child {
	pid_t pid; /* 0: there is none, or it has been reaped */
	int pidfd;
	struct io io;
	struct timer grace;
	/* It ended; how, for people: "exited with status 3". Not called after child_stop. */
	void (*exited)(void *arg, const char *how);
	void *arg;
};

/* argv ends with NULL; a name without '/' is looked for in PATH. directory: where it runs, NULL: here. The
 * descriptors are our ends of its standard input, output and error, the caller's to close. 0, or -1
 * with err and errno. */
int child_start(struct child *child, struct loop *loop, char *const argv[], const char *directory,
		int fds_out[3], void (*exited)(void *arg, const char *how), void *arg,
		struct err *err);

/* Asks its group to end (SIGTERM), and makes it after a second (SIGKILL); the rest happens on the loop. */
void child_stop(struct child *child);

/* At once, and waits for it. Accepts zeroed memory and one that is gone. */
void child_kill(struct child *child);

#endif
