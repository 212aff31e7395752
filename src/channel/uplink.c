/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the hub; see uplink.h. */
#include "channel/uplink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "channel/catalogue.h"
#include "channel/report.h"
#include "ev/peer.h"
#include "wire/frame.h"

enum {
	UPLINK_MAGIC = 0x55706c6b,
	PROTOCOL_VERSION = 1,
	PIECE = 64 * 1024, /* how much of a backlog is handed to the socket at once */
	STREAM_LEN = 16,
};

#define RETRY_FIRST_NS (50 * NS_PER_MS)
#define RETRY_MOST_NS NS_PER_S
#define DECLARE_AGAIN_NS (10 * NS_PER_S) /* devices that another publisher has now */
#define REPORT_NS (5 * NS_PER_S)
#define FAREWELL_NS (500 * NS_PER_MS)

enum state { AWAY, GREETING, LIVE };

struct uplink {
	uint32_t magic;
	struct loop *loop;
	struct publisher *publisher;
	struct line *line;
	char *path;
	uint8_t *token;
	size_t token_len;

	enum state state;
	struct peer peer;
	struct timer retry, declare, report, farewell;
	int64_t retry_ns;
	bool is_told;        /* the log knows that the hub is away */
	bool was_live;       /* once */
	bool is_on_disk;     /* what this hub acknowledges */
	struct buf reported; /* the last Report */
	struct log_limit error_limit;

	bool is_ending;
	char *end_reason; /* until the Goodbye is out */
	void (*done)(void *arg);
	void *done_arg;
};

static const struct peer_events peer_events;

static void connect_now(void *arg);
static void declare_again(void *arg);
static void report_now(void *arg);
static void unanswered(void *arg);

struct uplink *uplink_new(struct loop *loop, struct publisher *publisher, struct line *line,
			  const char *path, const uint8_t *token, size_t token_len)
{
	struct uplink *u = xcalloc(1, sizeof *u);

	*u = (struct uplink){.magic = UPLINK_MAGIC,
			     .loop = loop,
			     .publisher = publisher,
			     .line = line,
			     .path = xstrdup(path),
			     .token = xmemdup(token, token_len),
			     .token_len = token_len,
			     .retry_ns = RETRY_FIRST_NS,
			     .error_limit = {.burst = 5, .period_ms = 10000}};
	timer_init(&u->retry, loop, connect_now, u);
	timer_init(&u->declare, loop, declare_again, u);
	timer_init(&u->report, loop, report_now, u);
	timer_init(&u->farewell, loop, unanswered, u);
	return u;
}

void uplink_free(struct uplink **uplink)
{
	struct uplink *u = *uplink;

	if (!u)
		return;
	peer_close(&u->peer);
	timer_fini(&u->retry);
	timer_fini(&u->declare);
	timer_fini(&u->report);
	timer_fini(&u->farewell);
	buf_fini(&u->reported);
	free(u->end_reason);
	free(u->path);
	free(u->token);
	u->magic = 0;
	free(u);
	*uplink = NULL;
}

void uplink_start(struct uplink *u)
{
	timer_set(&u->report, REPORT_NS);
	connect_now(u);
}

bool uplink_is_live(const struct uplink *u)
{
	return u->state == LIVE;
}

/* ---------------------------------------------------------------------------------------------
 * Connecting
 */

static int connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		fd_close(&fd);
	return fd;
}

/* Once for each time that it is away; the attempts that follow are no news. */
static void tell_away(struct uplink *u, const char *reason)
{
	if (!u->is_told && !u->is_ending)
		log_warning("the hub at %s is away (%s); events wait for it", u->path, reason);
	u->is_told = true;
}

static void try_later(struct uplink *u)
{
	timer_set(&u->retry, u->retry_ns);
	u->retry_ns *= 2;
	if (u->retry_ns > RETRY_MOST_NS)
		u->retry_ns = RETRY_MOST_NS;
}

static void pack_hello(struct uplink *u)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Hello hello = DRAGOMAN__V1__HELLO__INIT;
	char *name = xasprintf("channel %s", line_name(u->line));

	hello.version = PROTOCOL_VERSION;
	hello.name = name;
	hello.token.data = u->token;
	hello.token.len = u->token_len;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_HELLO;
	frame.hello = &hello;
	frame_pack(peer_out(&u->peer), &frame.base);
	free(name);
}

