/* SPDX-License-Identifier: Apache-2.0 */
/* From raw fields to tags: integers of 64 bits, sums, totals and rates, and what is no news. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "profile/derive.h"
#include "profile/news.h"
#include "profile/program.h"
#include "profile_test.h"

/* 2^64 - 1, 2^63 + 1, 2^53 + 1 */
static void integers_keep_all_of_their_bits(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {n: {type: natural}, i: {type: integer}, d: {}, t: {type: natural}}\n"
	       "frames: {f: {bytes: [{field: n, type: u64}, {field: i, type: i64}, {field: d, type: u64}],\n"
	       "  values: {t: {field: n, special: {18446744073709551615: {bad: unknown}, 0xfffffffffffffffe: {uncertain: old}}}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"80 00 00 00 00 00 00 01  80 00 00 00 00 00 00 00  00 20 00 00 00 00 00 01\"}, values: {\n"
	       "    n: 9223372036854775809, i: -9223372036854775808, d: {uncertain: rounded, value: 9007199254740992},\n"
	       "    t: 9223372036854775809}, " FROM "}\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff ff  7f ff ff ff ff ff ff ff  00 00 00 00 00 00 00 01\"}, values: {\n"
	       "    n: {bad: unknown}, i: 9223372036854775807, d: 1, t: {bad: unknown}}, " FROM
	       "}\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff fe  00 00 00 00 00 00 00 01  ff ff ff ff ff ff f8 00\"}, values: {\n"
	       "    n: {uncertain: old, value: 18446744073709551614}, i: 1, d: 18446744073709549568,\n"
	       "    t: {uncertain: old, value: 18446744073709551614}}, " FROM "}\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff fd  00 00 00 00 00 00 00 01  00 00 00 00 00 00 00 00\"}, values: {\n"
	       "    n: 18446744073709551613, i: 1, d: 0, t: 18446744073709551613}, " FROM "}\n");
	/* Of two tags from one field the one with more digits says what is written. */
	passes(BINARY
	       "tags: {n: {type: natural}, d: {}}\n"
	       "frames: {f: {bytes: [{field: n, type: u64}], values: {d: {field: n}}}}\n"
	       "tests: [{received: {hex: \"ff ff ff ff ff ff ff fe\"}, values: {n: 18446744073709551614,\n"
	       "  d: {uncertain: rounded, value: 18446744073709551616}}, " FROM "}]\n");
	/* Nothing is made up for what a type cannot say. */
	passes(BINARY
	       "tags: {i: {type: integer}, n: {type: natural}}\n"
	       "frames: {f: {bytes: [{field: i, type: u64}, {field: n, type: i64}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"80 00 00 00 00 00 00 00  ff ff ff ff ff ff ff ff\"}, values: {\n"
	       "    i: {bad: out of range}, n: {bad: out of range}}, " FROM "}\n");
}

static void whole_factors_make_integers_of_integers(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {one: {type: integer}, by_field: {type: integer}, tens: {type: natural}, away: {type: natural}, sum: {type: natural}}\n"
	       "frames: {f: {bytes: [{field: a, type: i64}, {field: e, type: u8}, {field: b, type: i64}, {field: c, type: i64}, {field: h, type: u32}, {field: l, type: u32}],\n"
	       "  values: {one: {field: a, scale: 1, decimals: 0}, by_field: {field: b, scale: {field: e, table: {0: 1, 1: 10}}},\n"
	       "    tens: {field: c, scale: 10}, away: {field: c, offset: 5}, sum: {sum: {h: 4294967296, l: 1}}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"7f ff ff ff ff ff ff ff 00  7f ff ff ff ff ff ff fd  0c cc cc cc cc cc cc cd  ff ff ff ff  ff ff ff fe\"},\n"
	       "   values: {one: 9223372036854775807, by_field: 9223372036854775805, tens: 9223372036854775810,\n"
	       "     away: 922337203685477586, sum: 18446744073709551614}, " FROM "}\n"
	       "- {received: {hex: \"00 00 00 00 00 00 00 00 01  7f ff ff ff ff ff ff ff  7f ff ff ff ff ff ff ff  00 00 00 00  00 00 00 01\"},\n"
	       "   values: {one: 0, by_field: {bad: out of range}, tens: {bad: out of range}, away: 9223372036854775812, sum: 1}, " FROM
	       "}\n");
}

