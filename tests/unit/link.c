/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each case is a link, what comes on its line, and what it makes of that, written as text: a frame as
 * "[payload]", a refusal as "(verdict payload)". Each is run whole, byte by byte and in random pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "link/link.h"

struct heard {
	struct buf all, frames, written;
	int64_t times[16];
	size_t n;
	uint64_t ticket; /* of the last record */
};

static void put(struct buf *b, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] >= ' ' && bytes[i] < 0x7f)
			buf_add(b, &bytes[i], 1);
		else
			buf_addf(b, "<%02x>", bytes[i]);
}

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct heard *h = arg;

	buf_add_str(&h->all, "[");
	put(&h->all, payload, len);
	buf_add_str(&h->all, "]");
	buf_add_str(&h->frames, "[");
	put(&h->frames, payload, len);
	buf_add_str(&h->frames, "]");
	if (h->n < 16)
		h->times[h->n++] = received_ns;
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct heard *h = arg;

	assert_in_range(len, 1, 64);
	buf_addf(&h->all, "(%s ", link_verdict_name(verdict));
	put(&h->all, bytes, len);
	buf_add_str(&h->all, ")");
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	buf_add(&((struct heard *)arg)->written, bytes, len);
}

static const struct link_sink sink = {.frame = on_frame, .refused = on_refused, .write = on_write};

static void heard_fini(struct heard *h)
{
	buf_fini(&h->all);
	buf_fini(&h->frames);
	buf_fini(&h->written);
}

static struct link *make_at(const char *yaml, const struct link_line *line, struct heard *h)
{
	struct conf_errors errors = {0};
	struct conf_node *tree = conf_parse("link", yaml, strlen(yaml), &errors);
	struct link *link = NULL;

	if (tree)
		link = link_new(tree, line, &errors);
	if (errors.n) {
		struct buf text = {0};

		conf_errors_print(&errors, &text);
		fail_msg("%s: %s", yaml, buf_str(&text));
	}
	assert_non_null(link);
	conf_free(&tree);
	*h = (struct heard){0};
	link_set_sink(link, &sink, h);
	return link;
}

static struct link *make(const char *yaml, int64_t char_ns, struct heard *h)
{
	return make_at(yaml, &(struct link_line){.char_ns = char_ns}, h);
}

static struct link *make_device(const char *yaml, struct heard *h)
{
	return make_at(yaml, &(struct link_line){.is_device = true}, h);
}

/* RFC 1055, RFC 1662, Sensirion's SHDLC, Kamstrup's KMP, and DF1 of publication 1770-6.5.16 */
#define SLIP                                                                                       \
	"{stuffed: {end: '\\xC0', escape: '\\xDB', table: ['\\xC0\\xDC', '\\xDB\\xDD'], max: 20}}"
#define HDLC                                                                                       \
	"{stuffed: {start: '~', end: '~', escape: '}', xor: '\\x20', check: {algorithm: "          \
	"CRC-16/IBM-SDLC, order: little}}}"
#define SHDLC                                                                                      \
	"{stuffed: {start: '~', end: '~', escape: '}', xor: '\\x20', also: '<DC1><DC3>', check: "  \
	"{algorithm: sum8-ones}}}"
#define KMP                                                                                             \
	"{stuffed: {start: '\\x40', send: '\\x80', end: '<CR>', escape: '<ESC>', xor: '\\xff', alone: " \
	"'<ACK>', check: {algorithm: CRC-16/XMODEM, from: payload}}}"
#define DF1(more)                                                                                  \
	"{stuffed: {start: '<DLE><STX>', end: '<DLE><ETX>', escape: '<DLE>', alone: "              \
	"['<DLE><ACK>', '<DLE><NAK>', '<DLE><ENQ>'], " more "}}"
#define DF1_BCC DF1("check: {algorithm: sum8-twos, place: after-end, from: payload}")
#define DF1_CRC                                                                                    \
	DF1("check: {algorithm: CRC-16/ARC, order: little, place: after-end, from: payload, to: end}")
#define TSIP "{stuffed: {start: '<DLE>', end: '<DLE><ETX>', escape: '<DLE>'}}"
#define LINED                                                                                          \
	"{stuffed: {start: 'ES', end: 'EF', escape: 'E', over: line, check: {algorithm: sum8, place: " \
	"after-end, to: end}}}"

