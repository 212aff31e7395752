/* SPDX-License-Identifier: Apache-2.0 */
/* libdragoman against a gateway that the test plays itself, on a local socket, in the same thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/server.h"
#include "dragoman/client.h"
#include "wire/frame.h"

#define FRAME_BODY(name) DRAGOMAN__V1__FRAME__BODY_##name

static const uint8_t stream_a[16] = "stream a........", stream_b[16] = "stream b........";

/* The gateway's side, and the client that is tested. */
struct fixture {
	char directory[64], path[80];
	int listener, fd;
	struct buf in;
	struct dragoman *d;
	Dragoman__V1__Frame *frame; /* the last one that the client sent */
};

static void listen_again(struct fixture *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "%s", f->path);
	unlink(f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(f->listener, 5), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	snprintf(f->directory, sizeof f->directory, "/tmp/dragoman-client-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof f->path, "%s/socket", f->directory);
	f->fd = -1;
	listen_again(f);
	f->d = dragoman_new(f->path);
	dragoman_set_retry(f->d, 1, 5);
	*state = f;
	return 0;
}

static void hang_up(struct fixture *f)
{
	fd_close(&f->fd);
	buf_fini(&f->in);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	dragoman_free(&f->d);
	frame_free(&f->frame);
	hang_up(f);
	fd_close(&f->listener);
	unlink(f->path);
	rmdir(f->directory);
	free(f);
	return 0;
}

/* Steps the client until it has connected to the test. */
static void take_call(struct fixture *f)
{
	fd_close(&f->fd);
	dragoman_step(f->d);
	f->fd = accept(f->listener, NULL, NULL);
	assert_true(f->fd >= 0);
	dragoman_step(f->d);
}

/* The next frame from the client; it must be of that kind. */
static const Dragoman__V1__Frame *heard(struct fixture *f, Dragoman__V1__Frame__BodyCase body)
{
	const uint8_t *payload;
	size_t len;
	ssize_t used;

	while ((used = frame_next(buf_bytes(&f->in), f->in.len, FRAME_MAX, &payload, &len)) == 0) {
		ssize_t n = read(f->fd, buf_room(&f->in, 4096), 4096);

		assert_true(n > 0);
		buf_grown(&f->in, (size_t)n);
	}
	assert_true(used > 0);
	frame_free(&f->frame);
	f->frame = frame_parse(payload, len);
	assert_non_null(f->frame);
	assert_int_equal(f->frame->body_case, body);
	buf_consume(&f->in, (size_t)used);
	return f->frame;
}

static void say(struct fixture *f, const Dragoman__V1__Frame *frame)
{
	struct buf out = {0};

	frame_pack(&out, &frame->base);
	assert_int_equal(fd_write_all(f->fd, buf_bytes(&out), out.len), 0);
	buf_fini(&out);
}

static void say_welcome(struct fixture *f)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Welcome welcome = DRAGOMAN__V1__WELCOME__INIT;

	welcome.version = 1;
	welcome.gateway = (char *)"test";
	welcome.storage = DRAGOMAN__V1__STORAGE__STORAGE_MEMORY;
	frame.body_case = FRAME_BODY(WELCOME);
	frame.welcome = &welcome;
	say(f, &frame);
}

static void say_subscribed(struct fixture *f, uint64_t id, const uint8_t *stream, uint64_t place)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Subscribed subscribed = DRAGOMAN__V1__SUBSCRIBED__INIT;

	subscribed.stream = (ProtobufCBinaryData){16, (uint8_t *)stream};
	subscribed.place = place;
	frame.id = id;
	frame.body_case = FRAME_BODY(SUBSCRIBED);
	frame.subscribed = &subscribed;
	say(f, &frame);
}

static void fill_reading(Dragoman__V1__Event *event, Dragoman__V1__Reading *reading)
{
	event->device = (char *)"scale";
	event->publisher = (char *)"line";
	event->body_case = DRAGOMAN__V1__EVENT__BODY_READING;
	event->reading = reading;
}

