/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the profile engine costs for a frame: eight fields from bytes to values, without the host and what
 * comes behind it; beside it, in the same run, the bare cost of reading the same text with PCRE2 and with strtod, the
 * same binary fields by hand, and that of packing eight values into an event.
 *
 *	bench/profile_bench [frames]
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/typed.h"
#include "profile/values.h"

#define TAGS                                                                                       \
	"tags: {a: {}, b: {}, c: {}, d: {}, e: {type: integer}, f: {type: text}, g: {type: boolean}, h: {type: text}}\n"
#define LOCK                                                                                            \
	"lock: {lock: 1, package: bench, fields: {a: 1 number, b: 2 number, c: 3 number, d: 4 number, " \
	"e: 5 integer, f: 6 text, g: 7 boolean, h: 8 text}}\n"
#define HEAD "profile: 1\ntitle: bench\nsource: here\nlink: {delimiter: \"\\n\"}\n" TAGS LOCK

static const struct {
	const char *name, *profile, *text, *hex;
} kinds[] = {
	{"template",
	 HEAD "frames: {f: {text: 'W {a:number(8)} {b:number} {c:number} {d:number} {e:integer} "
	      "{f:choice(S|D)} {g:bit} {h}'}}\n",
	 "W   100.25 12.5 -3.125 49.98 1234 S 1 kg", NULL},
	{"pattern",
	 HEAD
	 "frames: {f: {pattern: 'W +(?<a>[\\d.]+) (?<b>[\\d.]+) (?<c>-?[\\d.]+) (?<d>[\\d.]+) (?<e>\\d+) "
	 "(?<f>[SD]) (?<g>[01]) (?<h>\\w+)', fields: {a: number, b: number, c: number, d: number, "
	 "e: integer, g: bit}}}\n",
	 "W   100.25 12.5 -3.125 49.98 1234 S 1 kg", NULL},
	{"binary",
	 HEAD
	 "frames: {f: {bytes: [{constant: aa c0}, {field: a, type: u16}, {field: b, type: i16}, "
	 "{field: c, type: f32}, {field: d, type: bcd(4)}, {field: e, type: u24}, {field: f, type: text(4)}, "
	 "{type: u8, bits: {0: g}}, {field: h, type: text(4)}, {check: {algorithm: sum8, from: 2}}], "
	 "values: {a: {decimals: 1}, b: {scale: 0.01}, d: {decimals: 2}}}}\n",
	 NULL, "aa c0 01 02 ff fe 42 48 00 00 12 34 01 02 03 41 42 20 20 01 43 44 45 46 ac"},
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(size_t kind, size_t n)
{
	struct conf_errors errors = {0};
	struct conf_node *root =
		conf_parse("bench", kinds[kind].profile, strlen(kinds[kind].profile), &errors);
	struct profile *p = root ? profile_compile(root, &errors) : NULL;
	struct parameters none = {0};
	const struct frame *frame;
	struct raw *raw;
	struct dragoman_value values[8];
	struct buf scratch = {0};
	uint8_t bytes[64];
	ssize_t len;
	double begin, took;

	must(p);
	raw = xcalloc(p->max_fields, sizeof(*raw));
	len = kinds[kind].hex ? hex_parse(kinds[kind].hex, bytes, sizeof(bytes))
			      : (ssize_t)strlen(kinds[kind].text);
	if (!kinds[kind].hex)
		memcpy(bytes, kinds[kind].text, (size_t)len);
	buf_room(&scratch, 256);
	begin = seconds();
	for (size_t i = 0; i < n; i++) {
		must(profile_decode(p, NULL, &none, bytes, (size_t)len, raw, &frame) ==
		     DRAGOMAN_TAKEN);
		buf_clear(&scratch);
		values_decode(frame, raw, &scratch, values);
	}
	took = seconds() - begin;
	printf("profile %-10s 8 fields  %6.2f M frames/s  %4.0f ns a frame\n", kinds[kind].name,
	       (double)n / took / 1e6, took / (double)n * 1e9);
	free(raw);
	buf_fini(&scratch);
	profile_free(&p);
	conf_free(&root);
	conf_errors_fini(&errors);
}

/* The event that comes of eight values: generic, as a message of the profile's own type, or both. */
static void run_packing(const char *name, bool has_type, bool is_alone, size_t n)
{
	static const struct dragoman_value values[] = {
		{.tag = "a", .type = DRAGOMAN_NUMBER, .as.number = 100.25},
		{.tag = "b", .type = DRAGOMAN_NUMBER, .as.number = 12.5},
		{.tag = "c", .type = DRAGOMAN_NUMBER, .as.number = -3.125},
		{.tag = "d", .type = DRAGOMAN_NUMBER, .as.number = 49.98},
		{.tag = "e", .type = DRAGOMAN_INTEGER, .as.integer = 1234},
		{.tag = "f", .type = DRAGOMAN_TEXT, .as.text = {"S", 1}},
		{.tag = "g", .type = DRAGOMAN_BOOLEAN, .as.boolean = true},
		{.tag = "h", .type = DRAGOMAN_TEXT, .as.text = {"kg", 2}},
	};
	const struct dragoman_reading reading = {.values = values, .n_values = 8};
	struct conf_errors errors = {0};
	struct conf_node *root =
		conf_parse("bench", kinds[0].profile, strlen(kinds[0].profile), &errors);
	struct typed *typed = typed_new(root, root, is_alone, &errors);
	struct event_head head;
	struct event_room room = {0};
	size_t len = 0;
	double begin, took;

	must(typed);
	event_head_init(&head, "bench", 1, "bench/device");
	begin = seconds();
	for (size_t i = 0; i < n; i++)
		must(event_pack_reading(&room, &head, 1, i + 1, &reading,
					has_type ? typed_find(typed, NULL) : NULL, &len));
	took = seconds() - begin;
	printf("event %-12s 8 values  %6.2f M events/s  %4.0f ns an event of %zu bytes\n", name,
	       (double)n / took / 1e6, took / (double)n * 1e9, len);
	event_head_fini(&head);
	event_room_fini(&room);
	typed_free(&typed);
	conf_free(&root);
	conf_errors_fini(&errors);
}

/* The expression alone, with nothing made of its groups. */
static void run_bare(size_t n)
{
	static const char pattern[] =
		"W +([\\d.]+) ([\\d.]+) (-?[\\d.]+) ([\\d.]+) (\\d+) ([SD]) ([01]) (\\w+)";
	const char *text = kinds[1].text;
	PCRE2_SIZE at;
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED,
					 &error, &at, NULL);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	double begin = seconds(), took;

	for (size_t i = 0; i < n; i++)
		must(pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL) == 9);
	took = seconds() - begin;
	printf("bare PCRE2         8 groups  %6.2f M frames/s  %4.0f ns a frame\n",
	       (double)n / took / 1e6, took / (double)n * 1e9);
	pcre2_match_data_free(data);
	pcre2_code_free(code);
}

