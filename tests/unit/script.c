/* SPDX-License-Identifier: Apache-2.0 */
/* Lua in its box: what it can do, what it cannot, and that nothing that it does lasts. */
#include "profile/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct script *make(const char *text)
{
	struct err err = {0};
	struct script *script = script_new("scale.yaml", 1, text, strlen(text), &err);

	if (!script)
		print_error("%s\n", err.text);
	assert_non_null(script);
	return script;
}

/* What f() returns of one text, as a text. */
static const char *result_of(struct script *script, const char *argument, char out[200])
{
	struct script_value arg = {.kind = SCRIPT_BYTES}, result[2];
	struct err err = {0};

	arg.as.text.bytes = argument;
	arg.as.text.len = strlen(argument);
	if (script_call(script, "f", &arg, 1, result, 2, &err) < 0) {
		snprintf(out, 200, "%.199s", err.text);
		return out;
	}
	switch (result[0].kind) {
	case SCRIPT_NIL: snprintf(out, 200, "nil"); break;
	case SCRIPT_BOOLEAN: snprintf(out, 200, result[0].as.boolean ? "true" : "false"); break;
	case SCRIPT_INTEGER: snprintf(out, 200, "%lld", (long long)result[0].as.integer); break;
	case SCRIPT_NUMBER: snprintf(out, 200, "%g", result[0].as.number); break;
	default:
		snprintf(out, 200, "%.*s", (int)result[0].as.text.len,
			 (const char *)result[0].as.text.bytes);
	}
	return out;
}

static void expect(const char *expression, const char *argument, const char *expected)
{
	char text[400], out[200];
	struct script *script;

	snprintf(text, sizeof text, "function f(s) return %s end", expression);
	script = make(text);
	assert_string_equal(result_of(script, argument, out), expected);
	script_free(&script);
}

static void values_go_both_ways(void **state)
{
	(void)state;
	expect("s", "abc", "abc");
	expect("#s", "abc", "3");
	expect("1.5", "", "1.5");
	expect("7 // 2", "", "3");
	expect("s == 'x'", "x", "true");
	expect("nil", "", "nil");
	expect("s:byte(1) << 8 | s:byte(2)", "AB", "16706");
	expect("string.unpack('>I2', s)", "AB", "16706");
	expect("string.format('%05.1f', 3.14159)", "", "003.1");
	expect("table.concat({1, 2, 3}, ',')", "", "1,2,3");
	expect("math.floor(2.7)", "", "2");
}

static void tables_of_fields_are_arguments(void **state)
{
	struct script *script = make("function f(t) return t.high * 256 + t.low, t.name end");
	struct script_field fields[] = {
		{"high", {.kind = SCRIPT_INTEGER, .as.integer = 1}},
		{"low", {.kind = SCRIPT_NUMBER, .as.number = 2.5}},
		{"name", {.kind = SCRIPT_BYTES, .as.text = {"x\0y", 3}}},
	};
	struct script_value arg = {.kind = SCRIPT_TABLE, .as.table = {fields, 3}}, result[3];
	struct err err;

	(void)state;
	assert_int_equal(script_call(script, "f", &arg, 1, result, 3, &err), 0);
	assert_int_equal(result[0].kind, SCRIPT_NUMBER);
	assert_true(result[0].as.number == 258.5);
	assert_int_equal(result[1].as.text.len, 3);
	assert_memory_equal(result[1].as.text.bytes, "x\0y", 3);
	assert_int_equal(result[2].kind, SCRIPT_NIL);
	script_free(&script);
}

static void patterns_are_luas(void **state)
{
	(void)state;
	expect("s:match('^%s*(.-)%s*$')", "  12.5 kg ", "12.5 kg");
	expect("s:match('([+-]?%d+)%.(%d+)')", "ST,+12.50", "+12");
	expect("(s:find('%d'))", "abc7", "4");
	expect("(s:find('.', 1, true))", "a.b", "2");
	expect("s:find('x')", "abc", "nil");
	expect("(s:gsub('%w+', '<%0>'))", "a bc", "<a> <bc>");
	expect("(s:gsub('%d', {['1'] = 'one'}))", "1 2", "one 2");
	expect("(s:gsub('%d', function(d) return d + 1 end))", "1 2", "2 3");
	expect("(s:gsub('', '-'))", "ab", "-a-b-");
	expect("(s:gsub('^a', 'b'))", "aaa", "baa");
	expect("s:match('%b()')", "f(a(b)c)d", "(a(b)c)");
	expect("s:match('%f[%d]%d+')", "ab12 34", "12");
	expect("s:match('(.)%1')", "abccd", "c");
	expect("s:match('()b')", "ab", "2");
	expect("s:match('[^%a%-]+')", "ab-12-", "12");
	expect("s:match('[]a]+')", "x]a]", "]a]");
	expect("s:match('a.-c')", "abbcbc", "abbc");
	expect("s:match('[0-9a-f]+$')", "zz0f", "0f");
	expect("(function() local n = 0; for k, v in s:gmatch('(%w)=(%w)') do n = n + v end; return n end)()",
	       "a=1 b=2", "3");
	expect("s:match('" /* more plain characters than there may be choices */
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
	       "x", "nil");
}

