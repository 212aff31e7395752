/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes that name one of several kinds: their forms, and what is said about others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

struct options {
	char *path;
	int64_t baud;
	const struct conf_node *any;
};

#define AT(field) .offset = offsetof(struct options, field)
static const struct conf_row serial_rows[] = {
	{.key = "serial", .type = CONF_TEXT, AT(path), .flags = CONF_REQUIRED, .help = "its path"},
	{.key = "baud", .type = CONF_INT, AT(baud), .fallback = "9600", .min = 50, .max = 4000000},
	{0},
};
/* Its main option has a name of its own. */
static const struct conf_row lines_rows[] = {
	{.key = "end", .type = CONF_TEXT, AT(path), .fallback = ";", .flags = CONF_MAIN},
	{.key = "max", .type = CONF_INT, AT(baud)},
	{0},
};
/* Its main option is whatever stands there. */
static const struct conf_row usb_rows[] = {
	{.key = "usb", .type = CONF_ANY, AT(any)},
	{.key = "baud", .type = CONF_INT, AT(baud)},
	{0},
};
/* It has no main option. */
static const struct conf_row gap_rows[] = {
	{.key = "time", .type = CONF_INT, AT(baud), .flags = CONF_REQUIRED},
	{0},
};
static const struct conf_row no_rows[] = {{0}};

static const struct conf_schema serial = {"serial port", serial_rows, sizeof(struct options), NULL};
static const struct conf_schema lines = {"lines", lines_rows, sizeof(struct options), NULL};
static const struct conf_schema usb = {"usb port", usb_rows, sizeof(struct options), NULL};
static const struct conf_schema gap = {"gap", gap_rows, sizeof(struct options), NULL};
static const struct conf_schema none = {"none", no_rows, sizeof(struct options), NULL};

enum { SERIAL, LINES, USB, GAP, NONE, RAW, KINDS };
static const struct conf_kind kinds[KINDS] = {
	{"serial", "a serial port", &serial},
	{"lines", "lines of text", &lines},
	{"usb", "a port by its USB identity", &usb},
	{"gap", "silence", &gap},
	{"none", "nothing", &none},
	{"raw", "chunks", NULL},
};

struct run {
	struct conf_node *root;
	struct conf_errors errors;
	struct buf said;
	struct options *options;
	const struct conf_node *place;
	int kind;
};

static void run_begin(struct run *run, const char *text)
{
	void *options;

	*run = (struct run){0};
	run->root = conf_parse("x", text, strlen(text), &run->errors);
	assert_non_null(run->root);
	run->kind = conf_read_kind("port", kinds, KINDS, run->root, &options, &run->errors);
	run->options = options;
	if (run->kind >= 0)
		run->place = conf_kind_options(&kinds[run->kind], run->root);
	conf_errors_print(&run->errors, &run->said);
}

static void run_end(struct run *run)
{
	void *options = run->options;

	if (run->kind >= 0)
		conf_free_kind(&kinds[run->kind], &options);
	conf_errors_fini(&run->errors);
	buf_fini(&run->said);
	conf_free(&run->root);
}

static void reads(const char *text, int kind, const char *path, int64_t baud)
{
	struct run run;

	run_begin(&run, text);
	assert_string_equal(buf_str(&run.said), "");
	assert_int_equal(run.kind, kind);
	if (path)
		assert_string_equal(run.options->path, path);
	if (baud)
		assert_int_equal(run.options->baud, baud);
	run_end(&run);
}

static void says(const char *text, const char *expected)
{
	struct run run;

	run_begin(&run, text);
	assert_string_equal(buf_str(&run.said), expected);
	assert_int_equal(run.kind, -1);
	assert_null(run.options);
	run_end(&run);
}

static void the_short_form_has_the_main_option_behind_the_name(void **state)
{
	(void)state;
	reads("{serial: /dev/a}", SERIAL, "/dev/a", 9600);
	reads("{serial: /dev/a, baud: 300}", SERIAL, "/dev/a", 300);
	reads("{baud: 300, serial: /dev/a}", SERIAL, "/dev/a", 300);
	reads("{lines: x}", LINES, "x", 0);
	reads("{lines: x, max: 7}", LINES, "x", 7);
	reads("{usb: {vendor: 1}, baud: 5}", USB, NULL, 5);
}

