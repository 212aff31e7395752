/* SPDX-License-Identifier: Apache-2.0 */
/* An instance from inside: shared by host.c, declare.c and emit.c, and by nobody else. */
#ifndef ADAPTER_INSTANCE_H
#define ADAPTER_INSTANCE_H

#include <stdbool.h>

#include "adapter/host.h"

enum {
	INSTANCE_MAGIC = 0x41647074,
	BUGS_TOLD_MAX = 20, /* log lines on one instance's bugs; a bug in each reading is one bug */
	REASON_LEN_MAX = 120,
};

/* What an instance declared, in copies of its own. A tag's key is the very name that stands in `keys`.
 * Behind the last key is a row without a name, for the readings of a device that has no keys. */
struct declaration {
	struct dragoman_tag *tags;
	size_t n_tags;
	struct dragoman_key *keys;
	size_t n_keys;
	size_t *first_tag; /* of each row of keys: the first row of tags under it */
	struct dragoman_command *commands;
	size_t n_commands;
};

struct adapter_instance {
	struct dragoman_host host; /* first: what the adapter holds */
	uint32_t magic;
	const struct dragoman_adapter *adapter;
	void *self;
	char *device;
	enum dragoman_role role;
	const struct adapter_sink *sink;
	void *arg;
	bool is_ready; /* create() has returned */
	unsigned bugs_told;

	struct conf_node *options;          /* effective: what is set, and fallbacks */
	const struct conf_node *definition; /* the caller's */
	struct conf_node *default_link;
	struct conf_errors *errors; /* while create() runs */

	struct declaration declared;
	size_t next_tag; /* where emit looks next: values come in the order of tags */
	struct dragoman_value *checked; /* room for a reading that had to be changed */
	size_t checked_size;
};

struct adapter_instance *instance_of(struct dragoman_host *host);

/* Logs a bug of the adapter, and falls silent when there were many. */
void instance_bug(struct adapter_instance *instance, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A short text of the adapter's as clients may have it: NULL stays NULL, what is not text or too long
 * is replaced. */
const char *instance_text(const char *text);

/* Three of struct dragoman_host_ops. */
int host_declare(struct dragoman_host *host, const struct dragoman_tag *tags, size_t n_tags,
		 const struct dragoman_key *keys, size_t n_keys);
int host_declare_commands(struct dragoman_host *host, const struct dragoman_command *commands,
			  size_t n);
void host_emit(struct dragoman_host *host, const struct dragoman_reading *reading);

void declaration_fini(struct declaration *declared);

#endif
