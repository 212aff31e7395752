/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libdragoman: a client of a Dragoman gateway, for C.
 *
 *	struct dragoman *d = dragoman_new(NULL);
 *	const struct dragoman_event *e;
 *
 *	dragoman_subscribe(d, NULL);
 *	while ((e = dragoman_next(d, -1)))
 *		if (e->kind == DRAGOMAN_EVENT_READING)
 *			...
 *
 * A `struct dragoman` is one connection and at most one subscription on it. It connects by itself, and
 * again after a loss, with back-off; it then resumes behind the last event that was taken, so that what
 * was missed comes, or a Gap says what could not. Everything arrives through dragoman_next or
 * dragoman_take as a `struct dragoman_event`, in the order in which the gateway sent it: events of the
 * subscription, pieces of the answers to requests, and the connection's own life.
 *
 * The library has no thread, prints nothing, installs no signal handler, and raises no SIGPIPE. One
 * object is used by one thread at a time. What it holds is bounded: one frame of the gateway (1 MiB),
 * 64 KiB of input behind it, what was asked and not yet sent. While events are not taken nothing more is
 * read, and the gateway, which keeps a place for each subscriber and no queue, waits. Running out of memory ends
 * the process.
 *
 * Times are nanoseconds since 1970 UTC (`_ns`), 0 means "not known". Strings are UTF-8, end in NUL and
 * are never NULL unless said otherwise ("" is "none"); they come from devices and from the network, so
 * show them with control characters made visible. All that an event points to is valid until
 * the next dragoman_next, dragoman_take or dragoman_free.
 *
 * What may change within a major version of the library: functions are added, structs that the library
 * hands out get members at their end, enums get values at their end. tests/unit/abi.c holds the layout.
 * See libdragoman(3).
 */
#ifndef DRAGOMAN_CLIENT_H
#define DRAGOMAN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * Errors
 */

/* Up to 99 they are those of the wire (ErrorCode in dragoman.proto); from 100 on the library's. */
enum dragoman_code {
	DRAGOMAN_OK = 0,
	DRAGOMAN_E_UNIMPLEMENTED = 1,
	DRAGOMAN_E_UNKNOWN_REQUEST = 2,
	DRAGOMAN_E_MALFORMED = 3,
	DRAGOMAN_E_TOO_LONG = 4,
	DRAGOMAN_E_HELLO_FIRST = 5,
	DRAGOMAN_E_VERSION = 6,
	DRAGOMAN_E_NOT_ALLOWED = 7,
	DRAGOMAN_E_BAD_TOKEN = 8,
	DRAGOMAN_E_BAD_PATTERN = 9,
	DRAGOMAN_E_ALREADY = 10,
	DRAGOMAN_E_NO_SUCH_DEVICE = 11,
	DRAGOMAN_E_NO_SUCH_SUBSCRIBER = 12,
	DRAGOMAN_E_DEVICE_TAKEN = 13,
	DRAGOMAN_E_NUMBER = 14,
	DRAGOMAN_E_LIMIT = 15,
	DRAGOMAN_E_IDLE = 16,
	DRAGOMAN_E_SLOW = 17,
	DRAGOMAN_E_SHUTTING_DOWN = 18,
	DRAGOMAN_E_REPLACED = 19,
	DRAGOMAN_E_INTERNAL = 20,
	DRAGOMAN_E_STORAGE = 21, /* the gateway's store has failed; later, perhaps */

	DRAGOMAN_E_ADDRESS = 100,       /* no address, or a name that does not resolve */
	DRAGOMAN_E_UNREACHABLE = 101,   /* nobody listens there */
	DRAGOMAN_E_DENIED = 102,        /* the system refuses the connection: permissions */
	DRAGOMAN_E_LOST = 103,          /* the connection was there and ended */
	DRAGOMAN_E_PROTOCOL = 104,      /* what answers does not speak this protocol */
	DRAGOMAN_E_TIMEOUT = 105,       /* no answer in time */
	DRAGOMAN_E_NOT_CONNECTED = 106, /* a request needs a connection */
	DRAGOMAN_E_BUSY = 107,          /* 16 requests are under way, or 256 KiB wait to be sent */
	DRAGOMAN_E_FILE = 108,          /* of a place: it cannot be read or written */
};

