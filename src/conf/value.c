/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations and sizes as text, both ways; bytes are in bytes.c. */
#include "conf/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

/* From small to large. */
static const struct unit durations[] = {{"ns", 1},     {"us", 1e3},   {"ms", 1e6},    {"s", 1e9},
					{"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {0}};
static const struct unit sizes[] = {{"B", 1},
				    {"KiB", 1024.0},
				    {"MiB", 1024.0 * 1024},
				    {"GiB", 1024.0 * 1024 * 1024},
				    {"TiB", 1024.0 * 1024 * 1024 * 1024},
				    {0}};
const char value_duration_units[] = "ns|us|ms|s|min|h|d";
const char value_size_units[] = "B|KiB|MiB|GiB|TiB";

/* What people write for a unit. */
static const struct alias {
	const char *word, *meant;
} aliases[] = {
	{"sec", "s"},      {"secs", "s"},      {"second", "s"}, {"seconds", "s"}, {"S", "s"},
	{"msec", "ms"},    {"MS", "ms"},       {"usec", "us"},  {"m", "min"},     {"mins", "min"},
	{"minute", "min"}, {"minutes", "min"}, {"hour", "h"},   {"hours", "h"},   {"H", "h"},
	{"day", "d"},      {"days", "d"},      {"K", "KiB"},    {"k", "KiB"},     {"KB", "KiB"},
	{"kB", "KiB"},     {"kb", "KiB"},      {"kib", "KiB"},  {"M", "MiB"},     {"m", "MiB"},
	{"MB", "MiB"},     {"mb", "MiB"},      {"mib", "MiB"},  {"G", "GiB"},     {"GB", "GiB"},
	{"gb", "GiB"},     {"gib", "GiB"},     {"T", "TiB"},    {"TB", "TiB"},    {"b", "B"},
	{"byte", "B"},     {"bytes", "B"},
};

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcmp(units->name, name))
			return units;
	return NULL;
}

static const char *meant_unit(const struct unit *units, const char *word)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (!strcmp(aliases[i].word, word) && find_unit(units, aliases[i].meant))
			return aliases[i].meant;
	return NULL;
}

int value_bool(const char *text, bool *out, struct err *err)
{
	static const char *const others[] = {"yes", "no", "on", "off"};
	const char *meant;

	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*out = *text == 't';
		return 0;
	}
	for (size_t i = 0; i < 4; i++)
		if (!strcasecmp(text, others[i]))
			return err_set(err, "; did you mean %s?", i % 2 ? "false" : "true");
	meant = conf_nearest(text, (const char *const[]){"true", "false"}, 2);
	return meant ? err_set(err, "; did you mean %s?", meant) : err_set(err, "%s", "");
}

int value_int(const char *text, int64_t *out, struct err *err)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;

	digits += is_hex ? 2 : 0;
	if (!*digits ||
	    strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return err_set(err, "%s", "");
	errno = 0;
	*out = strtoll(text, &end, is_hex ? 16 : 10);
	return errno ? err_set(err, ", which is too large") : 0;
}

/* Digits with at most one point in them, as YAML and JSON have them; strtod takes far more. */
static size_t plain_number(const char *text)
{
	size_t n = strspn(text, "0123456789"), fraction;

	if (!n || text[n] != '.')
		return n;
	fraction = strspn(text + n + 1, "0123456789");
	return fraction ? n + 1 + fraction : 0;
}

int value_number(const char *text, double *out, struct err *err)
{
	const char *digits = text + (*text == '-' || *text == '+');
	size_t n = plain_number(digits);

	if (n && (digits[n] == 'e' || digits[n] == 'E')) {
		size_t sign = digits[n + 1] == '-' || digits[n + 1] == '+';
		size_t exponent = strspn(digits + n + 1 + sign, "0123456789");

		n = exponent ? n + 1 + sign + exponent : 0;
	}
	if (!n || digits[n])
		return err_set(err, "%s",
			       strchr(digits, ',') ? "; a number has a point, not a comma" : "");
	*out = strtod(text, NULL);
	return isfinite(*out) ? 0 : err_set(err, ", which is too large");
}

/* A number and its unit, multiplied. */
static int scaled(const char *text, const struct unit *units, const char *plain_unit, double *out,
		  struct err *err)
{
	size_t n = plain_number(text);
	const char *name = text + n + strspn(text + n, " ");
	const struct unit *unit;
	const char *meant;

	if (!n)
		return err_set(err, "%s", "");
	if (!*name && !plain_unit && strtod(text, NULL) != 0)
		return err_set(err, " without a unit");
	unit = find_unit(units, *name ? name : plain_unit ? plain_unit : units->name);
	if (unit) {
		*out = strtod(text, NULL) * unit->factor;
		return 0;
	}
	meant = meant_unit(units, name);
	if (meant)
		return err_set(err, "; did you mean %.*s%s?", (int)n, text, meant);
	return err_set(err, "; \"%s\" is no unit", name);
}

int value_duration(const char *text, int64_t *ns_out, struct err *err)
{
	double ns;

	if (scaled(text, durations, NULL, &ns, err) < 0)
		return -1;
	if (ns > 9e18)
		return err_set(err, ", which is too long");
	*ns_out = (int64_t)(ns + 0.5);
	return 0;
}

int value_size(const char *text, uint64_t *out, struct err *err)
{
	double size;

	if (scaled(text, sizes, "B", &size, err) < 0)
		return -1;
	if (size > 9e15)
		return err_set(err, ", which is too large");
	if (size != (double)(uint64_t)size)
		return err_set(err, ", which is no whole number of bytes");
	*out = (uint64_t)size;
	return 0;
}

int value_mode(const char *text, int64_t *out, struct err *err)
{
	size_t n = strlen(text);

	if (n < 3 || n > 4 || strspn(text, "01234567") != n)
		return err_set(err, "%s", "");
	*out = strtol(text, NULL, 8);
	return 0;
}

char *value_number_text(double number, char out[VALUE_TEXT_SIZE])
{
	if (number > -1e15 && number < 1e15 && number == (double)(int64_t)number) {
		snprintf(out, VALUE_TEXT_SIZE, "%" PRId64, (int64_t)number);
		return out;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(out, VALUE_TEXT_SIZE, "%.*g", digits, number);
		if (strtod(out, NULL) == number)
			break;
	}
	return out;
}

/* The largest unit of which it is a whole number. */
static char *whole_text(uint64_t value, const struct unit *units, char out[VALUE_TEXT_SIZE])
{
	const struct unit *best = units;

	for (const struct unit *u = units; u->name; u++)
		if (value && value % (uint64_t)u->factor == 0)
			best = u;
	snprintf(out, VALUE_TEXT_SIZE, "%" PRIu64 "%s", value / (uint64_t)best->factor, best->name);
	return out;
}

char *value_duration_text(int64_t ns, char out[VALUE_TEXT_SIZE])
{
	if (ns == 0)
		return strcpy(out, "0s");
	return whole_text((uint64_t)ns, durations, out);
}

char *value_size_text(uint64_t size, char out[VALUE_TEXT_SIZE])
{
	whole_text(size, sizes, out);
	if (size % 1024 || !size)
		out[strlen(out) - 1] = '\0'; /* bare bytes */
	return out;
}
