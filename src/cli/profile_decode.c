/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman profile decode: bytes through a profile's link and fields, piece by piece. The bytes stand on the
 * command line or in a capture, which has both directions: what was sent says which request an answer is to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "cli/jsonl.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "conf/value.h"
#include "link/link.h"
#include "profile/dissect.h"
#include "profile/profile.h"
#include "transport/pcapng.h"

enum { HEX_SIZE = 3 * 16 + 4, READ_SIZE = 64 << 10 };

struct decode {
	const struct cli *cli;
	const struct profile *profile;
	struct dissector *dissector;
	struct way {
		struct decode *decode;
		struct link *link;
		bool is_sent;
	} received, sent;
	const char *request; /* that the next frame answers */
	char *asked;         /* the same, as the capture has it */
	bool is_brief;
	size_t n_frames, n_refused;
};

/* ---- for people ---- */

static void print_pieces(const uint8_t *data, const struct dissection *found)
{
	static const char *const heads[] = {"OFFSET", "BYTES", "FIELD", "TYPE", "VALUE"};
	struct table table;

	table_init(&table, 5, heads);
	for (size_t i = 0; i < found->n_pieces; i++) {
		const struct dissect_piece *piece = &found->pieces[i];
		char at[24], hex[HEX_SIZE];

		snprintf(at, sizeof at, "%zu", piece->at);
		table_add(&table,
			  (const char *const[]){
				  at, hex_text(data + piece->at, piece->len, hex, sizeof hex),
				  piece->name, piece->type, piece->value});
	}
	if (found->n_pieces)
		table_print(&table, 2);
	table_free(&table);
}

static const char *quality_word(const struct dragoman_value *value)
{
	static const char *const words[] = {"good", "uncertain", "bad", "stale"};

	return words[value->quality];
}

static void value_words(const struct dragoman_value *value, struct buf *out)
{
	char number[TEXT_NUMBER_SIZE], *text;

	switch (value->type) {
	case DRAGOMAN_NONE: buf_add_str(out, "-"); break;
	case DRAGOMAN_BOOLEAN: buf_add_str(out, value->as.boolean ? "true" : "false"); break;
	case DRAGOMAN_INTEGER: buf_addf(out, "%lld", (long long)value->as.integer); break;
	case DRAGOMAN_NATURAL: buf_addf(out, "%llu", (unsigned long long)value->as.natural); break;
	case DRAGOMAN_NUMBER: buf_add_str(out, text_number(value->as.number, number)); break;
	case DRAGOMAN_TEXT:
		text = xstrndup(value->as.text.bytes, value->as.text.len);
		text_safe(out, text);
		free(text);
		break;
	case DRAGOMAN_DATA:
		for (size_t i = 0; i < value->as.text.len; i++)
			buf_addf(out, "%s%02x", i ? " " : "", (uint8_t)value->as.text.bytes[i]);
		break;
	case DRAGOMAN_TIME: buf_addf(out, "%lld ns", (long long)value->as.time_ns); break;
	}
}

static void print_reading(const struct dissect_reading *reading)
{
	static const char *const heads[] = {"TAG", "VALUE", "UNIT", "QUALITY"};
	char date[TEXT_SHORT_SIZE], clock[TEXT_SHORT_SIZE];
	struct table table;

	printf("  reading%s%s", *reading->name ? " " : "", reading->name);
	if (reading->time_ns)
		printf(", of %s %s", text_date(reading->time_ns, date),
		       text_clock(reading->time_ns, clock));
	printf("\n");
	table_init(&table, 4, heads);
	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *value = &reading->values[i].value;
		struct buf text = {0}, quality = {0};

		value_words(value, &text);
		buf_addf(&quality, "%s%s%s", quality_word(value), value->reason ? ": " : "",
			 value->reason ? value->reason : "");
		table_add(&table, (const char *const[]){value->tag, buf_str(&text),
							text_unit(reading->values[i].unit),
							buf_str(&quality)});
		buf_fini(&text);
		buf_fini(&quality);
	}
	table_print(&table, 4);
	table_free(&table);
}

