/* SPDX-License-Identifier: Apache-2.0 */
/* The profile language: what each type reads and writes, how values come of it, and what mistakes say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/load.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/type.h"
#include "profile_test.h"

/* ---------------------------------------------------------------------------------------------
 * Types
 */

static struct arena arena;

/* Reads the bytes as the type; the verdict if that fails, else 0. */
static int read_as(const char *type, const void *bytes, size_t len, struct raw *raw, size_t *used)
{
	struct field field = {.name = "x"};
	struct err err;
	ssize_t n;

	if (type_parse(&arena, type, strlen(type), ORDER_BIG, &field.type, &err) < 0)
		print_error("%s\n", err.text);
	n = type_read(&field, bytes, len, NULL, raw);
	*used = n > 0 ? (size_t)n : 0;
	return n < 0 ? (int)-n : 0;
}

static void reads_integer(const char *type, const char *hex, int64_t expected)
{
	uint8_t bytes[64];
	ssize_t len = hex_parse(hex, bytes, sizeof(bytes));
	struct raw raw = {0};
	size_t used;

	assert_int_equal(read_as(type, bytes, (size_t)len, &raw, &used), 0);
	assert_int_equal(used, len);
	assert_int_equal(raw.kind, RAW_INTEGER);
	assert_int_equal(raw.as.integer, expected);
}

static void reads_text_number(const char *type, const char *text, double expected)
{
	struct raw raw = {0};
	size_t used;

	assert_int_equal(read_as(type, text, strlen(text), &raw, &used), 0);
	assert_int_equal(used, strlen(text));
	assert_true(raw_number(&raw) == expected);
}

static void refuses(const char *type, const char *text, enum dragoman_verdict verdict)
{
	struct raw raw = {0};
	size_t used;

	assert_int_equal(read_as(type, text, strlen(text), &raw, &used), verdict);
}

static void writes(const char *type, struct raw raw, const char *expected)
{
	struct field field = {.name = "x"};
	struct buf out = {0};
	struct err err;

	assert_int_equal(type_parse(&arena, type, strlen(type), ORDER_BIG, &field.type, &err), 0);
	if (!expected) {
		assert_int_equal(type_write(&field, &raw, &out), -1);
	} else {
		assert_int_equal(type_write(&field, &raw, &out), 0);
		assert_string_equal(buf_str(&out), expected);
	}
	buf_fini(&out);
}

static struct raw integer(int64_t value)
{
	return (struct raw){.kind = RAW_INTEGER, .as.integer = value};
}

static struct raw number(double value)
{
	return (struct raw){.kind = RAW_NUMBER, .as.number = value};
}

static void binary_integers_of_every_order_are_read(void **state)
{
	(void)state;
	reads_integer("u8", "ff", 255);
	reads_integer("i8", "ff", -1);
	reads_integer("u16", "01 02", 0x0102);
	reads_integer("u16(little)", "01 02", 0x0201);
	reads_integer("u24", "01 02 03", 0x010203);
	reads_integer("i24", "ff ff fe", -2);
	reads_integer("i24(little)", "fe ff ff", -2);
	reads_integer("u32(word-swapped)", "03 04 01 02", 0x01020304);
	reads_integer("u32(byte-swapped)", "02 01 04 03", 0x01020304);
	reads_integer("u32(little)", "04 03 02 01", 0x01020304);
	reads_integer("u64", "00 00 00 01 00 00 00 02", 0x0000000100000002);
	reads_integer("i64", "ff ff ff ff ff ff ff ff", -1);
}

static void all_64_bits_are_read(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	assert_int_equal(read_as("u64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, &raw, &used), 0);
	assert_true(raw.kind == RAW_NATURAL && raw.as.natural == UINT64_MAX);
	writes("u64", raw, "\xff\xff\xff\xff\xff\xff\xff\xff");
	writes("hex(16)", raw, "FFFFFFFFFFFFFFFF");
	writes("integer(020)", raw, "18446744073709551615");
	writes("i64", raw, NULL);
	writes("u63", raw, NULL);
	assert_int_equal(read_as("hex(16)", "8000000000000001", 16, &raw, &used), 0);
	assert_true(raw.kind == RAW_NATURAL && raw.as.natural == 0x8000000000000001);
	assert_int_equal(read_as("integer", "18446744073709551615", 20, &raw, &used), 0);
	assert_true(raw.kind == RAW_NATURAL && raw.as.natural == UINT64_MAX);
	assert_int_equal(read_as("number", "9223372036854775808", 19, &raw, &used), 0);
	assert_true(raw.kind == RAW_NATURAL && raw.as.natural == (uint64_t)1 << 63);
	assert_int_equal(read_as("integer", "-9223372036854775808", 20, &raw, &used), 0);
	assert_true(raw.kind == RAW_INTEGER && raw.as.integer == INT64_MIN);
	refuses("integer", "18446744073709551616", DRAGOMAN_FORMAT);
	refuses("integer", "-9223372036854775809", DRAGOMAN_FORMAT);
}

static void decimal_digits_are_read(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	reads_integer("bcd(6)", "12 34 56", 123456);
	reads_integer("bcd(5)", "01 23 45", 12345);
	reads_integer("bcd(4,little)", "34 12", 1234);
	reads_integer("digits(3)", "31 32 33", 123);
	assert_int_equal(read_as("bcd(2)", "\x1a", 1, &raw, &used), DRAGOMAN_FORMAT);
	assert_int_equal(read_as("bcd(4)", "\xff\xff", 2, &raw, &used), DRAGOMAN_FORMAT);
	assert_int_equal(read_as("bcd(4,blank)", "\xff\xff", 2, &raw, &used), 0);
	assert_int_equal(raw.kind, RAW_ABSENT);
	writes("bcd(4,blank)", raw, "\xff\xff");
	reads_integer("bcd(4,blank)", "12 34", 1234);
}

static void floats_are_read(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	assert_int_equal(read_as("f32", "\x42\x48\x00\x00", 4, &raw, &used), 0);
	assert_true(raw.as.number == 50.0);
	assert_int_equal(read_as("f32(word-swapped)", "\x00\x00\x42\x48", 4, &raw, &used), 0);
	assert_true(raw.as.number == 50.0);
	assert_int_equal(read_as("f64(little)", "\0\0\0\0\0\0\x49\x40", 8, &raw, &used), 0);
	assert_true(raw.as.number == 50.0);
}

static void signs_are_written_in_many_ways(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	reads_integer("i16(magnitude)", "80 05", -5);
	reads_integer("i16(magnitude)", "00 05", 5);
	reads_integer("i16(little,offset)", "00 80", 0);
	reads_integer("i8(offset)", "00", -128);
	reads_integer("i8(ones)", "fe", -1);
	reads_integer("i64(magnitude)", "80 00 00 00 00 00 00 07", -7);
	reads_integer("bcd(3,sign-last)", "12 3c", 123);
	reads_integer("bcd(3,sign-last)", "12 3d", -123);
	reads_integer("bcd(3,sign-first)", "f1 23", -123);
	reads_integer("bcd(3,sign-first,little)", "23 f1", -123);
	reads_integer("hex(4,signed)", "46 46 46 45", -2);
	reads_integer("hex(4,little)", "33 34 31 32", 0x1234);
	reads_text_number("number(7,trailing)", "  12.5-", -12.5);
	reads_text_number("number(trailing)", "12.5-", -12.5);
	reads_text_number("integer(6,trailing)", "00125+", 125);
	reads_text_number("number(6.2,implied)", "-01250", -12.5);
	assert_int_equal(read_as("bcd(3,sign-last)", "\x12\x35", 2, &raw, &used), DRAGOMAN_FORMAT);
	writes("i8(magnitude)", integer(-128), NULL);
	writes("i8(ones)", integer(-2), "\xfd");
	writes("i8(offset)", integer(0), "\x80");
	writes("bcd(3,sign-last)", integer(-120), "\x12\x0d");
	writes("bcd(3,sign-first)", integer(-123), "\xf1\x23");
	writes("bcd(3,sign-last)", integer(1000), NULL);
	writes("hex(2,signed)", integer(-1), "FF");
	writes("hex(2,signed)", integer(128), NULL);
	writes("hex(4,little)", integer(0x1234), "3412");
	writes("number(07.1,trailing)", number(-12.5), "00012.5-" + 1);
	writes("number(7.1,trailing)", number(12.5), "  12.5 ");
	writes("number(06.2,implied)", number(12.5), "001250");
	writes("number(06.2,implied)", number(12345.67), NULL);
	refuses("number(6.2,implied)", "  12.5", DRAGOMAN_FORMAT);
	refuses("text(3,ascii)", "a\xe9z", DRAGOMAN_FORMAT);
	refuses("text(3,utf-8)", "a\xe9z", DRAGOMAN_FORMAT);
	refuses("text(2,kana)", "a\xe9", DRAGOMAN_FORMAT);
}

static void numbers_in_text_are_read(void **state)
{
	(void)state;
	reads_text_number("number", "12.50", 12.5);
	reads_text_number("number", "  -12.50", -12.5);
	reads_text_number("number(10)", "    100.00", 100);
	reads_text_number("number(10)", "100.00    ", 100);
	reads_text_number("number(7)", "-  12.5", -12.5);
	reads_text_number("number", "+1.60750000E-05", 1.6075e-5);
	reads_text_number("number", "9.9E37", 9.9e37);
	reads_text_number("number(comma)", "12,5", 12.5);
	reads_text_number("number", "0.1", 0.1);
	reads_text_number("number", "123456789012345678901234567890",
			  123456789012345678901234567890.0);
	reads_text_number("integer(3)", "007", 7);
	reads_text_number("hex(4)", "fF10", 0xff10);
	reads_text_number("bit", "1", 1);
}

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	refuses("number", "abc", DRAGOMAN_FORMAT);
	refuses("number(5)", "1 2 3", DRAGOMAN_FORMAT);
	refuses("number(5)", "12.5", DRAGOMAN_SHORT);
	refuses("number", "", DRAGOMAN_SHORT);
	refuses("integer(4)", "12.5", DRAGOMAN_FORMAT);
	refuses("hex(2)", "0g", DRAGOMAN_FORMAT);
	refuses("bit", "2", DRAGOMAN_FORMAT);
	refuses("choice(A|B)", "C", DRAGOMAN_FORMAT);
	refuses("text(4)", "a\rb ", DRAGOMAN_FORMAT);
}

static void blank_columns_are_absent(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	assert_int_equal(read_as("number(5)", "     ", 5, &raw, &used), 0);
	assert_int_equal(raw.kind, RAW_ABSENT);
	writes("number(5)", raw, "     ");
}

static void the_longest_choice_is_taken(void **state)
{
	struct raw raw;
	size_t used;

	(void)state;
	assert_int_equal(read_as("choice(S|SD)", "SD", 2, &raw, &used), 0);
	assert_int_equal(used, 2);
}

static void numbers_are_written_as_printf_would(void **state)
{
	(void)state;
	writes("number(10.2)", number(100), "    100.00");
	writes("number(010.3)", number(4.426), "000004.426");
	writes("number(+.8E)", number(1.6075e-5), "+1.60750000E-05");
	writes("number(+.8E)", number(-9.9e37), "-9.90000000E+37");
	writes("number(-8.1)", number(-2.25), "-2.2    ");
	writes("number", number(0.1), "0.1");
	writes("number", number(1e-7), "0.0000001");
	writes("number", integer(-5), "-5");
	writes("number(05.1)", number(-2.5), "-02.5");
	writes("number(comma,6.2)", number(1.5), "  1,50");
	writes("number(4.1)", number(1000), NULL);
	writes("integer(03)", integer(7), "007");
	writes("integer(3)", integer(1000), NULL);
	writes("hex(4)", integer(0xab), "00AB");
	writes("hex(4,lower)", integer(0xab), "00ab");
	writes("hex(2)", integer(256), NULL);
	writes("u8", integer(-1), NULL);
	writes("u8", integer(256), NULL);
	writes("i8", integer(-129), NULL);
	writes("bcd(2)", integer(100), NULL);
}

static void a_wrong_type_says_what_was_meant(void **state)
{
	struct type type;
	struct err err;

	(void)state;
	assert_int_equal(type_parse(&arena, "nummer(3)", 9, ORDER_BIG, &type, &err), -1);
	assert_non_null(strstr(err.text, "did you mean number?"));
	assert_int_equal(type_parse(&arena, "u65", 3, ORDER_BIG, &type, &err), -1);
	assert_int_equal(type_parse(&arena, "f16", 3, ORDER_BIG, &type, &err), -1);
	assert_int_equal(type_parse(&arena, "number(8", 8, ORDER_BIG, &type, &err), -1);
	assert_int_equal(type_parse(&arena, "bcd", 3, ORDER_BIG, &type, &err), -1);
	assert_int_equal(type_parse(&arena, "u16(middle)", 11, ORDER_BIG, &type, &err), -1);
}

/* ---------------------------------------------------------------------------------------------
 * Whole profiles
 */

static void optional_parts_may_be_missing(void **state)
{
	(void)state;
	passes(HEAD "tags: {w: {}, u: {type: text}, n: {type: integer}}\n"
		    "frames: {f: {text: 'W{w:number}[ {u}[ #{n:integer}]]'}}\n"
		    "tests:\n"
		    "- {received: \"W1.5\\n\", values: {w: 1.5}, " FROM "}\n"
		    "- {received: \"W1.5 kg\\n\", values: {w: 1.5, u: kg}, " FROM "}\n"
		    "- {received: \"W1.5 kg #7\\n\", values: {w: 1.5, u: kg, n: 7}, " FROM "}\n");
}

static void scale_offset_and_decimals_make_values(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {}, b: {}, c: {}, d: {type: integer}}\n"
	       "frames: {f: {text: '{x:integer} {p:integer} {q:hex(2)}',\n"
	       "  values: {a: {field: x, scale: 0.1, offset: -40}, b: {field: x, decimals: 2},\n"
	       "    c: {field: x, decimals: p}, d: {field: q, scale: 2}}}}\n"
	       "tests: [{received: \"123 1 0A\\n\", values: {a: -27.7, b: 1.23, c: 12.3, d: 20}, " FROM
	       "}]\n");
}

