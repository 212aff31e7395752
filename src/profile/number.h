/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in text. */
#ifndef PROFILE_NUMBER_H
#define PROFILE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number {
	double value;
	bool is_whole; /* no point, no exponent, and its magnitude has 64 bits */
	bool is_negative;
	uint64_t magnitude;
};

/* A decimal number of exactly len bytes: blanks around it, sign, digits, point (or comma), exponent. Returns
 * false if it is none. */
bool number_read(const uint8_t *at, size_t len, bool comma, struct number *out);
/* How many bytes at the front look like a number, blanks before it included; 0: none. */
size_t number_span(const uint8_t *at, size_t len, bool comma, bool fraction);

#endif