/* "bad_pattern", "unreachable"; "unknown" for a number that is none. Static. */
const char *dragoman_code_name(int code);

/* ---------------------------------------------------------------------------------------------
 * The connection
 */

struct dragoman;

/* address: the path of a local socket (it has a '/'), or HOST, HOST:PORT, [IPv6]:PORT for TCP (port 7531
 * if left out). NULL: what DRAGOMAN_SERVER in the environment says, else the local gateway's socket.
 * Connects only when it is first stepped. Never NULL; a bad address is told as a loss. */
struct dragoman *dragoman_new(const char *address);
/* Closes at once; NULL and a NULL inside are accepted. */
void dragoman_free(struct dragoman **d);

/* Where it connects to, as it was given or found; the object's. */
const char *dragoman_address(const struct dragoman *d);

/* Who says hello, as the gateway's status shows it. The program's name if never called. */
void dragoman_set_name(struct dragoman *d, const char *name);

/* How a lost connection, or one that could not be made, is tried again: after first_ms, doubling up to most_ms,
 * each time a random fifth shorter at most. 250 and 15000 if never called. most_ms 0: never again. */
void dragoman_set_retry(struct dragoman *d, uint32_t first_ms, uint32_t most_ms);

/* Silence after which the gateway is asked whether it lives; no answer in the same time again is a loss.
 * It also bounds connecting and the greeting. 15000 if never called; 0: never asks. */
void dragoman_set_timeout(struct dragoman *d, uint32_t silence_ms);

/* Waits until the connection is there, at most timeout_ms (-1: no limit). 0, or -1 with dragoman_error
 * saying why: the first failure ends the wait. For programs that have no use for a gateway that comes later.
 * Events are left for dragoman_next. */
int dragoman_connect(struct dragoman *d, int timeout_ms);

/* The last failure: its code (enum dragoman_code), and if text_out is not NULL a text for people, one
 * line, that says what is wrong and what to do. The text is the object's and valid until its next use. */
int dragoman_error(const struct dragoman *d, const char **text_out);

/* True once the connection is lost for good, and all was taken: retrying is off, or a durable subscriber was
 * replaced by another connection under its name, or removed. */
bool dragoman_is_over(const struct dragoman *d);

enum dragoman_storage {
	DRAGOMAN_STORAGE_MEMORY = 1, /* a new hub process has a new stream */
	DRAGOMAN_STORAGE_DISK = 2,
	DRAGOMAN_STORAGE_FAILING = 3,
};

/* What the gateway said when it greeted. */
struct dragoman_welcome {
	const char *gateway;  /* its name */
	const char *software; /* "dragoman 0.1.0" */
	const char *you;      /* what it calls this client */
	uint32_t version;     /* of the protocol */
	enum dragoman_storage storage;
	bool read_only; /* this connection may not write to devices */
	uint8_t stream[16];
	uint64_t head, oldest; /* newest and oldest event of the stream, 0 if none */
	int64_t time_ns;       /* the gateway's clock */
};

/* NULL while there is no connection. Valid until the next step. */
const struct dragoman_welcome *dragoman_welcome(const struct dragoman *d);

/* ---------------------------------------------------------------------------------------------
 * Waiting
 */

/* Waits for the next event at most timeout_ms (-1: no limit, 0: does not wait), doing all that there is
 * to do meanwhile. NULL: the time is up, a signal came, or the connection is over. */
const struct dragoman_event *dragoman_next(struct dragoman *d, int timeout_ms);

/* For a loop of the caller's. Before each wait ask for the descriptor (-1: none now; it changes with
 * each connection), the poll events wanted on it (POLLIN, POLLOUT), and the longest wait in
 * milliseconds (-1: none); then step, which does not wait, and take events until there are none. A
 * timeout of 0 says that an event waits to be taken. Looking up a host's name is the one thing that may
 * block a step; a numeric address and a local socket never do. */
