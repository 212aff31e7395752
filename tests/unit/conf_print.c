/* SPDX-License-Identifier: Apache-2.0 */
/* Values and structs as text: what is printed is read as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "conf/value.h"

struct thing {
	bool flag;
	int64_t count;
	double ratio;
	char *text;
	struct conf_bytes end;
	int64_t timeout_ns;
	uint64_t size;
	int color;
	struct conf_texts words;
	struct conf_each parts;
	struct conf_each steps;
	const struct conf_node *any;
	int64_t mode;
};

struct part {
	struct conf_item item;
	char *text;
	struct conf_each inner;
};

static const struct conf_row inner_rows[] = {
	{.key = "text", .type = CONF_TEXT, .offset = offsetof(struct part, text)},
	{0},
};
static const struct conf_schema inner_schema = {"inner", inner_rows, sizeof(struct part), NULL};

static const struct conf_row part_rows[] = {
	{.key = "text", .type = CONF_TEXT, .offset = offsetof(struct part, text)},
	{.key = "inner",
	 .type = CONF_LIST_OF,
	 .offset = offsetof(struct part, inner),
	 .schema = &inner_schema},
	{0},
};
static const struct conf_schema part_schema = {"part", part_rows, sizeof(struct part), NULL};

static const char *const colors[] = {"red", "green", NULL};
#define AT(field) .offset = offsetof(struct thing, field)
static const struct conf_row thing_rows[] = {
	{.key = "flag", .type = CONF_BOOL, AT(flag)},
	{.key = "count", .type = CONF_INT, AT(count)},
	{.key = "ratio", .type = CONF_NUMBER, AT(ratio)},
	{.key = "text", .type = CONF_TEXT, AT(text)},
	{.key = "end", .type = CONF_BYTES, AT(end)},
	{.key = "timeout", .type = CONF_DURATION, AT(timeout_ns)},
	{.key = "size", .type = CONF_SIZE, AT(size)},
	{.key = "color", .type = CONF_CHOICE, AT(color), .choices = colors},
	{.key = "words", .type = CONF_TEXTS, AT(words)},
	{.key = "parts",
	 .type = CONF_EACH,
	 AT(parts),
	 .schema = &part_schema,
	 .flags = CONF_LEVELS},
	{.key = "steps", .type = CONF_LIST_OF, AT(steps), .schema = &part_schema},
	{.key = "any", .type = CONF_ANY, AT(any)},
	{.key = "mode", .type = CONF_MODE, AT(mode), .fallback = "0600"},
	{0},
};
static const struct conf_schema thing_schema = {"thing", thing_rows, sizeof(struct thing), NULL};

/* Reads the text, prints the struct, and expects that; twice. */
static void prints(const char *text, const char *expected)
{
	for (int i = 0; i < 2; i++, text = expected) {
		struct conf_errors errors = {0};
		struct thing thing = {0};
		struct buf out = {0};
		struct conf_node *root = conf_parse("x", text, strlen(text), &errors);

		assert_non_null(root);
		conf_read(&thing_schema, root, &thing, &errors);
		conf_errors_print(&errors, &out);
		assert_string_equal(buf_str(&out), "");
		conf_print(&thing_schema, &thing, 0, &out);
		assert_string_equal(buf_str(&out), expected);
		conf_fini(&thing_schema, &thing);
		conf_free(&root);
		buf_fini(&out);
		conf_errors_fini(&errors);
	}
}

static void what_was_not_given_is_left_out_or_empty(void **state)
{
	(void)state;
	prints("", "flag: false\ncount: 0\nratio: 0\ntimeout: 0s\nsize: 0\ncolor: red\nwords: []\n"
		   "parts: {}\nsteps: []\nmode: 0600\n");
}

static void every_type_is_printed(void **state)
{
	(void)state;
	prints("flag: true\n"
	       "count: 0x7fffffffffffffff\n"
	       "ratio: 0.1\n"
	       "text: 'null'\n"
	       "end: \"<STX> \\\\x80\\\\\\\\\"\n"
	       "timeout: 90000ms\n"
	       "size: 1536KiB\n"
	       "color: green\n"
	       "words: ['', '- a', 5]\n"
	       "parts: {a/b: {text: '#', inner: [{text: x}, {}]}, c: }\n"
	       "steps: [{inner: [{text: y}]}, {text: z}, ~]\n"
	       "any: [{a: 1}, []]\n"
	       "mode: 4755\n",
	       "flag: true\n"
	       "count: 9223372036854775807\n"
	       "ratio: 0.1\n"
	       "text: 'null'\n"
	       "end: <STX> \\x80\\\\\n"
	       "timeout: 90s\n"
	       "size: 1536KiB\n"
	       "color: green\n"
	       "words:\n"
	       "  - ''\n"
	       "  - '- a'\n"
	       "  - 5\n"
	       "parts:\n"
	       "  a/b:\n"
	       "    text: '#'\n"
	       "    inner:\n"
	       "      - text: x\n"
	       "      - {}\n"
	       "  c:\n"
	       "    inner: []\n"
	       "steps:\n"
	       "  - inner:\n"
	       "      - text: y\n"
	       "  - text: z\n"
	       "    inner: []\n"
	       "  - inner: []\n"
	       "any:\n"
	       "  - a: 1\n"
	       "  - []\n"
	       "mode: 4755\n");
}