static void codes_and_parts_of_64_bits_are_told_apart(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {code: {type: text}, part: {type: natural}, flag: {type: boolean}}\n"
	       "frames: {f: {bytes: [{field: code, type: u64}, {type: u64, bits: {0-63: part}}, {field: flag, type: u8}],\n"
	       "  values: {code: {table: {0xffffffffffffffff: all, 18446744073709551614: most, 9007199254740993: odd}}},\n"
	       "  quality: [{when: {part: 18446744073709551615}, tags: [flag], bad: all ones}]}}\n"
	       "tests:\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff ff  ff ff ff ff ff ff ff ff 01\"}, values: {code: all, part: 18446744073709551615, flag: {bad: all ones}}, " FROM
	       "}\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff fe  ff ff ff ff ff ff ff fe 01\"}, values: {code: most, part: 18446744073709551614, flag: true}, " FROM
	       "}\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff fd  00 00 00 00 00 00 00 00 01\"}, values: {code: {bad: unknown code}, part: 0, flag: true}, " FROM
	       "}\n"
	       "- {received: {hex: \"00 20 00 00 00 00 00 00  00 00 00 00 00 00 00 00 01\"}, values: {code: {bad: unknown code}, part: 0, flag: true}, " FROM
	       "}\n");
}

/* As Lua has them: the integer of the same 64 bits. */
static void scripts_see_all_64_bits(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {id: {type: natural}, low: {type: integer}}\n"
	       "script: |\n"
	       "  function turn(v) return ~v end\n"
	       "  function low(v, all) return all.id & 0xff end\n"
	       "frames: {f: {bytes: [{field: id, type: u64}, {field: x, type: u8}], values: {id: {decode: turn, encode: turn},\n"
	       "  low: {decode: low}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"ff ff ff ff ff ff ff fe 00\"}, values: {id: 1, low: 254}, " FROM
	       "}\n"
	       "- {received: {hex: \"00 00 00 00 00 00 00 01 00\"}, values: {id: 18446744073709551614, low: 1}, " FROM
	       "}\n");
	passes(BINARY
	       "tags: {id: {type: natural}}\n"
	       "script: |\n"
	       "  function turn(v) return ~v end\n"
	       "frames: {f: {bytes: [{field: id, type: u64}], values: {id: {decode: turn, encode: turn}}}}\n"
	       "tests: [{received: {hex: \"7f ff ff ff ff ff ff ff\"}, values: {id: 9223372036854775808}, " FROM
	       "}]\n");
}

static void scales_stand_in_other_fields(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {a: {}, b: {}}\n"
	       "frames: {f: {bytes: [{field: x, type: i16}, {field: y, type: i16}, {type: u8, bits: {0-3: e, 4-7: m}}],\n"
	       "  values: {a: {field: x, scale: {field: e, table: {0: 1, 1: 0.1, 2: 0.01}}}, b: {field: y, scale: m, offset: 1}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"04 d2 04 d2 12\"}, values: {a: 12.34, b: 1235}, " FROM "}\n"
	       "- {received: {hex: \"04 d2 04 d2 23\"}, values: {a: {bad: not a number}, b: 2469}, " FROM
	       "}\n");
}

static void values_come_from_several_fields(void **state)
{
	(void)state;
	passes(BINARY
	       "tags: {total: {type: integer}, kwh: {unit: kW.h}, big: {type: integer}}\n"
	       "frames: {f: {bytes: [{field: high, type: u16}, {field: low, type: u16}, {field: k, type: u16}, {field: w, type: u16}, {field: h, type: i32}, {field: l, type: u32}],\n"
	       "  values: {total: {sum: {high: 65536, low: 1}}, kwh: {sum: {k: 1, w: 0.001}, max: 1000}, big: {sum: {h: 4294967296, l: 1}}}}}\n"
	       "tests: [{received: {hex: \"00 01 00 02 00 05 01 f4 ff ff ff ff ff ff ff fe\"}, values: {total: 65538, kwh: 5.5, big: -2}, " FROM
	       "}]\n");
	/* The first that is there. */
	passes(BINARY
	       "tags: {t: {}}\n"
	       "frames: {f: {bytes: [{field: kind, type: u8}, {switch: kind, cases: {1: [{field: small, type: u8}], 2: [{field: great, type: f32}]}}],\n"
	       "  values: {t: {field: [small, great]}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"01 07\"}, values: {t: 7}, " FROM "}\n"
	       "- {received: {hex: \"02 42 48 00 00\"}, values: {t: 50}, " FROM "}\n");
}

