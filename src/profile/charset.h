/* SPDX-License-Identifier: Apache-2.0 */
/* What bytes of a text mean, and how text is written in them. */
#ifndef PROFILE_CHARSET_H
#define PROFILE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What bytes of a text mean; charset.c. */
enum charset {
	CHARSET_ANY,
	CHARSET_ASCII,
	CHARSET_UTF8,
	CHARSET_LATIN1,
	CHARSET_CP437,
	CHARSET_KANA
};
extern const char *const charset_names[]; /* ends with NULL */

/* A character of the set as UTF-8: how many bytes it is, at most 3. */
size_t charset_to_utf8(enum charset charset, uint8_t byte, uint8_t out[3]);
/* Writes UTF-8 in the set; 0, or -1 if it has no such character. */
int charset_write(enum charset charset, const uint8_t *text, size_t len, struct buf *out);
/* Whether these bytes may stand in a text of the set. */
bool charset_is_valid(enum charset charset, const uint8_t *bytes, size_t len);

#endif