static void a_scale_may_be_a_parameter(void **state)
{
	(void)state;
	passes(HEAD
	       "parameters: {resolution: {type: number, default: 10}, range: {type: integer, default: 1}}\n"
	       "readings: {f: {tags: {a: {write: turn}, b: {}}}}\n"
	       "frames: {f: {text: 'P{a:integer} {b:integer}', values: {a: {scale: {parameter: resolution}, offset: 1}, b: {scale: {parameter: range, table: {1: 0.5, 2: 4}}}}}}\n"
	       "commands: {turn: {arguments: {angle: {}}, send: 'T{angle:integer(04)}', values: {angle: {scale: {parameter: resolution}}}, sets: {a: {argument: angle}}}}\n"
	       "tests:\n"
	       "- {received: \"P7 8\\n\", values: {a: 71, b: 4}, " FROM "}\n"
	       "- {received: \"P7 8\\n\", parameters: {resolution: 0.5, range: 2}, values: {a: 4.5, b: 32}, " FROM
	       "}\n"
	       "- {command: turn, arguments: {angle: 90}, sent: \"T0009\\n\", " FROM "}\n"
	       "- {command: turn, arguments: {angle: 90}, parameters: {resolution: 0.5}, sent: \"T0180\\n\", " FROM
	       "}\n");
	complains(HEAD
		  "parameters: {unit: {type: text, default: a}}\ntags: {a: {}}\n"
		  "frames: {f: {text: '{a:integer}', values: {a: {scale: {parameter: unit}}}}}\n",
		  "a text needs a table");
	complains(HEAD
		  "tags: {a: {}}\n"
		  "frames: {f: {text: '{a:integer}', values: {a: {scale: {parameter: unit}}}}}\n",
		  "no parameter unit");
	complains(
		HEAD
		"parameters: {unit: {type: number, default: 1}}\ntags: {a: {}}\n"
		"frames: {f: {text: '{a:integer}', values: {a: {scale: {parameter: unit, of: 1}}}}}\n",
		"expected {parameter: name, table: {value: factor}}");
}

static void decimals_may_stand_in_a_status_byte(void **state)
{
	(void)state;
	passes("profile: 1\ntitle: x\nsource: here\nlink: raw\n"
	       "tags: {w: {}, gross: {type: boolean}}\n"
	       "frames: {f: {bytes: [{type: u8, bits: {0-2: dp, 3: gross}, set: 32}, {field: w, type: integer(6)}],\n"
	       "  values: {w: {decimals: {field: dp, table: {2: 0, 3: 1, 4: 2}}}}}}\n"
	       "tests:\n"
	       "- {received: '+ 12345', values: {w: 1234.5, gross: true}, " FROM "}\n"
	       "- {received: '\" 12345', values: {w: 12345, gross: false}, " FROM "}\n"
	       "- {received: '  12345', values: {w: {bad: not a number}, gross: false}, " FROM
	       "}\n");
}

static void tables_name_codes(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {type: text}, b: {type: text}, c: {type: boolean}}\n"
	       "frames: {f: {text: '{x:integer} {y:text}', values: {a: {field: x, table: {0x10: idle, 17: run}},\n"
	       "  b: {field: x, table: {16: idle, default: other}}, c: {field: y, table: {J: true, N: false}}}}}\n"
	       "tests:\n"
	       "- {received: \"16 J\\n\", values: {a: idle, b: idle, c: true}, " FROM "}\n"
	       "- {received: \"17 N\\n\", values: {a: run, b: {uncertain: unknown code, value: other}, c: false}, " FROM
	       "}\n"
	       "- {received: \"18 X\\n\", values: {a: {bad: unknown code}, b: {uncertain: unknown code, value: other},\n"
	       "    c: {bad: unknown code}}, " FROM "}\n");
}

static void special_values_have_reasons(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {}, b: {}}\n"
	       "frames: {f: {text: '{a:number(6)} {b:number}', values: {\n"
	       "  a: {special: {'--.-': {bad: no sensor}, 9999: {bad: open}}},\n"
	       "  b: {special: {-1: {uncertain: old}}}}}}\n"
	       "tests:\n"
	       "- {received: \"  12.5 3\\n\", values: {a: 12.5, b: 3}, " FROM "}\n"
	       "- {received: \"  --.- 3\\n\", values: {a: {bad: no sensor}, b: 3}, " FROM "}\n"
	       "- {received: \"9999.0 -1\\n\", values: {a: {bad: open}, b: {uncertain: old, value: -1}}, " FROM
	       "}\n");
}

static void limits_and_rules_decide_the_quality(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {}, b: {}}\n"
	       "frames: {f: {text: '{s:choice(S|D|E)} {a:number} {b:number}', values: {a: {min: 0, max: 10}},\n"
	       "  quality: [{when: {s: [D, E]}, tags: [a], uncertain: moves}, {when: {s: E, b: {above: 5, below: 7}}, bad: broken}]}}\n"
	       "tests:\n"
	       "- {received: \"S 1 6\\n\", values: {a: 1, b: 6}, " FROM "}\n"
	       "- {received: \"S 11 6\\n\", values: {a: {uncertain: out of range, value: 11}, b: 6}, " FROM
	       "}\n"
	       "- {received: \"D 1 6\\n\", values: {a: {uncertain: moves, value: 1}, b: 6}, " FROM
	       "}\n"
	       "- {received: \"E 1 6\\n\", values: {a: {bad: broken}, b: {bad: broken}}, " FROM
	       "}\n"
	       "- {received: \"E 1 7\\n\", values: {a: {uncertain: moves, value: 1}, b: 7}, " FROM
	       "}\n");
}

