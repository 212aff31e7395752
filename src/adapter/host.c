/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instances of adapters: what they may call is checked here and goes to their sink, so that a bug of a
 * plugin ends in a log line and a bad value, never in a frame that a client cannot read.
 *
 * declare.c keeps what an instance declared, emit.c checks its readings.
 */
#include "adapter/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/instance.h"
#include "adapter/options.h"
#include "base/must.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "transport/serial_options.h"

enum {
	TIMERS = 16,
	PAYLOAD_MAX = 64 * 1024,
	PRIORITY_MAX = 9,
};

struct adapter_instance *instance_of(struct dragoman_host *host)
{
	struct adapter_instance *instance = (struct adapter_instance *)(void *)host;

	must(instance->magic == INSTANCE_MAGIC);
	return instance;
}

void instance_bug(struct adapter_instance *instance, const char *fmt, ...)
{
	char text[300];
	va_list ap;
	size_t at = (size_t)snprintf(text, sizeof text,
				     "the adapter %s has a bug: ", instance->adapter->name);

	if (instance->bugs_told == BUGS_TOLD_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text + at, sizeof text - at, fmt, ap);
	va_end(ap);
	instance->sink->log(instance->arg, DRAGOMAN_LOG_ERROR, text);
	if (++instance->bugs_told == BUGS_TOLD_MAX)
		instance->sink->log(instance->arg, DRAGOMAN_LOG_ERROR,
				    "further bugs of this adapter are not told");
}

const char *instance_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > REASON_LEN_MAX)
		return "(a reason that is too long)";
	return utf8_is_valid(text ? text : "", len) ? text : "(a reason that is not text)";
}

/* ---------------------------------------------------------------------------------------------
 * What an adapter may call
 */

static int queue(struct adapter_instance *instance, const struct dragoman_ask *ask)
{
	const struct dragoman_exchange *exchange = &ask->exchange;
	struct dragoman_ask copy = *ask;

	if (!instance->is_ready || !exchange->cookie || exchange->len > PAYLOAD_MAX) {
		instance_bug(instance, "an exchange %s",
			     !instance->is_ready ? "within create()"
			     : exchange->cookie  ? "of more than 64 KiB"
						 : "without a cookie");
		return -1;
	}
	if (copy.exchange.priority > PRIORITY_MAX)
		copy.exchange.priority = PRIORITY_MAX;
	return instance->sink->ask ? instance->sink->ask(instance->arg, &copy) : -1;
}

static int host_exchange(struct dragoman_host *host, const struct dragoman_exchange *exchange)
{
	return queue(instance_of(host), &(struct dragoman_ask){.exchange = *exchange});
}

static bool is_line(const struct dragoman_line *line)
{
	struct serial_format format;

	return !line || !line->format || serial_format_parse(line->format, &format) == 0;
}

/* From an adapter that was built when an ask had less in it: what it lacks is not asked for. */
static int host_ask(struct dragoman_host *host, const struct dragoman_ask *ask)
{
	struct adapter_instance *instance = instance_of(host);
	struct dragoman_ask whole = {0};

	memcpy(&whole, ask, ask->size < sizeof whole ? ask->size : sizeof whole);
	if (!is_line(whole.before) || !is_line(whole.after)) {
		instance_bug(instance, "it asks for settings of the line that there are not");
		return -1;
	}
	return queue(instance, &whole);
}

static int host_send(struct dragoman_host *host, const uint8_t *data, size_t len)
{
	struct adapter_instance *instance = instance_of(host);

	if (!instance->is_ready || len > PAYLOAD_MAX) {
		instance_bug(instance, "it sends %s",
			     instance->is_ready ? "more than 64 KiB" : "within create()");
		return -1;
	}
	return instance->sink->send ? instance->sink->send(instance->arg, data, len) : -1;
}

static void host_timer_set(struct dragoman_host *host, uint32_t id, uint32_t delay_ms)
{
	struct adapter_instance *instance = instance_of(host);

	if (id >= TIMERS)
		instance_bug(instance, "there is no timer %u", (unsigned)id);
	else if (instance->sink->timer_set)
		instance->sink->timer_set(instance->arg, id, delay_ms);
}

static void host_timer_clear(struct dragoman_host *host, uint32_t id)
{
	struct adapter_instance *instance = instance_of(host);

	if (id >= TIMERS)
		instance_bug(instance, "there is no timer %u", (unsigned)id);
	else if (instance->sink->timer_clear)
		instance->sink->timer_clear(instance->arg, id);
}

static void host_state(struct dragoman_host *host, enum dragoman_state state, const char *reason)
{
	struct adapter_instance *instance = instance_of(host);

	if (state != DRAGOMAN_ONLINE && state != DRAGOMAN_OFFLINE)
		instance_bug(instance, "there is no state %d", (int)state);
	else if (instance->sink->state)
		instance->sink->state(instance->arg, state, instance_text(reason));
}

