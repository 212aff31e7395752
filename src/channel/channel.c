/* SPDX-License-Identifier: Apache-2.0 */
/* The channel; see channel.h. */
#include "channel/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/confine.h"
#include "channel/device.h"
#include "channel/line.h"
#include "channel/publisher.h"
#include "channel/uplink.h"
#include "channel/worker.h"
#include "ev/peer.h"
#include "wire/control.h"

enum { CHANNEL_MAGIC = 0x4368616e };

#define PAUSE_MOST_NS (2 * NS_PER_S)

struct channel {
	uint32_t magic;
	struct loop *loop;
	const struct channel_options *options;
	struct publisher *publisher;
	struct line *line;
	struct uplink *uplink;
	struct peer lifeline;
	struct timer close, end;
	char *reason;               /* why it ends */
	bool is_ending, is_closing; /* is_closing: devices are told so */

	struct timer pause;
	bool has_paused; /* the hub did not catch up, in time; no pause again before it has */
};

static const struct peer_events lifeline_events;

static void close_line(void *arg);
static void stop(void *arg);
static void pause_over(void *arg);
static void turn(void *arg);
static void declared(void *arg);

/* Tells this process's events from those of all that went before it under the same name. */
static uint64_t new_incarnation(void)
{
	uint64_t incarnation = 0;

	while (!incarnation)
		if (getrandom(&incarnation, sizeof incarnation, 0) != sizeof incarnation &&
		    errno != EINTR)
			fatal("no random numbers: %s", strerror(errno));
	return incarnation;
}

struct channel *channel_new(struct loop *loop, const struct channel_options *options,
			    struct conf_errors *errors)
{
	struct channel *channel = xcalloc(1, sizeof *channel);
	const struct config_channel *config = options->channel;

	*channel = (struct channel){.magic = CHANNEL_MAGIC, .loop = loop, .options = options};
	channel->publisher =
		publisher_new(options->name, new_incarnation(), (size_t)config->buffer_size);
	timer_init(&channel->close, loop, close_line, channel);
	timer_init(&channel->end, loop, stop, channel);
	timer_init(&channel->pause, loop, pause_over, channel);
	channel->line =
		line_new(loop, channel->publisher, config, &options->config.paths.plugins, errors);
	if (!channel->line) {
		channel_free(&channel);
		return NULL;
	}
	line_on_declared(channel->line, declared, channel);
	channel->uplink = uplink_new(loop, channel->publisher, channel->line, options->hub,
				     (const uint8_t *)options->token, options->token_len);
	return channel;
}

void channel_free(struct channel **channel)
{
	struct channel *gone = *channel;

	if (!gone)
		return;
	loop_on_turn(gone->loop, NULL, NULL);
	peer_close(&gone->lifeline);
	timer_fini(&gone->close);
	timer_fini(&gone->end);
	timer_fini(&gone->pause);
	uplink_free(&gone->uplink);
	line_free(&gone->line);
	publisher_free(&gone->publisher);
	free(gone->reason);
	gone->magic = 0;
	free(gone);
	*channel = NULL;
}

static void say(struct channel *channel, const struct control *control)
{
	control_pack(peer_out(&channel->lifeline), control);
	peer_flush(&channel->lifeline);
}

void channel_confine(struct channel *channel)
{
	confine(channel->options->channel, channel->line);
}

void channel_start(struct channel *channel)
{
	loop_on_turn(channel->loop, turn, channel);
	if (channel->options->lifeline >= 0) {
		peer_init(&channel->lifeline, channel->loop, channel->options->lifeline,
			  CONTROL_MAX, &lifeline_events, channel);
		say(channel, &(struct control){.kind = CONTROL_READY});
	}
	line_open(channel->line);
	uplink_start(channel->uplink);
}

/* ---------------------------------------------------------------------------------------------
 * A hub that cannot follow
 */

static bool drops_when_full(const struct channel *channel)
{
	return channel->options->channel->when_full == CONFIG_FULL_DROP;
}

static void set_paused(struct channel *channel, bool is_paused)
{
	line_pause(channel->line, is_paused);
	if (is_paused && drops_when_full(channel))
		timer_set(&channel->pause, PAUSE_MOST_NS);
	else
		timer_clear(&channel->pause);
	if (is_paused && !uplink_is_live(channel->uplink))
		log_warning("the buffer is half full: %s until the hub is back",
			    line_can_wait(channel->line) ? "the line waits"
							 : "no device is polled");
}

static void pause_over(void *arg)
{
	struct channel *channel = arg;

	channel->has_paused = true;
	set_paused(channel, false);
}

