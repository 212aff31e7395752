/* SPDX-License-Identifier: Apache-2.0 */
/* Writes raw fields as bytes, by their types. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/charset.h"
#include "profile/raw.h"
#include "profile/type.h"

enum { NUMBER_SIZE = 64 };

static int write_binary(const struct type *t, uint64_t value, struct buf *out)
{
	uint8_t *at = buf_room(out, t->size);

	for (size_t i = 0; i < t->size; i++)
		at[order_place(t->order, t->size, i)] = (uint8_t)(value >> 8 * (t->size - 1u - i));
	buf_grown(out, t->size);
	return 0;
}

static int write_unsigned(const struct type *t, const struct raw *raw, struct buf *out)
{
	uint64_t value;

	if (raw->kind == RAW_NATURAL) {
		value = raw->as.natural;
	} else if (raw->kind == RAW_NUMBER) {
		if (!(raw->as.number >= 0 && raw->as.number < 18446744073709551616.0))
			return -1;
		value = (uint64_t)raw->as.number;
	} else if (raw->kind != RAW_INTEGER || raw->as.integer < 0) {
		return -1;
	} else {
		value = (uint64_t)raw->as.integer;
	}
	if (t->bits < 64 && value >> t->bits)
		return -1;
	return write_binary(t, value, out);
}

int type_sign(const struct type *t, int64_t value, uint64_t *bits)
{
	uint64_t top = (uint64_t)1 << (t->bits - 1), mask = top - 1;
	int64_t most = (int64_t)mask;
	bool symmetric = t->sign == SIGN_ONES || t->sign == SIGN_MAGNITUDE;

	if (value > most || value < -most - !symmetric)
		return -1;
	*bits = (uint64_t)value & (mask | top);
	if (t->sign == SIGN_OFFSET)
		*bits ^= top;
	else if (t->sign == SIGN_MAGNITUDE && value < 0)
		*bits = (uint64_t)-value | top;
	else if (t->sign == SIGN_ONES && value < 0)
		*bits = ~(uint64_t)-value & (mask | top);
	return 0;
}

static int write_signed(const struct type *t, const struct raw *raw, struct buf *out)
{
	uint64_t bits;

	if (raw->kind != RAW_INTEGER || type_sign(t, raw->as.integer, &bits) < 0)
		return -1;
	return write_binary(t, bits, out);
}

static int write_float(const struct type *t, const struct raw *raw, struct buf *out)
{
	double value = raw_number(raw);
	float single = (float)value;
	uint64_t bits = 0;
	uint32_t low;

	if (!raw_is_number(raw))
		return -1;
	if (t->bits == 64) {
		memcpy(&bits, &value, sizeof(bits));
	} else {
		memcpy(&low, &single, sizeof(low));
		bits = low;
	}
	return write_binary(t, bits, out);
}

static int write_signed_bcd(const struct type *t, int64_t value, struct buf *out)
{
	size_t n = 2u * t->size, sign = t->sign == SIGN_FIRST ? 0 : n - 1;
	uint8_t *at = buf_room(out, t->size);
	uint64_t rest = (uint64_t)(value < 0 ? -value : value);
	unsigned plus = t->sign == SIGN_FIRST ? 0 : 0xc, minus = t->sign == SIGN_FIRST ? 0xf : 0xd;

	memset(at, 0, t->size);
	for (size_t i = n; i-- > 0;) {
		unsigned nibble = (unsigned)(rest % 10);

		if (i == sign)
			nibble = value < 0 ? minus : plus;
		else
			rest /= 10;
		at[order_place(t->order, t->size, i / 2)] |=
			(uint8_t)(i % 2 ? nibble : nibble << 4);
	}
	if (rest)
		return -1;
	buf_grown(out, t->size);
	return 0;
}

static int write_bcd(const struct type *t, const struct raw *raw, struct buf *out)
{
	bool packed = t->kind == TYPE_BCD;
	uint8_t *at = buf_room(out, t->size);
	int64_t value = raw->as.integer;
	unsigned digits = 0;

	if (raw->kind != RAW_INTEGER || (value < 0 && !t->is_signed) || value == INT64_MIN)
		return -1;
	if (t->is_signed)
		return write_signed_bcd(t, value, out);
	for (int64_t rest = value; rest; rest /= 10)
		digits++;
	if (digits > t->digits)
		return -1;
	for (size_t i = t->size; i-- > 0;) {
		uint8_t byte = (uint8_t)(value % 10);

		value /= 10;
		if (packed) {
			byte |= (uint8_t)(value % 10 << 4);
			value /= 10;
		}
		at[order_place(t->order, t->size, i)] = byte;
	}
	buf_grown(out, t->size);
	return 0;
}

/* Pads to the type's columns. */
static int write_padded(const struct type *t, const void *text, size_t len, struct buf *out)
{
	size_t pad = t->size > len ? t->size - len : 0;

	if (t->size && len > t->size && !t->loose)
		return -1;
	if (!t->left)
		buf_addf(out, "%*s", (int)pad, "");
	buf_add(out, text, len);
	if (t->left)
		buf_addf(out, "%*s", (int)pad, "");
	return 0;
}

