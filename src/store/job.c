/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that works for the loop; see job.h. */
#include "store/job.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/must.h"

static void *run(void *arg)
{
	static const uint64_t one = 1;
	struct job *job = arg;

	pthread_mutex_lock(&job->mutex);
	while (job->is_asked || !job->is_ending) {
		if (!job->is_asked) {
			pthread_cond_wait(&job->changed, &job->mutex);
			continue;
		}
		pthread_mutex_unlock(&job->mutex);
		job->work(job->arg);
		pthread_mutex_lock(&job->mutex);
		job->is_asked = false;
		job->is_done = true;
		pthread_cond_signal(&job->changed);
		must(write(job->done_fd, &one, sizeof one) == sizeof one);
	}
	pthread_mutex_unlock(&job->mutex);
	return NULL;
}

static void work_is_done(void *arg, unsigned events)
{
	struct job *job = arg;
	uint64_t n;

	(void)events;
	must(read(job->done_fd, &n, sizeof n) == sizeof n);
	pthread_mutex_lock(&job->mutex);
	must(job->is_done);
	job->is_done = false;
	pthread_mutex_unlock(&job->mutex);
	job->is_busy = false;
	job->done(job->arg);
}

/* Signals are the loop's. */
static int start_thread(struct job *job)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&job->thread, NULL, run, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int job_init(struct job *job, struct loop *loop, const char *name, void (*work)(void *arg),
	     void (*done)(void *arg), void *arg, struct err *err)
{
	*job = (struct job){.work = work, .done = done, .arg = arg};
	job->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->done_fd < 0)
		return err_errno(err, "cannot make an event descriptor");
	pthread_mutex_init(&job->mutex, NULL);
	pthread_cond_init(&job->changed, NULL);
	errno = start_thread(job);
	if (errno) {
		err_errno(err, "cannot start a thread");
		fd_close(&job->done_fd);
		return -1;
	}
	job->is_started = true;
	pthread_setname_np(job->thread, name);
	io_init(&job->done_io, loop, job->done_fd, work_is_done, job);
	io_want(&job->done_io, IO_READ);
	return 0;
}

void job_fini(struct job *job)
{
	if (!job->is_started)
		return;
	pthread_mutex_lock(&job->mutex);
	job->is_ending = true;
	pthread_cond_signal(&job->changed);
	pthread_mutex_unlock(&job->mutex);
	pthread_join(job->thread, NULL);
	pthread_cond_destroy(&job->changed);
	pthread_mutex_destroy(&job->mutex);
	io_fini(&job->done_io);
	fd_close(&job->done_fd);
	job->is_started = false;
}

void job_start(struct job *job)
{
	must(!job->is_busy);
	job->is_busy = true;
	pthread_mutex_lock(&job->mutex);
	job->is_asked = true;
	pthread_cond_signal(&job->changed);
	pthread_mutex_unlock(&job->mutex);
}
