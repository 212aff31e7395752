/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a plugin over recorded bytes, through the loader and the link that the gateway would use, and prints
 * what comes out, a line each:
 *
 *	golden ADAPTER [--dir DIR] [--options YAML] [--link YAML] [--clock NS] [--lines] [FILE] (standard input if left out)
 *
 *	KEY @DEVICE_TIME tag=value tag=value!UNCERTAIN:reason tag=!BAD:reason
 *	verdict NAME "payload"         a frame that was not taken
 *	refused NAME "bytes"           bytes that were no frame
 *	declared KEY tag:type:unit ... with --tags, when a kind of reading is new
 *
 * With --lines the line of input that caused it stands in front of each: "12 GGA ...", and input lines that
 * start with '#' or '{' are left out. --clock is the gateway's clock; it stands still.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/host.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "link/link.h"

static struct adapter_instance *instance;
static int64_t clock_ns = 1793836800000000000; /* 2026-11-05 */
static bool with_lines, with_tags;
static size_t line_number;

static void begin(void)
{
	if (with_lines)
		printf("%zu ", line_number);
}

static void print_bytes(const uint8_t *bytes, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++)
		if (bytes[i] >= ' ' && bytes[i] < 0x7f && bytes[i] != '"' && bytes[i] != '\\')
			putchar(bytes[i]);
		else
			printf("\\x%02x", bytes[i]);
	putchar('"');
}

static void print_value(const struct dragoman_value *v)
{
	static const char *const qualities[] = {"GOOD", "UNCERTAIN", "BAD", "STALE"};
	char text[CLOCK_TEXT_SIZE];

	printf(" %s=", v->tag);
	switch (v->type) {
	case DRAGOMAN_NONE: break;
	case DRAGOMAN_BOOLEAN: printf("%s", v->as.boolean ? "true" : "false"); break;
	case DRAGOMAN_INTEGER: printf("%" PRId64, v->as.integer); break;
	case DRAGOMAN_NUMBER: printf("%.12g", v->as.number); break;
	case DRAGOMAN_NATURAL: printf("%" PRIu64, v->as.natural); break;
	case DRAGOMAN_TIME: printf("%s", clock_text(v->as.time_ns, 3, text)); break;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA: print_bytes((const uint8_t *)v->as.text.bytes, v->as.text.len); break;
	}
	if (v->quality != DRAGOMAN_GOOD)
		printf("!%s:%s", qualities[v->quality], v->reason ? v->reason : "");
}

static void on_reading(void *arg, const struct dragoman_reading *r)
{
	char text[CLOCK_TEXT_SIZE];

	(void)arg;
	begin();
	printf("%s", r->key ? r->key : "-");
	if (r->device_time_ns)
		printf(" @%s", clock_text(r->device_time_ns, 3, text));
	for (size_t i = 0; i < r->n_values; i++)
		print_value(&r->values[i]);
	putchar('\n');
}

static void on_declared(void *arg)
{
	static const char *const types[] = {"none", "boolean", "integer", "number",
					    "text", "data",    "time",    "natural"};
	size_t n_keys, n_tags;
	const struct dragoman_key *keys = adapter_keys(instance, &n_keys);
	const struct dragoman_tag *tags = adapter_tags(instance, &n_tags);

	(void)arg;
	if (!with_tags || !n_keys)
		return;
	begin();
	printf("declared %s", keys[n_keys - 1].name);
	for (size_t i = 0; i < n_tags; i++)
		if (tags[i].key && strcmp(tags[i].key, keys[n_keys - 1].name) == 0)
			printf(" %s:%s:%s", tags[i].name, types[tags[i].type],
			       tags[i].unit ? tags[i].unit : "");
	putchar('\n');
}

static void on_state(void *arg, enum dragoman_state state, const char *reason)
{
	(void)arg;
	begin();
	printf("state %d %s\n", (int)state, reason ? reason : "");
}

static void on_log(void *arg, enum dragoman_level level, const char *text)
{
	(void)arg;
	begin();
	printf("log %d %s\n", (int)level, text);
}

static int64_t clock_now(void *arg)
{
	(void)arg;
	return clock_ns;
}