static const struct {
	const char *link, *line;
	size_t len; /* 0: strlen */
	const char *heard;
} cases[] = {
	/* delimiter */
	{"{delimiter: \"\\r\\n\"}", "one\r\ntwo\r\n\r\nhalf", 0, "[one][two]"},
	{"{delimiter: \"\\r\\n\"}", "a\rb\nc\r\r\n", 0, "[a<0d>b<0a>c<0d>]"},
	{"{delimiter: ['<CR>', '<LF>']}", "one\r\ntwo\nthree\r", 0, "[one][two][three]"},
	{"delimiter", "one\r\ntwo\n\nthree\n", 0, "[one][two][three]"},
	{"{delimiter: \"\\n\", empty: true}", "\na\n\n", 0, "[][a][]"},
	{"{delimiter: \"\\n\", strip: false}", "a\nb\n", 0, "[a<0a>][b<0a>]"},
	{"{delimiter: \"\\r\\n\", alone: '!$'}", "!12!\r\n!$\r\n08", 0, "[!][12!][!][$]"},
	{"{delimiter: \"\\n\", max: 4}", "abc\nabcd\nab\n", 0, "[abc](too long abcd<0a>)[ab]"},
	{"{delimiter: \";\", check: {algorithm: xor, form: hex-upper, marker: '*'}}",
	 "abc*60;abc*61;abc;x*78;", 0, "[abc](bad check abc*61;)(bad check abc;)[x]"},
	{"{delimiter: \";\", check: {algorithm: xor, form: hex-upper, marker: '*', required: false}}",
	 "abc;abc*60;abc*61;a*b*4B*28;abc*;", 0,
	 "[abc][abc](bad check abc*61;)(bad check a*b*4B*28;)(bad check abc*;)"},
	{"{delimiter: \";\", check: {algorithm: sum8, form: decimal}}", "abc038;038;bc197;8;", 0,
	 "[abc](bad check 038;)[bc](too short 8;)"},
	{"{delimiter: \";\", check: {algorithm: sum8, place: after-end, to: end, form: hex-lower}}",
	 "abc;61abc;62abc;61", 0, "[abc](bad check abc;62)[abc]"},

	/* start_end */
	{"{start_end: {start: '<STX>', end: '<ETX>'}}", "xy\2one\3\2two\3z\2\3", 0,
	 "(garbage xy)[one][two](garbage z)[]"},
	{"{start_end: {start: '<STX>', end: '<ETX>'}}", "\2lost\2good\3", 0,
	 "(cut <02>lost)[good]"},
	{"{start_end: {start: '<STX>', end: '<ETX>', nested: true}}", "\2a\2b\3", 0, "[a<02>b]"},
	{"{start_end: {start: ['$', '!'], end: [\"\\r\", \"\\n\"], strip: false}}",
	 "\xb5"
	 "b$x$GPA\r\n!AIB\n$C\r\n",
	 0, "(garbage <b5>b)(cut $x)[$GPA<0d>][!AIB<0a>][$C<0d>]"},
	{"{start_end: {start: '<STX>', end: '<ETX>', max: 6}}", "\2abcdefgh\2ab\3", 0,
	 "(too long <02>abcde)(garbage fgh)[ab]"},
	{"{start_end: {start: '<STX>', end: '<ETX>', max: 6}}", "\2abc\2ab\3", 0,
	 "(too long <02>abc<02>a)[ab]"},
	/* Mettler Toledo: the two's complement of the 7-bit sum, STX and CR included, may be switched off */
	{"{start_end: {start: '<STX>', end: '<CR>', check: {algorithm: sum7-twos, place: after-end, "
	 "to: end, required: false}}}",
	 "\2ab\r\x2e\2ab\r\2ab\rx\2ab\r\x2e", 0, "[ab][ab](bad check <02>ab<0d>x)[ab]"},
	/* IEC 62056-21: BCC behind STX up to and with ETX */
	{"{start_end: {start: '<STX>', end: '<ETX>', check: {algorithm: xor, place: after-end, "
	 "from: payload, to: end}}}",
	 "\2ab\3\0\2a\3b\2ab\3\1", 14, "[ab][a](bad check <02>ab<03><01>)"},
	/* ASTM E1381: sum of frame number to ETX or ETB in hex, then CR LF */
	{"{start_end: {start: '<STX>', end: ['<ETX>', '<ETB>'], tail: \"\\r\\n\", check: {algorithm: "
	 "sum8, form: hex-upper, place: after-end, from: payload, to: end}}}",
	 "\2"
	 "1ab\3"
	 "F7\r\n\2"
	 "1ab\27"
	 "0B\r\n",
	 0, "[1ab][1ab]"},
	/* an end that was lost: the good frame behind it is found in the bad one */
	{"{start_end: {start: '<STX>', end: '<ETX>', check: {algorithm: xor, place: after-end}}}",
	 "\2los\2ab\3\1\2ab\3\1", 0, "(bad check <02>los<02>ab<03><01>)[ab][ab]"},
	{"{start_end: {start: 'AA', end: 'ZZ', extra: 2}}", "AAxAAyZZ12AAzZZ34A", 0,
	 "(cut AAx)[y][z]"},

	/* fixed */
	{"{fixed: 3}", "abcdefgh", 0, "[abc][def]"},
	{"{fixed: 5, start: '<STX>', end: '<ETX>'}", "zz\2abc\3\2abcd\2xyz\3", 0,
	 "(garbage zz)[abc](bad length <02>abcd)[xyz]"},
	{"{fixed: 4, check: {algorithm: sum8}}",
	 "abc\x26"
	 "zabc\x26"
	 "abc\x26",
	 0, "[abc](bad check zabc)[abc][abc]"},

	/* length_field */
	{"{length_field: {offset: 1, size: 1, adjust: 2, start: 'S', head: false}}",
	 "S\3abcxS\0S\1zS", 12, "[abc](garbage x)[][z]"},
	{"{length_field: {offset: 1, size: 2, order: little, adjust: 5, start: 'S', check: {algorithm: "
	 "CRC-16/MODBUS, order: little}}}",
	 "S\2\0ab\x09\xcd"
	 "S\2\0a",
	 11, "[<02><00>ab]"},
	{"{length_field: {offset: 1, size: 2, form: hex, adjust: 3, start: 'S'}}",
	 "S02abS0xS01cS0Ahhhhhhhhhh", 0, "[02ab](bad length S0x)[01c][0Ahhhhhhhhhh]"},
	{"{length_field: {offset: 1, size: 2, form: decimal, adjust: 3, start: 'S', end: 'E', strip: "
	 "false}}",
	 "S03abES05aS02bE", 0, "[S03abE](bad length S05aS02b)[S02bE]"},
	{"{length_field: {offset: 1, start: 'S', max: 6}}", "S\7S\3xS\1S\2", 0,
	 "(bad length S<07>)[<03>x](bad length S<01>)[<02>]"},

	/* stuffed */
	{SLIP,
	 "a\xdb\xdc"
	 "b\xdb\xddz\xc0\xc0\xc0next\xc0",
	 0, "[a<c0>b<db>z][next]"},
	{SLIP,
	 "a\xdb"
	 "bc\xc0yes\xc0"
	 "0123456789012345678901234\xc0no\xdb\xc0ok\xc0",
	 0,
	 "(bad escape a<db>bc<c0>)[yes](too long 01234567890123456789)(bad escape no<db><c0>)[ok]"},
	{HDLC,
	 "xy~123456789\x6e\x90~123456789\x6e\x90~~~\x7d\x11"
	 "23456789\x6e\x90~",
	 0, "(garbage xy)[123456789][123456789][123456789]"},
	{HDLC, "~12345}~123456789\x6e\x90~1}]3~123456789\x6e\x90~", 0,
	 "(bad escape 12345}~)[123456789](bad check 1}]3~)[123456789]"},
	{SHDLC,
	 "~\0\0\2\1\3\xf9~"
	 "z~\0\0\0\0\xff~~\0\xd0\1\1\x2d~",
	 24, "[<00><00><02><01><03>](bad check z~)[<00><00><00><00>][<00><d0><01><01>]"},
	{SHDLC, "~\0\0\2\x7d\x5d\x7d\x31\x6f~", 10, "[<00><00><02>}<11>]"},
	{KMP, "@?\1\x1b\xf9\x1b\xbf\x2d\x55\r\6x@?@?\1\x1b\xf9\x1b\xbf\x2d\x55\r", 0,
	 "[?<01><06>@][<06>](garbage x)(cut @?)[?<01><06>@]"},
	{DF1_BCC,
	 "\x10\2\x08\x09\6\0\2\4\3\x10\3\xe0\x10\6\x10\2\x08\x09\6\0\x10\x10\4\3\x10\3\xd2", 27,
	 "[<08><09><06><00><02><04><03>][<10><06>][<08><09><06><00><10><04><03>]"},
	/* an answer within a frame; a check that was lost; and doubled escapes in what is left */
	{DF1_BCC,
	 "\x10\2ab\x10\6c\x10\3\xda\x10\2"
	 "abc\x10\3\x10\2"
	 "abc\x10\3\xda",
	 0, "[<10><06>][abc](bad check <10><02>abc<10><03><10>)[abc]"},
	{DF1_BCC,
	 "ab\x10\x10\6\x10\3z\x10\2los\x10\2"
	 "abc\x10\3\xda\x10\2q\x10zx\x10\3\x10\x15",
	 0,
	 "(garbage ab<10><10><06><10><03>z)(cut <10><02>los)[abc](bad escape "
	 "<10><02>q<10>zx<10><03>)[<10><15>]"},
	{DF1_CRC, "\x10\2\7\x11\x41\0\x53\xb9\0\0\0\0\0\0\0\0\0\x10\3\x2e\xe4", 21,
	 "[<07><11>A<00>S<b9><00><00><00><00><00><00><00><00><00>]"},
	{TSIP, "\x10\x4a\x10\x10\1\x10\3\x10\x41zz\x10\x42z\x10\3", 0,
	 "[J<10><01>](cut <10>Azz)[Bz]"},
	{LINED,
	 "ESaEEbEF\x70"
	 "ESaEEbEF\x71"
	 "ESaEF\x84",
	 0, "[aEb](bad check ESaEEbEFq)[a]"},

	/* raw and gap see chunks; see below */
};

