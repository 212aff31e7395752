/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that does one piece of work at a time for the loop. While it works, what the work needs is the
 * thread's; before and after, the loop's. So nothing else is shared, and nothing else is locked.
 */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "ev/loop.h"

struct job {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct io done_io;
	int done_fd;
	void (*work)(void *arg); /* on the thread */
	void (*done)(void *arg); /* from the loop */
	void *arg;
	bool is_started, is_asked, is_done, is_ending; /* under the mutex */
	bool is_busy;                                  /* the loop's: from job_start to done */
};

int job_init(struct job *job, struct loop *loop, const char *name, void (*work)(void *arg),
	     void (*done)(void *arg), void *arg, struct err *err);
/* Waits for work that is under way; done is not called for it any more. Zeroed memory is accepted. */
void job_fini(struct job *job);

/* Must not be busy. */
void job_start(struct job *job);

#endif
