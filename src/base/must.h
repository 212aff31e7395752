/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must(): the check for our own bugs. Always compiled in; a failed one prints where and aborts,
 * and the supervisor writes the obituary. Never used on input from a device, a client or a file.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__, __func__))

/* Prints the failed condition on stderr and aborts. */
_Noreturn void must_failed(const char *cond, const char *file, int line, const char *func);

#endif
