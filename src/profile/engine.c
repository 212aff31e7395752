/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter "profile": a compiled profile on the host's verbs. As the gateway it sends the requests when
 * they are due and turns frames into readings; as the device it answers the requests and sends what the
 * device sends by itself. engine.h says which file does what.
 *
 * One timer serves everything that is due: it is set for the earliest.
 */
#include "profile/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "profile/profile.h"

static struct engine *engine_of(void *self)
{
	struct engine *e = self;

	must(e->magic == ENGINE_MAGIC);
	return e;
}

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

static const struct conf_node *conf_of(const struct dragoman_node *node)
{
	return (const struct conf_node *)(const void *)node;
}

/* Hands over what the compiler found, at its own places. */
static void tell_errors(struct dragoman_host *host, const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		struct conf_node place = {.file = errors->list[i].file,
					  .line = errors->list[i].line,
					  .column = errors->list[i].column};

		if (errors->list[i].is_warning) /* the check of the configuration says them */
			continue;
		host->ops->node_error(host, (const struct dragoman_node *)(const void *)&place,
				      errors->list[i].text);
	}
}

/* `every:` of the options: request to interval. */
static int read_intervals(struct engine *e, const struct conf_node *every,
			  struct conf_errors *errors)
{
	static const struct conf_row row = {
		.key = "every", .type = CONF_DURATION, .min = 1e6, .max = 86400e9};
	int bad = 0;

	for (const struct conf_node *n = every ? every->first : NULL; n; n = n->next) {
		bool known = false;

		for (size_t i = 0; i < e->profile->n_requests; i++) {
			if (!n->key || strcmp(e->profile->requests[i].name, n->key))
				continue;
			known = true;
			bad |= conf_read_value(&row, n, &e->turns[i].every_ns, errors);
		}
		if (!known) {
			conf_error_key(errors, n, "the profile has no request %s",
				       n->key ? n->key : "");
			bad = -1;
		}
	}
	return bad;
}

static void make_turns(struct engine *e)
{
	const struct profile *p = e->profile;

	e->n_turns = e->role == DRAGOMAN_DEVICE ? p->n_frames : p->n_requests + p->n_commands;
	e->turns = xcalloc(e->n_turns + 1, sizeof(*e->turns));
	for (size_t i = 0; i < (e->role == DRAGOMAN_DEVICE ? p->n_frames : p->n_requests); i++)
		e->turns[i].every_ns =
			NS_PER_MS * (e->role == DRAGOMAN_DEVICE ? p->frames[i].every_ms
								: p->requests[i].every_ms);
}

static int declare_tags(struct engine *e)
{
	const struct profile *p = e->profile;
	struct dragoman_tag *tags;
	struct dragoman_key *keys;
	size_t n_tags = 0, n_keys = 0;
	int bad;

	for (size_t r = 0; r < p->n_readings; r++)
		n_tags += p->readings[r].n_tags;
	tags = xcalloc(n_tags + 1, sizeof(*tags));
	keys = xcalloc(p->n_readings + 1, sizeof(*keys));
	n_tags = 0;
	for (size_t r = 0; r < p->n_readings; r++) {
		for (size_t t = 0; t < p->readings[r].n_tags; t++)
			tags[n_tags++] = p->readings[r].tags[t].declared;
		if (p->readings[r].name)
			keys[n_keys++] = (struct dragoman_key){p->readings[r].name,
							       p->readings[r].description};
	}
	bad = e->host->ops->declare(e->host, tags, n_tags, keys, n_keys);
	free(tags);
	free(keys);
	return bad;
}

static int declare_commands(struct engine *e)
{
	const struct profile *p = e->profile;
	struct dragoman_command *commands = xcalloc(p->n_commands + 1, sizeof(*commands));
	struct dragoman_argument *arguments = xcalloc(p->n_commands * MAX_ARGUMENTS + 1,
						      sizeof(*arguments)),
				 *at = arguments;
	int bad;

	for (size_t i = 0; i < p->n_commands; i++) {
		const struct request *c = &p->commands[i];
		const struct reading *tags = c->message.reading;

		commands[i] = (struct dragoman_command){c->name, c->description, at, tags->n_tags};
		for (size_t a = 0; a < tags->n_tags; a++, at++)
			*at = (struct dragoman_argument){tags->tags[a].declared,
							 c->arguments[a].has_limits,
							 c->arguments[a].min, c->arguments[a].max};
	}
	bad = e->host->ops->declare_commands(e->host, commands, p->n_commands);
	free(commands);
	free(arguments);
	return bad;
}

static int declare(struct engine *e)
{
	return declare_tags(e) < 0 ? -1 : declare_commands(e);
}

