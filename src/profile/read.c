/* SPDX-License-Identifier: Apache-2.0 */
/* Reads raw fields from bytes, by their types. */
#include <string.h>

#include "base/hex.h"
#include "profile/program.h"

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
	if (value > INT64_MAX)
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = (double)value};
	else
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)value};
	return 0;
}

static int read_signed(const struct type *t, const uint8_t *at, struct raw *out)
{
	unsigned spare = 64u - t->bits;
	uint64_t value = read_binary(t, at) << spare;

	*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)value >> spare};
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

static int read_bcd(const struct type *t, const uint8_t *at, struct raw *out)
{
	bool packed = t->kind == TYPE_BCD;
	int64_t value = 0;

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

static bool is_blank(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != ' ')
			return false;
	return true;
}

static int read_number(const struct type *t, const uint8_t *at, size_t len, struct raw *out)
{
	bool integral;
	int64_t integer;
	double value;

	if (is_blank(at, len)) {
		out->kind = RAW_ABSENT;
		return 0;
	}
	if (!number_read(at, len, t->comma, &value, &integral, &integer) ||
	    (t->kind == TYPE_INTEGER && !integral))
		return DRAGOMAN_FORMAT;
	if (integral)
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = integer};
	else
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = value};
	return 0;
}

static int read_hex(const struct type *t, const uint8_t *at, struct raw *out)
{
	uint64_t value = 0;

	if (is_blank(at, t->size)) {
		out->kind = RAW_ABSENT;
		return 0;
	}
	for (size_t i = 0; i < t->size; i++) {
		int digit = hex_digit((char)at[i]);

		if (digit < 0)
			return DRAGOMAN_FORMAT;
		value = value << 4 | (uint64_t)digit;
	}
	if (value > INT64_MAX)
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = (double)value};
	else
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = (int64_t)value};
	return 0;
}

/* Without the blanks around it, and the NULs behind it. A control character in it is a line's noise. */
static int read_text(const uint8_t *at, size_t len, struct raw *out)
{
	while (len && (at[len - 1] == ' ' || !at[len - 1]))
		len--;
	while (len && *at == ' ')
		at++, len--;
	for (size_t i = 0; i < len; i++)
		if (at[i] < ' ' || at[i] == 0x7f)
			return DRAGOMAN_FORMAT;
	out->kind = RAW_TEXT;
	out->as.text.bytes = at;
	out->as.text.len = len;
	return 0;
}

static int read_data(const uint8_t *at, size_t len, struct raw *out)
{
	out->kind = RAW_TEXT;
	out->as.text.bytes = at;
	out->as.text.len = len;
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
	out->kind = RAW_TEXT;
	out->as.text.bytes = best->bytes;
	out->as.text.len = best->len;
	return (ssize_t)best->len;
}

/* How far a text of no fixed size goes. */
static size_t text_span(const uint8_t *at, size_t len, const struct until *until)
{
	size_t span = len;

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
	if (before + s->len > size || !is_blank(at + before + s->len, size - before - s->len))
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
	case TYPE_TEXT: return read_text(at, len, out);
	case TYPE_DATA: return read_data(at, len, out);
	case TYPE_CHOICE:
	case TYPES: break;
	}
	return DRAGOMAN_FORMAT;
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
	else if (!size && !(size = number_span(at, len, t->comma, t->kind == TYPE_NUMBER)))
		return len ? -DRAGOMAN_FORMAT : -DRAGOMAN_SHORT;
	bad = read_fixed(t, at, size, out);
	return bad ? -bad : (ssize_t)size;
}
