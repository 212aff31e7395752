/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: reading frames, writing runs of the log; see client.h. */
#include "hub/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "hub/durable.h"
#include "hub/feed.h"
#include "hub/hub.h"
#include "hub/requests.h"
#include "hub/walk.h"

/* CLIENT_READ_SIZE: requests are short, and what one who does not take the answers has sent is kept.
 * OUT_PAUSE: so much is waiting to be written that no more is asked for. CLOSE_S: how long the other
 * side may take to close after its last Error. */
enum {
	CLIENT_MAGIC = 0x436c6e74,
	CLIENT_READ_SIZE = 16 * 1024,
	OUT_PAUSE = 64 * 1024,
	CLOSE_S = 2,
};

/* ---- What is wanted of the socket, and in which list the client is ---- */

static void want(struct client *client)
{
	io_want(&client->io, (client->is_paused ? 0 : IO_READ) |
				     (client->state == CLIENT_BLOCKED ? IO_WRITE : 0));
}

static bool is_subscribed(const struct client *client)
{
	return client->cursor.filter;
}

static struct client_list *resting_list(const struct client *client)
{
	struct filter *filter = client->cursor.filter;

	return client->durable ? &filter->durable : &filter->resting;
}

/* Takes it out of the list of its state. */
static void unlist(struct client *client)
{
	struct hub *hub = client->hub;

	if (client->state == CLIENT_READY)
		TAILQ_REMOVE(&hub->ready, client, link);
	else if (client->state == CLIENT_LINGERING)
		linger_remove(&hub->lingering, client, client->linger_slot);
	else if (client->state == CLIENT_RESTING && is_subscribed(client))
		TAILQ_REMOVE(resting_list(client), client, link);
}

/* Who is given much from disk comes behind those who are given what is new. */
static void enlist_ready(struct client *client)
{
	client->state = CLIENT_READY;
	if (client->cold)
		TAILQ_INSERT_TAIL(&client->hub->ready, client, link);
	else
		TAILQ_INSERT_HEAD(&client->hub->ready, client, link);
}

void client_ready(struct client *client)
{
	if (client->state == CLIENT_READY || client->state == CLIENT_BLOCKED)
		return;
	if (client->state == CLIENT_RESTING)
		client->cursor.next = feed_limit(client) + 1;
	unlist(client);
	enlist_ready(client);
}

void client_wake(struct client *client, uint64_t seq)
{
	must(client->state == CLIENT_RESTING && is_subscribed(client));
	unlist(client);
	client->cursor.next = seq;
	if (!client->linger_ms) {
		enlist_ready(client);
		return;
	}
	client->state = CLIENT_LINGERING;
	client->linger_slot = linger_add(&client->hub->lingering, client, client->linger_ms);
}

/* Nothing is left to be sent. */
static void rest(struct client *client)
{
	client->state = CLIENT_RESTING;
	if (is_subscribed(client))
		TAILQ_INSERT_TAIL(resting_list(client), client, link);
}

void client_subscribe(struct client *client, struct filter *filter, uint64_t next,
		      struct durable *durable)
{
	client_ready(client);
	client->cursor = (struct cursor){.filter = filter, .next = next};
	client->durable = durable;
	client->told = next - 1;
	client->told_s = client->hub->now_s;
}

void client_unsubscribe(struct client *client)
{
	client_ready(client);
	feed_end(client);
	filters_release(&client->hub->filters, &client->cursor.filter);
}

uint64_t client_place(const struct client *client)
{
	return client->state == CLIENT_RESTING ? feed_limit(client) : client->cursor.next - 1;
}

/* ---- Birth and death ---- */

static void io_ready(void *arg, unsigned events);