static void lines_may_have_checksums_of_their_own(void **state)
{
	(void)state;
	passes(HEAD
	       "readings: {x: {tags: {a: {}, b: {}}}, y: {tags: {c: {}}}}\n"
	       "frames:\n"
	       "  x: {records: {separator: '\\t', lines: ['A{a:integer} ', 'B{b:integer} '], needs: [a],\n"
	       "      check: {algorithm: sum6, form: sixbit, before: 1}}}\n"
	       "  y: {records: {separator: '\\t', lines: ['C{c:integer} '], needs: [c], check: {algorithm: sum6,\n"
	       "      form: sixbit, before: 1}}}\n"
	       "tests:\n"
	       "- {received: \"A1 R\\tB2 T\\n\", reading: x, values: {a: 1, b: 2}, " FROM "}\n"
	       "- {received: \"A1 R\\tB2 S\\n\", reading: x, values: {a: 1}, " FROM "}\n"
	       "- {received: \"C3 V\\tB2 T\\n\", reading: y, values: {c: 3}, " FROM "}\n");
}

static void another_address_is_foreign(void **state)
{
	(void)state;
	passes(HEAD "parameters: {address: {default: 3, min: 0, max: 99}}\n"
		    "tags: {a: {}}\n"
		    "frames: {f: {text: '{@address:integer(02)}:{a:number}'}}\n"
		    "requests: {q: {send: '{@address:integer(02)}?', expect: [f]}}\n"
		    "tests:\n"
		    "- {received: \"03:5\\n\", values: {a: 5}, " FROM "}\n"
		    "- {received: \"04:5\\n\", verdict: foreign, " FROM "}\n"
		    "- {received: \"04:5\\n\", parameters: {address: 4}, values: {a: 5}, " FROM
		    "}\n"
		    "- {request: q, sent: \"12?\\n\", parameters: {address: 12}, " FROM "}\n");
}

static void an_address_may_be_left_out(void **state)
{
	(void)state;
	passes(HEAD "parameters: {address: {type: text, default: ''}}\n"
		    "tags: {a: {}}\n"
		    "frames: {f: {text: '{@address:text}{_:text(1)}{a:number}'}}\n"
		    "requests: {q: {send: '{@address:text}?', expect: [f]}}\n"
		    "tests:\n"
		    "- {received: \"+5\\n\", values: {a: 5}, " FROM "}\n"
		    "- {received: \"01+5\\n\", parameters: {address: '01'}, values: {a: 5}, " FROM
		    "}\n"
		    "- {received: \"02+5\\n\", parameters: {address: '01'}, verdict: foreign, " FROM
		    "}\n"
		    "- {request: q, sent: \"?\\n\", " FROM "}\n");
}

static void a_rule_says_why_a_value_is_absent(void **state)
{
	(void)state;
	passes(HEAD "tags: {a: {}}\n"
		    "frames: {f: {text: '{s:choice(OL|ST)}{a:number(4)}', "
		    "quality: [{when: {s: OL}, tags: [a], bad: overload}]}}\n"
		    "tests:\n"
		    "- {received: \"OL    \\n\", values: {a: {bad: overload}}, " FROM "}\n"
		    "- {received: \"ST    \\n\", values: {a: {bad: absent}}, " FROM "}\n");
}

static void an_answer_that_refuses_makes_the_tags_bad(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {}}\n"
	       "frames: {f: {text: 'A{a:number}'}, no: {text: NAK, means: busy, reason: later}}\n"
	       "requests: {q: {send: '?', expect: [f]}}\n"
	       "tests:\n"
	       "- {request: q, received: \"NAK\\n\", values: {a: {bad: later}}, " FROM "}\n"
	       "- {received: \"NAK\\n\", frame: no, " FROM "}\n");
}

static void answers_that_look_alike_are_told_apart_by_the_request(void **state)
{
	(void)state;
	passes(HEAD "readings: {a: {tags: {a: {}}}, b: {tags: {b: {}}}}\n"
		    "frames: {a: {text: '({a:number}'}, b: {text: '({b:number}'}}\n"
		    "requests: {a: {send: A, expect: [a]}, b: {send: B, expect: [b]}}\n"
		    "tests:\n"
		    "- {request: a, received: \"(1\\n\", reading: a, values: {a: 1}, " FROM "}\n"
		    "- {request: b, received: \"(1\\n\", reading: b, values: {b: 1}, " FROM "}\n"
		    "- {received: \"(1\\n\", frame: a, reading: a, values: {a: 1}, " FROM "}\n");
}

static void what_is_only_an_answer_is_not_taken_by_itself(void **state)
{
	(void)state;
	passes(HEAD "tags: {a: {}}\n"
		    "frames:\n"
		    "  bare: {text: '{a:number}', answer: true}\n"
		    "  full: {text: 'A={a:number}'}\n"
		    "  no: {text: NO, means: no, answer: true}\n"
		    "requests:\n"
		    "  a: {send: a, expect: [bare]}\n"
		    "  other: {send: o, expect: [full]}\n"
		    "tests:\n"
		    "- {received: \"1.5\\n\", verdict: unsolicited, " FROM "}\n"
		    "- {received: \"NO\\n\", verdict: unsolicited, " FROM "}\n"
		    "- {received: \"A=1.5\\n\", values: {a: 1.5}, " FROM "}\n"
		    "- {request: a, received: \"1.5\\n\", values: {a: 1.5}, " FROM "}\n"
		    "- {request: a, received: \"NO\\n\", answer: no, " FROM "}\n"
		    "- {request: other, received: \"1.5\\n\", verdict: unsolicited, " FROM "}\n"
		    "- {request: other, received: \"1.5x\\n\", verdict: unknown, " FROM "}\n");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}', answer: true}}\n",
		  "no request or command expects the frame f");
	complains(HEAD
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}', answer: true, every: 1s}}\n",
		  "what the device sends by itself is not only an answer");
}

static void checks_are_verified_and_written(void **state)
{
	(void)state;
	passes("profile: 1\ntitle: x\nsource: here\nlink: {fixed: 4}\ntags: {a: {type: integer}}\n"
	       "frames: {f: {bytes: [{constant: '02'}, {field: a, type: u16}, {check: {algorithm: xor, from: 1}}]}}\n"
	       "tests:\n"
	       "- {received: {hex: 02 12 34 26}, values: {a: 0x1234}, " FROM "}\n"
	       "- {received: {hex: 02 12 34 27}, verdict: check, " FROM "}\n"
	       "- {received: {hex: 03 12 34 27}, verdict: unknown, " FROM "}\n");
}

static void patterns_take_what_templates_cannot(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {}, u: {type: text}}\n"
	       "frames: {f: {pattern: '(?:T|temp)=(?<a>-?[\\d.]+)(?<u>[CF])?', fields: {a: number}}}\n"
	       "tests:\n"
	       "- {received: \"T=-5.5C\\n\", values: {a: -5.5, u: C}, " FROM "}\n"
	       "- {received: \"temp=20\\n\", values: {a: 20}, " FROM "}\n");
}

/* Without a limit this takes longer than anybody waits. */
static void a_pattern_that_tries_without_end_is_stopped(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {a: {type: text}}\nframes: {f: {pattern: '(?<a>(x+x+)+)y'}}\n"
	       "tests: [{received: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\n\",\n"
	       "  verdict: unknown, " FROM "}]\n");
}

static void latin1_becomes_utf8(void **state)
{
	(void)state;
	passes("profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
	       "tags: {a: {type: text}}\nframes: {f: {text: 'U {a}'}}\n"
	       "tests: [{received: {hex: 55 20 b0 43 0a}, values: {a: \"\\u00b0C\"}, " FROM "}]\n");
}

static void texts_have_a_character_set(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {type: text}, b: {type: text}, c: {type: boolean}}\n"
	       "frames: {f: {bytes: [{field: a, type: 'text(3,cp437)'}, {field: b, type: 'text(2,kana)'}, {field: u, type: 'text(2,cp437)'}],\n"
	       "  values: {c: {field: u, table: {\"\u00b0C\": true, \"\u00b0F\": false}}}}}\n"
	       "tests: [{received: {hex: \"84 f8 41 b1 5c f8 46\"}, values: {a: \"\u00e4\u00b0A\", b: \"\uff71\u00a5\", c: false}, " FROM
	       "}]\n");
}

static void bits_have_signs_and_constants(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {t: {}, a: {type: integer}}\n"
	       "frames: {f: {bytes: [{type: u24, bits: {0-11: {field: t, type: i12}, 12-19: a, 20-23: {constant: 5}}}],\n"
	       "  values: {t: {scale: 0.1}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"50 7f ff\"}, values: {t: -0.1, a: 7}, " FROM "}\n"
	       "- {received: {hex: \"40 7f ff\"}, verdict: unknown, " FROM "}\n");
}

static void lengths_are_checked_and_computed(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {type: text}}\n"
	       "frames: {f: {bytes: [{constant: '02'}, {length: {type: u8, from: 1, without: 1}}, {field: a, type: text}, {constant: '03'}, {check: {algorithm: sum8}}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"02 04 41 42 03 8c\"}, values: {a: AB}, " FROM "}\n"
	       "- {received: {hex: \"02 05 41 42 03 8d\"}, verdict: short, " FROM "}\n"
	       "- {received: {hex: \"02 03 41 42 03 8b\"}, verdict: long, " FROM "}\n");
	passes(BINARY
	       "tags: {a: {type: text}, b: {type: text}, c: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: n, type: integer(02)}, {counted: 'u16(little)', field: a, type: text}, {size: {field: n, add: 2}, field: b, type: text}, {field: c, type: u8}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"30 35 02 00 58 59 61 62 63 09\"}, values: {a: XY, b: abc, c: 9}, " FROM
	       "}\n"
	       "- {received: {hex: \"30 31 02 00 58 59 61 62 63 09\"}, verdict: unknown, " FROM
	       "}\n"
	       "- {received: {hex: \"39 39 02 00 58 59 61 62 63 09\"}, verdict: unknown, " FROM
	       "}\n");
}

