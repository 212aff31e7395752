/* SPDX-License-Identifier: Apache-2.0 */
/* JSON being written, indented, with its commas in the right places. */
#ifndef CONF_JSON_H
#define CONF_JSON_H

#include <stdbool.h>

#include "base/buf.h"

struct json {
	struct buf *out;
	int depth;
	bool is_first; /* nothing stands yet in the innermost object or array */
};

/* Each of these writes one value: under key in an object, with key NULL in an array or alone. */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *text);
void json_bare(struct json *json, const char *key, const char *value); /* a number, true, false */
void json_number(struct json *json, const char *key, double number);

#endif