static void values_are_products_and_ratios(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {volts: {unit: V}, amps: {unit: A}, power: {unit: W}, load: {unit: '%'}, n: {type: natural}}\n"
	       "frames: {f: {text: '{volts:number} {amps:number} {a:integer} {b:integer}', values: {\n"
	       "  power: {product: [volts, amps], max: 1000}, load: {ratio: [a, b], scale: 100}, n: {product: [a, b]}}}}\n"
	       "tests:\n"
	       "- {received: \"230 0.5 1 8\\n\", values: {volts: 230, amps: 0.5, power: 115, load: 12.5, n: 8}, " FROM
	       "}\n"
	       "- {received: \"230 5 3 0\\n\", values: {volts: 230, amps: 5, power: {uncertain: out of range, value: 1150},\n"
	       "    load: {bad: division by zero}, n: 0}, " FROM "}\n"
	       "- {received: \"1 -1 4294967297 4294967295\\n\", values: {volts: 1, amps: -1, power: -1,\n"
	       "    load: 100.00000004656613, n: 18446744073709551615}, " FROM "}\n"
	       "- {received: \"1 0 -1 1\\n\", values: {volts: 1, amps: 0, power: 0, load: -100, n: {bad: out of range}}, " FROM
	       "}\n");
	/* Of elements of a list; what one of the fields says in place of a number. */
	passes(BINARY
	       "tags: {v: {repeat: 2}, i: {repeat: 2}, p: {repeat: 2}, sum: {}}\n"
	       "frames: {f: {bytes: [{repeat: [{field: v, type: u8}, {field: i, type: u8}], count: 2}], values: {\n"
	       "  i: {special: {255: {bad: open}, 254: {uncertain: old}}}, p: {product: [v, i], scale: 0.1},\n"
	       "  sum: {sum: {v.1: 1, i.1: 1}}}}}\n"
	       "tests:\n"
	       "- {received: {hex: \"0a 05 14 ff\"}, values: {v.1: 10, i.1: 5, p.1: 5, v.2: 20, i.2: {bad: open}, p.2: {bad: open}, sum: 15}, " FROM
	       "}\n"
	       "- {received: {hex: \"0a ff 14 fe\"}, values: {v.1: 10, i.1: {bad: open}, p.1: {bad: open}, v.2: 20,\n"
	       "    i.2: {uncertain: old, value: 254}, p.2: {uncertain: old, value: 508}, sum: {bad: open}}, " FROM
	       "}\n");
}

static void products_of_what_is_no_tag_are_read_only(void **state)
{
	struct bench b;
	struct buf report = {0};
	char *decode_only = NULL;

	(void)state;
	load(&b,
	     HEAD "tags: {v: {}, p: {}}\n"
		  "frames: {f: {text: '{v:number} {i:number}', values: {p: {product: [v, i]}}}}\n");
	assert_non_null(b.profile);
	assert_int_equal(profile_round_trip(b.profile, 1, 1, &report, &decode_only), 0);
	assert_string_equal(decode_only, "f");
	free(decode_only);
	buf_fini(&report);
	unload(&b);
}

static void counters_have_totals_and_rates(void **state)
{
	(void)state;
	passes(HEAD
	       "tags: {n: {type: integer}, total: {type: integer}, more: {}, rate: {unit: 1/s}}\n"
	       "frames: {f: {text: '{n:integer} {t:integer}', time: {ticks: t},\n"
	       "  values: {total: {field: n, derive: total, rolls_over: 1000}, more: {field: n, derive: difference, rolls_over: 1000, scale: 0.1},\n"
	       "    rate: {field: n, derive: rate, rolls_over: 1000, per: 1min}}}}\n"
	       "tests:\n"
	       "- received: \"990 1000\\n995 1010\\n5 1020\\n3 1030\\n4 1030\\n\"\n"
	       "  " FROM "\n"
	       "  readings:\n"
	       "  - {values: {n: 990, total: 990, more: {bad: no earlier reading}, rate: {bad: no earlier reading}}}\n"
	       "  - {values: {n: 995, total: 995, more: 0.5, rate: 30}}\n"
	       "  - {values: {n: 5, total: 1005, more: 1, rate: 60}}\n"
	       "  - {values: {n: 3, total: {uncertain: counter began again, value: 1008}, more: {uncertain: counter began again, value: 0.3},\n"
	       "      rate: {uncertain: counter began again, value: 18}}}\n"
	       "  - {values: {n: 4, total: 1009, more: 0.1, rate: {bad: no time has passed}}}\n");
}

