/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua's patterns, as its manual has them (Lua 5.4 Reference Manual, 6.4.1), with a bound: each step of the
 * matching is taken from the instructions of the call.
 *
 * A pattern is a list of items: one character class, perhaps with a quantifier; a capture's parenthesis; a balanced
 * pair; a frontier; the contents of an earlier capture. match_from tries to match what is left of the pattern at
 * one place, and recurses where an item leaves a choice.
 */
#include <ctype.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "profile/script.h"

enum { CAPTURES_MAX = 32, DEPTH_MAX = 100, REP_MAX = 64 * 1024 };
enum { CAPTURE_OPEN = -1, CAPTURE_PLACE = -2 };

struct capture {
	const char *at;
	ptrdiff_t len; /* or CAPTURE_OPEN, CAPTURE_PLACE */
};

struct match {
	lua_State *state;
	const char *subject, *end;
	const char *pattern_end;
	struct capture captures[CAPTURES_MAX];
	int n, depth;
};

static const char *match_from(struct match *m, const char *s, const char *p);

/* ---- One character ---- */

static const char *set_end(struct match *m, const char *p)
{
	if (p < m->pattern_end && *p == '^')
		p++;
	do { /* a ] at the beginning is one of the set */
		if (p >= m->pattern_end)
			luaL_error(m->state, "a pattern has a [ without its ]");
		if (*p++ == '%') {
			if (p >= m->pattern_end)
				luaL_error(m->state, "a pattern ends with %%");
			p++;
		}
	} while (p >= m->pattern_end || *p != ']');
	return p + 1;
}

/* Behind the class that begins at p. */
static const char *class_end(struct match *m, const char *p)
{
	if (*p == '%') {
		if (p + 1 >= m->pattern_end)
			luaL_error(m->state, "a pattern ends with %%");
		return p + 2;
	}
	return *p == '[' ? set_end(m, p + 1) : p + 1;
}

static bool is_of_letter(unsigned char c, unsigned char letter)
{
	bool is;

	switch (tolower(letter)) {
	case 'a': is = isalpha(c); break;
	case 'c': is = iscntrl(c); break;
	case 'd': is = isdigit(c); break;
	case 'g': is = isgraph(c); break;
	case 'l': is = islower(c); break;
	case 'p': is = ispunct(c); break;
	case 's': is = isspace(c); break;
	case 'u': is = isupper(c); break;
	case 'w': is = isalnum(c); break;
	case 'x': is = isxdigit(c); break;
	default: return letter == c;
	}
	return isupper(letter) ? !is : is;
}

/* p is behind the [, end is behind the ]. */
static bool is_in_set(unsigned char c, const char *p, const char *end)
{
	bool is_negated = *p == '^';

	p += is_negated;
	for (end--; p < end; p++) {
		if (*p == '%' && p + 1 < end) {
			if (is_of_letter(c, (unsigned char)*++p))
				return !is_negated;
		} else if (p + 2 < end && p[1] == '-') {
			if (c >= (unsigned char)p[0] && c <= (unsigned char)p[2])
				return !is_negated;
			p += 2;
		} else if ((unsigned char)*p == c) {
			return !is_negated;
		}
	}
	return is_negated;
}

static bool is_one(const struct match *m, const char *s, const char *p, const char *end)
{
	unsigned char c;

	if (s >= m->end)
		return false;
	c = (unsigned char)*s;
	switch (*p) {
	case '.': return true;
	case '%': return is_of_letter(c, (unsigned char)p[1]);
	case '[': return is_in_set(c, p + 1, end);
	default: return (unsigned char)*p == c;
	}
}

/* ---- Items ---- */

/* As many as there are, then one less, and so on. */
static const char *match_most(struct match *m, const char *s, const char *p, const char *end)
{
	ptrdiff_t n = 0;

	while (is_one(m, s + n, p, end))
		n++;
	script_spend(m->state, (size_t)n);
	for (; n >= 0; n--) {
		const char *found = match_from(m, s + n, end + 1);

		if (found)
			return found;
	}
	return NULL;
}

static const char *match_least(struct match *m, const char *s, const char *p, const char *end)
{
	for (;; s++) {
		const char *found = match_from(m, s, end + 1);

		if (found)
			return found;
		if (!is_one(m, s, p, end))
			return NULL;
	}
}

static bool is_quantifier(const struct match *m, const char *p)
{
	return p < m->pattern_end && *p && strchr("*+?-", *p);
}