static void every_byte_is_written_and_read(void **state)
{
	struct conf_bytes all = {0}, again;
	struct buf text = {0};
	struct err err;

	(void)state;
	all.data = malloc(256);
	assert_non_null(all.data);
	for (all.len = 0; all.len < 256; all.len++)
		all.data[all.len] = (uint8_t)all.len;
	value_bytes_text(&all, &text);
	assert_int_equal(value_bytes(buf_str(&text), text.len, &again, &err), 0);
	assert_int_equal(again.len, 256);
	assert_memory_equal(again.data, all.data, 256);
	free(all.data);
	free(again.data);
	buf_fini(&text);
}

static void names_of_bytes_are_read(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t len;
	} cases[] = {
		{"<NUL><TAB><XON><DEL>", "\0\t\x11\x7f", 4},
		{"a<b>c", "a<b>c", 5},
		{"\\<STX>", "<STX>", 5},
		{"<", "<", 1},
		{"\\0\\e\\a\\b\\f\\v", "\0\x1b\a\b\f\v", 6},
		{"<stx>", "<stx>", 5},
		{"\\xFf", "\xff", 1},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf_bytes bytes;
		struct err err;

		assert_int_equal(value_bytes(cases[i].text, strlen(cases[i].text), &bytes, &err),
				 0);
		assert_int_equal(bytes.len, cases[i].len);
		assert_memory_equal(bytes.data, cases[i].bytes, bytes.len);
		free(bytes.data);
	}
}

static void durations_have_the_largest_whole_unit(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{1, "1ns"},
		{1500 * NS_PER_MS, "1500ms"},
		{60 * NS_PER_S, "1min"},
		{90 * NS_PER_S, "90s"},
		{86400 * NS_PER_S, "1d"},
		{25 * 3600 * NS_PER_S, "25h"},
	};
	char out[VALUE_TEXT_SIZE];
	struct err err;
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(value_duration_text(cases[i].ns, out), cases[i].text);
		assert_int_equal(value_duration(out, &ns, &err), 0);
		assert_int_equal(ns, cases[i].ns);
	}
	assert_int_equal(value_duration("0", &ns, &err), 0);
	assert_int_equal(value_duration("1.5 s", &ns, &err), 0);
	assert_int_equal(ns, 1500 * NS_PER_MS);
	assert_int_equal(value_duration("-1s", &ns, &err), -1);
	assert_int_equal(value_duration("1e3s", &ns, &err), -1);
	assert_int_equal(value_duration("s", &ns, &err), -1);
	assert_int_equal(value_duration("1000000d", &ns, &err), -1);
}

static void sizes_have_the_largest_whole_unit(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1"},
		{1023, "1023"},
		{1024, "1KiB"},
		{1536 << 10, "1536KiB"},
		{UINT64_C(1) << 40, "1TiB"},
	};
	char out[VALUE_TEXT_SIZE];
	struct err err;
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(value_size_text(cases[i].size, out), cases[i].text);
		assert_int_equal(value_size(out, &size, &err), 0);
		assert_int_equal(size, cases[i].size);
	}
	assert_int_equal(value_size("1.5KiB", &size, &err), 0);
	assert_int_equal(size, 1536);
	assert_int_equal(value_size("-1", &size, &err), -1);
	assert_int_equal(value_size("99999999TiB", &size, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_given_is_left_out_or_empty),
		cmocka_unit_test(every_type_is_printed),
		cmocka_unit_test(every_byte_is_written_and_read),
		cmocka_unit_test(names_of_bytes_are_read),
		cmocka_unit_test(durations_have_the_largest_whole_unit),
		cmocka_unit_test(sizes_have_the_largest_whole_unit),
	};

	return cmocka_run_group_tests_name("conf_print", tests, NULL, NULL);
}
