/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP port that one device connects to (a serial server in client mode, a logger that calls home).
 *
 *	open -> waiting -> a device connects -> open -> it hangs up, or another one takes its place -> lost
 *
 * The port goes on listening over a loss, so that a device that comes back before the channel has opened
 * the line again waits instead of being refused.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/address.h"
#include "transport/kind.h"
#include "transport/stream.h"
#include "transport/tcp.h"

enum second { SECOND_REPLACES, SECOND_REFUSED };

struct listen_options {
	char *address;
	struct conf_texts from;
	int second;
	int64_t keepalive_ns;
	bool nodelay;
};

enum { BACKLOG = 4 };

struct listener {
	struct transport t;
	struct stream stream;
	int fd; /* that listens; only while io.loop is set */
	struct io io;
	bool has_next; /* a device that replaces the last one waits for the next open */
	int next_fd;
	struct sockaddr_storage next_sa;
	struct log_limit limit;
};

static const struct listen_options *options_of(const struct listener *l)
{
	return l->t.options;
}

static void ended(struct transport *t, int error)
{
	if (error == 0 || error == ECONNRESET || error == EPIPE)
		transport_lost(t, address_reason(error), "the device closed the connection");
	else
		transport_lost(t, address_reason(error), "the connection is lost: %s",
			       strerror(error));
}

static const struct stream_ops stream_ops = {.ended = ended};

static void take_up(struct listener *l, int fd, const struct sockaddr_storage *sa)
{
	const struct listen_options *o = options_of(l);
	char text[ADDRESS_TEXT_SIZE];

	tcp_tune(fd, o->keepalive_ns, o->nodelay);
	stream_open(&l->stream, &l->t, fd, fd, &stream_ops);
	transport_opened(&l->t, "%s connected to %s",
			 address_text((const struct sockaddr *)sa, sizeof *sa, text), o->address);
}

/* Whether the host of the address is one of those that may connect. */
static bool is_allowed(const struct listener *l, const char *text)
{
	const struct listen_options *o = options_of(l);
	size_t len = (size_t)(strrchr(text, ':') - text);

	for (size_t i = 0; i < o->from.n; i++) {
		const char *host = o->from.list[i];

		/* "[::1]" is compared without its brackets. */
		if ((strlen(host) == len && !memcmp(host, text, len)) ||
		    (text[0] == '[' && strlen(host) == len - 2 && !memcmp(host, text + 1, len - 2)))
			return true;
	}
	return o->from.n == 0;
}

static void refuse(struct listener *l, int fd, const char *text, const char *why)
{
	log_limited(&l->limit, LOG_WARNING, "%s refused: %s", text, why);
	fd_close(&fd);
}

static void replace(struct listener *l, int fd, const struct sockaddr_storage *sa, const char *text)
{
	l->has_next = true;
	l->next_fd = fd;
	l->next_sa = *sa;
	transport_lost(&l->t, "replaced", "%s connected and takes the place of the device before",
		       text);
}

