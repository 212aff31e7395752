/* SPDX-License-Identifier: Apache-2.0 */
/* Reads raw fields from bytes, by their types. */
#include <string.h>

#include "base/hex.h"
#include "profile/charset.h"
#include "profile/number.h"
#include "profile/raw.h"
#include "profile/type.h"

enum { NUMBER_SIZE = 64 };

static uint64_t read_binary(const struct type *t, const uint8_t *at)
{
	uint64_t value = 0;

	for (size_t i = 0; i < t->size; i++)
		value = value << 8 | at[order_place(t->order, t->size, i)];
	return value;
}

static int read_unsigned(const struct type *t, const uint8_t *at, struct raw *out)
{
	uint64_t value = read_binary(t, at);

	if (t->bits < 64 && value >> t->bits)
		return DRAGOMAN_RANGE;
	raw_set_whole(out, value);
	return 0;
}

int64_t type_signed(const struct type *t, uint64_t bits)
{
	uint64_t top = (uint64_t)1 << (t->bits - 1), mask = top - 1;
	bool negative = bits & top;

	switch ((enum sign)t->sign) {
	case SIGN_MAGNITUDE: return negative ? -(int64_t)(bits & mask) : (int64_t)(bits & mask);
	case SIGN_ONES: return negative ? -(int64_t)(~bits & mask) : (int64_t)(bits & mask);
	case SIGN_OFFSET: bits ^= top; break;
	default: break;
	}
	bits &= mask | top;
	return (int64_t)(bits & top ? bits | ~(mask | top) : bits);
}

static int read_signed(const struct type *t, const uint8_t *at, struct raw *out)
{
	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = type_signed(t, read_binary(t, at))};
	return 0;
}

static int read_float(const struct type *t, const uint8_t *at, struct raw *out)
{
	uint64_t bits = read_binary(t, at);
	uint32_t low = (uint32_t)bits;
	float single;

	out->kind = RAW_NUMBER;
	if (t->bits == 64) {
		memcpy(&out->as.number, &bits, sizeof(bits));
	} else {
		memcpy(&single, &low, sizeof(low));
		out->as.number = (double)single;
	}
	return 0;
}

/* Whether the half byte is a sign, and of which number. */
static int read_sign(unsigned nibble, bool *negative)
{
	*negative = nibble == 8 || nibble == 0xb || nibble == 0xd || nibble == 0xf;
	return *negative || !nibble || nibble > 9 ? 0 : DRAGOMAN_FORMAT;
}

/* The half bytes in their order, one of which may be the sign. */
static int read_signed_bcd(const struct type *t, const uint8_t *at, struct raw *out)
{
	size_t n = 2u * t->size, sign = t->sign == SIGN_FIRST ? 0 : n - 1;
	bool negative = false;
	int64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t byte = at[order_place(t->order, t->size, i / 2)];
		unsigned nibble = i % 2 ? byte & 15 : byte >> 4;

		if (i == sign && read_sign(nibble, &negative) != 0)
			return DRAGOMAN_FORMAT;
		if (i != sign && nibble > 9)
			return DRAGOMAN_FORMAT;
		value = i == sign ? value : value * 10 + nibble;
	}
	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = negative ? -value : value};
	return 0;
}

static bool is_filled(const uint8_t *at, size_t len, uint8_t byte)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != byte)
			return false;
	return true;
}

static int read_bcd(const struct type *t, const uint8_t *at, struct raw *out)
{
	bool packed = t->kind == TYPE_BCD;
	int64_t value = 0;

	if (t->blank && is_filled(at, t->size, 0xff)) {
		out->kind = RAW_ABSENT;
		return 0;
	}
	if (t->is_signed)
		return read_signed_bcd(t, at, out);
	for (size_t i = 0; i < t->size; i++) {
		uint8_t byte = at[order_place(t->order, t->size, i)];

		if ((byte & 15) > 9 || (packed && byte >> 4 > 9))
			return DRAGOMAN_FORMAT;
		value = packed ? value * 100 + (byte >> 4) * 10 : value * 10;
		value += byte & 15;
	}
	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = value};
	return 0;
}

