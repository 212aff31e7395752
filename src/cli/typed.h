/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of a device's own message type, read by the descriptors that the catalogue serves: what a device with
 * `payload: typed` says is shown like what any other says. Bytes of the network: whatever does not fit is
 * left out.
 */
#ifndef CLI_TYPED_H
#define CLI_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/gateway.h"
#include "dragoman/client.h"

/* Message types by full name. Zeroed memory is empty. */
struct types {
	struct types_message *first;
};
void types_fini(struct types *types);
/* Takes a FileDescriptorSet; a type that is known is replaced. */
void types_learn(struct types *types, const struct dragoman_bytes *set);
/* Whether a READING has a type that is not known and values in nothing else. Said once for each. */
bool types_lack(struct types *types, const struct dragoman_event *event);

/* An event with the values of its message. Zeroed memory is empty. */
struct typed_view {
	struct dragoman_event event;
	struct dragoman_datum *values;
	char **texts; /* that they point to */
	size_t n_texts;
};
/* The same event, or, of a reading that has nothing but a message, the view's with its values. They have the
 * names of tags where the units know them, else those of fields. Valid until typed_view_fini. */
const struct dragoman_event *typed_view(struct typed_view *view, const struct types *types,
					const struct units *units,
					const struct dragoman_event *event);
void typed_view_fini(struct typed_view *view);

#endif
