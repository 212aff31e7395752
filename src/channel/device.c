/* SPDX-License-Identifier: Apache-2.0 */
/* One device of the line; see device.h. */
#include "channel/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/catalogue.h"
#include "channel/line.h"
#include "channel/worker.h"

enum { DEVICE_MAGIC = 0x44657663 };

static void silence_fired(void *arg);

/* ---------------------------------------------------------------------------------------------
 * Its state
 */

static void say_state(struct device *device, enum event_state state, const char *reason,
		      const char *text)
{
	if (device->state == state)
		return;
	if (device->state)
		log_limited(&device->life_limit, LOG_INFO, "%s is %s%s%s", device->name,
			    state == EVENT_ONLINE ? "online" : "stale", *reason ? ": " : "",
			    reason);
	device->state = state;
	publisher_state(device->source, state, reason, text);
}

static void go_stale(struct device *device, const char *reason, const char *text)
{
	say_state(device, EVENT_STALE, reason, text);
}

static void go_online(struct device *device)
{
	device->is_stale_by_adapter = false;
	say_state(device, EVENT_ONLINE, "", "");
}

/* Silence is looked at when its time could be over, not set anew with each frame. */
static void watch_silence(struct device *device)
{
	if (device->config->stale_after_ns && !timer_is_set(&device->silence))
		timer_set(&device->silence, device->config->stale_after_ns);
}

static void silence_fired(void *arg)
{
	struct device *device = arg;
	int64_t left = device->heard_ns + device->config->stale_after_ns - clock_mono_ns();

	if (device->state != EVENT_ONLINE)
		return;
	if (line_is_paused(device->line))
		timer_set(&device->silence, device->config->stale_after_ns);
	else if (left > 0)
		timer_set(&device->silence, left);
	else
		go_stale(device, "silent",
			 "nothing was heard from the device for as long as stale_after allows");
}

static void note_heard(struct device *device)
{
	if (!device->config->stale_after_ns)
		return;
	device->heard_ns = clock_mono_ns();
	watch_silence(device);
}

void device_heard(struct device *device)
{
	note_heard(device);
	scheduler_heard(device->slot);
	if (!device->is_stale_by_adapter)
		go_online(device);
}

void device_unanswered(struct device *device, unsigned in_a_row)
{
	log_debug("%s: no answer (%u in a row)", device->name, in_a_row);
	if (in_a_row >= SCHEDULER_DEAD_AFTER)
		go_stale(device, "no answer",
			 "the device does not answer; is it switched on, and are its address and "
			 "the settings of the line right?");
}

/* ---------------------------------------------------------------------------------------------
 * From the line to the instance
 */

void device_line(struct device *device, bool is_up, const char *reason, const char *text)
{
	if (!is_up)
		go_stale(device, reason, text);
	if (device->worker)
		worker_line(device->worker, is_up, reason);
	else
		adapter_line(device->instance, is_up, reason);
}

bool device_frame(struct device *device, const struct offer *offer, uint64_t cookie,
		  enum dragoman_verdict *verdict_out)
{
	const struct dragoman_frame frame = {.data = offer->data,
					     .len = offer->len,
					     .received_ns = offer->received_ns,
					     .cookie = cookie};

	if (device->worker) {
		worker_frame(device->worker, offer, cookie);
		return false;
	}
	*verdict_out = adapter_frame(device->instance, &frame);
	return true;
}

void device_spoilt(struct device *device)
{
	if (!device->worker)
		adapter_spoilt(device->instance);
}

bool device_closing(struct device *device)
{
	return !device->worker && adapter_closing(device->instance);
}

void device_exchange_done(struct device *device, uint64_t cookie, enum dragoman_end end)
{
	if (device->worker)
		worker_exchange_done(device->worker, cookie, end);
	else
		adapter_exchange_done(device->instance, cookie, end);
}

static void kept(void *arg, uint64_t cookie, bool is_kept)
{
	struct device *device = arg;

	if (device->worker)
		worker_kept(device->worker, cookie, is_kept);
	else
		adapter_kept(device->instance, cookie, is_kept);
}

static void timer_fired(struct device *device, uint32_t id)
{
	if (device->worker)
		worker_timer(device->worker, id);
	else
		adapter_timer(device->instance, id);
}

/* ---------------------------------------------------------------------------------------------
 * From the instance to the line and the hub
 */

static void sink_declared(void *arg)
{
	struct device *device = arg;

	catalogue_free(&device->catalogue);
	device->catalogue = catalogue_of(device);
	line_declared(device->line);
}

/* Its state goes before it: who reads on learns that the device is back, then what it says. */
static void sink_reading(void *arg, const struct dragoman_reading *reading)
{
	struct device *device = arg;

	must(device->magic == DEVICE_MAGIC);
	device->readings++;
	note_heard(device);
	if (device->state != EVENT_ONLINE)
		go_online(device);
	publisher_reading(device->source, reading,
			  device->typed ? typed_find(device->typed, reading->key) : NULL);
}

