/* SPDX-License-Identifier: Apache-2.0 */
/* The line that never opens; see probe.h. What an instance does in its create() leads nowhere, but what it
 * logs is said: a warning is one of the configuration. */
#include "config/probe.h"

#include "base/clock.h"
#include "base/log.h"

static void declared(void *arg)
{
	(void)arg;
}

static void reading(void *arg, const struct dragoman_reading *what)
{
	(void)arg;
	(void)what;
}

static int exchange(void *arg, const struct dragoman_exchange *what)
{
	(void)arg;
	(void)what;
	return -1;
}

static int send(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return -1;
}

static void timer_set_never(void *arg, uint32_t id, uint32_t delay_ms)
{
	(void)arg;
	(void)id;
	(void)delay_ms;
}

static void timer_clear_never(void *arg, uint32_t id)
{
	(void)arg;
	(void)id;
}

static void state(void *arg, enum dragoman_state what, const char *reason)
{
	(void)arg;
	(void)what;
	(void)reason;
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
	.declared = declared,
	.reading = reading,
	.exchange = exchange,
	.send = send,
	.timer_set = timer_set_never,
	.timer_clear = timer_clear_never,
	.state = state,
	.log = say,
	.wall_ns = wall_ns,
	.mono_ns = mono_ns,
};
