/* SPDX-License-Identifier: Apache-2.0 */
/* Whether bytes are text: protobuf's runtimes refuse a string that is not UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. NUL
 * bytes are text. */
bool utf8_is_valid(const char *text, size_t len);

#endif