static const char *match_quantified(struct match *m, const char *s, const char *p, const char *end)
{
	const char *found = NULL;

	switch (*end) {
	case '?':
		if (is_one(m, s, p, end))
			found = match_from(m, s + 1, end + 1);
		return found ? found : match_from(m, s, end + 1);
	case '+': return is_one(m, s, p, end) ? match_most(m, s + 1, p, end) : NULL;
	case '*': return match_most(m, s, p, end);
	default: return match_least(m, s, p, end);
	}
}

static const char *open_capture(struct match *m, const char *s, const char *p, ptrdiff_t len)
{
	const char *found;

	if (m->n == CAPTURES_MAX)
		luaL_error(m->state, "a pattern has more than %d captures", CAPTURES_MAX);
	m->captures[m->n++] = (struct capture){s, len};
	found = match_from(m, s, p);
	if (!found)
		m->n--;
	return found;
}

static const char *close_capture(struct match *m, const char *s, const char *p)
{
	struct capture *capture = NULL;
	const char *found;

	for (int i = m->n - 1; i >= 0 && !capture; i--)
		if (m->captures[i].len == CAPTURE_OPEN)
			capture = &m->captures[i];
	if (!capture) {
		luaL_error(m->state, "a pattern has a ) without its (");
		return NULL;
	}
	capture->len = s - capture->at;
	found = match_from(m, s, p);
	if (!found)
		capture->len = CAPTURE_OPEN;
	return found;
}

static const char *match_parenthesis(struct match *m, const char *s, const char *p)
{
	if (*p == ')')
		return close_capture(m, s, p + 1);
	if (p + 1 < m->pattern_end && p[1] == ')')
		return open_capture(m, s, p + 2, CAPTURE_PLACE);
	return open_capture(m, s, p + 1, CAPTURE_OPEN);
}

/* %b(): from one character to the other one that belongs to it. */
static const char *match_balanced(struct match *m, const char *s, const char *p)
{
	size_t depth = 0;

	if (p + 3 >= m->pattern_end)
		luaL_error(m->state, "behind %%b in a pattern stand two characters");
	if (s >= m->end || *s != p[2])
		return NULL;
	for (const char *at = s; at < m->end; at++) {
		script_spend(m->state, 1);
		if (*at == p[3] && (p[2] != p[3] || at != s)) {
			if (--depth == 0)
				return match_from(m, at + 1, p + 4);
		} else if (*at == p[2]) {
			depth++;
		}
	}
	return NULL;
}

/* %f[set]: where what is before is not in the set, and what follows is. */
static const char *match_frontier(struct match *m, const char *s, const char *p)
{
	const char *end;
	char before = s == m->subject ? '\0' : s[-1], after = s < m->end ? *s : '\0';

	p += 2;
	if (p >= m->pattern_end || *p != '[')
		luaL_error(m->state, "behind %%f in a pattern stands a set");
	end = set_end(m, p + 1);
	if (is_in_set((unsigned char)before, p + 1, end) ||
	    !is_in_set((unsigned char)after, p + 1, end))
		return NULL;
	return match_from(m, s, end);
}

static const char *match_earlier(struct match *m, const char *s, const char *p)
{
	int i = p[1] - '1';
	const struct capture *capture = &m->captures[i < 0 ? 0 : i];

	if (i < 0 || i >= m->n || capture->len < 0)
		luaL_error(m->state, "a pattern refers to a capture that is not there");
	if (m->end - s < capture->len || memcmp(s, capture->at, (size_t)capture->len))
		return NULL;
	script_spend(m->state, (size_t)capture->len);
	return match_from(m, s + capture->len, p + 2);
}

static bool is_special(const struct match *m, const char *p)
{
	if (*p == '$')
		return p + 1 == m->pattern_end;
	if (*p == '%' && p + 1 < m->pattern_end)
		return p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]);
	return *p == '(' || *p == ')';
}

static const char *match_special(struct match *m, const char *s, const char *p)
{
	if (*p == '$')
		return s == m->end ? s : NULL;
	if (*p != '%')
		return match_parenthesis(m, s, p);
	if (p[1] == 'b')
		return match_balanced(m, s, p);
	return p[1] == 'f' ? match_frontier(m, s, p) : match_earlier(m, s, p);
}

/* Plain characters and classes one after the other; whatever leaves a choice by recursion. */
static const char *match_items(struct match *m, const char *s, const char *p)
{
	while (p < m->pattern_end) {
		const char *end;

		if (is_special(m, p))
			return match_special(m, s, p);
		end = class_end(m, p);
		if (is_quantifier(m, end))
			return match_quantified(m, s, p, end);
		if (!is_one(m, s, p, end))
			return NULL;
		script_spend(m->state, 1);
		s++;
		p = end;
	}
	return s;
}

