/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program with what is named, and nothing else: its arguments, its descriptors (from 3 on, in
 * the order in which they were added), standard input from /dev/null, standard output and error into one
 * pipe, a short environment, a process group of its own, a user, no way to more privileges.
 */
#ifndef SUPER_SPAWN_H
#define SUPER_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sandbox/user.h"

enum { SPAWN_ARGS_MAX = 96, SPAWN_FDS_MAX = 80 };

struct spawn {
	char *path;
	char *args[SPAWN_ARGS_MAX + 1];
	size_t n_args;
	int fds[SPAWN_FDS_MAX];
	size_t n_fds;
	const struct user *user;     /* NULL: as we are */
	const char *const *keep_env; /* names of variables to hand on; NULL at the end; or NULL */
	size_t n_files;              /* descriptors that it may have open; 0: as we may */
	int oom_score;               /* added to the kernel's wish to end it when memory runs out */
};

/* Arguments are copied. The program's name is the first one. */
void spawn_init(struct spawn *spawn, const char *dir, const char *program);
void spawn_fini(struct spawn *spawn);
void spawn_arg(struct spawn *spawn, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds "option=N", where N will be fd's number in the child; without option, only the descriptor. The
 * descriptor stays the caller's. */
void spawn_fd(struct spawn *spawn, const char *option, int fd);

/* Returns the process id, *pidfd_out to wait and signal by, and *words_out, the end of the pipe to read
 * (not blocking), both the caller's; -1 with err. What fails after the fork says so in the pipe, and exits
 * with status 126 or 127. The child's stdout is our stderr, unless that is a terminal: there goes what it has to
 * say once the pipe has no reader. */
int spawn_run(const struct spawn *spawn, int *pidfd_out, int *words_out, struct err *err);

#endif