/* When the frames of a link with this YAML are cut from pieces of n bytes (0: random ones). */
static void run(struct link *link, const char *line, size_t len, size_t n)
{
	for (size_t at = 0; at < len;) {
		size_t piece = n ? n : 1 + (size_t)rand() % 7;

		if (piece > len - at)
			piece = len - at;
		link_receive(link, (const uint8_t *)line + at, piece, 1000 + (int64_t)at,
			     1000 + (int64_t)at);
		at += piece;
	}
}

static void each_case(void **state)
{
	(void)state;
	srand(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = cases[i].len ? cases[i].len : strlen(cases[i].line);

		for (int pass = 0; pass < 40; pass++) {
			struct heard h;
			struct link *link = make(cases[i].link, 0, &h);

			run(link, cases[i].line, len, pass == 0 ? len : pass == 1 ? 1 : 0);
			if (cases[i].heard)
				assert_string_equal(buf_str(&h.all), cases[i].heard);
			link_free(&link);
			heard_fini(&h);
		}
	}
}

/* Where noise ends may differ by how the bytes came; the frames may not. */
static void frames_do_not_depend_on_how_the_bytes_came(void **state)
{
	static const char alphabet[] = "\2\3\r\n$*;SAZE019ab\1\4\x10\x10\6~}F\xc0\xdb\xdc@\x1b";

	(void)state;
	srand(2);
	for (size_t i = 0; i < 40 * sizeof(cases) / sizeof(cases[0]); i++) {
		const char *yaml = cases[i % (sizeof(cases) / sizeof(cases[0]))].link;
		char line[200];
		struct heard whole, cut;
		struct link *a = make(yaml, 0, &whole), *b = make(yaml, 0, &cut);

		for (size_t j = 0; j < sizeof(line); j++)
			line[j] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		run(a, line, sizeof(line), sizeof(line));
		run(b, line, sizeof(line), i % 3 ? 0 : 1);
		link_expire(a, INT64_MAX);
		link_expire(b, INT64_MAX);
		assert_string_equal(buf_str(&whole.frames), buf_str(&cut.frames));
		link_free(&a);
		link_free(&b);
		heard_fini(&whole);
		heard_fini(&cut);
	}
}

struct refusal {
	struct link *link;
	char problem[LINK_PROBLEM_SIZE];
};

static void on_problem(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct refusal *r = arg;

	(void)verdict;
	(void)bytes;
	(void)len;
	snprintf(r->problem, sizeof(r->problem), "%s", link_problem(r->link));
}

static void ignore_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	(void)arg;
	(void)payload;
	(void)len;
	(void)received_ns;
}

static void a_wrong_check_is_explained(void **state)
{
	static const struct {
		const char *link, *line, *problem;
	} rows[] = {
		{"{fixed: 4, start: '<STX>', check: {algorithm: sum8, from: payload}}", "\2ab\xc4",
		 "expected c3 (sum8 over bytes 1 to 2), found c4"},
		{"{fixed: 4, start: '<STX>', check: {algorithm: CRC-16/MODBUS, skip: 1, order: little}}",
		 "\2azz", "expected 7e a8 (CRC-16/MODBUS over byte 1), found 7a 7a"},
		{"{delimiter: ';', check: {algorithm: xor, form: hex-upper, marker: '*'}}",
		 "abc*6G;", "expected \"60\" (xor over bytes 0 to 2), found \"6G\""},
		{"{delimiter: ';', check: {algorithm: xor, form: hex-upper, marker: '*', required: false}}",
		 "abc*;", "expected \"60\" (xor over bytes 0 to 2), found nothing"},
		{"{delimiter: ';', check: {algorithm: xor, form: hex-upper, marker: '*'}}", "abc;",
		 "expected a check behind its marker, found none"},
		{"{stuffed: {start: 'S', end: 'E', escape: '}', xor: ' ', check: {algorithm: sum8}}}",
		 "S}e1E", "expected 98 (sum8 over bytes 0 to 1), found 31"},
		{"{ack: <ACK>, link: {delimiter: ';', check: {algorithm: sum8, form: decimal}}}",
		 "a123;", "expected \"097\" (sum8 over byte 0), found \"123\""},
		{"{delimiter: ';', max: 2}", "abc;", ""},
	};
	static const struct link_sink explained = {
		.frame = ignore_frame, .refused = on_problem, .write = on_write};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;
		struct refusal r = {.link = make(rows[i].link, 0, &h), .problem = "unasked"};

		link_set_sink(r.link, &explained, &r);
		run(r.link, rows[i].line, strlen(rows[i].line), 1);
		assert_string_equal(r.problem, rows[i].problem);
		link_free(&r.link);
		heard_fini(&h);
	}
}