/* As many digits as are needed to read the same number again, and no exponent where none is wanted. */
static int shortest(const struct type *t, double value, char *text, size_t size)
{
	for (int precision = 1; precision <= 17; precision++) {
		int n = snprintf(text, size, "%.*g", precision, value);

		if (n > 0 && (size_t)n < size && strtod(text, NULL) == value) {
			if (!t->exponent && strchr(text, 'e')) {
				int decimals = precision - 1 - (int)floor(log10(fabs(value)));

				n = snprintf(text, size, "%.*f", decimals > 0 ? decimals : 0,
					     value);
				return n > 0 && (size_t)n < size ? 0 : -1;
			}
			return 0;
		}
	}
	return -1;
}

static int format_number(const struct type *t, const struct raw *raw, char *text, size_t size)
{
	double value = fabs(raw_number(raw));
	wide_int whole;
	int n;

	if (!isfinite(value))
		return -1;
	if (raw_whole(raw, &whole) && t->decimals <= 0 && !t->exponent) {
		uint64_t integer = (uint64_t)(whole < 0 ? -whole : whole);

		n = snprintf(text, size, "%llu", (unsigned long long)integer);
	} else if (t->decimals < 0) {
		return shortest(t, value, text, size);
	} else {
		n = snprintf(text, size, t->exponent ? "%.*E" : "%.*f", t->decimals, value);
	}
	return n > 0 && (size_t)n < size ? 0 : -1;
}

/* The digits as they are written, without a sign. */
static int write_digits(const struct type *t, const struct raw *raw, char digits[NUMBER_SIZE])
{
	struct type whole = {.kind = TYPE_INTEGER};
	double scaled = raw_number(raw) * (t->implied ? pow(10, t->decimals) : 1);

	if (!t->implied)
		return format_number(t, raw, digits, NUMBER_SIZE);
	if (!(fabs(scaled) < 1e15))
		return -1;
	return format_number(&whole,
			     &(struct raw){.kind = RAW_INTEGER, .as.integer = llround(scaled)},
			     digits, NUMBER_SIZE);
}

static int write_number(const struct type *t, const struct raw *raw, struct buf *out)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	char text[2 * NUMBER_SIZE] = "", digits[NUMBER_SIZE];
	const char *sign;
	size_t len;
	int pad = 0, n;

	if (!raw_is_number(raw) || (raw->kind == RAW_NUMBER && t->kind == TYPE_INTEGER))
		return -1;
	if (write_digits(t, raw, digits) < 0)
		return -1;
	sign = raw_number(raw) < 0 && strspn(digits, "0.") < strlen(digits) ? "-"
	       : t->plus                                                    ? "+"
									    : "";
	if (t->trailing && t->size && !*sign)
		sign = " ";
	len = strlen(digits) + strlen(sign);
	if (t->zero && t->size > len)
		pad = (int)(t->size - len);
	n = snprintf(text, sizeof(text), "%s%.*s%s%s", t->trailing ? "" : sign, pad, zeros, digits,
		     t->trailing ? sign : "");
	if (n < 0 || (size_t)n >= sizeof(text))
		return -1;
	if (t->comma && strchr(text, '.'))
		*strchr(text, '.') = ',';
	return write_padded(t, text, strlen(text), out);
}

static int put_hex(const struct type *t, uint64_t value, struct buf *out)
{
	char text[NUMBER_SIZE];

	if (t->digits < 16 && value >> 4 * t->digits)
		return -1;
	snprintf(text, sizeof(text), t->lower ? "%0*llx" : "%0*llX", t->digits,
		 (unsigned long long)value);
	if (t->order == ORDER_LITTLE)
		for (int i = t->digits; i > 0; i -= 2)
			buf_add(out, text + i - 2, 2);
	else
		buf_add(out, text, t->digits);
	return 0;
}

