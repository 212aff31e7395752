/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames by regular expression, for texts that a template cannot describe: each named group is a field. The
 * only place that knows PCRE2. The work that one match may do is bounded, so that no frame, whatever the
 * expression, holds up the line.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/pattern.h"
#include "profile/raw.h"
#include "profile/type.h"

enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 500, HEAP_LIMIT_KIB = 256 };

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	uint16_t *field_of; /* by number of the group */
	size_t n_groups;
};

struct pattern *pattern_compile(const char *text, struct err *err)
{
	struct pattern *p;
	pcre2_code *code;
	uint32_t groups = 0;
	PCRE2_SIZE at;
	int error;

	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
			     PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
				     PCRE2_NEVER_BACKSLASH_C,
			     &error, &at, NULL);
	if (!code) {
		char what[120] = "";

		pcre2_get_error_message(error, (PCRE2_UCHAR *)what, sizeof(what));
		err_set(err, "the pattern is wrong at its character %zu: %s", (size_t)at + 1, what);
		return NULL;
	}
	pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
	p = xcalloc(1, sizeof(*p));
	p->code = code;
	p->n_groups = groups + 1u;
	p->field_of = xmalloc(p->n_groups * sizeof(*p->field_of));
	for (size_t i = 0; i < p->n_groups; i++)
		p->field_of[i] = NO_FIELD;
	p->data = pcre2_match_data_create_from_pattern(code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	must(p->data && p->limits);
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
	return p;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->code);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->limits);
	free(p->field_of);
	free(p);
}

/* The i-th named group: its number; *name is the pattern's. */
static size_t group_name(const struct pattern *p, size_t i, const char **name)
{
	PCRE2_SPTR table;
	uint32_t size;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	table += i * size;
	*name = (const char *)table + 2;
	return (size_t)table[0] << 8 | table[1];
}

size_t pattern_names(const struct pattern *p, const char **names, size_t max)
{
	uint32_t n = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &n);
	for (size_t i = 0; i < n && i < max; i++)
		group_name(p, i, &names[i]);
	return n;
}

int pattern_bind(struct pattern *p, const struct field *fields, size_t n, struct err *err)
{
	const char *name;
	uint32_t names = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &names);
	for (size_t f = 0; f < n; f++) {
		bool found = false;

		for (size_t i = 0; i < names && !found; i++) {
			size_t group = group_name(p, i, &name);

			found = !strcmp(name, fields[f].name);
			if (found)
				p->field_of[group] = (uint16_t)f;
		}
		if (!found)
			return err_set(err, "the pattern has no group (?<%s>...)", fields[f].name);
	}
	return 0;
}

bool pattern_place(const struct pattern *p, size_t field, size_t *at, size_t *len)
{
	const PCRE2_SIZE *place = pcre2_get_ovector_pointer(p->data);

	for (size_t g = 1; g < p->n_groups; g++) {
		if (p->field_of[g] != field || place[2 * g] == PCRE2_UNSET)
			continue;
		*at = place[2 * g];
		*len = place[2 * g + 1] - *at;
		return *len > 0;
	}
	return false;
}

struct match pattern_decode(const struct pattern *p, const struct field *fields, size_t n,
			    const uint8_t *data, size_t len, struct raw *raw)
{
	static const uint8_t nothing[1];
	int count = pcre2_match(p->code, len ? data : nothing, len, 0, 0, p->data, p->limits);
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);

	(void)n;
	if (count < 0)
		return (struct match){DRAGOMAN_FORMAT, 0, 0};
	for (size_t g = 1; g < p->n_groups && g < (size_t)count; g++) {
		size_t from = at[2 * g], group_len;

		if (p->field_of[g] == NO_FIELD || from == PCRE2_UNSET)
			continue;
		group_len = at[2 * g + 1] - from;
		if (!group_len)
			continue;
		if (type_read(&fields[p->field_of[g]], data + from, group_len, NULL,
			      &raw[p->field_of[g]]) != (ssize_t)group_len)
			return (struct match){DRAGOMAN_FORMAT, len, from};
	}
	return (struct match){DRAGOMAN_TAKEN, 0, len}; /* what of it was constant is not known */
}