static void pack_register(struct uplink *u)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Register body = DRAGOMAN__V1__REGISTER__INIT;

	body.publisher = (char *)(uintptr_t)line_name(u->line);
	body.incarnation = publisher_incarnation(u->publisher);
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_REGISTER;
	frame.register_ = &body;
	frame_pack(peer_out(&u->peer), &frame.base);
}

static void connect_now(void *arg)
{
	struct uplink *u = arg;
	int fd = connect_socket(u->path);

	must(u->magic == UPLINK_MAGIC);
	if (fd < 0) {
		tell_away(u, strerror(errno));
		try_later(u);
		return;
	}
	peer_init(&u->peer, u->loop, fd, FRAME_MAX, &peer_events, u);
	u->state = GREETING;
	pack_hello(u);
	pack_register(u);
	catalogue_declare(u->line, peer_out(&u->peer));
	peer_flush(&u->peer);
}

static void finish(struct uplink *u)
{
	void (*done)(void *arg) = u->done;

	u->done = NULL;
	if (done)
		done(u->done_arg);
}

static void closed(void *arg, const char *reason)
{
	struct uplink *u = arg;

	must(u->magic == UPLINK_MAGIC);
	u->state = AWAY;
	timer_clear(&u->declare);
	if (u->is_ending) {
		finish(u);
		return;
	}
	tell_away(u, reason);
	try_later(u);
}

/* The hub cannot be trusted to understand us, nor we it. */
static void give_up_connection(struct uplink *u, const char *why)
{
	log_limited(&u->error_limit, LOG_ERROR, "the hub %s; connecting again", why);
	peer_close(&u->peer);
	closed(u, why);
}

/* ---------------------------------------------------------------------------------------------
 * What the hub says
 */

static void welcome(struct uplink *u, const Dragoman__V1__Welcome *body)
{
	if (body->version != PROTOCOL_VERSION)
		log_error("the hub speaks version %u of the protocol, this channel %d",
			  (unsigned)body->version, PROTOCOL_VERSION);
	u->is_on_disk = body->storage == DRAGOMAN__V1__STORAGE__STORAGE_DISK;
}

/* Whether it is a new hub, or one that took us for gone: what it knows of our states may be nothing, or
 * older than what it has acknowledged. */
static void registered(struct uplink *u, const Dragoman__V1__Registered *body)
{
	if (u->state != GREETING)
		return;
	if (publisher_rewind(u->publisher, body->received) < 0 ||
	    publisher_kept(u->publisher, body->kept, u->is_on_disk) < 0) {
		give_up_connection(u, "claims to have events that were never sent");
		return;
	}
	if (u->was_live) {
		log_info("the hub is back");
		publisher_restate(u->publisher);
	}
	u->state = LIVE;
	u->was_live = true;
	u->is_told = false;
	u->retry_ns = RETRY_FIRST_NS;
	buf_clear(&u->reported);
}

static void declared(struct uplink *u, const Dragoman__V1__Declared *body)
{
	for (size_t i = 0; i < body->n_refusals; i++) {
		const Dragoman__V1__Declared__Refusal *refusal = body->refusals[i];

		log_limited(&u->error_limit, LOG_WARNING, "the hub refuses %s: %s", refusal->device,
			    refusal->error ? refusal->error->text : "");
	}
	if (body->n_refusals)
		timer_set(&u->declare, DECLARE_AGAIN_NS);
}

static void pong(struct uplink *u, const Dragoman__V1__Ping *ping)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Pong body = DRAGOMAN__V1__PONG__INIT;

	body.data = ping->data;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_PONG;
	frame.pong = &body;
	frame_pack(peer_out(&u->peer), &frame.base);
}

/* Requests to devices are still the hub's to refuse; what else we do not know is none of our business. */
/* That it ends in order is no error; that it is away is said when it is. */
static void hub_error(struct uplink *u, const Dragoman__V1__Error *error)
{
	bool is_end = error->code == DRAGOMAN__V1__ERROR_CODE__ERROR_SHUTTING_DOWN;

	log_limited(&u->error_limit, is_end ? LOG_DEBUG : LOG_ERROR, "the hub says: %s",
		    error->text);
}