static void print_failure(const struct dissection *found, const uint8_t *data, size_t len)
{
	char hex[HEX_SIZE];

	if (!found->frame) {
		printf("  no kind of frame begins like this\n");
		return;
	}
	printf("  at byte %zu: expected ", found->failed_at);
	printf("%s; found %s\n", found->expected,
	       found->failed_at < len
		       ? hex_text(data + found->failed_at, len - found->failed_at, hex, sizeof hex)
		       : "the end");
}

static void print_frame(const struct decode *d, bool is_sent, const struct dissection *found,
			const uint8_t *data, size_t len)
{
	bool is_taken = found->verdict == DRAGOMAN_TAKEN;

	printf("%s %zu bytes: ", is_sent ? "sent" : "received", len);
	if (is_taken)
		printf("%s %s%s%s\n", is_sent ? "request" : "frame", found->frame,
		       found->means && *found->means ? ", which means " : "",
		       found->means ? found->means : "");
	else
		printf("%s%s%s\n", is_sent ? "no request" : adapter_verdict_name(found->verdict),
		       found->frame ? "; nearest is frame " : "", found->frame ? found->frame : "");
	if (!d->is_brief)
		print_pieces(data, found);
	for (size_t i = 0; i < found->n_readings; i++)
		print_reading(&found->readings[i]);
	if (!is_taken && !is_sent)
		print_failure(found, data, len);
}

/* ---- for programs ---- */

static void put_value(struct jsonl *j, const struct dragoman_value *value)
{
	struct buf text = {0};

	switch (value->type) {
	case DRAGOMAN_NONE: break;
	case DRAGOMAN_BOOLEAN: jsonl_bool(j, "value", value->as.boolean); break;
	case DRAGOMAN_INTEGER: jsonl_integer(j, "value", value->as.integer); break;
	case DRAGOMAN_NATURAL: jsonl_natural(j, "value", value->as.natural); break;
	case DRAGOMAN_NUMBER: jsonl_number(j, "value", value->as.number); break;
	case DRAGOMAN_TEXT:
		buf_add(&text, value->as.text.bytes, value->as.text.len);
		jsonl_text(j, "value", buf_str(&text));
		break;
	case DRAGOMAN_DATA:
		jsonl_bytes(j, "value", value->as.text.bytes, value->as.text.len);
		break;
	case DRAGOMAN_TIME: jsonl_time_if(j, "value", value->as.time_ns); break;
	}
	buf_fini(&text);
}

static void put_pieces(struct jsonl *j, const uint8_t *data, const struct dissection *found)
{
	jsonl_open(j, "fields", '[');
	for (size_t i = 0; i < found->n_pieces; i++) {
		const struct dissect_piece *piece = &found->pieces[i];

		jsonl_open(j, NULL, '{');
		jsonl_natural(j, "offset", piece->at);
		jsonl_bytes(j, "bytes", data + piece->at, piece->len);
		jsonl_text_if(j, "field", piece->name);
		jsonl_text(j, "type", piece->type);
		jsonl_text(j, "value", piece->value);
		jsonl_close(j, '{');
	}
	jsonl_close(j, '[');
}

static void put_reading(struct jsonl *j, const struct dissect_reading *reading)
{
	jsonl_open(j, NULL, '{');
	jsonl_text_if(j, "reading", reading->name);
	jsonl_time_if(j, "device_time", reading->time_ns);
	jsonl_open(j, "values", '[');
	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *value = &reading->values[i].value;

		jsonl_open(j, NULL, '{');
		jsonl_text(j, "tag", value->tag);
		put_value(j, value);
		jsonl_text_if(j, "unit", reading->values[i].unit);
		jsonl_text(j, "quality", quality_word(value));
		jsonl_text_if(j, "reason", value->reason ? value->reason : "");
		jsonl_close(j, '{');
	}
	jsonl_close(j, '[');
	jsonl_close(j, '{');
}