static void acceptable(void *arg, unsigned events)
{
	struct listener *l = arg;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof sa;
	char text[ADDRESS_TEXT_SIZE];
	int fd = accept4(l->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return; /* it has gone again */
	address_text((struct sockaddr *)&sa, len, text);
	if (!is_allowed(l, text))
		refuse(l, fd, text, "it is not among the addresses in `from`");
	else if (l->t.state == TRANSPORT_OPENING)
		take_up(l, fd, &sa);
	else if (options_of(l)->second == SECOND_REFUSED)
		refuse(l, fd, text, "another device is connected");
	else
		replace(l, fd, &sa, text);
}

/* The listening descriptor, or -1 with errno. */
static int make_listener(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		fd_close(&fd);
	return fd;
}

static int start_listening(struct listener *l)
{
	struct address address;
	struct addrinfo *list;

	address_parse(options_of(l)->address, &address, NULL);
	list = address_numeric(&address, SOCK_STREAM);
	if (!list) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	l->fd = make_listener(list);
	freeaddrinfo(list);
	if (l->fd < 0)
		return -1;
	io_init(&l->io, l->t.loop, l->fd, acceptable, l);
	l->limit = (struct log_limit){.burst = 3, .period_ms = 60000};
	return 0;
}

static void fail(struct listener *l, int error)
{
	const char *address = options_of(l)->address;

	if (error == EADDRINUSE)
		transport_lost(&l->t, "busy", "another program listens on %s already", address);
	else if (error == EACCES)
		transport_lost(
			&l->t, "no permission",
			"cannot listen on %s: ports below 1024 are reserved; choose a higher one",
			address);
	else
		transport_lost(&l->t, "failed", "cannot listen on %s: %s", address,
			       strerror(error));
}

static void say_waiting(struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char text[ADDRESS_TEXT_SIZE] = "?";

	if (getsockname(l->fd, (struct sockaddr *)&sa, &len) == 0)
		address_text((struct sockaddr *)&sa, len, text);
	transport_waiting(&l->t, "for a device on %s", text);
}

static void listen_open(struct transport *t)
{
	struct listener *l = (struct listener *)t;

	if (!l->io.loop && start_listening(l) < 0) {
		fail(l, errno);
		return;
	}
	io_want(&l->io, IO_READ);
	if (l->has_next) {
		l->has_next = false;
		take_up(l, l->next_fd, &l->next_sa);
	} else {
		say_waiting(l);
	}
}

static void listen_hang_up(struct transport *t)
{
	struct listener *l = (struct listener *)t;

	stream_close(&l->stream);
	if (l->io.loop)
		io_want(&l->io, 0);
}

static void listen_close(struct transport *t)
{
	struct listener *l = (struct listener *)t;

	listen_hang_up(t);
	if (!l->io.loop)
		return;
	io_fini(&l->io);
	fd_close(&l->fd);
	if (l->has_next)
		fd_close(&l->next_fd);
	l->has_next = false;
}

static size_t listen_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct listener *)t)->stream, bytes, len);
}

static void listen_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct listener *)t)->stream, paused);
}

static void describe(const void *options, struct buf *out)
{
	buf_add_str(out, ((const struct listen_options *)options)->address);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct listen_options *o = object;
	struct address address;
	struct addrinfo *list;

	address_check(node, "listen", o->address, false, errors);
	if (!o->address || address_parse(o->address, &address, NULL) < 0)
		return;
	list = address_numeric(&address, SOCK_STREAM);
	if (list)
		freeaddrinfo(list);
	else
		conf_error(
			errors, conf_get(node, "listen"),
			"'%s' is a name; expected a numeric address of this machine, or :port for "
			"all of them",
			address.host);
}

static const char *const seconds[] =
	{[SECOND_REPLACES] = "replaces", [SECOND_REFUSED] = "refused", NULL};

static const struct conf_row rows[] = {
	{.key = "listen",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct listen_options, address),
	 .flags = CONF_REQUIRED,
	 .help = "address:port that the device connects to; :port listens on all addresses"},
	{.key = "from",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct listen_options, from),
	 .help = "numeric addresses that may connect; any if left out"},
	{.key = "second",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct listen_options, second),
	 .choices = seconds,
	 .fallback = "replaces",
	 .help = "a connection while there is one: takes its place (a device that restarted), or is "
		 "refused"},
	{.key = "keepalive",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct listen_options, keepalive_ns),
	 .fallback = "15s",
	 .max = 7200 * (double)NS_PER_S,
	 .help = "silence after which the device is probed; lost after four times that; 0s: never"},
	{.key = "nodelay",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct listen_options, nodelay),
	 .fallback = "true",
	 .help = "send each write at once instead of gathering small ones"},
	{0},
};

static const struct conf_schema schema = {.name = "TCP listener",
					  .rows = rows,
					  .size = sizeof(struct listen_options),
					  .check = check};

const struct transport_kind transport_listen = {
	.name = "listen",
	.help = "a TCP port that a device connects to",
	.schema = &schema,
	.size = sizeof(struct listener),
	.describe = describe,
	.open = listen_open,
	.close = listen_close,
	.hang_up = listen_hang_up,
	.write = listen_write,
	.pause = listen_pause,
};
