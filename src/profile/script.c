/* SPDX-License-Identifier: Apache-2.0 */
/* Lua in a box; see script.h. */
#include "profile/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/xalloc.h"

enum { HOOK_EVERY = 100 };

struct script {
	lua_State *state;
	const char *file;
	size_t held;  /* bytes */
	size_t taken; /* during this call */
	long left;    /* instructions of this call */
};

static struct script *script_of(lua_State *state)
{
	return *(struct script **)lua_getextraspace(state);
}

/* ---- Bounds ---- */

static void *allocate(void *arg, void *p, size_t old, size_t size)
{
	struct script *script = arg;
	void *grown;

	if (!p)
		old = 0; /* Lua says what it is for, not how much there was */
	if (!size) {
		script->held -= old;
		free(p);
		return NULL;
	}
	if (size > old) {
		if (script->held + (size - old) > SCRIPT_MEMORY ||
		    script->taken + size > SCRIPT_CALL_MEMORY)
			return NULL;
		script->taken += size;
	}
	grown = realloc(p, size);
	if (grown)
		script->held += size - old;
	return grown;
}

static int fail(lua_State *state, const char *text)
{
	luaL_where(state, 0);
	if (!*lua_tostring(state, -1)) { /* a function of ours; who called it */
		lua_pop(state, 1);
		luaL_where(state, 1);
	}
	lua_pushstring(state, text);
	lua_concat(state, 2);
	return lua_error(state);
}

void script_spend(struct lua_State *state, size_t instructions)
{
	struct script *script = script_of(state);

	script->left -= (long)instructions;
	if (script->left < 0)
		fail(state, "too many instructions; is there a loop that does not end?");
}

static void on_count(lua_State *state, lua_Debug *where)
{
	(void)where;
	script_spend(state, HOOK_EVERY);
}

void script_grant(struct script *script)
{
	script->left = SCRIPT_INSTRUCTIONS;
	script->taken = 0;
}

/* ---- What a script sees ---- */

static const char *const base_names[] = {"assert", "error",    "ipairs",   "next", "pairs",
					 "select", "tonumber", "tostring", "type", NULL};
static const char *const math_names[] = {
	"abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
	"fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
	"rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult",        NULL};
/* find, match, gmatch, gsub and rep are ours. */
static const char *const string_names[] = {"byte",  "char",   "format",   "len",
					   "lower", "pack",   "packsize", "reverse",
					   "sub",   "unpack", "upper",    NULL};
/* Without move, which may run over numbers that are not there for as long as it likes. */
static const char *const table_names[] = {"concat", "insert", "pack", "remove",
					  "sort",   "unpack", NULL};

/* Copies these names from the library on top of the stack into a new table in its place. */
static void keep(lua_State *state, const char *const *names)
{
	lua_newtable(state);
	for (; *names; names++) {
		lua_getfield(state, -2, *names);
		lua_setfield(state, -2, *names);
	}
	lua_remove(state, -2);
}

static void open_library(lua_State *state, const char *name, lua_CFunction open,
			 const char *const *names)
{
	lua_pushcfunction(state, open);
	lua_call(state, 0, 1);
	keep(state, names);
	lua_setfield(state, -2, name);
}

/* "abc":upper() looks into the string library through the metatable of strings: into ours, too. */
static void open_string(lua_State *state)
{
	lua_pushcfunction(state, luaopen_string);
	lua_call(state, 0, 1);
	keep(state, string_names);
	script_open_match(state);
	lua_pushliteral(state, "");
	lua_getmetatable(state, -1);
	lua_pushvalue(state, -3);
	lua_setfield(state, -2, "__index");
	lua_pop(state, 2);
	lua_setfield(state, -2, "string");
}

/* The table that a script has for its globals. */
static void open_all(lua_State *state)
{
	lua_pushcfunction(state, luaopen_base);
	lua_call(state, 0, 1);
	keep(state, base_names);
	open_string(state);
	open_library(state, "math", luaopen_math, math_names);
	open_library(state, "table", luaopen_table, table_names);
	script_open_run(state);
}

