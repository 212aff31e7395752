/* SPDX-License-Identifier: Apache-2.0 */
/* Writes raw fields as bytes, by their types. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/program.h"

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

	if (raw->kind == RAW_NUMBER) {
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

static int write_signed(const struct type *t, const struct raw *raw, struct buf *out)
{
	int64_t most = (int64_t)(UINT64_MAX >> (65 - t->bits));

	if (raw->kind != RAW_INTEGER || raw->as.integer > most || raw->as.integer < -most - 1)
		return -1;
	return write_binary(t, (uint64_t)raw->as.integer, out);
}

static int write_float(const struct type *t, const struct raw *raw, struct buf *out)
{
	double value = raw_number(raw);
	float single = (float)value;
	uint64_t bits = 0;
	uint32_t low;

	if (raw->kind != RAW_NUMBER && raw->kind != RAW_INTEGER)
		return -1;
	if (t->bits == 64) {
		memcpy(&bits, &value, sizeof(bits));
	} else {
		memcpy(&low, &single, sizeof(low));
		bits = low;
	}
	return write_binary(t, bits, out);
}

static int write_bcd(const struct type *t, const struct raw *raw, struct buf *out)
{
	bool packed = t->kind == TYPE_BCD;
	uint8_t *at = buf_room(out, t->size);
	int64_t value = raw->as.integer;
	unsigned digits = 0;

	if (raw->kind != RAW_INTEGER || value < 0)
		return -1;
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
	int n;

	if (!isfinite(value))
		return -1;
	if (raw->kind == RAW_INTEGER && t->decimals <= 0 && !t->exponent) {
		uint64_t integer = raw->as.integer < 0 ? 0 - (uint64_t)raw->as.integer
						       : (uint64_t)raw->as.integer;

		n = snprintf(text, size, "%llu", (unsigned long long)integer);
	} else if (t->decimals < 0) {
		return shortest(t, value, text, size);
	} else {
		n = snprintf(text, size, t->exponent ? "%.*E" : "%.*f", t->decimals, value);
	}
	return n > 0 && (size_t)n < size ? 0 : -1;
}

static int write_number(const struct type *t, const struct raw *raw, struct buf *out)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	char text[2 * NUMBER_SIZE] = "", digits[NUMBER_SIZE];
	bool negative;
	size_t len;
	int pad = 0, n;

	if (raw->kind != RAW_INTEGER && (raw->kind != RAW_NUMBER || t->kind == TYPE_INTEGER))
		return -1;
	if (format_number(t, raw, digits, sizeof(digits)) < 0)
		return -1;
	negative = raw_number(raw) < 0 && strspn(digits, "0.") < strlen(digits);
	len = strlen(digits) + (negative || t->plus);
	if (t->zero && t->size > len)
		pad = (int)(t->size - len);
	n = snprintf(text, sizeof(text), "%s%.*s%s",
		     negative  ? "-"
		     : t->plus ? "+"
			       : "",
		     pad, zeros, digits);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -1;
	if (t->comma && strchr(text, '.'))
		*strchr(text, '.') = ',';
	return write_padded(t, text, strlen(text), out);
}

static int write_hex(const struct type *t, const struct raw *raw, struct buf *out)
{
	uint64_t value =
		raw->kind == RAW_NUMBER ? (uint64_t)raw->as.number : (uint64_t)raw->as.integer;

	if ((raw->kind != RAW_INTEGER || raw->as.integer < 0) && raw->kind != RAW_NUMBER)
		return -1;
	if (t->digits < 16 && value >> 4 * t->digits)
		return -1;
	buf_addf(out, t->lower ? "%0*llx" : "%0*llX", t->digits, (unsigned long long)value);
	return 0;
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

/* Blank columns, where a type can read them. */
static int write_absent(const struct type *t, struct buf *out)
{
	if (t->kind < TYPE_NUMBER || t->kind > TYPE_HEX || !t->size || t->loose)
		return -1;
	buf_addf(out, "%*s", t->size, "");
	return 0;
}

static int write_special(const struct field *field, const struct raw *raw, struct buf *out)
{
	const struct special *s = &field->specials[raw->as.special];
	struct raw number = {.kind = RAW_NUMBER, .as.number = s->number};

	if (s->is_text)
		return write_padded(&field->type, s->bytes, s->len, out);
	if (s->number == floor(s->number) && fabs(s->number) < 9e18)
		number = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)s->number};
	return type_write(field, &number, out);
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
	case TYPE_DATA:
		if (raw->kind != RAW_TEXT)
			return -1;
		return write_padded(t, raw->as.text.bytes, raw->as.text.len, out);
	case TYPES: break;
	}
	return -1;
}
