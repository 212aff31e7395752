/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions whose named groups are the fields of a frame. */
#ifndef PROFILE_PATTERN_H
#define PROFILE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/codec.h"

struct pattern *pattern_compile(const char *text, struct err *err);
void pattern_free(struct pattern *pattern);
/* The field that each group is; those without a name have none. */
int pattern_bind(struct pattern *pattern, const struct field *fields, size_t n, struct err *err);
/* The names of its groups, as fields of type text. */
size_t pattern_names(const struct pattern *pattern, const char **names, size_t max);
/* Where a field stood in the last match; false if it was not there. */
bool pattern_place(const struct pattern *pattern, size_t field, size_t *at, size_t *len);
struct match pattern_decode(const struct pattern *pattern, const struct field *fields, size_t n,
			    const uint8_t *data, size_t len, struct raw *raw);

#endif
