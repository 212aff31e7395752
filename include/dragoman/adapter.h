/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter interface of Dragoman, ABI 1: how a C plugin teaches the gateway a device.
 *
 * A plugin is a shared object that exports one symbol, a `const struct dragoman_adapter` named
 * dragoman_adapter. It includes this header and nothing else of Dragoman, and links against nothing of
 * it: the host hands in its functions. See dragoman-adapter(3) and HACKING.md for a worked example.
 *
 * An adapter is a function of bytes and time. It gets frames, a clock and the ends of its exchanges; it
 * emits readings, sends frames, sets timers and logs. It never opens, reads, sleeps or forks, and so runs
 * from a wire, a file, a pty or a fuzzer alike. The one exception says so in its descriptor: an adapter
 * with DRAGOMAN_BLOCKING (a vendor library) gets a thread of its own, and may block for max_call_ms.
 *
 * One instance is one device. All calls into an instance come from one thread, never nested. Unless said
 * otherwise pointers that either side hands over are valid until the call returns, strings are UTF-8 and
 * end in NUL, times are nanoseconds since 1970 UTC (`_ns`), and 0 as a time means "not known".
 *
 * What may change within ABI 1: functions are appended at the end of struct dragoman_adapter and struct
 * dragoman_host_ops, and `size` says which of them exist; enums get new values at their end. What may
 * not: anything that is here. tests/unit/abi.c holds the layout.
 */
#ifndef DRAGOMAN_ADAPTER_H
#define DRAGOMAN_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRAGOMAN_ABI 1

/* ---------------------------------------------------------------------------------------------
 * Readings
 */

/* How good a value is; the numbers are those of the wire. */
enum dragoman_quality {
	DRAGOMAN_GOOD = 0,
	DRAGOMAN_UNCERTAIN = 1, /* the device or a limit casts doubt on it */
	DRAGOMAN_BAD = 2,       /* the device says that it is not valid, or it made no sense */
	DRAGOMAN_STALE = 3,     /* was good once */
};

enum dragoman_type {
	DRAGOMAN_NONE = 0, /* no value: only with a quality that is not GOOD */
	DRAGOMAN_BOOLEAN = 1,
	DRAGOMAN_INTEGER = 2,
	DRAGOMAN_NUMBER = 3,
	DRAGOMAN_TEXT = 4,
	DRAGOMAN_DATA = 5,
	DRAGOMAN_TIME = 6,
	DRAGOMAN_NATURAL = 7, /* an integer from 0 to 2^64 - 1 */
};

enum dragoman_access {
	DRAGOMAN_READ = 0,
	DRAGOMAN_WRITE = 1,
	DRAGOMAN_READ_WRITE = 2,
};

/* One value of a reading. */
struct dragoman_value {
	const char *tag; /* declared */
	enum dragoman_quality quality;
	const char *reason;      /* short and stable; NULL if GOOD */
	enum dragoman_type type; /* the declared one, or NONE */
	union {
		bool boolean;
		int64_t integer;
		uint64_t natural;
		double number; /* finite */
		struct {
			const char *
				bytes; /* TEXT: valid UTF-8, need not end in NUL; DATA: any bytes */
			size_t len;
		} text;
		int64_t time_ns;
	} as;
};

/* One observation, whole: it reaches clients as it is or not at all. */
struct dragoman_reading {
	const char *key;     /* a declared key; NULL if the device has one kind of reading only */
	int64_t received_ns; /* when its first byte came: dragoman_frame.received_ns */
	int64_t device_time_ns; /* the device's own time of it */
	const struct dragoman_value *values;
	size_t n_values;
	uint64_t cookie; /* not 0: kept() is called with it, once; somebody waits for it */
};

/* Declarations: the catalogue that clients browse. Strings are copied. */
struct dragoman_tag {
	const char *name;
	enum dragoman_type type;
	const char *unit; /* UCUM ("kg", "Cel", "m/s"), NULL if none */
	enum dragoman_access access;
	const char *description; /* one line, or NULL */
	const char *key;         /* of the readings it comes in; NULL: the only kind */
};

struct dragoman_key {
	const char *name;
	const char *description;
};

/* ---------------------------------------------------------------------------------------------
 * Frames and exchanges
 */

