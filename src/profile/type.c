/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of raw fields as a profile writes them: "number(8.2)". One row a type; what stands in the
 * parentheses is read by the row's own function. read.c and write.c go between them and bytes.
 */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "profile/arena.h"
#include "profile/charset.h"
#include "profile/type.h"

const char *const order_names[] = {"big", "little", "word-swapped", "byte-swapped", NULL};
const char *const charset_names[] = {"any", "ascii", "utf-8", "latin1", "cp437", "kana", NULL};

enum { NUMBER_COLUMNS = 60, MAX_SIZE = 4096 };

struct args {
	const char *at, *end;
};

/* The next of the arguments, which are separated by commas; false if there is none. */
static bool next_arg(struct args *args, const char **arg, size_t *len)
{
	const char *comma;

	if (args->at >= args->end)
		return false;
	comma = memchr(args->at, ',', (size_t)(args->end - args->at));
	*arg = args->at;
	*len = (size_t)((comma ? comma : args->end) - args->at);
	args->at = comma ? comma + 1 : args->end;
	while (*len && **arg == ' ')
		(*arg)++, (*len)--;
	while (*len && (*arg)[*len - 1] == ' ')
		(*len)--;
	return true;
}

static bool is_word(const char *arg, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(arg, word, len);
}

static bool read_count(const char **at, const char *end, unsigned *out)
{
	const char *begin = *at;

	*out = 0;
	while (*at < end && **at >= '0' && **at <= '9' && *out <= MAX_SIZE)
		*out = *out * 10 + (unsigned)(*(*at)++ - '0');
	return *at > begin;
}

static int parse_order(const char *arg, size_t len, struct type *t, struct err *err)
{
	for (int i = 0; order_names[i]; i++)
		if (is_word(arg, len, order_names[i])) {
			t->order = (uint8_t)i;
			return 0;
		}
	return err_set(err, "\"%.*s\" is no byte order; big, little, word-swapped, byte-swapped",
		       (int)len, arg);
}

/* "magnitude", "sign-last": one of the words of `from` to `to`. */
static bool parse_sign(const char *arg, size_t len, enum sign from, enum sign to, struct type *t)
{
	static const char *const names[] = {"twos",   "ones",       "magnitude",
					    "offset", "sign-first", "sign-last"};

	for (unsigned i = from; i <= to; i++)
		if (is_word(arg, len, names[i])) {
			t->sign = (uint8_t)i;
			t->is_signed = true;
			return true;
		}
	return false;
}

static int parse_binary(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	const char *arg;
	size_t len;

	(void)arena;
	t->size = (uint16_t)((t->bits + 7) / 8);
	while (next_arg(args, &arg, &len)) {
		if (t->kind == TYPE_SIGNED && parse_sign(arg, len, SIGN_TWOS, SIGN_OFFSET, t))
			continue;
		if (parse_order(arg, len, t, err) < 0)
			return -1;
	}
	if (t->order >= ORDER_WORDS && t->bits != 32 && t->bits != 64)
		return err_set(err, "%s is an order of 32 or 64 bits", order_names[t->order]);
	return 0;
}

static int parse_digits(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	unsigned most = t->kind == TYPE_HEX ? 16 : 18, n = 0;
	const char *arg;
	size_t len;

	(void)arena;
	if (!next_arg(args, &arg, &len) || !read_count(&arg, arg + len, &n) || n < 1 || n > most)
		return err_set(err, "needs its number of digits in parentheses, 1 to %u", most);
	t->digits = (uint8_t)n;
	t->order = t->kind == TYPE_HEX ? ORDER_BIG : t->order; /* it is text */
	while (next_arg(args, &arg, &len)) {
		if (t->kind == TYPE_HEX && is_word(arg, len, "lower"))
			t->lower = true;
		else if (t->kind == TYPE_HEX && is_word(arg, len, "signed"))
			t->is_signed = true;
		else if (t->kind == TYPE_BCD && is_word(arg, len, "blank"))
			t->blank = true;
		else if (t->kind == TYPE_BCD && parse_sign(arg, len, SIGN_FIRST, SIGN_LAST, t))
			continue;
		else if (parse_order(arg, len, t, err) < 0)
			return -1;
	}
	t->size = (uint16_t)(t->kind == TYPE_BCD ? (n + t->is_signed + 1) / 2 : n);
	if (t->kind == TYPE_HEX && t->order != ORDER_BIG && (t->order != ORDER_LITTLE || n % 2))
		return err_set(err,
			       "little goes with an even number of digits, no other order does");
	return 0;
}

