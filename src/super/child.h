/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child that is kept alive, the hub or a channel: its life by the table of state.h, its lifeline, its
 * pings, its obituary. What its program is, and who else is to know of its life, is its owner's (super.c).
 */
#ifndef SUPER_CHILD_H
#define SUPER_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "ev/loop.h"
#include "ev/peer.h"
#include "super/backoff.h"
#include "super/process.h"
#include "super/state.h"
#include "wire/control.h"

struct child;

/* What the owner has to do. None may free the child, but gone. */
struct child_owner {
	/* Completes what is to be run, but for the lifeline; -1 with err if that is not possible now. */
	int (*outfit)(void *arg, struct child *child, struct spawn *spawn, struct err *err);
	void (*started)(void *arg, struct child *child); /* child->process.pid is there */
	void (*ready)(void *arg, struct child *child);   /* may be NULL */
	/* It ended by itself, or was killed for the reason; in so many milliseconds comes the next.
	 * May be NULL. */
	void (*ended)(void *arg, struct child *child, const char *reason, uint32_t restart_in_ms);
	/* It ended as it was told to, or is HELD for another reason: child_start when it may go on. */
	void (*held)(void *arg, struct child *child);
	void (*gone)(void *arg, struct child *child);
};

/* Times that the options of dragomand set. */
struct child_times {
	int64_t ping_ns;   /* between two pings */
	int64_t answer_ns; /* so long an answer may take */
	int64_t start_ns;  /* so long it may take until it is ready */
	int64_t finish_ns; /* so long it may take to finish when told to */
};

struct child {
	uint32_t magic;
	char name[NAME_MAX_LEN + 1];   /* the channel's; "" for the hub */
	char label[NAME_MAX_LEN + 16]; /* "channel scale-line", "hub" */
	enum child_state state;
	struct process process;
	struct peer lifeline;
	struct timer timer; /* the state's */
	struct timer pulse; /* the next ping */
	struct backoff backoff;
	struct backoff_rule rule;
	uint64_t ping_number;
	bool awaits_pong;
	int64_t silent_ns;        /* for how long it has not answered, in whole pulses */
	uint64_t memory_limit;    /* 0: none */
	uint32_t restarts;        /* how often it ended by itself and was started again */
	char fault[REASON_SIZE];  /* why it was killed; "" if it was not */
	char reason[REASON_SIZE]; /* how it last ended */
	struct loop *loop;
	const struct child_times *times;
	const struct child_owner *owner;
	void *arg;
};

/* name NULL: the hub. It is HELD. */
void child_init(struct child *child, struct loop *loop, const char *role, const char *name,
		const struct backoff_rule *rule, const struct child_times *times,
		const struct child_owner *owner, void *arg);
/* There must be no process. */
void child_fini(struct child *child);

/* START, RENEW or STOP. It may be gone (and freed by its owner) when this returns. */
void child_step(struct child *child, enum child_event event);

/* Is there a process that was told to finish? */
bool child_is_ending(const struct child *child);

/* Says something on the lifeline, if there is one. */
void child_tell(struct child *child, const struct control *control);

#endif