/* What the link of the line made of its bytes. */
struct dragoman_frame {
	const uint8_t *data; /* the payload, without what the link added */
	size_t len;
	int64_t received_ns; /* when the first byte came */
	uint64_t cookie;     /* of this device's exchange that waits for its reply now, else 0 */
};

/* What an adapter says to a frame. All but the first two are counted under their name; the frame is
 * offered to the line's next device after UNKNOWN, FOREIGN and UNSOLICITED. */
enum dragoman_verdict {
	DRAGOMAN_TAKEN = 0,   /* understood; an exchange that waits goes on waiting */
	DRAGOMAN_REPLY = 1,   /* understood, and it is what the exchange waited for */
	DRAGOMAN_UNKNOWN = 2, /* of no kind that this adapter knows; clients can have it raw */
	DRAGOMAN_FOREIGN = 3, /* good, and for another device */
	DRAGOMAN_SHORT = 4,
	DRAGOMAN_LONG = 5,
	DRAGOMAN_CHECK = 6,  /* the checksum is wrong */
	DRAGOMAN_FORMAT = 7, /* not what the protocol says */
	DRAGOMAN_RANGE = 8,  /* well formed, and makes no sense */
	DRAGOMAN_PART =
		9, /* understood, and the exchange that waits has part of its reply: its time
			    * begins anew */
	DRAGOMAN_UNSOLICITED =
		10, /* it would mean something as a reply, and none is awaited; as UNKNOWN it
				    * is offered to the next device */
};

/* A request and its reply. Exchanges of all devices of a line wait in one queue, by priority and then
 * in order; one is under way at a time. */
struct dragoman_exchange {
	const uint8_t *data; /* the payload; the line's link frames it. Copied. */
	size_t len;
	uint32_t
		timeout_ms; /* until the reply is there, from when the request was written; 0: there is no
	                      * reply, the exchange ends when the request was written */
	uint32_t retries;  /* how often it is sent again after a timeout */
	uint32_t priority; /* 0 to 9; a command has 5, a poll 0 */
	uint64_t cookie;   /* not 0; comes back in frames and in exchange_done */
};

enum dragoman_end {
	DRAGOMAN_REPLIED = 0, /* frame() returned REPLY, or there was no reply to wait for */
	DRAGOMAN_TIMED_OUT = 1,
	DRAGOMAN_NOT_SENT = 2, /* the line was down */
	DRAGOMAN_GARBLED = 3,  /* of ask() alone: timed out, and what came meanwhile was no reply */
};

/* Settings of a serial line. */
struct dragoman_line {
	uint32_t baud;      /* 0: as the port is set */
	const char *format; /* "7E1"; NULL: as the port is set */
};

enum dragoman_ask_flags {
	DRAGOMAN_ASK_RAW = 1,    /* the bytes go to the line as they are, past the link */
	DRAGOMAN_ASK_SILENT = 2, /* no reply within the time is as good as one */
};

/* An exchange with all that can be said of it. What is 0 or NULL is not asked for. */
struct dragoman_ask {
	uint32_t size;  /* sizeof(struct dragoman_ask): new members are appended */
	uint32_t flags; /* enum dragoman_ask_flags */
	struct dragoman_exchange exchange; /* without data nothing is sent: a break alone */
	uint32_t first_byte_ms;            /* from when it was written until anything comes */
	uint32_t between_bytes_ms;         /* silence, once something came */
	uint32_t break_ms;                 /* the line is held in the break state before it; a line
			                    * without such a state goes on */
	uint32_t pause_ms;                 /* silence before it, behind the break */
	/* The line's settings from before it is sent on, and from when it was written on; until an ask
	 * says otherwise, or the line is opened anew. A line without settings goes on. */
	const struct dragoman_line *before, *after;
};

/* A named thing that the device can be told, with typed arguments. Strings are copied. */
struct dragoman_argument {
	struct dragoman_tag tag; /* its key is not looked at */
	bool has_limits;
	double minimum, maximum;
};

struct dragoman_command {
	const char *name;
	const char *description; /* one line, or NULL */
	const struct dragoman_argument *arguments;
	size_t n_arguments;
};

/* ---------------------------------------------------------------------------------------------
 * Options
 */

/* A piece of the device's configuration, with its place in its file. The host's. */
struct dragoman_node;

