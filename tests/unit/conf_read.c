/* SPDX-License-Identifier: Apache-2.0 */
/* Every type of a row: what is read, and what is said about the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

struct thing {
	struct conf_item item;
	bool flag;
	int64_t count;
	double ratio;
	char *text;
	struct conf_bytes end;
	int64_t timeout_ns;
	uint64_t size;
	int color;
	char *name;
	char *device;
	struct conf_texts words;
	int64_t depth;
	char *owner;
	struct conf_each parts;
	struct conf_each steps;
	const struct conf_node *any;
	const struct conf_node *marks;
	int64_t mode;
	char *secret;
};

struct part {
	struct conf_item item;
	int64_t number;
};

static const char *const colors[] = {"red", "green", "blue", NULL};

static const struct conf_row part_rows[] = {
	{.key = "number",
	 .type = CONF_INT,
	 .offset = offsetof(struct part, number),
	 .flags = CONF_REQUIRED,
	 .help = "which one it is"},
	{0},
};
static const struct conf_schema part_schema = {"part", part_rows, sizeof(struct part), NULL};

static const struct conf_row group_rows[] = {
	{.key = "depth",
	 .type = CONF_INT,
	 .offset = offsetof(struct thing, depth),
	 .fallback = "7",
	 .max = 9},
	{.key = "owner", .type = CONF_TEXT, .offset = offsetof(struct thing, owner)},
	{0},
};
static const struct conf_schema group_schema = {"group", group_rows, 0, NULL};

static const struct conf_row thing_rows[] = {
	{.key = "flag",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct thing, flag),
	 .fallback = "true"},
	{.key = "count",
	 .type = CONF_INT,
	 .offset = offsetof(struct thing, count),
	 .fallback = "3",
	 .min = 1,
	 .max = 10},
	{.key = "ratio", .type = CONF_NUMBER, .offset = offsetof(struct thing, ratio)},
	{.key = "text",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct thing, text),
	 .fallback = "hello",
	 .min = 1,
	 .max = 12},
	{.key = "end",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct thing, end),
	 .fallback = "\\r\\n",
	 .min = 1,
	 .max = 4},
	{.key = "timeout",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct thing, timeout_ns),
	 .fallback = "250ms",
	 .min = 1e6,
	 .max = 60e9},
	{.key = "size",
	 .type = CONF_SIZE,
	 .offset = offsetof(struct thing, size),
	 .min = 16,
	 .max = CONF_NO_MAX},
	{.key = "color",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct thing, color),
	 .fallback = "green",
	 .choices = colors},
	{.key = "name", .type = CONF_NAME, .offset = offsetof(struct thing, name)},
	{.key = "device", .type = CONF_DEVICE, .offset = offsetof(struct thing, device)},
	{.key = "words",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct thing, words),
	 .fallback = "[a, b]"},
	{.key = "group", .type = CONF_GROUP, .schema = &group_schema},
	{.key = "parts",
	 .type = CONF_EACH,
	 .offset = offsetof(struct thing, parts),
	 .schema = &part_schema},
	{.key = "steps",
	 .type = CONF_LIST_OF,
	 .offset = offsetof(struct thing, steps),
	 .schema = &part_schema,
	 .fallback = "[{number: 1}]"},
	{.key = "any", .type = CONF_ANY, .offset = offsetof(struct thing, any)},
	{.key = "marks", .type = CONF_MARKS, .offset = offsetof(struct thing, marks)},
	{.key = "mode",
	 .type = CONF_MODE,
	 .offset = offsetof(struct thing, mode),
	 .fallback = "0660"},
	{.key = "secret",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct thing, secret),
	 .flags = CONF_SECRET},
	{0},
};
static const struct conf_schema thing_schema = {"thing", thing_rows, sizeof(struct thing), NULL};

struct run {
	struct conf_node *root;
	struct thing thing;
	struct conf_errors errors;
	struct buf said;
	int status;
};

static void run_begin(struct run *run, const char *text)
{
	*run = (struct run){0};
	run->root = conf_parse("x", text, strlen(text), &run->errors);
	run->status = -2;
	if (run->root)
		run->status = conf_read(&thing_schema, run->root, &run->thing, &run->errors);
	conf_errors_print(&run->errors, &run->said);
}

static void run_end(struct run *run)
{
	conf_fini(&thing_schema, &run->thing);
	conf_errors_fini(&run->errors);
	conf_free(&run->root);
	buf_fini(&run->said);
}

static void says(const char *text, const char *expected)
{
	struct run run;

	run_begin(&run, text);
	assert_string_equal(buf_str(&run.said), expected);
	assert_int_equal(run.status, -1);
	run_end(&run);
}

static void what_is_left_out_has_its_fallback(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, "");
	assert_int_equal(run.status, 0);
	assert_true(run.thing.flag);
	assert_int_equal(run.thing.count, 3);
	assert_string_equal(run.thing.text, "hello");
	assert_int_equal(run.thing.end.len, 2);
	assert_memory_equal(run.thing.end.data, "\r\n", 2);
	assert_int_equal(run.thing.timeout_ns, 250000000);
	assert_int_equal(run.thing.color, 1);
	assert_null(run.thing.name);
	assert_int_equal(run.thing.words.n, 2);
	assert_string_equal(run.thing.words.list[1], "b");
	assert_int_equal(run.thing.depth, 7);
	assert_int_equal(run.thing.parts.n, 0);
	assert_int_equal(run.thing.steps.n, 1);
	assert_int_equal(((struct part *)run.thing.steps.list[0])->number, 1);
	assert_null(((struct part *)run.thing.steps.list[0])->item.node);
	assert_int_equal(run.thing.mode, 0660);
	run_end(&run);
}

static void every_type_is_read(void **state)
{
	struct run run;
	const struct part *part;

	(void)state;
	run_begin(&run, "flag: false\n"
			"count: 0x0a\n"
			"ratio: -1.5e3\n"
			"text: a 'b' c\n"
			"end: <ETX>\\x0d\n"
			"timeout: 1.5s\n"
			"size: 2MiB\n"
			"color: blue\n"
			"name: scale.1\n"
			"device: hall2/scale\n"
			"words: one\n"
			"group: {depth: 2, owner: me}\n"
			"parts:\n"
			"  first: {number: 1}\n"
			"  second: {number: 2}\n"
			"steps: [{number: 5}]\n"
			"any: {x: [1, 2]}\n"
			"marks: [<STX>, 5]\n"
			"mode: 0600\n"
			"secret: abc\n");
	assert_string_equal(buf_str(&run.said), "");
	assert_int_equal(run.status, 0);
	assert_false(run.thing.flag);
	assert_int_equal(run.thing.count, 10);
	assert_true(run.thing.ratio == -1500);
	assert_string_equal(run.thing.text, "a 'b' c");
	assert_int_equal(run.thing.end.len, 2);
	assert_memory_equal(run.thing.end.data, "\x03\r", 2);
	assert_int_equal(run.thing.timeout_ns, 1500000000);
	assert_int_equal(run.thing.size, 2 << 20);
	assert_int_equal(run.thing.color, 2);
	assert_string_equal(run.thing.name, "scale.1");
	assert_string_equal(run.thing.device, "hall2/scale");
	assert_int_equal(run.thing.words.n, 1);
	assert_string_equal(run.thing.words.list[0], "one");
	assert_int_equal(run.thing.depth, 2);
	assert_string_equal(run.thing.owner, "me");
	assert_int_equal(run.thing.parts.n, 2);
	part = run.thing.parts.list[1];
	assert_string_equal(part->item.name, "second");
	assert_int_equal(part->number, 2);
	assert_int_equal(part->item.node->key_line, 15);
	assert_int_equal(run.thing.steps.n, 1);
	assert_null(((struct part *)run.thing.steps.list[0])->item.name);
	assert_int_equal(run.thing.any->kind, CONF_MAP);
	assert_int_equal(run.thing.marks->n, 2);
	assert_int_equal(run.thing.mode, 0600);
	assert_string_equal(run.thing.secret, "abc");
	run_end(&run);
}

static void each_wrong_value_says_what_was_expected(void **state)
{
	(void)state;
	says("flag: yes", "x:1:7: flag: expected true or false, found yes; did you mean true?\n");
	says("flag: \"true\"",
	     "x:1:7: flag: expected true or false, found \"true\"; take the quotes away\n");
	says("flag: treu", "x:1:7: flag: expected true or false, found treu; did you mean true?\n");
	says("count: ten", "x:1:8: count: expected a whole number, found ten\n");
	says("count: 1.0", "x:1:8: count: expected a whole number, found 1.0\n");
	says("count:", "x:1:7: count: expected a whole number, found nothing\n");
	says("count: [1]", "x:1:8: count: expected a whole number, found a list\n");
	says("count: {a: 1}", "x:1:8: count: expected a whole number, found keys and values\n");
	says("count: 99999999999999999999",
	     "x:1:8: count: expected a whole number, found 99999999999999999999, which is too "
	     "large\n");
	says("ratio: 1,5",
	     "x:1:8: ratio: expected a number, found 1,5; a number has a point, not a comma\n");
	says("ratio: .inf", "x:1:8: ratio: expected a number, found .inf\n");
	says("ratio: 0x10", "x:1:8: ratio: expected a number, found 0x10\n");
	says("ratio: 1e999", "x:1:8: ratio: expected a number, found 1e999, which is too large\n");
	says("text: [a]", "x:1:7: text: expected a text, found a list\n");
	says("text: \"a\\0b\"",
	     "x:1:7: text: expected a text, found \"a\\x00b\", which has a NUL byte in it\n");
	says("timeout: 250",
	     "x:1:10: timeout: expected a duration such as 250ms or 1.5s, found 250 "
	     "without a unit\n");
	says("timeout: 5 sec",
	     "x:1:10: timeout: expected a duration such as 250ms or 1.5s, found 5 "
	     "sec; did you mean 5s?\n");
	says("timeout: 5x", "x:1:10: timeout: expected a duration such as 250ms or 1.5s, found 5x; "
			    "\"x\" is no unit\n");
	says("size: 64KB",
	     "x:1:7: size: expected a size such as 64KiB or 16MiB, found 64KB; did you "
	     "mean 64KiB?\n");
	says("size: 16.3",
	     "x:1:7: size: expected a size such as 64KiB or 16MiB, found 16.3, which is "
	     "no whole number of bytes\n");
	says("color: gren",
	     "x:1:8: color: expected one of red, green or blue, found gren; did you mean green?\n");
	says("color: 7", "x:1:8: color: expected one of red, green or blue, found 7\n");
	says("name: a/b", "x:1:7: name: expected a name such as scale-line, found a/b (a name has "
			  "letters, digits and _ . : - only)\n");
	says("device: a//b", "x:1:9: device: expected a name such as truck-scale or "
			     "hall2/truck-scale, found a//b (a level of the name is empty)\n");
	says("words: {a: b}",
	     "x:1:8: words: expected a text or a list of texts, found keys and values\n");
	says("mode: rw", "x:1:7: mode: expected permissions in octal such as 0660, found rw\n");
}

static void bytes_have_escapes_and_names(void **state)
{
	(void)state;
	says("end: <STY>", "x:1:6: end: expected bytes such as '\\r\\n', '\\x02' or <STX>, found "
			   "<STY>: <STY> names no byte; did you mean <STX>? (a real < is \\<)\n");
	says("end: \\q",
	     "x:1:6: end: expected bytes such as '\\r\\n', '\\x02' or <STX>, found \\q: "
	     "\\q is no escape; for a real \\ write \\\\\n");
	says("end: \\x2", "x:1:6: end: expected bytes such as '\\r\\n', '\\x02' or <STX>, found "
			  "\\x2: \\x needs two hex digits\n");
	says("end: \"\\xff\"",
	     "x:1:6: end: expected bytes such as '\\r\\n', '\\x02' or <STX>, found \"\xc3\xbf\": a byte "
	     "above 7f is written '\\xNN', in single quotes or none (in double quotes YAML makes a "
	     "letter of it)\n");
}

static void each_mark_is_checked(void **state)
{
	(void)state;
	says("marks: [a, <STY>, [b]]",
	     "x:1:12: marks: expected bytes such as '\\r\\n', '\\x02' or <STX>, found <STY>: <STY> names "
	     "no byte; did you mean <STX>? (a real < is \\<)\n"
	     "x:1:19: marks: expected bytes such as '\\r\\n', '\\x02' or <STX>, found a list\n");
	says("marks: {a: b}",
	     "x:1:8: marks: expected bytes such as '\\r\\n', '\\x02' or <STX>, or a "
	     "list of such, found keys and values\n");
}

static void bounds_are_held(void **state)
{
	(void)state;
	says("count: 0", "x:1:8: count: 0 is out of range; expected 1 to 10\n");
	says("count: 11", "x:1:8: count: 11 is out of range; expected 1 to 10\n");
	says("text: ''", "x:1:7: text: \"\" is out of range; expected 1 to 12 characters\n");
	says("end: abcde", "x:1:6: end: abcde is out of range; expected 1 to 4 bytes\n");
	says("timeout: 2min", "x:1:10: timeout: 2min is out of range; expected 1ms to 1min\n");
	says("size: 8", "x:1:7: size: 8 is out of range; expected at least 16\n");
	says("group: {depth: 10}", "x:1:16: depth: 10 is out of range; expected 0 to 9\n");
}

static void an_unknown_key_names_the_nearest(void **state)
{
	(void)state;
	says("cuont: 1", "x:1:1: unknown key \"cuont\" in thing; did you mean \"count\"?\n");
	says("group: {depht: 1}",
	     "x:1:9: unknown key \"depht\" in group; did you mean \"depth\"?\n");
	says("group: {zzz: 1}", "x:1:9: unknown key \"zzz\" in group; known are depth, owner\n");
}

static void a_required_key_is_missed_once(void **state)
{
	(void)state;
	says("parts: {a: {}}", "x:1:9: part needs \"number\": which one it is\n");
	says("parts: {a: {nubmer: 1}}",
	     "x:1:13: unknown key \"nubmer\" in part; did you mean \"number\"?\n");
	says("steps: [{}]", "x:1:9: part needs \"number\": which one it is\n");
}

static void elements_are_checked_each(void **state)
{
	(void)state;
	says("parts: {a/b: {number: 1}, c: 5, d: {number: x}}",
	     "x:1:9: \"a/b\" is no name for a part: a name has letters, digits and _ . : - only\n"
	     "x:1:30: a part has keys and values, such as \"number:\"; found a single value\n"
	     "x:1:45: number: expected a whole number, found x\n");
	says("parts: [1]",
	     "x:1:8: parts: expected names, each with keys and values behind it, found a list\n");
}

static void all_errors_are_told_in_order_of_place(void **state)
{
	(void)state;
	says("color: pink\ncount: 0\nnonsense: 1\ntimeout: 3\n",
	     "x:1:8: color: expected one of red, green or blue, found pink\n"
	     "x:2:8: count: 0 is out of range; expected 1 to 10\n"
	     "x:3:1: unknown key \"nonsense\" in thing; known are flag, count, ratio, text, end, "
	     "timeout, size, color, name, device, words, group, parts, steps, any, marks, mode, secret\n"
	     "x:4:10: timeout: expected a duration such as 250ms or 1.5s, found 3 without a unit\n");
}

static void a_secret_that_was_not_printed_is_none(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, "secret: (secret)");
	assert_int_equal(run.status, 0);
	assert_null(run.thing.secret);
	assert_string_equal(buf_str(&run.said),
			    "x:1:9: warning: secret: this stands for a secret that "
			    "was not printed; put it in\n");
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_fallback),
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(each_wrong_value_says_what_was_expected),
		cmocka_unit_test(bytes_have_escapes_and_names),
		cmocka_unit_test(each_mark_is_checked),
		cmocka_unit_test(bounds_are_held),
		cmocka_unit_test(an_unknown_key_names_the_nearest),
		cmocka_unit_test(a_required_key_is_missed_once),
		cmocka_unit_test(elements_are_checked_each),
		cmocka_unit_test(all_errors_are_told_in_order_of_place),
		cmocka_unit_test(a_secret_that_was_not_printed_is_none),
	};

	return cmocka_run_group_tests_name("conf_read", tests, NULL, NULL);
}
