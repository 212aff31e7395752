/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to trees and back: places, aliases, bounds, and what is said about broken syntax. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "conf/conf.h"

static struct conf_node *parse(const char *text)
{
	struct conf_errors errors = {0};
	struct buf said = {0};
	struct conf_node *root = conf_parse("x", text, strlen(text), &errors);

	conf_errors_print(&errors, &said);
	assert_string_equal(buf_str(&said), "");
	assert_non_null(root);
	conf_errors_fini(&errors);
	buf_fini(&said);
	return root;
}

static void says(const char *text, const char *expected)
{
	struct conf_errors errors = {0};
	struct buf said = {0};
	struct conf_node *root = conf_parse("x", text, strlen(text), &errors);

	conf_errors_print(&errors, &said);
	assert_string_equal(buf_str(&said), expected);
	conf_free(&root);
	conf_errors_fini(&errors);
	buf_fini(&said);
}

static void prints(const char *text, const char *expected)
{
	struct conf_node *root = parse(text), *second;
	struct buf printed = {0}, again = {0};

	conf_print_node(root, 0, &printed);
	assert_string_equal(buf_str(&printed), expected);
	second = parse(buf_str(&printed));
	conf_print_node(second, 0, &again);
	assert_string_equal(buf_str(&again), expected);
	conf_free(&root);
	conf_free(&second);
	buf_fini(&printed);
	buf_fini(&again);
}

static void every_node_knows_its_place(void **state)
{
	struct conf_node *root = parse("a: 1\nb:\n  c: [x, \"y\"]\n");
	const struct conf_node *c = conf_get(conf_get(root, "b"), "c");

	(void)state;
	assert_int_equal(conf_get(root, "a")->line, 1);
	assert_int_equal(conf_get(root, "a")->column, 4);
	assert_int_equal(conf_get(root, "a")->key_column, 1);
	assert_int_equal(c->line, 3);
	assert_int_equal(c->column, 6);
	assert_int_equal(c->key_line, 3);
	assert_int_equal(c->key_column, 3);
	assert_int_equal(c->n, 2);
	assert_false(c->first->quoted);
	assert_true(c->first->next->quoted);
	assert_int_equal(c->first->next->column, 10);
	assert_ptr_equal(c->parent, conf_get(root, "b"));
	assert_string_equal(c->file, "x");
	assert_null(conf_get(root, "d"));
	assert_null(conf_get(c, "d"));
	assert_null(conf_get(NULL, "d"));
	conf_free(&root);
	assert_null(root);
	conf_free(&root);
}

static void an_empty_file_is_an_empty_map(void **state)
{
	static const char *const texts[] = {"", "\n", "# nothing\n", "---\n", "~", "---\n...\n"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct conf_node *root = parse(texts[i]);

		assert_int_equal(root->kind, CONF_MAP);
		assert_int_equal(root->n, 0);
		conf_free(&root);
	}
}

static void aliases_are_copies_that_keep_their_place(void **state)
{
	struct conf_node *root = parse("a: &x {p: 1}\nb: *x\n");
	const struct conf_node *b = conf_get(root, "b");

	(void)state;
	assert_int_equal(b->line, 1);
	assert_int_equal(b->column, 4);
	assert_int_equal(b->key_line, 2);
	assert_string_equal(conf_get(b, "p")->text, "1");
	conf_free(&root);
	prints("a: &x 1\nb: &x 2\nc: *x\n", "a: 1\nb: 2\nc: 2\n");
}

static void own_keys_come_before_merged_ones(void **state)
{
	(void)state;
	prints("a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\nc:\n  q: 5\n  <<: [*a, *b]\n",
	       "a:\n  p: 1\n  q: 2\nb:\n  q: 3\n  r: 4\nc:\n  q: 5\n  p: 1\n  r: 4\n");
	prints("a: &a {p: 1}\nb: &b {<<: *a, p: 2}\nc: {<<: *b}\n",
	       "a:\n  p: 1\nb:\n  p: 2\nc:\n  p: 2\n");
	says("<<: 5", "x:1:5: \"<<\" merges a map, given as an alias: <<: *name\n");
	says("<<: [5]", "x:1:6: \"<<\" merges maps only\n");
}