enum dragoman_option_type {
	DRAGOMAN_OPTION_BOOLEAN,
	DRAGOMAN_OPTION_INTEGER,
	DRAGOMAN_OPTION_NUMBER,
	DRAGOMAN_OPTION_TEXT,
	DRAGOMAN_OPTION_DURATION, /* "250ms", "1.5s", "2min"; read as milliseconds */
	DRAGOMAN_OPTION_CHOICE,
	DRAGOMAN_OPTION_TREE, /* whatever stands there; the adapter looks itself */
};

/* One option that the adapter takes. The host checks it before create() and documents it. */
struct dragoman_option {
	const char *key;
	enum dragoman_option_type type;
	const char *fallback; /* as it would stand in the file; NULL: none */
	bool required;
	double minimum, maximum;    /* of numbers and durations (ms); both 0: no limits */
	const char *const *choices; /* of a CHOICE, NULL at the end */
	const char *help;           /* one line */
};

/* ---------------------------------------------------------------------------------------------
 * The host: what an adapter may call
 */

struct dragoman_host;

enum dragoman_role {
	DRAGOMAN_GATEWAY = 0, /* talks to a device */
	DRAGOMAN_DEVICE = 1,  /* plays the device, for tests and for dragoman simulate */
};

enum dragoman_level {
	DRAGOMAN_LOG_ERROR = 0,
	DRAGOMAN_LOG_WARNING = 1,
	DRAGOMAN_LOG_INFO = 2,
	DRAGOMAN_LOG_DEBUG = 3,
};

/* The life of the device as the adapter sees it. The host itself says STALE when the line is lost,
 * when exchanges go unanswered and after the configured silence; a reading makes it ONLINE. */
enum dragoman_state {
	DRAGOMAN_ONLINE = 2,
	DRAGOMAN_OFFLINE = 3,
};

struct dragoman_host_ops {
	uint32_t abi;
	uint32_t size; /* of this struct in the host that runs */

	/* Declares (again) what the device has; replaces what was declared. Keys are at most 64; a device
	 * with one kind of reading has none. 0, or -1 if a name or a reference is bad (logged). */
	int (*declare)(struct dragoman_host *host, const struct dragoman_tag *tags, size_t n_tags,
		       const struct dragoman_key *keys, size_t n_keys);

	/* Hands a reading over. The host copies it. An undeclared tag or a wrong type is an adapter's bug:
	 * the value goes out BAD, with a reason and a log line. */
	void (*emit)(struct dragoman_host *host, const struct dragoman_reading *reading);

	/* Queues an exchange. 0, or -1 if the queue (64 a device) is full. */
	int (*exchange)(struct dragoman_host *host, const struct dragoman_exchange *exchange);

	/* Sends a frame now, outside of any exchange: an acknowledgement, or in the DEVICE role an answer.
	 * 0, or -1 if the line is down. */
	int (*send)(struct dragoman_host *host, const uint8_t *data, size_t len);

	/* Calls timer(id) once after delay_ms; an id that runs is set anew. Ids 0 to 15. */
	void (*timer_set)(struct dragoman_host *host, uint32_t id, uint32_t delay_ms);
	void (*timer_clear)(struct dragoman_host *host, uint32_t id);

	void (*state)(struct dragoman_host *host, enum dragoman_state state, const char *reason);

	/* One line into the gateway's log, under the channel's and the device's name. */
	void (*log)(struct dragoman_host *host, enum dragoman_level level, const char *text);

	int64_t (*wall_ns)(struct dragoman_host *host); /* UTC; may step */
	int64_t (*mono_ns)(struct dragoman_host *host); /* never steps back */

	enum dragoman_role (*role)(struct dragoman_host *host);
	const char *(*device)(struct dragoman_host *host); /* its name */

	/* Options. option() gives the node under a declared key, or NULL if it is neither set nor has a
	 * fallback. The three readers are for nodes of that type; what is there was checked. */
	const struct dragoman_node *(*option)(struct dragoman_host *host, const char *key);
	const char *(*node_text)(const struct dragoman_node *node); /* NULL if it is no scalar */
	int64_t (*node_integer)(
		const struct dragoman_node *node); /* also BOOLEAN 0/1, DURATION ms */
	double (*node_number)(const struct dragoman_node *node);
	/* Trees. A map has keys, a list has none (key_at gives NULL); a scalar has size 0. */
	size_t (*node_size)(const struct dragoman_node *node);
	const struct dragoman_node *(*node_at)(const struct dragoman_node *node, size_t i);
	const char *(*node_key_at)(const struct dragoman_node *node, size_t i);
	/* Says what is wrong there, as file:line:column: text. For create(), which then returns -1. */
	void (*node_error)(struct dragoman_host *host, const struct dragoman_node *node,
			   const char *text);