static void say_reading(struct fixture *f, uint64_t seq, double weight)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;
	Dragoman__V1__Value value = DRAGOMAN__V1__VALUE__INIT, *values = &value;

	value.tag = (char *)"weight";
	value.value_case = DRAGOMAN__V1__VALUE__VALUE_NUMBER;
	value.number = weight;
	reading.n_values = 1;
	reading.values = &values;
	fill_reading(&event, &reading);
	frame.seq = seq;
	frame.device_id = 7;
	frame.body_case = FRAME_BODY(EVENT);
	frame.event = &event;
	say(f, &frame);
}

static void say_snapshot(struct fixture *f, uint64_t seq)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Snapshot snapshot = DRAGOMAN__V1__SNAPSHOT__INIT;
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;

	fill_reading(&event, &reading);
	snapshot.event = &event;
	snapshot.stale = true;
	snapshot.reason = (char *)"unplugged";
	frame.seq = seq;
	frame.body_case = FRAME_BODY(SNAPSHOT);
	frame.snapshot = &snapshot;
	say(f, &frame);
}

static void say_gap(struct fixture *f, uint64_t first, uint64_t last)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Gap gap = DRAGOMAN__V1__GAP__INIT;

	gap.first = first;
	gap.last = last;
	gap.reason = (char *)"another stream";
	frame.body_case = FRAME_BODY(GAP);
	frame.gap = &gap;
	say(f, &frame);
}

static void say_error(struct fixture *f, uint64_t id, Dragoman__V1__ErrorCode code, bool closing)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Error error = DRAGOMAN__V1__ERROR__INIT;

	error.code = code;
	error.text = (char *)"because";
	error.closing = closing;
	frame.id = id;
	frame.body_case = FRAME_BODY(ERROR);
	frame.error = &error;
	say(f, &frame);
}

static void say_device(struct fixture *f, uint64_t id, const char *name, bool more)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Catalogue catalogue = DRAGOMAN__V1__CATALOGUE__INIT;
	Dragoman__V1__Device device = DRAGOMAN__V1__DEVICE__INIT, *devices = &device;

	device.name = (char *)name;
	catalogue.n_devices = 1;
	catalogue.devices = &devices;
	catalogue.more = more;
	frame.id = id;
	frame.body_case = FRAME_BODY(CATALOGUE);
	frame.catalogue = &catalogue;
	say(f, &frame);
}

/* The next event, within a second; it must be of that kind. */
static const struct dragoman_event *next(struct fixture *f, enum dragoman_event_kind kind)
{
	const struct dragoman_event *event = dragoman_next(f->d, 1000);

	assert_non_null(event);
	assert_int_equal(event->kind, kind);
	return event;
}

static void connect_client(struct fixture *f)
{
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	say_welcome(f);
	next(f, DRAGOMAN_EVENT_CONNECTED);
}

/* Subscribes, and answers with that place. */
static void subscribe(struct fixture *f, enum dragoman_start start, uint64_t place)
{
	const struct dragoman_subscription s = {.start = start};
	uint64_t id;

	dragoman_subscribe(f->d, &s);
	id = heard(f, FRAME_BODY(SUBSCRIBE))->id;
	say_subscribed(f, id, stream_a, place);
	next(f, DRAGOMAN_EVENT_SUBSCRIBED);
}

static void hello_and_subscribe_go_out_together(void **state)
{
	struct fixture *f = *state;
	const char *patterns[] = {"hall2/#", "scale"};
	const struct dragoman_subscription s = {.patterns = patterns,
						.n_patterns = 2,
						.kinds = DRAGOMAN_READINGS | DRAGOMAN_RAWS,
						.start = DRAGOMAN_START_SNAPSHOT};
	const Dragoman__V1__Frame *frame;
	uint64_t id;

	dragoman_set_name(f->d, "tester");
	id = dragoman_subscribe(f->d, &s);
	take_call(f);
	frame = heard(f, FRAME_BODY(HELLO));
	assert_int_equal(frame->hello->version, 1);
	assert_string_equal(frame->hello->name, "tester");
	frame = heard(f, FRAME_BODY(SUBSCRIBE));
	assert_int_equal(frame->id, id);
	assert_int_equal(frame->subscribe->n_patterns, 2);
	assert_string_equal(frame->subscribe->patterns[0], "hall2/#");
	assert_int_equal(frame->subscribe->n_kinds, 2);
	assert_int_equal(frame->subscribe->kinds[1], DRAGOMAN__V1__KIND__KIND_RAW);
	assert_int_equal(frame->subscribe->start_case, DRAGOMAN__V1__SUBSCRIBE__START_SNAPSHOT);
}

