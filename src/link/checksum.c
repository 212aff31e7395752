/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums by name; see checksum.h. */
#include "link/checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "link/crc.h"

enum family { FAMILY_NONE, FAMILY_SUM, FAMILY_XOR, FAMILY_CRC };
enum complement { NONE, ONES, TWOS };

struct algorithm {
	enum family family;
	enum complement complement;
	struct crc_model crc; /* its width is that of all families */
};

static const struct algorithm algorithms[] = {
	[CHECKSUM_NONE] = {.family = FAMILY_NONE},
	[CHECKSUM_CRC] = {.family = FAMILY_CRC},
#define SUM(name, width, complement) {FAMILY_SUM, complement, {width, 0, 0, 0, 0, 0}},
#define XOR(name, width) {FAMILY_XOR, NONE, {width, 0, 0, 0, 0, 0}},
#define CRC(name, width, poly, init, refin, refout, xorout, check)                                 \
	{FAMILY_CRC, NONE, {width, poly, init, refin, refout, xorout}},
#include "link/algorithms.h"
#undef SUM
#undef XOR
#undef CRC
};

const char *const checksum_algorithm_names[] = {
	"none",
	"CRC",
#define SUM(name, ...) name,
#define XOR(name, ...) name,
#define CRC(name, ...) name,
#include "link/algorithms.h"
#undef SUM
#undef XOR
#undef CRC
	NULL,
};
const char *const checksum_form_names[] = {"binary", "hex-upper", "hex-lower", "decimal",
					   "nibble", "sixbit",    NULL};
const char *const checksum_order_names[] = {"big", "little", NULL};

/* Of the digits of a text form; binary has bytes for digits. */
static const struct form {
	unsigned base;
	const char *digits;
} forms[] = {
	[CHECKSUM_BINARY] = {256, NULL},
	[CHECKSUM_HEX_UPPER] = {16, "0123456789ABCDEF"},
	[CHECKSUM_HEX_LOWER] = {16, "0123456789abcdef"},
	[CHECKSUM_DECIMAL] = {10, "0123456789"},
	[CHECKSUM_NIBBLE] = {16, "0123456789:;<=>?"},
	[CHECKSUM_SIXBIT] = {64,
			     " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"},
};

struct checksum {
	const char *name;
	enum family family;
	enum complement complement;
	uint64_t mask; /* of the width */
	const struct form *form;
	bool is_little;
	size_t digits;    /* or bytes */
	uint64_t modulus; /* what so many digits can show; 0: everything */
	struct crc crc;
};

