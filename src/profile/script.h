/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs inside of profiles: Lua 5.4 in a box.
 *
 * A script sees numbers, texts and tables, and the functions of math, string and table that can be bounded. It sees
 * no file, process, network, clock or chance, loads nothing, and has neither metatables (hence no __gc) nor
 * coroutines; a function that drives an exchange is one itself (script_run.h). Each call has so many instructions, and the whole so much memory; matching a pattern counts as
 * instructions do, since Lua's own string.find cannot be interrupted (script_match.c is in its place). What
 * a script assigns to a name that is not local is refused, once its text has run: calls do not talk to each other.
 */
#ifndef PROFILE_SCRIPT_H
#define PROFILE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	SCRIPT_INSTRUCTIONS = 100000,         /* of one call */
	SCRIPT_MEMORY = 256 * 1024,           /* held at any time, bytes */
	SCRIPT_CALL_MEMORY = 4 * 1024 * 1024, /* taken during one call, given back or not */
};

struct script;

enum script_kind {
	SCRIPT_NIL,
	SCRIPT_BOOLEAN,
	SCRIPT_INTEGER,
	SCRIPT_NUMBER,
	SCRIPT_BYTES, /* a text; any bytes */
	SCRIPT_TABLE, /* an argument only: names with their values */
};

struct script_value {
	enum script_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double number;
		struct {
			const void *bytes;
			size_t len;
		} text;
		struct {
			const struct script_field *fields;
			size_t n;
		} table;
	} as;
};

struct script_field {
	const char *name;
	struct script_value value;
};

/* Compiles and runs a text that stands in a file from this line on, so that errors name its lines. What it defines
 * are its functions. NULL with err. */
struct script *script_new(const char *file, size_t line, const char *text, size_t len,
			  struct err *err);
void script_free(struct script **script);

/* Whether it has a function of this name. */
bool script_has(struct script *script, const char *function);

/* Calls a function. Results that it does not return are NIL; their bytes are good until the next call. -1 with err:
 * it failed, or needed too much. The script can be called again. */
int script_call(struct script *script, const char *function, const struct script_value *args,
		size_t n_args, struct script_value *results, size_t n_results, struct err *err);

/* ---- For script_match.c and script_run.c: Lua's side ---- */

struct lua_State;

struct lua_State *script_state(struct script *script);
/* What one call may need is there again. */
void script_grant(struct script *script);
/* Needs memory: within a protected call only. */
void script_push(struct lua_State *state, const struct script_value *value);
/* -1: it is a table, a function or the like. Bytes are good as long as the value stands there. */
int script_take(struct lua_State *state, int index, struct script_value *out);
/* The error on top of a stack becomes err, with the file where Lua has not said it; the stack is empty then. */
void script_take_error(struct script *script, struct lua_State *state, int status, struct err *err);

/* Takes so many instructions from the call's; ends it with an error if there are not so many left. */
void script_spend(struct lua_State *state, size_t instructions);

/* find, match, gmatch, gsub and rep into the table on top of the stack. */
void script_open_match(struct lua_State *state);
/* ask, wait, parameter and remember, likewise. */
void script_open_run(struct lua_State *state);

#endif