static void set_up_socket(const struct client *client)
{
	int one = 1;

	fd_set_nonblocking(client->io.fd, true);
	if (!client->is_tcp)
		return;
	setsockopt(client->io.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(client->io.fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

struct client *client_new(struct hub *hub, int fd, bool is_tcp, bool is_read_only)
{
	struct client *client = xcalloc(1, sizeof *client);

	client->magic = CLIENT_MAGIC;
	client->hub = hub;
	client->id = ++hub->last_client;
	client->since = clock_wall_ns();
	client->heard_s = client->moved_s = client->told_s = hub->now_s;
	client->is_tcp = is_tcp;
	client->is_read_only = is_read_only;
	io_init(&client->io, hub->loop, fd, io_ready, client);
	set_up_socket(client);
	want(client);
	TAILQ_INSERT_TAIL(&hub->clients, client, all);
	hub->n_clients++;
	hub->n_strangers++;
	return client;
}

void client_speaks_for(struct client *client, struct publisher *publisher)
{
	client->hub->n_strangers += !publisher && client->publisher;
	client->hub->n_strangers -= publisher && !client->publisher;
	client->publisher = publisher;
}

void client_free(struct client **client_p)
{
	struct client *client = *client_p;
	int fd = client->io.fd;

	*client_p = NULL;
	must(client->magic == CLIENT_MAGIC);
	if (client->publisher)
		publisher_disconnected(client->publisher, client);
	client_speaks_for(client, NULL);
	walk_end(client);
	subscribe_cancel(client);
	durables_forget(&client->hub->durables, client);
	unlist(client);
	client->state = CLIENT_READY; /* in no list */
	feed_end(client);
	filters_release(&client->hub->filters, &client->cursor.filter);
	TAILQ_REMOVE(&client->hub->clients, client, all);
	client->hub->n_clients--;
	client->hub->n_strangers--;
	io_fini(&client->io);
	fd_close(&fd);
	buf_fini(&client->in);
	buf_fini(&client->out);
	free(client->name);
	client->magic = 0;
	free(client);
}

/* ---- Replies ---- */

void client_reply(struct client *client, uint64_t id, Dragoman__V1__Frame *frame)
{
	if (client->is_closing)
		return;
	frame->id = id;
	frame_pack(&client->out, &frame->base);
	client_ready(client);
}

static void reply_error(struct client *client, uint64_t id, Dragoman__V1__ErrorCode code,
			char *text, bool closing)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Error error = DRAGOMAN__V1__ERROR__INIT;

	client->hub->refused_frames++;
	error.code = code;
	error.text = text;
	error.closing = closing;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_ERROR;
	frame.error = &error;
	client_reply(client, id, &frame);
}

void client_refuse(struct client *client, uint64_t id, Dragoman__V1__ErrorCode code,
		   const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	reply_error(client, id, code, text, false);
}

void client_fail(struct client *client, uint64_t id, Dragoman__V1__ErrorCode code, const char *fmt,
		 ...)
{
	static struct log_limit limit = {.burst = 10, .period_ms = 10000};
	char you[CLIENT_TEXT_SIZE], address[CLIENT_TEXT_SIZE], text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	reply_error(client, id, code, text, true);
	log_limited(&limit, LOG_INFO, "client %s (%s): %s; closing", client_you(client, you),
		    client_address(client, address), text);
	client_hang_up(client);
}

void client_hang_up(struct client *client)
{
	if (client->is_closing)
		return;
	walk_end(client);
	subscribe_cancel(client);
	if (is_subscribed(client))
		client_unsubscribe(client);
	client_ready(client);
	client->is_closing = true;
	client->moved_s = client->hub->now_s;
}

/* ---- Reading ---- */

static size_t max_frame(const struct client *client)
{
	return client->publisher ? FRAME_MAX : client->hub->settings.max_frame_in;
}

/* So much is under way to the client that its next request has to wait. */
static bool is_full(const struct client *client)
{
	return client->walk || client->out.len >= OUT_PAUSE ||
	       (client->publisher && storage_is_pressed(&client->hub->storage));
}

static void fail_frame(struct client *client, ssize_t verdict)
{
	if (verdict == FRAME_TOO_LONG)
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_TOO_LONG,
			    "a frame from this client has at most %zu bytes", max_frame(client));
	else
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "not a frame: before each stands its length, a varint of at most 5 "
			    "bytes");
}

/* Handles the whole frames in bytes; returns how many bytes are done with. */
static size_t split(struct client *client, const uint8_t *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && !client->is_closing && !is_full(client)) {
		const uint8_t *payload;
		size_t payload_len;
		ssize_t used =
			frame_next(bytes + at, len - at, max_frame(client), &payload, &payload_len);

		if (used < 0)
			fail_frame(client, used);
		if (used <= 0)
			break;
		request_handle(client, payload, payload_len);
		at += (size_t)used;
	}
	return client->is_closing ? len : at;
}

/* len bytes stand in the shared buffer, the first of them left over from before. */
static void handle(struct client *client, size_t len)
{
	size_t used = split(client, client->hub->receive, len);

	buf_clear(&client->in);
	buf_add(&client->in, client->hub->receive + used, len - used);
	buf_trim(&client->in);
	client->is_paused = !client->is_closing && is_full(client);
	want(client);
}

