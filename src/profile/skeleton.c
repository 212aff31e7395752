/* SPDX-License-Identifier: Apache-2.0 */
/* A new profile from one example; see skeleton.h. */
#include "profile/skeleton.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/value.h"
#include "profile/number.h"

enum { MAX_VALUES = 64, NUMBER_DIGITS = 15, NAME_SIZE = 128, NUMBER_COLUMNS = 59, HEX_DIGITS = 12 };

/* A piece of the answer that is a value. */
struct hole {
	size_t at, len;
	bool is_integer, is_text, is_hex;
	bool has_plus, has_zeros, has_exponent;
	unsigned decimals;
};

struct holes {
	struct hole list[MAX_VALUES];
	size_t n;
};

/* ---- finding them ---- */

static void look_closely(const uint8_t *bytes, struct hole *hole)
{
	const uint8_t *at = bytes + hole->at, *end = at + hole->len;
	unsigned digits = 0;

	hole->is_integer = true;
	while (at < end && *at == ' ')
		at++;
	hole->has_plus = at < end && *at == '+';
	at += at < end && (*at == '+' || *at == '-');
	while (at < end && *at == ' ')
		at++;
	hole->has_zeros = end - at > 1 && at[0] == '0' && isdigit(at[1]);
	for (; at < end; at++) {
		hole->has_exponent |= *at == 'e' || *at == 'E';
		hole->decimals += !hole->is_integer && !hole->has_exponent && isdigit(*at);
		hole->is_integer = hole->is_integer && isdigit(*at);
		digits += isdigit(*at) != 0;
	}
	hole->is_text = digits > NUMBER_DIGITS || hole->len > NUMBER_COLUMNS;
}

/* Four digits or more in hexadecimal that stand alone, at least one of them a letter and one not: 34AB. */
static size_t hex_at(const uint8_t *bytes, size_t len, size_t at)
{
	size_t n = 0, n_letters = 0;

	if (at && isalnum(bytes[at - 1]))
		return 0;
	for (; at + n < len && isalnum(bytes[at + n]); n++) {
		if (!isxdigit(bytes[at + n]) || islower(bytes[at + n]))
			return 0;
		n_letters += isalpha(bytes[at + n]) != 0;
	}
	return n >= 4 && n <= HEX_DIGITS && n % 2 == 0 && n_letters && n_letters < n ? n : 0;
}

/* A number that is no part of a word. */
static size_t number_at(const uint8_t *bytes, size_t len, size_t at)
{
	size_t n;

	if (at && (isalnum(bytes[at - 1]) || bytes[at - 1] == '.'))
		return 0;
	n = number_span(bytes + at, len - at, false, true);
	return n && at + n < len && bytes[at + n] == '.' ? 0 : n;
}

/* Behind a first byte that says what it is; or the only one. */
static void find_binary(const struct skeleton *s, struct holes *holes)
{
	size_t at = s->answer_len > 1 ? 1 : 0;

	holes->list[0] =
		(struct hole){.at = at, .len = s->answer_len > 2 ? 2 : 1, .is_integer = true};
	holes->n = 1;
}

static void find(const struct skeleton *s, struct holes *holes)
{
	holes->n = 0;
	if (s->is_binary) {
		find_binary(s, holes);
		return;
	}
	for (size_t at = 0; at < s->answer_len && holes->n < MAX_VALUES;) {
		struct hole hole = {.at = at, .len = hex_at(s->answer, s->answer_len, at)};

		hole.is_hex = hole.is_integer = hole.len > 0;
		if (!hole.is_hex)
			hole.len = number_at(s->answer, s->answer_len, at);
		if (!hole.len) {
			at++;
			continue;
		}
		if (!hole.is_hex)
			look_closely(s->answer, &hole);
		holes->list[holes->n++] = hole;
		at += hole.len;
	}
	if (!holes->n && s->answer_len)
		holes->list[holes->n++] = (struct hole){.len = s->answer_len, .is_text = true};
}

size_t skeleton_values(const struct skeleton *s)
{
	struct holes holes;

	find(s, &holes);
	return holes.n;
}