static int refuse_global(lua_State *state)
{
	return luaL_error(state, "%s is not local; a function keeps nothing from call to call",
			  lua_tostring(state, 2));
}

/* Moves what the text has defined behind a table that stays empty, so that every assignment is noticed.
 * The globals are on top of the stack. */
static void close_globals(lua_State *state)
{
	lua_newtable(state); /* what there is */
	lua_pushnil(state);
	while (lua_next(state, -3)) {
		lua_pushvalue(state, -2);
		lua_insert(state, -2);
		lua_settable(state, -4);
	}
	lua_pushnil(state);
	while (lua_next(state, -3)) {
		lua_pop(state, 1);
		lua_pushvalue(state, -1);
		lua_pushnil(state);
		lua_settable(state, -5);
	}
	lua_newtable(state);
	lua_insert(state, -2);
	lua_setfield(state, -2, "__index");
	lua_pushcfunction(state, refuse_global);
	lua_setfield(state, -2, "__newindex");
	lua_setmetatable(state, -2);
}

/* ---- Compiling ---- */

struct source {
	const char *file, *text;
	size_t line, len;
};

/* The text behind as many empty lines as stand before it in its file. */
static const char *push_text(lua_State *state, const struct source *source, size_t *len_out)
{
	luaL_Buffer text;

	luaL_buffinit(state, &text);
	for (size_t i = 1; i < source->line; i++)
		luaL_addchar(&text, '\n');
	luaL_addlstring(&text, source->text, source->len);
	luaL_pushresult(&text);
	return lua_tolstring(state, -1, len_out);
}

static int compile(lua_State *state)
{
	const struct source *source = lua_touserdata(state, 1);
	const char *text, *name;
	size_t len;

	open_all(state); /* 2 */
	name = lua_pushfstring(state, "@%s", source->file);
	text = push_text(state, source, &len);
	if (luaL_loadbufferx(state, text, len, name, "t") != LUA_OK)
		return lua_error(state);
	lua_pushvalue(state, 2);
	lua_setupvalue(state, -2, 1);
	lua_call(state, 0, 0);
	lua_pushvalue(state, 2);
	close_globals(state);
	lua_setfield(state, LUA_REGISTRYINDEX, "globals");
	return 0;
}

void script_take_error(struct script *script, lua_State *state, int status, struct err *err)
{
	const char *text = lua_tostring(state, -1);

	if (status == LUA_ERRMEM)
		err_set(err, "%s: a script may hold %d KiB, and take %d MiB in one call",
			script->file, SCRIPT_MEMORY >> 10, SCRIPT_CALL_MEMORY >> 20);
	else
		err_set(err, "%s", text ? text : "a script failed with an error that is no text");
	lua_settop(state, 0);
}

lua_State *script_state(struct script *script)
{
	return script->state;
}

struct script *script_new(const char *file, size_t line, const char *text, size_t len,
			  struct err *err)
{
	struct script *script = xcalloc(1, sizeof *script);
	struct source source = {.file = file, .line = line, .text = text, .len = len};
	int status;

