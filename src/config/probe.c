/* SPDX-License-Identifier: Apache-2.0 */
/* The line that never opens; see probe.h. What an instance does in its create() leads nowhere, but what it
 * logs is said: a warning is one of the configuration. */
#include "config/probe.h"

#include "base/clock.h"
#include "base/log.h"

static void reading(void *arg, const struct dragoman_reading *what)
{
	(void)arg;
	(void)what;
}

static void say(void *arg, enum dragoman_level level, const char *text)
{
	struct probe *probe = arg;

	if (level == DRAGOMAN_LOG_ERROR)
		log_error("%s", text);
	else if (level == DRAGOMAN_LOG_WARNING)
		conf_warning(probe->errors, probe->device, "%s", text);
}

static int64_t wall_ns(void *arg)
{
	(void)arg;
	return clock_wall_ns();
}

static int64_t mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns();
}

const struct adapter_sink probe_sink = {
	.reading = reading,
	.log = say,
	.wall_ns = wall_ns,
	.mono_ns = mono_ns,
};