static void parts_depend_on_fields(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {type: integer}, b: {}, c: {type: text}, kind: {type: integer}, extra: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: kind, type: u8}, {type: u8, bits: {0: has}},\n"
	       "  {switch: kind, cases: {1: [{field: a, type: u16}], 2: [{field: b, type: f32}], 0x10: [{field: a, type: u16}, {counted: u8, field: c, type: text}]}},\n"
	       "  {when: {has: 1}, field: extra, type: u8}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"01 00 00 07\"}, values: {kind: 1, a: 7}, " FROM "}\n"
	       "- {received: {hex: \"02 01 42 48 00 00 05\"}, values: {kind: 2, b: 50, extra: 5}, " FROM
	       "}\n"
	       "- {received: {hex: \"10 00 00 07 02 41 42\"}, values: {kind: 16, a: 7, c: AB}, " FROM
	       "}\n"
	       "- {received: {hex: \"03 00 00 07\"}, verdict: unknown, " FROM "}\n"
	       "- {received: {hex: \"01 00 00 07 01\"}, verdict: unknown, " FROM "}\n");
	/* What the length says is there is there. */
	passes(BINARY
	       "tags: {a: {type: integer}, b: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: n, type: u8}, {size: n, items: [{field: a, type: u16}, {when: {n: 4}, field: b, type: u16}]}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"02 00 07\"}, values: {a: 7}, " FROM "}\n"
	       "- {received: {hex: \"04 00 07 00 08\"}, values: {a: 7, b: 8}, " FROM "}\n");
}

static void ends_may_be_missing(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {t: {type: integer}, h: {type: integer}, p: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: t, type: u8}, {optional: [{field: h, type: u8}, {optional: [{field: p, type: u16}]}]}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"01\"}, values: {t: 1}, " FROM "}\n"
	       "- {received: {hex: \"01 02\"}, values: {t: 1, h: 2}, " FROM "}\n"
	       "- {received: {hex: \"01 02 00 03\"}, values: {t: 1, h: 2, p: 3}, " FROM "}\n"
	       "- {received: {hex: \"01 02 00\"}, verdict: unknown, " FROM "}\n");
	/* What is not there, in a place of its own. */
	passes(BINARY
	       "tags: {t: {type: integer}, h: {type: integer}}\n"
	       "frames: {f: {bytes: [{size: 3, items: [{optional: [{constant: '01'}, {field: t, type: u16}]}, {skip: rest, fill: ff}]}, {field: h, type: u8}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"01 00 02 05\"}, values: {t: 2, h: 5}, " FROM "}\n"
	       "- {received: {hex: \"ff ff ff 05\"}, values: {h: 5}, " FROM "}\n");
}

static void lists_are_as_long_as_they_are(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {t: {unit: Cel, repeat: 4}, ok: {type: boolean, repeat: 4}, n: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: n, type: u8}, {repeat: [{field: t, type: i16}, {type: u8, bits: {0: ok, 1: broken}}], count: n, max: 4}],\n"
	       "  values: {t: {scale: 0.1, special: {-32768: {bad: open}}}},\n"
	       "  quality: [{when: {broken: 1}, tags: [t], bad: broken}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"02 00 64 01 ff ff 03\"}, values: {n: 2, t.1: 10, ok.1: true, t.2: {bad: broken}, ok.2: true}, " FROM
	       "}\n"
	       "- {received: {hex: \"00\"}, values: {n: 0}, " FROM "}\n"
	       "- {received: {hex: \"05 00 64 01 00 64 01 00 64 01 00 64 01 00 64 01\"}, verdict: unknown, " FROM
	       "}\n");
	/* In text, to the end. */
	passes(HEAD
	       "tags: {v: {repeat: 5}, u: {type: text, repeat: 5}}\n"
	       "frames: {f: {bytes: [{text: D}, {repeat: [{template: ',{v:number} {u}'}], max: 5}]}}\n"
	       "tests:\n"
	       "- {received: \"D,1.5 V,-2 A\\n\", values: {v.1: 1.5, u.1: V, v.2: -2, u.2: A}, " FROM
	       "}\n"
	       "- {received: \"D,1 A,2 B,3 C,4 D,5 E,6 F\\n\", verdict: long, " FROM "}\n");
	/* Always so many, and lists in lists. */
	passes(BINARY
	       "tags: {v.1.1: {type: integer}, v.1.2: {type: integer}, v.2.1: {type: integer}, v.2.2: {type: integer}}\n"
	       "frames: {f: {bytes: [{repeat: [{repeat: [{field: v, type: u8}], count: 2}, {constant: 'ff'}], count: 2}]}}\n"
	       "tests: [{received: {hex: \"01 02 ff 03 04 ff\"}, values: {v.1.1: 1, v.1.2: 2, v.2.1: 3, v.2.2: 4}, " FROM
	       "}]\n");
}

static void a_list_to_the_end_leaves_room_for_what_follows(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {b: {type: integer, repeat: 8}}\n"
	       "frames: {f: {bytes: [{constant: '02'}, {repeat: [{field: b, type: bit}], max: 8}, {constant: '03'}, {check: {algorithm: xor, from: 1}}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"02 31 30 03 02\"}, values: {b.1: 1, b.2: 0}, " FROM "}\n"
	       "- {received: {hex: \"02 03 03\"}, values: {}, frame: f, " FROM "}\n"
	       "- {received: {hex: \"02 31 30 03 07\"}, verdict: check, " FROM "}\n");
	/* In a part of a known size, and in front of something of no fixed length. */
	passes(BINARY
	       "tags: {a: {type: integer, repeat: 4}, c: {type: text}, d: {type: integer}}\n"
	       "frames: {f: {bytes: [{counted: u8, items: [{repeat: [{field: a, type: u8}], max: 4}, {skip: 2}]}, {field: c, type: text}, {field: d, type: u16}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"04 01 02 00 00 61 62 01 00\"}, values: {a.1: 1, a.2: 2, c: ab, d: 256}, " FROM
	       "}\n"
	       "- {received: {hex: \"02 00 00 01 00\"}, values: {c: '', d: 256}, " FROM "}\n");
	/* So do entries with tags, and what is passed over. */
	passes(BINARY
	       "tags: {a: {type: integer}}\n"
	       "frames: {f: {bytes: [{tagged: {tag: u8, length: u8, cases: {1: [{field: a, type: u8}]}}}, {check: {algorithm: sum8}}]},\n"
	       "  g: {means: nothing, bytes: [{constant: 'ff'}, {skip: rest}, {check: {algorithm: sum8}}]}}\n"
	       "match: longest\n"
	       "tests:\n"
	       "- {received: {hex: \"01 01 07 09\"}, values: {a: 7}, " FROM "}\n"
	       "- {received: {hex: \"ff 01 02 02\"}, frame: g, " FROM "}\n");
}

static void a_parameter_says_how_long_a_list_is(void **state)
{
	(void)state;
	passes(BINARY
	       "parameters: {words: {type: integer, default: 2, min: 1, max: 4}}\n"
	       "tags: {w: {type: integer, repeat: 4}}\n"
	       "frames: {f: {bytes: [{constant: '03'}, {repeat: [{field: w, type: u16}], count: {parameter: words}}, {constant: '0d'}]}}\n"
	       "requests: {q: {send: {bytes: [{constant: '03'}, {parameter: words, type: u8}]}, expect: [f]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"03 00 01 00 02 0d\"}, values: {w.1: 1, w.2: 2}, " FROM "}\n"
	       "- {received: {hex: \"03 00 01 00 02 00 03 0d\"}, parameters: {words: 3}, values: {w.1: 1, w.2: 2, w.3: 3}, " FROM
	       "}\n"
	       "- {received: {hex: \"03 00 01 00 02 00 03 0d\"}, verdict: format, " FROM "}\n"
	       "- {request: q, sent: {hex: \"03 04\"}, parameters: {words: 4}, " FROM "}\n");
	passes(BINARY
	       "parameters: {bytes: {type: integer, default: 4, min: 1, max: 9}}\n"
	       "tags: {w: {type: integer, repeat: 4}}\n"
	       "frames: {f: {bytes: [{repeat: [{field: w, type: u16}], count: {parameter: bytes, unit: 2}}, {constant: '0d'}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"00 01 00 02 0d\"}, values: {w.1: 1, w.2: 2}, " FROM "}\n"
	       "- {received: {hex: \"00 01 00 02 00 03 0d\"}, parameters: {bytes: 6}, values: {w.1: 1, w.2: 2, w.3: 3}, " FROM
	       "}\n"
	       "- {received: {hex: \"00 01 0d\"}, parameters: {bytes: 3}, verdict: unknown, " FROM
	       "}\n");
	complains(
		BINARY
		"parameters: {bytes: {type: integer, default: 2, min: 1, max: 4}}\n"
		"tags: {w: {type: integer}}\n"
		"frames: {f: {bytes: [{repeat: [{field: w, type: u8}], count: {parameter: bytes, unit: 0}}]}}\n",
		"how much of it is one element, 1 to 255");
	complains(
		BINARY
		"parameters: {words: {type: integer, default: 2}}\n"
		"tags: {w: {type: integer}}\n"
		"frames: {f: {bytes: [{repeat: [{field: w, type: u8}], count: {parameter: words}, max: 3}]}}\n",
		"expected an integer parameter with min and max");
	complains(
		BINARY
		"parameters: {words: {type: integer, default: 2, min: 1, max: 4}}\n"
		"tags: {w: {type: integer}}\n"
		"frames: {f: {bytes: [{repeat: [{field: w, type: u8}], count: {parameter: words}, max: 3}]}}\n",
		"the parameter's max is more than the list's");
	complains(
		BINARY
		"tags: {w: {type: integer}}\n"
		"frames: {f: {bytes: [{repeat: [{field: w, type: u8}], count: {field: n}, max: 3}]}}\n",
		"or {parameter: name}");
}

static void a_parameter_may_stand_in_bits(void **state)
{
	(void)state;
	passes(BINARY
	       "parameters: {unit: {type: integer, default: 5, min: 0, max: 31}}\n"
	       "tags: {v: {type: integer}, ok: {type: boolean}}\n"
	       "frames: {f: {bytes: [{type: u8, bits: {0-4: {parameter: unit}, 7: ok}}, {field: v, type: u8}]}}\n"
	       "requests: {q: {send: {bytes: [{type: 'hex(2)', bits: {3-7: {parameter: unit}, 0-2: {constant: 1}}}]}, expect: [f]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"85 07\"}, values: {v: 7, ok: true}, " FROM "}\n"
	       "- {received: {hex: \"06 07\"}, verdict: foreign, " FROM "}\n"
	       "- {received: {hex: \"1f 07\"}, parameters: {unit: 31}, values: {v: 7, ok: false}, " FROM
	       "}\n"
	       "- {request: q, sent: \"29\", " FROM "}\n");
	complains(BINARY
		  "parameters: {unit: {type: text, default: a}}\ntags: {v: {type: integer}}\n"
		  "frames: {f: {bytes: [{type: u8, bits: {0-4: {parameter: unit}, 5-7: v}}]}}\n",
		  "bits hold an integer parameter only");
	complains(BINARY
		  "tags: {v: {type: integer}}\n"
		  "frames: {f: {bytes: [{type: u8, bits: {0-4: {parameter: unit}, 5-7: v}}]}}\n",
		  "no parameter unit");
}

