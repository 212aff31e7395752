/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of all channels; see port.h. A device file may go by several names, so files are compared by
 * what their names lead to now; what is not there is compared by its name. */
#include "config/port.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "ev/loop.h"
#include "transport/address.h"
#include "transport/transport.h"

static const char listener[] = "listen";
/* Kinds of which one port serves one channel. Two connections to one server are no mistake. */
static const char *const exclusive_kinds[] = {"serial", "tty", "pty", "usb", listener};

struct used {
	char *what; /* "/dev/ttyUSB0"; NULL: not exclusive, or not understood */
	const struct config_channel *channel;
};

static bool is_exclusive(const char *kind)
{
	for (size_t i = 0; i < sizeof exclusive_kinds / sizeof *exclusive_kinds; i++)
		if (!strcmp(kind, exclusive_kinds[i]))
			return true;
	return false;
}

static char *name_port(const struct transport_kind *kind, const struct conf_node *port)
{
	const struct conf_node *main_option = conf_get(port, kind->name);
	char *real, *what;

	if (!is_exclusive(kind->name) || !main_option || main_option->kind != CONF_SCALAR)
		return NULL;
	real = main_option->text[0] == '/' ? realpath(main_option->text, NULL) : NULL;
	what = xstrdup(real ? real : main_option->text);
	free(real);
	return what;
}

/* Says what is wrong with the port by itself. */
static char *check_port(struct loop *loop, const struct config_channel *channel,
			struct conf_errors *errors)
{
	static const struct transport_events no_events;
	struct transport *transport;
	char *what;

	if (!channel->port)
		return NULL; /* said already */
	transport = transport_new(channel->port, loop, &no_events, NULL, errors);
	if (!transport)
		return NULL;
	what = name_port(transport->kind, channel->port);
	transport_free(&transport);
	return what;
}

/* Whether one of two addresses that are listened on is, or includes, the other. */
static bool do_overlap(const struct addrinfo *a, const struct addrinfo *b)
{
	union {
		const struct sockaddr *any;
		const struct sockaddr_in *v4;
		const struct sockaddr_in6 *v6;
	} x = {a->ai_addr}, y = {b->ai_addr};

	if (a->ai_family != b->ai_family)
		return false;
	if (a->ai_family == AF_INET)
		return x.v4->sin_port && x.v4->sin_port == y.v4->sin_port &&
		       (!x.v4->sin_addr.s_addr || !y.v4->sin_addr.s_addr ||
			x.v4->sin_addr.s_addr == y.v4->sin_addr.s_addr);
	return x.v6->sin6_port && x.v6->sin6_port == y.v6->sin6_port &&
	       (IN6_IS_ADDR_UNSPECIFIED(&x.v6->sin6_addr) ||
		IN6_IS_ADDR_UNSPECIFIED(&y.v6->sin6_addr) ||
		IN6_ARE_ADDR_EQUAL(&x.v6->sin6_addr, &y.v6->sin6_addr));
}

static struct addrinfo *resolve(const char *text)
{
	struct address address;
	struct err err;

	return address_parse(text, &address, &err) < 0 ? NULL
						       : address_numeric(&address, SOCK_STREAM);
}

static bool is_same_listener(const char *a, const char *b)
{
	struct addrinfo *x = resolve(a), *y = resolve(b);
	bool is_same = x && y && do_overlap(x, y);

	if (x)
		freeaddrinfo(x);
	if (y)
		freeaddrinfo(y);
	return is_same;
}

static bool is_same(const struct used *used, const struct config_channel *channel, const char *what)
{
	if (conf_get(used->channel->port, listener) && conf_get(channel->port, listener))
		return is_same_listener(used->what, what);
	return !strcmp(used->what, what);
}

static void check_unused(const struct used *used, size_t n, const struct config_channel *channel,
			 const char *what, struct conf_errors *errors)
{
	for (size_t i = 0; what && i < n; i++)
		if (used[i].what && is_same(&used[i], channel, what)) {
			conf_error(errors, channel->port,
				   "%s is the port of channel \"%s\" already, at %s:%d:%d",
				   used[i].what, used[i].channel->item.name,
				   used[i].channel->port->file, used[i].channel->port->line,
				   used[i].channel->port->column);
			return;
		}
}

void ports_check(const struct config *config, struct conf_errors *errors)
{
	struct used *used = xcalloc(config->channels.n + 1, sizeof *used);
	struct loop *loop = loop_new();
	size_t n = 0;

	for (size_t i = 0; i < config->channels.n; i++) {
		const struct config_channel *channel = config->channels.list[i];
		char *what = check_port(loop, channel, errors);

		if (channel->enabled)
			check_unused(used, n, channel, what, errors);
		used[n++] = (struct used){channel->enabled ? what : NULL, channel};
		if (!channel->enabled)
			free(what);
	}
	for (size_t i = 0; i < n; i++)
		free(used[i].what);
	free(used);
	loop_free(&loop);
}
