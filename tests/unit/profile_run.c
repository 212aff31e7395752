/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a script that drive exchanges: what they may do, what it costs if they do it wrong, and their tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "profile/profile.h"
#include "profile/script_run.h"

/* ---------------------------------------------------------------------------------------------
 * Profiles and their dialogues
 */

#define FROM "source: {manual: here}"

/* The text of f() begins in line 13. */
#define DEVICE(function)                                                                           \
	"profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"                         \
	"parameters: {at: {type: integer, default: 3, min: 0, max: 99}, word: {type: text, "       \
	"default: abc}}\n"                                                                         \
	"readings: {w: {tags: {a: {}}}}\n"                                                         \
	"frames:\n"                                                                                \
	"  w: {text: 'W{a:number}[ {name}]'}\n"                                                    \
	"  ok: {text: OK, means: yes}\n"                                                           \
	"  no: {text: NAK, means: no, reason: refused}\n"                                          \
	"  busy: {text: BUSY, means: busy}\n"                                                      \
	"script: |\n" function "requests:\n"                                                       \
	"  w: {send: w, expect: [w], busy: {after: 1s, times: 1}}\n"                               \
	"  two: {send: t, expect: [w], replies: 2}\n"                                              \
	"  go: {send: 'g{@at:integer}', silence: success}\n"                                       \
	"  tell: {send: T}\n"                                                                      \
	"  all: {run: f, on_connect: true, expect: [w], asks: 5, timeout: 10s,\n"                  \
	"    arguments: {n: {type: integer}}, with: {n: 2}}\n"                                     \
	"commands:\n"                                                                              \
	"  set: {send: 'S{v:number(.1)} {on:text}', arguments: {v: {max: 9}, on: {type: text, "    \
	"default: x}}, expect: [ok]}\n"

#define NAME "- {request: all, " FROM ", "

/* What the test of a profile says; empty: it passed. */
static void report_of(const char *text, struct buf *report)
{
	struct conf_errors errors = {0};
	struct conf_node *root = conf_parse("p.yaml", text, strlen(text), &errors);
	struct profile *profile = profile_compile(root, &errors);
	struct profile_result result;

	if (profile) {
		result = profile_test(profile, report);
		assert_int_equal(result.failed == 0, report->len == 0);
		assert_true(result.passed + result.failed > 0);
	} else {
		conf_errors_print(&errors, report);
	}
	profile_free(&profile);
	conf_free(&root);
	conf_errors_fini(&errors);
}

static void passes(const char *text)
{
	struct buf report = {0};

	report_of(text, &report);
	if (report.len)
		fail_msg("%s", buf_str(&report));
	buf_fini(&report);
}

static void complains(const char *text, const char *expected)
{
	struct buf report = {0};

	report_of(text, &report);
	if (!strstr(buf_str(&report), expected))
		fail_msg("expected \"%s\" in\n%s", expected, buf_str(&report));
	buf_fini(&report);
}

#define TURNS "tests:\n" NAME "dialogue: ["

static void a_function_asks_one_after_the_other(void **state)
{
	(void)state;
	passes(DEVICE(
		"  function f(given)\n"
		"    for i = 1, given.n do\n"
		"      local w, frame = ask('w')\n"
		"      if frame ~= 'w' or w.a ~= i or w.name ~= 'n' .. i then return nil, 'wrong' end\n"
		"    end\n"
		"  end\n") TURNS
	       "{sent: \"w\\n\"}, {received: \"W1 n1\\n\"}, {sent: \"w\\n\"}, {received: \"W2 n2\\n\"}],\n"
	       "  readings: [{values: {a: 1}}, {values: {a: 2}}]}\n");
}

