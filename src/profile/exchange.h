/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the device is asked and told, and what it answers: requests and commands, the session they need, the
 * bytes that wake it up. Inside of src/profile only.
 *
 * What is sent is a frame in the other direction: its arguments are to it what the tags of a reading are to a
 * frame, and come into its fields by the same steps. So the device that is played reads them back.
 */
#ifndef PROFILE_EXCHANGE_H
#define PROFILE_EXCHANGE_H

#include "profile/constant.h"
#include "profile/program.h"

struct loader;

enum { MAX_ARGUMENTS = 64 };

/* Beside its tag, which stands at the same place in the message's reading. */
struct argument {
	struct constant fallback; /* NONE: it must be given */
	bool has_limits;
	double min, max;
	const struct constant *choices;
	size_t n_choices;
};

/* The line's settings from here on: those given, or if none is those of the port. */
struct line_change {
	bool is_before; /* it is sent with them; else they count from when it was sent */
	uint32_t baud;
	const char *format;
	int baud_from; /* the parameter that holds it, perhaps as a code of the table; or -1 */
	const struct table *table;
};

/* "again and again, while these frames come" */
struct repeat {
	const struct frame **frames;
	size_t n_frames;
	int cursor; /* a parameter that goes on by `add` each time, or -1 */
	int64_t add;
	unsigned limit;
};

/* A tag that a command sets: to one of its arguments, or to a constant. */
struct effect {
	const struct tag *tag;
	int argument; /* -1: the constant */
	struct constant constant;
};

struct request {
	const char *name, *description;
	const struct conf_node *node;
	bool is_command, has_send;
	bool is_framed; /* by the link; else the bytes go to the line as they are */
	struct frame message;
	struct argument *arguments; /* one for each tag of message.reading */
	struct dragoman_value
		*with; /* a request's arguments; of a command the defaults of all, or NULL */

	struct frame **replies; /* the first is what the device usually says */
	size_t n_replies;
	unsigned count;             /* of replies */
	const struct frame **until; /* in place of the count: the last one is one of these */
	size_t n_until;
	bool silence_is_success;
	uint32_t timeout_ms, first_byte_ms, between_bytes_ms, retries, priority;
	uint32_t busy_after_ms, busy_times; /* it is sent again so late, so often */
	uint32_t break_ms, pause_ms;        /* before it */
	struct line_change *line;           /* or NULL */

	/* In place of what is sent: a function of the script, which asks other requests. */
	const char *run;
	uint32_t run_ms, asks; /* so long, and so many, at most */

	/* Of a request. */
	int64_t every_ms, phase_ms;
	bool on_connect;
	const struct request **after;
	size_t n_after;
	struct repeat *repeat; /* or NULL */

	/* Of a command. */
	struct effect *effects;
	size_t n_effects;
	const struct request *verify;
};

/* Requests in the order of the profile. */
struct request_list {
	const struct request **list;
	size_t n;
};

struct session {
	struct request_list open, close;
	const struct request *keep; /* or NULL */
	int64_t keep_ms;
	const struct frame **lost;
	size_t n_lost;
	bool each_round; /* closed when nothing is left to ask */
};

struct wake {
	const struct request *request;
	int64_t idle_ms;
	uint32_t pause_ms;
};

/* What an answer says to the variant that it means. */
struct identified {
	const char *text;
	size_t len;
	bool is_prefix, is_default;
	const struct profile *variant;
};

struct identify {
	const struct request *request;
	const char *tag;
	struct identified *rows;
	size_t n;
};

/* The variant that identified itself with this text; the profile itself if none is meant. */
const struct profile *identify_variant(const struct profile *profile, const char *text, size_t len);
/* NULL: there is none of that name. */
const struct profile *profile_variant(const struct profile *profile, const char *name);

/* 0, or -1 if it cannot be written. arguments: one for each, NULL: those of a request. raw is scratch. */
int request_encode(const struct request *request, const struct parameters *parameters,
		   const struct dragoman_value *arguments, struct raw *raw, struct buf *out);
/* The arguments given (a map, may be NULL) or their fallbacks, checked. -1 with errors added. */
int arguments_read(const struct request *request, const struct conf_node *given,
		   struct dragoman_value *out, struct conf_errors *errors);
/* Why an argument cannot be, or NULL. */
const char *argument_problem(const struct request *request, size_t i,
			     const struct dragoman_value *value);
/* The request, or else the command, of that name; NULL. */
const struct request *request_find(const struct profile *profile, const char *name);
/* Its place among all of them, commands behind requests. */
size_t request_index(const struct profile *profile, const struct request *request);
/* It means no, busy or error. */
bool frame_is_refusal(const struct frame *frame);
bool frame_is_in(const struct frame *frame, const struct frame *const *list, size_t n);
/* What the frame wants to be remembered goes into the parameters; texts are kept in `kept`, one buffer for
 * each parameter. */
void frame_remember(const struct frame *frame, const struct raw *raw, struct parameters *parameters,
		    struct buf *kept);

/* The loader. */
struct ask_source {
	const struct conf_node *send, *arguments, *values;
	struct conf_texts expect, until;
	char *description, *run;
	int64_t asks, replies, timeout_ns, first_byte_ns, between_bytes_ns, retries, priority;
	int64_t break_ns, pause_ns;
	const struct conf_node *busy, *line;
	int silence;
	bool framed;
};
extern const char *const silence_names[];
#define ASK_ROW(s, m, ...)                                                                         \
	{                                                                                          \
		.offset = offsetof(s, ask.m), __VA_ARGS__                                          \
	}