/* Feeds a counter to a profile whose only tag is derived from it, and looks at what becomes of it. */
struct counter {
	struct bench bench;
	struct derive *derive;
	struct derive_time time;
	struct dragoman_value value;
};

static void begin(struct counter *c, const char *tag, const char *values)
{
	char text[512];

	snprintf(text, sizeof(text),
		 HEAD "tags: {a: {%s}}\nframes: {f: {text: '{a:integer}', values: {a: {%s}}}}\n",
		 tag, values);
	load(&c->bench, text);
	assert_non_null(c->bench.profile);
	c->derive = derive_new(c->bench.profile);
	c->time = (struct derive_time){.received_ns = 1000 * NS_PER_S};
}

static void end(struct counter *c)
{
	derive_free(&c->derive);
	unload(&c->bench);
}

static void count_as(struct counter *c, double after_s, struct dragoman_value value)
{
	c->time.received_ns += (int64_t)(after_s * 1e9);
	if (c->time.device_ns)
		c->time.device_ns += (int64_t)(after_s * 1e9);
	c->value = value;
	derive_apply(c->derive, c->bench.profile->frames, &c->time, &c->value);
}

static void count(struct counter *c, double after_s, double number)
{
	count_as(c, after_s, (struct dragoman_value){.type = DRAGOMAN_NUMBER, .as.number = number});
}

static void is(const struct counter *c, double number)
{
	assert_int_equal(c->value.quality, DRAGOMAN_GOOD);
	assert_true(fabs(c->value.as.number - number) < 1e-9);
}

static void is_doubtful(const struct counter *c, enum dragoman_quality quality, const char *reason)
{
	assert_int_equal(c->value.quality, quality);
	assert_string_equal(c->value.reason, reason);
}

static void rates_are_by_the_time_that_has_passed(void **state)
{
	struct counter c;

	(void)state;
	begin(&c, "", "derive: rate, per: 1min");
	count(&c, 0, 10);
	is_doubtful(&c, DRAGOMAN_BAD, "no earlier reading");
	count(&c, 2, 13);
	is(&c, 90);
	count(&c, 0.5, 12);
	is(&c, -120);
	count(&c, 0, 14);
	is_doubtful(&c, DRAGOMAN_BAD, "no time has passed");
	/* Nobody listened for an hour; and one reading was bad. */
	count(&c, 3600, 3614);
	is(&c, 60);
	count_as(&c, 10, (struct dragoman_value){.quality = DRAGOMAN_BAD, .reason = "absent"});
	is_doubtful(&c, DRAGOMAN_BAD, "absent");
	count(&c, 10, 3634);
	is(&c, 60);
	end(&c);
}

static void a_clock_that_is_set_changes_no_rate(void **state)
{
	struct counter c;

	(void)state;
	begin(&c, "", "derive: rate");
	count(&c, 0, 0);
	c.time.received_ns += 3600 * NS_PER_S; /* forwards */
	c.time.ahead_ns += 3600 * NS_PER_S;
	count(&c, 2, 10);
	is(&c, 5);
	c.time.received_ns -= 7200 * NS_PER_S; /* back */
	c.time.ahead_ns -= 7200 * NS_PER_S;
	count(&c, 2, 20);
	is(&c, 5);
	end(&c);
}

static void the_devices_own_time_counts(void **state)
{
	struct counter c;

	(void)state;
	begin(&c, "", "derive: rate");
	c.time.device_ns = 500 * NS_PER_S;
	count(&c, 0, 0);
	/* The line was slow: received five seconds later than it was said. */
	c.time.received_ns += 5 * NS_PER_S;
	count(&c, 2, 10);
	is(&c, 5);
	/* All at once, from a memory. */
	c.time.device_ns += 10 * NS_PER_S;
	count(&c, 0, 60);
	is(&c, 5);
	/* The device's clock is set back: neither a negative rate nor one by another clock. */
	c.time.device_ns -= 3600 * NS_PER_S;
	count(&c, 2, 70);
	is_doubtful(&c, DRAGOMAN_BAD, "clock went back");
	count(&c, 2, 80);
	is(&c, 5);
	/* It shows no time for once. */
	c.time.device_ns = 0;
	count(&c, 2, 90);
	is(&c, 5);
	end(&c);
}

