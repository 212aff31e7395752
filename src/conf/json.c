/* SPDX-License-Identifier: Apache-2.0 */
/* JSON being written; see json.h. */
#include "conf/json.h"

#include <stddef.h>

#include "conf/value.h"

static void quoted(const char *text, struct buf *out)
{
	buf_add_str(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < 0x20)
			buf_addf(out, "\\u%04x", c);
		else
			buf_add(out, &c, 1);
	}
	buf_add_str(out, "\"");
}

static void begin(struct json *json, const char *key)
{
	if (json->depth)
		buf_addf(json->out, "%s\n%*s", json->is_first ? "" : ",", 2 * json->depth, "");
	json->is_first = false;
	if (!key)
		return;
	quoted(key, json->out);
	buf_add_str(json->out, ": ");
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	buf_add(json->out, &bracket, 1);
	json->depth++;
	json->is_first = true;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (!json->is_first)
		buf_addf(json->out, "\n%*s", 2 * json->depth, "");
	buf_add(json->out, &bracket, 1);
	json->is_first = false;
	if (!json->depth)
		buf_add_str(json->out, "\n");
}

void json_text(struct json *json, const char *key, const char *text)
{
	begin(json, key);
	quoted(text, json->out);
}

void json_bare(struct json *json, const char *key, const char *value)
{
	begin(json, key);
	buf_add_str(json->out, value);
}

void json_number(struct json *json, const char *key, double number)
{
	char text[VALUE_TEXT_SIZE];

	json_bare(json, key, value_number_text(number, text));
}
