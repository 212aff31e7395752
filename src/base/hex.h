/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text and back. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* "02 41 0d": two lower-case digits a byte, blanks between. Writes at most size bytes with the NUL;
 * what does not fit is cut and ends in "..". Returns out. */
char *hex_text(const void *bytes, size_t len, char *out, size_t size);

/* Reads pairs of hex digits, blanks between pairs allowed. Returns the number of bytes written
 * (at most size), or -1 for anything else. */
ssize_t hex_parse(const char *text, uint8_t *out, size_t size);

/* The value of a hex digit, or -1. */
int hex_digit(char c);

#endif