static void readings_come_with_their_values(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;
	struct dragoman_place place;

	connect_client(f);
	assert_string_equal(dragoman_welcome(f->d)->gateway, "test");
	assert_false(dragoman_get_place(f->d, &place));
	subscribe(f, DRAGOMAN_START_NOW, 10);
	say_reading(f, 11, 1.5);
	event = next(f, DRAGOMAN_EVENT_READING);
	assert_int_equal(event->seq, 11);
	assert_int_equal(event->device_id, 7);
	assert_string_equal(event->device, "scale");
	assert_int_equal(event->as.reading.n_values, 1);
	assert_string_equal(event->as.reading.values[0].tag, "weight");
	assert_int_equal(event->as.reading.values[0].type, DRAGOMAN_VALUE_NUMBER);
	assert_true(event->as.reading.values[0].as.number == 1.5);
	assert_false(event->as.reading.snapshot);
	assert_true(dragoman_get_place(f->d, &place));
	assert_int_equal(place.seq, 11);
	assert_memory_equal(place.stream, stream_a, 16);
	assert_null(dragoman_next(f->d, 0));
}

static void a_lost_connection_resumes_behind_what_was_taken(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;
	const Dragoman__V1__Frame *frame;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, 10);
	say_reading(f, 11, 1);
	say_reading(f, 14, 2);
	hang_up(f);
	/* What had come is given before the loss is told. */
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 11);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 14);
	event = next(f, DRAGOMAN_EVENT_LOST);
	assert_int_equal(event->as.lost.code, DRAGOMAN_E_LOST);
	assert_int_equal(event->as.lost.failures, 1);
	assert_true(event->as.lost.retry_in_ms >= 0);

	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	frame = heard(f, FRAME_BODY(SUBSCRIBE));
	assert_int_equal(frame->subscribe->start_case, DRAGOMAN__V1__SUBSCRIBE__START_AFTER);
	assert_int_equal(frame->subscribe->after->seq, 14);
	assert_memory_equal(frame->subscribe->after->stream.data, stream_a, 16);
}

static void another_stream_keeps_the_old_place_until_its_gap(void **state)
{
	struct fixture *f = *state;
	const Dragoman__V1__Frame *frame;
	struct dragoman_place place;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, 10);
	hang_up(f);
	next(f, DRAGOMAN_EVENT_LOST);
	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	frame = heard(f, FRAME_BODY(SUBSCRIBE));
	say_welcome(f);
	say_subscribed(f, frame->id, stream_b, 3);
	next(f, DRAGOMAN_EVENT_CONNECTED);
	next(f, DRAGOMAN_EVENT_SUBSCRIBED);
	assert_true(dragoman_get_place(f->d, &place));
	assert_memory_equal(place.stream, stream_a, 16);
	say_gap(f, 0, 3);
	assert_int_equal(next(f, DRAGOMAN_EVENT_GAP)->as.gap.last, 3);
	assert_true(dragoman_get_place(f->d, &place));
	assert_memory_equal(place.stream, stream_b, 16);
	assert_int_equal(place.seq, 3);
}

static void half_a_snapshot_is_asked_for_again(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_SNAPSHOT, 10);
	say_snapshot(f, 4);
	event = next(f, DRAGOMAN_EVENT_READING);
	assert_true(event->as.reading.snapshot && event->as.reading.stale);
	assert_string_equal(event->as.reading.stale_reason, "unplugged");
	hang_up(f);
	next(f, DRAGOMAN_EVENT_LOST);
	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	assert_int_equal(heard(f, FRAME_BODY(SUBSCRIBE))->subscribe->start_case,
			 DRAGOMAN__V1__SUBSCRIBE__START_SNAPSHOT);
}

static void a_new_subscription_drops_what_belongs_to_the_old(void **state)
{
	struct fixture *f = *state;
	uint64_t id;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, 10);
	id = dragoman_subscribe(f->d, NULL);
	heard(f, FRAME_BODY(UNSUBSCRIBE));
	assert_int_equal(heard(f, FRAME_BODY(SUBSCRIBE))->id, id);
	say_reading(f, 11, 1);
	say_subscribed(f, id, stream_a, 11);
	say_reading(f, 12, 2);
	assert_int_equal(next(f, DRAGOMAN_EVENT_SUBSCRIBED)->request, id);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 12);
}