static void put_frame(bool is_sent, const struct dissection *found, const uint8_t *data, size_t len)
{
	bool is_taken = found->verdict == DRAGOMAN_TAKEN;
	struct buf line = {0};
	struct jsonl j = {.out = &line};

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "decoded");
	jsonl_text(&j, "direction", is_sent ? "sent" : "received");
	jsonl_bytes(&j, "bytes", data, len);
	jsonl_text(&j, "verdict", adapter_verdict_name(found->verdict));
	jsonl_text_if(&j, "frame", found->frame ? found->frame : "");
	jsonl_text_if(&j, "means", found->means ? found->means : "");
	put_pieces(&j, data, found);
	if (!is_taken && found->frame) {
		jsonl_natural(&j, "failed_at", found->failed_at);
		jsonl_text(&j, "expected", found->expected);
	}
	if (found->n_readings) {
		jsonl_open(&j, "readings", '[');
		for (size_t i = 0; i < found->n_readings; i++)
			put_reading(&j, &found->readings[i]);
		jsonl_close(&j, '[');
	}
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
}

/* ---- frames ---- */

static void show(struct decode *d, bool is_sent, const struct dissection *found,
		 const uint8_t *data, size_t len)
{
	if (d->cli->json)
		put_frame(is_sent, found, data, len);
	else
		print_frame(d, is_sent, found, data, len);
}

static void take_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct way *way = arg;
	struct decode *d = way->decode;
	const struct dissection *found;

	if (way->is_sent) {
		found = dissect_sent(d->dissector, payload, len);
		free(d->asked);
		d->asked = found->frame ? xstrdup(found->frame) : NULL;
	} else {
		found = dissect_received(d->dissector, d->asked ? d->asked : d->request, payload,
					 len, received_ns);
		d->n_frames++;
		d->n_refused += found->verdict != DRAGOMAN_TAKEN;
	}
	show(d, way->is_sent, found, payload, len);
}

/* What is no frame of the link; of what was sent nobody wants to know. */
static void take_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	struct way *way = arg;
	struct buf line = {0};
	struct jsonl j = {.out = &line};
	const char *problem = link_problem(way->link);
	char hex[3 * 64 + 4];

	if (way->is_sent)
		return;
	way->decode->n_refused++;
	if (!way->decode->cli->json) {
		printf("received %zu bytes that are no frame of the link: %s: %s\n", len,
		       link_verdict_name(verdict), hex_text(bytes, len, hex, sizeof hex));
		if (*problem)
			printf("  %s\n", problem);
		return;
	}
	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "decoded");
	jsonl_text(&j, "direction", "received");
	jsonl_bytes(&j, "bytes", bytes, len);
	jsonl_text(&j, "verdict", link_verdict_name(verdict));
	jsonl_text_if(&j, "problem", problem);
	jsonl_close(&j, '{');
	buf_add(&line, "\n", 1);
	text_write(&line);
	buf_fini(&line);
}

