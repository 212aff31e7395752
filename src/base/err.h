/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expected failure on its way up: the text of what went wrong, to which each level may add its
 * context. Whoever gives up or carries on prints it, once (log.h).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

enum { ERR_TEXT_SIZE = 512 };

struct err {
	char text[ERR_TEXT_SIZE]; /* one line, no newline, complete enough to be shown as it is */
};

/* Both return -1, so that a function can end with "return err_set(...)". A NULL e is accepted. A text
 * that is too long is cut and ends in "...". */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts the context and ": " before the text that is already there. */
int err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As err_set, with ": " and the text of errno (read on entry) behind it. */
int err_errno(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
