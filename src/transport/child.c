/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else's as a child; see child.h. A pidfd tells its end: SIGCHLD would be the whole
 * process's. */
#include "transport/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { FIRST_NOT_ITS = 3 };

/* The pipes of one start: [0] is the end that is read from. */
struct pipes {
	int in[2], out[2], err[2];
	int exec[2]; /* closed by a successful exec, or carries its errno */
};

static void close_pipes(struct pipes *p)
{
	int *ends = (int *)p;

	for (size_t i = 0; i < sizeof *p / sizeof *ends; i++)
		fd_close(&ends[i]);
}

static int make_pipes(struct pipes *p)
{
	memset(p, 0xff, sizeof *p); /* all -1 */
	if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 ||
	    pipe2(p->err, O_CLOEXEC) < 0 || pipe2(p->exec, O_CLOEXEC) < 0)
		return -1;
	return 0;
}

/* Signals as a program expects to find them: none blocked, none ignored. */
static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child, after fork. */
static _Noreturn void become(const struct pipes *p, char *const argv[], const char *directory,
			     pid_t parent)
{
	int error, tell;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	/* Out of the way of 0 to 2 first: with those closed at our start, a pipe may be one of them. */
	tell = fcntl(p->exec[1], F_DUPFD_CLOEXEC, 10);
	if (dup2(fcntl(p->in[0], F_DUPFD, 10), 0) == 0 &&
	    dup2(fcntl(p->out[1], F_DUPFD, 10), 1) == 1 &&
	    dup2(fcntl(p->err[1], F_DUPFD, 10), 2) == 2 &&
	    dup3(tell, FIRST_NOT_ITS, O_CLOEXEC) >= 0) {
		syscall(SYS_close_range, FIRST_NOT_ITS + 1, ~0U, 0);
		reset_signals();
		if (!directory || chdir(directory) == 0)
			execvp(argv[0], argv);
	}
	error = errno;
	if (write(FIRST_NOT_ITS, &error, sizeof error) < 0)
		_exit(126);
	_exit(127);
}

/* What exec failed with, 0 if it did not. */
static int exec_error(struct pipes *p)
{
	int error = 0;
	ssize_t n;

	fd_close(&p->exec[1]);
	do
		n = read(p->exec[0], &error, sizeof error);
	while (n < 0 && errno == EINTR);
	return n == sizeof error ? error : 0;
}

static void reaped(struct child *child)
{
	io_fini(&child->io);
	timer_fini(&child->grace);
	fd_close(&child->pidfd);
	child->pid = 0;
}

static void say_how(int status, char *how, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(how, size, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(how, size, "exited with status %d", WEXITSTATUS(status));
}

static void gone(void *arg, unsigned events)
{
	struct child *child = arg;
	pid_t group = child->pid;
	char how[80];
	int status;

	(void)events;
	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	reaped(child);
	/* What it started and left behind would hold the pipes open. */
	kill(-group, SIGKILL);
	say_how(status, how, sizeof how);
	if (child->exited)
		child->exited(child->arg, how);
}

static void grace_is_over(void *arg)
{
	struct child *child = arg;

	kill(-child->pid, SIGKILL);
}

static int watch(struct child *child, struct loop *loop)
{
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0)
		return -1;
	fd_set_cloexec(child->pidfd, true);
	io_init(&child->io, loop, child->pidfd, gone, child);
	io_want(&child->io, IO_READ);
	timer_init(&child->grace, loop, grace_is_over, child);
	return 0;
}

int child_start(struct child *child, struct loop *loop, char *const argv[], const char *directory,
		int fds_out[3], void (*exited)(void *arg, const char *how), void *arg,
		struct err *err)
{
	struct pipes p;
	pid_t parent = getpid();
	int error = 0;

	*child = (struct child){.pidfd = -1, .exited = exited, .arg = arg};
	if (make_pipes(&p) < 0 || (child->pid = fork()) < 0) {
		error = errno;
		child->pid = 0;
	} else if (child->pid == 0) {
		become(&p, argv, directory, parent);
	} else {
		setpgid(child->pid, child->pid);
		error = exec_error(&p);
		if (!error && watch(child, loop) < 0)
			error = errno;
	}
	if (error) {
		child_kill(child);
		close_pipes(&p);
		errno = error;
		return err_errno(err, "cannot start %s", argv[0]);
	}
	fds_out[0] = p.in[1];
	fds_out[1] = p.out[0];
	fds_out[2] = p.err[0];
	p.in[1] = p.out[0] = p.err[0] = -1;
	close_pipes(&p);
	return 0;
}

void child_stop(struct child *child)
{
	child->exited = NULL;
	if (!child->pid)
		return;
	kill(-child->pid, SIGTERM);
	timer_set(&child->grace, NS_PER_S);
}

void child_kill(struct child *child)
{
	if (!child->pid)
		return;
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	reaped(child);
}
