/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the profile engine costs for a frame: eight fields from bytes to values, without the host and what
 * comes behind it; beside it, in the same run, the bare cost of reading the same text with PCRE2 and with strtod, the
 * same binary fields by hand, and that of packing eight values into an event. Then sentences of NMEA 0183, from the
 * bytes of the line to the event, and the same by hand; gpsd's cost stands beside it in i_profile.py.
 *
 *	bench/profile_bench [frames [bench/nmea0183.yaml]]
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
#include "link/link.h"
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

/* Two sentences as decodeload.c sends them. */
static const char sentences[] =
	"$GPGGA,000000.10,5321.0001,N,00630.9998,W,1,08,1.03,61.7,M,55.2,M,,*77\r\n"
	"$GPRMC,000000.10,A,5321.0001,N,00630.9998,W,012.3,031.7,221126,,,A*4C\r\n";
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
		values_decode(frame, &none, raw, &scratch, values);
	}
	took = seconds() - begin;
	printf("profile %-10s 8 fields  %6.2f M frames/s  %6.1f ns a frame\n", kinds[kind].name,
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
	printf("bare PCRE2         8 groups  %6.2f M frames/s  %6.1f ns a frame\n",
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
	printf("bare strtod        8 fields  %6.2f M frames/s  %6.1f ns a frame\n",
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
	printf("bare bytes         8 fields  %6.2f M frames/s  %6.1f ns a frame\n",
	       (double)n / took / 1e6, took / (double)n * 1e9);
}

/* ---- sentences ---- */

/* Two a round. */
static void print_sentences(const char *name, double took, size_t rounds)
{
	printf("%-14s     sentence  %6.2f M frames/s  %6.1f ns a sentence\n", name,
	       2 * (double)rounds / took / 1e6, took / (double)rounds / 2 * 1e9);
}

struct chain {
	const struct profile *profile;
	struct raw *raw;
	struct buf scratch;
	struct dragoman_value values[8];
	struct event_head head;
	struct event_room room;
	size_t n, bytes;
};

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct chain *c = arg;
	const struct parameters none = {0};
	const struct frame *frame;
	struct dragoman_reading reading = {.received_ns = received_ns, .values = c->values};
	size_t packed;

	must(profile_decode(c->profile, NULL, &none, payload, len, c->raw, &frame) ==
	     DRAGOMAN_TAKEN);
	buf_clear(&c->scratch);
	values_decode(frame, &none, c->raw, &c->scratch, c->values);
	reading.key = frame->reading->name;
	reading.n_values = frame->reading->n_tags;
	reading.device_time_ns = values_time(frame, c->raw, received_ns);
	must(reading.device_time_ns);
	must(event_pack_reading(&c->room, &c->head, 1, ++c->n, &reading, NULL, &packed));
	c->bytes += packed;
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
	fprintf(stderr, "%s\n", link_verdict_name(verdict));
	must(!"a sentence was refused");
}

/* From the bytes of a line to the event, checksum and time included. */
static void run_sentences(const char *path, size_t rounds)
{
	static const struct link_sink sink = {.frame = on_frame, .refused = on_refused};
	const struct link_line line = {0};
	struct conf_errors errors = {0};
	struct profile *p = profile_load(path, &errors);
	struct link *link = p ? link_new(profile_link(p), &line, &errors) : NULL;
	struct chain c = {.profile = p};
	double begin;

	must(link);
	c.raw = xcalloc(p->max_fields, sizeof(*c.raw));
	event_head_init(&c.head, "bench", 1, "bench/device");
	link_set_sink(link, &sink, &c);
	begin = seconds();
	for (size_t i = 0; i < rounds; i++)
		link_receive(link, (const uint8_t *)sentences, strlen(sentences),
			     1795600000000000000, (int64_t)i);
	print_sentences("profile NMEA", seconds() - begin, rounds);
	must(c.n == 2 * rounds);
	link_free(&link);
	event_head_fini(&c.head);
	event_room_fini(&c.room);
	free(c.raw);
	buf_fini(&c.scratch);
	profile_free(&p);
	conf_errors_fini(&errors);
}

static double degrees(const char *at, size_t digits, char hemisphere)
{
	double whole = 0;

	for (size_t i = 0; i < digits; i++)
		whole = whole * 10 + (at[i] - '0');
	whole += strtod(at + digits, NULL) / 60;
	return hemisphere == 'S' || hemisphere == 'W' ? -whole : whole;
}

/* One sentence by one who knows what stands where: its length. */
static size_t read_sentence(const char *at, volatile double *sink)
{
	const char *fields[24], *end;
	size_t n = 0;
	uint8_t sum = 0;

	must(*at == '$');
	for (end = at + 1; *end != '*'; end++) {
		sum ^= (uint8_t)*end;
		if (*end == ',' && n < 24)
			fields[n++] = end + 1;
	}
	must(strtoul(end + 1, NULL, 16) == sum);
	*sink = strtod(fields[0], NULL);
	if (at[3] == 'G') {
		*sink = *sink + degrees(fields[1], 2, *fields[2]) +
			degrees(fields[3], 3, *fields[4]) + strtod(fields[5], NULL) +
			strtod(fields[6], NULL) + strtod(fields[7], NULL) + strtod(fields[8], NULL);
	} else {
		*sink = *sink + degrees(fields[2], 2, *fields[3]) +
			degrees(fields[4], 3, *fields[5]) + (*fields[1] == 'A') +
			strtod(fields[6], NULL) + strtod(fields[7], NULL) + strtod(fields[8], NULL);
	}
	return (size_t)(end + 5 - at);
}

/* Neither framing nor values with their names and qualities, nor an event: the fields alone. */
static void run_bare_sentences(size_t rounds)
{
	volatile double sink = 0;
	double begin = seconds();

	for (size_t i = 0; i < rounds; i++)
		read_sentence(sentences + read_sentence(sentences, &sink), &sink);
	print_sentences("bare NMEA", seconds() - begin, rounds);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? (size_t)atol(argv[1]) : 2000000;

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		run(kind, n);
	run_bare(n);
	run_bare_text(n);
	run_bare_binary(n);
	if (argc > 2)
		run_sentences(argv[2], n / 2);
	run_bare_sentences(n / 2);
	run_packing("values", false, false, n);
	run_packing("typed", true, true, n);
	run_packing("both", true, false, n);
	return 0;
}