static const char *match_from(struct match *m, const char *s, const char *p)
{
	const char *found;

	script_spend(m->state, 1);
	if (++m->depth > DEPTH_MAX)
		luaL_error(m->state, "a pattern has more than %d items with a choice", DEPTH_MAX);
	found = match_items(m, s, p);
	m->depth--;
	return found;
}

/* ---- Results ---- */

static void push_capture(const struct match *m, int i, const char *s, const char *e)
{
	const struct capture *capture = &m->captures[i];

	if (i >= m->n) /* the whole match, if there are no captures */
		lua_pushlstring(m->state, s, (size_t)(e - s));
	else if (capture->len == CAPTURE_PLACE)
		lua_pushinteger(m->state, capture->at - m->subject + 1);
	else if (capture->len == CAPTURE_OPEN)
		luaL_error(m->state, "a pattern has a ( without its )");
	else
		lua_pushlstring(m->state, capture->at, (size_t)capture->len);
}

/* With `whole`, the match itself where there are no captures. */
static int push_captures(const struct match *m, const char *s, const char *e, bool whole)
{
	int n = m->n || !whole ? m->n : 1;

	luaL_checkstack(m->state, n, "too many captures");
	for (int i = 0; i < n; i++)
		push_capture(m, i, s, e);
	return n;
}

/* ---- The functions ---- */

static size_t start_of(lua_State *state, int index, size_t len)
{
	lua_Integer init = luaL_optinteger(state, index, 1);

	if (init < 0)
		init = (lua_Integer)len + init < 0 ? 1 : (lua_Integer)len + init + 1;
	if (init == 0)
		init = 1;
	return (size_t)init - 1;
}

static void begin(struct match *m, lua_State *state, const char *s, size_t len, const char *p,
		  size_t pattern_len)
{
	*m = (struct match){
		.state = state, .subject = s, .end = s + len, .pattern_end = p + pattern_len};
}

static int find_plain(lua_State *state, const char *s, size_t len, const char *p,
		      size_t pattern_len, size_t start)
{
	const char *at = pattern_len ? memmem(s + start, len - start, p, pattern_len) : s + start;

	script_spend(state, (len - start) / 16);
	if (!at) {
		lua_pushnil(state);
		return 1;
	}
	lua_pushinteger(state, at - s + 1);
	lua_pushinteger(state, at - s + (lua_Integer)pattern_len);
	return 2;
}

static int find_or_match(lua_State *state, bool find)
{
	size_t len, pattern_len, start;
	const char *s = luaL_checklstring(state, 1, &len);
	const char *p = luaL_checklstring(state, 2, &pattern_len);
	bool is_anchored = pattern_len && *p == '^';
	struct match m;

	start = start_of(state, 3, len);
	if (start > len) {
		lua_pushnil(state);
		return 1;
	}
	if (find && lua_toboolean(state, 4))
		return find_plain(state, s, len, p, pattern_len, start);
	begin(&m, state, s, len, p, pattern_len);
	for (const char *at = s + start; at <= m.end; at++) {
		const char *end;

		m.n = m.depth = 0;
		end = match_from(&m, at, p + is_anchored);
		if (end && find) {
			lua_pushinteger(state, at - s + 1);
			lua_pushinteger(state, end - s);
			return 2 + push_captures(&m, at, end, false);
		}
		if (end)
			return push_captures(&m, at, end, true);
		if (is_anchored)
			break;
	}
	lua_pushnil(state);
	return 1;
}

static int string_find(lua_State *state)
{
	return find_or_match(state, true);
}

static int string_match(lua_State *state)
{
	return find_or_match(state, false);
}

/* Upvalues: subject, pattern, where to go on, where the last match ended (-1: there was none). */
static int next_match(lua_State *state)
{
	size_t len, pattern_len;
	const char *s = lua_tolstring(state, lua_upvalueindex(1), &len);
	const char *p = lua_tolstring(state, lua_upvalueindex(2), &pattern_len);
	lua_Integer last = lua_tointeger(state, lua_upvalueindex(4));
	struct match m;

	begin(&m, state, s, len, p, pattern_len);
	for (const char *at = s + lua_tointeger(state, lua_upvalueindex(3)); at <= m.end; at++) {
		const char *end;

		m.n = m.depth = 0;
		end = match_from(&m, at, p);
		if (end && end - s != last) {
			lua_pushinteger(state, end - s);
			lua_copy(state, -1, lua_upvalueindex(3));
			lua_copy(state, -1, lua_upvalueindex(4));
			return push_captures(&m, at, end, true);
		}
	}
	return 0;
}

