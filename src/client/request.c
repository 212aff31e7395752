/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends; see request.h. */
#include "client/request.h"

#include "wire/frame.h"

enum { VERSION = 1 };

#define FRAME_BODY(name) DRAGOMAN__V1__FRAME__BODY_##name

void request_hello(struct buf *out, const char *name)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Hello hello = DRAGOMAN__V1__HELLO__INIT;

	hello.version = VERSION;
	hello.name = (char *)name;
	frame.body_case = FRAME_BODY(HELLO);
	frame.hello = &hello;
	frame_pack(out, &frame.base);
}

static size_t put_kinds(unsigned kinds, Dragoman__V1__Kind *out)
{
	static const Dragoman__V1__Kind of_bit[] = {
		DRAGOMAN__V1__KIND__KIND_READING,    DRAGOMAN__V1__KIND__KIND_STATE,
		DRAGOMAN__V1__KIND__KIND_RAW,        DRAGOMAN__V1__KIND__KIND_LOSS,
		DRAGOMAN__V1__KIND__KIND_AUDIT,      DRAGOMAN__V1__KIND__KIND_ASSIGNMENT,
		DRAGOMAN__V1__KIND__KIND_CLOCK_STEP,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof of_bit / sizeof of_bit[0]; i++)
		if (kinds & 1u << i)
			out[n++] = of_bit[i];
	return n;
}

/* Where each start's parts go; done and after are the caller's room. */
static void put_start(Dragoman__V1__Subscribe *subscribe, const struct dragoman_subscription *s,
		      Dragoman__V1__Done *done, Dragoman__V1__After *after)
{
	switch (s->start) {
	case DRAGOMAN_START_SNAPSHOT:
		subscribe->start_case = DRAGOMAN__V1__SUBSCRIBE__START_SNAPSHOT;
		subscribe->snapshot = done;
		break;
	case DRAGOMAN_START_AFTER:
		subscribe->start_case = DRAGOMAN__V1__SUBSCRIBE__START_AFTER;
		after->stream.data = (uint8_t *)s->place.stream;
		after->stream.len = sizeof s->place.stream;
		after->seq = s->place.seq;
		subscribe->after = after;
		break;
	case DRAGOMAN_START_TIME:
		subscribe->start_case = DRAGOMAN__V1__SUBSCRIBE__START_FROM_TIME;
		subscribe->from_time = (uint64_t)s->from_ns;
		break;
	case DRAGOMAN_START_EARLIEST:
		subscribe->start_case = DRAGOMAN__V1__SUBSCRIBE__START_EARLIEST;
		subscribe->earliest = done;
		break;
	default:
		subscribe->start_case = DRAGOMAN__V1__SUBSCRIBE__START_NOW;
		subscribe->now = done;
		break;
	}
}

/* With the start that it has already. */
static void put_subscribe(struct buf *out, uint64_t id, const struct dragoman_subscription *s,
			  Dragoman__V1__Subscribe *subscribe)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Kind kinds[8];

	subscribe->patterns = (char **)s->patterns;
	subscribe->n_patterns = s->n_patterns;
	subscribe->kinds = kinds;
	subscribe->n_kinds = put_kinds(s->kinds, kinds);
	subscribe->linger_ms = s->linger_ms;
	frame.id = id;
	frame.body_case = FRAME_BODY(SUBSCRIBE);
	frame.subscribe = subscribe;
	frame_pack(out, &frame.base);
}

void request_subscribe(struct buf *out, uint64_t id, const struct dragoman_subscription *s)
{
	Dragoman__V1__Subscribe subscribe = DRAGOMAN__V1__SUBSCRIBE__INIT;
	Dragoman__V1__Done done = DRAGOMAN__V1__DONE__INIT;
	Dragoman__V1__After after = DRAGOMAN__V1__AFTER__INIT;

	put_start(&subscribe, s, &done, &after);
	put_subscribe(out, id, s, &subscribe);
}

