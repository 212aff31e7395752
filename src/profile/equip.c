/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter "profile" has of the profile that it runs: turns, parameters, what it declares. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/engine.h"
#include "profile/program.h"

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

/* What the device's configuration says in place of the profile. A variant that the device itself has named may lack
 * what the configuration is about. */
static int read_own(struct engine *e, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	struct conf_errors ignored = {0};
	const struct conf_node *variant = conf_of(ops->option(e->host, "variant"));
	bool is_found = e->profile != e->base && (!variant || !strcmp(variant->text, "auto"));
	struct conf_errors *into = is_found ? &ignored : errors;
	int bad = e->role == DRAGOMAN_GATEWAY
			  ? read_intervals(e, conf_of(ops->option(e->host, "every")), into)
			  : 0;

	bad |= news_read(e->news, conf_of(ops->option(e->host, "report")),
			 conf_of(ops->option(e->host, "deadband")), into);
	conf_errors_fini(&ignored);
	return is_found ? 0 : bad;
}

int engine_equip(struct engine *e, const struct profile *p, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;

	e->profile = p;
	make_turns(e);
	e->derive = derive_new(p);
	e->news = news_new(p);
	e->raw = xcalloc(p->max_fields + 1, sizeof(*e->raw));
	e->values = xcalloc(p->max_tags + 1, sizeof(*e->values));
	e->running.answer = xcalloc(p->max_fields + 1, sizeof(*e->running.answer));
	make_parameters(e);
	if (parameters_read(p, conf_of(ops->option(e->host, "parameters")), e->parameters.list,
			    errors) < 0)
		return -1;
	if (read_own(e, errors) < 0)
		return -1;
	return declare(e);
}

void engine_strip(struct engine *e)
{
	running_fini(e);
	for (size_t i = 0; i < e->parameters.n; i++)
		buf_fini(&e->kept[i]);
	derive_free(&e->derive);
	news_free(&e->news);
	free(e->parameters.list);
	free(e->kept);
	free(e->is_open);
	free(e->turns);
	free(e->raw);
	free(e->values);
	e->parameters = (struct parameters){0};
	e->kept = NULL;
	e->is_open = NULL;
	e->turns = NULL;
	e->raw = NULL;
	e->values = NULL;
	e->n_turns = 0;
}

/* What is wrong with it was said when it was loaded. */
void engine_become(struct engine *e, const struct profile *variant)
{
	struct conf_errors errors = {0};

	engine_strip(e);
	if (engine_equip(e, variant, &errors) < 0) {
		engine_log(e, DRAGOMAN_LOG_ERROR, "the variant cannot be used: %s",
			   errors.n ? errors.list[0].text : "its declaration is refused");
		engine_strip(e);
		engine_equip(e, e->base, &errors);
	}
	conf_errors_fini(&errors);
}
