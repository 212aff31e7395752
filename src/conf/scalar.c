/* SPDX-License-Identifier: Apache-2.0 */
/* One value that is neither a list nor a map, read by its row; see scalar.h. */
#include "conf/scalar.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/xalloc.h"
#include "conf/rows.h"
#include "conf/value.h"

enum { FOUND_MAX = 60, CHOICES_MAX = 16 };

/* ---- words ---- */

/* What stands there, short enough for a line. */
static void found(const struct conf_node *node, struct buf *out)
{
	size_t len = node->text_len > FOUND_MAX ? FOUND_MAX : node->text_len;

	if (node->kind != CONF_SCALAR) {
		buf_add_str(out, node->kind == CONF_LIST ? "a list" : "keys and values");
		return;
	}
	if (conf_is_nothing(node)) {
		buf_add_str(out, "nothing");
		return;
	}
	while (len < node->text_len && len && (node->text[len] & 0xc0) == 0x80)
		len--;
	buf_add_str(out, node->quoted ? "\"" : "");
	for (size_t i = 0; i < len; i++)
		buf_add(out, node->text[i] ? &node->text[i] : "\\x00", node->text[i] ? 1 : 4);
	buf_add_str(out, len < node->text_len ? "..." : "");
	buf_add_str(out, node->quoted ? "\"" : "");
}

int scalar_expected(const struct conf_row *row, const struct conf_node *node, const char *more,
		    struct conf_errors *errors)
{
	struct buf what = {0}, is = {0};

	rows_expected(row, CHOICES_MAX, &what);
	found(node, &is);
	conf_error(errors, node, "%s: expected %s, found %s%s", row->key, buf_str(&what),
		   buf_str(&is), more);
	buf_fini(&what);
	buf_fini(&is);
	return -1;
}

int scalar_out_of_range(const struct conf_row *row, const struct conf_node *node, const char *unit,
			struct conf_errors *errors)
{
	struct buf bounds = {0}, is = {0};

	rows_bounds(row, &bounds);
	found(node, &is);
	conf_error(errors, node, "%s: %s is out of range; expected %s%s", row->key, buf_str(&is),
		   buf_str(&bounds), unit);
	buf_fini(&bounds);
	buf_fini(&is);
	return -1;
}

/* ---- scalars ---- */

bool scalar_is_within(const struct conf_row *row, double value)
{
	return (row->min == 0 && row->max == 0) ||
	       (value >= row->min && (value <= row->max || row->max >= CONF_NO_MAX));
}

/* As value.h reads them. */
#define READER(type)                                                                               \
	static int read_##type(const struct conf_row *row, const struct conf_node *node,           \
			       void *out, struct err *err)                                         \
	{                                                                                          \
		(void)row;                                                                         \
		return value_##type(node->text, out, err);                                         \
	}
READER(bool)
READER(int)
READER(number)
READER(duration)
READER(size)
READER(mode)

static int read_text(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	(void)row;
	if (memchr(node->text, 0, node->text_len))
		return err_set(err, ", which has a NUL byte in it");
	*(char **)out = xstrdup(node->text);
	return 0;
}

static int read_bytes(const struct conf_row *row, const struct conf_node *node, void *out,
		      struct err *err)
{
	(void)row;
	return value_bytes(node->text, node->text_len, out, err);
}

static int read_name(const struct conf_row *row, const struct conf_node *node, void *out,
		     struct err *err)
{
	const char *problem = name_problem(node->text, row->type == CONF_DEVICE);

	return problem ? err_set(err, " (%s)", problem) : read_text(row, node, out, err);
}

static int read_choice(const struct conf_row *row, const struct conf_node *node, void *out,
		       struct err *err)
{
	const char *nearest;
	size_t n;

	for (n = 0; row->choices[n]; n++)
		if (!strcmp(row->choices[n], node->text)) {
			*(int *)out = (int)n;
			return 0;
		}
	nearest = conf_nearest(node->text, row->choices, n);
	return nearest ? err_set(err, "; did you mean %s?", nearest) : err_set(err, "%s", "");
}

/* How each type is read, into what, and whether it must stand without quotes. */
static const struct scalar {
	int (*read)(const struct conf_row *row, const struct conf_node *node, void *out,
		    struct err *err);
	size_t size;
	bool is_bare;
	const char *unit; /* of its bounds, in an error */
} scalars[] = {
	[CONF_BOOL] = {read_bool, sizeof(bool), true, ""},
	[CONF_INT] = {read_int, sizeof(int64_t), true, ""},
	[CONF_NUMBER] = {read_number, sizeof(double), true, ""},
	[CONF_TEXT] = {read_text, sizeof(char *), false, " characters"},
	[CONF_BYTES] = {read_bytes, sizeof(struct conf_bytes), false, " bytes"},
	[CONF_DURATION] = {read_duration, sizeof(int64_t), false, ""},
	[CONF_SIZE] = {read_size, sizeof(uint64_t), false, ""},
	[CONF_CHOICE] = {read_choice, sizeof(int), false, ""},
	[CONF_NAME] = {read_name, sizeof(char *), false, ""},
	[CONF_DEVICE] = {read_name, sizeof(char *), false, ""},
	[CONF_MODE] = {read_mode, sizeof(int64_t), false, ""},
};

bool scalar_is(const struct conf_row *row)
{
	return (size_t)row->type < sizeof scalars / sizeof *scalars && scalars[row->type].read;
}

/* What of a value is held against the bounds. */
static double measure(const struct conf_row *row, const void *out)
{
	switch (row->type) {
	case CONF_INT:
	case CONF_DURATION: return (double)*(const int64_t *)out;
	case CONF_NUMBER: return *(const double *)out;
	case CONF_SIZE: return (double)*(const uint64_t *)out;
	case CONF_TEXT: return (double)strlen(*(char *const *)out);
	case CONF_BYTES: return (double)((const struct conf_bytes *)out)->len;
	default: return row->min;
	}
}

/* A value that was read and is not wanted: back to zero. */
static void take_back(const struct conf_row *row, void *out)
{
	struct conf_row rows[] = {*row, {0}};

	rows[0].offset = 0;
	conf_fini(&(struct conf_schema){.rows = rows}, out);
	memset(out, 0, scalars[row->type].size);
}

int scalar_read(const struct conf_row *row, const struct conf_node *node, void *out,
		struct conf_errors *errors)
{
	const struct scalar *scalar = &scalars[row->type];
	struct err err = {""};

	if (node->kind != CONF_SCALAR || conf_is_nothing(node))
		return scalar_expected(row, node, "", errors);
	if (node->quoted && scalar->is_bare)
		return scalar_expected(row, node, "; take the quotes away", errors);
	if ((row->flags & CONF_SECRET) && !strcmp(node->text, CONF_SECRET_TEXT)) {
		conf_warning(errors, node,
			     "%s: this stands for a secret that was not printed; put it in",
			     row->key);
		return 0;
	}
	if (scalar->read(row, node, out, &err) < 0)
		return scalar_expected(row, node, err.text, errors);
	if (scalar_is_within(row, measure(row, out)))
		return 0;
	take_back(row, out);
	return scalar_out_of_range(row, node, scalar->unit, errors);
}
