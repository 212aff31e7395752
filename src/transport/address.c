/* SPDX-License-Identifier: Apache-2.0 */
/* Network addresses as text; see address.h. */
#include "transport/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static int parse_port(const char *text, char out[8])
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || port > 65535)
		return -1;
	snprintf(out, 8, "%lu", port);
	return 0;
}

int address_parse(const char *text, struct address *address, struct err *err)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t len;

	if (!colon || parse_port(colon + 1, address->port) < 0)
		return err_set(err, "'%s' is no address; expected host:port, such as 10.0.0.7:4001",
			       text);
	len = (size_t)(colon - text);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		return err_set(err,
			       "'%s' is no address; an IPv6 address stands in brackets: [::1]:4001",
			       text);
	}
	if (len >= sizeof address->host)
		return err_set(err, "the host's name is too long");
	memcpy(address->host, host, len);
	address->host[len] = '\0';
	return 0;
}

void address_check(const struct conf_node *map, const char *key, const char *text, bool needs_host,
		   struct conf_errors *errors)
{
	const struct conf_node *node = conf_get(map, key);
	struct address address;
	struct err err;

	if (!text)
		return;
	if (address_parse(text, &address, &err) < 0)
		conf_error(errors, node ? node : map, "%s", err.text);
	else if (needs_host && !address.host[0])
		conf_error(errors, node ? node : map,
			   "'%s' names no host; expected host:port, such as 10.0.0.7:4001", text);
}

struct addrinfo *address_numeric(const struct address *address, int type)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = type,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *list = NULL;

	if (getaddrinfo(address->host[0] ? address->host : NULL, address->port, &hints, &list) != 0)
		return NULL;
	return list;
}

char *address_text(const struct sockaddr *sa, socklen_t len, char out[ADDRESS_TEXT_SIZE])
{
	char host[64], port[8];

	if (getnameinfo(sa, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(out, ADDRESS_TEXT_SIZE, "an unknown address");
	else
		snprintf(out, ADDRESS_TEXT_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
			 port);
	return out;
}

const char *address_reason(int error)
{
	static const struct {
		int error;
		const char *reason;
	} reasons[] = {
		{0, "closed by the other end"},
		{ECONNREFUSED, "refused"},
		{ECONNRESET, "closed by the other end"},
		{EPIPE, "closed by the other end"},
		{ETIMEDOUT, "timed out"},
		{EHOSTUNREACH, "unreachable"},
		{ENETUNREACH, "unreachable"},
		{EACCES, "no permission"},
		{EPERM, "no permission"},
		{EADDRINUSE, "busy"},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].error == error)
			return reasons[i].reason;
	return "failed";
}