/* Links that answer by themselves find nobody to hear it. */
static void take_written(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct link_sink sink = {.frame = take_frame,
				      .refused = take_refused,
				      .write = take_written};

static int open_way(struct way *way, struct decode *d, bool is_sent, struct conf_errors *errors)
{
	const struct link_line line = {.is_device = is_sent}; /* whose end the bytes came to */

	*way = (struct way){.decode = d, .is_sent = is_sent};
	way->link = link_new(profile_link(d->profile), &line, errors);
	if (!way->link)
		return -1;
	link_set_sink(way->link, &sink, way);
	return 0;
}

static void end_way(struct way *way)
{
	while (link_deadline(way->link)) /* a frame that ends with silence */
		link_expire(way->link, link_deadline(way->link));
}

/* ---- where the bytes are from ---- */

static int capture_failed(const struct decode *d, const char *path, const char *problem)
{
	return cli_fail(d->cli, CLI_FAILED, "%s: %s", path, problem);
}

/* All packets that are whole: 0, or < 0, a pcapng_verdict. */
static ssize_t take_packets(struct decode *d, struct pcapng *reader, struct buf *in)
{
	struct pcapng_packet packet;
	ssize_t n;

	while ((n = pcapng_next(reader, buf_bytes(in), in->len, &packet)) > 0) {
		struct way *way = packet.event == PCAPNG_SENT ? &d->sent : &d->received;

		if (packet.event == PCAPNG_SENT || packet.event == PCAPNG_RECEIVED) {
			if (link_deadline(way->link) && link_deadline(way->link) <= packet.wall_ns)
				link_expire(way->link, packet.wall_ns);
			link_receive(way->link, packet.bytes, packet.len, packet.wall_ns,
				     packet.wall_ns);
		}
		buf_consume(in, (size_t)n);
	}
	return n;
}

/* A file that is no recording of both directions has what the device said, as it came. */
static ssize_t take_plain(struct decode *d, struct buf *in)
{
	link_receive(d->received.link, buf_bytes(in), in->len, clock_wall_ns(), 1);
	buf_clear(in);
	return 0;
}

static int decode_stream(struct decode *d, const char *path, FILE *f, struct buf *in)
{
	struct pcapng reader = {0};
	bool is_begun = false, is_recording = false;
	ssize_t state = 0;
	size_t n;

	while (state == 0 && (n = fread(buf_room(in, READ_SIZE), 1, READ_SIZE, f)) > 0) {
		buf_grown(in, n);
		if (!is_begun)
			is_recording = in->len >= 4 && pcapng_is_start(buf_bytes(in), in->len);
		is_begun = true;
		state = is_recording ? take_packets(d, &reader, in) : take_plain(d, in);
	}
	if (state < 0)
		return capture_failed(d, path, pcapng_problem((enum pcapng_verdict)state));
	if (ferror(f))
		return capture_failed(d, path, strerror(errno));
	return in->len ? capture_failed(d, path, "it is cut off within a packet") : CLI_DONE;
}

static int decode_capture(struct decode *d, const char *path)
{
	FILE *f = fopen(path, "re");
	struct buf in = {0};
	int status;

	if (!f)
		return capture_failed(d, path, strerror(errno));
	status = decode_stream(d, path, f, &in);
	end_way(&d->received);
	end_way(&d->sent);
	buf_fini(&in);
	fclose(f);
	return status;
}

/* "aa c0 d4": pairs of digits with blanks between them. Anything else is text, with escapes. */
static bool looks_like_hex(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (i % 3 == 2 ? text[i] != ' ' : hex_digit(text[i]) < 0)
			return false;
	return strlen(text) % 3 == 2;
}

static int read_bytes(const struct decode *d, const char *text, struct buf *out)
{
	bool is_hex =
		cli_option(d->cli, "hex") || (!cli_option(d->cli, "text") && looks_like_hex(text));
	struct conf_bytes bytes = {0};
	struct err err;
	ssize_t n;

	if (is_hex) {
		n = hex_parse(text, buf_room(out, strlen(text) + 1), strlen(text) + 1);
		if (n < 0)
			return cli_fail(d->cli, CLI_USAGE,
					"\"%s\" are no bytes in hexadecimal: \"aa c0\"", text);
		buf_grown(out, (size_t)n);
		return CLI_DONE;
	}
	if (value_bytes(text, strlen(text), &bytes, &err) < 0)
		return cli_fail(d->cli, CLI_USAGE, "\"%s\" is no text with escapes%s", text,
				err.text);
	buf_add(out, bytes.data, bytes.len);
	free(bytes.data);
	return CLI_DONE;
}

/* Bytes that the link makes nothing of are likely a frame without what the link would take off. */
static int decode_bytes(struct decode *d, const char *text)
{
	struct buf bytes = {0};
	int status = read_bytes(d, text, &bytes);
	bool is_payload = cli_option(d->cli, "payload");

	if (!status && !is_payload) {
		link_receive(d->received.link, buf_bytes(&bytes), bytes.len, clock_wall_ns(), 1);
		end_way(&d->received);
		is_payload = !d->n_frames && !d->n_refused;
		if (is_payload && !d->cli->json)
			printf("the link makes no frame of it; taken as what stands in a frame:\n");
	}
	if (!status && is_payload)
		take_frame(&d->received, buf_bytes(&bytes), bytes.len, clock_wall_ns());
	buf_fini(&bytes);
	return status;
}

/* ---- the whole ---- */

static struct conf_node *read_parameters(const struct cli *cli, int *status)
{
	struct conf_node *map = conf_new_map("command line");

	for (size_t i = 0; i < cli->n_values && !*status; i++) {
		const char *text = cli->values[i].text, *equals = strchr(text, '=');
		char *name;

		if (strcmp(cli->values[i].name, "parameter") != 0)
			continue;
		if (!equals || equals == text) {
			*status = cli_fail(cli, CLI_USAGE, "--parameter: \"%s\" is not name=value",
					   text);
			continue;
		}
		name = xstrndup(text, (size_t)(equals - text));
		conf_add(map, CONF_SCALAR, name, equals + 1, strlen(equals + 1));
		free(name);
	}
	return map;
}

static int decode(struct decode *d, const char *capture, const char *text)
{
	int status = capture ? decode_capture(d, capture) : decode_bytes(d, text);

	if (!status && !d->n_frames && !d->n_refused)
		return cli_fail(d->cli, CLI_NOTHING, "there is no frame in it");
	return status ? status : d->n_refused ? CLI_FAILED : CLI_DONE;
}

static int run_with(const struct cli *cli, const struct profile *p, const char *text, bool is_brief)
{
	struct decode d = {.cli = cli,
			   .profile = p,
			   .request = cli_option(cli, "request"),
			   .is_brief = is_brief};
	struct conf_errors errors = {0};
	int status = CLI_DONE;
	struct conf_node *given = read_parameters(cli, &status);

	if (!status) {
		d.dissector = dissector_new(p, given, &errors);
		if (!d.dissector || open_way(&d.received, &d, false, &errors) < 0 ||
		    open_way(&d.sent, &d, true, &errors) < 0) {
			struct buf all = {0};

			conf_errors_print(&errors, &all);
			fputs(buf_str(&all), stderr);
			buf_fini(&all);
			status = CLI_FAILED;
		} else {
			status = decode(&d, cli_option(cli, "capture"), text);
		}
	}
	link_free(&d.received.link);
	link_free(&d.sent.link);
	dissector_free(&d.dissector);
	free(d.asked);
	conf_free(&given);
	conf_errors_fini(&errors);
	return status;
}

static int decode_with(struct cli *cli, const char *name, const char *text, bool is_brief)
{
	char *path = profile_path(cli, name);
	struct profile *p = path ? profile_open(cli, path, false) : NULL;
	int status = p ? run_with(cli, p, text, is_brief) : CLI_FAILED;

	profile_free(&p);
	free(path);
	return status;
}

int profile_decode_capture(struct cli *cli, char **args, size_t n_args)
{
	if (n_args != 1)
		return cli_fail(cli, CLI_USAGE, "a capture goes through one profile");
	return decode_with(cli, args[0], "", true);
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	struct buf text = {0};
	int status;

	if (!cli_option(cli, "capture") == (n_args == 1))
		return cli_fail(cli, CLI_USAGE, "give either bytes or --capture FILE");
	for (size_t i = 1; i < n_args; i++)
		buf_addf(&text, "%s%s", i > 1 ? " " : "", args[i]);
	status = decode_with(cli, args[0], buf_str(&text), cli_option(cli, "readings") != NULL);
	buf_fini(&text);
	return status;
}

static const char *const options[] = {"hex",     "text",     "payload", "request", "parameter",
				      "capture", "readings", "variant", NULL};

const struct profile_tool profile_tool_decode = {
	.name = "decode",
	.arguments = "[OPTION...] PROFILE [BYTES...]",
	.min_args = 1,
	.max_args = 1000,
	.options = options,
	.run = run,
};