static void counters_roll_over_once(void **state)
{
	struct counter c;

	(void)state;
	begin(&c, "", "derive: difference, rolls_over: 1000");
	count(&c, 0, 900);
	count(&c, 10, 950);
	is(&c, 50);
	count(&c, 10, 0);
	is(&c, 50);
	/* It was off; it would have rolled over more than once in that time. */
	count(&c, 199, 995);
	is(&c, 995);
	count(&c, 201, 5);
	is_doubtful(&c, DRAGOMAN_UNCERTAIN, "too long for the counter");
	count(&c, 10, 55);
	is(&c, 50);
	count(&c, 10, 20);
	is_doubtful(&c, DRAGOMAN_UNCERTAIN, "counter began again");
	end(&c);
	begin(&c, "", "derive: total");
	count(&c, 0, 100);
	is(&c, 100);
	count(&c, 1, 110);
	is(&c, 110);
	count(&c, 1, 3);
	is_doubtful(&c, DRAGOMAN_UNCERTAIN, "counter began again");
	assert_true(c.value.as.number == 113);
	count(&c, 1, 4);
	is(&c, 114);
	end(&c);
}

static void counters_of_64_bits_lose_none(void **state)
{
	const uint64_t high = (uint64_t)1 << 63;
	struct counter c;

	(void)state;
	begin(&c, "type: natural", "derive: difference, rolls_over: 18446744073709551616");
	count_as(&c, 0, (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = high});
	count_as(&c, 1, (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = high + 1});
	assert_true(c.value.type == DRAGOMAN_NATURAL && c.value.as.natural == 1);
	count_as(&c, 1,
		 (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = UINT64_MAX});
	count_as(&c, 1, (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = 1});
	assert_true(c.value.quality == DRAGOMAN_GOOD && c.value.as.natural == 2);
	end(&c);
	begin(&c, "type: integer", "derive: total");
	count_as(&c, 0,
		 (struct dragoman_value){.type = DRAGOMAN_INTEGER, .as.integer = INT64_MAX - 1});
	count_as(&c, 1, (struct dragoman_value){.type = DRAGOMAN_INTEGER, .as.integer = INT64_MAX});
	assert_true(c.value.quality == DRAGOMAN_GOOD && c.value.as.integer == INT64_MAX);
	count_as(&c, 1, (struct dragoman_value){.type = DRAGOMAN_INTEGER, .as.integer = 1});
	is_doubtful(&c, DRAGOMAN_BAD, "out of range");
	end(&c);
	begin(&c, "type: natural", "derive: difference");
	count_as(&c, 0, (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = 5});
	count_as(&c, 1, (struct dragoman_value){.type = DRAGOMAN_NATURAL, .as.natural = 4});
	is_doubtful(&c, DRAGOMAN_BAD, "out of range");
	end(&c);
}

static void what_is_derived_of_the_doubtful_is_so(void **state)
{
	struct counter c;

	(void)state;
	begin(&c, "", "derive: rate, max: 10");
	count_as(&c, 0,
		 (struct dragoman_value){.type = DRAGOMAN_NUMBER,
					 .as.number = 1,
					 .quality = DRAGOMAN_UNCERTAIN,
					 .reason = "unstable"});
	count(&c, 1, 2);
	is_doubtful(&c, DRAGOMAN_UNCERTAIN, "earlier reading uncertain");
	count(&c, 1, 3);
	is(&c, 1);
	count(&c, 1, 20); /* the limit is of the rate */
	is_doubtful(&c, DRAGOMAN_UNCERTAIN, "out of range");
	count(&c, 1, 21);
	is(&c, 1);
	end(&c);
	/* Of several fields it may come from one is derived from once. */
	passes(BINARY
	       "tags: {n: {}}\n"
	       "frames: {f: {bytes: [{field: kind, type: u8}, {switch: kind, cases: {1: [{field: small, type: u8}], 2: [{field: great, type: u16}]}}],\n"
	       "  values: {n: {field: [small, great], derive: difference}}}}\n"
	       "tests:\n"
	       "- received: {hex: \"01 07\"}\n"
	       "  values: {n: {bad: no earlier reading}}\n"
	       "  " FROM "\n");
}