static void the_box_has_no_door(void **state)
{
	static const char *const names[] = {
		"io",           "os",           "package",     "debug",
		"require",      "load",         "loadstring",  "dofile",
		"loadfile",     "pcall",        "xpcall",      "coroutine",
		"setmetatable", "getmetatable", "rawset",      "collectgarbage",
		"print",        "_G",           "string.dump", "table.move",
		"math.random",  "utf8"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		expect(names[i], "", "nil");
}

static void refused(const char *text, const char *why)
{
	char out[200];
	struct script *script = make(text);

	if (!strstr(result_of(script, "", out), why))
		fail_msg("\"%s\" says \"%s\", not \"%s\"", text, out, why);
	script_free(&script);
}

static void what_does_not_end_is_ended(void **state)
{
	(void)state;
	refused("function f() while true do end end", "scale.yaml:1: too many instructions");
	refused("function f() return f() end", "too many instructions");
	refused("function f() return 1 + f() end", "KiB");
	refused("function f() return ('a'):rep(5000):find(('a*'):rep(40) .. 'b') end",
		"scale.yaml:1: too many instructions");
	refused("function f() return ('a'):rep(5000):gsub('.-.-.-b', '') end",
		"too many instructions");
	refused("function f() local t = {} while true do t[#t + 1] = 'x' .. #t end end", "KiB");
	refused("function f() local s = 'x' while true do s = s .. s end end", "KiB");
	refused("function f() return (''):rep(1e15) end", "rep of more than");
	refused("function f() local s = ('x'):rep(60000) while true do local t = s .. 'y' end end",
		"MiB in one call");
	refused("function f() return table.unpack({}, 1, 1e6) end", "");
}

static void a_script_that_failed_can_be_called_again(void **state)
{
	struct script *script =
		make("function f(s) if s == 'loop' then while true do end end return s end");
	char out[200];

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_non_null(strstr(result_of(script, "loop", out), "too many instructions"));
		assert_string_equal(result_of(script, "again", out), "again");
	}
	script_free(&script);
}

static void nothing_is_kept_between_calls(void **state)
{
	(void)state;
	refused("n = 0\nfunction f() n = n + 1 return n end",
		"scale.yaml:2: n is not local; a function keeps nothing from call to call");
	refused("function f() string = nil end", "string is not local");
}

static void mistakes_name_their_line(void **state)
{
	static const char broken[] = "function f(s)\n  retrun s\nend";
	static const char bytecode[] = "\033Lua";
	struct err err = {0};

	(void)state;
	assert_null(script_new("scale.yaml", 41, broken, sizeof broken - 1, &err));
	assert_non_null(strstr(err.text, "scale.yaml:42: syntax error near 's'"));
	assert_null(script_new("scale.yaml", 1, bytecode, sizeof bytecode - 1, &err));
	assert_non_null(strstr(err.text, "attempt to load a binary chunk"));
	assert_null(script_new("scale.yaml", 1, "while true do end", 17, &err));
	assert_non_null(strstr(err.text, "too many instructions"));
	refused("function f()\n return nil + 1\nend",
		"scale.yaml:2: attempt to perform arithmetic");
	refused("function f() error({}) end", "an error that is no text");
	refused("function f() return {} end", "f returns a table");
	refused("g = 1", "there is no function f");
}

static void functions_are_found(void **state)
{
	struct script *script = make("function f() end\nx = 1");

	(void)state;
	assert_true(script_has(script, "f"));
	assert_false(script_has(script, "x"));
	assert_false(script_has(script, "g"));
	script_free(&script);
	script_free(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_go_both_ways),
		cmocka_unit_test(tables_of_fields_are_arguments),
		cmocka_unit_test(patterns_are_luas),
		cmocka_unit_test(the_box_has_no_door),
		cmocka_unit_test(what_does_not_end_is_ended),
		cmocka_unit_test(a_script_that_failed_can_be_called_again),
		cmocka_unit_test(nothing_is_kept_between_calls),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(functions_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
