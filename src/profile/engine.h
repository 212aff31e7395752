/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter "profile" from inside: engine.c makes it, gateway.c asks the device, answers.c looks at what it
 * says, ended.c at how exchanges end, running.c lets a function of the script ask, played.c is the device.
 *
 * The gateway has one exchange under way at a time. What is wanted waits here, not in the line's queue, since
 * the device may have to be woken up or logged in to first:
 *
 *	ASLEEP --woken, identified--> CLOSED --opened--> OPEN --nothing left, each round--> CLOSING --> CLOSED
 *	                    ^                  |
 *	                    +---lost, refused--+     and nothing is asked for a while
 */
#ifndef PROFILE_ENGINE_H
#define PROFILE_ENGINE_H

#include <stdio.h>
#include <string.h>

#include "adapter/host.h"
#include "base/buf.h"
#include "base/clock.h"
#include "profile/codec.h"
#include "profile/derive.h"
#include "profile/exchange.h"
#include "profile/news.h"
#include "profile/play.h"
#include "profile/samples.h"
#include "profile/script_run.h"
#include "profile/timetable.h"

enum { ENGINE_MAGIC = 0x50524f46, DUE_TIMER = 0 };

/* A request (or, for the device, a frame) that is sent again and again. */
struct turn {
	int64_t every_ns; /* 0: it is not */
	int64_t due_ns;   /* monotonic; 0: not now */
	int64_t again_ns; /* the same, after the device was busy */
	uint64_t order;   /* it is wanted, since then; 0: it is not */
	unsigned busy_left, retries_left;
	unsigned n_replies; /* that have come */
	unsigned n_pages;
	bool is_told; /* that it cannot be written */
};

/* Why the exchange under way is there. */
enum purpose { FOR_NOTHING, FOR_WAKING, FOR_IDENTIFYING, FOR_OPENING, FOR_ITSELF, FOR_CLOSING };

enum session_state { SESSION_CLOSED, SESSION_OPEN, SESSION_CLOSING };

/* What the exchange under way has brought. */
struct outcome {
	const struct frame *last;
	bool is_refused, is_busy, is_lost;
	const char *reason; /* of a function that failed, in place of the frame's; else NULL */
};

/*
 * A request under way that runs a function of the script. It asks another request (and sends that again after a
 * while, where the device was busy), or waits:
 *
 *	begun --> ASKING <--> WAITING --> over: as a request of its own that was answered, refused or not answered
 */
struct running {
	struct script_run *script; /* NULL: nothing runs */
	const struct request *asked;
	struct turn turn; /* of what is asked */
	struct buf sent;  /* of the same */
	struct raw *answer;
	struct buf texts;          /* of the answer */
	const struct frame *frame; /* whose fields they are; NULL: none came */
	enum dragoman_end end;     /* of what was asked last */
	bool is_refused;           /* that */
	int64_t wake_ns;           /* it goes on then; 0: with the answer */
	int64_t until_ns;
	unsigned asks_left;
	bool is_first; /* nothing was asked yet with the line as it has to be in the beginning */
	bool needs_session;
	/* The last one that is over. */
	bool is_good;
	char reason[200];
};

struct engine {
	uint32_t magic;
	struct dragoman_host *host;
	enum dragoman_role role;
	struct profile *base;          /* as the profile's file has it */
	const struct profile *profile; /* that, or one of its variants */
	struct parameters parameters;
	bool *is_open;      /* of the parameters: those that are remembered */
	struct buf *kept;   /* texts of the parameters that are remembered */
	struct turn *turns; /* of requests and then commands, or of the device's frames */
	size_t n_turns;
	struct raw *raw;
	struct dragoman_value *values;
	struct buf scratch; /* texts of the values */
	struct derive *derive;
	struct news *news;
	struct buf out; /* what is being sent */
	bool is_up;

	/* The gateway. */
	enum purpose purpose;
	const struct request *under_way;
	struct outcome outcome;
	uint32_t generation; /* of the line; in the upper half of cookies */
	uint64_t order;
	enum session_state session;
	size_t step;                 /* of opening or closing it */
	int64_t asked_ns;            /* when the last exchange ended */
	bool is_awake;               /* since the last time it was woken up */
	unsigned n_silent;           /* exchanges in a row without an answer */
	int64_t held_ns;             /* until then nothing is asked */
	int64_t hold_ns;             /* how long it is held next */
	int64_t again_ns;            /* after which what is asked on connect is asked again */
	uint32_t pause_ms;           /* before the next exchange, after waking */
	bool is_refused;             /* the device does not let us in, and the hub knows */
	bool identifies;             /* it says which variant it is, */
	bool is_identified;          /* and has, since the line was opened */
	const struct profile *found; /* the variant that its answer means */
	int64_t heard_ns;            /* when a frame was good last */
	unsigned n_spoilt;           /* that were not, since */
	bool is_spoilt;              /* and that was said */
	bool is_closing; /* the channel ends: the session is closed, and nothing asked */
	struct running running;
	/* The device. */
	struct play *play;
	size_t asked_len; /* of the request that it answers */
	unsigned n_pages; /* sent of a memory */
	uint64_t n_sent;
	const struct request *mute; /* the last one that no reply could be written to */
	struct samples *samples;
	struct timetable timetable;
	size_t next_step;
	int64_t began_ns; /* of the timetable; 0: not yet */
	bool is_foreign;  /* it answers under another address now and then */
	uint64_t random;
};