static void one_of_some_texts_may_mean_nothing(void **state)
{
	(void)state;
	passes(HEAD "tags: {v: {}}\n"
		    "frames: {f: {text: '{_:choice(W|GROSS)} {v:number(.1)}{_:choice(kg|g)}'}}\n"
		    "commands: {zero: {send: 'Z{_:choice(1|0)}'}}\n"
		    "tests:\n"
		    "- {received: \"W 1.5kg\\n\", values: {v: 1.5}, " FROM "}\n"
		    "- {received: \"GROSS 1.5g\\n\", values: {v: 1.5}, " FROM "}\n"
		    "- {received: \"N 1.5kg\\n\", verdict: unknown, " FROM "}\n"
		    "- {command: zero, sent: \"Z1\\n\", " FROM "}\n");
}

static void texts_may_be_counted_in_pairs(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {type: text, repeat: 12}, b: {type: text}}\n"
	       "frames: {f: {bytes: [{repeat: [{counted: {type: u8, unit: 2}, field: a, type: text}], count: 12}, {counted: {type: u8, unit: 4}, items: [{constant: '41'}, {field: b, type: text}]}]}}\n"
	       "tests: [{received: {hex: \"00 00 00 00 00 00 00 00 00 00 00 01 42 43 01 41 44 45 46\"}, values: {a.1: '', a.2: '', a.3: '', a.4: '', a.5: '', a.6: '', a.7: '', a.8: '', a.9: '', a.10: '', a.11: '', a.12: BC, b: DEF}, " FROM
	       "}]\n");
	/* All digits of the longest integers go there and back. */
	passes(BINARY
	       "tags: {a: {type: natural}, b: {type: integer}, c: {}}\n"
	       "frames: {f: {text: '{a:hex(16)}{b:hex(16,signed)}{c:hex(16,little)}'}}\n"
	       "tests: [{received: \"F00000000000000180000000000000010100000000000000\", values: {a: 17293822569102704641, b: -9223372036854775807, c: 1}, " FROM
	       "}]\n");
}

static void entries_have_tags(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {type: integer}, b: {type: text}, c: {type: integer}}\n"
	       "frames: {f: {bytes: [{constant: '7e'}, {tagged: {tag: u8, length: u8, end: 0xff, cases: {1: [{field: a, type: u16}], 0x22: [{field: b, type: text}], 3: [{field: c, type: u8}]}}}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"7e 22 03 61 62 63 99 02 00 00 01 02 00 05 ff\"}, values: {a: 5, b: abc}, " FROM
	       "}\n"
	       "- {received: {hex: \"7e 03 01 07\"}, verdict: short, " FROM "}\n"
	       "- {received: {hex: \"7e 03 02 07 08 ff\"}, verdict: long, " FROM "}\n");
	passes(HEAD
	       "tags: {t: {}, h: {}}\n"
	       "frames: {f: {bytes: [{tagged: {tag: 'text(2)', others: refuse, cases: {TE: [{template: '{t:number(5.1)}'}], HU: [{template: '{h:number(5.1)}'}]}}}]}}\n"
	       "tests:\n"
	       "- {received: \"HU 45.0TE 21.5\\n\", values: {t: 21.5, h: 45}, " FROM "}\n"
	       "- {received: \"HU 45.0XX 21.5\\n\", verdict: unknown, " FROM "}\n");
}

static void frames_are_told_apart(void **state)
{
	(void)state;
	/* By their length. */
	passes(BINARY
	       "readings: {s: {tags: {a: {type: data}}}, l: {tags: {b: {type: data}}}}\n"
	       "frames: {s: {bytes: [{field: a, type: data}], length: 2}, l: {bytes: [{field: b, type: data}], length: [3, 4]}}\n"
	       "tests:\n"
	       "- {received: AB, reading: s, values: {a: AB}, " FROM "}\n"
	       "- {received: ABC, reading: l, values: {b: ABC}, " FROM "}\n"
	       "- {received: ABCDE, verdict: unknown, " FROM "}\n");
	/* By the longest constants, not the first that fits. */
	passes(HEAD
	       "match: longest\n"
	       "readings: {any: {tags: {a: {type: text}}}, err: {tags: {e: {type: text}}}, r: {tags: {x: {type: text}}}}\n"
	       "frames: {any: {text: '{a}'}, err: {text: 'ERR {e}'}, r: {pattern: '(?<x>ER.*)'}}\n"
	       "tests:\n"
	       "- {received: \"ERR 5\\n\", reading: err, values: {e: \"5\"}, " FROM "}\n"
	       "- {received: \"HELLO\\n\", reading: any, values: {a: HELLO}, " FROM "}\n");
}

static void elements_are_readings_of_their_own(void **state)
{
	(void)state;
	/* Of the same kind, each with its time: a page of a memory. */
	passes(BINARY
	       "readings: {archive: {tags: {t: {}, battery: {}}}}\n"
	       "frames: {page: {reading: archive, each: true, bytes: [{field: battery, type: u8}, {repeat: [{field: at, type: u32}, {field: t, type: i16}, {type: u8, bits: {0: broken}}], max: 5}],\n"
	       "  time: {ticks: at}, values: {t: {scale: 0.1}, battery: {scale: 0.1, special: {255: {bad: none}}}}, quality: [{when: {broken: 1}, tags: [t], bad: broken}]}}\n"
	       "tests:\n"
	       "- received: {hex: \"0c 00 00 00 0a 00 64 00 00 00 00 14 00 65 01\"}\n"
	       "  " FROM "\n"
	       "  readings:\n"
	       "  - {reading: archive, time: 1970-01-01T00:00:10Z, values: {t: 10, battery: 1.2}}\n"
	       "  - {reading: archive, time: 1970-01-01T00:00:20Z, values: {t: {bad: broken}, battery: 1.2}}\n"
	       "- {received: {hex: \"0c\"}, frame: page, " FROM "}\n");
	/* Each of its own kind: channels. */
	passes(HEAD
	       "readings: {channel: {repeat: 3, tags: {v: {}, u: {type: text}}}}\n"
	       "frames: {f: {reading: channel, each: true, bytes: [{text: 'D'}, {repeat: [{template: ' {v:number}{u:choice(V|A)}'}], max: 3}]}}\n"
	       "tests:\n"
	       "- received: \"D 1V 2A\\n\"\n"
	       "  " FROM "\n"
	       "  readings: [{reading: channel.1, values: {v: 1, u: V}}, {reading: channel.2, values: {v: 2, u: A}}]\n");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}', each: true}}\n",
		  "the frame has no list");
}

#define SCRIPT                                                                                     \
	"script: |\n"                                                                              \
	"  function gray(raw)\n"                                                                   \
	"    local v = raw\n"                                                                      \
	"    while raw > 0 do raw = raw >> 1; v = v ~ raw end\n"                                   \
	"    if v == 9 then return nil, 'no light' end\n"                                          \
	"    return v\n"                                                                           \
	"  end\n"                                                                                  \
	"  function to_gray(v) return v ~ (v >> 1) end\n"                                          \
	"  function both(_, f) return f.a * 100 + f.b, f.b > 50 and 'much' or nil end\n"           \
	"  function sum(bytes)\n"                                                                  \
	"    local s = 0\n"                                                                        \
	"    for i = 1, #bytes do s = s + bytes:byte(i) * i end\n"                                 \
	"    return string.char(s & 255, (s >> 8) & 255)\n"                                        \
	"  end\n"                                                                                  \
	"  function wrong(v) return v.x.y end\n"                                                   \
	"  function forever() while true do end end\n"

static void scripts_make_what_cannot_be_described(void **state)
{
	(void)state;
	passes(BINARY SCRIPT
	       "tags: {a: {type: integer}, c: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: a, type: u8}, {field: b, type: u8}, {check: {script: sum, size: 2}}],\n"
	       "  values: {a: {decode: gray, encode: to_gray}, c: {field: b}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"06 05 10 00\"}, values: {a: 4, c: 5}, " FROM "}\n"
	       "- {received: {hex: \"06 05 11 00\"}, verdict: unknown, " FROM "}\n"
	       "- {received: {hex: \"0d 00 0d 00\"}, values: {a: {bad: no light}, c: 0}, " FROM
	       "}\n");
	/* Out of several fields: no way back. */
	passes(BINARY SCRIPT
	       "tags: {t: {}}\n"
	       "frames: {f: {bytes: [{field: a, type: u8}, {field: b, type: u8}], values: {t: {decode: both, max: 500}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"02 05\"}, values: {t: 205}, " FROM "}\n"
	       "- {received: {hex: \"06 05\"}, values: {t: {uncertain: out of range, value: 605}}, " FROM
	       "}\n"
	       "- {received: {hex: \"02 40\"}, values: {t: {uncertain: much, value: 264}}, " FROM
	       "}\n");
}

