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
#include "profile/program.h"

static struct engine *engine_of(void *self)
{
	struct engine *e = self;

	must(e->magic == ENGINE_MAGIC);
	return e;
}

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

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

/* Which of the profile's variants the configuration wants; NULL with an error. */
static const struct profile *wanted(struct engine *e, const struct conf_node *name,
				    struct conf_errors *errors)
{
	const struct profile *base = e->base, *found;

	if (!name || !strcmp(name->text, "auto") ||
	    (base->variant && !strcmp(base->variant, name->text)))
		return base;
	found = profile_variant(base, name->text);
	if (!found)
		conf_error(errors, name, "the profile has no variant %s", name->text);
	return found;
}

static int set_up(struct engine *e, const struct conf_node *definition, struct conf_errors *errors)
{
	const struct dragoman_host_ops *ops = e->host->ops;
	const struct conf_node *variant = conf_of(ops->option(e->host, "variant"));
	const struct profile *p;

	if (!definition) {
		conf_error(errors, NULL,
			   "the adapter profile needs a profile: set profile: to its name");
		return -1;
	}
	e->base = profile_compile(definition, errors);
	p = e->base ? wanted(e, variant, errors) : NULL;
	if (!p || engine_equip(e, p, errors) < 0)
		return -1;
	e->identifies = p->identify && (!variant || !strcmp(variant->text, "auto"));
	return e->role == DRAGOMAN_DEVICE ? played_set_up(e, errors) : 0;
}

static void destroy(void *self)
{
	struct engine *e = engine_of(self);

	e->magic = 0;
	played_fini(e);
	engine_strip(e);
	profile_free(&e->base);
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
	news_forget(e->news);
	if (e->role == DRAGOMAN_DEVICE)
		played_line(e, up);
	else
		gateway_line(e, up);
}

static void exchange_done(void *self, uint64_t cookie, enum dragoman_end end)
{
	gateway_done(engine_of(self), cookie, end);
}

static void spoilt(void *self)
{
	struct engine *e = engine_of(self);

	if (e->role == DRAGOMAN_GATEWAY)
		gateway_spoilt(e);
}

static bool closing(void *self)
{
	struct engine *e = engine_of(self);

	return e->role == DRAGOMAN_GATEWAY && gateway_closing(e);
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
	{.key = "variant",
	 .type = DRAGOMAN_OPTION_TEXT,
	 .help = "which of the profile's variants it is; left out, or auto: what it says itself"},
	{.key = "every",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "request to interval, in place of the profile's: {weight: 250ms}"},
	{.key = "report",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "which readings are sent, in place of the profile's: {on_change: true, at_least: 10s}, or reading to that"},
	{.key = "deadband",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "tag to what is no change of it, in place of the profile's: {weight: 0.5}"},
	{.key = "set",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "of a simulated device: tag to the value that it keeps"},
	{.key = "script",
	 .type = DRAGOMAN_OPTION_TREE,
	 .help = "of a simulated device: a list of what happens when: [{at: 5s, set: {weight: 20}}]"},
	{.key = "foreign",
	 .type = DRAGOMAN_OPTION_BOOLEAN,
	 .fallback = "false",
	 .help = "of a simulated device: it answers under another address now and then"},
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
	.spoilt = spoilt,
	.closing = closing,
};