static void put_example(const struct skeleton *s, const struct hole *hole, struct buf *out)
{
	const uint8_t *at = s->answer + hole->at, *end = at + hole->len;
	uint64_t value = 0;

	if (s->is_binary || hole->is_hex) {
		for (; at < end; at++)
			value = s->is_binary ? value << 8 | *at
					     : value << 4 | (unsigned)hex_digit((char)*at);
		buf_addf(out, "%" PRIu64, value);
		return;
	}
	while (at < end && *at == ' ')
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	for (; at < end; at++) /* a number may have blanks behind its sign */
		if (hole->is_text || *at != ' ')
			buf_add(out, at, 1);
}

void skeleton_example(const struct skeleton *s, size_t i, struct buf *out)
{
	struct holes holes;

	find(s, &holes);
	if (i < holes.n)
		put_example(s, &holes.list[i], out);
}

/* ---- names ---- */

static const char *name_of(const struct skeleton *s, size_t i, char out[NAME_SIZE])
{
	if (i < s->n_tags && *s->tags[i])
		snprintf(out, NAME_SIZE, "%.*s", (int)strcspn(s->tags[i], ":"), s->tags[i]);
	else
		snprintf(out, NAME_SIZE, "value_%zu", i + 1);
	return out;
}

static const char *unit_of(const struct skeleton *s, size_t i)
{
	const char *colon = i < s->n_tags ? strchr(s->tags[i], ':') : NULL;

	return colon ? colon + 1 : "";
}

/* ---- the tree ---- */

static void add_plain(struct conf_node *map, const char *key, const char *text)
{
	conf_add(map, CONF_SCALAR, key, text, strlen(text));
}

static void add_bytes(struct conf_node *map, const char *key, const uint8_t *bytes, size_t len,
		      const uint8_t *more, size_t more_len)
{
	struct buf all = {0}, text = {0};
	struct conf_bytes view;

	buf_add(&all, bytes, len);
	buf_add(&all, more, more_len);
	view = (struct conf_bytes){buf_bytes(&all), all.len};
	value_bytes_text(&view, &text);
	conf_add_text(map, key, buf_str(&text));
	buf_fini(&all);
	buf_fini(&text);
}

static void add_hex(struct conf_node *map, const char *key, const uint8_t *bytes, size_t len)
{
	struct buf text = {0};

	for (size_t i = 0; i < len; i++)
		buf_addf(&text, "%s%02x", i ? " " : "", bytes[i]);
	conf_add_text(map, key, buf_str(&text));
	buf_fini(&text);
}

/* What stands in a template as it is. */
static void put_constant(struct buf *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '<')
			buf_addf(out, "\\x%02x", bytes[i]);
		else
			buf_addf(out, "%s%c", strchr("\\{}[]", bytes[i]) ? "\\" : "", bytes[i]);
}

static void put_hole(struct buf *out, const struct hole *hole, const char *name, bool is_last)
{
	if (hole->is_text && is_last)
		buf_addf(out, "{%s}", name);
	else if (hole->is_text)
		buf_addf(out, "{%s:text(%zu)}", name, hole->len);
	else if (hole->is_hex)
		buf_addf(out, "{%s:hex(%zu)}", name, hole->len);
	else if (hole->is_integer)
		buf_addf(out, "{%s:integer(%s%s%zu)}", name, hole->has_plus ? "+" : "",
			 hole->has_zeros ? "0" : "", hole->len);
	else
		buf_addf(out, "{%s:number(%s%s%zu.%u%s)}", name, hole->has_plus ? "+" : "",
			 hole->has_zeros ? "0" : "", hole->len, hole->decimals,
			 hole->has_exponent ? "E" : "");
}

static void add_template(const struct skeleton *s, const struct holes *holes,
			 struct conf_node *frame)
{
	struct buf text = {0};
	char name[NAME_SIZE];
	size_t at = 0;