static void a_refused_subscription_is_told_and_forgotten(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;
	uint64_t id;

	connect_client(f);
	id = dragoman_subscribe(f->d, NULL);
	heard(f, FRAME_BODY(SUBSCRIBE));
	say_error(f, id, DRAGOMAN__V1__ERROR_CODE__ERROR_BAD_PATTERN, false);
	event = next(f, DRAGOMAN_EVENT_DONE);
	assert_int_equal(event->request, id);
	assert_int_equal(event->as.done.code, DRAGOMAN_E_BAD_PATTERN);
	assert_string_equal(event->as.done.text, "because");
}

static void an_answer_in_pieces_ends_once(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;
	uint64_t id;

	connect_client(f);
	id = dragoman_browse(f->d, NULL, 0);
	assert_true(id);
	assert_int_equal(heard(f, FRAME_BODY(BROWSE))->id, id);
	say_device(f, id, "one", true);
	say_device(f, id + 5, "of nobody's request", false);
	say_device(f, id, "two", false);
	event = next(f, DRAGOMAN_EVENT_DEVICE);
	assert_int_equal(event->request, id);
	assert_string_equal(event->as.device.name, "one");
	assert_string_equal(next(f, DRAGOMAN_EVENT_DEVICE)->as.device.name, "two");
	event = next(f, DRAGOMAN_EVENT_DONE);
	assert_int_equal(event->request, id);
	assert_int_equal(event->as.done.code, DRAGOMAN_OK);
	assert_null(dragoman_next(f->d, 0));
}

static void requests_fail_with_the_connection(void **state)
{
	struct fixture *f = *state;
	uint64_t browse, ping;

	assert_int_equal(dragoman_ping(f->d), 0);
	assert_int_equal(dragoman_error(f->d, NULL), DRAGOMAN_E_NOT_CONNECTED);
	connect_client(f);
	browse = dragoman_browse(f->d, NULL, 0);
	ping = dragoman_ping(f->d);
	hang_up(f);
	next(f, DRAGOMAN_EVENT_LOST);
	assert_int_equal(next(f, DRAGOMAN_EVENT_DONE)->request, browse);
	assert_int_equal(next(f, DRAGOMAN_EVENT_DONE)->request, ping);
}

static void requests_are_bounded(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	for (int i = 0; i < 16; i++)
		assert_true(dragoman_ping(f->d));
	assert_int_equal(dragoman_ping(f->d), 0);
	assert_int_equal(dragoman_error(f->d, NULL), DRAGOMAN_E_BUSY);
}

static void a_ping_is_answered_while_waiting(void **state)
{
	struct fixture *f = *state;
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Ping ping = DRAGOMAN__V1__PING__INIT;

	connect_client(f);
	ping.data = (ProtobufCBinaryData){4, (uint8_t *)"abcd"};
	frame.body_case = FRAME_BODY(PING);
	frame.ping = &ping;
	say(f, &frame);
	assert_null(dragoman_next(f->d, 10));
	assert_int_equal(heard(f, FRAME_BODY(PONG))->pong->data.len, 4);
}

static void silence_is_asked_about_and_then_a_loss(void **state)
{
	struct fixture *f = *state;

	dragoman_set_timeout(f->d, 20);
	connect_client(f);
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.code, DRAGOMAN_E_TIMEOUT);
	heard(f, FRAME_BODY(PING));
}

/* The clock stands still from here on: the last test. */
static void who_stood_still_itself_waits_for_the_answer(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	clock_set(clock_wall_ns(), clock_mono_ns() + 60 * NS_PER_S);
	for (int i = 0; i < 2; i++) {
		dragoman_step(f->d);
		assert_null(dragoman_take(f->d));
	}
	heard(f, FRAME_BODY(PING));
	clock_set(clock_wall_ns(), clock_mono_ns() + 15 * NS_PER_S);
	dragoman_step(f->d);
	assert_int_equal(dragoman_take(f->d)->as.lost.code, DRAGOMAN_E_TIMEOUT);
}