static void what_is_sent_is_received(void **state)
{
	static const struct {
		const char *link, *payload, *line;
	} rows[] = {
		{"raw", "abc", "abc"},
		{"{gap: 5ms}", "abc", "abc"},
		{"{gap: 5ms, check: {algorithm: CRC-16/MODBUS, order: little}}", "123456789",
		 "123456789\x37\x4b"},
		{"{delimiter: \"\\r\\n\"}", "abc", "abc\r\n"},
		{"{delimiter: [\"\\r\", \"\\n\"], send: \"\\r\\n\"}", "abc", "abc\r\n"},
		{"{delimiter: \"\\n\", strip: false}", "abc\n", "abc\n"},
		{"{delimiter: \";\", check: {algorithm: xor, form: hex-upper, marker: '*'}}", "abc",
		 "abc*60;"},
		{"{delimiter: \";\", strip: false, check: {algorithm: xor, form: hex-upper, marker: "
		 "'*'}}",
		 "abc*00;", "abc*60;"},
		{"{start_end: {start: ['$', '!'], end: [\"\\r\\n\", \"\\n\"], check: {algorithm: xor, from: "
		 "payload, form: hex-upper, marker: '*', required: false}}}",
		 "GPAAM,A,A,0.10,N,WPTNME", "$GPAAM,A,A,0.10,N,WPTNME*32\r\n"},
		{"{start_end: {start: '<STX>', end: '<CR>', check: {algorithm: sum7-twos, place: "
		 "after-end, to: end, required: false}}}",
		 "ab", "\2ab\r\x2e"},
		{"{start_end: {start: '<STX>', end: '<ETX>', tail: '<CR><LF>', check: {algorithm: sum8, "
		 "form: hex-upper, place: after-end, from: payload, to: end}}}",
		 "1ab",
		 "\2"
		 "1ab\3"
		 "F7\r\n"},
		{"{fixed: 6, start: '<STX>', end: '<ETX>', check: {algorithm: sum8, form: hex-lower, "
		 "from: payload, place: after-end}}",
		 "ab",
		 "\2ab\3"
		 "c3"},
		{"{length_field: {offset: 1, size: 2, form: hex, adjust: 3, start: 'S', head: false}}",
		 "0123456789", "S0A0123456789"},
		{"{length_field: {offset: 2, size: 1, adjust: 4, check: {algorithm: sum8}}}",
		 "xy.ab", "xy\2ab\xb6"},
		{SLIP, "a\xc0\xdbz", "a\xdb\xdc\xdb\xddz\xc0"},
		{HDLC, "123456789", "~123456789\x6e\x90~"},
		{SHDLC, "\1\x11}~\x13", "~\1}1}]}^}3\xdf~"},
		{DF1_BCC, "\x10\x06", "\x10\x06"},
		{DF1_BCC, "a\x10\3", "\x10\2a\x10\x10\3\x10\3\x8c"},
		{TSIP, "\x4a\x10\3", "\x10\x4a\x10\x10\3\x10\3"},
		{LINED, "aEb", "ESaEEbEF\x70"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;
		struct link *link = make(rows[i].link, 0, &h);
		struct err err = {""};
		size_t len = strlen(rows[i].payload);

		if (link_send(link, (const uint8_t *)rows[i].payload, len, &err) < 0)
			fail_msg("%s: %s", rows[i].link, err.text);
		assert_int_equal(h.written.len, strlen(rows[i].line));
		assert_memory_equal(buf_bytes(&h.written), rows[i].line, h.written.len);
		link_receive(link, buf_bytes(&h.written), h.written.len, 1, 1);
		link_expire(link, INT64_MAX);
		if (strstr(rows[i].link, "strip: false") || strchr(rows[i].payload, '.'))
			assert_int_equal(h.n, 1);
		else {
			struct buf expected = {0};

			buf_add_str(&expected, "[");
			put(&expected, (const uint8_t *)rows[i].payload, len);
			buf_add_str(&expected, "]");
			assert_string_equal(buf_str(&h.all), buf_str(&expected));
			buf_fini(&expected);
		}
		link_free(&link);
		heard_fini(&h);
	}
}

static void nothing_may_stand_behind_what_is_sent(void **state)
{
	struct heard h;
	struct link *link = make("{delimiter: \"\\r\\n\", send: \"\"}", 0, &h);
	struct err err = {""};

	(void)state;
	assert_int_equal(link_send(link, (const uint8_t *)"Q", 1, &err), 0);
	assert_string_equal(buf_str(&h.written), "Q");
	link_free(&link);
	heard_fini(&h);
}

/* Whatever the payload: it comes back, and the ones before and behind it do. */
static void any_payload_goes_through_byte_stuffing(void **state)
{
	static const char *const links[] = {
		SLIP,
		HDLC,
		SHDLC,
		DF1_BCC,
		DF1_CRC,
		LINED,
		"{stuffed: {start: '@', end: '<CR>', escape: '<ESC>', xor: '\\xff', alone: '<ACK>'}}",
		"{stuffed: {start: 'A', end: 'Z', escape: '!', xor: '\\x00'}}"};
	static const uint8_t alphabet[] = "\xc0\xdb\xdc\xdd~}]^\x10\2\3\6\x15\x05@\r\x1b\xe4"
					  "ESFAZ!\x11";

	(void)state;
	srand(3);
	for (size_t i = 0; i < 100 * sizeof(links) / sizeof(links[0]); i++) {
		struct heard h;
		struct link *link = make(links[i % (sizeof(links) / sizeof(links[0]))], 0, &h);
		struct buf expected = {0};

		for (int n = 0; n < 3; n++) {
			uint8_t payload[9];
			size_t len = 2 + (size_t)rand() % 8;

			for (size_t j = 0; j < len; j++)
				payload[j] = alphabet[(size_t)rand() % sizeof(alphabet)];
			assert_int_equal(link_send(link, payload, len, NULL), 0);
			buf_add_str(&expected, "[");
			put(&expected, payload, len);
			buf_add_str(&expected, "]");
		}
		run(link, (const char *)buf_bytes(&h.written), h.written.len, i % 3);
		assert_string_equal(buf_str(&h.all), buf_str(&expected));
		buf_fini(&expected);
		link_free(&link);
		heard_fini(&h);
	}
}

/* The device's end reads what the gateway's writes, and the other way round. */
static void each_direction_may_have_a_start_mark_of_its_own(void **state)
{
	struct heard at_device, at_gateway;
	struct link *device = make_device(KMP, &at_device), *gateway = make(KMP, 0, &at_gateway);

	(void)state;
	assert_int_equal(link_send(gateway, (const uint8_t *)"?\1\x80@", 4, NULL), 0);
	assert_memory_equal(buf_bytes(&at_gateway.written), "\x80?\1\x1b\x7f\x1b\xbf", 7);
	assert_int_equal(link_send(device, (const uint8_t *)"?\2", 2, NULL), 0);
	assert_int_equal(buf_bytes(&at_device.written)[0], '@');
	run(device, (const char *)buf_bytes(&at_gateway.written), at_gateway.written.len, 0);
	run(gateway, (const char *)buf_bytes(&at_device.written), at_device.written.len, 0);
	assert_string_equal(buf_str(&at_device.all), "[?<01><80>@]");
	assert_string_equal(buf_str(&at_gateway.all), "[?<02>]");
	link_free(&device);
	link_free(&gateway);
	heard_fini(&at_device);
	heard_fini(&at_gateway);
}

static void what_cannot_be_framed_is_not_sent(void **state)
{
	static const struct {
		const char *link, *payload;
	} rows[] = {
		{"{delimiter: \"\\n\"}", "a\nb"},
		{"{delimiter: \"\\n\", max: 3}", "abc"},
		{"{delimiter: \"\\n\", strip: false}", "abc"},
		{"{start_end: {start: '<STX>', end: '<ETX>'}}", "a\3"},
		{"{start_end: {start: '<STX>', end: '<ETX>', extra: 1}}", "a"},
		{"{start_end: {start: '<STX>', end: '<ETX>', strip: false}}", "a"},
		{"{start_end: {start: '<STX>', end: '<ETX>', strip: false}}", ""},
		{"{fixed: 3}", "ab"},
		{"{length_field: {offset: 4}}", "abc"},
		{"{length_field: {form: decimal}}", "x234567890"},
		{SLIP, "01234567890123456789"},
		{SLIP, ""},
		{TSIP, "\x10\x4a"},
		{TSIP, "\3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;
		struct link *link = make(rows[i].link, 0, &h);
		struct err err = {""};

		assert_int_equal(link_send(link, (const uint8_t *)rows[i].payload,
					   strlen(rows[i].payload), &err),
				 -1);
		assert_true(strlen(err.text) > 10);
		assert_int_equal(h.written.len, 0);
		link_free(&link);
		heard_fini(&h);
	}
}

static void raw_hands_out_chunks_as_they_came(void **state)
{
	struct heard h;
	struct link *link = make("{raw: {max: 4}}", 0, &h);

	(void)state;
	link_receive(link, (const uint8_t *)"abc", 3, 7, 1);
	link_receive(link, (const uint8_t *)"0123456", 7, 8, 1);
	assert_string_equal(buf_str(&h.all), "[abc][0123][456]");
	assert_int_equal(h.times[0], 7);
	assert_int_equal(h.times[2], 8);
	assert_int_equal(link_deadline(link), 0);
	link_free(&link);
	heard_fini(&h);
}

static void silence_ends_a_frame(void **state)
{
	struct heard h;
	struct link *link = make("{gap: 2ms, chars: 3.5, max: 8}", NS_PER_MS, &h);
	const int64_t ms = NS_PER_MS;

	(void)state;
	link_receive(link, (const uint8_t *)"ab", 2, 50, 100 * ms);
	assert_int_equal(link_deadline(link), 103 * ms + ms / 2);
	link_expire(link, 103 * ms);
	assert_string_equal(buf_str(&h.all), "");
	link_receive(link, (const uint8_t *)"cd", 2, 51, 104 * ms);
	link_expire(link, 107 * ms + ms / 2);
	assert_string_equal(buf_str(&h.all), "[abcd]");
	assert_int_equal(h.times[0], 50);
	assert_int_equal(link_deadline(link), 0);

	/* the process came late: the second chunk began 4 ms after the first one */
	link_receive(link, (const uint8_t *)"e", 1, 52, 200 * ms);
	link_receive(link, (const uint8_t *)"fg", 2, 53, 206 * ms);
	assert_string_equal(buf_str(&h.all), "[abcd][e]");
	link_receive(link, (const uint8_t *)"0123456789", 10, 54, 216 * ms);
	link_receive(link, (const uint8_t *)"x", 1, 54, 217 * ms);
	link_expire(link, 300 * ms);
	assert_string_equal(buf_str(&h.all), "[abcd][e](too long fg012345)");
	link_receive(link, (const uint8_t *)"hi", 2, 55, 400 * ms);
	link_reset(link);
	assert_int_equal(link_deadline(link), 0);
	assert_string_equal(buf_str(&h.all), "[abcd][e](too long fg012345)(cut hi)");
	link_free(&link);
	heard_fini(&h);
}

static void a_gap_in_milliseconds_holds_where_the_line_has_no_speed(void **state)
{
	struct heard h;
	struct link *link = make(
		"{gap: 20ms, chars: 3.5, check: {algorithm: CRC-16/MODBUS, order: little}}", 0, &h);

	(void)state;
	/* Modbus application protocol: a request of unit 1, function 3 */
	link_receive(link, (const uint8_t *)"\1\3\0\0\0\2\xc4\x0b", 8, 1, 5);
	assert_int_equal(link_deadline(link), 5 + 20 * NS_PER_MS);
	link_expire(link, INT64_MAX);
	link_receive(link, (const uint8_t *)"\1\3\0\0\0\2\xc4\x0c", 8, 1, 5);
	link_expire(link, INT64_MAX);
	assert_string_equal(
		buf_str(&h.all),
		"[<01><03><00><00><00><02>](bad check <01><03><00><00><00><02><c4><0c>)");
	link_free(&link);
	heard_fini(&h);
}

static void half_a_frame_is_given_up_after_silence(void **state)
{
	struct heard h;
	struct link *link = make("{length_field: {offset: 1, start: 'S', timeout: 1s}}", 0, &h);

	(void)state;
	/* a false start that says 100 bytes, and a good frame in what it would swallow */
	link_receive(link, (const uint8_t *)"Sd..S\4ok", 8, 1, 10);
	assert_string_equal(buf_str(&h.all), "");
	assert_int_equal(link_deadline(link), 10 + NS_PER_S);
	link_expire(link, 10 + NS_PER_S);
	assert_string_equal(buf_str(&h.all), "(cut Sd..S<04>ok)[<04>ok]");
	assert_int_equal(link_deadline(link), 0);
	link_free(&link);
	heard_fini(&h);
}

static void a_check_that_may_be_absent_is_not_waited_for_long(void **state)
{
	struct heard h;
	struct link *link = make("{start_end: {start: '<STX>', end: '<CR>', check: {algorithm: "
				 "sum7-twos, place: after-end, to: end, required: false}}}",
				 0, &h);

	(void)state;
	link_receive(link, (const uint8_t *)"\2ab\r", 4, 1, 10);
	assert_string_equal(buf_str(&h.all), "");
	assert_in_range(link_deadline(link), 11, 10 + 100 * NS_PER_MS);
	link_expire(link, link_deadline(link));
	assert_string_equal(buf_str(&h.all), "[ab]");
	link_free(&link);
	heard_fini(&h);
}

static void a_frame_has_the_time_of_its_first_byte(void **state)
{
	struct heard h;
	struct link *link = make("{delimiter: \"\\n\"}", 0, &h);

	(void)state;
	link_receive(link, (const uint8_t *)"a\nb", 3, 100, 1);
	link_receive(link, (const uint8_t *)"c", 1, 200, 2);
	link_receive(link, (const uint8_t *)"\nd\ne", 4, 300, 3);
	link_receive(link, (const uint8_t *)"\n", 1, 400, 4);
	assert_string_equal(buf_str(&h.all), "[a][bc][d][e]");
	assert_int_equal(h.times[0], 100);
	assert_int_equal(h.times[1], 100);
	assert_int_equal(h.times[2], 300);
	assert_int_equal(h.times[3], 300);
	link_free(&link);
	heard_fini(&h);

	/* and behind a false start in what is held */
	link = make(
		"{start_end: {start: '$', end: ';', check: {algorithm: xor, place: after-end}}}", 0,
		&h);
	link_receive(link, (const uint8_t *)"$x", 2, 100, 1);
	link_receive(link, (const uint8_t *)"$a", 2, 200, 1);
	link_receive(link, (const uint8_t *)";E", 2, 300, 1);
	assert_string_equal(buf_str(&h.all), "(bad check $x$a;E)[a]");
	assert_int_equal(h.times[0], 200);
	link_free(&link);
	heard_fini(&h);
}

static void a_lost_line_cuts_what_is_half_there(void **state)
{
	struct heard h;
	struct link *link = make("{delimiter: \"\\n\"}", 0, &h);

	(void)state;
	link_receive(link, (const uint8_t *)"half", 4, 1, 1);
	link_reset(link);
	link_reset(link);
	link_receive(link, (const uint8_t *)"whole\n", 6, 1, 1);
	assert_string_equal(buf_str(&h.all), "(cut half)[whole]");
	link_free(&link);
	heard_fini(&h);
}

static void noise_without_end_is_told_in_pieces(void **state)
{
	struct heard h;
	struct link *link = make("{start_end: {start: 'S', end: 'E'}}", 0, &h);
	char noise[150];

	(void)state;
	memset(noise, '.', sizeof(noise));
	link_receive(link, (const uint8_t *)noise, sizeof(noise), 1, 1);
	assert_int_equal(h.all.len, 2 * strlen("(garbage )") + 128);
	assert_int_equal(link_deadline(link), 1 + NS_PER_S);
	link_expire(link, 1 + NS_PER_S);
	assert_int_equal(h.all.len, 3 * strlen("(garbage )") + 150);
	link_free(&link);
	heard_fini(&h);
}

/* ---------------------------------------------------------------------------------------------
 * Records
 */

static void on_record(void *arg, const uint8_t *payload, size_t len, int64_t received_ns,
		      uint64_t ticket)
{
	struct heard *h = arg;

	on_frame(arg, payload, len, received_ns);
	h->ticket = ticket;
}

static const struct link_sink record_sink = {.frame = on_frame,
					     .refused = on_refused,
					     .write = on_write,
					     .record = on_record};

static struct link *make_records(const char *yaml, struct heard *h)
{
	struct link *link = make(yaml, 0, h);

	link_set_sink(link, &record_sink, h);
	return link;
}

static void say(struct link *link, const char *text, int64_t mono_ns)
{
	link_receive(link, (const uint8_t *)text, strlen(text), 1, mono_ns);
}

/* What was written since the last time. */
static void expect_answer(struct heard *h, const char *answer)
{
	assert_string_equal(buf_str(&h->written), answer);
	buf_clear(&h->written);
}

#define ACK_LINK(more) "{ack: A, nak: N, link: {delimiter: ';'}" more "}"

static void a_record_is_acknowledged_once_it_is_kept(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(""), &h);

	(void)state;
	say(link, "one;", 1);
	assert_string_equal(buf_str(&h.all), "[one]");
	expect_answer(&h, "");
	link_settle(link, h.ticket, LINK_KEPT, 2);
	expect_answer(&h, "A");
	link_settle(link, h.ticket, LINK_KEPT, 2);
	expect_answer(&h, "");

	/* the same bytes once more are another record: the first one had its answer */
	say(link, "one;", 3);
	assert_string_equal(buf_str(&h.all), "[one][one]");
	link_settle(link, h.ticket, LINK_NOT_KEPT, 4);
	expect_answer(&h, "N");
	say(link, "one;", 5);
	link_settle(link, h.ticket, LINK_NOT_GOOD, 6);
	expect_answer(&h, "N");
	assert_string_equal(buf_str(&h.all), "[one][one][one]");
	assert_int_equal(link_deadline(link), 0);
	link_free(&link);
	heard_fini(&h);
}

static void a_record_that_comes_again_is_handed_out_once(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(", wait: 2s"), &h);

	(void)state;
	/* while its fate is open, which takes longer than it may */
	say(link, "one;", 1);
	assert_int_equal(link_deadline(link), 1 + 2 * NS_PER_S);
	link_expire(link, 1 + 2 * NS_PER_S);
	expect_answer(&h, "N");
	assert_int_equal(link_deadline(link), 0);
	say(link, "one;", 3 * NS_PER_S);
	say(link, "one;", 4 * NS_PER_S);
	link_settle(link, h.ticket, LINK_KEPT, 4 * NS_PER_S);
	expect_answer(&h, "A");

	/* kept while nobody waited for the answer, and over the loss of the line */
	say(link, "two;", 5 * NS_PER_S);
	link_reset(link);
	link_settle(link, h.ticket, LINK_KEPT, 6 * NS_PER_S);
	expect_answer(&h, "");
	say(link, "two;", 7 * NS_PER_S);
	expect_answer(&h, "A");
	assert_string_equal(buf_str(&h.all), "[one][two]");
	link_free(&link);
	heard_fini(&h);
}