static int write_hex(const struct type *t, const struct raw *raw, struct buf *out)
{
	const struct type whole = {.bits = (uint8_t)(4 * t->digits)};
	uint64_t value;

	if (raw->kind == RAW_NUMBER && raw->as.number >= 0 && raw->as.number < 0x1p64)
		value = (uint64_t)raw->as.number;
	else if (raw->kind == RAW_NATURAL && !t->is_signed)
		value = raw->as.natural;
	else if (raw->kind != RAW_INTEGER || (raw->as.integer < 0 && !t->is_signed))
		return -1;
	else
		value = (uint64_t)raw->as.integer;
	if (t->is_signed && raw->kind == RAW_INTEGER &&
	    type_sign(&whole, raw->as.integer, &value) < 0)
		return -1;
	return put_hex(t, value, out);
}

int type_write_bits(const struct type *t, uint64_t value, struct buf *out)
{
	if (t->kind == TYPE_HEX)
		return put_hex(t, value, out);
	return t->bits < 64 && value >> t->bits ? -1 : write_binary(t, value, out);
}

static int write_choice(const struct type *t, const struct raw *raw, struct buf *out)
{
	for (size_t i = 0; raw->kind == RAW_TEXT && i < t->n_choices; i++)
		if (t->choices[i].len == raw->as.text.len &&
		    !memcmp(t->choices[i].bytes, raw->as.text.bytes, raw->as.text.len)) {
			buf_add(out, raw->as.text.bytes, raw->as.text.len);
			return 0;
		}
	return -1;
}

/* What came from a value is UTF-8, and becomes what the device writes. */
static int write_text(const struct type *t, const struct raw *raw, struct buf *out)
{
	struct buf converted = {0};
	int bad;

	if (raw->kind != RAW_TEXT)
		return -1;
	if (!raw->as.text.is_utf8 || t->kind == TYPE_DATA || t->charset <= CHARSET_UTF8)
		return write_padded(t, raw->as.text.bytes, raw->as.text.len, out);
	bad = charset_write((enum charset)t->charset, raw->as.text.bytes, raw->as.text.len,
			    &converted);
	if (!bad)
		bad = write_padded(t, buf_bytes(&converted), converted.len, out);
	buf_fini(&converted);
	return bad;
}

/* Blank columns, or half bytes, where a type can read them. */
static int write_absent(const struct type *t, struct buf *out)
{
	if (t->blank) {
		memset(buf_room(out, t->size), 0xff, t->size);
		buf_grown(out, t->size);
		return 0;
	}
	if (t->kind < TYPE_NUMBER || t->kind > TYPE_HEX || !t->size || t->loose)
		return -1;
	buf_addf(out, "%*s", t->size, "");
	return 0;
}

static int write_special(const struct field *field, const struct raw *raw, struct buf *out)
{
	const struct special *s = &field->specials[raw->as.special];

	if (s->is_text)
		return write_padded(&field->type, s->bytes, s->len, out);
	return type_write(field, &s->number, out);
}

int type_write(const struct field *field, const struct raw *raw, struct buf *out)
{
	const struct type *t = &field->type;

	if (raw->kind == RAW_ABSENT)
		return write_absent(t, out);
	if (raw->kind == RAW_SPECIAL)
		return write_special(field, raw, out);
	switch ((enum type_kind)t->kind) {
	case TYPE_UNSIGNED: return write_unsigned(t, raw, out);
	case TYPE_SIGNED: return write_signed(t, raw, out);
	case TYPE_FLOAT: return write_float(t, raw, out);
	case TYPE_BCD:
	case TYPE_DIGITS: return write_bcd(t, raw, out);
	case TYPE_NUMBER:
	case TYPE_INTEGER: return write_number(t, raw, out);
	case TYPE_HEX: return write_hex(t, raw, out);
	case TYPE_BIT:
		if (raw->kind != RAW_INTEGER)
			return -1;
		buf_add(out, raw->as.integer ? "1" : "0", 1);
		return 0;
	case TYPE_CHOICE: return write_choice(t, raw, out);
	case TYPE_TEXT:
	case TYPE_DATA: return write_text(t, raw, out);
	case TYPES: break;
	}
	return -1;
}