/* From how many bytes that wait on the line does so too. A hub that is there may only be behind; for one that is
 * away half of the room is used first. What is left is for what one read brings: a short line is a long
 * event. */
static uint64_t pause_above(const struct channel *channel)
{
	uint64_t bound = channel->options->channel->buffer_size;

	if (uplink_is_live(channel->uplink))
		return line_is_paused(channel->line) ? bound / 8 : bound / 4;
	return drops_when_full(channel) ? UINT64_MAX : bound / 2;
}

/* A line that has to drop events rather than wait does wait for a moment: not for a hub that is away or stands
 * still, and only where nothing is lost by it. */
static void mind_backlog(struct channel *channel)
{
	uint64_t waiting = publisher_stats(channel->publisher).waiting;
	bool is_due = waiting > pause_above(channel);

	if (waiting < channel->options->channel->buffer_size / 8)
		channel->has_paused = false;
	if (drops_when_full(channel))
		is_due &= !channel->has_paused && line_can_wait(channel->line);
	if (is_due != line_is_paused(channel->line))
		set_paused(channel, is_due);
}

/* What the line has to say first, then what came of it. */
static void turn(void *arg)
{
	struct channel *channel = arg;

	must(channel->magic == CHANNEL_MAGIC);
	line_turn(channel->line);
	if (channel->is_closing && !line_closing(channel->line))
		close_line(channel);
	publisher_settle(channel->publisher);
	uplink_turn(channel->uplink);
	if (!channel->is_ending)
		mind_backlog(channel);
}

static void declared(void *arg)
{
	struct channel *channel = arg;

	uplink_declare(channel->uplink);
}

/* ---------------------------------------------------------------------------------------------
 * The end
 */

static void stop(void *arg)
{
	struct channel *channel = arg;
	struct publisher_stats stats = publisher_stats(channel->publisher);

	if (stats.waiting)
		log_info("ending with %llu bytes of events that were not acknowledged",
			 (unsigned long long)stats.waiting);
	loop_stop(channel->loop);
}

/* All is said, or the time for it is over. */
static void close_line(void *arg)
{
	struct channel *channel = arg;

	channel->is_closing = false;
	timer_clear(&channel->close);
	line_close(channel->line);
	timer_set(&channel->end, CHANNEL_END_MS * NS_PER_MS);
	uplink_end(channel->uplink, channel->reason, stop, channel);
}

void channel_end(struct channel *channel, const char *reason)
{
	if (channel->is_ending)
		return;
	channel->is_ending = channel->is_closing = true;
	channel->reason = xstrdup(reason);
	log_info("ending: %s", reason);
	timer_clear(&channel->pause);
	timer_set(&channel->close, CHANNEL_CLOSE_MS * NS_PER_MS);
	/* The turn of the loop that this is in looks whether there is anything to wait for. */
}

/* ---------------------------------------------------------------------------------------------
 * The lifeline
 */

/* Of the blocking adapters the one that is nearest to its maximum, or furthest beyond. */
static void pong(struct channel *channel, uint64_t number)
{
	struct control control = {.kind = CONTROL_PONG, .number = number};
	struct device *const *devices;
	size_t n;

	devices = line_devices(channel->line, &n);
	for (size_t i = 0; i < n; i++) {
		uint64_t in_ms, max_ms;

		if (!devices[i]->worker)
			continue;
		in_ms = worker_in_call_ms(devices[i]->worker);
		max_ms = devices[i]->adapter->max_call_ms;
		if (!control.max_call_ms ||
		    in_ms * control.max_call_ms > control.in_call_ms * max_ms) {
			control.in_call_ms = (uint32_t)in_ms;
			control.max_call_ms = (uint32_t)max_ms;
		}
	}
	say(channel, &control);
}

static void lifeline_closed(void *arg, const char *reason)
{
	(void)reason;
	channel_end(arg, "the supervisor is gone");
}

static void lifeline_frame(void *arg, const uint8_t *payload, size_t len)
{
	struct channel *channel = arg;
	struct control control;
	const char *problem = control_parse(payload, len, CONTROL_SUPERVISOR, &control);

	if (problem) {
		log_error("the supervisor said what is no message: %s", problem);
		peer_close(&channel->lifeline);
		channel_end(channel, "the supervisor cannot be understood");
	} else if (control.kind == CONTROL_PING) {
		pong(channel, control.number);
	} else if (control.kind == CONTROL_TERMINATE) {
		channel_end(channel, "terminated");
	}
}

static const struct peer_events lifeline_events = {
	.frame = lifeline_frame,
	.closed = lifeline_closed,
};