static void answers_are_what_they_are(void **state)
{
	(void)state;
	/* Silence that is good, no answer, a refusal, several replies, a busy device that is asked again. */
	passes(DEVICE("  function f()\n"
		      "    local t, frame = ask('go')\n"
		      "    if not t or frame or next(t) then return nil, 'go' end\n"
		      "    if not ask('tell') then return nil, 'tell' end\n"
		      "    local w, why, kind = ask('w')\n"
		      "    if w or why ~= 'refused' or kind ~= 'no' then return nil, 'w' end\n"
		      "    if ask('two').a ~= 6 then return nil, 'two' end\n"
		      "    return ask('w')\n"
		      "  end\n") TURNS
	       "{sent: \"g3\\n\"}, {received: \"\"}, {sent: \"T\\n\"}, {sent: \"w\\n\"}, {received: \"NAK\\n\"},\n"
	       "  {sent: \"t\\n\"}, {received: \"W5\\n\"}, {received: \"W6\\n\"},\n"
	       "  {sent: \"w\\n\"}, {received: \"BUSY\\n\"}, {sent: \"w\\n\"}, {received: \"W7\\n\"}],\n"
	       "  readings: [{values: {a: 5}}, {values: {a: 6}}, {values: {a: 7}}]}\n");
	passes(DEVICE("  function f() return ask('w') end\n") TURNS
	       "{sent: \"w\\n\"}, {received: \"\"}], answer: no, reason: no answer}\n");
	passes(DEVICE("  function f() return ask('w') end\n") TURNS
	       "{sent: \"w\\n\"}, {received: \"Wx\\n\"}], answer: no, reason: garbled answer, verdict: format,\n"
	       "  values: {a: {bad: garbled answer}}}\n");
	passes(DEVICE("  function f() return ask('w') end\n") TURNS
	       "{sent: \"w\\n\"}, {received: \"OK\\n\"}, {received: \"W1\\n\"}], values: {a: 1}}\n");
}

static void commands_are_asked_with_arguments(void **state)
{
	(void)state;
	passes(DEVICE("  function f() return ask('set', {v = 2, on = 'yes'}) end\n") TURNS
	       "{sent: \"S2.0 yes\\n\"}, {received: \"OK\\n\"}]}\n");
	passes(DEVICE("  function f() return ask('set', {v = 2.5}) end\n") TURNS
	       "{sent: \"S2.5 x\\n\"}, {received: \"OK\\n\"}]}\n");
	complains(DEVICE("  function f() return ask('set') end\n") TURNS "{sent: \"S\\n\"}]}\n",
		  "p.yaml:13: ask: set needs the argument v");
	complains(DEVICE("  function f() return ask('set', {v = 10}) end\n") TURNS
		  "{sent: \"S\\n\"}]}\n",
		  "p.yaml:13: ask: the argument v of set is outside of its limits");
	complains(DEVICE("  function f() return ask('set', {v = 'much'}) end\n") TURNS
		  "{sent: \"S\\n\"}]}\n",
		  "the argument v of set is of another type");
	complains(DEVICE("  function f() return ask('set', {w = 1}) end\n") TURNS
		  "{sent: \"S\\n\"}]}\n",
		  "set has no argument w");
	complains(DEVICE("  function f() return ask('set', {v = {}}) end\n") TURNS
		  "{sent: \"S\\n\"}]}\n",
		  "p.yaml:13: ask: expected {argument = number");
}

static void parameters_are_read_and_remembered(void **state)
{
	(void)state;
	passes(DEVICE("  function f()\n"
		      "    if parameter('word') ~= 'abc' then return nil, 'word' end\n"
		      "    remember('at', parameter('at') + 4)\n"
		      "    remember('word', 'de')\n"
		      "    wait(0.5)\n"
		      "    if parameter('word') ~= 'de' then return nil, 'word' end\n"
		      "    return ask('go')\n"
		      "  end\n") TURNS "{sent: \"g7\\n\"}]}\n");
	complains(DEVICE("  function f() remember('at', 100) end\n") TURNS "{sent: \"g\\n\"}]}\n",
		  "p.yaml:13: remember: that is no value of the parameter at, or outside");
	complains(DEVICE("  function f() remember('a' .. 't', 1) end\n") TURNS
		  "{sent: \"g\\n\"}]}\n",
		  "nothing says that the parameter at changes");
	complains(DEVICE("  function f() return nil, parameter('x') end\n") TURNS
		  "{sent: \"g\\n\"}]}\n",
		  "p.yaml:13: parameter: there is no x");
	complains(DEVICE("  function f() remember('x', 1) end\n") TURNS "{sent: \"g\\n\"}]}\n",
		  "p.yaml:13:1: remember: no parameter x");
}

