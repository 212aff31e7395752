/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in text. */
#ifndef PROFILE_NUMBER_H
#define PROFILE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number of exactly len bytes: blanks around it, sign, digits, point (or comma), exponent. Returns
 * false if it is none. *integral: no point, no exponent, and *integer holds it. */
bool number_read(const uint8_t *at, size_t len, bool comma, double *out, bool *integral,
		 int64_t *integer);
/* How many bytes at the front look like a number, blanks before it included; 0: none. */
size_t number_span(const uint8_t *at, size_t len, bool comma, bool fraction);

#endif