static void the_long_form_has_all_options_behind_the_name(void **state)
{
	(void)state;
	reads("{serial: {serial: /dev/a, baud: 300}}", SERIAL, "/dev/a", 300);
	reads("{lines: {end: x, max: 7}}", LINES, "x", 7);
	reads("{gap: {time: 7}}", GAP, NULL, 7);
	reads("{lines: {}}", LINES, ";", 0);
}

static void a_bare_name_takes_what_is_left_out(void **state)
{
	(void)state;
	reads("lines", LINES, ";", 0);
	reads("{lines: }", LINES, ";", 0);
	reads("none", NONE, NULL, 0);
	reads("{none: }", NONE, NULL, 0);
	reads("raw", RAW, NULL, 0);
	reads("{raw: {}}", RAW, NULL, 0);
}

static void the_options_have_a_place(void **state)
{
	static const char *const texts[] = {"{serial: a, baud: 50}",
					    "{serial: {serial: a, baud: 50}}"};
	struct run run;

	(void)state;
	for (int i = 0; i < 2; i++) {
		run_begin(&run, texts[i]);
		assert_int_equal(run.kind, SERIAL);
		assert_string_equal(conf_get(run.place, "baud")->text, "50");
		run_end(&run);
	}
	run_begin(&run, "lines");
	assert_null(run.place);
	run_end(&run);
}

static void an_unknown_kind_names_the_nearest(void **state)
{
	(void)state;
	says("{seriel: /dev/a}",
	     "x:1:2: \"seriel\" is no kind of port; did you mean \"serial\"?\n");
	says("seriel", "x:1:1: \"seriel\" is no kind of port; did you mean \"serial\"?\n");
	says("{xyzzy: 1}",
	     "x:1:2: \"xyzzy\" is no kind of port; expected serial, lines, usb, gap, none "
	     "or raw\n");
	says("{}",
	     "x:1:1: no kind of port is named; expected a map such as {serial: ...}, with one of "
	     "serial, lines, usb, gap, none or raw\n");
	says("[raw]",
	     "x:1:1: no kind of port is named; expected a map such as {serial: ...}, with one "
	     "of serial, lines, usb, gap, none or raw\n");
}

static void a_node_names_one_kind_only(void **state)
{
	(void)state;
	says("{serial: /dev/a, gap: {time: 1}}",
	     "x:1:18: this port is of kind \"serial\" already\n");
	says("{serial: {serial: /dev/a}, baud: 300}",
	     "x:1:28: \"baud\" stands beside \"serial\"; it belongs to the options behind it\n");
}

static void options_are_checked_by_the_kinds_rows(void **state)
{
	(void)state;
	says("{serial: /dev/a, bauds: 300}",
	     "x:1:18: unknown key \"bauds\" in serial port; did you mean \"baud\"?\n");
	says("{serial: /dev/a, baud: 3}",
	     "x:1:24: baud: 3 is out of range; expected 50 to 4000000\n");
	says("serial", "x:1:1: serial port needs \"serial\": its path\n");
	says("{serial: }", "x:1:2: serial port needs \"serial\": its path\n");
	says("gap", "x:1:1: gap needs \"time\"\n");
	says("{gap: 5}", "x:1:7: the options of \"gap\" are keys and values, such as \"time:\"\n");
	says("{raw: 5}", "x:1:7: the port \"raw\" takes no options\n");
	says("{none: {a: 1}}", "x:1:8: the port \"none\" takes no options\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_short_form_has_the_main_option_behind_the_name),
		cmocka_unit_test(the_long_form_has_all_options_behind_the_name),
		cmocka_unit_test(a_bare_name_takes_what_is_left_out),
		cmocka_unit_test(the_options_have_a_place),
		cmocka_unit_test(an_unknown_kind_names_the_nearest),
		cmocka_unit_test(a_node_names_one_kind_only),
		cmocka_unit_test(options_are_checked_by_the_kinds_rows),
	};

	return cmocka_run_group_tests_name("conf_kind", tests, NULL, NULL);
}