static void host_log(struct dragoman_host *host, enum dragoman_level level, const char *text)
{
	struct adapter_instance *instance = instance_of(host);

	instance->sink->log(instance->arg, level > DRAGOMAN_LOG_DEBUG ? DRAGOMAN_LOG_DEBUG : level,
			    text ? text : "(nothing)");
}

static int64_t host_wall_ns(struct dragoman_host *host)
{
	struct adapter_instance *instance = instance_of(host);

	return instance->sink->wall_ns(instance->arg);
}

static int64_t host_mono_ns(struct dragoman_host *host)
{
	struct adapter_instance *instance = instance_of(host);

	return instance->sink->mono_ns(instance->arg);
}

static enum dragoman_role host_role(struct dragoman_host *host)
{
	return instance_of(host)->role;
}

static const char *host_device(struct dragoman_host *host)
{
	return instance_of(host)->device;
}

/* ---------------------------------------------------------------------------------------------
 * Options
 */

/* The installed header's node is ours. */
static const struct conf_node *conf_of(const struct dragoman_node *node)
{
	return (const struct conf_node *)(const void *)node;
}

static const struct dragoman_node *node_of(const struct conf_node *node)
{
	return (const struct dragoman_node *)(const void *)node;
}

static const struct dragoman_node *host_option(struct dragoman_host *host, const char *key)
{
	return node_of(conf_get(instance_of(host)->options, key));
}

static const char *host_node_text(const struct dragoman_node *node)
{
	return conf_of(node)->kind == CONF_SCALAR ? conf_of(node)->text : NULL;
}

static int64_t host_node_integer(const struct dragoman_node *node)
{
	return adapter_options_integer(conf_of(node));
}

static double host_node_number(const struct dragoman_node *node)
{
	return adapter_options_number(conf_of(node));
}

static size_t host_node_size(const struct dragoman_node *node)
{
	return conf_of(node)->n;
}

static const struct conf_node *child(const struct dragoman_node *node, size_t i)
{
	const struct conf_node *at = conf_of(node)->first;

	while (at && i--)
		at = at->next;
	return at;
}

static const struct dragoman_node *host_node_at(const struct dragoman_node *node, size_t i)
{
	return node_of(child(node, i));
}

static const char *host_node_key_at(const struct dragoman_node *node, size_t i)
{
	const struct conf_node *at = child(node, i);

	return at ? at->key : NULL;
}

/* While create() runs it is an error of the configuration; later, a line in the log. */
static void host_node_error(struct dragoman_host *host, const struct dragoman_node *node,
			    const char *text)
{
	struct adapter_instance *instance = instance_of(host);

	if (instance->errors)
		conf_error(instance->errors, conf_of(node), "%s", text);
	else
		instance->sink->log(instance->arg, DRAGOMAN_LOG_ERROR, text);
}

static const struct dragoman_host_ops ops = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof ops,
	.declare = host_declare,
	.emit = host_emit,
	.exchange = host_exchange,
	.send = host_send,
	.timer_set = host_timer_set,
	.timer_clear = host_timer_clear,
	.state = host_state,
	.log = host_log,
	.wall_ns = host_wall_ns,
	.mono_ns = host_mono_ns,
	.role = host_role,
	.device = host_device,
	.option = host_option,
	.node_text = host_node_text,
	.node_integer = host_node_integer,
	.node_number = host_node_number,
	.node_size = host_node_size,
	.node_at = host_node_at,
	.node_key_at = host_node_key_at,
	.node_error = host_node_error,
	.ask = host_ask,
	.declare_commands = host_declare_commands,
};

/* ---------------------------------------------------------------------------------------------
 * Birth and death
 */

/* create() has said what is wrong; if it did not, nobody would know. */
static int create(struct adapter_instance *instance, const struct conf_node *place,
		  struct conf_errors *errors)
{
	size_t before = errors->n_errors;
	int result;

	instance->errors = errors;
	result = instance->adapter->create(&instance->host, &instance->self);
	instance->errors = NULL;
	if (result < 0)
		instance->self = NULL; /* and destroy() is not called */
	if (result == 0 && errors->n_errors == before)
		return 0;
	if (errors->n_errors == before)
		conf_error(errors, place, "the adapter %s refuses device %s; its log lines say why",
			   instance->adapter->name, instance->device);
	return -1;
}

/* The link of the profile's tree, else the descriptor's. */
static void find_default_link(struct adapter_instance *instance, struct conf_errors *errors)
{
	const char *text = instance->adapter->default_link;

	if (instance->definition && conf_get(instance->definition, "link"))
		return;
	if (text)
		instance->default_link =
			conf_parse(instance->adapter->name, text, strlen(text), errors);
}

struct adapter_instance *adapter_new(const struct dragoman_adapter *adapter, const char *device,
				     enum dragoman_role role, const struct conf_node *options,
				     const struct conf_node *definition,
				     const struct adapter_sink *sink, void *arg,
				     struct conf_errors *errors)
{
	struct adapter_instance *instance = xcalloc(1, sizeof *instance);