static int sink_ask(void *arg, const struct dragoman_ask *ask)
{
	return line_ask(arg, ask);
}

static int sink_send(void *arg, const uint8_t *data, size_t len)
{
	struct device *device = arg;

	return line_send(device->line, data, len);
}

/* A timer's number is its place, so that one function serves all. */
struct device_timer {
	struct timer timer;
	struct device *device;
};

static void any_timer_fired(void *arg)
{
	struct device_timer *timer = arg;

	timer_fired(timer->device, (uint32_t)(timer - timer->device->timers));
}

static void sink_timer_set(void *arg, uint32_t id, uint32_t delay_ms)
{
	struct device *device = arg;

	if (!device->timers) {
		device->timers = xcalloc(DEVICE_TIMERS, sizeof *device->timers);
		for (int i = 0; i < DEVICE_TIMERS; i++) {
			device->timers[i].device = device;
			timer_init(&device->timers[i].timer, line_loop(device->line),
				   any_timer_fired, &device->timers[i]);
		}
	}
	timer_set(&device->timers[id].timer, delay_ms * NS_PER_MS);
}

static void sink_timer_clear(void *arg, uint32_t id)
{
	struct device *device = arg;

	if (device->timers)
		timer_clear(&device->timers[id].timer);
}

static void sink_state(void *arg, enum dragoman_state state, const char *reason)
{
	struct device *device = arg;

	if (state == DRAGOMAN_ONLINE) {
		note_heard(device);
		go_online(device);
		return;
	}
	device->is_stale_by_adapter = true;
	go_stale(device, reason ? reason : "offline", "the device's own protocol says so");
}

static void sink_log(void *arg, enum dragoman_level level, const char *text)
{
	const struct device *device = arg;
	static void (*const functions[])(const char *fmt, ...) = {
		[DRAGOMAN_LOG_ERROR] = log_error,
		[DRAGOMAN_LOG_WARNING] = log_warning,
		[DRAGOMAN_LOG_INFO] = log_info,
		[DRAGOMAN_LOG_DEBUG] = log_debug,
	};

	functions[level]("%s: %s", device->name, text);
}

static int64_t sink_wall_ns(void *arg)
{
	(void)arg;
	return clock_wall_ns();
}

static int64_t sink_mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns();
}

const struct adapter_sink device_sink = {
	.declared = sink_declared,
	.reading = sink_reading,
	.ask = sink_ask,
	.send = sink_send,
	.timer_set = sink_timer_set,
	.timer_clear = sink_timer_clear,
	.state = sink_state,
	.log = sink_log,
	.wall_ns = sink_wall_ns,
	.mono_ns = sink_mono_ns,
};

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

static struct adapter_instance *make_instance(struct device *device, struct conf_errors *errors)
{
	const struct config_device *config = device->config;

	if (!(device->adapter->flags & DRAGOMAN_BLOCKING))
		return adapter_new(device->adapter, device->name, DRAGOMAN_GATEWAY, config->options,
				   config->definition, &device_sink, device, errors);
	device->worker = worker_new(line_loop(device->line), device);
	return worker_create(device->worker, errors);
}

struct device *device_new(struct line *line, const struct config_device *config,
			  const struct dragoman_adapter *adapter, struct conf_errors *errors)
{
	struct device *device = xcalloc(1, sizeof *device);

	*device = (struct device){.magic = DEVICE_MAGIC,
				  .line = line,
				  .config = config,
				  .name = config->item.name,
				  .adapter = adapter,
				  .life_limit = {.burst = 20, .period_ms = 60000}};
	timer_init(&device->silence, line_loop(line), silence_fired, device);
	device->source = line_add_source(line, device, kept);
	device->slot = line_add_slot(line, device);
	device->instance = make_instance(device, errors);
	if (device->instance && config->payload != CONFIG_PAYLOAD_VALUES)
		device->typed = typed_new(config->definition, config->item.node,
					  config->payload == CONFIG_PAYLOAD_TYPED, errors);
	if (!device->instance || (config->payload != CONFIG_PAYLOAD_VALUES && !device->typed)) {
		device_free(&device);
		return NULL;
	}
	device->catalogue = catalogue_of(device);
	return device;
}

void device_start(struct device *device)
{
	say_state(device, EVENT_STARTING, "", "");
}

void device_free(struct device **device)
{
	struct device *gone = *device;

	if (!gone)
		return;
	if (gone->worker)
		worker_free(&gone->worker);
	else
		adapter_free(&gone->instance);
	timer_fini(&gone->silence);
	for (int i = 0; gone->timers && i < DEVICE_TIMERS; i++)
		timer_fini(&gone->timers[i].timer);
	free(gone->timers);
	catalogue_free(&gone->catalogue);
	typed_free(&gone->typed);
	gone->magic = 0;
	free(gone);
	*device = NULL;
}