static void handle(struct uplink *u, const Dragoman__V1__Frame *frame)
{
	switch (frame->body_case) {
	case DRAGOMAN__V1__FRAME__BODY_WELCOME: welcome(u, frame->welcome); break;
	case DRAGOMAN__V1__FRAME__BODY_REGISTERED: registered(u, frame->registered); break;
	case DRAGOMAN__V1__FRAME__BODY_DECLARED: declared(u, frame->declared); break;
	case DRAGOMAN__V1__FRAME__BODY_KEPT:
		if (publisher_kept(u->publisher, frame->kept->number, frame->kept->on_disk) < 0)
			give_up_connection(u, "acknowledges events that were never sent");
		break;
	case DRAGOMAN__V1__FRAME__BODY_PING: pong(u, frame->ping); break;
	case DRAGOMAN__V1__FRAME__BODY_ERROR: hub_error(u, frame->error); break;
	default: break;
	}
}

static void frame_came(void *arg, const uint8_t *payload, size_t len)
{
	struct uplink *u = arg;
	Dragoman__V1__Frame *frame = frame_parse(payload, len);

	if (!frame) {
		give_up_connection(u, "sent what is no frame");
		return;
	}
	handle(u, frame);
	frame_free(&frame);
}

static const struct peer_events peer_events = {.frame = frame_came, .closed = closed};

/* ---------------------------------------------------------------------------------------------
 * What is said to the hub
 */

void uplink_declare(struct uplink *u)
{
	if (u->state != AWAY)
		catalogue_declare(u->line, peer_out(&u->peer));
}

static void declare_again(void *arg)
{
	uplink_declare(arg);
}

static void report_now(void *arg)
{
	struct uplink *u = arg;
	struct buf report = {0};

	timer_set(&u->report, REPORT_NS);
	publisher_rest(u->publisher);
	if (u->state != LIVE)
		return;
	report_pack(u->line, u->publisher, &report);
	if (report.len == u->reported.len &&
	    memcmp(buf_bytes(&report), buf_bytes(&u->reported), report.len) == 0) {
		buf_fini(&report);
		return;
	}
	buf_add(peer_out(&u->peer), buf_bytes(&report), report.len);
	buf_fini(&u->reported);
	u->reported = report;
}

static void pack_goodbye(struct uplink *u)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Goodbye body = DRAGOMAN__V1__GOODBYE__INIT;

	body.reason = u->end_reason;
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_GOODBYE;
	frame.goodbye = &body;
	frame_pack(peer_out(&u->peer), &frame.base);
	free(u->end_reason);
	u->end_reason = NULL;
}

/* The backlog goes out by pieces: the rest waits where it is until the socket has taken this one. A
 * Goodbye says that nothing was lost, so it waits until all that was has been said. */
void uplink_turn(struct uplink *u)
{
	bool is_more = true;

	if (u->state == AWAY)
		return;
	while (u->state == LIVE && is_more && peer_pending(&u->peer) < PIECE)
		is_more = publisher_take(u->publisher, peer_out(&u->peer), PIECE);
	if (!is_more && u->end_reason && !publisher_owes(u->publisher))
		pack_goodbye(u);
	if (peer_pending(&u->peer))
		peer_flush(&u->peer);
	if (u->is_ending && u->state == LIVE && !u->end_reason && !peer_pending(&u->peer) &&
	    !timer_is_set(&u->farewell))
		timer_set(&u->farewell, FAREWELL_NS);
}

/* The hub answers a Goodbye with what it has kept, and closes. This one does neither. */
static void unanswered(void *arg)
{
	finish(arg);
}

void uplink_end(struct uplink *u, const char *reason, void (*done)(void *arg), void *arg)
{
	u->is_ending = true;
	u->end_reason = xstrdup(reason);
	u->done = done;
	u->done_arg = arg;
	timer_clear(&u->report);
	if (u->state == AWAY) {
		timer_clear(&u->retry);
		finish(u);
	}
}
