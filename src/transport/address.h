/* SPDX-License-Identifier: Apache-2.0 */
/* Network addresses as they stand in a configuration: "10.0.0.7:4001", "[fe80::1%eth0]:4001", "scale:4001". */
#ifndef TRANSPORT_ADDRESS_H
#define TRANSPORT_ADDRESS_H

#include <netdb.h>
#include <sys/socket.h>

#include "base/err.h"
#include "conf/conf.h"

/* host is empty for ":4001"; an IPv6 address has lost its brackets. */
struct address {
	char host[256];
	char port[8];
};

/* 0, or -1 with what is wrong and what was expected. */
int address_parse(const char *text, struct address *address, struct err *err);

/* Adds an error if the text behind the key of the map is no address; needs_host: ":4001" is none. */
void address_check(const struct conf_node *map, const char *key, const char *text, bool needs_host,
		   struct conf_errors *errors);

/* The list of a numeric address (an empty host: all addresses of this machine), for freeaddrinfo; NULL
 * if it is a name. type is SOCK_STREAM or SOCK_DGRAM. */
struct addrinfo *address_numeric(const struct address *address, int type);

/* "10.0.0.7:4001" or "[fe80::1]:4001", into out, which is returned. */
enum { ADDRESS_TEXT_SIZE = 80 };
char *address_text(const struct sockaddr *sa, socklen_t len, char out[ADDRESS_TEXT_SIZE]);

/* A short and stable word for why a connection could not be had or was lost. */
const char *address_reason(int error);

#endif