static void trees_print_and_parse_again(void **state)
{
	(void)state;
	prints("a: {b: [], c: {}, d: ~, e: , f: '', g: null}\n",
	       "a:\n  b: []\n  c: {}\n  d: ~\n  e: \n  f: ''\n  g: null\n");
	prints("- 1\n- [2, [3]]\n- {a: 1, b: {c: 2}}\n- - {}\n",
	       "- 1\n- - 2\n  - - 3\n- a: 1\n  b:\n    c: 2\n- - {}\n");
	prints("a: \"it's\"\nb: 'x: y'\nc: \"\\x01\\u2028\\xff\\n\\0\"\nd: '- #'\n'- k': \"1\"\n",
	       "a: 'it''s'\nb: 'x: y'\nc: \"\\x01\\u2028\xc3\xbf\\n\\x00\"\nd: '- #'\n'- k': '1'\n");
	prints("plain", "plain\n");
}

static void trees_are_made_by_hand(void **state)
{
	struct conf_node *from = parse("k: {a: [1]}"), *root = conf_new_map("part"), *list;
	struct buf printed = {0};

	(void)state;
	conf_add(root, CONF_SCALAR, "n", "5", 1);
	conf_add_text(root, "t", "5");
	list = conf_add(root, CONF_LIST, "l", NULL, 0);
	conf_add_text(list, NULL, "- x");
	conf_add_copy(root, "copy", conf_get(from, "k"));
	conf_free(&from);
	assert_string_equal(conf_get(root, "copy")->file, "x");
	assert_int_equal(conf_get(root, "copy")->line, 1);
	conf_print_node(root, 2, &printed);
	assert_string_equal(buf_str(&printed),
			    "  n: 5\n  t: '5'\n  l:\n    - '- x'\n  copy:\n    a:\n      - 1\n");
	conf_free(&root);
	buf_fini(&printed);
}

static void keys_that_stand_twice_are_refused(void **state)
{
	(void)state;
	says("a: 1\nb: {c: 1, c: 2, c: 3}\na: 2\n",
	     "x:2:11: \"c\" stands here twice; first in line 2\n"
	     "x:2:17: \"c\" stands here twice; first in line 2\n"
	     "x:3:1: \"a\" stands here twice; first in line 1\n");
}

static void what_is_yaml_and_not_configuration_is_refused(void **state)
{
	(void)state;
	says("a: !!str 1", "x:1:4: tags (\"!!str\", \"!name\") mean nothing here\n");
	says("--- {}\n--- {}\n",
	     "x:2:1: a second document begins here (\"---\"); a file has one\n");
	says("? [a]\n: b", "x:1:3: a key is a word or a text of 1 to 200 bytes\n");
	says("'': b", "x:1:1: a key is a word or a text of 1 to 200 bytes\n");
	says("\"a\\0b\": c", "x:1:1: a key is a word or a text of 1 to 200 bytes\n");
	says("\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	     "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
	     "6789012345678901234567890\": b",
	     "x:1:1: a key is a word or a text of 1 to 200 bytes\n");
	says("a: *x", "x:1:4: there is no anchor &x before this alias\n");
	says("a: &x [*x]", "x:1:8: the alias *x stands inside of what it stands for\n");
}