/* A word in place of a format. */
static bool parse_habit(const char *arg, size_t len, struct type *t)
{
	bool *habit = NULL;

	if (t->kind == TYPE_NUMBER && is_word(arg, len, "comma"))
		habit = &t->comma;
	else if (t->kind == TYPE_NUMBER && is_word(arg, len, "implied"))
		habit = &t->implied;
	else if (is_word(arg, len, "trailing"))
		habit = &t->trailing;
	if (habit)
		*habit = true;
	return habit;
}

/* "+-08.3E": flags, columns, decimals, exponent, all as printf has them; "~": read at any width. */
static int parse_format(const char *arg, size_t len, struct type *t)
{
	const char *at = arg, *end = arg + len;
	unsigned n;

	for (; at < end && *at && strchr("+-0~", *at); at++) {
		t->plus |= *at == '+';
		t->left |= *at == '-';
		t->zero |= *at == '0';
		t->loose |= *at == '~';
	}
	if (read_count(&at, end, &n)) {
		if (!n || n >= NUMBER_COLUMNS)
			return -1;
		t->size = (uint16_t)n;
	}
	if (t->kind == TYPE_NUMBER && at < end && *at == '.') {
		at++;
		if (!read_count(&at, end, &n) || n > 15)
			return -1;
		t->decimals = (int8_t)n;
	}
	if (t->kind == TYPE_NUMBER && at < end && *at == 'E') {
		t->exponent = true;
		at++;
	}
	return at == end ? 0 : -1;
}

static int parse_number(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	const char *arg;
	size_t len;

	(void)arena;
	t->decimals = -1;
	while (next_arg(args, &arg, &len)) {
		if (!parse_habit(arg, len, t) && parse_format(arg, len, t) < 0)
			return err_set(
				err,
				"\"%.*s\" is no format; as in printf: columns%s, "
				"before them + (sign always), 0 (filled with zeros), - (left), "
				"~ (any width is read)",
				(int)len, arg, t->kind == TYPE_NUMBER ? ".decimals, E" : "");
	}
	if (t->implied && (t->decimals < 1 || t->exponent))
		return err_set(err, "implied needs the number of decimals: number(8.2,implied)");
	return 0;
}

static bool parse_charset(const char *arg, size_t len, struct type *t)
{
	for (int i = CHARSET_ASCII; charset_names[i]; i++)
		if (is_word(arg, len, charset_names[i])) {
			t->charset = (uint8_t)i;
			return true;
		}
	return false;
}

static int parse_text(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	const char *arg;
	unsigned n;
	size_t len;

	(void)arena;
	while (next_arg(args, &arg, &len)) {
		const char *at = arg;

		if (is_word(arg, len, "right")) {
			t->left = false;
			continue;
		}
		if (t->kind == TYPE_TEXT && parse_charset(arg, len, t))
			continue;
		if (!read_count(&at, arg + len, &n) || at != arg + len || !n || n > MAX_SIZE)
			return err_set(
				err, "takes a number of columns, 1 to %d%s", MAX_SIZE,
				t->kind == TYPE_DATA
					? ""
					: ", right, and ascii, utf-8, latin1, cp437 or kana");
		t->size = (uint16_t)n;
	}
	return 0;
}

static int parse_bit(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	(void)arena;
	t->size = 1;
	return args->at < args->end ? err_set(err, "takes nothing in parentheses") : 0;
}

static int parse_choice(struct arena *arena, struct args *args, struct type *t, struct err *err)
{
	const char *at = args->at;
	struct choice *list;
	size_t n = 1, i = 0;

	for (const char *p = at; p < args->end; p++)
		n += *p == '|';
	if (at == args->end)
		return err_set(err, "needs its texts in parentheses, separated by |");
	list = arena_alloc(arena, n * sizeof(*list));
	while (i < n) {
		const char *bar = memchr(at, '|', (size_t)(args->end - at));
		const char *end = bar ? bar : args->end;

		list[i].bytes = (const uint8_t *)arena_str(arena, at, (size_t)(end - at));
		list[i++].len = (size_t)(end - at);
		at = end + 1;
	}
	t->choices = list;
	t->n_choices = (uint16_t)n;
	return 0;
}