static void readings_without_news_are_held_back(void **state)
{
	(void)state;
	passes(HEAD "tags: {a: {deadband: 0.5}, b: {type: text}, c: {type: boolean}}\n"
		    "report: {on_change: true}\n"
		    "frames: {f: {text: '{a:number} {b} {c:bit}'}}\n"
		    "tests:\n"
		    "- received: \"1 x 0\\n1.5 x 0\\n1.6 x 0\\n1.6 y 0\\n1.6 y 1\\n1.6 y 1\\n\"\n"
		    "  " FROM "\n"
		    "  readings:\n"
		    "  - {values: {a: 1, b: x, c: false}}\n"
		    "  - {values: {a: 1.6, b: x, c: false}}\n"
		    "  - {values: {a: 1.6, b: y, c: false}}\n"
		    "  - {values: {a: 1.6, b: y, c: true}}\n");
}

static void the_device_may_say_what_is_news(void **state)
{
	static const char profile[] = HEAD
		"readings:\n  w: {tags: {a: {deadband: 5}, n: {type: text}}, report: {at_least: 1h}}\n"
		"  c: {repeat: 2, tags: {t: {}}}\nframes: {w: {text: '{a:number} {n}'}}\n";
	static const struct {
		const char *report, *deadband, *error;
	} wrong[] = {
		{"{at_lest: 1s}", NULL, "did you mean \"at_least\""},
		{"{v: {at_least: 1s}}", NULL, "o.yaml:1:2: the profile has no reading v"},
		{NULL, "{b: 1}", "the profile has no tag b"},
		{NULL, "{a: -1}", "o.yaml:1:5: "},
		{NULL, "{n: 1}", "n is no number"},
		{NULL, "[a]", "expected {tag: number}"},
	};
	const int64_t s = NS_PER_S;
	struct dragoman_value w[] = {{.type = DRAGOMAN_NUMBER}, {.quality = DRAGOMAN_BAD}};
	struct conf_errors errors = {0};
	struct conf_node *report, *deadband;
	const struct reading *r;
	struct news *news;
	struct bench b;

	(void)state;
	load(&b, profile);
	assert_non_null(b.profile);
	r = b.profile->readings;
	news = news_new(b.profile);
	report = conf_parse("o.yaml", "{w: {at_least: 10s}, c: {on_change: false}}", 43, &errors);
	deadband = conf_parse("o.yaml", "{a: 0.5, t: 2}", 14, &errors);
	assert_int_equal(news_read(news, report, deadband, &errors), 0);
	assert_true(news_is(news, r, w, 1000 * s));
	w[0].as.number = 0.5;
	assert_false(news_is(news, r, w, 1001 * s));
	w[0].as.number = 0.6;
	assert_true(news_is(news, r, w, 1002 * s));
	assert_false(news_is(news, r, w, 1011 * s));
	assert_true(news_is(news, r, w, 1012 * s));
	assert_true(news_is(news, r + 2, w, 1000 * s));
	assert_true(news_is(news, r + 2, w, 1001 * s));
	news_free(&news);
	conf_free(&report);
	conf_free(&deadband);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *text = wrong[i].report ? wrong[i].report : wrong[i].deadband;
		struct conf_node *node = conf_parse("o.yaml", text, strlen(text), &errors);
		struct buf said = {0};

		news = news_new(b.profile);
		assert_int_equal(news_read(news, wrong[i].report ? node : NULL,
					   wrong[i].deadband ? node : NULL, &errors),
				 -1);
		conf_errors_print(&errors, &said);
		if (!strstr(buf_str(&said), wrong[i].error))
			fail_msg("expected \"%s\" in\n%s", wrong[i].error, buf_str(&said));
		buf_fini(&said);
		conf_errors_fini(&errors);
		errors = (struct conf_errors){0};
		news_free(&news);
		conf_free(&node);
	}
	unload(&b);
}