/* "12.5-" as "-12.5": its length, 0 if it has no room. */
static size_t turn_sign(const uint8_t *at, size_t len, uint8_t out[NUMBER_SIZE])
{
	while (len && at[len - 1] == ' ')
		len--;
	while (len && *at == ' ')
		at++, len--;
	if (!len || len >= NUMBER_SIZE)
		return 0;
	if (at[len - 1] != '+' && at[len - 1] != '-') {
		memcpy(out, at, len);
		return len;
	}
	out[0] = at[len - 1];
	memcpy(out + 1, at, len - 1);
	return *at == '+' || *at == '-' ? 0 : len;
}

static int read_number(const struct type *t, const uint8_t *at, size_t len, struct raw *out)
{
	static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	uint8_t turned[NUMBER_SIZE];
	struct number number;

	if (is_filled(at, len, ' ')) {
		out->kind = RAW_ABSENT;
		return 0;
	}
	if (t->trailing && !(len = turn_sign(at, len, turned)))
		return DRAGOMAN_FORMAT;
	if (!number_read(t->trailing ? turned : at, len, t->comma, &number) ||
	    ((t->kind == TYPE_INTEGER || t->implied) && !number.is_whole))
		return DRAGOMAN_FORMAT;
	if (t->implied)
		*out = (struct raw){.kind = RAW_NUMBER,
				    .as.number = number.value / powers[t->decimals]};
	else if (number.is_whole)
		raw_set_whole(out, number.is_negative ? -(wide_int)number.magnitude
						      : (wide_int)number.magnitude);
	else
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = number.value};
	return 0;
}

static bool hex_value(const struct type *t, const uint8_t *at, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < t->size; i++) {
		size_t place =
			t->order == ORDER_LITTLE ? (t->size - 2 - (i & ~(size_t)1)) + (i & 1) : i;
		int digit = hex_digit((char)at[place]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (uint64_t)digit;
	}
	return true;
}

static int read_hex(const struct type *t, const uint8_t *at, struct raw *out)
{
	uint64_t value;

	if (is_filled(at, t->size, ' ')) {
		out->kind = RAW_ABSENT;
		return 0;
	}
	if (!hex_value(t, at, &value))
		return DRAGOMAN_FORMAT;
	if (t->is_signed)
		*out = (struct raw){
			.kind = RAW_INTEGER,
			.as.integer = type_signed(&(struct type){.bits = (uint8_t)(4 * t->digits)},
						  value)};
	else
		raw_set_whole(out, value);
	return 0;
}

ssize_t type_read_bits(const struct type *t, const uint8_t *at, size_t len, uint64_t *out)
{
	if (t->size > len)
		return -DRAGOMAN_SHORT;
	if (t->kind == TYPE_HEX)
		return hex_value(t, at, out) ? (ssize_t)t->size : -DRAGOMAN_FORMAT;
	*out = read_binary(t, at);
	return (ssize_t)t->size;
}

/* Without the blanks around it, and the NULs behind it. A control character in it is a line's noise. */
static int read_text(const struct type *t, const uint8_t *at, size_t len, struct raw *out)
{
	while (len && (at[len - 1] == ' ' || !at[len - 1]))
		len--;
	while (len && *at == ' ')
		at++, len--;
	for (size_t i = 0; i < len; i++)
		if (at[i] < ' ' || at[i] == 0x7f)
			return DRAGOMAN_FORMAT;
	if (!charset_is_valid((enum charset)t->charset, at, len))
		return DRAGOMAN_FORMAT;
	raw_set_text(out, at, len);
	return 0;
}

static int read_data(const uint8_t *at, size_t len, struct raw *out)
{
	raw_set_text(out, at, len);
	return 0;
}

/* The longest that fits. */
static ssize_t read_choice(const struct type *t, const uint8_t *at, size_t len, struct raw *out)
{
	const struct choice *best = NULL;

	for (size_t i = 0; i < t->n_choices; i++) {
		const struct choice *c = &t->choices[i];

		if (c->len <= len && !memcmp(c->bytes, at, c->len) && (!best || c->len > best->len))
			best = c;
	}
	if (!best)
		return -DRAGOMAN_FORMAT;
	raw_set_text(out, best->bytes, best->len);
	return (ssize_t)best->len;
}

