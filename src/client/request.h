/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends: each function appends one frame to a buffer. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dragoman/client.h"

enum request_kind {
	REQUEST_BROWSE,
	REQUEST_GET,
	REQUEST_STATUS,
	REQUEST_PING,
	REQUEST_SUBSCRIBERS
};

void request_hello(struct buf *out, const char *name);
void request_subscribe(struct buf *out, uint64_t id, const struct dragoman_subscription *s);
/* s->start is where it begins if the gateway does not know it. */
void request_subscribe_durable(struct buf *out, uint64_t id, const struct dragoman_subscription *s,
			       const char *name, const struct dragoman_durable *durable);
void request_ack(struct buf *out, uint64_t seq);
void request_remove_subscriber(struct buf *out, uint64_t id, const char *name);
void request_unsubscribe(struct buf *out);
void request_pong(struct buf *out, const uint8_t *data, size_t len);
/* patterns are used by BROWSE and GET. */
void request_ask(struct buf *out, uint64_t id, enum request_kind kind, const char *const *patterns,
		 size_t n_patterns);

#endif