#define ASK_ROWS(s, usual_priority)                                                                \
	ASK_ROW(s, send, .key = "send", .type = CONF_ANY,                                          \
		.help = "a template, or a map as of a frame; left out: nothing but a break"),      \
		ASK_ROW(s, run, .key = "run", .type = CONF_TEXT,                                   \
			.help = "in place of send: a function of the script, which asks other "    \
				"requests"),                                                       \
		ASK_ROW(s, asks, .key = "asks", .type = CONF_INT, .fallback = "1000", .min = 1,    \
			.max = 1e6, .help = "of run: how many requests it may make"),              \
		ASK_ROW(s, description, .key = "description", .type = CONF_TEXT,                   \
			.help = "one line"),                                                       \
		ASK_ROW(s, arguments, .key = "arguments", .type = CONF_ANY,                        \
			.help = "what is filled into it: a map of names"),                         \
		ASK_ROW(s, values, .key = "values", .type = CONF_ANY,                              \
			.help = "how arguments come into its fields, where that is not by name"),  \
		ASK_ROW(s, expect, .key = "expect", .type = CONF_TEXTS,                            \
			.help = "the frames that answer it, the usual one first; without it "      \
				"there is no answer"),                                             \
		ASK_ROW(s, replies, .key = "replies", .type = CONF_INT, .fallback = "1", .min = 1, \
			.max = 65535, .help = "how many of them come"),                            \
		ASK_ROW(s, until, .key = "until", .type = CONF_TEXTS,                              \
			.help = "in place of a number: the frames that come last"),                \
		ASK_ROW(s, timeout_ns, .key = "timeout", .type = CONF_DURATION, .fallback = "1s",  \
			.min = 1e6, .max = 600e9, .help = "how long an answer may take"),          \
		ASK_ROW(s, first_byte_ns, .key = "first_byte", .type = CONF_DURATION,              \
			.fallback = "0ms", .min = 0, .max = 600e9,                                 \
			.help = "how long its first byte may take; 0: as long as all of it"),      \
		ASK_ROW(s, between_bytes_ns, .key = "between_bytes", .type = CONF_DURATION,        \
			.fallback = "0ms", .min = 0, .max = 600e9,                                 \
			.help = "how long the line may be silent within the answer; 0: as long "   \
				"as all of it may take"),                                          \
		ASK_ROW(s, silence, .key = "silence", .type = CONF_CHOICE, .fallback = "failure",  \
			.choices = silence_names, .help = "what it means if no answer comes"),     \
		ASK_ROW(s, retries, .key = "retries", .type = CONF_INT, .fallback = "1", .min = 0, \
			.max = 100, .help = "how often it is sent again then"),                    \
		ASK_ROW(s, busy, .key = "busy", .type = CONF_ANY,                                  \
			.help = "when it is sent again after a frame that means busy: {after, "    \
				"times}"),                                                         \
		ASK_ROW(s, priority, .key = "priority", .type = CONF_INT,                          \
			.fallback = usual_priority, .min = 0, .max = 9,                            \
			.help = "before those of a lower one"),                                    \
		ASK_ROW(s, break_ns, .key = "break", .type = CONF_DURATION, .fallback = "0ms",     \
			.min = 0, .max = 10e9,                                                     \
			.help = "the line is held in the break state so long before it"),          \
		ASK_ROW(s, pause_ns, .key = "pause", .type = CONF_DURATION, .fallback = "0ms",     \
			.min = 0, .max = 60e9, .help = "silence before it"),                       \
		ASK_ROW(s, line, .key = "line", .type = CONF_ANY,                                  \
			.help = "other settings of the line from here on: {baud, format}"),        \
		ASK_ROW(s, framed, .key = "framed", .type = CONF_BOOL, .fallback = "true",         \
			.help = "the link frames it; else its bytes are sent as they are")

/* What requests and commands share. */
void load_ask(struct loader *l, const struct conf_node *node, const struct ask_source *s,
	      struct request *out);
/* The request of that name, or NULL with an error at node. */
const struct request *load_find_request(struct loader *l, const struct conf_node *node,
					const char *name);
/* The frames of these names; those that are not there are errors at node. */
const struct frame **load_find_frames(struct loader *l, const struct conf_node *node,
				      const struct conf_texts *names, size_t *n_out);
/* Requests, and commands that need no arguments. */
void load_find_steps(struct loader *l, const struct conf_node *node, const struct conf_texts *names,
		     struct request_list *out);

/* `after:` of requests, once the names of requests and commands are known. */
void load_afters(struct loader *l);
void load_commands(struct loader *l, const struct conf_node *section);
/* Looks at what the functions that requests run ask for, as far as it can be seen: script is the profile's. */
void load_runs(struct loader *l, const struct conf_node *script);
/* Whether the profile runs functions, and the word stands somewhere in its script. */
bool load_run_says(const struct profile *profile, const char *word);
void load_session(struct loader *l, const struct conf_node *section);
void load_wake(struct loader *l, const struct conf_node *section);
void load_variants(struct loader *l, const struct conf_node *section);
void load_identify(struct loader *l, const struct conf_node *section);

extern const struct conf_schema profile_command_schema, profile_argument_schema,
	profile_busy_schema, profile_line_change_schema, profile_repeat_schema,
	profile_session_schema, profile_wake_schema, profile_identify_schema;

#endif
