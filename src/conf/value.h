/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value as text, both ways. The readers return 0, or -1 with err: what is wrong, to stand behind
 * "expected a duration such as 250ms or 1.5s, found 250" as in " without a unit"; it may be empty.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/conf.h"

int value_bool(const char *text, bool *out, struct err *err);
int value_int(const char *text, int64_t *out, struct err *err);   /* decimal or 0x hex */
int value_number(const char *text, double *out, struct err *err); /* finite */
int value_duration(const char *text, int64_t *ns_out, struct err *err);
int value_size(const char *text, uint64_t *out, struct err *err);
int value_mode(const char *text, int64_t *out, struct err *err);
/* \r \n \t \0 \e \\ \< \xNN, <STX> ...; other characters must be ASCII. out->data is the caller's. */
int value_bytes(const char *text, size_t len, struct conf_bytes *out, struct err *err);

/* The shortest text that is read back as the same value. */
enum { VALUE_TEXT_SIZE = 40 };
char *value_number_text(double number, char out[VALUE_TEXT_SIZE]);
char *value_duration_text(int64_t ns, char out[VALUE_TEXT_SIZE]);
char *value_size_text(uint64_t size, char out[VALUE_TEXT_SIZE]);
void value_bytes_text(const struct conf_bytes *bytes, struct buf *out);

/* The names of units, for patterns: "ns|us|ms|s|min|h|d". */
extern const char value_duration_units[], value_size_units[];

#endif
