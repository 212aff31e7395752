/* SPDX-License-Identifier: Apache-2.0 */
/* The table of requests, and the handlers that need no file of their own; see requests.h. */
#include "hub/requests.h"

#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/listener.h"
#include "wire/stamp.h"
#include "wire/strict.h"

enum { PROTOCOL_VERSION = 1, PING_DATA_MAX = 64, CLIENT_NAME_MAX = 120 };

/* ---- Session ---- */

static void welcome(struct client *client, uint64_t id)
{
	Dragoman__V1__Frame frame = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Welcome welcome = DRAGOMAN__V1__WELCOME__INIT;
	struct hub *hub = client->hub;
	char you[CLIENT_TEXT_SIZE], software[] = "dragoman " PACKAGE_VERSION;

	client_you(client, you);
	welcome.version = PROTOCOL_VERSION;
	welcome.gateway = hub->settings.gateway;
	welcome.software = software;
	welcome.stream = (ProtobufCBinaryData){sizeof hub->stream, hub->stream};
	welcome.head = storage_newest(&hub->storage);
	welcome.oldest = storage_oldest(&hub->storage);
	welcome.storage = status_storage(hub);
	welcome.max_frame = FRAME_MAX;
	welcome.max_patterns = (uint32_t)hub->settings.max_patterns;
	welcome.idle_timeout_ms = (uint32_t)(hub->settings.idle_timeout_ns / NS_PER_MS);
	welcome.read_only = client->is_read_only;
	welcome.you = you;
	welcome.time = (uint64_t)clock_wall_ns();
	frame.body_case = DRAGOMAN__V1__FRAME__BODY_WELCOME;
	frame.welcome = &welcome;
	client_reply(client, id, &frame);
}

/* None is as good as the right one. */
static int show_token(struct client *client, uint64_t id, const ProtobufCBinaryData *token)
{
	struct publishers *publishers = &client->hub->publishers;

	if (!token->len)
		return 0;
	client_speaks_for(client, publishers_authenticate(publishers, token->data, token->len));
	if (client->publisher)
		return 0;
	client_fail(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_BAD_TOKEN,
		    "the token is nobody's; look at publishers: in the configuration");
	return -1;
}

static void hello_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Hello *hello = frame->hello;
	struct hub *hub = client->hub;

	if (client->has_hello) {
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_ALREADY,
			      "a connection says Hello once");
		return;
	}
	if (hello->version != PROTOCOL_VERSION) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_VERSION,
			    "Hello has version %u; this hub speaks version %d", hello->version,
			    PROTOCOL_VERSION);
		return;
	}
	if (show_token(client, frame->id, &hello->token) < 0)
		return;
	if (hub->n_strangers > hub->settings.max_clients && !client->publisher) {
		listener_turn_away(client);
		return;
	}
	client->has_hello = true;
	client->name = *hello->name ? xstrndup(hello->name, CLIENT_NAME_MAX) : NULL;
	welcome(client, frame->id);
}

static void ping_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Pong pong = DRAGOMAN__V1__PONG__INIT;

	if (frame->ping->data.len > PING_DATA_MAX) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "a Ping has at most %d bytes of data", PING_DATA_MAX);
		return;
	}
	pong.data = frame->ping->data;
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_PONG;
	answer.pong = &pong;
	client_reply(client, frame->id, &answer);
}

/* Having said anything at all is what counts. */
static void pong_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	(void)client;
	(void)frame;
}

static void goodbye_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	bool is_publisher = client->is_registered;

	client->is_registered = false;
	if (is_publisher)
		publisher_goodbye(client->publisher, frame->goodbye->reason);
	else
		client_hang_up(client);
}

static void unimplemented_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_UNIMPLEMENTED,
		      "this version of the hub cannot do that yet");
}

static void wrong_way_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
		      "only the hub sends such a frame");
}

/* ---- The table ---- */

enum right {
	ANYBODY,   /* also before Hello */
	CLIENT,    /* after Hello */
	PUBLISHER, /* whose token is a publisher's */
};

#define BODY(name) DRAGOMAN__V1__FRAME__BODY_##name