static uint64_t mask_of(unsigned width)
{
	return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static int read_hex(const char *key, const char *text, uint64_t mask, uint64_t *out,
		    const struct conf_node *node, struct conf_errors *errors)
{
	char *end = NULL;

	*out = 0;
	if (text && hex_digit(text[0]) >= 0)
		*out = strtoull(text, &end, 16);
	if (end && !*end && !(*out & ~mask))
		return 0;
	conf_error(errors, node,
		   "%s is %s%s; expected a hexadecimal number of the CRC's width, as 0x1021", key,
		   text ? "" : "missing", text ? text : "");
	return -1;
}

/* The parameters of a CRC that is given by them. */
static int read_model(const struct checksum_options *o, struct crc_model *model,
		      const struct conf_node *node, struct conf_errors *errors)
{
	uint64_t mask = mask_of((unsigned)o->width);

	model->width = (unsigned)o->width;
	model->refin = o->refin;
	model->refout = o->refout;
	if (read_hex("poly", o->poly, mask, &model->poly, node, errors) < 0 ||
	    read_hex("init", o->init, mask, &model->init, node, errors) < 0 ||
	    read_hex("xorout", o->xorout, mask, &model->xorout, node, errors) < 0)
		return -1;
	return 0;
}

/* How many digits of the form show every value up to most. */
static size_t digits_for(const struct form *form, uint64_t most)
{
	size_t n = 1;

	while (most /= form->base)
		n++;
	return n;
}

static uint64_t modulus_of(const struct form *form, size_t digits)
{
	uint64_t m = 1;

	while (digits--) {
		if (m > UINT64_MAX / form->base)
			return 0;
		m *= form->base;
	}
	return m;
}

struct checksum *checksum_new(const struct checksum_options *options, const struct conf_node *node,
			      struct conf_errors *errors)
{
	const struct algorithm *a = &algorithms[options->algorithm];
	struct crc_model model = a->crc;
	struct checksum *sum;

	if (a->family == FAMILY_NONE)
		return NULL;
	if (options->algorithm == CHECKSUM_CRC && read_model(options, &model, node, errors) < 0)
		return NULL;
	sum = xcalloc(1, sizeof(*sum));
	sum->name = checksum_algorithm_names[options->algorithm];
	sum->family = a->family;
	sum->complement = a->complement;
	sum->mask = mask_of(model.width);
	sum->form = &forms[options->form];
	sum->is_little = options->order == CHECKSUM_LITTLE;
	sum->digits = options->form != CHECKSUM_BINARY && options->digits
			      ? (size_t)options->digits
			      : digits_for(sum->form, sum->mask);
	sum->modulus = modulus_of(sum->form, sum->digits);
	if (a->family == FAMILY_CRC)
		crc_init(&sum->crc, &model);
	return sum;
}

void checksum_free(struct checksum **sum)
{
	free(*sum);
	*sum = NULL;
}

static uint64_t add_up(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += bytes[i];
	return sum;
}

static uint64_t combine(const uint8_t *bytes, size_t len)
{
	uint8_t x = 0;

	for (size_t i = 0; i < len; i++)
		x ^= bytes[i];
	return x;
}

uint64_t checksum_compute(const struct checksum *sum, const uint8_t *bytes, size_t len)
{
	uint64_t value = sum->family == FAMILY_CRC   ? crc_compute(&sum->crc, bytes, len)
			 : sum->family == FAMILY_XOR ? combine(bytes, len)
						     : add_up(bytes, len);

	if (sum->complement == ONES)
		value = ~value;
	else if (sum->complement == TWOS)
		value = -value;
	return value & sum->mask;
}

size_t checksum_len(const struct checksum *sum)
{
	return sum->digits;
}

/* Where the k-th digit, counted from the lowest, stands among n. Little-endian means bytes: two hex digits
 * keep their order. */
static size_t place(const struct checksum *sum, size_t k, size_t n)
{
	if (!sum->is_little || sum->form->base == 10)
		return n - 1 - k;
	if (sum->form->base == 256)
		return k;
	return (k | 1) < n ? k ^ 1 : k;
}

void checksum_render(const struct checksum *sum, uint64_t value, uint8_t *out)
{
	const struct form *form = sum->form;

	must(sum->digits <= CHECKSUM_MAX_LEN);
	for (size_t i = 0; i < sum->digits; i++) {
		unsigned digit = (unsigned)(value % form->base);

		out[place(sum, i, sum->digits)] =
			form->digits ? (uint8_t)form->digits[digit] : (uint8_t)digit;
		value /= form->base;
	}
}

/* The value of one written digit, or -1. */
static int digit_value(const struct form *form, uint8_t c)
{
	int value = -1;

	if (!form->digits)
		value = c;
	else if (form == &forms[CHECKSUM_NIBBLE])
		value = c - '0';
	else if (form == &forms[CHECKSUM_SIXBIT])
		value = c - ' ';
	else
		value = hex_digit((char)c);
	return value < (int)form->base ? value : -1;
}

/* Reads a written checksum. 0, or -1 if it is none. */
static int parse(const struct checksum *sum, const uint8_t *written, size_t len, uint64_t *out)
{
	uint64_t value = 0;

	if (!len || len > CHECKSUM_MAX_LEN || (!sum->form->digits && len != sum->digits))
		return -1;
	for (size_t i = len; i-- > 0;) {
		int digit = digit_value(sum->form, written[place(sum, i, len)]);

		if (digit < 0)
			return -1;
		value = value * sum->form->base + (unsigned)digit;
	}
	*out = value;
	return 0;
}

bool checksum_verify(const struct checksum *sum, const uint8_t *bytes, size_t len,
		     const uint8_t *written, size_t written_len)
{
	uint64_t value, seen;

	if (parse(sum, written, written_len, &seen) < 0)
		return false;
	value = checksum_compute(sum, bytes, len);
	return seen == (sum->modulus ? value % sum->modulus : value);
}

/* ---------------------------------------------------------------------------------------------
 * Words
 */

static bool is_printable(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	return true;
}

char *checksum_found(const struct checksum *sum, const uint8_t *written, size_t len,
		     char out[CHECKSUM_WORDS_SIZE])
{
	if (!len)
		snprintf(out, CHECKSUM_WORDS_SIZE, "nothing");
	else if (sum->form->digits && len <= CHECKSUM_MAX_LEN && is_printable(written, len))
		snprintf(out, CHECKSUM_WORDS_SIZE, "\"%.*s\"", (int)len, (const char *)written);
	else
		hex_text(written, len, out, 3 * CHECKSUM_MAX_LEN + 4);
	return out;
}

char *checksum_range(size_t from, size_t len, char out[CHECKSUM_WORDS_SIZE])
{
	if (len > 1)
		snprintf(out, CHECKSUM_WORDS_SIZE, "bytes %zu to %zu", from, from + len - 1);
	else if (len)
		snprintf(out, CHECKSUM_WORDS_SIZE, "byte %zu", from);
	else
		snprintf(out, CHECKSUM_WORDS_SIZE, "no bytes");
	return out;
}

char *checksum_expected(const struct checksum *sum, const uint8_t *all, size_t from, size_t len,
			char out[CHECKSUM_WORDS_SIZE])
{
	uint8_t right[CHECKSUM_MAX_LEN];
	char value[CHECKSUM_WORDS_SIZE], range[CHECKSUM_WORDS_SIZE];

	checksum_render(sum, checksum_compute(sum, all + from, len), right);
	snprintf(out, CHECKSUM_WORDS_SIZE, "%.100s (%.60s over %.60s)",
		 checksum_found(sum, right, sum->digits, value), sum->name,
		 checksum_range(from, len, range));
	return out;
}
