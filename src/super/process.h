/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One running process: its words on the way to our log, its end. It is signalled through a descriptor of
 * its own (pidfd), so a signal never reaches another process that got the same number.
 */
#ifndef SUPER_PROCESS_H
#define SUPER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ev/loop.h"
#include "super/spawn.h"
#include "super/words.h"
#include "wire/control.h"

struct process_end {
	int pid;
	bool is_clean;          /* exited with status 0 */
	char text[REASON_SIZE]; /* status_text */
	int64_t lived_ns;
};

struct process {
	uint32_t magic;
	int pid; /* 0: there is none */
	int pidfd;
	int64_t started_ns;
	struct io exit_io;
	struct words words;
	/* The process is reaped, what it had started in its group is killed, and words.last are its last
	 * words. The struct may be used for another process from here on. */
	void (*ended)(void *arg, const struct process_end *end);
	void *arg;
};

/* 0, or -1 with err and no process. Zeroed memory, or a process that has ended, is wanted. */
int process_start(struct process *process, struct loop *loop, const struct spawn *spawn,
		  void (*ended)(void *arg, const struct process_end *end), void *arg,
		  struct err *err);
bool process_is_alive(const struct process *process);
/* Does nothing if there is none. */
void process_kill(struct process *process);
/* Kills it if there is one, and waits for that; nothing is called. */
void process_fini(struct process *process);
/* Private memory in bytes, 0 if it cannot be told. */
uint64_t process_memory(const struct process *process);

#endif
