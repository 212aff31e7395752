/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of one line, written piece by piece; commas come by themselves:
 *
 *	jsonl_open(&j, NULL, '{'); jsonl_text(&j, "device", name); jsonl_open(&j, "values", '['); ...
 *
 * A key is NULL in a list. What is no UTF-8 in a text becomes U+FFFD.
 */
#ifndef CLI_JSONL_H
#define CLI_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct jsonl {
	struct buf *out;
	bool has_before; /* a comma stands before what comes next */
};

/* '{' or '[', and the same for closing. */
void jsonl_open(struct jsonl *j, const char *key, char bracket);
void jsonl_close(struct jsonl *j, char bracket);

void jsonl_text(struct jsonl *j, const char *key, const char *text);
/* The same, but only if it is not "". */
void jsonl_text_if(struct jsonl *j, const char *key, const char *text);
void jsonl_integer(struct jsonl *j, const char *key, int64_t value);
void jsonl_natural(struct jsonl *j, const char *key, uint64_t value);
/* The shortest that reads back to the same; null if it is not finite. */
void jsonl_number(struct jsonl *j, const char *key, double value);
void jsonl_bool(struct jsonl *j, const char *key, bool value);
void jsonl_null(struct jsonl *j, const char *key);
/* "02410d" */
void jsonl_bytes(struct jsonl *j, const char *key, const void *bytes, size_t len);
/* RFC 3339 with nanoseconds; nothing if it is 0, "not known". */
void jsonl_time_if(struct jsonl *j, const char *key, int64_t ns);

#endif
