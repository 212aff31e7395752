/* SPDX-License-Identifier: Apache-2.0 */
/* The children, and what they are to know of each other; see family.h. */
#include "super/family.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"

enum {
	HUB_FILES = 65536, /* a descriptor for each client */
	CHANNEL_FILES = 1024,
	CHANNEL_OOM_SCORE = 500, /* rather a channel than the hub, and rather the hub than us */
	HUB_OOM_SCORE = 100,
};

struct channel {
	struct child child;
	struct part part;
	struct family *family;
	uint8_t token[TOKEN_LEN]; /* of the process that runs */
	int token_pipe[2];        /* between outfit and started */
};

/* ---- what the hub is told ---- */

static void tell_started(struct family *family, const struct channel *channel)
{
	struct control control = {.kind = CONTROL_PUBLISHER_STARTED,
				  .pid = channel->child.process.pid,
				  .restarts = channel->child.restarts};

	strcpy(control.name, channel->child.name);
	memcpy(control.token, channel->token, TOKEN_LEN);
	child_tell(&family->hub, &control);
}

static void tell_ended(struct family *family, const struct channel *channel, const char *reason,
		       uint32_t restart_in_ms)
{
	struct control control = {.kind = CONTROL_PUBLISHER_ENDED, .restart_in_ms = restart_in_ms};

	strcpy(control.name, channel->child.name);
	strncpy(control.reason, reason, sizeof control.reason - 1);
	child_tell(&family->hub, &control);
}

static void tell_removed(struct family *family, const struct channel *channel)
{
	struct control control = {.kind = CONTROL_PUBLISHER_REMOVED};

	strcpy(control.name, channel->child.name);
	child_tell(&family->hub, &control);
}

/* ---- those that wait for others ---- */

static bool somebody_is_ending(const struct family *family)
{
	bool ending = child_is_ending(&family->hub);

	for (size_t i = 0; i < family->n_channels; i++)
		ending |= child_is_ending(&family->channels[i]->child);
	return ending;
}

static void start_if_held(struct child *child)
{
	if (child->state == CHILD_HELD)
		child_step(child, CHILD_START);
}

/* Starts who is held, once nobody is ending; the hub first, since the others connect to it. */
static void settle(struct family *family)
{
	if (family->is_stopping || family->is_applying || somebody_is_ending(family))
		return;
	start_if_held(&family->hub);
	for (size_t i = 0; i < family->n_channels; i++)
		start_if_held(&family->channels[i]->child);
}

/* ---- the hub ---- */

static int hub_outfit(void *arg, struct child *child, struct spawn *spawn, struct err *err)
{
	struct family *family = arg;

	(void)child;
	(void)err;
	spawn_init(spawn, family->options->libexec, "dragoman-hub");
	spawn->user = family->user;
	spawn->keep_env = family->options->keep_env;
	spawn->n_files = HUB_FILES;
	spawn->oom_score = HUB_OOM_SCORE;
	spawn_fd(spawn, "--part", part_fd(&family->hub_part));
	if (family->store_dir)
		spawn_arg(spawn, "--store=%s", family->store_dir);
	spawn_fd(spawn, "--local", family->gate->local);
	for (size_t i = 0; i < family->gate->n_tcp; i++)
		spawn_fd(spawn, "--tcp", family->gate->tcp[i]);
	spawn_fd(spawn, NULL, family->lock);
	return 0;
}

static void hub_started(void *arg, struct child *child)
{
	struct family *family = arg;

	(void)child;
	for (size_t i = 0; i < family->n_channels; i++) {
		const struct channel *channel = family->channels[i];

		if (process_is_alive(&channel->child.process))
			tell_started(family, channel);
		else if (channel->child.state == CHILD_WAITING)
			tell_ended(family, channel, channel->child.reason, 0);
	}
}

static void hub_ready(void *arg, struct child *child)
{
	struct family *family = arg;

	(void)child;
	family->ready(family->arg);
}

static void hub_held(void *arg, struct child *child)
{
	(void)child;
	settle(arg);
}

static void hub_gone(void *arg, struct child *child)
{
	struct family *family = arg;

	(void)child;
	must(family->is_stopping && !family->n_channels);
	family->empty(family->arg);
}

static const struct child_owner hub_owner = {
	.outfit = hub_outfit,
	.started = hub_started,
	.ready = hub_ready,
	.held = hub_held,
	.gone = hub_gone,
};

/* ---- channels ---- */

static void close_token_pipe(struct channel *channel)
{
	fd_close(&channel->token_pipe[0]);
	fd_close(&channel->token_pipe[1]);
}