static void the_gateways_own_word_is_the_reason_of_a_loss(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;

	connect_client(f);
	say_error(f, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_SLOW, true);
	hang_up(f);
	event = next(f, DRAGOMAN_EVENT_LOST);
	assert_int_equal(event->as.lost.code, DRAGOMAN_E_SLOW);
	assert_non_null(strstr(event->as.lost.text, "because"));
}

static void nobody_there_is_told_with_what_to_do(void **state)
{
	struct fixture *f = *state;
	const char *text;

	fd_close(&f->listener);
	assert_int_equal(dragoman_connect(f->d, 1000), -1);
	assert_int_equal(dragoman_error(f->d, &text), DRAGOMAN_E_UNREACHABLE);
	assert_non_null(strstr(text, f->path));
	assert_non_null(strstr(text, "dragomand"));
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.failures, 1);
	/* It goes on trying, and finds the gateway when it is there. */
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.failures, 2);
	listen_again(f);
	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
}

static void without_retry_it_is_over(void **state)
{
	struct fixture *f = *state;

	dragoman_set_retry(f->d, 0, 0);
	connect_client(f);
	hang_up(f);
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.retry_in_ms, -1);
	assert_true(dragoman_is_over(f->d));
	assert_null(dragoman_next(f->d, -1));
}

static void noise_is_no_gateway(void **state)
{
	struct fixture *f = *state;

	dragoman_set_retry(f->d, 0, 0);
	take_call(f);
	assert_int_equal(write(f->fd, "HTTP/1.1 400 Bad Request\r\n", 26), 26);
	hang_up(f);
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.code, DRAGOMAN_E_PROTOCOL);
}

static void input_waits_while_events_are_not_taken(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, 10);
	say_reading(f, 11, 1);
	dragoman_step(f->d);
	assert_int_equal(dragoman_wanted(f->d), 0);
	assert_int_equal(dragoman_timeout(f->d), 0);
	next(f, DRAGOMAN_EVENT_READING);
	assert_int_not_equal(dragoman_wanted(f->d), 0);
}

/* ---- durable subscribers ---- */

/* Number n of the publisher "line" in its incarnation 1. */
static void say_numbered(struct fixture *f, uint64_t seq, uint64_t n)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Event event = DRAGOMAN__V1__EVENT__INIT;
	Dragoman__V1__Reading reading = DRAGOMAN__V1__READING__INIT;

	fill_reading(&event, &reading);
	event.incarnation = 1;
	event.number = n;
	frame.seq = seq;
	frame.body_case = FRAME_BODY(EVENT);
	frame.event = &event;
	say(f, &frame);
}

static void subscribe_durable(struct fixture *f, const struct dragoman_durable *durable)
{
	uint64_t id = dragoman_subscribe_durable(f->d, "historian", NULL, durable);

	assert_int_equal(heard(f, FRAME_BODY(SUBSCRIBE))->id, id);
	say_subscribed(f, id, stream_a, 10);
	next(f, DRAGOMAN_EVENT_SUBSCRIBED);
}

/* The connection is lost; the next one is answered with the place that was acknowledged. */
static void resume_durable(struct fixture *f, uint64_t place)
{
	uint64_t id;

	hang_up(f);
	next(f, DRAGOMAN_EVENT_LOST);
	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	id = heard(f, FRAME_BODY(SUBSCRIBE))->id;
	assert_int_equal(f->frame->subscribe->start_case, DRAGOMAN__V1__SUBSCRIBE__START_DURABLE);
	say_welcome(f);
	say_subscribed(f, id, stream_a, place);
	next(f, DRAGOMAN_EVENT_CONNECTED);
	next(f, DRAGOMAN_EVENT_SUBSCRIBED);
}

static void a_durable_subscriber_says_what_it_wants(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_subscription s = {.start = DRAGOMAN_START_TIME, .from_ns = 77};
	const struct dragoman_durable durable = {
		.window = 100, .retain_s = 3600, .retain_bytes = 1 << 20};
	const Dragoman__V1__Durable *body;

	connect_client(f);
	dragoman_subscribe_durable(f->d, "historian", &s, &durable);
	body = heard(f, FRAME_BODY(SUBSCRIBE))->subscribe->durable;
	assert_string_equal(body->name, "historian");
	assert_int_equal(body->window, 100);
	assert_int_equal(body->retain_s, 3600);
	assert_int_equal(body->retain_bytes, 1 << 20);
	assert_int_equal(body->from_time, 77);
	assert_false(body->earliest || body->snapshot);
}