static void a_script_that_fails_costs_its_value(void **state)
{
	(void)state;
	passes(BINARY SCRIPT
	       "tags: {a: {type: integer}, b: {type: integer}, c: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: a, type: u8}, {field: b, type: u8}, {field: c, type: u8}],\n"
	       "  values: {a: {decode: wrong}, b: {decode: forever}}}}\n"
	       "tests: [{received: {hex: \"01 02 03\"}, values: {c: 3,\n"
	       "  a: {bad: \"p.yaml:19: attempt to index a number value (local 'v')\"},\n"
	       "  b: {bad: \"p.yaml:20: too many instructions; is there a loop that does not end?\"}}, " FROM
	       "}]\n");
	complains(BINARY
		  "script: |\n  function f(\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "p.yaml:");
	complains(BINARY SCRIPT
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}', values: {a: {decode: gry}}}}\n",
		  "the script has no function gry");
	complains(BINARY
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}', values: {a: {decode: f}}}}\n",
		  "the profile has no script");
	complains(BINARY SCRIPT
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}', values: {a: {encode: gray}}}}\n",
		  "a function makes the value by itself");
	complains(
		BINARY SCRIPT
		"tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		"commands: {set: {send: 'S{v:integer}', arguments: {v: {type: integer}}, values: {v: {decode: gray}}}}\n",
		"what is sent needs encode");
}

#define CLOCK                                                                                      \
	"tags: {a: {}, t: {type: text}}\n"                                                         \
	"frames: {f: {text: '{a:number} {d:integer(02)}.{m:choice(JAN|FEB|MAR)} {y:integer(02)} "  \
	"{h:integer(02)}:{mi:integer(02)}{ap:choice(AM|PM)}',\n"                                   \
	"  time: {year: y, month: {field: m, table: {JAN: 1, FEB: 2, MAR: 3}}, day: d, hour: h, "  \
	"minute: mi, pm: {field: ap, table: {AM: 0, PM: 1}}, zone: \"+01:00\"},\n"                 \
	"  values: {t: {time: {year: y, month: {field: m, table: {JAN: 1, FEB: 2, MAR: 3}}, day: d, zone: utc}}}}}\n"

static void times_in_parts_are_read(void **state)
{
	(void)state;
	passes(HEAD CLOCK
	       "tests:\n"
	       "- {received: \"1 28.FEB 26 12:30AM\\n\", time: 2026-02-27T23:30:00Z, values: {a: 1, t: \"2026-02-28T00:00:00Z\"}, " FROM
	       "}\n"
	       "- {received: \"1 29.FEB 24 12:00PM\\n\", time: 2024-02-29T11:00:00Z, values: {a: 1, t: \"2024-02-29T00:00:00Z\"}, " FROM
	       "}\n"
	       "- {received: \"1 31.MAR 99 01:00PM\\n\", time: 1999-03-31T12:00:00Z, values: {a: 1, t: \"1999-03-31T00:00:00Z\"}, " FROM
	       "}\n");
}

static void a_date_that_cannot_be_is_no_time(void **state)
{
	(void)state;
	passes(HEAD CLOCK
	       "tests:\n"
	       "- {received: \"1 29.FEB 26 12:30AM\\n\", time: none, values: {a: {uncertain: invalid time, value: 1}, t: {bad: invalid time}}, " FROM
	       "}\n"
	       "- {received: \"1 01.MAR 26 13:30AM\\n\", time: none, values: {a: {uncertain: invalid time, value: 1}, t: {uncertain: invalid time, value: \"2026-03-01T00:00:00Z\"}}, " FROM
	       "}\n"
	       "- {received: \"1   .FEB 26 12:30AM\\n\", time: none, values: {a: 1}, " FROM "}\n");
}

static void times_come_in_many_shapes(void **state)
{
	(void)state;
	/* Davis: day, month and year since 2000 in bits, then hours * 100 + minutes. */
	passes("profile: 1\ntitle: x\nsource: here\nlink: raw\ntags: {a: {type: integer}, at: {type: number, unit: s}}\n"
	       "frames: {f: {bytes: [{type: u16(little), bits: {0-4: d, 5-8: m, 9-15: y}}, {field: hm, type: u16(little)}, {field: a, type: u8}],\n"
	       "  time: {year: {field: y, add: 2000}, month: m, day: d, hour: {field: hm, divide: 100}, minute: {field: hm, modulo: 100}, zone: utc},\n"
	       "  values: {at: {time: {year: {field: y, add: 2000}, month: m, day: d, zone: utc}}}}}\n"
	       "tests: [{received: {hex: \"c6 06 c3 06 05\"}, time: 2003-06-06T17:31:00Z, values: {a: 5, at: 1054857600}, " FROM
	       "}]\n");
	/* Ticks since an epoch of its own. */
	passes("profile: 1\ntitle: x\nsource: here\nlink: raw\ntags: {a: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: n, type: u32}, {field: a, type: u8}], time: {ticks: n, tick: 10ms, epoch: 2000-01-01}}}\n"
	       "tests: [{received: {hex: \"00 00 01 2c 05\"}, time: 2000-01-01T00:00:03Z, values: {a: 5}, " FROM
	       "}]\n");
	/* No year: the nearest one. No date: the nearest day. A zone that a letter says. A day of the year. */
	passes(HEAD
	       "readings: {x: {tags: {a: {}}}, y: {tags: {a: {}}}, z: {tags: {a: {}}}}\n"
	       "frames:\n"
	       "  x: {text: 'X{a:number} {m:integer(2)}{d:integer(2)}{h:integer(2)}', time: {month: m, day: d, hour: h, zone: utc}}\n"
	       "  y: {text: 'Y{a:number} {h:integer(2)}:{i:integer(2)}:{s:number(06.3)}', time: {hour: h, minute: i, second: s, zone: utc}}\n"
	       "  z: {text: 'Z{a:number} {y:integer(4)}-{n:integer(03)} {z:choice(S|W)}', time: {year: y, day_of_year: n, zone: {field: z, table: {S: \"+02:00\", W: \"+01:00\"}}}}\n"
	       "tests:\n"
	       "- {received: \"X1 123123\\n\", reading: x, time: 2025-12-31T23:00:00Z, values: {a: 1}, " FROM
	       "}\n"
	       "- {received: \"X1 010100\\n\", reading: x, time: 2026-01-01T00:00:00Z, values: {a: 1}, " FROM
	       "}\n"
	       "- {received: \"Y1 23:59:59.500\\n\", reading: y, time: 2026-06-30T23:59:59.5Z, values: {a: 1}, " FROM
	       "}\n"
	       "- {received: \"Y1 24:00:00.000\\n\", reading: y, time: 2026-07-01T00:00:00Z, values: {a: 1}, " FROM
	       "}\n"
	       "- {received: \"Z1 2024-366 W\\n\", reading: z, time: 2024-12-30T23:00:00Z, values: {a: 1}, " FROM
	       "}\n"
	       "- {received: \"Z1 2026-366 W\\n\", reading: z, time: none, values: {a: {uncertain: invalid time, value: 1}}, " FROM
	       "}\n");
}

static void mistakes_name_what_was_meant(void **state)
{
	(void)state;
	complains(
		HEAD "tags: {weight: {}}\nframes: {f: {text: '{weight:nummer}'}}\n",
		"p.yaml:6:20: in the template, at its character 1: no type \"nummer\"; did you mean number?");
	complains(
		HEAD
		"tags: {weight: {}}\nframes: {f: {text: '{w:number}', values: {wieght: {field: w}}}}\n",
		"did you mean weight?");
	complains(
		HEAD
		"tags: {weight: {}}\nframes: {f: {text: '{w:number}', values: {weight: {field: v}}}}\n",
		"the frame f has no field v");
	complains(HEAD "tags: {a: {}}\nframes: {frame: {text: '{a:number}'}}\n"
		       "requests: {q: {send: '?', expect: [farme]}}\n",
		  "no frame farme; did you mean frame?");
	complains(HEAD "tags: {a: {}}\nframes: {f: {txt: '{a:number}'}}\n", "txt");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a'}}\n",
		  "the hole is not closed with }");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '[{a}'}}\n",
		  "the [ is not closed with ]");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: 'a]'}}\n", "] without its [");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{@x:integer}'}}\n", "no parameter x");
	complains(HEAD "tags: {a: {type: text}}\nframes: {f: {text: '{a:number}'}}\n",
		  "the tag a is a text, and the field a a number");
	complains(HEAD "tags: {a: {}}\nframes: {f: {pattern: '(?<a>'}}\n", "the pattern is wrong");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}', means: no, bad: x}}\n",
		  "a frame that means no gives no reading");
	complains("profile: 2\ntitle: x\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "this dragoman knows version 1 of the profile language");
	complains(HEAD "line: {format: 8n1}\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "p.yaml:5:16: '8n1' is no format; expected data bits");
	complains(HEAD "tags: {a: {}}\nframes: {f: {bytes: [{field: a, type: u12}]}}\n",
		  "no whole number of bytes");
	complains(HEAD "tags: {a: {}}\nframes: {f: {bytes: [{type: u8, bits: {8: a}}]}}\n",
		  "0 to 7");
	complains(HEAD
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}{d:integer}', time: {day: d}}}\n",
		  "p.yaml:6:51: expected year, month and day together");
	complains(HEAD
		  "tags: {a: {}}\nframes: {f: {text: '{a:number}{d:integer}', time: {hour: e}}}\n",
		  "the frame f has no field e");
	complains(HEAD "tags: {t: {type: text}}\n"
		       "frames: {f: {text: '{h:integer}', values: {t: {time: {hour: h}}}}}\n",
		  "needs a year, or ticks");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}{d:integer}',\n"
		       "  time: {ticks: d, epoch: 2000-02-30}}}\n",
		  "expected a date");
}

