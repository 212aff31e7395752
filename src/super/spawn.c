/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a program with what is named, and nothing else; see spawn.h. */
#include "super/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/must.h"
#include "base/xalloc.h"

enum { FIRST_FD = 3, ENV_MAX = 64, CANNOT_PREPARE = 126, CANNOT_RUN = 127 };

/* Handed on if set: how to log, which time and language, and what the sanitizers of a test build read. */
static const char *const kept_env[] = {"JOURNAL_STREAM", "TZ",           "LANG",          "LC_ALL",
				       "ASAN_OPTIONS",   "LSAN_OPTIONS", "UBSAN_OPTIONS", NULL};

void spawn_init(struct spawn *spawn, const char *dir, const char *program)
{
	*spawn = (struct spawn){.path = xasprintf("%s/%s", dir, program)};
	spawn_arg(spawn, "%s", program);
}

void spawn_fini(struct spawn *spawn)
{
	for (size_t i = 0; i < spawn->n_args; i++)
		free(spawn->args[i]);
	free(spawn->path);
	*spawn = (struct spawn){0};
}

void spawn_arg(struct spawn *spawn, const char *fmt, ...)
{
	va_list ap;
	char *arg = NULL;

	must(spawn->n_args < SPAWN_ARGS_MAX);
	va_start(ap, fmt);
	must(vasprintf(&arg, fmt, ap) >= 0);
	va_end(ap);
	spawn->args[spawn->n_args++] = arg;
}

void spawn_fd(struct spawn *spawn, const char *option, int fd)
{
	must(spawn->n_fds < SPAWN_FDS_MAX && fd >= 0);
	if (option)
		spawn_arg(spawn, "%s=%d", option, FIRST_FD + (int)spawn->n_fds);
	spawn->fds[spawn->n_fds++] = fd;
}

/* ---- in the child, between fork and exec ---- */

static _Noreturn void give_up(int status, const char *what)
{
	dprintf(STDERR_FILENO, "cannot start: %s\n", what);
	_exit(status);
}

static _Noreturn void give_up_errno(int status, const char *what)
{
	dprintf(STDERR_FILENO, "cannot start: %s: %s\n", what, strerror(errno));
	_exit(status);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL); /* those that cannot be set are as they should be */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A terminal is not handed on: who has one can type into it. */
static int second_voice(int words)
{
	return fcntl(STDERR_FILENO, F_GETFD) < 0 || isatty(STDERR_FILENO) ? words : STDERR_FILENO;
}

/* First out of the way, so that no descriptor is written over before it is moved; then into place. */
static void place_fds(const struct spawn *spawn, int words)
{
	int above = FIRST_FD + (int)spawn->n_fds, moved[SPAWN_FDS_MAX];

	words = fcntl(words, F_DUPFD_CLOEXEC, above);
	for (size_t i = 0; i < spawn->n_fds; i++) {
		moved[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			give_up_errno(CANNOT_PREPARE, "descriptors");
	}
	if (words < 0 || dup2(second_voice(words), STDOUT_FILENO) < 0 ||
	    dup2(words, STDERR_FILENO) < 0)
		_exit(CANNOT_PREPARE); /* nowhere to say it */
	for (size_t i = 0; i < spawn->n_fds; i++)
		if (dup2(moved[i], FIRST_FD + (int)i) < 0)
			give_up_errno(CANNOT_PREPARE, "descriptors");
	if (close_range((unsigned)above, ~0U, 0) < 0)
		give_up_errno(CANNOT_PREPARE, "close_range");
}

static void open_null(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd < 0 || (fd != STDIN_FILENO && (dup2(fd, STDIN_FILENO) < 0 || close(fd) < 0)))
		give_up_errno(CANNOT_PREPARE, "/dev/null");
}

static void limit(const struct spawn *spawn)
{
	struct rlimit files;

	if (spawn->n_files && !getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max < spawn->n_files ? files.rlim_max : spawn->n_files;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (spawn->oom_score) {
		int fd = open("/proc/self/oom_score_adj", O_WRONLY);

		/* Best effort: where there is no such file, the kernel chooses by itself. */
		if (fd >= 0) {
			dprintf(fd, "%d", spawn->oom_score);
			close(fd);
		}
	}
}

static void hand_on(char *env[ENV_MAX], size_t *n, const char *const *names)
{
	for (; names && *names && *n < ENV_MAX - 1; names++)
		if (getenv(*names))
			env[(*n)++] = xasprintf("%s=%s", *names, getenv(*names));
}

static _Noreturn void become(const struct spawn *spawn, int words)
{
	char *env[ENV_MAX] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin"};
	size_t n_env = 1;
	struct err err;

	setpgid(0, 0);
	reset_signals();
	place_fds(spawn, words);
	open_null();
	umask(022);
	limit(spawn);
	if (spawn->user && user_become(spawn->user, &err) < 0)
		give_up(CANNOT_PREPARE, err.text);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up_errno(CANNOT_PREPARE, "no_new_privs");
	hand_on(env, &n_env, kept_env);
	hand_on(env, &n_env, spawn->keep_env);
	execve(spawn->path, spawn->args, env);
	give_up_errno(CANNOT_RUN, spawn->path);
}

/* ---- in the parent ---- */

int spawn_run(const struct spawn *spawn, int *pidfd_out, int *words_out, struct err *err)
{
	int words[2];
	pid_t pid;

	if (pipe2(words, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	fd_set_nonblocking(words[0],
			   true); /* our end only: the other is a description of its own */
	pid = fork();
	if (pid == 0)
		become(spawn, words[1]);
	fd_close(&words[1]);
	if (pid < 0) {
		err_errno(err, "fork");
		fd_close(&words[0]);
		return -1;
	}
	setpgid(pid, pid); /* both do it, so that it is done for whoever comes next */
	*pidfd_out = pidfd_open(pid, 0);
	must(*pidfd_out >= 0);
	*words_out = words[0];
	return pid;
}