	for (size_t i = 0; i < holes->n; i++) {
		const struct hole *hole = &holes->list[i];

		put_constant(&text, s->answer + at, hole->at - at);
		at = hole->at + hole->len;
		put_hole(&text, hole, name_of(s, i, name), at == s->answer_len);
	}
	put_constant(&text, s->answer + at, s->answer_len - at);
	conf_add_text(frame, "text", buf_str(&text));
	buf_fini(&text);
}

/* A constant, a number, and what is not known yet. */
static void add_binary(const struct skeleton *s, const struct hole *hole, struct conf_node *frame)
{
	struct conf_node *list = conf_add(frame, CONF_LIST, "bytes", NULL, 0), *item;
	size_t rest = s->answer_len - hole->at - hole->len;
	char name[NAME_SIZE], text[24];

	if (hole->at) {
		item = conf_add(list, CONF_MAP, NULL, NULL, 0);
		add_hex(item, "constant", s->answer, hole->at);
	}
	item = conf_add(list, CONF_MAP, NULL, NULL, 0);
	add_plain(item, "field", name_of(s, 0, name));
	add_plain(item, "type", hole->len == 2 ? "u16" : "u8");
	if (rest) {
		item = conf_add(list, CONF_MAP, NULL, NULL, 0);
		snprintf(text, sizeof text, "%zu", rest);
		add_plain(item, "skip", text);
	}
}

static void add_tags(const struct skeleton *s, const struct holes *holes, struct conf_node *root)
{
	struct conf_node *tags = conf_add(root, CONF_MAP, "tags", NULL, 0);

	for (size_t i = 0; i < holes->n; i++) {
		const struct hole *hole = &holes->list[i];
		char name[NAME_SIZE];
		struct conf_node *tag = conf_add(tags, CONF_MAP, name_of(s, i, name), NULL, 0);
		struct conf_node *typical;
		struct buf example = {0};

		put_example(s, hole, &example);
		add_plain(tag, "type",
			  hole->is_text      ? "text"
			  : hole->is_integer ? "integer"
					     : "number");
		if (*unit_of(s, i))
			conf_add_text(tag, "unit", unit_of(s, i));
		typical = conf_add(tag, CONF_LIST, "typical", NULL, 0);
		for (int k = 0; k < (hole->is_text ? 1 : 2); k++)
			conf_add(typical, CONF_SCALAR, NULL, buf_str(&example), example.len)
				->quoted = hole->is_text;
		buf_fini(&example);
	}
}

static void add_frame(const struct skeleton *s, const struct holes *holes, struct conf_node *root)
{
	struct conf_node *frames = conf_add(root, CONF_MAP, "frames", NULL, 0);
	struct conf_node *frame = conf_add(frames, CONF_MAP, "answer", NULL, 0);

	if (s->is_binary)
		add_binary(s, &holes->list[0], frame);
	else
		add_template(s, holes, frame);
	if (!s->ask_len)
		add_plain(frame, "every", "1s");
}

static void add_request(const struct skeleton *s, struct conf_node *root)
{
	struct conf_node *request, *send, *list, *item;

	if (!s->ask_len)
		return;
	request = conf_add(conf_add(root, CONF_MAP, "requests", NULL, 0), CONF_MAP, "ask", NULL, 0);
	if (s->is_binary) {
		send = conf_add(request, CONF_MAP, "send", NULL, 0);
		list = conf_add(send, CONF_LIST, "bytes", NULL, 0);
		item = conf_add(list, CONF_MAP, NULL, NULL, 0);
		add_hex(item, "constant", s->ask, s->ask_len);
		if (s->ask_len != s->answer_len) /* the link's frames have the answer's length */
			add_plain(request, "framed", "false");
	} else {
		struct buf text = {0};

		put_constant(&text, s->ask, s->ask_len);
		conf_add_text(request, "send", buf_str(&text));
		buf_fini(&text);
	}
	list = conf_add(request, CONF_LIST, "expect", NULL, 0);
	conf_add(list, CONF_SCALAR, NULL, "answer", strlen("answer"));
	add_plain(request, "every", "1s");
}