static void limits_that_nothing_is_within_are_told(void **state)
{
	(void)state;
	complains(HEAD "parameters: {n: {min: 5, max: 1}}\n"
		       "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "p.yaml:5:17: expected a min and a max above it; found 5 and 1");
	complains(HEAD "parameters: {n: {min: 5}}\n"
		       "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "found 5 and 0");
	complains(HEAD "parameters: {n: {min: 1, max: 5, default: 9}}\n"
		       "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "p.yaml:5:43: the default is outside of 1 to 5");
	complains(HEAD "parameters: {n: {type: text, max: 5}}\n"
		       "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "only a number has limits");
	complains(HEAD "tags: {a: {}}\n"
		       "frames: {f: {text: '{a:number}', values: {a: {min: 5, max: 1}}}}\n",
		  "p.yaml:6:52: min is above max");
}

static void warns(const char *text, const char *warning)
{
	struct bench b;
	bool is_there;

	load(&b, text);
	assert_non_null(b.profile);
	is_there = strstr(buf_str(&b.text), "no frame gives the tag");
	assert_int_equal(is_there, warning != NULL);
	if (warning)
		assert_non_null(strstr(buf_str(&b.text), warning));
	unload(&b);
}

static void a_tag_that_no_frame_gives_is_warned_of(void **state)
{
	(void)state;
	warns(HEAD "tags: {a: {}, b: {}}\nframes: {f: {text: '{a:number}'}}\n",
	      "p.yaml:5:18: warning: no frame gives the tag b");
	warns(HEAD "tags: {a: {repeat: 3}}\nframes: {f: {text: '{a.1:number}'}}\n", NULL);
	warns(HEAD "readings: {f: {tags: {a: {}}}, g: {tags: {a: {}}}}\n"
		   "frames: {f: {text: '{a:number}'}}\n",
	      "p.yaml:5:46: warning: no frame gives the tag a");
	warns(HEAD "tags: {a: {}, b: {}}\nframes: {f: {text: '{a:number}'}}\n"
		   "variants: {v: {frames: {g: {text: 'B{b:number}'}}}}\n",
	      NULL); /* only in a variant: its frame gives a reading of the profile's own tags */
}

#define ANSWER                                                                                     \
	HEAD "tags: {a: {write: set}}\nframes: {f: {text: '{a:number}'}, ok: {text: OK, means: yes}}\n"

static void mistakes_in_conversations_name_what_was_meant(void **state)
{
	(void)state;
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\ncommands: {zero: {}}\n",
		  "p.yaml:7:18: expected send: what is sent");
	complains(HEAD "tags: {a: {write: zreo}}\nframes: {f: {text: '{a:number}'}}\n"
		       "commands: {zero: {send: Z}}\n",
		  "p.yaml:5:19: no command zreo; did you mean zero?");
	complains(ANSWER "commands: {set: {send: Z}}\n",
		  "the command set does not set the tag a to one of its arguments");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}'}}\n", "nothing fills the field v");
	complains(ANSWER "commands: {set: {send: Z, arguments: {v: {}}}}\n",
		  "the argument v is nowhere in what is sent");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}', arguments: {v: {type: nmber}}}}\n",
		  "number");
	complains(ANSWER "commands: {set: {send: 'Z{v}', arguments: {v: {type: text, max: 3}}}}\n",
		  "only a number has limits");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}', arguments: {v: {}}, "
			 "sets: {b: {argument: v}}}}\n",
		  "no tag b");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}', arguments: {v: {}}, "
			 "sets: {a: {argument: w}}}}\n",
		  "the command has no argument w");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}{w:number}', "
			 "arguments: {v: {}, w: {}}, sets: {a: {argument: v}}}}\n",
		  "needs the argument w as well");
	complains(ANSWER
		  "commands: {set: {send: 'Z{v:number}', arguments: {v: {}}, "
		  "sets: {a: {argument: v}}, verify: q}}\nrequests: {q: {send: q, expect: [ok]}}\n",
		  "the request q gives no tag that the command sets");
	complains(ANSWER "requests: {q: {send: 'q{n:integer}', arguments: {n: {type: integer}}}}\n",
		  "q needs the argument n");
	complains(ANSWER
		  "requests: {q: {send: 'q{n:integer}', arguments: {n: {type: integer, max: 3}}, "
		  "with: {n: 4}}}\n",
		  "the argument n is outside of its limits");
	complains(ANSWER "requests: {q: {send: q, expect: [f], until: [ok]}}\n",
		  "the frame ok is not under expect");
	complains(ANSWER "requests: {q: {send: q, replies: 2}}\n", "go with expect");
	complains(ANSWER "requests: {q: {send: q, after: w}}\n", "no request or command w");
	complains(ANSWER "requests: {q: {send: q, line: {baud: 300, as_set: true}}}\n",
		  "expected baud, baud_from or format, or as_set");
	complains(ANSWER "requests: {q: {send: q, repeat: {while: [f], add: 3}}}\n",
		  "add goes with a cursor");
	complains(ANSWER "requests: {q: {send: q}}\nsession: {open: [p]}\n",
		  "no request or command p");
	complains(ANSWER "commands: {set: {send: 'Z{v:number}', arguments: {v: {}}}}\n"
			 "session: {open: [set]}\n",
		  "the command set has arguments without a default");
	complains(ANSWER "wake: {request: q}\n", "no request q");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}', remember: {b: a}}}\n",
		  "no parameter b");
}

static void a_mistake_in_a_variant_says_in_which(void **state)
{
	(void)state;
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "variants: {b: {frames: {f: {text: '{a:nmber}'}}}}\n",
		  "p.yaml:7:35: as the variant b: in the template");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "variants: {b: {freams: {}}}\n",
		  "did you mean \"frames\"?");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "variants: {b: {tests: []}}\n",
		  "a variant has no tests of its own");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "requests: {q: {send: q, expect: [f]}}\nvariants: {small: {title: y}}\n"
		       "identify: {request: q, tag: a, variants: {\"1\": smal}}\n",
		  "no variant smal; did you mean small?");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "requests: {q: {send: q, expect: [f]}}\nvariants: {b: {line: {baud: 300}}}\n"
		       "identify: {request: q, tag: a, variants: {\"1\": b}}\n",
		  "has a line or link of its own");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "requests: {q: {send: q, expect: [f]}}\nvariants: {b: {title: y}}\n"
		       "identify: {request: q, tag: c, variants: {\"1\": b}}\n",
		  "the request q gives no tag c");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		       "tests: [{variant: b, received: \"1\\n\", values: {a: 1}, " FROM "}]\n",
		  "the profile has no variant b");
}

static void variants_are_tested_as_what_they_are(void **state)
{
	(void)state;
	passes(HEAD "tags: {a: {}, b: {type: text}}\n"
		    "frames: {f: {text: 'A{a:number} {b}'}, g: {text: 'G', means: nothing}}\n"
		    "variants: {kg: {tags: {b: ~, c: {}}, frames: {g: ~, f: {text: 'A{a:number}', "
		    "values: {a: {scale: 0.001}, c: {is: 5}}}}}}\n"
		    "tests:\n"
		    "  - {received: \"A1 x\\n\", values: {a: 1, b: x}, " FROM "}\n"
		    "  - {received: \"G\\n\", frame: g, " FROM "}\n"
		    "  - {variant: kg, received: \"A1\\n\", values: {a: 0.001, c: 5}, " FROM "}\n"
		    "  - {variant: kg, received: \"G\\n\", verdict: unknown, " FROM "}\n");
}

static const char thermostat[] = "profile: 1\ntitle: x\nsource: here\nlink: {delimiter: \"\\n\"}\n"
				 "tags: {sp: {write: set}}\n"
				 "frames:\n"
				 "  sp: {text: 'SP {sp:number(.1)}'}\n"
				 "  ok: {text: OK, means: yes}\n"
				 "  no: {text: ERR, means: no, reason: out of range}\n"
				 "requests: {sp: {send: 'SP?', expect: [sp]}}\n"
				 "commands:\n"
				 "  set:\n"
				 "    arguments: {t: {min: 0, max: 100}}\n"
				 "    send: 'SP {t:integer(04)}'\n"
				 "    values: {t: {scale: 0.1}}\n"
				 "    expect: [ok, no]\n"
				 "    sets: {sp: {argument: t}}\n"
				 "    verify: sp\n"
				 "tests: [";

/* One test of the thermostat fails with this, or passes if it is NULL. */
static void command_test(const char *test, const char *failure)
{
	struct bench b;
	struct buf report = {0};
	char *profile = xasprintf("%s{%s, " FROM "}]\n", thermostat, test);
	struct profile_result result;

	load(&b, profile);
	assert_non_null(b.profile);
	result = profile_test(b.profile, &report);
	if (result.failed != (failure ? 1 : 0) || (failure && !strstr(buf_str(&report), failure))) {
		print_error("%s", buf_str(&report));
		fail();
	}
	buf_fini(&report);
	unload(&b);
	free(profile);
}

static void commands_are_tested_as_bytes(void **state)
{
	(void)state;
	command_test("command: set, arguments: {t: 12.5}, sent: \"SP 0125\\n\"", NULL);
	command_test("command: set, arguments: {t: 12.5}, sent: \"SP 0120\\n\"",
		     "expected to send");
	command_test("command: set, arguments: {t: 125}, sent: \"SP 1250\\n\"",
		     "the argument t is outside of its limits");
	command_test("command: set, arguments: {t: 1, u: 2}, sent: \"SP 0010\\n\"",
		     "set has no argument u");
	command_test("command: set, arguments: {t: 5}, sent: \"SP 0050\\n\", received: \"OK\\n\", "
		     "answer: yes, read_back: \"SP 5.0\\n\"",
		     NULL);
	command_test("command: set, arguments: {t: 5}, received: \"OK\\n\", answer: yes, "
		     "read_back: \"SP 6.0\\n\"",
		     "read back, sp is not what was set: 6");
	command_test("command: set, arguments: {t: 5}, received: \"ERR\\n\", answer: no, "
		     "reason: out of range",
		     NULL);
	command_test("command: set, arguments: {t: 5}, received: \"ERR\\n\", answer: yes",
		     "expected the answer yes, got no, by the frame no");
	command_test("command: set, arguments: {t: 5}, received: \"ERR\\n\", answer: no, reason: x",
		     "expected the reason \"x\"");
}

#define WRONG(items, text)                                                                         \
	complains(HEAD "tags: {a: {}}\nframes: {f: {bytes: [" items "]}}\n", text)