int dragoman_fd(const struct dragoman *d);
short dragoman_wanted(const struct dragoman *d);
int dragoman_timeout(const struct dragoman *d);
void dragoman_step(struct dragoman *d);
const struct dragoman_event *dragoman_take(struct dragoman *d);

/* ---------------------------------------------------------------------------------------------
 * Subscribing
 */

/* Kinds of events, to be combined; none: readings, states and losses. */
enum dragoman_kinds {
	DRAGOMAN_READINGS = 1 << 0,
	DRAGOMAN_STATES = 1 << 1,
	DRAGOMAN_RAWS = 1 << 2,
	DRAGOMAN_LOSSES = 1 << 3,
	DRAGOMAN_AUDITS = 1 << 4,
	DRAGOMAN_ASSIGNMENTS = 1 << 5,
	DRAGOMAN_CLOCK_STEPS = 1 << 6,
};

/* A place in a stream: all up to seq was received. */
struct dragoman_place {
	uint8_t stream[16];
	uint64_t seq;
};

enum dragoman_start {
	DRAGOMAN_START_NOW,
	DRAGOMAN_START_SNAPSHOT, /* the last readings first, then what comes, nothing missing between */
	DRAGOMAN_START_AFTER, /* behind `place` */
	DRAGOMAN_START_TIME,  /* the first event received at or after from_ns */
	DRAGOMAN_START_EARLIEST,
};

struct dragoman_subscription {
	/* Device patterns: '+' is one level, '#' the rest; none: "#". Names that start with '$' are the
	 * gateway's own and need a pattern that does. Copied. */
	const char *const *patterns;
	size_t n_patterns;
	unsigned kinds; /* enum dragoman_kinds */
	enum dragoman_start start;
	struct dragoman_place place;
	int64_t from_ns;
	uint32_t linger_ms; /* 0 to 1000: how long events may wait for company */
};

/* Subscribes now, or when the connection is there; replaces the subscription that was. NULL: all devices, the
 * usual kinds, from now. Returns its id, never 0: the request of the SUBSCRIBED event, or of the DONE
 * event that says why it was refused (and forgotten). */
uint64_t dragoman_subscribe(struct dragoman *d, const struct dragoman_subscription *subscription);
/* No event of the subscription comes after it. */
void dragoman_unsubscribe(struct dragoman *d);

/* What a durable subscriber asks for beside its subscription. Zeroed memory is the usual. */
struct dragoman_durable {
	uint32_t window; /* at most that many events ahead of what was acknowledged; 0: no limit */
	uint32_t
		retain_s; /* the gateway keeps events for it so long at most, and so many bytes of */
	uint64_t retain_bytes; /* them; 0: as long as its store has room */
	bool explicit_ack;     /* only dragoman_ack acknowledges */
};

/* Subscribes under a name whose place the gateway keeps, on disk: what was not acknowledged comes again, also
 * to another process. `start` says where a name begins that the gateway does not know yet (AFTER: now);
 * SNAPSHOT gives the last readings first, each time. A name has one connection: a new one takes over, and the
 * old one is lost for good with DRAGOMAN_E_REPLACED. durable NULL: the usual.
 *
 * An event is acknowledged once the next one is asked for: then it has been dealt with. */
uint64_t dragoman_subscribe_durable(struct dragoman *d, const char *name,
				    const struct dragoman_subscription *subscription,
				    const struct dragoman_durable *durable);
/* With explicit_ack: all up to seq has been dealt with. It is sent at once. */
void dragoman_ack(struct dragoman *d, uint64_t seq);

/* Events that come a second time (unacknowledged ones after a reconnect; those that were sent again after a
 * crash, under a new seq) are dropped. With true they are handed out, marked `repeated`. They are known as
 * long as no more than 256 publishers speak in turn. */
void dragoman_set_repeats(struct dragoman *d, bool are_wanted);

/* How far the subscription was taken, to be kept and resumed by another process with
 * DRAGOMAN_START_AFTER. False while there is no place yet. */
bool dragoman_get_place(const struct dragoman *d, struct dragoman_place *place_out);

