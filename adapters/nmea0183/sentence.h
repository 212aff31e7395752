/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence, cut into its fields: "$GPGGA,125106,...*7F". Points into the bytes it was cut from. */
#ifndef SENTENCE_H
#define SENTENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SENTENCE_FIELDS = 64 };

/* A field's text; len 0: it is empty, or the sentence ends before it. */
struct text {
	const char *s;
	size_t len;
};

enum sentence_check { CHECK_ABSENT, CHECK_RIGHT, CHECK_WRONG };

struct sentence {
	char start;         /* '$' or '!' */
	struct text talker; /* "GP"; empty if it is proprietary */
	uint32_t name; /* of the formatter, SENTENCE_NAME; of a proprietary one all behind the P */
	struct text field[SENTENCE_FIELDS]; /* 0: the address, "GPGGA" */
	size_t n;                           /* of them there are, the address included */
	enum sentence_check check;
};

/* Four letters as a number: SENTENCE_NAME('G', 'G', 'A', 0). */
#define SENTENCE_NAME(a, b, c, d)                                                                  \
	((uint32_t)(uint8_t)(a) << 24 | (uint32_t)(uint8_t)(b) << 16 |                             \
	 (uint32_t)(uint8_t)(c) << 8 | (uint32_t)(uint8_t)(d))

/* Finds the last sentence that starts within the bytes and cuts it. 0, or -1 if they are none: no start, no
 * address, bytes that are no text, too many fields. */
int sentence_cut(const uint8_t *bytes, size_t len, struct sentence *out);

static inline char text_letter(struct text text)
{
	return text.len ? text.s[0] : '\0';
}

#endif