static void the_answer_that_is_due_is_that_to_the_newest_record(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(""), &h);
	uint64_t first;

	(void)state;
	say(link, "one;", 1);
	first = h.ticket;
	say(link, "two;", 2);
	link_settle(link, first, LINK_KEPT, 3);
	expect_answer(&h, "");
	link_settle(link, h.ticket, LINK_KEPT, 3);
	expect_answer(&h, "A");
	/* the device had given up on the first one; it is told when it comes back to it */
	say(link, "one;", 4);
	expect_answer(&h, "A");
	assert_string_equal(buf_str(&h.all), "[one][two]");
	link_free(&link);
	heard_fini(&h);
}

static void a_lost_acknowledgement_is_said_again_for_a_while(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(", within: 1s"), &h);

	(void)state;
	say(link, "7 x;", 1);
	link_settle(link, h.ticket, LINK_KEPT, 1);
	expect_answer(&h, "A");
	say(link, "7 x;", NS_PER_S);
	expect_answer(&h, "A");
	say(link, "7 x;", 3 * NS_PER_S);
	expect_answer(&h, "");
	assert_string_equal(buf_str(&h.all), "[7 x][7 x]");
	link_free(&link);
	heard_fini(&h);
}

static void what_was_no_record_is_refused_and_noise_is_not(void **state)
{
	struct heard h;
	struct link *link =
		make_records("{ack: A, nak: N, link: {start_end: {start: '<', end: '>', "
			     "check: {algorithm: xor}}}}",
			     &h);

	(void)state;
	say(link, "..", 1);
	say(link, "<aa>", 2);
	assert_string_equal(buf_str(&h.all), "(garbage ..)(bad check <aa>)");
	expect_answer(&h, "N");
	say(link, "<aa", 3);
	link_reset(link);
	expect_answer(&h, "");
	link_free(&link);
	heard_fini(&h);
}

