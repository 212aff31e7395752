/* SPDX-License-Identifier: Apache-2.0 */
/* Where a gateway is; see server.h. */
#include "client/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/xalloc.h"

static int take_path(struct server *server, const char *path, struct err *err)
{
	if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return err_set(err, "the path of a local socket has at most %zu bytes",
			       sizeof((struct sockaddr_un *)NULL)->sun_path - 1);
	server->path = xstrdup(path);
	return 0;
}

static int take_port(struct server *server, const char *port, struct err *err)
{
	size_t len = strspn(port, "0123456789");

	if (len == 0 || len > 5 || port[len] || atol(port) < 1 || atol(port) > 65535)
		return err_set(err, "\"%s\" is no port: 1 to 65535", port);
	server->port = xstrdup(port);
	return 0;
}

/* The end of the host; *host_out is where it starts. NULL if there is none. */
static const char *find_host(const char *text, const char **host_out)
{
	const char *colon = strchr(text, ':');

	*host_out = text;
	if (*text == '[') {
		*host_out = text + 1;
		return strchr(text, ']');
	}
	/* Several colons and no brackets: an IPv6 address without a port. */
	if (!colon || strchr(colon + 1, ':'))
		return text + strlen(text);
	return colon;
}

static int take_host(struct server *server, const char *text, struct err *err)
{
	const char *host, *end = find_host(text, &host), *rest;

	if (!end || end == host)
		return err_set(err,
			       "\"%s\" is no address: a path with a '/', HOST, HOST:PORT or "
			       "[IPv6]:PORT",
			       text);
	rest = *end == ']' ? end + 1 : end;
	if (*rest && *rest != ':')
		return err_set(err, "\"%s\" is no address: behind ']' stands :PORT", text);
	if (take_port(server, *rest ? rest + 1 : SERVER_PORT, err))
		return -1;
	server->host = xstrndup(host, (size_t)(end - host));
	return 0;
}

int server_parse(struct server *server, const char *text, struct err *err)
{
	*server = (struct server){.text = xstrdup(text)};
	if (strchr(text, '/'))
		return take_path(server, text, err);
	return take_host(server, text, err);
}

void server_fini(struct server *server)
{
	free(server->text);
	free(server->path);
	free(server->host);
	free(server->port);
	*server = (struct server){0};
}
