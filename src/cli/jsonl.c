/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of one line; see jsonl.h. */
#include "cli/jsonl.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cli/text.h"

static void put_string(struct buf *out, const char *text)
{
	buf_add(out, "\"", 1);
	while (*text) {
		size_t len = text_char_len(text);
		unsigned char c = (unsigned char)*text;

		if (len == 0)
			buf_add_str(out, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\u%04x", c);
		else
			buf_add(out, text, len);
		text += len ? len : 1;
	}
	buf_add(out, "\"", 1);
}

static void begin(struct jsonl *j, const char *key)
{
	if (j->has_before)
		buf_add(j->out, ",", 1);
	j->has_before = true;
	if (key) {
		put_string(j->out, key);
		buf_add(j->out, ":", 1);
	}
}

void jsonl_open(struct jsonl *j, const char *key, char bracket)
{
	begin(j, key);
	buf_add(j->out, &bracket, 1);
	j->has_before = false;
}

void jsonl_close(struct jsonl *j, char bracket)
{
	buf_add(j->out, bracket == '{' ? "}" : "]", 1);
	j->has_before = true;
}

void jsonl_text(struct jsonl *j, const char *key, const char *text)
{
	begin(j, key);
	put_string(j->out, text);
}

void jsonl_text_if(struct jsonl *j, const char *key, const char *text)
{
	if (*text)
		jsonl_text(j, key, text);
}

void jsonl_integer(struct jsonl *j, const char *key, int64_t value)
{
	begin(j, key);
	buf_addf(j->out, "%" PRId64, value);
}

void jsonl_natural(struct jsonl *j, const char *key, uint64_t value)
{
	begin(j, key);
	buf_addf(j->out, "%" PRIu64, value);
}

void jsonl_number(struct jsonl *j, const char *key, double value)
{
	char text[TEXT_NUMBER_SIZE];

	begin(j, key);
	buf_add_str(j->out, isfinite(value) ? text_number(value, text) : "null");
}

void jsonl_bool(struct jsonl *j, const char *key, bool value)
{
	begin(j, key);
	buf_add_str(j->out, value ? "true" : "false");
}

void jsonl_null(struct jsonl *j, const char *key)
{
	begin(j, key);
	buf_add_str(j->out, "null");
}

void jsonl_bytes(struct jsonl *j, const char *key, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	begin(j, key);
	buf_add(j->out, "\"", 1);
	for (size_t i = 0; i < len; i++)
		buf_addf(j->out, "%02x", p[i]);
	buf_add(j->out, "\"", 1);
}

void jsonl_time_if(struct jsonl *j, const char *key, int64_t ns)
{
	char text[CLOCK_TEXT_SIZE];

	if (ns)
		jsonl_text(j, key, clock_text(ns, 9, text));
}