	script->file = file;
	script_grant(script);
	script->state = lua_newstate(allocate, script);
	if (!script->state) {
		err_set(err, "%s: no memory for a script", file);
		script_free(&script);
		return NULL;
	}
	*(struct script **)lua_getextraspace(script->state) = script;
	lua_sethook(script->state, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	lua_pushcfunction(script->state, compile);
	lua_pushlightuserdata(script->state, &source);
	status = lua_pcall(script->state, 1, 0, 0);
	if (status == LUA_OK)
		return script;
	script_take_error(script, script->state, status, err);
	script_free(&script);
	return NULL;
}

void script_free(struct script **script)
{
	if (!*script)
		return;
	if ((*script)->state)
		lua_close((*script)->state);
	free(*script);
	*script = NULL;
}

/* ---- Calling ---- */

void script_push(lua_State *state, const struct script_value *value)
{
	luaL_checkstack(state, 4, "too many arguments");
	switch (value->kind) {
	case SCRIPT_NIL: lua_pushnil(state); break;
	case SCRIPT_BOOLEAN: lua_pushboolean(state, value->as.boolean); break;
	case SCRIPT_INTEGER: lua_pushinteger(state, value->as.integer); break;
	case SCRIPT_NUMBER: lua_pushnumber(state, value->as.number); break;
	case SCRIPT_BYTES:
		lua_pushlstring(state, value->as.text.len ? value->as.text.bytes : "",
				value->as.text.len);
		break;
	case SCRIPT_TABLE:
		lua_createtable(state, 0, (int)value->as.table.n);
		for (size_t i = 0; i < value->as.table.n; i++) {
			script_push(state, &value->as.table.fields[i].value);
			lua_setfield(state, -2, value->as.table.fields[i].name);
		}
		break;
	}
}

int script_take(lua_State *state, int index, struct script_value *out)
{
	*out = (struct script_value){.kind = SCRIPT_NIL};
	switch (lua_type(state, index)) {
	case LUA_TNIL: return 0;
	case LUA_TBOOLEAN:
		out->kind = SCRIPT_BOOLEAN;
		out->as.boolean = lua_toboolean(state, index);
		return 0;
	case LUA_TNUMBER:
		out->kind = lua_isinteger(state, index) ? SCRIPT_INTEGER : SCRIPT_NUMBER;
		if (out->kind == SCRIPT_INTEGER)
			out->as.integer = lua_tointeger(state, index);
		else
			out->as.number = lua_tonumber(state, index);
		return 0;
	case LUA_TSTRING:
		out->kind = SCRIPT_BYTES;
		out->as.text.bytes = lua_tolstring(state, index, &out->as.text.len);
		return 0;
	default: return -1;
	}
}

struct call {
	const char *function;
	const struct script_value *args;
	size_t n_args, n_results;
};

static int run(lua_State *state)
{
	const struct call *call = lua_touserdata(state, 1);

	lua_getfield(state, LUA_REGISTRYINDEX, "globals");
	if (lua_getfield(state, -1, call->function) != LUA_TFUNCTION)
		return luaL_error(state, "there is no function %s", call->function);
	for (size_t i = 0; i < call->n_args; i++)
		script_push(state, &call->args[i]);
	lua_call(state, (int)call->n_args, (int)call->n_results);
	return (int)call->n_results;
}

static int find(lua_State *state)
{
	lua_getfield(state, LUA_REGISTRYINDEX, "globals");
	lua_getfield(state, -1, lua_touserdata(state, 1));
	lua_pushboolean(state, lua_isfunction(state, -1));
	return 1;
}

bool script_has(struct script *script, const char *function)
{
	bool has = false;

	lua_settop(script->state, 0);
	script_grant(script);
	lua_pushcfunction(script->state, find);
	lua_pushlightuserdata(script->state, (void *)(uintptr_t)function);
	if (lua_pcall(script->state, 1, 1, 0) == LUA_OK)
		has = lua_toboolean(script->state, -1);
	lua_settop(script->state, 0);
	return has;
}

int script_call(struct script *script, const char *function, const struct script_value *args,
		size_t n_args, struct script_value *results, size_t n_results, struct err *err)
{
	struct call call = {function, args, n_args, n_results};
	lua_State *state = script->state;
	int status;

	lua_settop(state, 0);
	script_grant(script);
	lua_pushcfunction(state, run);
	lua_pushlightuserdata(state, &call);
	status = lua_pcall(state, 1, (int)n_results, 0);
	if (status != LUA_OK) {
		script_take_error(script, state, status, err);
		return -1;
	}
	for (size_t i = 0; i < n_results; i++)
		if (script_take(state, (int)i + 1, &results[i]) < 0)
			return err_set(err,
				       "%s: %s returns a %s; it may return numbers, texts, "
				       "true, false and nil",
				       script->file, function, luaL_typename(state, (int)i + 1));
	return 0;
}
