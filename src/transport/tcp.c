/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP connection that we make: a device with a network port, or a serial server in raw mode.
 *
 *	open -> (name looked up ->) first address -> next address ... -> open, or lost with the last error
 *
 * The time limit holds for each address.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "transport/kind.h"
#include "transport/resolve.h"
#include "transport/stream.h"
#include "transport/tcp.h"

struct tcp_options {
	char *address;
	int64_t timeout_ns;
	int64_t keepalive_ns;
	bool nodelay;
};

struct tcp {
	struct transport t;
	struct stream stream;
	struct resolve *resolve;
	struct addrinfo *list, *next; /* addresses; those not yet tried */
	int fd;                       /* being connected; -1 */
	struct io io;
	struct timer timer;
	int error; /* why the last address failed */
};

static const struct tcp_options *options_of(const struct tcp *tcp)
{
	return tcp->t.options;
}

void tcp_tune(int fd, int64_t keepalive_ns, bool nodelay)
{
	int on = 1, idle = (int)(keepalive_ns / NS_PER_S), count = 3;
	unsigned timeout_ms = (unsigned)(keepalive_ns / NS_PER_MS * (count + 1));

	if (nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!keepalive_ns)
		return;
	idle = idle ? idle : 1;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
	/* Keepalive says nothing while written bytes wait for their acknowledgement; this does. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

static void ended(struct transport *t, int error)
{
	const struct tcp *tcp = (const struct tcp *)t;
	const char *address = options_of(tcp)->address;

	if (error == 0 || error == ECONNRESET || error == EPIPE)
		transport_lost(t, address_reason(error), "%s closed the connection", address);
	else
		transport_lost(t, address_reason(error), "the connection to %s is lost: %s",
			       address, strerror(error));
}

static const struct stream_ops stream_ops = {.ended = ended};

static void give_up(struct tcp *tcp)
{
	const char *address = options_of(tcp)->address;
	const char *reason = address_reason(tcp->error);

	if (tcp->error == ECONNREFUSED)
		transport_lost(
			&tcp->t, reason,
			"%s refused the connection: nothing listens there; is the device on, and is "
			"this its port?",
			address);
	else if (tcp->error == ETIMEDOUT)
		transport_lost(
			&tcp->t, reason,
			"%s does not answer: is the device on and in reach? (a firewall may be in "
			"between)",
			address);
	else
		transport_lost(&tcp->t, reason, "cannot connect to %s: %s", address,
			       strerror(tcp->error));
}

static void stop_connecting(struct tcp *tcp)
{
	io_fini(&tcp->io);
	timer_fini(&tcp->timer);
	fd_close(&tcp->fd);
}

static void connected(struct tcp *tcp)
{
	const struct tcp_options *o = options_of(tcp);
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char text[ADDRESS_TEXT_SIZE] = "";
	int fd = tcp->fd;

	tcp->fd = -1;
	stop_connecting(tcp);
	freeaddrinfo(tcp->list);
	tcp->list = NULL;
	tcp_tune(fd, o->keepalive_ns, o->nodelay);
	if (getpeername(fd, (struct sockaddr *)&sa, &len) == 0)
		address_text((struct sockaddr *)&sa, len, text);
	stream_open(&tcp->stream, &tcp->t, fd, fd, &stream_ops);
	if (strcmp(text, o->address) != 0)
		transport_opened(&tcp->t, "%s (%s)", o->address, text);
	else
		transport_opened(&tcp->t, "%s", text);
}

static void try_next(struct tcp *tcp);

static void timed_out(void *arg)
{
	struct tcp *tcp = arg;

	stop_connecting(tcp);
	tcp->error = ETIMEDOUT;
	try_next(tcp);
}

static void writable(void *arg, unsigned events)
{
	struct tcp *tcp = arg;
	socklen_t len = sizeof tcp->error;

	(void)events;
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &tcp->error, &len) < 0)
		tcp->error = errno;
	if (!tcp->error) {
		connected(tcp);
		return;
	}
	stop_connecting(tcp);
	try_next(tcp);
}

/* Begins with one address: 0, or -1 with tcp->error. */
static int begin(struct tcp *tcp, const struct addrinfo *ai)
{
	tcp->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->fd < 0 ||
	    (connect(tcp->fd, ai->ai_addr, ai->ai_addrlen) < 0 && errno != EINPROGRESS)) {
		tcp->error = errno;
		fd_close(&tcp->fd);
		return -1;
	}
	io_init(&tcp->io, tcp->t.loop, tcp->fd, writable, tcp);
	io_want(&tcp->io, IO_WRITE);
	timer_init(&tcp->timer, tcp->t.loop, timed_out, tcp);
	timer_set(&tcp->timer, options_of(tcp)->timeout_ns);
	return 0;
}

