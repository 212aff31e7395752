/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an expected failure; the contract is in err.h. must_failed() lives here too, since a
 * failed check is the one error that nobody handles. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/* Marks a text that did not fit, so that nobody takes it for the whole. */
static void mark_cut(char *text, int wanted)
{
	if (wanted >= ERR_TEXT_SIZE)
		memcpy(text + ERR_TEXT_SIZE - 4, "...", 4);
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	mark_cut(e->text, vsnprintf(e->text, sizeof e->text, fmt, ap));
	va_end(ap);
	return -1;
}

int err_context(struct err *e, const char *fmt, ...)
{
	char context[ERR_TEXT_SIZE], before[ERR_TEXT_SIZE];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(context, sizeof context, fmt, ap);
	va_end(ap);
	memcpy(before, e->text, sizeof before);
	return err_set(e, "%s: %s", context, before);
}

int err_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[ERR_TEXT_SIZE];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(e, "%s: %s", what, strerror(saved));
}

void must_failed(const char *cond, const char *file, int line, const char *func)
{
	fprintf(stderr, "%s:%d: %s: must(%s) does not hold\n", file, line, func, cond);
	abort();
}