/* The same in a file, for subscribers that are not durable. load: 1; 0 if there is no file; -1 with
 * dragoman_error. save: the place that the subscription was taken to, so call it when the event at hand is
 * dealt with; 0 (also while there is no place), or -1 with dragoman_error. The file is replaced as a whole and
 * synced: not after each event. */
int dragoman_load_place(struct dragoman *d, const char *path, struct dragoman_place *place_out);
int dragoman_save_place(struct dragoman *d, const char *path);

/* ---------------------------------------------------------------------------------------------
 * Asking
 *
 * A request needs a connection: 0 with dragoman_error if there is none or too much is under way, else the
 * id that its answer has in dragoman_event.request. Each answer ends with one DONE event, which has the
 * code and text if it failed; a connection that ends is such a failure. No patterns: "#".
 */

uint64_t dragoman_browse(struct dragoman *d, const char *const *patterns,
			 size_t n_patterns); /* DEVICE */
uint64_t dragoman_get(struct dragoman *d, const char *const *patterns,
		      size_t n_patterns);          /* READING */
uint64_t dragoman_status(struct dragoman *d);      /* HUB, STORE, PUBLISHER and CLIENT */
uint64_t dragoman_subscribers(struct dragoman *d); /* SUBSCRIBER: the durable ones */
/* DRAGOMAN_OK once it is gone from the disk. A connection that it has is closed. */
uint64_t dragoman_remove_subscriber(struct dragoman *d, const char *name);
uint64_t dragoman_ping(struct dragoman *d);

/* ---------------------------------------------------------------------------------------------
 * Events
 */

enum dragoman_event_kind {
	/* Of the connection; they have none of the members of an event but these. */
	DRAGOMAN_EVENT_CONNECTED = 1, /* dragoman_welcome has what was said */
	DRAGOMAN_EVENT_LOST = 2,      /* lost: it ended, or could not be made */
	DRAGOMAN_EVENT_DONE = 3,      /* done: the answer to `request` is complete */

	/* Of the stream. */
	DRAGOMAN_EVENT_READING = 10,
	DRAGOMAN_EVENT_STATE = 11,
	DRAGOMAN_EVENT_RAW = 12,
	DRAGOMAN_EVENT_LOSS = 13, /* something never got into the stream */
	DRAGOMAN_EVENT_AUDIT = 14,
	DRAGOMAN_EVENT_ASSIGNMENT = 15, /* a device got its device_id */
	DRAGOMAN_EVENT_CLOCK_STEP = 16,

	/* Of the subscription. */
	DRAGOMAN_EVENT_SUBSCRIBED = 20,   /* it begins, again after a reconnect; seq is its place */
	DRAGOMAN_EVENT_SNAPSHOT_END = 21, /* count readings were the present state */
	DRAGOMAN_EVENT_GAP = 22,          /* this subscriber could not be given something */
	DRAGOMAN_EVENT_POSITION = 23,     /* up to seq nothing matched */

	/* Of answers. */
	DRAGOMAN_EVENT_DEVICE = 30,
	DRAGOMAN_EVENT_DESCRIPTORS = 31, /* descriptors: a FileDescriptorSet of typed messages */
	DRAGOMAN_EVENT_HUB = 32,
	DRAGOMAN_EVENT_PUBLISHER = 33,
	DRAGOMAN_EVENT_CLIENT = 34,
	DRAGOMAN_EVENT_STORE = 35, /* if the gateway has one */
	DRAGOMAN_EVENT_SUBSCRIBER = 36,
};

enum dragoman_value_quality {
	DRAGOMAN_QUALITY_GOOD = 0,
	DRAGOMAN_QUALITY_UNCERTAIN = 1,
	DRAGOMAN_QUALITY_BAD = 2,
	DRAGOMAN_QUALITY_STALE = 3,
};

enum dragoman_value_type {
	DRAGOMAN_VALUE_NONE = 0, /* there is none: the quality is BAD or STALE */
	DRAGOMAN_VALUE_BOOLEAN = 1,
	DRAGOMAN_VALUE_INTEGER = 2,
	DRAGOMAN_VALUE_NUMBER = 3,
	DRAGOMAN_VALUE_TEXT = 4,
	DRAGOMAN_VALUE_DATA = 5,
	DRAGOMAN_VALUE_TIME = 6,
	DRAGOMAN_VALUE_NATURAL = 7, /* an integer above 2^63 - 1; of a tag, one from 0 on */
};