static void an_event_is_acknowledged_when_the_next_one_is_asked_for(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe_durable(f, NULL);
	say_reading(f, 11, 1);
	say_reading(f, 12, 2);
	next(f, DRAGOMAN_EVENT_READING);
	next(f, DRAGOMAN_EVENT_READING);
	dragoman_ping(f->d);
	heard(f, FRAME_BODY(PING)); /* and nothing was acknowledged before */
	assert_null(dragoman_next(f->d, 0));
	assert_int_equal(heard(f, FRAME_BODY(ACK))->ack->seq, 12);
	say_gap(f, 13, 20);
	next(f, DRAGOMAN_EVENT_GAP);
	assert_null(dragoman_next(f->d, 0));
	assert_int_equal(heard(f, FRAME_BODY(ACK))->ack->seq, 20);
}

static void a_small_window_is_acknowledged_without_a_pause(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe_durable(f, &(struct dragoman_durable){.window = 4});
	say_reading(f, 11, 1);
	say_reading(f, 12, 2);
	next(f, DRAGOMAN_EVENT_READING);
	next(f, DRAGOMAN_EVENT_READING);
	assert_int_equal(heard(f, FRAME_BODY(ACK))->ack->seq, 11);
}

static void who_wants_to_acknowledge_himself_does(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe_durable(f, &(struct dragoman_durable){.explicit_ack = true});
	say_reading(f, 11, 1);
	say_reading(f, 12, 2);
	next(f, DRAGOMAN_EVENT_READING);
	next(f, DRAGOMAN_EVENT_READING);
	assert_null(dragoman_next(f->d, 0));
	dragoman_ack(f->d, 11);
	assert_null(dragoman_next(f->d, 0));
	assert_int_equal(heard(f, FRAME_BODY(ACK))->ack->seq, 11);
}

static void what_comes_again_after_a_loss_is_acknowledged_and_not_handed_out(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe_durable(f, NULL);
	for (uint64_t seq = 11; seq <= 14; seq++) {
		say_reading(f, seq, 1);
		next(f, DRAGOMAN_EVENT_READING);
	}
	resume_durable(f, 11);
	/* Up to 14 all is dealt with, but this connection has been given no more than this: */
	say_reading(f, 12, 1);
	assert_null(dragoman_next(f->d, 20));
	assert_int_equal(heard(f, FRAME_BODY(ACK))->ack->seq, 12);
	say_reading(f, 13, 1);
	say_reading(f, 14, 1);
	say_reading(f, 15, 1);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 15);

	dragoman_set_repeats(f->d, true);
	resume_durable(f, 14);
	say_reading(f, 15, 1);
	say_reading(f, 16, 1);
	assert_true(next(f, DRAGOMAN_EVENT_READING)->repeated);
	assert_false(next(f, DRAGOMAN_EVENT_READING)->repeated);
}

static void what_was_sent_again_after_a_crash_is_known_by_its_publisher(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, 10);
	say_numbered(f, 11, 5);
	say_numbered(f, 12, 6);
	say_numbered(f, 20, 5);
	say_numbered(f, 21, 6);
	say_numbered(f, 22, 7);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 11);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 12);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 22);
	/* whoever subscribes anew wants to have it anew */
	dragoman_unsubscribe(f->d);
	heard(f, FRAME_BODY(UNSUBSCRIBE));
	subscribe(f, DRAGOMAN_START_EARLIEST, 0);
	say_numbered(f, 11, 5);
	assert_int_equal(next(f, DRAGOMAN_EVENT_READING)->seq, 11);
}

static void who_was_replaced_or_removed_stays_away(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	subscribe_durable(f, NULL);
	say_error(f, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_REPLACED, true);
	hang_up(f);
	assert_int_equal(next(f, DRAGOMAN_EVENT_LOST)->as.lost.retry_in_ms, -1);
	assert_int_equal(dragoman_error(f->d, NULL), DRAGOMAN_E_REPLACED);
	assert_true(dragoman_is_over(f->d));
}

