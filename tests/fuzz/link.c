/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte picks a link, the second one the length of the pieces in which the rest is received. Frames
 * are the same as in one piece. What the link takes to send is received as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "link/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const links[] = {
	"raw",
	"{gap: 1ms, max: 100}",
	"{delimiter: \"\\r\\n\", max: 100}",
	"{delimiter: [\"\\r\", \"\\n\", \"ab\"], empty: true, strip: false}",
	"{delimiter: ';', max: 50, check: {algorithm: xor, form: hex-upper, marker: '*', required: false}}",
	"{delimiter: ';', check: {algorithm: sum8, place: after-end, to: end, required: false}}",
	"{start_end: {start: ['$', '!'], end: [\"\\r\", \"\\n\"], strip: false, max: 90}}",
	"{start_end: {start: 'ab', end: 'ba', max: 60, extra: 1, check: {algorithm: sum8-twos}}}",
	("{start_end: {start: '<STX>', end: '<CR>', max: 60, tail: '<LF>', "
	 "check: {algorithm: sum7-twos, place: after-end, to: end, required: false}}}"),
	"{fixed: 7}",
	"{fixed: 7, start: '<STX>', end: '<ETX>', check: {algorithm: xor}}",
	"{length_field: {max: 70}}",
	"{length_field: {offset: 1, start: ['S', 'T'], adjust: 4, head: false, check: {algorithm: sum8}}}",
	"{length_field: {offset: 2, size: 3, form: decimal, end: 'E', strip: false}}",
	"{length_field: {offset: 2, size: 2, form: hex, adjust: -3, check: {algorithm: CRC-16/MODBUS}}}",
	"{ack: '<ACK>', nak: '<NAK>', link: {delimiter: ';', max: 100}, within: 1s}",
	"{stuffed: {end: '\\xC0', escape: '\\xDB', table: ['\\xC0\\xDC', '\\xDB\\xDD'], max: 90}}",
	("{stuffed: {start: '~', end: '~', escape: '}', xor: ' ', max: 90, check: {algorithm: "
	 "CRC-16/IBM-SDLC, order: little}}}"),
	("{stuffed: {start: '<DLE><STX>', end: '<DLE><ETX>', escape: '<DLE>', max: 90, alone: "
	 "['<DLE><ACK>', '<DLE><NAK>'], check: {algorithm: sum8-twos, place: after-end, from: payload}}}"),
	"{stuffed: {start: '<DLE>', end: '<DLE><ETX>', escape: '<DLE>', alone: '<DLE>ab'}}",
	("{stuffed: {start: 'ab', end: ['cd', 'ce'], escape: 'E', xor: '\\0', send: 'S', over: line, check: "
	 "{algorithm: sum8, place: after-end, to: end}}}"),
	("{ack: '<DLE><ACK>', nak: '<DLE><NAK>', enquiry: '<DLE><ENQ>', after: receipt, mutual: true, within: 1s, "
	 "link: {stuffed: {start: '<DLE><STX>', end: '<DLE><ETX>', escape: '<DLE>', max: 90}}}"),
};

/* The frames of one run, as one number. */
struct heard {
	uint64_t sum;
	uint8_t *line;
	size_t len;
};

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct heard *h = arg;

	(void)received_ns;
	for (size_t i = 0; i < len; i++)
		h->sum = (h->sum ^ payload[i]) * 0x100000001b3;
	h->sum = (h->sum ^ 256) * 0x100000001b3;
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	must(verdict < LINK_VERDICTS && len && len <= 64 && bytes);
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct heard *h = arg;

	h->line = realloc(h->line, len + 1);
	if (len)
		memcpy(h->line, bytes, len);
	h->len = len;
}

static struct link *make(const char *yaml, struct heard *heard)
{
	static const struct link_sink sink = {
		.frame = on_frame, .refused = on_refused, .write = on_write};
	struct conf_errors errors = {0};
	struct conf_node *tree = conf_parse("link", yaml, strlen(yaml), &errors);
	struct link *link = link_new(tree, &(struct link_line){0}, &errors);

	must(link);
	conf_free(&tree);
	*heard = (struct heard){0};
	link_set_sink(link, &sink, heard);
	return link;
}

static void finish(struct link **link)
{
	while (link_deadline(*link))
		link_expire(*link, link_deadline(*link));
	link_reset(*link);
	link_free(link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *yaml;
	struct heard whole, cut, sent;
	struct link *link;
	size_t piece;

	if (len < 2)
		return 0;
	yaml = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	piece = data[1] % 16 + 1;
	data += 2;
	len -= 2;

	link = make(yaml, &whole);
	link_receive(link, data, len, 1, 1);
	finish(&link);
	link = make(yaml, &cut);
	for (size_t at = 0; at < len; at += piece)
		link_receive(link, data + at, piece < len - at ? piece : len - at, 1, 1);
	finish(&link);
	must(whole.sum == cut.sum || strcmp(yaml, "raw") == 0);

	link = make(yaml, &sent);
	if (link_send(link, data, len, NULL) == 0) {
		uint8_t *line = sent.line; /* what is received may be answered */

		sent.line = NULL;
		link_receive(link, line, sent.len, 1, 1);
		free(line);
	}
	finish(&link);
	free(whole.line);
	free(cut.line);
	free(sent.line);
	return 0;
}
