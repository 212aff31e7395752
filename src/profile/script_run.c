/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coroutines for those who drive exchanges; see script_run.h. What needs memory on Lua's side is done in a protected
 * call on the script's own stack and moved over; lua_resume is one itself.
 */
#include "profile/script_run.h"

#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/must.h"
#include "base/xalloc.h"

struct script_run {
	struct script *script;
	lua_State *thread;
	int reference; /* which keeps the thread */
	int n_said;    /* values on its stack, of where it stopped */
	enum script_step step;
};

/* ---- what a script calls ---- */

/* Stands before a text that is to be an error. */
static char refusal;

/* With what it is given to go on. */
static int go_on(lua_State *state, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	if (lua_touserdata(state, 1) == &refusal)
		return luaL_error(state, "%s", lua_tostring(state, 2));
	return lua_gettop(state);
}

static int stop(lua_State *state, enum script_step step, const char *name)
{
	if (!lua_isyieldable(state))
		return luaL_error(state,
				  "%s works in a function that a request or command runs (run:), "
				  "and not inside of sort or gsub",
				  name);
	lua_pushinteger(state, step);
	lua_insert(state, 1);
	return lua_yieldk(state, lua_gettop(state), 0, go_on);
}

static void check_name(lua_State *state, const char *what)
{
	if (lua_type(state, 1) != LUA_TSTRING)
		luaL_error(state, "%s: expected a name, got %s", what, luaL_typename(state, 1));
}

static void check_arguments(lua_State *state)
{
	int n = 0;

	luaL_checkstack(state, 8, "ask"); /* also for take_arguments */
	for (lua_pushnil(state); lua_next(state, 2); lua_pop(state, 1)) {
		int type = lua_type(state, -1);

		if (lua_type(state, -2) != LUA_TSTRING ||
		    (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN))
			luaL_error(state, "ask: expected {argument = number, text, true or false}");
		if (++n > SCRIPT_ARGUMENTS)
			luaL_error(state, "ask: more than %d arguments", SCRIPT_ARGUMENTS);
	}
}

static int ask(lua_State *state)
{
	check_name(state, "ask");
	lua_settop(state, 2);
	if (lua_isnil(state, 2))
		lua_settop(state, 1);
	else if (lua_istable(state, 2))
		check_arguments(state);
	else
		luaL_error(state, "ask: expected {argument = value}, got %s",
			   luaL_typename(state, 2));
	return stop(state, SCRIPT_ASKS, "ask");
}

static int wait_for(lua_State *state)
{
	lua_Number seconds = luaL_checknumber(state, 1);

	if (!(seconds >= 0))
		return luaL_error(state, "wait: expected seconds from 0");
	lua_settop(state, 1);
	return stop(state, SCRIPT_WAITS, "wait");
}

static int parameter(lua_State *state)
{
	check_name(state, "parameter");
	lua_settop(state, 1);
	return stop(state, SCRIPT_READS, "parameter");
}

static int remember(lua_State *state)
{
	check_name(state, "remember");
	if (lua_type(state, 2) != LUA_TNUMBER && lua_type(state, 2) != LUA_TSTRING)
		return luaL_error(state, "remember: expected a number or a text, got %s",
				  luaL_typename(state, 2));
	lua_settop(state, 2);
	return stop(state, SCRIPT_REMEMBERS, "remember");
}

void script_open_run(struct lua_State *state)
{
	static const luaL_Reg functions[] = {{"ask", ask},
					     {"wait", wait_for},
					     {"parameter", parameter},
					     {"remember", remember},
					     {NULL, NULL}};

	luaL_setfuncs(state, functions, 0);
}

/* ---- what it says ---- */

static void take_arguments(lua_State *thread, int table, struct script_wish *out)
{
	for (lua_pushnil(thread); lua_next(thread, table); lua_pop(thread, 1)) {
		struct script_field *argument = &out->arguments[out->n_arguments++];

		argument->name = lua_tostring(thread, -2);
		must(script_take(thread, -1, &argument->value) == 0);
	}
}

static void take_wish(lua_State *thread, int first, int n, struct script_wish *out)
{
	out->step = (enum script_step)lua_tointeger(thread, first);
	if (out->step == SCRIPT_WAITS) {
		out->seconds = lua_tonumber(thread, first + 1);
		return;
	}
	out->name = lua_tostring(thread, first + 1);
	if (out->step == SCRIPT_REMEMBERS)
		script_take(thread, first + 2, &out->value);
	else if (out->step == SCRIPT_ASKS && n > 2)
		take_arguments(thread, first + 2, out);
}

