/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a child; the picture is in state.h. */
#include "super/state.h"

#include "base/must.h"

/* clang-format off */
#define STAY(state) {CHILD_##state, CHILD_NOTHING}
#define GO(state, action) {CHILD_##state, CHILD_##action}
#define NEVER(state) {CHILD_##state, CHILD_IMPOSSIBLE}

static const struct child_cell table[CHILD_STATES][CHILD_EVENTS] = {
	[CHILD_HELD] = {
		[CHILD_START] = GO(STARTING, SPAWN),
		[CHILD_READY] = NEVER(HELD),
		[CHILD_BAD] = NEVER(HELD),
		[CHILD_DUE] = NEVER(HELD),
		[CHILD_RENEW] = STAY(HELD),
		[CHILD_STOP] = GO(GONE, RELEASE),
		[CHILD_EXIT] = NEVER(HELD),
	},
	[CHILD_WAITING] = {
		[CHILD_START] = NEVER(WAITING),
		[CHILD_READY] = NEVER(WAITING),
		[CHILD_BAD] = NEVER(WAITING),
		[CHILD_DUE] = GO(STARTING, SPAWN),
		[CHILD_RENEW] = GO(HELD, HOLD), /* what made it end may be mended */
		[CHILD_STOP] = GO(GONE, RELEASE),
		[CHILD_EXIT] = NEVER(WAITING),
	},
	[CHILD_STARTING] = {
		[CHILD_START] = NEVER(STARTING),
		[CHILD_READY] = GO(RUNNING, WELCOME),
		[CHILD_BAD] = GO(KILLING, KILL),
		[CHILD_DUE] = GO(KILLING, KILL),
		[CHILD_RENEW] = GO(RENEWING, TELL),
		[CHILD_STOP] = GO(STOPPING, TELL),
		[CHILD_EXIT] = GO(WAITING, REST),
	},
	[CHILD_RUNNING] = {
		[CHILD_START] = NEVER(RUNNING),
		[CHILD_READY] = STAY(RUNNING),
		[CHILD_BAD] = GO(KILLING, KILL),
		[CHILD_DUE] = NEVER(RUNNING),
		[CHILD_RENEW] = GO(RENEWING, TELL),
		[CHILD_STOP] = GO(STOPPING, TELL),
		[CHILD_EXIT] = GO(WAITING, REST),
	},
	[CHILD_KILLING] = {
		[CHILD_START] = NEVER(KILLING),
		[CHILD_READY] = STAY(KILLING),
		[CHILD_BAD] = STAY(KILLING),
		[CHILD_DUE] = NEVER(KILLING),
		[CHILD_RENEW] = STAY(RENEWING),
		[CHILD_STOP] = STAY(STOPPING),
		[CHILD_EXIT] = GO(WAITING, REST),
	},
	[CHILD_RENEWING] = {
		[CHILD_START] = NEVER(RENEWING),
		[CHILD_READY] = STAY(RENEWING),
		[CHILD_BAD] = GO(RENEWING, KILL),
		[CHILD_DUE] = GO(RENEWING, KILL),
		[CHILD_RENEW] = STAY(RENEWING),
		[CHILD_STOP] = STAY(STOPPING),
		[CHILD_EXIT] = GO(HELD, HOLD),
	},
	[CHILD_STOPPING] = {
		[CHILD_START] = NEVER(STOPPING),
		[CHILD_READY] = STAY(STOPPING),
		[CHILD_BAD] = GO(STOPPING, KILL),
		[CHILD_DUE] = GO(STOPPING, KILL),
		[CHILD_RENEW] = STAY(RENEWING), /* taken out and put back before it has ended */
		[CHILD_STOP] = STAY(STOPPING),
		[CHILD_EXIT] = GO(GONE, RELEASE),
	},
	[CHILD_GONE] = {
		[CHILD_START] = NEVER(GONE),
		[CHILD_READY] = NEVER(GONE),
		[CHILD_BAD] = NEVER(GONE),
		[CHILD_DUE] = NEVER(GONE),
		[CHILD_RENEW] = NEVER(GONE),
		[CHILD_STOP] = STAY(GONE),
		[CHILD_EXIT] = NEVER(GONE),
	},
};
/* clang-format on */

struct child_cell child_next(enum child_state state, enum child_event event)
{
	must(state < CHILD_STATES && event < CHILD_EVENTS);
	return table[state][event];
}

const char *child_state_name(enum child_state state)
{
	static const char *const names[CHILD_STATES] = {
		[CHILD_HELD] = "held",         [CHILD_WAITING] = "waiting",
		[CHILD_STARTING] = "starting", [CHILD_RUNNING] = "running",
		[CHILD_KILLING] = "killing",   [CHILD_RENEWING] = "renewing",
		[CHILD_STOPPING] = "stopping", [CHILD_GONE] = "gone",
	};

	must(state < CHILD_STATES);
	return names[state];
}

const char *child_event_name(enum child_event event)
{
	static const char *const names[CHILD_EVENTS] = {
		[CHILD_START] = "start", [CHILD_READY] = "ready", [CHILD_BAD] = "bad",
		[CHILD_DUE] = "due",     [CHILD_RENEW] = "renew", [CHILD_STOP] = "stop",
		[CHILD_EXIT] = "exit",
	};

	must(event < CHILD_EVENTS);
	return names[event];
}