static void a_store_that_has_failed_is_waited_for_once_it_was_there(void **state)
{
	struct fixture *f = *state;
	const struct dragoman_event *event;

	connect_client(f);
	dragoman_subscribe_durable(f->d, "historian", NULL, NULL);
	say_error(f, heard(f, FRAME_BODY(SUBSCRIBE))->id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
		  false);
	assert_int_equal(next(f, DRAGOMAN_EVENT_DONE)->as.done.code, DRAGOMAN_E_STORAGE);

	subscribe_durable(f, NULL);
	resume_durable(f, 10);
	hang_up(f);
	next(f, DRAGOMAN_EVENT_LOST);
	assert_null(dragoman_next(f->d, 20));
	take_call(f);
	heard(f, FRAME_BODY(HELLO));
	say_welcome(f);
	say_error(f, heard(f, FRAME_BODY(SUBSCRIBE))->id, DRAGOMAN__V1__ERROR_CODE__ERROR_STORAGE,
		  false);
	next(f, DRAGOMAN_EVENT_CONNECTED);
	event = next(f, DRAGOMAN_EVENT_LOST);
	assert_int_equal(event->as.lost.code, DRAGOMAN_E_STORAGE);
	assert_non_null(strstr(event->as.lost.text, "because"));
	assert_true(event->as.lost.retry_in_ms >= 0);
}

static void durable_subscribers_are_listed_and_removed(void **state)
{
	struct fixture *f = *state;
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Subscribers body = DRAGOMAN__V1__SUBSCRIBERS__INIT;
	Dragoman__V1__Subscribers__Entry entry = DRAGOMAN__V1__SUBSCRIBERS__ENTRY__INIT;
	Dragoman__V1__Subscribers__Entry *entries = &entry;
	Dragoman__V1__Kind kinds[] = {DRAGOMAN__V1__KIND__KIND_READING,
				      DRAGOMAN__V1__KIND__KIND_LOSS};
	Dragoman__V1__Done done = DRAGOMAN__V1__DONE__INIT;
	const struct dragoman_event *event;

	connect_client(f);
	frame.id = dragoman_subscribers(f->d);
	assert_int_equal(heard(f, FRAME_BODY(LIST_SUBSCRIBERS))->id, frame.id);
	entry.name = (char *)"historian";
	entry.place = 5;
	entry.kinds = kinds;
	entry.n_kinds = 2;
	body.entries = &entries;
	body.n_entries = 1;
	frame.body_case = FRAME_BODY(SUBSCRIBERS);
	frame.subscribers = &body;
	say(f, &frame);
	event = next(f, DRAGOMAN_EVENT_SUBSCRIBER);
	assert_string_equal(event->as.subscriber.name, "historian");
	assert_int_equal(event->as.subscriber.place, 5);
	assert_int_equal(event->as.subscriber.kinds, DRAGOMAN_READINGS | DRAGOMAN_LOSSES);
	assert_int_equal(next(f, DRAGOMAN_EVENT_DONE)->as.done.code, DRAGOMAN_OK);

	frame.id = dragoman_remove_subscriber(f->d, "historian");
	assert_string_equal(heard(f, FRAME_BODY(REMOVE_SUBSCRIBER))->remove_subscriber->name,
			    "historian");
	frame.body_case = FRAME_BODY(SUBSCRIBER_REMOVED);
	frame.subscriber_removed = &done;
	say(f, &frame);
	assert_int_equal(next(f, DRAGOMAN_EVENT_DONE)->request, frame.id);
}