static void broken_syntax_is_told_in_words_that_help(void **state)
{
	(void)state;
	says("a:\n\tb: 1", "x:2:1: a tab; YAML indents with blanks only\n");
	says("a: \"b\nc: 1\n", "x:1:4: the quote that opens here is never closed\n");
	says("a: 'b\nc: 1\n", "x:1:4: the quote that opens here is never closed\n");
	says("a: [1, 2\nb: 3\n",
	     "x:1:4: the '[' that opens here has no ']', or a ',' is missing behind "
	     "one of its values\n");
	says("a: {b: 1\nc: 3\n",
	     "x:1:4: the '{' that opens here has no '}', or a ',' is missing behind "
	     "one of its values\n");
	says("a: b: c",
	     "x:1:5: a ':' that makes no key here; a text with \": \" in it needs quotes, and a key "
	     "begins a line, in the same column as its neighbours\n");
	says("a:\n  b: 1\n c: 2\n",
	     "x:3:2: expected a key and ':' in the same column as the keys before it (wrong "
	     "indentation, or a quote that closed too early?)\n");
	says("a: @b", "x:1:4: a value cannot start with '@'; put it in quotes\n");
	says("\xc3\xbc: @b", "x:1:4: a value cannot start with '@'; put it in quotes\n");
	says("a: %b", "x:1:4: a value cannot start with '%'; put it in quotes\n");
	says("a: * b",
	     "x:1:5: a value cannot start with '*' (that is an alias); put it in quotes\n");
	says("a: \"\\q\"",
	     "x:1:5: no such escape in double quotes; for a real \\ write \\\\, or use "
	     "single quotes\n");
	says("a: - b", "x:1:4: a '-' where no list can begin; put it in a line of its own\n");
	says("- a\nb: 1",
	     "x:2:1: a list goes on with \"- \" in the same column as its first entry\n");
	says("a: 1\nb: \x01", "x:2:4: a control character; in double quotes it is written \\xNN\n");
	says("a: 1\nb: \xff", "x:2:4: not UTF-8 text; save the file as UTF-8\n");
}

static char *repeated(const char *text, size_t n)
{
	struct buf b = {0};
	char *all;

	for (size_t i = 0; i < n; i++)
		buf_add_str(&b, text);
	all = xstrdup(buf_str(&b));
	buf_fini(&b);
	return all;
}

static void depth_is_bounded(void **state)
{
	char *deep = repeated("[", 64), *close = repeated("]", 64);
	char *good = xasprintf("%.63s1%.63s", deep, close), *bad = xasprintf("%s1%s", deep, close);
	struct conf_node *root = parse(good);

	(void)state;
	conf_free(&root);
	says(bad, "x:1:65: nested deeper than 64 levels\n");
	free(deep);
	free(close);
	free(good);
	free(bad);
}

static void the_number_of_nodes_is_bounded(void **state)
{
	char *many = repeated("- 1\n", 200000);

	(void)state;
	says(many,
	     "x:200000:3: more than 200,000 keys and values, aliases counted as what they stand "
	     "for\n");
	says("a: &a [1,1,1,1,1,1,1,1,1]\n"
	     "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	     "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
	     "x:6:11: more than 200,000 keys and values, aliases counted as what they stand for\n");
	free(many);
}

static void the_length_is_bounded(void **state)
{
	char *text = repeated("# 34567\n", (8 << 20) / 8 + 1);

	(void)state;
	says(text, "x: longer than 8 MiB\n");
	free(text);
}

static void errors_are_bounded_and_counted(void **state)
{
	struct conf_errors errors = {0};
	struct buf said = {0};
	const char *last;

	(void)state;
	for (int i = 1; i <= CONF_ERRORS_MAX + 5; i++)
		conf_error_at(&errors, "x", i, 1, "wrong");
	conf_error_at(&errors, "x", 7, 1, "wrong");
	assert_int_equal(errors.n, CONF_ERRORS_MAX);
	assert_int_equal(errors.n_errors, CONF_ERRORS_MAX + 5);
	conf_errors_print(&errors, &said);
	last = buf_str(&said) + said.len - strlen("x:1000:1: wrong\nand 5 more\n");
	assert_string_equal(last, "x:1000:1: wrong\nand 5 more\n");
	conf_errors_fini(&errors);
	buf_fini(&said);
}