/* A number at the front of what follows blanks. */
static double next_number(const char **at)
{
	char *end;
	double value = strtod(*at, &end);

	*at = end;
	return value;
}

/* The same text by one who knows what stands where: five numbers, the rest by its place. */
static void run_bare_text(size_t n)
{
	char text[64];
	volatile double sink = 0;
	double begin = seconds(), took;

	strcpy(text, kinds[0].text);
	for (size_t i = 0; i < n; i++) {
		const char *at = text + 1;

		must(text[0] == 'W');
		for (int f = 0; f < 5; f++)
			sink = sink + next_number(&at);
		sink = sink + (at[1] == 'S') + (at[3] == '1') + (double)strlen(at + 5);
	}
	took = seconds() - begin;
	printf("bare strtod        8 fields  %6.2f M frames/s  %4.0f ns a frame\n",
	       (double)n / took / 1e6, took / (double)n * 1e9);
}

static unsigned big_endian(const uint8_t *at, size_t size)
{
	unsigned value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

/* The binary frame likewise, its sum included. */
static void run_bare_binary(size_t n)
{
	volatile double sink = 0;
	uint8_t bytes[64];
	ssize_t len = hex_parse(kinds[2].hex, bytes, sizeof(bytes));
	double begin = seconds(), took;

	for (size_t i = 0; i < n; i++) {
		uint8_t sum = 0;
		uint32_t bits = big_endian(bytes + 6, 4);
		float single;

		for (ssize_t b = 2; b < len - 1; b++)
			sum = (uint8_t)(sum + bytes[b]);
		must(bytes[0] == 0xaa && bytes[1] == 0xc0 && sum == bytes[len - 1]);
		memcpy(&single, &bits, sizeof(single));
		sink = sink + big_endian(bytes + 2, 2) / 10.0;
		sink = sink + (int16_t)big_endian(bytes + 4, 2) / 100.0;
		sink = sink + (double)single + big_endian(bytes + 12, 3);
		sink = sink + (bytes[10] >> 4) * 10 + (bytes[10] & 15) + (bytes[19] & 1);
	}
	took = seconds() - begin;
	printf("bare bytes         8 fields  %6.2f M frames/s  %4.0f ns a frame\n",
	       (double)n / took / 1e6, took / (double)n * 1e9);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? (size_t)atol(argv[1]) : 2000000;

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		run(kind, n);
	run_bare(n);
	run_bare_text(n);
	run_bare_binary(n);
	run_packing("values", false, false, n);
	run_packing("typed", true, true, n);
	run_packing("both", true, false, n);
	return 0;
}
