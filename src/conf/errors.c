/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what is wrong with a configuration: file:line:column: text, all of it in one run. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"

void conf_errors_fini(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		free(errors->list[i].file);
		free(errors->list[i].text);
	}
	free(errors->list);
	*errors = (struct conf_errors){0};
}

/* One mistake under an anchor is met at each of its aliases; it is told once. */
static bool is_known(const struct conf_errors *errors, const struct conf_error *error)
{
	for (size_t i = errors->n; i-- > 0;) {
		const struct conf_error *e = &errors->list[i];

		if (e->line == error->line && e->column == error->column &&
		    !strcmp(e->text, error->text) && e->file && error->file &&
		    !strcmp(e->file, error->file))
			return true;
	}
	return false;
}

/* Whatever stands in a file, a terminal obeys none of it. */
static void escape(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f)
			out[n++] = *text;
		else
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
	}
	out[n] = '\0';
}

static void add(struct conf_errors *errors, struct conf_error error, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void add(struct conf_errors *errors, struct conf_error error, const char *fmt, va_list ap)
{
	char raw[2 * ERR_TEXT_SIZE], text[2 * ERR_TEXT_SIZE];

	vsnprintf(raw, sizeof raw, fmt, ap);
	escape(raw, text, sizeof text);
	error.text = text;
	if (is_known(errors, &error))
		return;
	if (!error.is_warning)
		errors->n_errors++;
	if (errors->n == CONF_ERRORS_MAX) {
		errors->n_left_out++;
		return;
	}
	if (!(errors->n & (errors->n - 1))) /* none left at 0, 1, 2, 4, 8 ... */
		errors->list = xreallocarray(errors->list, errors->n ? errors->n * 2 : 1,
					     sizeof *errors->list);
	error.file = error.file ? xstrdup(error.file) : NULL;
	error.text = xstrdup(text);
	errors->list[errors->n++] = error;
}

static struct conf_error at_value(const struct conf_node *node)
{
	if (!node)
		return (struct conf_error){0};
	return (struct conf_error){
		.file = (char *)node->file, .line = node->line, .column = node->column};
}

static struct conf_error at_key(const struct conf_node *node)
{
	struct conf_error error = at_value(node);

	if (node && node->key_line) {
		error.line = node->key_line;
		error.column = node->key_column;
	}
	return error;
}

void conf_error(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(errors, at_value(node), fmt, ap);
	va_end(ap);
}

void conf_error_key(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(errors, at_key(node), fmt, ap);
	va_end(ap);
}

void conf_warning(struct conf_errors *errors, const struct conf_node *node, const char *fmt, ...)
{
	struct conf_error error = at_value(node);
	va_list ap;

	error.is_warning = true;
	va_start(ap, fmt);
	add(errors, error, fmt, ap);
	va_end(ap);
}

void conf_error_at(struct conf_errors *errors, const char *file, int line, int column,
		   const char *fmt, ...)
{
	struct conf_error error = {.file = (char *)file, .line = line, .column = column};
	va_list ap;

	va_start(ap, fmt);
	add(errors, error, fmt, ap);
	va_end(ap);
}

/* By file, line and column; at one place as they came; what has no place comes last. */
struct sorted {
	const struct conf_error *error;
	size_t order;
};

static int by_number(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *left, const void *right)
{
	const struct sorted *x = left, *y = right;
	const struct conf_error *a = x->error, *b = y->error;
	int d = by_number(!a->file, !b->file);

	if (!d && a->file)
		d = strcmp(a->file, b->file);
	if (!d)
		d = by_number((size_t)a->line, (size_t)b->line);
	if (!d)
		d = by_number((size_t)a->column, (size_t)b->column);
	return d ? d : by_number(x->order, y->order);
}

static void print(const struct conf_error *error, struct buf *out)
{
	if (error->file)
		buf_addf(out, "%s:", error->file);
	if (error->line)
		buf_addf(out, "%d:%d:", error->line, error->column);
	buf_addf(out, "%s%s%s\n", error->file ? " " : "", error->is_warning ? "warning: " : "",
		 error->text);
}

void conf_errors_print(const struct conf_errors *errors, struct buf *out)
{
	struct sorted *sorted = xcalloc(errors->n + 1, sizeof *sorted);

	for (size_t i = 0; i < errors->n; i++)
		sorted[i] = (struct sorted){&errors->list[i], i};
	qsort(sorted, errors->n, sizeof *sorted, by_place);
	for (size_t i = 0; i < errors->n; i++)
		print(sorted[i].error, out);
	if (errors->n_left_out)
		buf_addf(out, "and %zu more\n", errors->n_left_out);
	free(sorted);
}
