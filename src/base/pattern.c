/* SPDX-License-Identifier: Apache-2.0 */
/* Device names and patterns; the rules are in pattern.h. */
#include "base/pattern.h"

#include <string.h>

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.:-", c));
}

/* One level of a name, which ends before '/' or NUL. */
static const char *level_problem(const char *level, size_t len)
{
	if (len == 0)
		return "a level of the name is empty";
	for (size_t i = 0; i < len; i++)
		if (!name_char(level[i]))
			return "a name has letters, digits and _ . : - only";
	return NULL;
}

static const char *length_problem(const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return "a name is not empty";
	return len > NAME_MAX_LEN ? "a name has at most 120 bytes" : NULL;
}

const char *name_problem(const char *name, bool levels)
{
	const char *problem = length_problem(name);

	if (problem)
		return problem;
	if (*name == '-')
		return "a name does not start with '-'";
	for (;;) {
		size_t len = levels ? strcspn(name, "/") : strlen(name);

		problem = level_problem(name, len);
		if (problem || !name[len])
			return problem;
		name += len + 1;
	}
}

const char *pattern_problem(const char *pattern)
{
	const char *problem = length_problem(pattern);

	if (*pattern == '$' && pattern[1])
		pattern++;
	while (!problem) {
		size_t len = strcspn(pattern, "/");

		if (len == 1 && *pattern == '#')
			return pattern[1] ? "'#' stands last in a pattern" : NULL;
		if (!(len == 1 && *pattern == '+'))
			problem =
				memchr(pattern, '*', len)
					? "in a pattern '+' is any one level, and '#' all levels to the end"
					: level_problem(pattern, len);
		if (!pattern[len])
			break;
		pattern += len + 1;
	}
	return problem;
}

bool pattern_matches(const char *pattern, const char *name)
{
	if ((*pattern == '$') != (*name == '$'))
		return false;
	for (;;) {
		size_t p = strcspn(pattern, "/"), n = strcspn(name, "/");

		if (p == 1 && *pattern == '#')
			return true;
		if (!(p == 1 && *pattern == '+') && (p != n || memcmp(pattern, name, n)))
			return false;
		pattern += p;
		name += n;
		if (!*pattern || !*name)
			break;
		pattern++;
		name++;
	}
	return (!*pattern && !*name) || (!*name && !strcmp(pattern, "/#"));
}