static size_t take_left_over(struct client *client)
{
	struct hub *hub = client->hub;

	must(client->in.len <= hub->receive_size - HUB_READ_SIZE);
	if (client->in.len)
		memcpy(hub->receive, buf_bytes(&client->in), client->in.len);
	return client->in.len;
}

static void readable(struct client *client)
{
	struct hub *hub = client->hub;
	size_t left = take_left_over(client);
	size_t room = client->publisher ? HUB_READ_SIZE : CLIENT_READ_SIZE;
	ssize_t n = recv(client->io.fd, hub->receive + left, room, 0);

	if (n > 0) {
		client->heard_s = hub->now_s;
		client->is_pinged = false;
		handle(client, left + (size_t)n);
		hub_deliver_early(hub);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		client_free(&client);
	}
}

static void io_ready(void *arg, unsigned events)
{
	struct client *client = arg;

	must(client->magic == CLIENT_MAGIC);
	if (events & IO_WRITE && client->state == CLIENT_BLOCKED) {
		enlist_ready(client);
		want(client);
	}
	if (events & IO_READ)
		readable(client);
}

/* ---- Writing ---- */

void client_put_gap(struct client *client, uint64_t first, uint64_t last, const char *reason)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Gap gap = DRAGOMAN__V1__GAP__INIT;

	gap.first = first;
	gap.last = last;
	gap.reason = (char *)(uintptr_t)reason; /* protobuf-c knows no const */
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_GAP;
	frame.gap = &gap;
	frame_pack(&client->out, &frame.base);
	client->gaps++;
	if (!client->durable)
		return;
	client->durable->gaps++;
	client->given = last; /* its place does not move over it without an Ack */
}

/* Replies first, then the log. Returns the bytes sent, or -1 with errno. */
static ssize_t send_all(const struct client *client, const struct gather *gather)
{
	struct iovec pieces[GATHER_PIECES + 1];
	struct msghdr message = {.msg_iov = pieces};

	if (client->out.len)
		pieces[message.msg_iovlen++] =
			(struct iovec){buf_bytes(&client->out), client->out.len};
	memcpy(pieces + message.msg_iovlen, gather->pieces, gather->n * sizeof *pieces);
	message.msg_iovlen += gather->n;
	if (message.msg_iovlen == 1) /* the usual case, and a little cheaper */
		return send(client->io.fd, pieces[0].iov_base, pieces[0].iov_len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	return message.msg_iovlen ? sendmsg(client->io.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT)
				  : 0;
}

static void sent(struct client *client, const struct gather *gather, size_t n)
{
	size_t replies = n < client->out.len ? n : client->out.len;

	if (n)
		client->moved_s = client->hub->now_s;
	buf_consume(&client->out, replies);
	buf_trim(&client->out);
	feed_sent(client, gather, n - replies);
}

/* After the last Error: the other side sees the end of the stream, and may take its time. */
static void shut(struct client *client)
{
	if (!client->is_shut)
		shutdown(client->io.fd, SHUT_WR);
	client->is_shut = true;
}

/* What is done with after a write: go on at once, later, or rest. */
static void settle(struct client *client)
{
	enum feed_state feed = FEED_DONE;

	if (client->out.len || client->walk)
		feed = FEED_MORE;
	else if (is_subscribed(client))
		feed = feed_go_on(client);
	if (feed == FEED_MORE)
		client->state = CLIENT_BLOCKED;
	else if (feed == FEED_WAITS)
		client->state = CLIENT_WAITING;
	else
		rest(client);
	if (client->state == CLIENT_BLOCKED)
		feed_blocks(client);
	if (client->is_closing && !client->out.len)
		shut(client);
	want(client);
}

/* Reads on in what was left, once the answer to the last request is away. */
static void resume(struct client *client)
{
	client->is_paused = false;
	handle(client, take_left_over(client));
}

void client_deliver(struct client *client)
{
	static const struct gather nothing;
	const struct gather *gather = &nothing;
	ssize_t n;

	client->state = CLIENT_BLOCKED; /* in no list; replies need not wake it */
	walk_go(client);
	if (is_subscribed(client) && !client->walk)
		gather = feed_next(client);
	n = send_all(client, gather);
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
		client_free(&client);
		return;
	}
	if (n < 0)
		client->moved_s =
			client->hub->now_s; /* full since now: a BLOCKED one is not written to */
	sent(client, gather, n > 0 ? (size_t)n : 0);
	if (client->is_paused && !is_full(client))
		resume(client);
	settle(client);
}

