/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the adapter interface: finding a plugin, checking it, and running instances of it.
 * What an instance does goes to a sink: the channel's is a real line; the check of a configuration, the
 * golden tests and dragoman simulate have sinks of their own. No clock, no thread, no descriptor here.
 *
 * struct dragoman_node of the installed header is struct conf_node, seen from outside.
 */
#ifndef ADAPTER_HOST_H
#define ADAPTER_HOST_H

#include <dragoman/adapter.h>

#include "base/err.h"
#include "conf/conf.h"

/* Finds an adapter by name: those built in first (adapter_add_builtin), then NAME.so in the directories
 * in order. The object stays loaded. NULL with err: "…/foo.so: needs adapter ABI 2, this is dragoman with
 * ABI 1; …", not found (with the nearest known name), no symbol, a descriptor that breaks the rules. */
const struct dragoman_adapter *adapter_find(const char *name, const struct conf_texts *dirs,
					    struct err *err);
void adapter_add_builtin(const struct dragoman_adapter *adapter);

struct adapter_instance;

/* Where an instance's calls go, once checked. Meanings as in struct dragoman_host_ops. What is NULL leads
 * nowhere, ask and send with -1; reading, log and the clocks are always there. */
struct adapter_sink {
	/* adapter_tags and adapter_keys have changed; not for what create() declares. */
	void (*declared)(void *arg);
	void (*reading)(void *arg, const struct dragoman_reading *reading);
	int (*ask)(void *arg, const struct dragoman_ask *ask); /* size 0: it came by exchange */
	int (*send)(void *arg, const uint8_t *data, size_t len);
	void (*timer_set)(void *arg, uint32_t id, uint32_t delay_ms);
	void (*timer_clear)(void *arg, uint32_t id);
	void (*state)(void *arg, enum dragoman_state state, const char *reason);
	void (*log)(void *arg, enum dragoman_level level, const char *text);
	int64_t (*wall_ns)(void *arg);
	int64_t (*mono_ns)(void *arg);
};

/* Checks the options by the adapter's rows (all errors, with places and nearest keys) and creates the
 * instance. definition may be NULL: the tree of a profile. Both trees outlive the instance. NULL with
 * errors added. */
struct adapter_instance *adapter_new(const struct dragoman_adapter *adapter, const char *device,
				     enum dragoman_role role, const struct conf_node *options,
				     const struct conf_node *definition,
				     const struct adapter_sink *sink, void *arg,
				     struct conf_errors *errors);
void adapter_free(struct adapter_instance **instance);

/* Calls into the instance; those that the adapter lacks do nothing (frame: UNKNOWN). */
void adapter_line(struct adapter_instance *instance, bool up, const char *reason);
enum dragoman_verdict adapter_frame(struct adapter_instance *instance,
				    const struct dragoman_frame *frame);
void adapter_exchange_done(struct adapter_instance *instance, uint64_t cookie,
			   enum dragoman_end end);
void adapter_timer(struct adapter_instance *instance, uint32_t id);
void adapter_kept(struct adapter_instance *instance, uint64_t cookie, bool kept);
int32_t adapter_work(struct adapter_instance *instance);
void adapter_spoilt(struct adapter_instance *instance);
bool adapter_closing(struct adapter_instance *instance);

/* What the instance declared; valid until it declares again. */
const struct dragoman_tag *adapter_tags(const struct adapter_instance *instance, size_t *n_out);
const struct dragoman_key *adapter_keys(const struct adapter_instance *instance, size_t *n_out);
const struct dragoman_command *adapter_commands(const struct adapter_instance *instance,
						size_t *n_out);
/* For the profile engine, which is built in: the tree handed to adapter_new, and what its create() has made. */
const struct conf_node *adapter_definition(const struct dragoman_host *host);
void *adapter_self(struct adapter_instance *instance);
/* The link that the instance wants where the configuration names none: the descriptor's default_link, or
 * what the profile's tree says. A node owned by the instance; NULL: raw chunks. */
const struct conf_node *adapter_default_link(struct adapter_instance *instance);

const char *adapter_verdict_name(enum dragoman_verdict verdict);

#endif