struct dragoman_bytes {
	const uint8_t *data;
	size_t len;
};

/* The value of one tag. */
struct dragoman_datum {
	const char *tag;
	const char *reason; /* why it is not GOOD: short and stable */
	enum dragoman_value_quality quality;
	enum dragoman_value_type type;
	union {
		bool boolean;
		int64_t integer;
		uint64_t natural;
		double number;
		const char *text;
		struct dragoman_bytes data;
		int64_t time_ns;
	} as;
};

/* The quality of a field of a typed message. */
struct dragoman_field {
	uint32_t number;
	enum dragoman_value_quality quality;
	const char *reason;
};

/* One observation, whole. */
struct dragoman_event_reading {
	const char *key;        /* which of the device's kinds of reading */
	int64_t device_time_ns; /* the device's own time of it */
	const struct dragoman_datum *values;
	size_t n_values;
	bool snapshot; /* the last known, not live: of a snapshot or a get */
	bool stale;    /* with snapshot: take all values as STALE, for this: */
	const char *stale_reason;
	const char *type; /* full name of a typed message, or "" */
	struct dragoman_bytes message;
	const struct dragoman_field *fields; /* those that are not GOOD */
	size_t n_fields;
};

enum dragoman_state_code {
	DRAGOMAN_STATE_UNKNOWN = 0,
	DRAGOMAN_STATE_STARTING = 1, /* nothing heard yet */
	DRAGOMAN_STATE_ONLINE = 2,
	DRAGOMAN_STATE_STALE = 3, /* its last values are to be taken as stale from here on */
	DRAGOMAN_STATE_REMOVED = 4,
};

struct dragoman_event_state {
	enum dragoman_state_code code;
	const char *reason; /* short and stable */
	const char *text;   /* for people */
};

struct dragoman_event_raw {
	bool sent; /* to the device; else received from it */
	struct dragoman_bytes data;
};

struct dragoman_event_loss {
	const char *publisher;
	uint64_t incarnation;
	uint64_t count; /* 0: not known */
	int64_t from_ns, to_ns;
	const char *reason;
	uint64_t last_number; /* the publisher's last that is in the stream */
};

struct dragoman_event_audit {
	const char *client;
	const char *request;         /* "write", "call zero" */
	struct dragoman_bytes frame; /* the encoded request */
	int outcome;                 /* Result.Outcome of the wire; 0 if there is no result */
	const char *text;
};

struct dragoman_event_gap {
	uint64_t first, last; /* numbers, both inclusive; first 0: from the beginning */
	uint64_t count;       /* events, 0: not known */
	const char *reason;
};

struct dragoman_event_lost {
	int code;          /* enum dragoman_code */
	const char *text;  /* why, and what to do */
	int retry_in_ms;   /* when it is tried again; -1: never */
	uint32_t failures; /* in a row, this one included; 1 for a connection that was there */
};

struct dragoman_event_done {
	int code; /* DRAGOMAN_OK, or why the request failed */
	const char *text;
};

/* The catalogue. */
struct dragoman_label {
	int64_t value;
	const char *name;
};

struct dragoman_device_tag {
	const char *name;
	const char *unit; /* UCUM */
	const char *description;
	enum dragoman_value_type type;
	bool readable, writable;
	const char *const *keys; /* under which it comes; none: the only kind */
	size_t n_keys;
	const struct dragoman_label *labels; /* of an enumeration */
	size_t n_labels;
	double minimum, maximum; /* infinities if there are no limits */
	uint32_t field;          /* its number in the typed message, or 0 */
};

struct dragoman_device_key {
	const char *name;
	const char *description;
	const char *type; /* of its typed message, or "" */
};

struct dragoman_device_command {
	const char *name;
	const char *description;
	const struct dragoman_device_tag *arguments;
	size_t n_arguments;
};