static void a_place_is_kept_in_a_file(void **state)
{
	struct fixture *f = *state;
	struct dragoman_place place = {.seq = 0};
	char path[100];
	FILE *file;

	snprintf(path, sizeof path, "%s/place", f->directory);
	assert_int_equal(dragoman_load_place(f->d, path, &place), 0);
	assert_int_equal(dragoman_save_place(f->d, path), 0);
	assert_int_equal(dragoman_load_place(f->d, path, &place), 0);
	connect_client(f);
	subscribe(f, DRAGOMAN_START_NOW, UINT64_MAX - 1);
	assert_int_equal(dragoman_save_place(f->d, path), 0);
	assert_int_equal(dragoman_load_place(f->d, path, &place), 1);
	assert_true(place.seq == UINT64_MAX - 1);
	assert_memory_equal(place.stream, stream_a, 16);

	file = fopen(path, "w");
	fputs("73747265616d20612e2e2e2e2e2e2e 12\n", file);
	fclose(file);
	assert_int_equal(dragoman_load_place(f->d, path, &place), -1);
	assert_int_equal(dragoman_error(f->d, NULL), DRAGOMAN_E_FILE);
	unlink(path);
	assert_int_equal(dragoman_save_place(f->d, "/nowhere/place"), -1);
	assert_int_equal(dragoman_error(f->d, NULL), DRAGOMAN_E_FILE);
}

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text, *path, *host, *port;
	} rows[] = {
		{"/run/x.sock", "/run/x.sock", NULL, NULL},
		{"./x", "./x", NULL, NULL},
		{"plant", NULL, "plant", "7531"},
		{"plant:99", NULL, "plant", "99"},
		{"[::1]:99", NULL, "::1", "99"},
		{"[::1]", NULL, "::1", "7531"},
		{"fe80::1", NULL, "fe80::1", "7531"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct server a;

		assert_int_equal(server_parse(&a, rows[i].text, NULL), 0);
		assert_string_equal(a.path ? a.path : "-", rows[i].path ? rows[i].path : "-");
		assert_string_equal(a.host ? a.host : "-", rows[i].host ? rows[i].host : "-");
		assert_string_equal(a.port ? a.port : "-", rows[i].port ? rows[i].port : "-");
		server_fini(&a);
	}
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",     ":7531",  "plant:", "plant:x", "plant:0", "plant:65536",
		"[::1", "[::1]x", "[]:5"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct server a;
		struct err err;

		assert_int_equal(server_parse(&a, bad[i], &err), -1);
		server_fini(&a);
	}
}

#define ON_GATEWAY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_GATEWAY(hello_and_subscribe_go_out_together),
		ON_GATEWAY(readings_come_with_their_values),
		ON_GATEWAY(a_lost_connection_resumes_behind_what_was_taken),
		ON_GATEWAY(another_stream_keeps_the_old_place_until_its_gap),
		ON_GATEWAY(half_a_snapshot_is_asked_for_again),
		ON_GATEWAY(a_new_subscription_drops_what_belongs_to_the_old),
		ON_GATEWAY(a_refused_subscription_is_told_and_forgotten),
		ON_GATEWAY(an_answer_in_pieces_ends_once),
		ON_GATEWAY(requests_fail_with_the_connection),
		ON_GATEWAY(requests_are_bounded),
		ON_GATEWAY(a_ping_is_answered_while_waiting),
		ON_GATEWAY(silence_is_asked_about_and_then_a_loss),
		ON_GATEWAY(the_gateways_own_word_is_the_reason_of_a_loss),
		ON_GATEWAY(nobody_there_is_told_with_what_to_do),
		ON_GATEWAY(without_retry_it_is_over),
		ON_GATEWAY(noise_is_no_gateway),
		ON_GATEWAY(input_waits_while_events_are_not_taken),
		ON_GATEWAY(a_durable_subscriber_says_what_it_wants),
		ON_GATEWAY(an_event_is_acknowledged_when_the_next_one_is_asked_for),
		ON_GATEWAY(a_small_window_is_acknowledged_without_a_pause),
		ON_GATEWAY(who_wants_to_acknowledge_himself_does),
		ON_GATEWAY(what_comes_again_after_a_loss_is_acknowledged_and_not_handed_out),
		ON_GATEWAY(what_was_sent_again_after_a_crash_is_known_by_its_publisher),
		ON_GATEWAY(who_was_replaced_or_removed_stays_away),
		ON_GATEWAY(a_store_that_has_failed_is_waited_for_once_it_was_there),
		ON_GATEWAY(durable_subscribers_are_listed_and_removed),
		ON_GATEWAY(a_place_is_kept_in_a_file),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(bad_addresses_are_refused),
		ON_GATEWAY(who_stood_still_itself_waits_for_the_answer),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
