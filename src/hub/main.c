/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman-hub: the stream, its clients and publishers. Started by dragomand; see dragoman-hub(8). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/hub.h"
#include "hub/lifeline.h"
#include "hub/listener.h"
#include "hub/options.h"
#include "sandbox/files.h"

/* Listeners, the loop, and those that are being turned away. */
enum { SPARE_FILES = 160 };

/* A client is a descriptor: as many as we may have. An eighth of them is for publishers, and for ourselves,
 * so that a crowd of clients cannot keep a channel out. */
static void fit_clients(size_t *max_clients)
{
	struct rlimit limit;
	size_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	most = limit.rlim_max > SPARE_FILES ? (size_t)(limit.rlim_max - SPARE_FILES) / 8 * 7 : 1;
	if (limit.rlim_max == RLIM_INFINITY || *max_clients <= most)
		return;
	log_warning("%zu descriptors allow for %zu clients, not %zu (hub: max_clients)",
		    (size_t)limit.rlim_max, most, *max_clients);
	*max_clients = most;
}

static void on_signal(void *arg, int signo)
{
	(void)signo;
	hub_end(arg);
}

/* The sockets are open, and what is to be read is read: from here on there are the files of the stream, which the
 * store's threads, that do not run yet, open and make. */
static void give_up_files(const char *store)
{
	struct err err;
	int given_up;

	if (store && mkdir(store, 0750) < 0 && errno != EEXIST)
		log_debug("%s: %s", store,
			  strerror(errno)); /* opening it says the same, and what to do */
	given_up = store ? files_only_beneath(store, &err) : files_give_up(&err);
	if (given_up < 0)
		log_warning("%s; going on with what the permissions of files allow", err.text);
	else
		log_debug(given_up ? "no file can be opened from here on but those of the stream"
				   : "this kernel has no Landlock; files have their permissions");
}

/* Whoever is told to end before the loop can hear of it ends as soon as it can. */
static void hold_signals(bool hold)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &ends, NULL);
}

static void run(const struct options *options)
{
	struct listener *listeners[2 * OPTIONS_LISTENERS_MAX];
	struct loop *loop = loop_new();
	struct hub_settings settings = options_settings(options);
	struct lifeline lifeline = {0};
	struct hub hub;
	struct err err;
	size_t n = 0;

	fit_clients(&settings.max_clients);
	if (hub_init(&hub, loop, &settings, &err) < 0 ||
	    options_publishers(options, &hub.publishers, &err) < 0)
		fatal("%s", err.text);
	give_up_files(settings.storage.store.dir);
	hub_open_store(&hub);
	loop_on_signal(loop, SIGTERM, on_signal, &hub);
	loop_on_signal(loop, SIGINT, on_signal, &hub);
	hold_signals(false);
	if (options->lifeline >= 0)
		lifeline_init(&lifeline, &hub, options->lifeline);
	for (size_t i = 0; i < options->n_local; i++)
		listeners[n++] = listener_new(&hub, options->local[i], false, false);
	for (size_t i = 0; i < options->n_tcp; i++)
		listeners[n++] =
			listener_new(&hub, options->tcp[i], true, !options->is_writable[i]);
	loop_run(loop);
	while (n)
		listener_free(&listeners[--n]);
	lifeline_fini(&lifeline);
	hub_fini(&hub);
	loop_free(&loop);
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err;

	hold_signals(true);
	log_init("hub", NULL, LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ,
	       SIG_IGN); /* a limit of file sizes is a write that fails, like that of a full disk */
	if (options_read(&options, argc, argv, &err) < 0)
		fatal("%s", err.text);
	if (!options.is_done) {
		log_set_level((enum log_level)options.config.log);
		if (options.lifeline >= 0)
			log_set_second(STDOUT_FILENO);
		run(&options);
	}
	options_fini(&options);
	return 0;
}