static void make_parameters(struct engine *e)
{
	size_t n = e->profile->n_parameters;

	e->parameters.n = n;
	e->parameters.list = xcalloc(n + 1, sizeof(*e->parameters.list));
	e->kept = xcalloc(n + 1, sizeof(*e->kept));
	e->is_open = xcalloc(n + 1, sizeof(*e->is_open));
	for (size_t i = 0; i < n; i++)
		e->is_open[i] = e->profile->parameters[i].is_remembered;
	if (e->role == DRAGOMAN_DEVICE)
		e->parameters.is_open = e->is_open;
}

static int set_up(struct engine *e, const struct conf_node *definition, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	const struct dragoman_node *seed = ops->option(e->host, "seed");
	struct profile *p;

	if (!definition) {
		conf_error(errors, NULL,
			   "the adapter profile needs a profile: set profile: to its name");
		return -1;
	}
	e->profile = p = profile_compile(definition, errors);
	if (!p)
		return -1;
	make_turns(e);
	e->raw = xcalloc(p->max_fields + 1, sizeof(*e->raw));
	e->values = xcalloc(p->max_tags + 1, sizeof(*e->values));
	make_parameters(e);
	if (parameters_read(p, conf_of(ops->option(e->host, "parameters")), e->parameters.list,
			    errors) < 0)
		return -1;
	if (e->role == DRAGOMAN_DEVICE) {
		e->play = play_new(p, conf_of(ops->option(e->host, "set")),
				   seed ? (uint64_t)ops->node_integer(seed) : 1, errors);
		return e->play ? declare(e) : -1;
	}
	if (read_intervals(e, conf_of(ops->option(e->host, "every")), errors) < 0)
		return -1;
	return declare(e);
}

static void destroy(void *self)
{
	struct engine *e = engine_of(self);

	e->magic = 0;
	play_free(&e->play);
	for (size_t i = 0; i < e->parameters.n; i++)
		buf_fini(&e->kept[i]);
	profile_free(&e->profile);
	free(e->parameters.list);
	free(e->kept);
	free(e->is_open);
	free(e->turns);
	free(e->raw);
	free(e->values);
	buf_fini(&e->scratch);
	buf_fini(&e->out);
	free(e);
}

static int create(struct dragoman_host *host, void **self_out)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	struct conf_errors errors = {0};
	int bad;

	e->magic = ENGINE_MAGIC;
	e->host = host;
	e->role = host->ops->role(host);
	bad = set_up(e, adapter_definition(host), &errors);
	if (bad) {
		tell_errors(host, &errors);
		destroy(e);
	} else {
		*self_out = e;
	}
	conf_errors_fini(&errors);
	return bad;
}

/* ---------------------------------------------------------------------------------------------
 * For both roles
 */

int64_t engine_earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

void engine_set_timer(struct engine *e, int64_t at_ns)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	int64_t left = at_ns - ops->mono_ns(e->host);

	if (!at_ns)
		ops->timer_clear(e->host, DUE_TIMER);
	else
		ops->timer_set(e->host, DUE_TIMER,
			       left <= 0 ? 0 : (uint32_t)((left + NS_PER_MS - 1) / NS_PER_MS));
}

void engine_log(struct engine *e, enum dragoman_level level, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->host->ops->log(e->host, level, text);
}

/* ---------------------------------------------------------------------------------------------
 * The host's calls
 */

static void timer(void *self, uint32_t id)
{
	struct engine *e = engine_of(self);

	(void)id;
	if (e->role == DRAGOMAN_DEVICE)
		played_timer(e);
	else
		gateway_timer(e);
}

static void line(void *self, bool up, const char *reason)
{
	struct engine *e = engine_of(self);

	(void)reason;
	e->is_up = up;
	if (e->role == DRAGOMAN_DEVICE)
		played_line(e, up);
	else
		gateway_line(e, up);
}

static void exchange_done(void *self, uint64_t cookie, enum dragoman_end end)
{
	gateway_done(engine_of(self), cookie, end);
}

static enum dragoman_verdict frame(void *self, const struct dragoman_frame *in)
{
	struct engine *e = engine_of(self);

	return e->role == DRAGOMAN_DEVICE ? played_frame(e, in) : gateway_frame(e, in);
}

/* ---------------------------------------------------------------------------------------------
 * The descriptor
 */

static const struct dragoman_option options[] = {
	{.key = "parameters",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "what the profile wants to know of this device: {address: 3}"},
	{.key = "every",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "request to interval, in place of the profile's: {weight: 250ms}"},
	{.key = "set",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "of a simulated device: tag to the value that it keeps"},
	{.key = "seed",
	 .type = DRAGOMAN_OPTION_INTEGER,
	 .fallback = "1",
	 .help = "of a simulated device: how its values vary"},
	{.key = NULL},
};

const struct dragoman_adapter profile_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof(struct dragoman_adapter),
	.name = "profile",
	.title = "Devices described in a YAML file",
	.version = "1",
	.maturity = DRAGOMAN_DOCUMENTED,
	.options = options,
	.create = create,
	.destroy = destroy,
	.line = line,
	.frame = frame,
	.exchange_done = exchange_done,
	.timer = timer,
};
