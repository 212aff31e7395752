/* SPDX-License-Identifier: Apache-2.0 */
/* CRC check values: https://reveng.sourceforge.io/crc-catalogue/all.htm, over "123456789". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "link/checksum.h"

static const uint8_t nine[] = "123456789";

static struct checksum *make(struct checksum_options o)
{
	struct conf_errors errors = {0};
	struct checksum *sum = checksum_new(&o, NULL, &errors);

	assert_int_equal(errors.n, 0);
	assert_non_null(sum);
	return sum;
}

static int row_of(const char *name)
{
	for (int i = 0; checksum_algorithm_names[i]; i++)
		if (strcmp(checksum_algorithm_names[i], name) == 0)
			return i;
	fail_msg("no algorithm %s", name);
	return 0;
}

static struct checksum *by_name(const char *name, int form)
{
	return make((struct checksum_options){.algorithm = row_of(name), .form = form});
}

static void each_crc_has_the_check_value_of_the_catalogue(void **state)
{
	static const struct {
		const char *name;
		uint64_t check;
	} rows[] = {
#define SUM(...)
#define XOR(...)
#define CRC(name, width, poly, init, refin, refout, xorout, check) {name, check},
#include "link/algorithms.h"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct checksum *sum = by_name(rows[i].name, CHECKSUM_BINARY);

		if (checksum_compute(sum, nine, 9) != rows[i].check)
			fail_msg("%s: %llx", rows[i].name,
				 (unsigned long long)checksum_compute(sum, nine, 9));
		checksum_free(&sum);
	}
}

static void a_crc_can_be_given_by_its_parameters(void **state)
{
	struct checksum *sum = make((struct checksum_options){.algorithm = CHECKSUM_CRC,
							      .width = 16,
							      .poly = "0x8005",
							      .init = "ffff",
							      .xorout = "0",
							      .refin = true,
							      .refout = true});

	(void)state;
	assert_int_equal(checksum_compute(sum, nine, 9), 0x4b37);
	checksum_free(&sum);
}

static void parameters_that_do_not_fit_the_width_are_refused(void **state)
{
	struct conf_errors errors = {0};
	struct checksum_options o = {
		.algorithm = CHECKSUM_CRC, .width = 8, .poly = "0x107", .init = "0", .xorout = "0"};

	(void)state;
	assert_null(checksum_new(&o, NULL, &errors));
	o.poly = NULL;
	assert_null(checksum_new(&o, NULL, &errors));
	o.poly = "0x1g";
	assert_null(checksum_new(&o, NULL, &errors));
	assert_int_equal(errors.n_errors, 3);
	conf_errors_fini(&errors);
}

static void sums_and_exclusive_or(void **state)
{
	/* "1" to "9" add up to 477, 0x1dd; their exclusive or is 0x31. */
	static const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"sum6", 0x1d},         {"sum7", 0x5d},         {"sum8", 0xdd},
		{"sum16", 0x1dd},       {"sum32", 0x1dd},       {"sum7-ones", 0x22},
		{"sum8-ones", 0x22},    {"sum7-twos", 0x23},    {"sum8-twos", 0x23},
		{"sum16-ones", 0xfe22}, {"sum16-twos", 0xfe23}, {"xor", 0x31},
		{"xor7", 0x31},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct checksum *sum = by_name(rows[i].name, CHECKSUM_BINARY);

		assert_int_equal(checksum_compute(sum, nine, 9), rows[i].value);
		checksum_free(&sum);
	}
}

static void forms(void **state)
{
	static const struct {
		const char *algorithm;
		int form, order;
		int64_t digits;
		const char *text;
		size_t len;
	} rows[] = {
		{"CRC-16/MODBUS", CHECKSUM_BINARY, CHECKSUM_BIG, 0, "\x4b\x37", 2},
		{"CRC-16/MODBUS", CHECKSUM_BINARY, CHECKSUM_LITTLE, 0, "\x37\x4b", 2},
		{"CRC-16/MODBUS", CHECKSUM_HEX_UPPER, CHECKSUM_BIG, 0, "4B37", 4},
		{"CRC-16/MODBUS", CHECKSUM_HEX_LOWER, CHECKSUM_LITTLE, 0, "374b", 4},
		{"CRC-16/MODBUS", CHECKSUM_DECIMAL, CHECKSUM_BIG, 0, "19255", 5},
		{"CRC-16/MODBUS", CHECKSUM_HEX_UPPER, CHECKSUM_BIG, 2, "37", 2},
		{"sum8", CHECKSUM_DECIMAL, CHECKSUM_BIG, 0, "221", 3},
		{"sum8", CHECKSUM_DECIMAL, CHECKSUM_BIG, 5, "00221", 5},
		{"sum8", CHECKSUM_NIBBLE, CHECKSUM_BIG, 0, "==", 2},
		{"xor", CHECKSUM_HEX_UPPER, CHECKSUM_LITTLE, 0, "31", 2},
		{"CRC-10/ATM", CHECKSUM_BINARY, CHECKSUM_BIG, 0, "\x01\x99", 2},
		{"CRC-64/XZ", CHECKSUM_HEX_LOWER, CHECKSUM_BIG, 0, "995dc9bbdf1939fa", 16},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[CHECKSUM_MAX_LEN];
		struct checksum *sum =
			make((struct checksum_options){.algorithm = row_of(rows[i].algorithm),
						       .form = rows[i].form,
						       .order = rows[i].order,
						       .digits = rows[i].digits});

		assert_int_equal(checksum_len(sum), rows[i].len);
		checksum_render(sum, checksum_compute(sum, nine, 9), out);
		assert_memory_equal(out, rows[i].text, rows[i].len);
		assert_true(checksum_verify(sum, nine, 9, out, rows[i].len));
		out[rows[i].len - 1] ^= 1;
		assert_false(checksum_verify(sum, nine, 9, out, rows[i].len));
		checksum_free(&sum);
	}
}

static bool is_xor_31(const char *written)
{
	struct checksum *sum = by_name("xor", CHECKSUM_HEX_UPPER);
	bool right = checksum_verify(sum, nine, 9, (const uint8_t *)written, strlen(written));

	checksum_free(&sum);
	return right;
}

static void a_written_check_is_read_kindly_and_no_further(void **state)
{
	struct checksum *sum = by_name("sum8", CHECKSUM_HEX_UPPER);

	(void)state;
	assert_true(checksum_verify(sum, nine, 9, (const uint8_t *)"dD", 2));
	assert_true(is_xor_31("0031"));
	assert_false(is_xor_31(""));
	assert_false(is_xor_31("3"));
	assert_false(is_xor_31(" 31"));
	assert_false(is_xor_31("0x31"));
	assert_false(is_xor_31("131"));
	checksum_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_crc_has_the_check_value_of_the_catalogue),
		cmocka_unit_test(a_crc_can_be_given_by_its_parameters),
		cmocka_unit_test(parameters_that_do_not_fit_the_width_are_refused),
		cmocka_unit_test(sums_and_exclusive_or),
		cmocka_unit_test(forms),
		cmocka_unit_test(a_written_check_is_read_kindly_and_no_further),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
