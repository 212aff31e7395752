/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

enum { MAX = 4096 };

/* A file without a name that holds a text. */
static int file_with(const char *text)
{
	char path[] = "/tmp/dragoman-unit.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	return fd;
}

static const char *number_of(int fd)
{
	static char text[16];

	snprintf(text, sizeof text, "%d", fd);
	return text;
}

static void a_given_descriptor_is_not_handed_on(void **state)
{
	struct err err;
	int fd = file_with(""), given;

	(void)state;
	fd_set_cloexec(fd, false);
	assert_int_equal(fd_given(number_of(fd), &given, &err), 0);
	assert_int_equal(given, fd);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void what_is_no_open_descriptor_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "x", "-1", " 0", "0x", "1048577", "999999999999999999999"};
	struct err err;
	int fd = file_with(""), given = -1;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(fd_given(cases[i], &given, &err), -1);
	close(fd);
	assert_int_equal(fd_given(number_of(fd), &given, &err), -1);
	assert_non_null(strstr(err.text, "is no open descriptor"));
	assert_int_equal(given, -1);
}

static void a_file_is_read_from_its_beginning_and_closed(void **state)
{
	struct err err;
	size_t len;
	int fd = file_with("part");
	char *bytes = fd_read_source(number_of(fd), MAX, &len, &err);

	(void)state;
	assert_string_equal(bytes, "part");
	assert_int_equal(len, 4);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	free(bytes);
}

static void a_pipe_is_read_to_its_end(void **state)
{
	struct err err;
	size_t len;
	int ends[2];
	char *bytes;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fd_write_all(ends[1], "token", 5);
	close(ends[1]);
	bytes = fd_read_source(number_of(ends[0]), MAX, &len, &err);
	assert_string_equal(bytes, "token");
	free(bytes);
}

static void what_is_too_long_is_refused(void **state)
{
	struct err err;
	size_t len;

	(void)state;
	assert_null(fd_read_source(number_of(file_with("12345")), 4, &len, &err));
	assert_non_null(strstr(err.text, "longer than 4 bytes"));
	assert_null(fd_read_source("/nowhere/at/all", 4, &len, &err));
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_given_descriptor_is_not_handed_on),
		cmocka_unit_test(what_is_no_open_descriptor_is_refused),
		cmocka_unit_test(a_file_is_read_from_its_beginning_and_closed),
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