	/* As exchange. */
	int (*ask)(struct dragoman_host *host, const struct dragoman_ask *ask);

	/* Declares (again) what the device can be told; replaces what was declared. At most 256. As declare. */
	int (*declare_commands)(struct dragoman_host *host, const struct dragoman_command *commands,
				size_t n);
};

/* Embedded at the front of the host's own struct. */
struct dragoman_host {
	const struct dragoman_host_ops *ops;
};

/* ---------------------------------------------------------------------------------------------
 * The adapter
 */

enum dragoman_maturity {
	DRAGOMAN_UNPROVEN = 0,   /* written from knowledge that could not be cited */
	DRAGOMAN_DOCUMENTED = 1, /* agrees with the maker's documents */
	DRAGOMAN_CAPTURED = 2,   /* agrees with recordings of real devices */
	DRAGOMAN_PROVEN = 3,     /* in use on real devices */
};

enum dragoman_flags {
	DRAGOMAN_BLOCKING = 1, /* may block; see max_call_ms and work() */
};

struct dragoman_adapter {
	uint32_t abi;        /* DRAGOMAN_ABI */
	uint32_t size;       /* sizeof(struct dragoman_adapter) */
	const char *name;    /* as in the configuration; [a-z0-9-] */
	const char *title;   /* one line */
	const char *version; /* its own */
	enum dragoman_maturity maturity;
	uint32_t flags;
	uint32_t max_call_ms; /* BLOCKING: a call that takes longer has the channel killed */

	const struct dragoman_option *options; /* ends with a row whose key is NULL; or NULL */

	/* The link that the protocol stands on, where the configuration names none: a YAML flow mapping
	 * as it would stand behind `link:`, "{delimiter: '\r\n', max: 1024}". NULL: raw chunks. */
	const char *default_link;

	/* Makes an instance. Reads options, declares; sends nothing yet. 0, or -1 with node_error or log
	 * called and nothing left behind: destroy() does not follow. Runs in the check of a configuration
	 * too, on a host whose line never opens. */
	int (*create)(struct dragoman_host *host, void **self_out);
	void (*destroy)(void *self);

	/* The line opened or was lost (with the reason). May be NULL. */
	void (*line)(void *self, bool up, const char *reason);

	/* A frame came. */
	enum dragoman_verdict (*frame)(void *self, const struct dragoman_frame *frame);

	/* An exchange ended; each ends once. May be NULL if the adapter makes none. */
	void (*exchange_done)(void *self, uint64_t cookie, enum dragoman_end end);

	void (*timer)(void *self, uint32_t id); /* may be NULL */

	/* The reading emitted with this cookie is on the gateway's disk (kept), or will not be: there is no
	 * store, it failed, or the reading had to be dropped. May be NULL if no cookie is used. */
	void (*kept)(void *self, uint64_t cookie, bool kept);

	/* BLOCKING only: does a piece of work on the adapter's thread, and returns after how many
	 * milliseconds it wants to be called again; negative: only after the next other call. */
	int32_t (*work)(void *self);

	/* Bytes came that were no good frame: the link refused them, or frame() did. Told where the device
	 * has its line to itself, and never to a BLOCKING adapter. May be NULL. */
	void (*spoilt)(void *self);

	/* The channel ends in order, and the line is still open: what the device has to be told before it is
	 * closed (the end of a session) is sent now. Called once, and again after whatever happens; returns
	 * whether there is more to come. The host waits for that, for a second at most. What is to be sent
	 * has a priority from 5 on: polls may be held back. Never called for a BLOCKING adapter, nor where
	 * a process is killed. May be NULL. */
	bool (*closing)(void *self);
};

/* The symbol. */
extern const struct dragoman_adapter dragoman_adapter;

#ifdef __cplusplus
}
#endif

#endif
