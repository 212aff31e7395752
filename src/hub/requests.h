/* SPDX-License-Identifier: Apache-2.0 */
/* What clients may ask, one row for each kind of frame, and what becomes of it. */
#ifndef HUB_REQUESTS_H
#define HUB_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

struct client;

/* One frame from a client, without its length. */
void request_handle(struct client *client, const uint8_t *payload, size_t len);

typedef void request_fn(struct client *client, const Dragoman__V1__Frame *frame);

/* Handlers that stand in files of their own. */
request_fn subscribe_handle, unsubscribe_handle;                          /* subscribe.c */
request_fn ack_handle, list_subscribers_handle, remove_subscriber_handle; /* subscribers.c */
request_fn register_handle, declare_handle, report_handle;                /* register.c */
request_fn browse_handle;                                                 /* catalogue.c */
request_fn get_handle;                                                    /* snapshot.c */
request_fn status_handle;                                                 /* status.c */

/* What the stream survives, as clients are told. */
struct hub;
Dragoman__V1__Storage status_storage(const struct hub *hub); /* status.c */
/* What a subscription waited for is on disk, or will not be. */
void subscribe_go_on(struct client *client, bool is_kept);
/* It is not waited for any more. */
void subscribe_cancel(struct client *client);
/* The answer to RemoveSubscriber. */
void subscriber_removed(struct client *client, uint64_t id, bool is_kept);

/* The kinds as a filter wants them; patterns checked. A refusal was sent if it returns NULL. */
struct filter *request_filter(struct client *client, uint64_t id, char **patterns, size_t n,
			      unsigned kinds);

#endif
