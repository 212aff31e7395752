/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up on a thread; see resolve.h. */
#include "transport/resolve.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { STACK_SIZE = 256 << 10 };

/* What the two sides share; the last one frees it. The thread closes its end of the pipe when the result
 * is there, and so wakes the loop. */
struct job {
	struct address address;
	int type;
	struct addrinfo *list;
	int error;
	int done; /* the thread's end of the pipe */
	atomic_int owners;
};

struct resolve {
	struct job *job;
	struct io io;
	int fd;
	resolve_fn *fn;
	void *arg;
};

static void release(struct job *job)
{
	if (atomic_fetch_sub(&job->owners, 1) != 1)
		return;
	if (job->list)
		freeaddrinfo(job->list);
	free(job);
}

static void *look_up(void *arg)
{
	struct job *job = arg;
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = job->type,
				 .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};

	job->error = getaddrinfo(job->address.host, job->address.port, &hints, &job->list);
	fd_close(&job->done);
	release(job);
	return NULL;
}

/* The thread takes no signals: those are the loop's. 0, or an errno. */
static int start_thread(struct job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, look_up, job);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void done(void *arg, unsigned events)
{
	struct resolve *r = arg;
	resolve_fn *fn = r->fn;
	void *fn_arg = r->arg;
	struct addrinfo *list = r->job->list;
	int error = r->job->error;

	(void)events;
	r->job->list = NULL;
	resolve_free(&r);
	fn(fn_arg, list, list ? NULL : gai_strerror(error));
}

struct resolve *resolve_new(struct loop *loop, const struct address *address, int type,
			    resolve_fn *fn, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof *r);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		fatal("no pipe for looking up a name");
	*r = (struct resolve){
		.fd = ends[0], .fn = fn, .arg = arg, .job = xcalloc(1, sizeof *r->job)};
	*r->job = (struct job){
		.address = *address, .type = type, .error = EAI_AGAIN, .done = ends[1]};
	atomic_init(&r->job->owners, 2);
	io_init(&r->io, loop, r->fd, done, r);
	io_want(&r->io, IO_READ);
	if (start_thread(r->job) != 0) {
		/* As if the lookup had failed: the end of the pipe tells. */
		fd_close(&r->job->done);
		release(r->job);
	}
	return r;
}

void resolve_free(struct resolve **r)
{
	if (!*r)
		return;
	io_fini(&(*r)->io);
	fd_close(&(*r)->fd);
	release((*r)->job);
	free(*r);
	*r = NULL;
}