static int new_token(struct channel *channel, struct err *err)
{
	close_token_pipe(channel);
	if (getrandom(channel->token, TOKEN_LEN, 0) != TOKEN_LEN)
		return err_errno(err, "getrandom");
	if (pipe2(channel->token_pipe, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	return 0;
}

static int channel_outfit(void *arg, struct child *child, struct spawn *spawn, struct err *err)
{
	struct channel *channel = arg;
	struct family *family = channel->family;

	if (new_token(channel, err) < 0)
		return -1;
	spawn_init(spawn, family->options->libexec, "dragoman-channel");
	spawn_arg(spawn, "%s", child->name);
	spawn_arg(spawn, "--hub=%s", family->socket_path);
	spawn->user = family->user;
	spawn->keep_env = family->options->keep_env;
	spawn->n_files = CHANNEL_FILES;
	spawn->oom_score = CHANNEL_OOM_SCORE;
	spawn_fd(spawn, "--part", part_fd(&channel->part));
	spawn_fd(spawn, "--token", channel->token_pipe[0]);
	spawn_fd(spawn, NULL, family->lock);
	return 0;
}

/* The hub first: whoever has read the token can rely on the hub having been told of it. */
static void channel_started(void *arg, struct child *child)
{
	struct channel *channel = arg;

	(void)child;
	tell_started(channel->family, channel);
	/* A pipe takes as much without blocking; if the process is dead already, its exit says so. */
	if (write(channel->token_pipe[1], channel->token, TOKEN_LEN) < 0)
		log_debug("%s: token: %s", channel->child.label, strerror(errno));
	close_token_pipe(channel);
}

static void channel_ended(void *arg, struct child *child, const char *reason,
			  uint32_t restart_in_ms)
{
	struct channel *channel = arg;

	(void)child;
	tell_ended(channel->family, channel, reason, restart_in_ms);
}

static void channel_held(void *arg, struct child *child)
{
	struct channel *channel = arg;

	(void)child;
	tell_ended(channel->family, channel, "restarted with a new configuration", 0);
	settle(channel->family);
}

static size_t find(const struct family *family, const char *name)
{
	size_t i = 0;

	while (i < family->n_channels && strcmp(family->channels[i]->child.name, name) != 0)
		i++;
	return i;
}

static void channel_free(struct channel **channel)
{
	child_fini(&(*channel)->child);
	part_fini(&(*channel)->part);
	close_token_pipe(*channel);
	free(*channel);
	*channel = NULL;
}

static void channel_gone(void *arg, struct child *child)
{
	struct channel *channel = arg;
	struct family *family = channel->family;
	size_t i = find(family, child->name);

	must(i < family->n_channels && family->channels[i] == channel);
	if (!family->is_stopping)
		tell_removed(family, channel);
	channel_free(&family->channels[i]);
	family->channels[i] = family->channels[--family->n_channels];
	if (family->is_stopping && !family->n_channels)
		child_step(&family->hub, CHILD_STOP);
	else
		settle(family);
}

static const struct child_owner channel_owner = {
	.outfit = channel_outfit,
	.started = channel_started,
	.ended = channel_ended,
	.held = channel_held,
	.gone = channel_gone,
};

static void add_channel(struct family *family, struct part *part)
{
	struct channel *channel = xcalloc(1, sizeof *channel);

	channel->family = family;
	channel->token_pipe[0] = channel->token_pipe[1] = -1;
	channel->part.fd = -1;
	child_init(&channel->child, family->loop, "channel", part->name,
		   &family->options->channel_rule, &family->options->times, &channel_owner,
		   channel);
	channel->child.memory_limit = part->memory_limit;
	part_take(&channel->part, part);
	family->channels =
		xreallocarray(family->channels, family->n_channels + 1, sizeof(struct channel *));
	family->channels[family->n_channels++] = channel;
}

/* ---- plans ---- */

/* It may be gone when this returns. */
static void update_channel(struct channel *channel, struct part *part)
{
	if (!part) {
		log_info("%s is not configured any more", channel->child.label);
		child_step(&channel->child, CHILD_STOP);
	} else if (!part_is_same(&channel->part, part)) {
		log_info("%s has a new configuration", channel->child.label);
		part_take(&channel->part, part);
		channel->child.memory_limit = part->memory_limit;
		child_step(&channel->child, CHILD_RENEW);
	} else if (channel->child.state == CHILD_STOPPING) {
		child_step(&channel->child, CHILD_RENEW);
	}
}

static void update_hub(struct family *family, struct part *part, bool gate_changed)
{
	bool is_first = family->hub_part.fd < 0;

	if (!gate_changed && !is_first && part_is_same(&family->hub_part, part))
		return;
	if (!is_first)
		log_info("the hub has a new configuration: starting it anew, clients reconnect");
	part_take(&family->hub_part, part);
	child_step(&family->hub, CHILD_RENEW);
}

void family_apply(struct family *family, struct plan *plan, bool gate_changed)
{
	family->is_applying = true;
	/* From the last to the first: one that is gone at once is replaced by the last. */
	for (size_t i = family->n_channels; i-- > 0;)
		update_channel(family->channels[i],
			       plan_find(plan, family->channels[i]->child.name));
	update_hub(family, &plan->hub, gate_changed);
	for (size_t i = 0; i < plan->n_channels; i++)
		if (find(family, plan->channels[i].name) == family->n_channels)
			add_channel(family, &plan->channels[i]);
	family->is_applying = false;
	settle(family);
}

void family_stop(struct family *family)
{
	if (family->is_stopping)
		return;
	family->is_stopping = true;
	if (!family->n_channels)
		child_step(&family->hub, CHILD_STOP);
	for (size_t i = family->n_channels; i-- > 0;)
		child_step(&family->channels[i]->child, CHILD_STOP);
}

void family_init(struct family *family, struct loop *loop, const struct super_options *options)
{
	*family = (struct family){.loop = loop, .options = options, .lock = -1, .hub_part.fd = -1};
	child_init(&family->hub, loop, "hub", NULL, &options->hub_rule, &options->times, &hub_owner,
		   family);
}

void family_fini(struct family *family)
{
	must(!family->n_channels);
	child_fini(&family->hub);
	part_fini(&family->hub_part);
	free(family->store_dir);
	free(family->channels);
}