/* Nil and a text is a failure. */
static void take_end(lua_State *thread, int first, int n, struct script_wish *out)
{
	out->step = SCRIPT_ENDED;
	if (n >= 2 && !lua_toboolean(thread, first) && lua_type(thread, first + 1) == LUA_TSTRING)
		out->reason = lua_tostring(thread, first + 1);
}

static void resume(struct script_run *run, int n_values, struct script_wish *out)
{
	lua_State *thread = run->thread;
	int n = 0, status, first;

	*out = (struct script_wish){.step = SCRIPT_BROKEN};
	status = lua_resume(thread, script_state(run->script), n_values, &n);
	first = lua_gettop(thread) - n + 1;
	if (status == LUA_YIELD)
		take_wish(thread, first, n, out);
	else if (status == LUA_OK)
		take_end(thread, first, n, out);
	else
		script_take_error(run->script, thread, status, &out->err);
	run->n_said = n;
	run->step = out->step;
}

/* ---- the call ---- */

/* What is put on the thread's stack, in a protected call. */
struct handing {
	struct script_run *run;
	const char *function; /* it begins */
	const char *problem;
	const struct script_value *values;
	size_t n;
};

static int push_function(lua_State *state, struct handing *h)
{
	h->run->thread = lua_newthread(state);
	h->run->reference = luaL_ref(state, LUA_REGISTRYINDEX);
	lua_getfield(state, LUA_REGISTRYINDEX, "globals");
	if (lua_getfield(state, -1, h->function) != LUA_TFUNCTION)
		return luaL_error(state, "there is no function %s", h->function);
	lua_remove(state, -2);
	return 1;
}

static int hand_over(lua_State *state)
{
	struct handing *h = lua_touserdata(state, 1);
	int n = h->function ? push_function(state, h) : 0;

	if (h->problem) {
		lua_pushlightuserdata(state, &refusal);
		lua_pushstring(state, h->problem);
		n += 2;
	}
	for (size_t i = 0; i < h->n; i++, n++)
		script_push(state, &h->values[i]);
	if (!lua_checkstack(h->run->thread, n))
		return luaL_error(state, "too many values");
	lua_xmove(state, h->run->thread, n);
	return 0;
}

static int hand(struct handing *h, struct script_wish *out)
{
	struct script *script = h->run->script;
	lua_State *state = script_state(script);
	int status;

	lua_settop(state, 0);
	lua_pushcfunction(state, hand_over);
	lua_pushlightuserdata(state, h);
	status = lua_pcall(state, 1, 0, 0);
	if (status == LUA_OK)
		return 0;
	*out = (struct script_wish){.step = SCRIPT_BROKEN};
	script_take_error(script, state, status, &out->err);
	h->run->step = SCRIPT_BROKEN;
	return -1;
}

struct script_run *script_run_new(struct script *script, const char *function,
				  const struct script_value *argument, struct script_wish *out)
{
	struct script_run *run = xcalloc(1, sizeof(*run));
	struct handing h = {.run = run, .function = function, .values = argument, .n = 1};

	run->script = script;
	run->reference = LUA_NOREF;
	script_grant(script);
	if (hand(&h, out) == 0)
		resume(run, 1, out);
	if (out->step == SCRIPT_BROKEN)
		script_run_free(&run);
	return run;
}

void script_run_free(struct script_run **run)
{
	if (!*run)
		return;
	luaL_unref(script_state((*run)->script), LUA_REGISTRYINDEX, (*run)->reference);
	free(*run);
	*run = NULL;
}

static void go(struct script_run *run, struct handing *h, int n, struct script_wish *out)
{
	must(run->step != SCRIPT_ENDED && run->step != SCRIPT_BROKEN);
	if (run->step == SCRIPT_ASKS || run->step == SCRIPT_WAITS)
		script_grant(run->script);
	lua_pop(run->thread, run->n_said);
	run->n_said = 0;
	if (hand(h, out) == 0)
		resume(run, n, out);
}

void script_run_go(struct script_run *run, const struct script_value *values, size_t n,
		   struct script_wish *out)
{
	struct handing h = {.run = run, .values = values, .n = n};

	go(run, &h, (int)n, out);
}

void script_run_refuse(struct script_run *run, const char *problem, struct script_wish *out)
{
	struct handing h = {.run = run, .problem = problem};

	go(run, &h, 2, out);
}