static void without_repeats_and_with_receipt(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(", repeats: 0s"), &h);

	(void)state;
	say(link, "one;one;", 1);
	assert_string_equal(buf_str(&h.all), "[one][one]");
	link_free(&link);
	heard_fini(&h);

	link = make_records(ACK_LINK(", after: receipt"), &h);
	say(link, "one;", 1);
	expect_answer(&h, "A");
	assert_int_equal(h.ticket, 0);
	link_free(&link);
	heard_fini(&h);

	/* whoever has no disk to wait for takes frames */
	link = make(ACK_LINK(""), 0, &h);
	say(link, "one;", 1);
	expect_answer(&h, "A");
	link_free(&link);
	heard_fini(&h);
}

/* A scale that weighs the same again, long after it has given up on telling so. */
static void what_comes_long_after_the_last_attempt_is_another_record(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(", repeats: 5s"), &h);

	(void)state;
	say(link, "100 kg;", 1);
	link_reset(link);
	link_settle(link, h.ticket, LINK_KEPT, 2);
	say(link, "100 kg;", 6 * NS_PER_S);
	assert_string_equal(buf_str(&h.all), "[100 kg][100 kg]");
	expect_answer(&h, "");
	link_settle(link, h.ticket, LINK_KEPT, 7 * NS_PER_S);
	expect_answer(&h, "A");
	link_free(&link);
	heard_fini(&h);
}