static const struct request {
	Dragoman__V1__Frame__BodyCase body;
	const char *name;
	enum right right;
	request_fn *handle;
} requests[] = {
	{BODY(HELLO), "Hello", ANYBODY, hello_handle},
	{BODY(WELCOME), "Welcome", CLIENT, wrong_way_handle},
	{BODY(ERROR), "Error", CLIENT, pong_handle},
	{BODY(PING), "Ping", CLIENT, ping_handle},
	{BODY(PONG), "Pong", CLIENT, pong_handle},
	{BODY(GOODBYE), "Goodbye", ANYBODY, goodbye_handle},
	{BODY(SUBSCRIBE), "Subscribe", CLIENT, subscribe_handle},
	{BODY(SUBSCRIBED), "Subscribed", CLIENT, wrong_way_handle},
	{BODY(UNSUBSCRIBE), "Unsubscribe", CLIENT, unsubscribe_handle},
	{BODY(UNSUBSCRIBED), "unsubscribed", CLIENT, wrong_way_handle},
	{BODY(SNAPSHOT), "Snapshot", CLIENT, wrong_way_handle},
	{BODY(SNAPSHOT_END), "SnapshotEnd", CLIENT, wrong_way_handle},
	{BODY(GAP), "Gap", CLIENT, wrong_way_handle},
	{BODY(POSITION), "Position", CLIENT, wrong_way_handle},
	{BODY(ACK), "Ack", CLIENT, ack_handle},
	{BODY(LIST_SUBSCRIBERS), "ListSubscribers", CLIENT, list_subscribers_handle},
	{BODY(SUBSCRIBERS), "Subscribers", CLIENT, wrong_way_handle},
	{BODY(REMOVE_SUBSCRIBER), "RemoveSubscriber", CLIENT, remove_subscriber_handle},
	{BODY(SUBSCRIBER_REMOVED), "subscriber_removed", CLIENT, wrong_way_handle},
	{BODY(REGISTER), "Register", PUBLISHER, register_handle},
	{BODY(REGISTERED), "Registered", CLIENT, wrong_way_handle},
	{BODY(DECLARE), "Declare", PUBLISHER, declare_handle},
	{BODY(DECLARED), "Declared", CLIENT, wrong_way_handle},
	{BODY(KEPT), "Kept", CLIENT, wrong_way_handle},
	{BODY(REPORT), "Report", PUBLISHER, report_handle},
	{BODY(BROWSE), "Browse", CLIENT, browse_handle},
	{BODY(CATALOGUE), "Catalogue", CLIENT, wrong_way_handle},
	{BODY(GET_STATUS), "GetStatus", CLIENT, status_handle},
	{BODY(STATUS), "Status", CLIENT, wrong_way_handle},
	{BODY(GET), "Get", CLIENT, get_handle},
	{BODY(GOT), "Got", CLIENT, wrong_way_handle},
	{BODY(WRITE), "Write", CLIENT, unimplemented_handle},
	{BODY(CALL), "Call", CLIENT, unimplemented_handle},
	{BODY(READ), "Read", CLIENT, unimplemented_handle},
	{BODY(EXCHANGE), "Exchange", CLIENT, unimplemented_handle},
	{BODY(RESULT), "Result", PUBLISHER, unimplemented_handle},
};

static const struct request *find(uint32_t body)
{
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if ((uint32_t)requests[i].body == body)
			return &requests[i];
	return NULL;
}

static bool is_allowed(struct client *client, const struct request *request, uint64_t id)
{
	if (request->right >= CLIENT && !client->has_hello) {
		client_fail(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_HELLO_FIRST,
			    "%s before Hello; a connection begins with Hello", request->name);
		return false;
	}
	if (request->right == PUBLISHER && !client->publisher) {
		client_refuse(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			      "%s is for publishers, who show a token in Hello", request->name);
		return false;
	}
	return true;
}

static void handle_event(struct client *client, const struct frame_scan *scan)
{
	static const struct request event = {.name = "an event", .right = PUBLISHER};

	if (!is_allowed(client, &event, scan->id))
		return;
	if (client->is_registered)
		publisher_event(client->publisher, client, scan);
	else
		client_fail(client, scan->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			    "an event before Register");
}

static void handle_parsed(struct client *client, const struct request *request,
			  const uint8_t *payload, size_t len, uint64_t id)
{
	Dragoman__V1__Frame *frame = frame_parse(payload, len);

	if (frame && frame->body_case == request->body && strict_is_good(&frame->base))
		request->handle(client, frame);
	else
		client_fail(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "a %s that cannot be decoded, or with a text that is not UTF-8",
			    request->name);
	frame_free(&frame);
}

void request_handle(struct client *client, const uint8_t *payload, size_t len)
{
	struct frame_scan scan;
	const struct request *request;

	if (scan_frame(payload, len, &scan) < 0) {
		client_fail(client, 0, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED,
			    "bytes that are not a Frame");
		return;
	}
	if (scan.body == FRAME_EVENT) {
		handle_event(client, &scan);
		return;
	}
	request = find(scan.body);
	if (!request && client->has_hello)
		client_refuse(client, scan.id, DRAGOMAN__V1__ERROR_CODE__ERROR_UNKNOWN_REQUEST,
			      scan.body ? "a frame of kind %u, which this hub does not know"
					: "a frame without a body%.0u",
			      scan.body);
	else if (!request)
		client_fail(client, scan.id, DRAGOMAN__V1__ERROR_CODE__ERROR_HELLO_FIRST,
			    "a connection begins with Hello");
	else if (is_allowed(client, request, scan.id))
		handle_parsed(client, request, payload, len, scan.id);
}

/* ---- Patterns ---- */

struct filter *request_filter(struct client *client, uint64_t id, char **patterns, size_t n,
			      unsigned kinds)
{
	struct hub *hub = client->hub;

	if (n > hub->settings.max_patterns) {
		client_refuse(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "%zu patterns; at most %zu", n, hub->settings.max_patterns);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		const char *problem = pattern_problem(patterns[i]);

		if (problem) {
			client_refuse(client, id, DRAGOMAN__V1__ERROR_CODE__ERROR_BAD_PATTERN,
				      "\"%.130s\": %s", patterns[i], problem);
			return NULL;
		}
	}
	return filters_get(&hub->filters, patterns, n, kinds);
}