/* ---- Once a second ---- */

/* Both were cut to whole seconds: only one more makes sure. */
static bool is_over(uint32_t now_s, uint32_t since_s, int64_t limit_ns)
{
	return limit_ns && ((int64_t)(now_s - since_s) - 1) * NS_PER_S >= limit_ns;
}

static void put_position(struct client *client, uint64_t place)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Position position = DRAGOMAN__V1__POSITION__INIT;

	position.seq = place;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_POSITION;
	frame.position = &position;
	client_reply(client, 0, &frame);
}

/* Whoever was given something lately knows its place; to the others it is told, if it has moved. */
static void sweep_subscriber(struct client *client)
{
	struct hub *hub = client->hub;
	uint64_t place = client_place(client);
	uint32_t quiet_since_s =
		client->moved_s > client->told_s ? client->moved_s : client->told_s;

	if (client->state == CLIENT_BLOCKED &&
	    is_over(hub->now_s, client->moved_s, hub->settings.slow_timeout_ns)) {
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_SLOW,
			    "nothing was read for %lld s",
			    (long long)(hub->settings.slow_timeout_ns / NS_PER_S));
		return;
	}
	feed_sweep(client);
	if ((client->state != CLIENT_RESTING && client->state != CLIENT_WAITING) ||
	    place == client->told || hub->now_s - quiet_since_s < client->position_every_s)
		return;
	client->told = place;
	client->told_s = hub->now_s;
	put_position(client, place);
	/* All that it was given is acknowledged: so is what did not concern it. */
	if (client->durable && client->durable->place >= client->given)
		durable_ack(client->durable, place);
}

static void ping(struct client *client)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Ping message = DRAGOMAN__V1__PING__INIT;

	frame.body_case = DRAGOMAN__V1__FRAME__BODY_PING;
	frame.ping = &message;
	client_reply(client, 0, &frame);
	client->is_pinged = true;
	client->heard_s = client->hub->now_s;
}

/* Whoever takes a long answer slowly is not read from meanwhile, and is not silent. */
static void sweep_silent(struct client *client)
{
	int64_t limit_ns = client->hub->settings.idle_timeout_ns;
	uint32_t since_s = client->heard_s > client->moved_s ? client->heard_s : client->moved_s;

	if (!is_over(client->hub->now_s, since_s, limit_ns))
		return;
	if (client->has_hello && !client->is_pinged)
		ping(client);
	else
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_IDLE,
			    "silent for %lld s; a connection without a subscription answers a "
			    "Ping",
			    (long long)(limit_ns / NS_PER_S));
}

void client_sweep(struct client *client)
{
	if (client->is_closing) {
		if (client->hub->now_s - client->moved_s >= CLOSE_S)
			client_free(&client);
	} else if (is_subscribed(client)) {
		sweep_subscriber(client);
	} else {
		sweep_silent(client);
	}
}

/* ---- For people ---- */

const char *client_you(const struct client *client, char out[CLIENT_TEXT_SIZE])
{
	snprintf(out, CLIENT_TEXT_SIZE, "#%llu", (unsigned long long)client->id);
	return out;
}

const char *client_address(const struct client *client, char out[CLIENT_TEXT_SIZE])
{
	struct sockaddr_in6 address = {0};
	struct ucred peer = {0};
	socklen_t size = client->is_tcp ? sizeof address : sizeof peer;
	char host[INET6_ADDRSTRLEN] = "?";
	const void *bytes = &address.sin6_addr;

	if (!client->is_tcp) {
		if (getsockopt(client->io.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
			snprintf(out, CLIENT_TEXT_SIZE, "unix");
		else
			snprintf(out, CLIENT_TEXT_SIZE, "unix uid %u pid %d", peer.uid, peer.pid);
		return out;
	}
	getpeername(client->io.fd, (struct sockaddr *)&address, &size);
	if (address.sin6_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)&address)->sin_addr;
	inet_ntop(address.sin6_family, bytes, host, sizeof host);
	snprintf(out, CLIENT_TEXT_SIZE, address.sin6_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(address.sin6_port));
	return out;
}