static void old_records_make_room(void **state)
{
	struct heard h;
	struct link *link = make_records(ACK_LINK(""), &h);

	(void)state;
	for (char c = 'a'; c <= 'i'; c++)
		say(link, (const char[]){c, ';', '\0'}, 1);
	link_settle(link, 1, LINK_KEPT, 1);
	say(link, "a;b;c;", 2);
	assert_string_equal(buf_str(&h.all), "[a][b][c][d][e][f][g][h][i][a][b][c]");
	link_free(&link);
	heard_fini(&h);
}

static void expire(struct link *link, int64_t mono_ns)
{
	while (link_deadline(link) && link_deadline(link) <= mono_ns)
		link_expire(link, mono_ns);
}

static void send(struct link *link, const char *payload)
{
	assert_int_equal(link_send(link, (const uint8_t *)payload, strlen(payload), NULL), 0);
}

/* The other end of the line: the device, which keeps its record. */
static void a_device_sends_its_record_until_it_is_acknowledged(void **state)
{
	struct heard h;
	struct link *link = make_device(ACK_LINK(", resend: 2s, attempts: 2"), &h);
	int64_t second = NS_PER_S;

	(void)state;
	send(link, "one");
	send(link, "two");
	expect_answer(&h, "one;");
	expire(link, 1);
	assert_int_equal(link_deadline(link), 1 + 2 * second);
	expire(link, 2 * second + 1);
	expect_answer(&h, "one;");
	/* it is refused, and tried again after a pause, also over the loss of the line */
	say(link, "N", 3 * second);
	expect_answer(&h, "");
	expire(link, 5 * second);
	expect_answer(&h, "one;");
	link_reset(link);
	expire(link, 5 * second);
	expire(link, 7 * second);
	expect_answer(&h, "one;");
	/* what the gateway asks is no answer */
	say(link, "A?;", 8 * second);
	assert_string_equal(buf_str(&h.all), "[?]");
	expect_answer(&h, "two;");
	say(link, "A", 9 * second);
	assert_int_equal(link_deadline(link), 0);
	say(link, "A", 9 * second);
	expect_answer(&h, "");
	link_free(&link);
	heard_fini(&h);
}

#define DF1_FULL(more)                                                                                 \
	"{ack: '<DLE><ACK>', nak: '<DLE><NAK>', enquiry: '<DLE><ENQ>', after: receipt, mutual: true, " \
	"link: " DF1_BCC more "}"

static void both_ends_acknowledge_where_it_is_mutual(void **state)
{
	struct heard h, at_device;
	struct link *gateway = make(DF1_FULL(", within: 1s"), 0, &h);
	struct link *device = make_device(DF1_FULL(""), &at_device);

	(void)state;
	/* a command, its acknowledgement, and the reply */
	send(gateway, "command");
	say(device, buf_str(&h.written), 1);
	assert_string_equal(buf_str(&at_device.all), "[command]");
	expect_answer(&at_device, "\x10\6");
	buf_clear(&h.written);
	say(gateway, "\x10\6", 2);
	assert_int_equal(link_deadline(gateway), 0);
	send(device, "reply");
	say(gateway, buf_str(&at_device.written), 3);
	say(gateway, buf_str(&at_device.written), 4); /* once more: the ACK was lost */
	assert_string_equal(buf_str(&h.all), "[reply]");
	expect_answer(&h, "\x10\6\x10\6");
	say(device, "\x10\6", 5);
	assert_int_equal(link_deadline(device), 0);
	/* a bad one is refused, and the refusal is said again */
	say(gateway, "\x10\2x\x10\3x", 6);
	say(gateway, "\x10\5", 7);
	expect_answer(&h, "\x10\x15\x10\x15");
	link_free(&gateway);
	link_free(&device);
	heard_fini(&h);
	heard_fini(&at_device);
}

static void what_is_not_acknowledged_is_sent_again_and_given_up(void **state)
{
	struct heard h;
	struct link *link = make(DF1_FULL(", resend: 1s"), 0, &h);
	int64_t second = NS_PER_S;

	(void)state;
	send(link, "a");
	send(link, "b");
	expect_answer(&h, "\x10\2a\x10\3\x9f");
	say(link, "\x10\x15", 1);
	expect_answer(&h, "\x10\2a\x10\3\x9f");
	expire(link, 1);
	expire(link, second + 1);
	expect_answer(&h, "\x10\5");
	expire(link, 2 * second + 1);
	expect_answer(&h, "\x10\2b\x10\3\x9e");
	for (int i = 0; i < 2; i++)
		say(link, "\x10\x15", 3 * second);
	expect_answer(&h, "\x10\2b\x10\3\x9e\x10\2b\x10\3\x9e");
	say(link, "\x10\x15", 3 * second);
	expect_answer(&h, "");
	assert_int_equal(link_deadline(link), 0);
	send(link, "c");
	link_reset(link);
	assert_int_equal(link_deadline(link), 0);
	link_free(&link);
	heard_fini(&h);
}