void request_subscribe_durable(struct buf *out, uint64_t id, const struct dragoman_subscription *s,
			       const char *name, const struct dragoman_durable *durable)
{
	Dragoman__V1__Subscribe subscribe = DRAGOMAN__V1__SUBSCRIBE__INIT;
	Dragoman__V1__Durable body = DRAGOMAN__V1__DURABLE__INIT;

	body.name = (char *)name;
	body.window = durable->window;
	body.retain_bytes = durable->retain_bytes;
	body.retain_s = durable->retain_s;
	body.earliest = s->start == DRAGOMAN_START_EARLIEST;
	body.from_time = s->start == DRAGOMAN_START_TIME ? (uint64_t)s->from_ns : 0;
	body.snapshot = s->start == DRAGOMAN_START_SNAPSHOT;
	subscribe.start_case = DRAGOMAN__V1__SUBSCRIBE__START_DURABLE;
	subscribe.durable = &body;
	put_subscribe(out, id, s, &subscribe);
}

void request_ack(struct buf *out, uint64_t seq)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Ack ack = DRAGOMAN__V1__ACK__INIT;

	ack.seq = seq;
	frame.body_case = FRAME_BODY(ACK);
	frame.ack = &ack;
	frame_pack(out, &frame.base);
}

void request_remove_subscriber(struct buf *out, uint64_t id, const char *name)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__RemoveSubscriber remove = DRAGOMAN__V1__REMOVE_SUBSCRIBER__INIT;

	remove.name = (char *)name;
	frame.id = id;
	frame.body_case = FRAME_BODY(REMOVE_SUBSCRIBER);
	frame.remove_subscriber = &remove;
	frame_pack(out, &frame.base);
}

void request_unsubscribe(struct buf *out)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Unsubscribe unsubscribe = DRAGOMAN__V1__UNSUBSCRIBE__INIT;

	frame.body_case = FRAME_BODY(UNSUBSCRIBE);
	frame.unsubscribe = &unsubscribe;
	frame_pack(out, &frame.base);
}

void request_pong(struct buf *out, const uint8_t *data, size_t len)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Pong pong = DRAGOMAN__V1__PONG__INIT;

	pong.data = (ProtobufCBinaryData){len, (uint8_t *)data};
	frame.body_case = FRAME_BODY(PONG);
	frame.pong = &pong;
	frame_pack(out, &frame.base);
}

void request_ask(struct buf *out, uint64_t id, enum request_kind kind, const char *const *patterns,
		 size_t n_patterns)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Browse browse = DRAGOMAN__V1__BROWSE__INIT;
	Dragoman__V1__Get get = DRAGOMAN__V1__GET__INIT;
	Dragoman__V1__GetStatus status = DRAGOMAN__V1__GET_STATUS__INIT;
	Dragoman__V1__Ping ping = DRAGOMAN__V1__PING__INIT;
	Dragoman__V1__ListSubscribers list = DRAGOMAN__V1__LIST_SUBSCRIBERS__INIT;

	frame.id = id;
	switch (kind) {
	case REQUEST_BROWSE:
		browse.patterns = (char **)patterns;
		browse.n_patterns = n_patterns;
		frame.body_case = FRAME_BODY(BROWSE);
		frame.browse = &browse;
		break;
	case REQUEST_GET:
		get.patterns = (char **)patterns;
		get.n_patterns = n_patterns;
		frame.body_case = FRAME_BODY(GET);
		frame.get = &get;
		break;
	case REQUEST_STATUS:
		frame.body_case = FRAME_BODY(GET_STATUS);
		frame.get_status = &status;
		break;
	case REQUEST_PING:
		frame.body_case = FRAME_BODY(PING);
		frame.ping = &ping;
		break;
	case REQUEST_SUBSCRIBERS:
		frame.body_case = FRAME_BODY(LIST_SUBSCRIBERS);
		frame.list_subscribers = &list;
		break;
	}
	frame_pack(out, &frame.base);
}
