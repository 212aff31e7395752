/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman-channel: one line and the devices on it. Started by dragomand; see dragoman-channel(8). */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapter/host.h"
#include "base/buf.h"
#include "base/log.h"
#include "channel/channel.h"
#include "profile/profile.h"

/* One heap for all threads, and what is free at its end goes back early: a channel is small. */
static void keep_memory_small(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024);
}

static void on_signal(void *arg, int signo)
{
	channel_end(arg, signo == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void say_errors(struct conf_errors *errors)
{
	struct buf text = {0};

	conf_errors_print(errors, &text);
	if (write(STDERR_FILENO, buf_str(&text), text.len) < 0)
		exit(1);
	buf_fini(&text);
	conf_errors_fini(errors);
}

static void run(const struct channel_options *options)
{
	struct loop *loop = loop_new();
	struct conf_errors errors = {0};
	struct channel *channel;

	adapter_add_builtin(&profile_adapter);
	channel = channel_new(loop, options, &errors);

	if (errors.n)
		say_errors(&errors);
	if (!channel)
		fatal("the configuration of this channel has errors");
	loop_on_signal(loop, SIGTERM, on_signal, channel);
	loop_on_signal(loop, SIGINT, on_signal, channel);
	channel_confine(channel);
	channel_start(channel);
	loop_run(loop);
	channel_free(&channel);
	loop_free(&loop);
}

int main(int argc, char **argv)
{
	struct channel_options options;
	struct err err;

	log_init("channel", argc > 1 && argv[1][0] != '-' ? argv[1] : NULL, LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	keep_memory_small();
	if (channel_options_read(&options, argc, argv, &err) < 0)
		fatal("%s", err.text);
	if (!options.is_done) {
		log_set_level((enum log_level)options.channel->log);
		if (options.lifeline >= 0)
			log_set_second(STDOUT_FILENO);
		run(&options);
	}
	channel_options_fini(&options);
	return 0;
}