static void add_link(const struct skeleton *s, struct conf_node *root)
{
	struct conf_node *line = conf_add(root, CONF_MAP, "line", NULL, 0), *link;
	char len[24];

	add_plain(line, "baud", s->baud);
	add_plain(line, "format", s->format);
	link = conf_add(root, CONF_MAP, "link", NULL, 0);
	snprintf(len, sizeof len, "%zu", s->answer_len);
	if (s->is_binary)
		add_plain(link, "fixed", len);
	else
		conf_add_text(link, "delimiter", s->end);
	if (s->ask_end_len)
		add_bytes(link, "send", s->ask + s->ask_len, s->ask_end_len, NULL, 0);
}

static void add_source(const struct skeleton *s, struct conf_node *test)
{
	struct conf_node *source = conf_add(test, CONF_MAP, "source", NULL, 0);

	if (*s->source)
		conf_add_text(source, "manual", s->source);
	else
		conf_add_text(source, "implementation", "made by hand");
}

/* The bytes as they are on the line. */
static void add_line(const struct skeleton *s, struct conf_node *test, const char *key,
		     const uint8_t *bytes, size_t len)
{
	if (s->is_binary)
		add_hex(conf_add(test, CONF_MAP, key, NULL, 0), "hex", bytes, len);
	else if (bytes == s->ask && s->ask_end_len)
		add_bytes(test, key, bytes, len + s->ask_end_len, NULL, 0);
	else
		add_bytes(test, key, bytes, len, s->end_bytes, s->end_len);
}

static void add_tests(const struct skeleton *s, const struct holes *holes, struct conf_node *root)
{
	struct conf_node *tests = conf_add(root, CONF_LIST, "tests", NULL, 0), *test, *values;

	test = conf_add(tests, CONF_MAP, NULL, NULL, 0);
	conf_add_text(test, "name", "the example");
	add_line(s, test, "received", s->answer, s->answer_len);
	values = conf_add(test, CONF_MAP, "values", NULL, 0);
	for (size_t i = 0; i < holes->n; i++) {
		struct buf example = {0};
		char name[NAME_SIZE];

		put_example(s, &holes->list[i], &example);
		conf_add(values, CONF_SCALAR, name_of(s, i, name), buf_str(&example), example.len)
			->quoted = holes->list[i].is_text;
		buf_fini(&example);
	}
	add_source(s, test);
	if (!s->ask_len)
		return;
	test = conf_add(tests, CONF_MAP, NULL, NULL, 0);
	conf_add_text(test, "name", "the request");
	add_plain(test, "request", "ask");
	add_line(s, test, "sent", s->ask, s->ask_len);
	add_source(s, test);
}

/* "BX60, BX120" */
static void add_models(struct conf_node *list, const char *models)
{
	while (*models) {
		size_t len = strcspn(models, ",");

		conf_add(list, CONF_SCALAR, NULL, models, len)->quoted = true;
		models += len;
		models += strspn(models, ", ");
	}
}

void skeleton_print(const struct skeleton *s, struct buf *out)
{
	struct conf_node *root = conf_new_map("skeleton"), *list;
	struct holes holes;

	find(s, &holes);
	add_plain(root, "profile", "1");
	conf_add_text(root, "title", s->title);
	if (*s->maker)
		conf_add_text(root, "maker", s->maker);
	if (*s->models) {
		list = conf_add(root, CONF_LIST, "models", NULL, 0);
		add_models(list, s->models);
	}
	list = conf_add(root, CONF_MAP, "source", NULL, 0);
	conf_add_text(list, *s->source ? "manual" : "note", *s->source ? s->source : "none yet");
	add_plain(root, "maturity", *s->source ? "documented" : "unproven");
	add_link(s, root);
	add_tags(s, &holes, root);
	add_frame(s, &holes, root);
	add_request(s, root);
	add_tests(s, &holes, root);
	buf_add_str(
		out,
		"# From one example. What is to come: names and units of the tags, the other frames and "
		"error answers,\n# and a test for each of them, with its source: "
		"dragoman-profile(5), doc/profiles.md.\n");
	conf_print_node(root, 0, out);
	conf_free(&root);
}