static void mistakes_in_parts_name_what_was_meant(void **state)
{
	(void)state;
	WRONG("{field: bytes, type: u8}, {size: byets, field: a, type: data}",
	      "p.yaml:6:55: the frame f has no field byets; did you mean bytes?");
	WRONG("{size: b, field: a, type: data}, {field: b, type: u8}", "has no field b");
	WRONG("{field: n, type: f32}, {size: n, field: a, type: data}",
	      "the field n is no integer of a known width");
	WRONG("{counted: text, field: a, type: data}", "expected an integer of a known width");
	WRONG("{counted: u8, size: 3, field: a, type: data}", "expected either size or counted");
	WRONG("{repeat: [{field: a, type: u8}]}", "needs max:");
	WRONG("{repeat: [{field: a, type: u8}], count: 300}", "expected 1 to 256 times");
	WRONG("{field: a, type: u8, count: 3}", "goes with repeat only");
	WRONG("{field: a, type: u8, items: []}", "expected one of field, parameter");
	WRONG("{field: a, type: u8}, {switch: a}", "goes with cases only");
	WRONG("{field: a, type: u8}, {switch: a, cases: {x: []}}",
	      "\"x\" is no value of the field a");
	WRONG("{field: k, type: u8}, {switch: k, cases: {1: [{field: a, type: u8}], 2: [{field: a, type: u16}]}}",
	      "the field a has another type in another case");
	WRONG("{field: k, type: u8}, {switch: k, cases: {1: [{field: a, type: u8}, {field: a, type: u8}]}}",
	      "the field a stands here twice");
	WRONG("{field: k, type: u8}, {switch: k, cases: {1: [{field: a, type: u8}]}}, {field: a, type: u8}",
	      "the field a stands here twice");
	WRONG("{tagged: {tag: text, cases: {1: []}}}", "a tag has a known width");
	WRONG("{tagged: {tag: u8, cases: {default: []}}}", "there is no default");
	WRONG("{length: f32}, {field: a, type: u8}", "expected an integer of a known width");
	WRONG("{when: {b: 1}, field: a, type: u8}", "has no field b");
	WRONG("{type: u8, bits: {0-3: {field: a, type: i5}}}", "expected the type u4 or i4");
	WRONG("{type: u8, bits: {0-3: {constant: 16}}}", "a number that fits into 4 bits");
	WRONG("{field: a, type: u8, bits: {0: b}}", "found more than one of them");
	WRONG("{type: u8}", "found none of them");
	WRONG("{type: u8, bits: {0-3: a, 3-5: b}}",
	      "p.yaml:6:48: some of the bits 3-5 stand here twice");
	WRONG("{skip: all}", "expected a number of bytes, 1 to 1024, or rest");
	WRONG("{repeat: [{repeat: [{repeat: [{skip: 1}], count: 256}], count: 256}], count: 256}",
	      "repeated ones counted");
	WRONG("{field: a, type: 'number(8,implied)'}", "implied needs the number of decimals");
	WRONG("{field: a, type: 'text(8,cp850)'}", "latin1, cp437 or kana");
}

static void all_mistakes_are_told_at_once(void **state)
{
	struct bench b;

	(void)state;
	load(&b, HEAD "tags: {a: {type: nmber}}\nframes: {f: {text: '{a'}, g: {text: 'b]'}}\n");
	assert_null(b.profile);
	assert_true(b.errors.n_errors >= 3);
	unload(&b);
	load(&b, HEAD "modles: [x]\ntags: {a: {type: nmber}}\nframes: {f: {text: '{a'}}\n");
	assert_null(b.profile);
	assert_true(b.errors.n_errors >= 3);
	unload(&b);
}

static void a_profile_without_tests_is_warned_of(void **state)
{
	struct bench b;

	(void)state;
	load(&b, HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n");
	assert_non_null(b.profile);
	assert_non_null(strstr(buf_str(&b.text), "warning: the profile has no tests"));
	unload(&b);
}

static void a_test_that_is_wrong_says_so(void **state)
{
	struct bench b;
	struct buf report = {0};
	struct profile_result result;

	(void)state;
	load(&b, HEAD "tags: {a: {}}\nframes: {f: {text: 'A{a:number}'}}\n"
		      "tests: [{received: \"A1\\n\", values: {a: 2}, " FROM
		      "}, {received: \"B\\n\", values: {a: 2}, " FROM "}]\n");
	result = profile_test(b.profile, &report);
	assert_int_equal(result.failed, 2);
	assert_non_null(strstr(buf_str(&report), "a: expected 2, got 1"));
	assert_non_null(strstr(buf_str(&report), "refused: unknown"));
	buf_clear(&report);
	unload(&b);
	load(&b, HEAD "tags: {a: {}}\nframes: {f: {text: 'A{a:number}'}}\n"
		      "tests: [{received: \"B\\n\", verdict: short, " FROM
		      "}, {received: \"\", verdict: short, " FROM "}]\n");
	result = profile_test(b.profile, &report);
	assert_int_equal(result.failed, 2);
	assert_non_null(strstr(buf_str(&report), "expected the verdict \"short\"\n"));
	assert_non_null(strstr(buf_str(&report), "and nothing was refused"));
	buf_fini(&report);
	unload(&b);
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: 'A{a:number}'}}\n"
		       "tests: [{received: \"B\\n\", verdict: shrt, " FROM "}]\n",
		  "p.yaml:7:36: no verdict shrt; there are unknown");
}

/* What cannot be told apart is found by writing and reading it. */
static void an_ambiguous_template_fails_its_round_trip(void **state)
{
	struct bench b;
	struct buf report = {0};
	char *decode_only;

	(void)state;
	load(&b, HEAD "tags: {a: {type: text}, b: {type: text}}\nframes: {f: {text: '{a}{b}'}}\n");
	assert_true(profile_round_trip(b.profile, 100, 1, &report, &decode_only) > 0);
	free(decode_only);
	buf_fini(&report);
	unload(&b);
}

static void every_key_is_in_the_manual(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/man/dragoman-profile.5", top ? top : ".");
	struct err err;
	size_t len;
	char *page = fd_read_path(path, 1 << 20, &len, &err);
	size_t n = 0;

	(void)state;
	assert_non_null(page);
	for (size_t i = 0; profile_schemas[i]; i++)
		for (const struct conf_row *r = profile_schemas[i]->rows; r->key; r++, n++) {
			char *ic = xasprintf("Ic %s", r->key), *more = xasprintf(", %s", r->key);

			if (!strstr(page, ic) && !strstr(page, more))
				fail_msg("%s of %s is not in %s", r->key, profile_schemas[i]->name,
					 path);
			free(ic);
			free(more);
		}
	assert_true(n > 60);
	free(page);
	free(path);
}

static int free_arena(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binary_integers_of_every_order_are_read),
		cmocka_unit_test(all_64_bits_are_read),
		cmocka_unit_test(decimal_digits_are_read),
		cmocka_unit_test(floats_are_read),
		cmocka_unit_test(signs_are_written_in_many_ways),
		cmocka_unit_test(numbers_in_text_are_read),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(blank_columns_are_absent),
		cmocka_unit_test(the_longest_choice_is_taken),
		cmocka_unit_test(numbers_are_written_as_printf_would),
		cmocka_unit_test(a_wrong_type_says_what_was_meant),
		cmocka_unit_test(optional_parts_may_be_missing),
		cmocka_unit_test(scale_offset_and_decimals_make_values),
		cmocka_unit_test(a_scale_may_be_a_parameter),
		cmocka_unit_test(decimals_may_stand_in_a_status_byte),
		cmocka_unit_test(tables_name_codes),
		cmocka_unit_test(special_values_have_reasons),
		cmocka_unit_test(limits_and_rules_decide_the_quality),
		cmocka_unit_test(lines_may_have_checksums_of_their_own),
		cmocka_unit_test(another_address_is_foreign),
		cmocka_unit_test(an_address_may_be_left_out),
		cmocka_unit_test(a_rule_says_why_a_value_is_absent),
		cmocka_unit_test(an_answer_that_refuses_makes_the_tags_bad),
		cmocka_unit_test(answers_that_look_alike_are_told_apart_by_the_request),
		cmocka_unit_test(what_is_only_an_answer_is_not_taken_by_itself),
		cmocka_unit_test(checks_are_verified_and_written),
		cmocka_unit_test(patterns_take_what_templates_cannot),
		cmocka_unit_test(a_pattern_that_tries_without_end_is_stopped),
		cmocka_unit_test(latin1_becomes_utf8),
		cmocka_unit_test(texts_have_a_character_set),
		cmocka_unit_test(bits_have_signs_and_constants),
		cmocka_unit_test(lengths_are_checked_and_computed),
		cmocka_unit_test(parts_depend_on_fields),
		cmocka_unit_test(ends_may_be_missing),
		cmocka_unit_test(lists_are_as_long_as_they_are),
		cmocka_unit_test(a_list_to_the_end_leaves_room_for_what_follows),
		cmocka_unit_test(a_parameter_says_how_long_a_list_is),
		cmocka_unit_test(a_parameter_may_stand_in_bits),
		cmocka_unit_test(one_of_some_texts_may_mean_nothing),
		cmocka_unit_test(texts_may_be_counted_in_pairs),
		cmocka_unit_test(entries_have_tags),
		cmocka_unit_test(frames_are_told_apart),
		cmocka_unit_test(elements_are_readings_of_their_own),
		cmocka_unit_test(scripts_make_what_cannot_be_described),
		cmocka_unit_test(a_script_that_fails_costs_its_value),
		cmocka_unit_test(times_in_parts_are_read),
		cmocka_unit_test(a_date_that_cannot_be_is_no_time),
		cmocka_unit_test(times_come_in_many_shapes),
		cmocka_unit_test(mistakes_name_what_was_meant),
		cmocka_unit_test(limits_that_nothing_is_within_are_told),
		cmocka_unit_test(a_tag_that_no_frame_gives_is_warned_of),
		cmocka_unit_test(mistakes_in_conversations_name_what_was_meant),
		cmocka_unit_test(commands_are_tested_as_bytes),
		cmocka_unit_test(mistakes_in_parts_name_what_was_meant),
		cmocka_unit_test(a_mistake_in_a_variant_says_in_which),
		cmocka_unit_test(variants_are_tested_as_what_they_are),
		cmocka_unit_test(all_mistakes_are_told_at_once),
		cmocka_unit_test(a_profile_without_tests_is_warned_of),
		cmocka_unit_test(a_test_that_is_wrong_says_so),
		cmocka_unit_test(an_ambiguous_template_fails_its_round_trip),
		cmocka_unit_test(every_key_is_in_the_manual),
	};

	return cmocka_run_group_tests_name("profile language", tests, NULL, free_arena);
}
