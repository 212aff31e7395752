/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they stand in a profile, and what a user sets for one device. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/constant.h"
#include "profile/known.h"
#include "profile/program.h"
#include "profile/raw.h"

static bool read_bool(const struct conf_node *node, struct constant *out)
{
	if (node->quoted || (strcmp(node->text, "true") && strcmp(node->text, "false")))
		return false;
	out->type = DRAGOMAN_BOOLEAN;
	out->boolean = node->text[0] == 't';
	return true;
}

static bool read_integer(const struct conf_node *node, struct constant *out)
{
	struct raw raw;

	if (node->quoted || !raw_from_text(node->text, &raw) || raw.kind != RAW_INTEGER)
		return false;
	out->integer = raw.as.integer;
	out->type = DRAGOMAN_INTEGER;
	return true;
}

bool raw_from_text(const char *text, struct raw *out)
{
	int base = strncmp(text, "0x", 2) ? 10 : 16;
	char *end;

	errno = 0;
	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = strtoll(text, &end, base)};
	if (errno && *text != '-') {
		errno = 0;
		*out = (struct raw){.kind = RAW_NATURAL, .as.natural = strtoull(text, &end, base)};
	}
	return end != text && !*end && !errno;
}

/* Also what an integer cannot say. */
static bool read_natural(const struct conf_node *node, struct constant *out)
{
	struct raw raw;

	if (node->quoted || !raw_from_text(node->text, &raw) ||
	    (raw.kind == RAW_INTEGER && raw.as.integer < 0))
		return false;
	out->natural = raw.kind == RAW_NATURAL ? raw.as.natural : (uint64_t)raw.as.integer;
	out->type = DRAGOMAN_NATURAL;
	return true;
}

static bool read_number(const struct conf_node *node, struct constant *out)
{
	char *end;

	if (node->quoted || !*node->text)
		return false;
	out->number = strtod(node->text, &end);
	if (*end || !isfinite(out->number))
		return false;
	out->type = DRAGOMAN_NUMBER;
	return true;
}

int constant_read(const struct conf_node *node, enum dragoman_type wanted, struct constant *out)
{
	bool any = wanted == DRAGOMAN_NONE;

	*out = (struct constant){0};
	if (node->kind != CONF_SCALAR)
		return -1;
	if ((any || wanted == DRAGOMAN_BOOLEAN) && read_bool(node, out))
		return 0;
	if ((any || wanted == DRAGOMAN_INTEGER) && read_integer(node, out))
		return 0;
	if ((any || wanted == DRAGOMAN_NATURAL) && read_natural(node, out))
		return 0;
	if ((any || wanted == DRAGOMAN_NUMBER) && read_number(node, out))
		return 0;
	if (!any && wanted != DRAGOMAN_TEXT && wanted != DRAGOMAN_DATA)
		return -1;
	out->type = DRAGOMAN_TEXT;
	out->text = node->text;
	out->text_len = node->text_len;
	return 0;
}

void raw_from_constant(const struct constant *constant, struct raw *out)
{
	*out = (struct raw){.kind = RAW_ABSENT};
	switch (constant->type) {
	case DRAGOMAN_BOOLEAN:
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = constant->boolean};
		break;
	case DRAGOMAN_INTEGER:
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = constant->integer};
		break;
	case DRAGOMAN_NATURAL: raw_set_whole(out, constant->natural); break;
	case DRAGOMAN_NUMBER:
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = constant->number};
		break;
	case DRAGOMAN_TEXT:
		raw_set_text(out, (const uint8_t *)constant->text, constant->text_len);
		break;
	default: break;
	}
}

void value_from_constant(const struct constant *constant, enum dragoman_type type,
			 struct dragoman_value *out)
{
	out->type = type;
	switch (type) {
	case DRAGOMAN_BOOLEAN: out->as.boolean = constant->boolean; break;
	case DRAGOMAN_INTEGER:
		out->as.integer = constant->type == DRAGOMAN_NUMBER ? llround(constant->number)
								    : constant->integer;
		break;
	case DRAGOMAN_NATURAL: out->as.natural = constant->natural; break;
	case DRAGOMAN_NUMBER: out->as.number = constant->number; break;
	default:
		out->as.text.bytes = constant->text;
		out->as.text.len = constant->text_len;
		break;
	}
}