static const struct {
	const char *name; /* a '#' stands for the number of bits */
	enum type_kind kind;
	int (*parse)(struct arena *arena, struct args *args, struct type *t, struct err *err);
} type_rows[] = {
	{"u#", TYPE_UNSIGNED, parse_binary},
	{"i#", TYPE_SIGNED, parse_binary},
	{"f#", TYPE_FLOAT, parse_binary},
	{"bcd", TYPE_BCD, parse_digits},
	{"digits", TYPE_DIGITS, parse_digits},
	{"number", TYPE_NUMBER, parse_number},
	{"integer", TYPE_INTEGER, parse_number},
	{"hex", TYPE_HEX, parse_digits},
	{"bit", TYPE_BIT, parse_bit},
	{"choice", TYPE_CHOICE, parse_choice},
	{"text", TYPE_TEXT, parse_text},
	{"data", TYPE_DATA, parse_text},
};
enum { N_TYPES = sizeof(type_rows) / sizeof(type_rows[0]) };

/* Whether the name is the row's; *bits gets the number in it. */
static bool name_matches(const char *row, const char *name, size_t len, unsigned *bits)
{
	const char *at = name + 1;

	*bits = 0;
	if (row[1] != '#')
		return is_word(name, len, row);
	return len > 1 && len <= 3 && name[0] == row[0] && read_count(&at, name + len, bits) &&
	       at == name + len;
}

static int unknown_type(const char *name, size_t len, struct err *err)
{
	const char *known[N_TYPES], *nearest;
	char word[32];

	for (int i = 0; i < N_TYPES; i++)
		known[i] = type_rows[i].name;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	nearest = conf_nearest(word, known, N_TYPES);
	if (nearest && !strchr(nearest, '#'))
		return err_set(err, "no type \"%s\"; did you mean %s?", word, nearest);
	return err_set(err,
		       "no type \"%s\"; u8 to u64, i8 to i64, f32, f64, bcd, digits, number, "
		       "integer, hex, bit, choice, text, data",
		       word);
}

int type_parse(struct arena *arena, const char *text, size_t len, enum order order,
	       struct type *out, struct err *err)
{
	const char *open = memchr(text, '(', len);
	size_t name_len = open ? (size_t)(open - text) : len;
	struct args args = {NULL, NULL};
	unsigned bits;

	*out = (struct type){
		.order = (uint8_t)order, .left = true, .text = arena_str(arena, text, len)};
	if (open && text[len - 1] != ')')
		return err_set(err, "the parenthesis of \"%.*s\" is not closed", (int)len, text);
	if (open)
		args = (struct args){open + 1, text + len - 1};
	for (int i = 0; i < N_TYPES; i++) {
		if (!name_matches(type_rows[i].name, text, name_len, &bits))
			continue;
		out->kind = (uint8_t)type_rows[i].kind;
		out->bits = (uint8_t)bits;
		out->left = out->kind == TYPE_TEXT || out->kind == TYPE_DATA;
		if (out->kind == TYPE_FLOAT ? bits != 32 && bits != 64
					    : out->kind <= TYPE_SIGNED && (bits < 1 || bits > 64))
			break;
		if (type_rows[i].parse(arena, &args, out, err) < 0)
			return err_context(err, "%.*s", (int)name_len, text);
		return 0;
	}
	return unknown_type(text, name_len, err);
}

static bool same_choices(const struct type *a, const struct type *b)
{
	for (size_t i = 0; i < a->n_choices; i++)
		if (a->choices[i].len != b->choices[i].len ||
		    memcmp(a->choices[i].bytes, b->choices[i].bytes, a->choices[i].len) != 0)
			return false;
	return true;
}

bool type_equal(const struct type *a, const struct type *b)
{
	return a->kind == b->kind && a->order == b->order && a->bits == b->bits &&
	       a->digits == b->digits && a->size == b->size && a->decimals == b->decimals &&
	       a->sign == b->sign && a->charset == b->charset && a->plus == b->plus &&
	       a->zero == b->zero && a->left == b->left && a->exponent == b->exponent &&
	       a->comma == b->comma && a->lower == b->lower && a->is_signed == b->is_signed &&
	       a->implied == b->implied && a->blank == b->blank && a->trailing == b->trailing &&
	       a->loose == b->loose && a->n_choices == b->n_choices && same_choices(a, b);
}

bool type_has_natural(const struct type *t)
{
	return (t->kind == TYPE_UNSIGNED && t->bits == 64) ||
	       (t->kind == TYPE_HEX && t->digits == 16 && !t->is_signed);
}
