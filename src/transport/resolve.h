/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking a name up without holding up the loop: getaddrinfo runs on a thread of its own, since it may
 * take many seconds when a name server is away, and has no other way to be stopped than to forget it.
 */
#ifndef TRANSPORT_RESOLVE_H
#define TRANSPORT_RESOLVE_H

#include "ev/loop.h"
#include "transport/address.h"

struct resolve;

/* The list is the receiver's, for freeaddrinfo; NULL with the text of the failure. The struct resolve is
 * gone when it is called. */
typedef void resolve_fn(void *arg, struct addrinfo *list, const char *problem);

/* For a SOCK_STREAM or SOCK_DGRAM connection. fn is called once, from the loop. */
struct resolve *resolve_new(struct loop *loop, const struct address *address, int type,
			    resolve_fn *fn, void *arg);
/* Forgets it: fn is not called. */
void resolve_free(struct resolve **r);

#endif