bool value_is_number(enum dragoman_type type)
{
	return type == DRAGOMAN_NUMBER || type == DRAGOMAN_INTEGER || type == DRAGOMAN_NATURAL;
}

double value_as_number(const struct dragoman_value *value)
{
	return value->type == DRAGOMAN_INTEGER   ? (double)value->as.integer
	       : value->type == DRAGOMAN_NATURAL ? (double)value->as.natural
	       : value->type == DRAGOMAN_NUMBER  ? value->as.number
						 : 0;
}

void value_set_number(struct dragoman_value *value, enum dragoman_type type, double number)
{
	value->type = type;
	if (type == DRAGOMAN_INTEGER)
		value->as.integer = number >= 0x1p63    ? INT64_MAX
				    : number <= -0x1p63 ? INT64_MIN
							: llround(number);
	else if (type == DRAGOMAN_NATURAL)
		value->as.natural = number >= 0x1p64 ? UINT64_MAX
				    : number <= 0    ? 0
						     : (uint64_t)round(number);
	else
		value->as.number = number;
}

struct constant constant_of(const struct dragoman_value *value)
{
	double number = value_as_number(value);
	struct constant k = {.type = value->type, .number = number};
	struct dragoman_value whole;

	if (value_is_number(value->type)) {
		value_set_number(&whole, DRAGOMAN_INTEGER, number);
		k.integer = value->type == DRAGOMAN_INTEGER ? value->as.integer : whole.as.integer;
		value_set_number(&whole, DRAGOMAN_NATURAL, number);
		k.natural = value->type == DRAGOMAN_NATURAL ? value->as.natural : whole.as.natural;
	} else if (value->type == DRAGOMAN_BOOLEAN) {
		k.boolean = value->as.boolean;
	} else {
		k.text = value->as.text.bytes;
		k.text_len = value->as.text.len;
	}
	return k;
}

/* ---- parameters ---- */

static int read_parameter(const struct parameter *p, const struct conf_node *given,
			  const struct conf_node *node, struct raw *out, struct conf_errors *errors)
{
	struct constant value = p->fallback;
	double number;

	if (!node && value.type == DRAGOMAN_NONE) {
		conf_error(errors, given, "the profile needs the parameter %s%s%s", p->name,
			   p->help ? ": " : "", p->help ? p->help : "");
		return -1;
	}
	if (node && constant_read(node, p->type, &value) < 0) {
		conf_error(errors, node, "%s: expected %s", p->name,
			   p->type == DRAGOMAN_INTEGER  ? "a whole number"
			   : p->type == DRAGOMAN_NUMBER ? "a number"
							: "a text");
		return -1;
	}
	number = value.type == DRAGOMAN_INTEGER ? (double)value.integer : value.number;
	if (p->type != DRAGOMAN_TEXT && p->min < p->max && (number < p->min || number > p->max)) {
		conf_error(errors, node, "%s: expected %g to %g", p->name, p->min, p->max);
		return -1;
	}
	raw_from_constant(&value, out);
	return 0;
}

/* Keys that are no parameter of the profile. */
static int check_known(const struct profile *profile, const struct conf_node *given,
		       struct conf_errors *errors)
{
	const struct known *parameters =
		KNOWN(profile->parameters, profile->n_parameters, parameter, name);
	int bad = 0;

	for (const struct conf_node *n = given->first; n; n = n->next) {
		if (known_find(parameters, n->key) >= 0)
			continue;
		known_error_key(parameters, n->key, errors, n, "the profile has no parameter");
		bad = -1;
	}
	return bad;
}

int parameters_read(const struct profile *profile, const struct conf_node *given, struct raw *list,
		    struct conf_errors *errors)
{
	int bad = 0;

	if (given && given->kind != CONF_MAP) {
		conf_error(errors, given, "expected {parameter: value}");
		return -1;
	}
	for (size_t i = 0; i < profile->n_parameters; i++) {
		const struct parameter *p = &profile->parameters[i];

		bad |= read_parameter(p, given, given ? conf_get(given, p->name) : NULL, &list[i],
				      errors);
	}
	return given ? bad | check_known(profile, given, errors) : bad;
}