static void errors_are_printed_by_place(void **state)
{
	struct conf_errors errors = {0};
	struct buf said = {0};
	struct conf_node *b = conf_parse("b", "k: v", 4, &errors), *a = parse("k: v");

	(void)state;
	conf_error(&errors, conf_get(b, "k"), "third");
	conf_error(&errors, conf_get(a, "k"), "fourth");
	conf_error_key(&errors, conf_get(b, "k"), "second");
	conf_error_at(&errors, "b", 0, 0, "first");
	conf_error(&errors, NULL, "at no place");
	conf_warning(&errors, conf_get(a, "k"), "fifth");
	conf_errors_print(&errors, &said);
	assert_string_equal(buf_str(&said), "b: first\nb:1:1: second\nb:1:4: third\nx:1:4: fourth\n"
					    "x:1:4: warning: fifth\nat no place\n");
	assert_int_equal(errors.n, 6);
	assert_int_equal(errors.n_errors, 5);
	conf_free(&a);
	conf_free(&b);
	conf_errors_fini(&errors);
	buf_fini(&said);
}

static void errors_hold_nothing_that_a_terminal_obeys(void **state)
{
	(void)state;
	says("\"a\\e[31m\\n\": 1\n\"a\\e[31m\\n\": 2\n",
	     "x:2:1: \"a\\x1b[31m\\x0a\" stands here twice; first in line 1\n");
}

static void near_words_are_found(void **state)
{
	static const char *const known[] = {"baud", "timeout", "read_only", "data_bits", "on"};
	static const char *const cases[][2] = {
		{"bauds", "baud"},
		{"buad", "baud"},
		{"Baud", "baud"},
		{"time_out", "timeout"},
		{"timeout_ms", "timeout"},
		{"readonly", "read_only"},
		{"read-only", "read_only"},
		{"databits", "data_bits"},
		{"data", "data_bits"},
		{"off", NULL},
		{"bax", NULL},
		{"dat", "data_bits"},
		{"xyzzy", NULL},
		{"", NULL},
		{"retry", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *nearest = conf_nearest(cases[i][0], known, 5);

		if (!cases[i][1])
			assert_null(nearest);
		else
			assert_string_equal(nearest ? nearest : "nothing", cases[i][1]);
	}
}

static void a_tree_is_merged_over_another(void **state)
{
	static const char text[] = "base: {a: 1, b: {c: 2, d: [3, 4]}, e: 5}\n"
				   "over: {b: {d: [6], f: 7}, e: ~, g: {h: ~, i: 8}}\n";
	struct conf_errors errors = {0};
	struct conf_node *tree = conf_parse("m.yaml", text, strlen(text), &errors);
	struct conf_node *out = conf_new_map("out"), *merged;
	struct buf printed = {0};

	(void)state;
	merged = conf_add_merged(out, "x", conf_get(tree, "base"), conf_get(tree, "over"));
	conf_print_node(merged, 0, &printed);
	assert_string_equal(buf_str(&printed),
			    "a: 1\nb:\n  c: 2\n  d:\n    - 6\n  f: 7\ng:\n  h: ~\n  i: 8\n");
	assert_int_equal(conf_get(conf_get(merged, "b"), "f")->line, 2);
	assert_null(conf_add_merged(out, "y", merged, conf_get(conf_get(tree, "over"), "e")));
	buf_fini(&printed);
	conf_free(&out);
	conf_free(&tree);
	conf_errors_fini(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(an_empty_file_is_an_empty_map),
		cmocka_unit_test(aliases_are_copies_that_keep_their_place),
		cmocka_unit_test(own_keys_come_before_merged_ones),
		cmocka_unit_test(trees_print_and_parse_again),
		cmocka_unit_test(trees_are_made_by_hand),
		cmocka_unit_test(keys_that_stand_twice_are_refused),
		cmocka_unit_test(what_is_yaml_and_not_configuration_is_refused),
		cmocka_unit_test(broken_syntax_is_told_in_words_that_help),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(the_number_of_nodes_is_bounded),
		cmocka_unit_test(the_length_is_bounded),
		cmocka_unit_test(errors_are_bounded_and_counted),
		cmocka_unit_test(errors_are_printed_by_place),
		cmocka_unit_test(errors_hold_nothing_that_a_terminal_obeys),
		cmocka_unit_test(near_words_are_found),
		cmocka_unit_test(a_tree_is_merged_over_another),
	};

	return cmocka_run_group_tests_name("conf_tree", tests, NULL, NULL);
}
