/* SPDX-License-Identifier: Apache-2.0 */
/* dragomand, the supervisor: options, and then super.c until the end. */
#include "base/log.h"
#include "super/options.h"
#include "super/super.h"

int main(int argc, char **argv)
{
	struct super_options options;
	struct super *super;
	struct loop *loop;
	int status;

	switch (super_options_read(&options, argc, argv)) {
	case OPTIONS_RUN: break;
	case OPTIONS_DONE: return 0;
	case OPTIONS_WRONG: return 2;
	}
	log_init("supervisor", NULL, LOG_INFO);
	loop = loop_new();
	super = super_new(loop, &options);
	status = super_run(super);
	super_free(&super);
	loop_free(&loop);
	return status;
}