static void a_function_has_bounds(void **state)
{
	(void)state;
	complains(DEVICE("  function f()\n    ask('tell')\n    while true do end\n  end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "it fails: p.yaml:15: too many instructions");
	complains(DEVICE("  function f()\n    while true do parameter('at') end\n  end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "it fails: p.yaml:14: too many instructions");
	complains(DEVICE("  function f() local t = {} for i = 1, 1e5 do t[i] = i end end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "p.yaml: a script may hold 256 KiB");
	complains(
		DEVICE("  function f()\n    while true do ask('tell') end\n  end\n") TURNS
		"{sent: \"T\\n\"}, {sent: \"T\\n\"}, {sent: \"T\\n\"}, {sent: \"T\\n\"}, {sent: \"T\\n\"}]}\n",
		"p.yaml:14: ask: all may make no more than 5 requests (asks:)");
	passes(DEVICE("  function f() ask('tell') while true do wait(3) end end\n") TURNS
	       "{sent: \"T\\n\"}], answer: no, reason: \"it takes longer than 10 s (timeout:)\"}\n");
}

static void mistakes_name_their_line(void **state)
{
	(void)state;
	complains(DEVICE("  function f()\n    local x = nil + 1\n  end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "p.yaml:14: attempt to perform arithmetic on a nil value");
	complains(DEVICE("  function f() table.sort({1, 2}, function() ask('w') end) end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "p.yaml:13: ask works in a function that a request or command runs (run:)");
	complains(DEVICE("  function f() return ask('w' .. 'w') end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "p.yaml:13: ask: no request or command ww");
	complains(DEVICE("  function f() return ask('al' .. 'l') end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "p.yaml:13: ask: all runs a function itself");
	complains(
		DEVICE("  -- ask('no') is no mistake\n  function f()\n    return ask('tel')\n  end\n"),
		"p.yaml:15:1: ask: no request or command tel; did you mean tell?");
	complains(DEVICE("  function f() return ask('all') end\n"),
		  "p.yaml:13:1: ask: all runs a function itself");
	complains(DEVICE("  function g() end\n"), "the script has no function f");
	complains(DEVICE("  function f() end\n") "  bad: {run: f, send: x}\n",
		  "with run this is said of the requests that it asks");
	complains(DEVICE("  function f() end\n") "  bad: {send: x, asks: 3}\n",
		  "asks goes with run");
}

static void a_dialogue_is_compared_turn_by_turn(void **state)
{
	(void)state;
	complains(DEVICE("  function f() return ask('w') end\n") TURNS
		  "{sent: \"x\\n\"}, {received: \"W1\\n\"}], values: {a: 1}}\n",
		  "expected to send 78 0a, got 77 0a");
	complains(DEVICE("  function f() ask('tell') return ask('w') end\n") TURNS
		  "{sent: \"T\\n\"}]}\n",
		  "w is asked, and the dialogue does not say so");
	complains(DEVICE("  function f() end\n") TURNS "{sent: \"T\\n\"}]}\n",
		  "the function has ended, and the dialogue goes on here");
	complains(DEVICE("  function f() return nil, 'no' end\n") TURNS
		  "{sent: \"T\\n\"}], answer: no, reason: yes}\n",
		  "the dialogue goes on here");
	complains(DEVICE("  function f() return ask('w') end\n") TURNS
		  "{sent: \"w\\n\"}, {received: \"NAK\\n\"}], answer: no, reason: nak}\n",
		  "expected the reason \"nak\", got \"refused\"");
	complains(DEVICE("  function f() return ask('w') end\n") TURNS
		  "{sent: \"w\\n\"}, {received: \"W1\\n\"}], answer: no}\n",
		  "expected the answer no, and it does not fail");
	complains(DEVICE("  function f() end\n") "tests: [{request: all, sent: x, " FROM "}]\n",
		  "all runs a function: expected dialogue");
	complains(DEVICE("  function f() end\n") "tests: [{request: w, dialogue: [{sent: x}], " FROM
						 "}]\n",
		  "w does not run a function");
	complains(DEVICE("  function f() end\n") TURNS "{said: x}]}\n",
		  "expected {sent: bytes} or {received: bytes}");
}

/* ---------------------------------------------------------------------------------------------
 * Lua's side alone
 */

static struct script *make(const char *text)
{
	struct err err = {0};
	struct script *script = script_new("s.yaml", 1, text, strlen(text), &err);

	if (!script)
		print_error("%s\n", err.text);
	assert_non_null(script);
	return script;
}

static void other_functions_are_called_in_between(void **state)
{
	struct script *script = make("function f() return 1, ask('x', {a = 2}), 'r' end\n"
				     "function g(x) return x * 2 end");
	struct script_value nothing = {.kind = SCRIPT_NIL}, two = {SCRIPT_INTEGER, {.integer = 2}};
	struct script_value result[2];
	struct script_wish wish;
	struct script_run *run = script_run_new(script, "f", &nothing, &wish);
	struct err err;

	(void)state;
	assert_int_equal(wish.step, SCRIPT_ASKS);
	assert_string_equal(wish.name, "x");
	assert_int_equal(wish.n_arguments, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(script_call(script, "g", &two, 1, result, 2, &err), 0);
	assert_int_equal(result[0].as.integer, 4);
	assert_string_equal(wish.name, "x");
	script_run_go(run, &two, 1, &wish);
	assert_int_equal(wish.step, SCRIPT_ENDED);
	assert_null(wish.reason);
	script_run_free(&run);
	script_free(&script);
}

/* What is given up in the middle gives its memory back. */
static void many_can_be_given_up(void **state)
{
	struct script *script =
		make("function f() local t = ('x'):rep(50000) ask('x') return t end");
	struct script_value nothing = {.kind = SCRIPT_NIL};
	struct script_wish wish;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct script_run *run = script_run_new(script, "f", &nothing, &wish);

		assert_int_equal(wish.step, SCRIPT_ASKS);
		script_run_free(&run);
	}
	script_free(&script);
}

static void an_answer_may_be_too_much(void **state)
{
	static char much[SCRIPT_MEMORY];
	struct script *script = make("function f() return ask('x') end");
	struct script_value nothing = {.kind = SCRIPT_NIL}, text = {.kind = SCRIPT_BYTES};
	struct script_wish wish;
	struct script_run *run = script_run_new(script, "f", &nothing, &wish);

	(void)state;
	text.as.text.bytes = much;
	text.as.text.len = sizeof(much);
	script_run_go(run, &text, 1, &wish);
	assert_int_equal(wish.step, SCRIPT_BROKEN);
	assert_non_null(strstr(wish.err.text, "s.yaml: a script may hold 256 KiB"));
	script_run_free(&run);
	assert_null(script_run_new(script, "g", &nothing, &wish));
	assert_int_equal(wish.step, SCRIPT_BROKEN);
	script_free(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_asks_one_after_the_other),
		cmocka_unit_test(answers_are_what_they_are),
		cmocka_unit_test(commands_are_asked_with_arguments),
		cmocka_unit_test(parameters_are_read_and_remembered),
		cmocka_unit_test(a_function_has_bounds),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(a_dialogue_is_compared_turn_by_turn),
		cmocka_unit_test(other_functions_are_called_in_between),
		cmocka_unit_test(many_can_be_given_up),
		cmocka_unit_test(an_answer_may_be_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
