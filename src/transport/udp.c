/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams: each is one chunk, either way. With a peer, only its datagrams are taken. With "any", those
 * of everybody are, and what is written goes to whom the last one came from.
 *
 * A peer that is not there is no loss of the line: it answers again when it is back.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "transport/kind.h"
#include "transport/resolve.h"

struct udp_options {
	char *peer;
	char *bind;
	char *join;
};

enum { DATAGRAM_MAX = 65536 };

struct udp {
	struct transport t;
	struct resolve *resolve;
	int fd; /* only while io.loop is set */
	struct io io;
	struct timer drain;
	bool paused;
	struct sockaddr_storage last; /* who sent the last datagram */
	socklen_t last_len;
	struct log_limit limit;
};

static const struct udp_options *options_of(const struct udp *u)
{
	return u->t.options;
}

static bool takes_any(const struct udp_options *o)
{
	return !strcmp(o->peer, "any");
}

static void complain(struct udp *u, const char *what, int error)
{
	if (error == ECONNREFUSED)
		log_limited(&u->limit, LOG_WARNING,
			    "nothing listens at %s: is the device on, and is this its port?",
			    options_of(u)->peer);
	else
		log_limited(&u->limit, LOG_WARNING, "cannot %s a datagram: %s", what,
			    strerror(error));
}

static void readable(void *arg, unsigned events)
{
	struct udp *u = arg;
	uint8_t bytes[DATAGRAM_MAX];
	socklen_t len = sizeof u->last;
	ssize_t n = recvfrom(u->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&u->last, &len);

	(void)events;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		complain(u, "receive", errno);
	if (n < 0)
		return;
	u->last_len = len;
	if (n > 0)
		transport_received(&u->t, bytes, (size_t)n);
}

static void drain(void *arg)
{
	transport_drained(arg);
}

static void opened(struct udp *u)
{
	const struct udp_options *o = options_of(u);
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char text[ADDRESS_TEXT_SIZE] = "?";

	if (getsockname(u->fd, (struct sockaddr *)&sa, &len) == 0)
		address_text((struct sockaddr *)&sa, len, text);
	u->limit = (struct log_limit){.burst = 1, .period_ms = 60000};
	io_init(&u->io, u->t.loop, u->fd, readable, u);
	io_want(&u->io, u->paused ? 0 : IO_READ);
	timer_init(&u->drain, u->t.loop, drain, u);
	transport_opened(&u->t, "%s, from %s", takes_any(o) ? "anybody" : o->peer, text);
}

static void fail(struct udp *u, const char *address, int error)
{
	if (error == EADDRINUSE)
		transport_lost(&u->t, "busy", "another program receives on %s already", address);
	else
		transport_lost(&u->t, address_reason(error), "cannot use %s: %s", address,
			       strerror(error));
}

static struct addrinfo *numeric(const char *text)
{
	struct address address;

	address_parse(text, &address, NULL);
	return address_numeric(&address, SOCK_DGRAM);
}

static int join_group(int fd, const char *group, int family)
{
	struct group_req request = {0};
	struct address address = {.port = "0"};
	struct addrinfo *ai;
	int result, level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;

	strncpy(address.host, group, sizeof address.host - 1);
	ai = address_numeric(&address, SOCK_DGRAM);
	if (!ai) {
		errno = EINVAL;
		return -1;
	}
	memcpy(&request.gr_group, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	result = setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request);
	return result;
}

/* Makes the socket of the peer's family (of our own address if there is no peer), bound as the options
 * say. -1 with errno. */
static int make_socket(const struct udp_options *o, const struct addrinfo *peer)
{
	struct addrinfo *own = o->bind ? numeric(o->bind) : NULL;
	int family = peer ? peer->ai_family : own->ai_family, on = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool good = fd >= 0;

	if (good && o->join)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	good = good && (!own || bind(fd, own->ai_addr, own->ai_addrlen) == 0);
	good = good && (!o->join || join_group(fd, o->join, family) == 0);
	good = good && (!peer || connect(fd, peer->ai_addr, peer->ai_addrlen) == 0);
	if (!good)
		fd_close(&fd);
	if (own)
		freeaddrinfo(own);
	return fd;
}

static void set_up(struct udp *u, struct addrinfo *peer)
{
	const struct udp_options *o = options_of(u);

	u->fd = make_socket(o, peer);
	if (peer)
		freeaddrinfo(peer);
	if (u->fd < 0)
		fail(u, o->bind ? o->bind : o->peer, errno);
	else
		opened(u);
}