static void silence_ends_in_a_reading_anyway(void **state)
{
	const struct dragoman_value one = {.type = DRAGOMAN_NUMBER, .as.number = 1};
	const struct dragoman_value bad = {.quality = DRAGOMAN_BAD, .reason = "no sensor"};
	const int64_t s = 1000000000;
	struct news *news;
	struct bench b;

	(void)state;
	load(&b,
	     HEAD "tags: {a: {}}\nreport: {at_least: 10s}\nframes: {f: {text: '{a:number}'}}\n");
	news = news_new(b.profile);
	assert_true(news_is(news, b.profile->readings, &one, 1000 * s));
	assert_false(news_is(news, b.profile->readings, &one, 1001 * s));
	assert_false(news_is(news, b.profile->readings, &one, 1009 * s));
	assert_true(news_is(news, b.profile->readings, &one, 1010 * s));
	assert_false(news_is(news, b.profile->readings, &one, 1019 * s));
	assert_true(news_is(news, b.profile->readings, &bad, 1019 * s));
	assert_false(news_is(news, b.profile->readings, &bad, 1020 * s));
	assert_true(news_is(news, b.profile->readings, &one, 1020 * s));
	/* The clock was set back; the line was down. */
	assert_true(news_is(news, b.profile->readings, &one, 500 * s));
	news_forget(news);
	assert_true(news_is(news, b.profile->readings, &one, 501 * s));
	news_free(&news);
	unload(&b);
}

#define WRONG_VALUE(values, text)                                                                  \
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{x:integer} {y:integer} {z}',\n"        \
		       "  values: {a: {" values "}}}}\n",                                          \
		  text)

static void mistakes_in_values_name_what_was_meant(void **state)
{
	(void)state;
	WRONG_VALUE("field: x, scale: 0", "p.yaml:7:33: a scale of 0");
	WRONG_VALUE("field: x, scale: w", "has no field w");
	WRONG_VALUE("field: x, scale: {table: {0: 1}}", "expected a number, a field, or");
	WRONG_VALUE("field: x, decimals: 20", "expected -15 to 15 decimals");
	WRONG_VALUE("sum: {x: 1}", "expected {field: factor, field: factor}");
	WRONG_VALUE("sum: {x: 1, z: 2}", "the field is a text");
	WRONG_VALUE("sum: {x: 1, y: 0}", "expected a factor");
	WRONG_VALUE("field: x, sum: {x: 1, y: 2}",
		    "expected one of field, sum, product and ratio; the last three are of numbers");
	WRONG_VALUE("product: {x: 1, y: 2}", "expected a list of fields");
	WRONG_VALUE("product: [x, z]", "the field is a text");
	WRONG_VALUE("ratio: [x]", "expected [field, field]");
	WRONG_VALUE("ratio: [x, w]", "has no field w");
	WRONG_VALUE("ratio: [x, y], sum: {x: 1, y: 1}",
		    "expected one of field, sum, product and ratio");
	WRONG_VALUE("field: [x, w]", "has no field w");
	WRONG_VALUE("field: x, rolls_over: 100", "goes with derive only");
	WRONG_VALUE("field: x, derive: rat", "did you mean rate");
	WRONG_VALUE("field: x, derive: total, scale: y, rolls_over: 10", "always the same");
	complains(HEAD
		  "report: {on_chnge: true}\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n",
		  "did you mean \"on_change\"");
	complains(HEAD "report: {on_change: true}\nreadings: {f: {tags: {a: {}}}}\n"
		       "frames: {f: {text: '{a:number}'}}\n",
		  "goes into each of the readings");
	complains(HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}', length: [5, 3]}}\n",
		  "expected a number of bytes, or [at least, at most]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_keep_all_of_their_bits),
		cmocka_unit_test(whole_factors_make_integers_of_integers),
		cmocka_unit_test(codes_and_parts_of_64_bits_are_told_apart),
		cmocka_unit_test(scripts_see_all_64_bits),
		cmocka_unit_test(scales_stand_in_other_fields),
		cmocka_unit_test(values_come_from_several_fields),
		cmocka_unit_test(values_are_products_and_ratios),
		cmocka_unit_test(products_of_what_is_no_tag_are_read_only),
		cmocka_unit_test(counters_have_totals_and_rates),
		cmocka_unit_test(rates_are_by_the_time_that_has_passed),
		cmocka_unit_test(a_clock_that_is_set_changes_no_rate),
		cmocka_unit_test(the_devices_own_time_counts),
		cmocka_unit_test(counters_roll_over_once),
		cmocka_unit_test(counters_of_64_bits_lose_none),
		cmocka_unit_test(what_is_derived_of_the_doubtful_is_so),
		cmocka_unit_test(readings_without_news_are_held_back),
		cmocka_unit_test(the_device_may_say_what_is_news),
		cmocka_unit_test(silence_ends_in_a_reading_anyway),
		cmocka_unit_test(mistakes_in_values_name_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