static int string_gmatch(lua_State *state)
{
	luaL_checkstring(state, 1);
	luaL_checkstring(state, 2);
	lua_settop(state, 2);
	lua_pushinteger(state, 0);
	lua_pushinteger(state, -1);
	lua_pushcclosure(state, next_match, 4);
	return 1;
}

/* The replacement's text: %0 is the match, %1 the first capture, %% a percent sign. */
static void add_text(const struct match *m, luaL_Buffer *out, const char *s, const char *e)
{
	size_t len;
	const char *text = lua_tolstring(m->state, 3, &len);

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			luaL_addchar(out, text[i]);
		} else if (++i < len && text[i] == '%') {
			luaL_addchar(out, '%');
		} else if (i < len && isdigit((unsigned char)text[i])) {
			int capture = text[i] == '0' ? CAPTURES_MAX : text[i] - '1';

			if (capture != CAPTURES_MAX && capture >= (m->n ? m->n : 1))
				luaL_error(m->state,
					   "gsub's replacement refers to a capture that is "
					   "not there");
			push_capture(m, capture, s, e);
			luaL_tolstring(m->state, -1, NULL);
			lua_remove(m->state, -2);
			luaL_addvalue(out);
		} else {
			luaL_error(m->state, "in gsub's replacement, %% is written %%%%");
		}
	}
}

/* What a table or a function says: false and nil leave the match as it is. */
static void add_answer(const struct match *m, luaL_Buffer *out, const char *s, const char *e)
{
	lua_State *state = m->state;

	if (lua_type(state, 3) == LUA_TTABLE) {
		push_capture(m, 0, s, e);
		lua_gettable(state, 3);
	} else {
		lua_pushvalue(state, 3);
		lua_call(state, push_captures(m, s, e, true), 1);
	}
	if (!lua_toboolean(state, -1)) {
		lua_pop(state, 1);
		luaL_addlstring(out, s, (size_t)(e - s));
	} else if (lua_isstring(state, -1)) {
		luaL_addvalue(out);
	} else {
		luaL_error(state, "gsub wants a text in place of a match, not a %s",
			   luaL_typename(state, -1));
	}
}

static int string_gsub(lua_State *state)
{
	size_t len, pattern_len;
	const char *s = luaL_checklstring(state, 1, &len), *at = s, *last = NULL;
	const char *p = luaL_checklstring(state, 2, &pattern_len);
	int type = lua_type(state, 3);
	lua_Integer most = luaL_optinteger(state, 4, (lua_Integer)len + 1), n = 0;
	bool is_anchored = pattern_len && *p == '^';
	struct match m;
	luaL_Buffer out;

	luaL_argexpected(state,
			 lua_isstring(state, 3) || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
			 "text, table or function");
	begin(&m, state, s, len, p, pattern_len);
	luaL_buffinit(state, &out);
	while (n < most) {
		const char *end;

		m.n = m.depth = 0;
		end = match_from(&m, at, p + is_anchored);
		if (end && end != last) {
			n++;
			if (lua_isstring(state, 3))
				add_text(&m, &out, at, end);
			else
				add_answer(&m, &out, at, end);
			at = last = end;
		} else if (at < m.end) {
			luaL_addchar(&out, *at++);
		} else {
			break;
		}
		if (is_anchored)
			break;
	}
	luaL_addlstring(&out, at, (size_t)(m.end - at));
	luaL_pushresult(&out);
	lua_pushinteger(state, n);
	return 2;
}

/* Lua's own goes round for as long as it is told, even with nothing to repeat. */
static int string_rep(lua_State *state)
{
	size_t len, separator_len;
	const char *s = luaL_checklstring(state, 1, &len);
	lua_Integer n = luaL_checkinteger(state, 2);
	const char *separator = luaL_optlstring(state, 3, "", &separator_len);
	luaL_Buffer out;

	if (n > REP_MAX || (n > 0 && (size_t)n * (len + separator_len) > SCRIPT_MEMORY))
		return luaL_error(state, "rep of more than %d texts, or %d KiB", REP_MAX,
				  SCRIPT_MEMORY >> 10);
	script_spend(state, n > 0 ? (size_t)n / 16 : 0);
	luaL_buffinit(state, &out);
	for (lua_Integer i = 0; i < n; i++) {
		if (i)
			luaL_addlstring(&out, separator, separator_len);
		luaL_addlstring(&out, s, len);
	}
	luaL_pushresult(&out);
	return 1;
}

void script_open_match(struct lua_State *state)
{
	static const luaL_Reg functions[] = {
		{"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch},
		{"gsub", string_gsub}, {"rep", string_rep},     {NULL, NULL},
	};

	luaL_setfuncs(state, functions, 0);
}