static void resolved(void *arg, struct addrinfo *list, const char *problem)
{
	struct udp *u = arg;

	u->resolve = NULL;
	if (list)
		set_up(u, list);
	else
		transport_lost(&u->t, "unknown host",
			       "%s: %s; check the name, or give the numeric address",
			       options_of(u)->peer, problem);
}

static void udp_open(struct transport *t)
{
	struct udp *u = (struct udp *)t;
	const struct udp_options *o = t->options;
	struct addrinfo *peer = takes_any(o) ? NULL : numeric(o->peer);
	struct address address;

	u->last_len = 0;
	if (takes_any(o) || peer) {
		set_up(u, peer);
		return;
	}
	address_parse(o->peer, &address, NULL);
	u->resolve = resolve_new(t->loop, &address, SOCK_DGRAM, resolved, u);
}

static void udp_close(struct transport *t)
{
	struct udp *u = (struct udp *)t;

	resolve_free(&u->resolve);
	if (!u->io.loop)
		return;
	io_fini(&u->io);
	timer_fini(&u->drain);
	fd_close(&u->fd);
}

/* A datagram that cannot be sent is one of those that get lost. */
static size_t udp_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	struct udp *u = (struct udp *)t;
	bool any = takes_any(options_of(u));
	ssize_t n;

	if (any && !u->last_len) {
		log_limited(&u->limit, LOG_WARNING,
			    "nobody has sent anything yet, so there is nobody to answer");
		n = 0;
	} else if (any) {
		n = sendto(u->fd, bytes, len, 0, (struct sockaddr *)&u->last, u->last_len);
	} else {
		n = send(u->fd, bytes, len, 0);
	}
	if (n < 0)
		complain(u, "send", errno);
	timer_set(&u->drain, 0);
	return len;
}

/* Datagrams that nobody fetches are dropped. */
static bool udp_can_wait(const struct transport *t)
{
	(void)t;
	return false;
}

static void udp_pause(struct transport *t, bool paused)
{
	struct udp *u = (struct udp *)t;

	u->paused = paused;
	if (u->io.loop)
		io_want(&u->io, paused ? 0 : IO_READ);
}

static void describe(const void *options, struct buf *out)
{
	const struct udp_options *o = options;

	buf_add_str(out, o->peer);
	if (o->bind)
		buf_addf(out, " at %s", o->bind);
}

static void check_numeric(const struct conf_node *map, const char *key, const char *text,
			  struct conf_errors *errors)
{
	struct address address = {.port = "0"};
	struct addrinfo *list;

	if (!text)
		return;
	if (!strcmp(key, "join"))
		strncpy(address.host, text, sizeof address.host - 1);
	else if (address_parse(text, &address, NULL) < 0)
		return; /* said already */
	list = address_numeric(&address, SOCK_DGRAM);
	if (list)
		freeaddrinfo(list);
	else
		conf_error(errors, conf_get(map, key), "'%s' is no numeric address", address.host);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct udp_options *o = object;

	if (!o->peer)
		return;
	if (takes_any(o) && !o->bind)
		conf_error(errors, node,
			   "with `udp: any`, bind must say on which port: bind: \":10110\"");
	else if (!takes_any(o))
		address_check(node, "udp", o->peer, true, errors);
	address_check(node, "bind", o->bind, false, errors);
	check_numeric(node, "bind", o->bind, errors);
	check_numeric(node, "join", o->join, errors);
}

static const struct conf_row rows[] = {
	{.key = "udp",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct udp_options, peer),
	 .flags = CONF_REQUIRED,
	 .help = "host:port of the device, or any: whoever sends"},
	{.key = "bind",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct udp_options, bind),
	 .help = "address:port that datagrams come to; :port for all addresses; any port if left out"},
	{.key = "join",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct udp_options, join),
	 .help = "a multicast group to be a member of: 239.192.0.1"},
	{0},
};

static const struct conf_schema schema = {.name = "UDP port",
					  .rows = rows,
					  .size = sizeof(struct udp_options),
					  .check = check};

const struct transport_kind transport_udp = {
	.name = "udp",
	.help = "datagrams, each a chunk",
	.schema = &schema,
	.size = sizeof(struct udp),
	.describe = describe,
	.open = udp_open,
	.close = udp_close,
	.write = udp_write,
	.pause = udp_pause,
	.can_wait = udp_can_wait,
};