static void try_next(struct tcp *tcp)
{
	while (tcp->next) {
		const struct addrinfo *ai = tcp->next;

		tcp->next = ai->ai_next;
		if (begin(tcp, ai) == 0)
			return;
	}
	give_up(tcp);
}

static void resolved(void *arg, struct addrinfo *list, const char *problem)
{
	struct tcp *tcp = arg;

	tcp->resolve = NULL;
	if (!list) {
		transport_lost(&tcp->t, "unknown host",
			       "%s: %s; check the name, or give the numeric address",
			       options_of(tcp)->address, problem);
		return;
	}
	tcp->list = tcp->next = list;
	try_next(tcp);
}

static void tcp_open(struct transport *t)
{
	struct tcp *tcp = (struct tcp *)t;
	struct address address;

	tcp->fd = -1;
	address_parse(options_of(tcp)->address, &address, NULL);
	tcp->list = tcp->next = address_numeric(&address, SOCK_STREAM);
	if (tcp->list)
		try_next(tcp);
	else
		tcp->resolve = resolve_new(t->loop, &address, SOCK_STREAM, resolved, tcp);
}

static void tcp_close(struct transport *t)
{
	struct tcp *tcp = (struct tcp *)t;

	resolve_free(&tcp->resolve);
	if (tcp->list) {
		stop_connecting(tcp);
		freeaddrinfo(tcp->list);
		tcp->list = NULL;
	}
	stream_close(&tcp->stream);
}

static size_t tcp_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct tcp *)t)->stream, bytes, len);
}

static void tcp_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct tcp *)t)->stream, paused);
}

static void describe(const void *options, struct buf *out)
{
	buf_add_str(out, ((const struct tcp_options *)options)->address);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct tcp_options *o = object;

	address_check(node, "tcp", o->address, true, errors);
}

static const struct conf_row rows[] = {
	{.key = "tcp",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tcp_options, address),
	 .flags = CONF_REQUIRED,
	 .help = "host:port to connect to; the host is an address or a name, IPv6 in brackets"},
	{.key = "timeout",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct tcp_options, timeout_ns),
	 .fallback = "5s",
	 .min = 10 * (double)NS_PER_MS,
	 .max = 600 * (double)NS_PER_S,
	 .help = "how long each address of the host has to accept the connection"},
	{.key = "keepalive",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct tcp_options, keepalive_ns),
	 .fallback = "15s",
	 .max = 7200 * (double)NS_PER_S,
	 .help = "silence after which the other end is probed; lost after four times that; 0s: never"},
	{.key = "nodelay",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct tcp_options, nodelay),
	 .fallback = "true",
	 .help = "send each write at once instead of gathering small ones"},
	{0},
};

static const struct conf_schema schema = {.name = "TCP connection",
					  .rows = rows,
					  .size = sizeof(struct tcp_options),
					  .check = check};

const struct transport_kind transport_tcp = {
	.name = "tcp",
	.help = "a TCP connection to a device or a serial server",
	.schema = &schema,
	.size = sizeof(struct tcp),
	.describe = describe,
	.open = tcp_open,
	.close = tcp_close,
	.write = tcp_write,
	.pause = tcp_pause,
};