/* The gateway. */
void gateway_line(struct engine *e, bool is_up);
/* The same, of a device whose variant is known. */
void gateway_begin_line(struct engine *e, bool is_up);
void gateway_timer(struct engine *e);
void gateway_done(struct engine *e, uint64_t cookie, enum dragoman_end end);
/* The channel ends. Whether a session is still to be closed. */
bool gateway_closing(struct engine *e);
enum dragoman_verdict gateway_frame(struct engine *e, const struct dragoman_frame *in);
/* Bytes came that were no good frame. */
void gateway_spoilt(struct engine *e);
/* What the request asked for is bad, for this reason. */
void gateway_say_bad(struct engine *e, const struct request *request, const char *reason,
		     int64_t received_ns);
/* The device has said, by itself, that there is no session. */
void gateway_lost_session(struct engine *e);
/* A device that did not answer may have been switched off: what it is asked once is asked again, first so late. */
#define GATEWAY_AGAIN_FIRST_NS (30 * NS_PER_S)
/* One that does not wake up or let us in is left alone, first so long. */
#define GATEWAY_HOLD_FIRST_NS NS_PER_S
/* For the end of an exchange. */
size_t gateway_index(const struct engine *e, const struct request *request);
struct turn *gateway_turn(struct engine *e, const struct request *request);
/* It is to be asked, when its turn comes. */
void gateway_want(struct engine *e, const struct request *request);
/* What is sent after it is to be asked. */
void gateway_follow(struct engine *e, const struct request *request);
/* Asks nothing for a while, and begins with the session anew then. */
void gateway_hold(struct engine *e);
/* Asks what comes next, and sets the timer. */
void gateway_go_on(struct engine *e);
/* The request or command that a cookie stands for, and its turn; NULL if there is none. */
const struct request *gateway_request(struct engine *e, uint64_t cookie, struct turn **turn_out);

/* Puts bytes into the line's queue for the request: whether they are there. */
bool gateway_queue(struct engine *e, const struct request *request, const struct buf *bytes,
		   bool is_first);
/* How the exchange of a purpose has ended; nothing else is under way then. */
void gateway_over(struct engine *e, const struct request *request, enum dragoman_end end);
/* Whoever does not answer may sleep, and may have forgotten us. */
void gateway_note_silence(struct engine *e, enum dragoman_end end);
/* Begins a request or command at once, for a test: of all of the profile's, the i-th. */
void gateway_begin(struct engine *e, size_t i, const struct dragoman_value *arguments);

/* The function of a request that is under way by now begins. */
void running_begin(struct engine *e, const struct request *request, bool is_first,
		   const struct dragoman_value *arguments);
/* What it has asked ended. */
void running_done(struct engine *e, enum dragoman_end end);
void running_timer(struct engine *e, int64_t now);
/* A reply to what it has asked stands in the engine's raw fields. */
void running_hear(struct engine *e, const struct frame *frame);
/* It is given up, and nobody is told. */
void running_cancel(struct engine *e);
void running_fini(struct engine *e);

/* The device. 0, or -1 with errors added. */
int played_set_up(struct engine *e, struct conf_errors *errors);
void played_fini(struct engine *e);
void played_line(struct engine *e, bool is_up);
void played_timer(struct engine *e);
enum dragoman_verdict played_frame(struct engine *e, const struct dragoman_frame *in);

/* Makes ready for a profile, and declares what it has. -1 with errors added. */
int engine_equip(struct engine *e, const struct profile *profile, struct conf_errors *errors);
void engine_strip(struct engine *e);
/* Runs another variant from here on. */
void engine_become(struct engine *e, const struct profile *variant);
static inline const struct conf_node *conf_of(const struct dragoman_node *node)
{
	return (const struct conf_node *)(const void *)node;
}

static inline int64_t engine_now(struct engine *e)
{
	return e->host->ops->mono_ns(e->host);
}

/* Of two monotonic times the one that comes first; 0 is never. */
int64_t engine_earlier(int64_t a, int64_t b);
/* The one timer. */
void engine_set_timer(struct engine *e, int64_t at_ns);
void engine_log(struct engine *e, enum dragoman_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