struct dragoman_event_device {
	const char *name;
	const char *description;
	const char *channel;
	const char *adapter;
	uint32_t device_id;
	const struct dragoman_device_tag *tags;
	size_t n_tags;
	const struct dragoman_device_key *keys;
	size_t n_keys;
	const struct dragoman_device_command *commands;
	size_t n_commands;
	struct dragoman_event_state state;
	int64_t state_since_ns;
	int64_t last_event_ns;
};

/* The gateway's status. */
struct dragoman_event_hub {
	int32_t pid;
	int64_t started_ns;
	uint64_t events, bytes; /* appended since the start */
	uint64_t oldest, head;
	uint64_t memory_size, memory_used; /* of the log in memory, bytes */
	uint64_t repeats, losses, refused_frames;
	uint32_t devices;
	enum dragoman_storage storage;
};

struct dragoman_counter {
	const char *name;
	uint64_t value;
};

struct dragoman_event_publisher {
	const char *name;
	bool connected;
	int32_t pid; /* 0 for a program of somebody else's */
	uint32_t restarts;
	const char *last_end; /* how its last process ended */
	uint64_t incarnation, received, kept;
	uint32_t devices;
	uint64_t events;
	int64_t last_event_ns;
	struct dragoman_event_state line;
	const struct dragoman_counter *counters;
	size_t n_counters;
};

struct dragoman_event_client {
	const char *you, *name, *address;
	int64_t since_ns;
	bool subscribed, read_only;
	uint64_t place, behind_bytes, events, gaps;
};

/* The stream on disk. */
struct dragoman_event_store {
	uint64_t oldest, newest; /* numbers on disk */
	int64_t oldest_time_ns;
	uint64_t bytes, size;  /* used, and the limit */
	uint64_t needed_bytes; /* of those in use, what durable subscribers have not acknowledged */
	uint64_t commits;      /* since the start */
	uint64_t commit_ns, slowest_commit_ns;
	uint64_t failures; /* writes and syncs that failed */
	uint64_t damaged;  /* groups found unreadable */
	const char *problem;
	uint32_t segments, subscribers;
};

/* A durable subscriber. */
struct dragoman_event_subscriber {
	const char *name;
	uint64_t place;         /* acknowledged up to here */
	uint64_t behind_events; /* at most; 0: not known */
	uint64_t behind_bytes;
	const char *you; /* of its connection; "" if it has none */
	const char *const *patterns;
	size_t n_patterns;
	unsigned kinds; /* enum dragoman_kinds */
	uint32_t retain_s;
	uint64_t retain_bytes;
	int64_t since_ns, oldest_time_ns;
	uint64_t gaps;
	bool connected;
};

struct dragoman_event_subscribed {
	bool resumed; /* a durable subscriber that the gateway knew already */
};

struct dragoman_event {
	enum dragoman_event_kind kind;
	uint64_t request;   /* whose answer it is; 0: nobody's */
	uint64_t seq;       /* its place in the stream, 0 if it has none */
	uint32_t device_id; /* the gateway's number for the device, never given twice in a stream */
	bool repeated;      /* it was handed out before; only with dragoman_set_repeats */
	/* Of events of the stream: */
	const char *device;
	int64_t time_ns; /* when its first byte was received, or when it happened */
	const char *publisher;
	uint64_t incarnation, number; /* with publisher: known again if it comes twice */
	union {
		struct dragoman_event_reading reading;
		struct dragoman_event_state state;
		struct dragoman_event_raw raw;
		struct dragoman_event_loss loss;
		struct dragoman_event_audit audit;
		struct dragoman_event_gap gap;
		struct dragoman_event_lost lost;
		struct dragoman_event_done done;
		struct dragoman_event_device device;
		struct dragoman_event_hub hub;
		struct dragoman_event_publisher publisher;
		struct dragoman_event_client client;
		struct dragoman_event_store store;
		struct dragoman_event_subscriber subscriber;
		struct dragoman_event_subscribed subscribed;
		struct dragoman_bytes descriptors;
		int64_t clock_step_ns;
		uint32_t count; /* SNAPSHOT_END */
	} as;
};

#ifdef __cplusplus
}
#endif

#endif
