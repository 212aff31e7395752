/* SPDX-License-Identifier: Apache-2.0 */
/* One running process; see process.h. */
#include "super/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/must.h"
#include "super/status.h"

enum { PROCESS_MAGIC = 0x50726f63 };

static void exited(void *arg, unsigned events)
{
	struct process *process = arg;
	struct process_end end = {.pid = process->pid};
	siginfo_t info = {0};

	(void)events;
	must(process->magic == PROCESS_MAGIC && process->pid);
	if (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    !info.si_pid)
		return;
	/* While it is not reaped, its number names its group and no other. */
	kill(-process->pid, SIGKILL);
	must(waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) == 0);
	words_drain(&process->words);
	words_fini(&process->words);
	io_fini(&process->exit_io);
	fd_close(&process->pidfd);
	process->pid = 0;
	end.is_clean = info.si_code == CLD_EXITED && info.si_status == 0;
	end.lived_ns = clock_mono_ns() - process->started_ns;
	status_text(&info, end.text);
	process->ended(process->arg, &end);
}

int process_start(struct process *process, struct loop *loop, const struct spawn *spawn,
		  void (*ended)(void *arg, const struct process_end *end), void *arg,
		  struct err *err)
{
	int words, pid, pidfd;

	must(!process->pid);
	pid = spawn_run(spawn, &pidfd, &words, err);
	if (pid < 0)
		return -1;
	*process = (struct process){.magic = PROCESS_MAGIC,
				    .pid = pid,
				    .pidfd = pidfd,
				    .started_ns = clock_mono_ns(),
				    .ended = ended,
				    .arg = arg};
	words_init(&process->words, loop, words);
	io_init(&process->exit_io, loop, pidfd, exited, process);
	io_want(&process->exit_io, IO_READ);
	return 0;
}

bool process_is_alive(const struct process *process)
{
	return process->pid != 0;
}

void process_kill(struct process *process)
{
	if (process->pid)
		pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

void process_fini(struct process *process)
{
	siginfo_t info;

	if (!process->pid)
		return;
	kill(-process->pid, SIGKILL);
	while (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	words_fini(&process->words);
	io_fini(&process->exit_io);
	fd_close(&process->pidfd);
	process->pid = 0;
}

uint64_t process_memory(const struct process *process)
{
	char path[64], text[128];
	unsigned long size, resident, shared;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/statm", process->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	fd_close(&fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%lu %lu %lu", &size, &resident, &shared) != 3 || resident < shared)
		return 0;
	return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}
