/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of dragomand. */
#ifndef SUPER_OPTIONS_H
#define SUPER_OPTIONS_H

#include <stdbool.h>

#include "super/backoff.h"
#include "super/child.h"

enum { OPTIONS_ENV_MAX = 16 };

struct super_options {
	const char *config;
	const char *run_dir; /* NULL: as the configuration says, as are the next two */
	const char *data_dir;
	const char *libexec;
	const char *user;
	const char *keep_env[OPTIONS_ENV_MAX + 1];
	bool is_check; /* check the configuration, and nothing else */
	struct child_times times;
	struct backoff_rule hub_rule, channel_rule;
	int64_t check_ns;
};

enum super_options_verdict {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* --help or --version was printed */
	OPTIONS_WRONG, /* said on stderr */
};

enum super_options_verdict super_options_read(struct super_options *options, int argc, char **argv);

#endif