static const struct adapter_sink adapter_sink = {
	.declared = on_declared,
	.reading = on_reading,
	.state = on_state,
	.log = on_log,
	.wall_ns = clock_now,
	.mono_ns = clock_now,
};

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	const struct dragoman_frame frame = {payload, len, received_ns, 0};
	enum dragoman_verdict verdict = adapter_frame(instance, &frame);

	(void)arg;
	if (verdict == DRAGOMAN_TAKEN || verdict == DRAGOMAN_REPLY)
		return;
	begin();
	printf("verdict %s ", adapter_verdict_name(verdict));
	print_bytes(payload, len);
	putchar('\n');
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	begin();
	printf("refused %s ", link_verdict_name(verdict));
	print_bytes(bytes, len);
	putchar('\n');
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct link_sink link_sink = {.frame = on_frame,
					   .refused = on_refused,
					   .write = on_write};

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "golden: %s\n", text);
	exit(99);
}

static _Noreturn void die_of(struct conf_errors *errors)
{
	struct buf text = {0};

	conf_errors_print(errors, &text);
	die(buf_str(&text));
}

static struct conf_node *parse(const char *name, const char *yaml, struct conf_errors *errors)
{
	return yaml ? conf_parse(name, yaml, strlen(yaml), errors) : NULL;
}

static void play(struct link *link, const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		const uint8_t *end = memchr(bytes + at, '\n', len - at);
		size_t n = end ? (size_t)(end - bytes) + 1 - at : len - at;

		line_number++;
		if (!with_lines || (bytes[at] != '#' && bytes[at] != '{'))
			link_receive(link, bytes + at, n, clock_ns, clock_ns);
		at += n;
	}
	link_reset(link);
}

static const char *take_options(int argc, char **argv, struct conf_texts *dirs,
				const char **options, const char **link)
{
	static const struct option longs[] = {
		{"dir", required_argument, NULL, 'd'},
		{"options", required_argument, NULL, 'o'},
		{"link", required_argument, NULL, 'l'},
		{"clock", required_argument, NULL, 'c'},
		{"lines", no_argument, NULL, 'n'},
		{"tags", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	static char *dir;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			dir = optarg;
			*dirs = (struct conf_texts){&dir, 1};
			break;
		case 'o': *options = optarg; break;
		case 'l': *link = optarg; break;
		case 'c': clock_ns = strtoll(optarg, NULL, 10); break;
		case 'n': with_lines = true; break;
		case 't': with_tags = true; break;
		default: exit(99);
		}
	if (optind >= argc)
		die("which adapter?");
	return argv[optind];
}

int main(int argc, char **argv)
{
	const char *options_yaml = NULL, *link_yaml = NULL, *name;
	const struct dragoman_adapter *adapter;
	struct conf_errors errors = {0};
	struct conf_texts dirs = {0};
	struct conf_node *options, *link_tree;
	struct link *link;
	struct err err;
	char *bytes;
	size_t len;

	name = take_options(argc, argv, &dirs, &options_yaml, &link_yaml);
	adapter = adapter_find(name, &dirs, &err);
	if (!adapter)
		die(err.text);
	options = parse("options", options_yaml, &errors);
	link_tree = parse("link", link_yaml, &errors);
	instance = adapter_new(adapter, "golden", DRAGOMAN_GATEWAY, options, NULL, &adapter_sink,
			       NULL, &errors);
	if (!instance)
		die_of(&errors);
	link = link_new(link_tree ? link_tree : adapter_default_link(instance),
			&(struct link_line){0}, &errors);
	if (!link)
		die_of(&errors);
	link_set_sink(link, &link_sink, NULL);
	bytes = optind + 1 < argc ? fd_read_path(argv[optind + 1], 64 << 20, &len, &err)
				  : fd_read_all(STDIN_FILENO, 64 << 20, &len, &err);
	if (!bytes)
		die(err.text);
	play(link, (const uint8_t *)bytes, len);
	free(bytes);
	link_free(&link);
	adapter_free(&instance);
	conf_free(&link_tree);
	conf_free(&options);
	return 0;
}