	*instance = (struct adapter_instance){.host = {.ops = &ops},
					      .magic = INSTANCE_MAGIC,
					      .adapter = adapter,
					      .device = xstrdup(device),
					      .role = role,
					      .sink = sink,
					      .arg = arg,
					      .definition = definition};
	instance->options = adapter_options_read(adapter, options, errors);
	if (!instance->options || create(instance, options ? options : definition, errors) < 0) {
		adapter_free(&instance);
		return NULL;
	}
	find_default_link(instance, errors);
	instance->is_ready = true;
	return instance;
}

void adapter_free(struct adapter_instance **instance)
{
	struct adapter_instance *gone = *instance;

	if (!gone)
		return;
	if (gone->self)
		gone->adapter->destroy(gone->self);
	declaration_fini(&gone->declared);
	conf_free(&gone->options);
	conf_free(&gone->default_link);
	free(gone->checked);
	free(gone->device);
	gone->magic = 0;
	free(gone);
	*instance = NULL;
}

/* ---------------------------------------------------------------------------------------------
 * Calls into it
 */

void adapter_line(struct adapter_instance *instance, bool up, const char *reason)
{
	if (instance->adapter->line)
		instance->adapter->line(instance->self, up, reason);
}

enum dragoman_verdict adapter_frame(struct adapter_instance *instance,
				    const struct dragoman_frame *frame)
{
	enum dragoman_verdict verdict = instance->adapter->frame(instance->self, frame);

	if (verdict <= DRAGOMAN_UNSOLICITED)
		return verdict;
	instance_bug(instance, "there is no verdict %d", (int)verdict);
	return DRAGOMAN_FORMAT;
}

void adapter_exchange_done(struct adapter_instance *instance, uint64_t cookie,
			   enum dragoman_end end)
{
	if (instance->adapter->exchange_done)
		instance->adapter->exchange_done(instance->self, cookie, end);
}

void adapter_timer(struct adapter_instance *instance, uint32_t id)
{
	if (instance->adapter->timer)
		instance->adapter->timer(instance->self, id);
}

void adapter_kept(struct adapter_instance *instance, uint64_t cookie, bool kept)
{
	if (instance->adapter->kept)
		instance->adapter->kept(instance->self, cookie, kept);
}

int32_t adapter_work(struct adapter_instance *instance)
{
	return instance->adapter->work ? instance->adapter->work(instance->self) : -1;
}

/* One that was built before there was such a call has none. */
void adapter_spoilt(struct adapter_instance *instance)
{
	const struct dragoman_adapter *adapter = instance->adapter;

	if (adapter->size > offsetof(struct dragoman_adapter, spoilt) && adapter->spoilt)
		adapter->spoilt(instance->self);
}

bool adapter_closing(struct adapter_instance *instance)
{
	const struct dragoman_adapter *adapter = instance->adapter;

	return adapter->size > offsetof(struct dragoman_adapter, closing) && adapter->closing &&
	       adapter->closing(instance->self);
}

const struct dragoman_tag *adapter_tags(const struct adapter_instance *instance, size_t *n_out)
{
	*n_out = instance->declared.n_tags;
	return instance->declared.tags;
}

const struct dragoman_command *adapter_commands(const struct adapter_instance *instance,
						size_t *n_out)
{
	*n_out = instance->declared.n_commands;
	return instance->declared.commands;
}

const struct dragoman_key *adapter_keys(const struct adapter_instance *instance, size_t *n_out)
{
	*n_out = instance->declared.n_keys;
	return instance->declared.keys;
}

const struct conf_node *adapter_definition(const struct dragoman_host *host)
{
	return ((const struct adapter_instance *)(const void *)host)->definition;
}

void *adapter_self(struct adapter_instance *instance)
{
	return instance->self;
}

const struct conf_node *adapter_default_link(struct adapter_instance *instance)
{
	const struct conf_node *own =
		instance->definition ? conf_get(instance->definition, "link") : NULL;

	return own ? own : instance->default_link;
}

const char *adapter_verdict_name(enum dragoman_verdict verdict)
{
	static const char *const names[] = {
		[DRAGOMAN_TAKEN] = "taken",
		[DRAGOMAN_REPLY] = "reply",
		[DRAGOMAN_UNKNOWN] = "unknown",
		[DRAGOMAN_FOREIGN] = "foreign",
		[DRAGOMAN_SHORT] = "short",
		[DRAGOMAN_LONG] = "long",
		[DRAGOMAN_CHECK] = "check",
		[DRAGOMAN_FORMAT] = "format",
		[DRAGOMAN_RANGE] = "range",
		[DRAGOMAN_PART] = "part",
		[DRAGOMAN_UNSOLICITED] = "unsolicited",
	};

	must(verdict <= DRAGOMAN_UNSOLICITED);
	return names[verdict];
}
