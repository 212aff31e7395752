/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a child: a state, an event, and for each pair what the next state is and what is to be
 * done. Pure; child.c does it.
 *
 *	          START            READY
 *	 HELD ───────────► STARTING ─────► RUNNING ──┐ RENEW          EXIT
 *	  ▲                  ▲  │ EXIT        │ EXIT ├──────► RENEWING ─────► HELD
 *	  │              DUE │  ▼             │      │ STOP           EXIT
 *	  │                 WAITING ◄─────────┤      ├──────► STOPPING ─────► GONE
 *	  │                     ▲ EXIT        │ BAD  │
 *	  │                     └────────── KILLING ─┘
 *	 a new child
 */
#ifndef SUPER_STATE_H
#define SUPER_STATE_H

enum child_state {
	CHILD_HELD,     /* wanted; started when those have ended that the same reload ends */
	CHILD_WAITING,  /* ended by itself; the back-off runs */
	CHILD_STARTING, /* there is a process; it did not say yet that it is ready */
	CHILD_RUNNING,
	CHILD_KILLING,  /* sent SIGKILL, because it was bad */
	CHILD_RENEWING, /* told to finish, to be started again with its new part */
	CHILD_STOPPING, /* told to finish, for good */
	CHILD_GONE,     /* there is no process, and none is wanted */
	CHILD_STATES
};

enum child_event {
	CHILD_START, /* wanted, now */
	CHILD_READY, /* it says that its work has begun */
	CHILD_BAD,   /* no answer, too long in a call, too much memory, nonsense on the lifeline */
	CHILD_DUE,   /* the timer of the state ran out */
	CHILD_RENEW, /* its part of the configuration has changed */
	CHILD_STOP,  /* not wanted any more */
	CHILD_EXIT,  /* the process has ended, or there never was one */
	CHILD_EVENTS
};

enum child_action {
	CHILD_NOTHING,
	CHILD_SPAWN,     /* start the process, and the timer until it must be ready */
	CHILD_WELCOME,   /* it works: stop that timer, and say so */
	CHILD_TELL,      /* tell it to finish, and start the timer until it must have ended */
	CHILD_KILL,      /* SIGKILL */
	CHILD_REST,      /* start the timer of the back-off */
	CHILD_HOLD,      /* it has ended and is to be started anew: say so */
	CHILD_RELEASE,   /* it is gone: say so */
	CHILD_IMPOSSIBLE /* a bug */
};

struct child_cell {
	enum child_state next;
	enum child_action action;
};

struct child_cell child_next(enum child_state state, enum child_event event);

const char *child_state_name(enum child_state state);
const char *child_event_name(enum child_event event);

#endif