/* How far a text of no fixed size goes. */
static size_t text_span(const uint8_t *at, size_t len, const struct until *until)
{
	size_t tail = until ? until->tail : 0, span = len > tail ? len - tail : 0;

	for (int i = 0; until && i < 2 && until->len[i]; i++) {
		const uint8_t *end = memmem(at, span, until->bytes[i], until->len[i]);

		if (end)
			span = (size_t)(end - at);
	}
	return span;
}

/* How many bytes the special text takes if it stands there; 0 if it does not. */
static size_t special_span(const struct special *s, size_t size, const uint8_t *at, size_t len)
{
	size_t before = 0;

	while (before < len && at[before] == ' ')
		before++;
	if (len - before < s->len || memcmp(at + before, s->bytes, s->len))
		return 0;
	if (!size)
		return before + s->len;
	if (before + s->len > size || !is_filled(at + before + s->len, size - before - s->len, ' '))
		return 0;
	return size;
}

/* The longest special text that stands there; 0 if none does. */
static size_t read_special(const struct field *field, size_t size, const uint8_t *at, size_t len,
			   struct raw *out)
{
	size_t longest = 0;

	for (size_t i = 0; i < field->n_specials && field->type.kind != TYPE_CHOICE; i++) {
		const struct special *s = &field->specials[i];
		size_t span = s->is_text ? special_span(s, size, at, len) : 0;

		if (span <= longest)
			continue;
		*out = (struct raw){.kind = RAW_SPECIAL, .as.special = i};
		longest = span;
	}
	return longest;
}

static int read_fixed(const struct type *t, const uint8_t *at, size_t len, struct raw *out)
{
	switch ((enum type_kind)t->kind) {
	case TYPE_UNSIGNED: return read_unsigned(t, at, out);
	case TYPE_SIGNED: return read_signed(t, at, out);
	case TYPE_FLOAT: return read_float(t, at, out);
	case TYPE_BCD:
	case TYPE_DIGITS: return read_bcd(t, at, out);
	case TYPE_NUMBER:
	case TYPE_INTEGER: return read_number(t, at, len, out);
	case TYPE_HEX: return read_hex(t, at, out);
	case TYPE_BIT:
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = *at == '1'};
		return *at == '0' || *at == '1' ? 0 : DRAGOMAN_FORMAT;
	case TYPE_TEXT: return read_text(t, at, len, out);
	case TYPE_DATA: return read_data(at, len, out);
	case TYPE_CHOICE:
	case TYPES: break;
	}
	return DRAGOMAN_FORMAT;
}

/* How far a number of no fixed width goes, its sign behind it included. */
static size_t open_number(const struct type *t, const uint8_t *at, size_t len)
{
	size_t span = number_span(at, len, t->comma, t->kind == TYPE_NUMBER && !t->implied);

	if (span && t->trailing && span < len && (at[span] == '-' || at[span] == '+'))
		span++;
	return span;
}

ssize_t type_read(const struct field *field, const uint8_t *at, size_t len,
		  const struct until *until, struct raw *out)
{
	const struct type *t = &field->type;
	size_t size = t->loose ? 0 : t->size;
	size_t special;
	int bad;

	if (t->kind == TYPE_CHOICE)
		return read_choice(t, at, len, out);
	if (size > len)
		return -DRAGOMAN_SHORT;
	special = field->n_specials ? read_special(field, size, at, len, out) : 0;
	if (special)
		return (ssize_t)special;
	if (!size && (t->kind == TYPE_TEXT || t->kind == TYPE_DATA))
		size = text_span(at, len, until);
	else if (!size && !(size = open_number(t, at, len)))
		return len ? -DRAGOMAN_FORMAT : -DRAGOMAN_SHORT;
	bad = read_fixed(t, at, size, out);
	return bad ? -bad : (ssize_t)size;
}