static void a_wrong_link_says_what_is_wrong(void **state)
{
	static const struct {
		const char *link, *text;
	} rows[] = {
		{"delimter", "did you mean \"delimiter\""},
		{"{delimter: x}", "did you mean \"delimiter\""},
		{"{}", "no kind"},
		{"[a]", "expected a map"},
		{"{fixed: 3, gap: 3ms}", "of kind \"fixed\" already"},
		{"{start_end: {start: a, end: b}, max: 3}", "\"max\" stands beside \"start_end\""},
		{"{start_end: x}", "are keys and values"},
		{"start_end", "start"},
		{"{delimiter: \"\"}", "at least one byte"},
		{"ack", "link"},
		{"{ack: {link: {delimter: x}}}", "did you mean \"delimiter\""},
		{"{ack: A, link: raw, repeats: 0s, within: 1s}", "\"within\" means nothing"},
		{"{delimiter: []}", "no delimiter"},
		{"{delimiter: [\"\\r\", \"\\r\\n\"]}", "mark 2 can never be seen"},
		{"{delimiter: ';', check: {algorithm: xor, to: end}}", "place: after-end"},
		{"{delimiter: ';', check: {algorithm: xor, to: marker}}", "no marker"},
		{"{delimiter: ';', check: {algorithm: xor, marker: '*', place: after-end}}",
		 "before the end mark"},
		{"{delimiter: ';', check: {algorithm: xor, required: false}}", "absent"},
		{"{delimiter: ';', check: {algorithm: CRC-16/MODBOS}}", "CRC-16/MODBUS"},
		{"{delimiter: ';', check: {algorithm: CRC}}", "poly is missing"},
		{"{fixed: 2, start: 'AB', check: {algorithm: xor}}", "too few"},
		{"{length_field: {size: 5}}", "at most 4"},
		{"{length_field: {offset: 3, head: false}}", "expected head"},
		{"{gap: 0s}", "gap"},
		{"{stuffed: {start: '@', escape: '!'}}", "end"},
		{"{stuffed: {end: '@', escape: ''}}", "escape"},
		{"{stuffed: {end: '@', escape: '!'}}", "expected xor or table"},
		{"{stuffed: {start: 'A', end: 'Z', escape: '!'}}", "marks begin with it"},
		{"{stuffed: {start: '!', end: '!!', escape: '!'}}", "doubled escape byte"},
		{"{stuffed: {end: '!', escape: '!', xor: ' '}}", "cannot begin with the escape"},
		{"{stuffed: {end: '@', escape: '!', xor: ' ', table: '@a'}}", "not both"},
		{"{stuffed: {end: '@', escape: '!', table: '@a'}}", "\\x21 is the escape"},
		{"{stuffed: {end: '@', escape: '!', table: ['@a', '!']}}", "pairs of two bytes"},
		{"{stuffed: {end: '@', escape: '!', table: ['@a', '!b'], also: x}}", "\"also\""},
		{"{stuffed: {end: '@', escape: '!', xor: ' ', send: x}}", "\"send\" needs"},
		{"{stuffed: {start: ['@', 'A'], end: '@', escape: '!', xor: ' '}}", "only one"},
		{"{stuffed: {end: '@', escape: '!', xor: ' ', max: 1}}", "no room"},
		{"{stuffed: {end: '@', escape: '!', xor: ' ', check: {algorithm: xor, place: after-end}}}",
		 "before-end"},
		{"{stuffed: {end: '@', escape: '!', xor: ' ', over: line, check: {algorithm: xor}}}",
		 "over: data"},
		{"{stuffed: {start: 'A', end: '@', escape: '!', xor: ' ', check: {algorithm: xor, place: "
		 "after-end, required: false}}}",
		 "required: true"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = {0};
		struct conf_node *tree =
			conf_parse("f.yaml", rows[i].link, strlen(rows[i].link), &errors);
		struct link *link = link_new(tree, &(struct link_line){0}, &errors);
		struct buf text = {0};

		conf_errors_print(&errors, &text);
		assert_null(link);
		if (!errors.n_errors || !strstr(buf_str(&text), rows[i].text))
			fail_msg("%s: %s", rows[i].link, buf_str(&text));
		assert_non_null(strstr(buf_str(&text), "f.yaml:1:"));
		buf_fini(&text);
		conf_errors_fini(&errors);
		conf_free(&tree);
	}
}

static void without_a_node_it_is_raw(void **state)
{
	struct conf_errors errors = {0};
	struct link *link = link_new(NULL, &(struct link_line){0}, &errors);

	(void)state;
	assert_non_null(link);
	assert_string_equal(link->kind->name, "raw");
	link_free(&link);
	assert_null(link);
	link_free(&link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(frames_do_not_depend_on_how_the_bytes_came),
		cmocka_unit_test(a_wrong_check_is_explained),
		cmocka_unit_test(what_is_sent_is_received),
		cmocka_unit_test(nothing_may_stand_behind_what_is_sent),
		cmocka_unit_test(any_payload_goes_through_byte_stuffing),
		cmocka_unit_test(each_direction_may_have_a_start_mark_of_its_own),
		cmocka_unit_test(what_cannot_be_framed_is_not_sent),
		cmocka_unit_test(raw_hands_out_chunks_as_they_came),
		cmocka_unit_test(silence_ends_a_frame),
		cmocka_unit_test(a_gap_in_milliseconds_holds_where_the_line_has_no_speed),
		cmocka_unit_test(half_a_frame_is_given_up_after_silence),
		cmocka_unit_test(a_check_that_may_be_absent_is_not_waited_for_long),
		cmocka_unit_test(a_frame_has_the_time_of_its_first_byte),
		cmocka_unit_test(a_lost_line_cuts_what_is_half_there),
		cmocka_unit_test(noise_without_end_is_told_in_pieces),
		cmocka_unit_test(a_record_is_acknowledged_once_it_is_kept),
		cmocka_unit_test(a_record_that_comes_again_is_handed_out_once),
		cmocka_unit_test(the_answer_that_is_due_is_that_to_the_newest_record),
		cmocka_unit_test(a_lost_acknowledgement_is_said_again_for_a_while),
		cmocka_unit_test(what_was_no_record_is_refused_and_noise_is_not),
		cmocka_unit_test(without_repeats_and_with_receipt),
		cmocka_unit_test(what_comes_long_after_the_last_attempt_is_another_record),
		cmocka_unit_test(old_records_make_room),
		cmocka_unit_test(a_device_sends_its_record_until_it_is_acknowledged),
		cmocka_unit_test(both_ends_acknowledge_where_it_is_mutual),
		cmocka_unit_test(what_is_not_acknowledged_is_sent_again_and_given_up),
		cmocka_unit_test(a_wrong_link_says_what_is_wrong),
		cmocka_unit_test(without_a_node_it_is_raw),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
