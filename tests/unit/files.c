/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "sandbox/files.h"

enum { NO_LANDLOCK = 77 };

static char dir[64], inside[96], outside[96], of_outside[128];

static int in_a_directory(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/dragoman.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(inside, sizeof inside, "%s/inside", dir);
	snprintf(outside, sizeof outside, "%s/outside", dir);
	snprintf(of_outside, sizeof of_outside, "%s/outside/file", dir);
	return mkdir(inside, 0755) < 0 || mkdir(outside, 0755) < 0 ||
			       close(open(of_outside, O_CREAT | O_WRONLY, 0644)) < 0
		       ? -1
		       : 0;
}

static int without_it(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* What it gives up it has given up for good: in a process of its own. */
static void apart(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_LANDLOCK)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int is_denied(int result)
{
	return result < 0 && errno == EACCES;
}

static int write_nowhere(void)
{
	struct err err;
	int rc = files_write_only_beneath(NULL, 0, &err);
	char path[128];

	if (rc == 0)
		return NO_LANDLOCK;
	if (rc < 0)
		return 1;
	snprintf(path, sizeof path, "%s/new", outside);
	if (!is_denied(open(of_outside, O_WRONLY)) ||
	    !is_denied(open(path, O_CREAT | O_WRONLY, 0600)))
		return 2;
	if (!is_denied(unlink(of_outside)) || !is_denied(mkdir(path, 0700)) ||
	    !is_denied(symlink("x", path)) || !is_denied(rename(of_outside, path)))
		return 3;
	return open(of_outside, O_RDONLY) < 0 ? 4 : 0;
}

static void nothing_is_written_and_everything_read(void **state)
{
	(void)state;
	apart(write_nowhere);
}

static int write_inside(void)
{
	const char *dirs[] = {inside};
	struct err err;
	int rc = files_write_only_beneath(dirs, 1, &err);
	char path[128];

	if (rc == 0)
		return NO_LANDLOCK;
	snprintf(path, sizeof path, "%s/new", inside);
	if (rc < 0 || open(path, O_CREAT | O_WRONLY, 0600) < 0 || unlink(path) < 0)
		return 1;
	return is_denied(open(of_outside, O_WRONLY)) ? 0 : 2;
}

static void a_directory_may_be_left(void **state)
{
	(void)state;
	apart(write_inside);
}

static int keep_one_directory(void)
{
	struct err err;
	int rc = files_only_beneath(inside, &err);
	char path[128], other[128];

	if (rc == 0)
		return NO_LANDLOCK;
	snprintf(path, sizeof path, "%s/new", inside);
	snprintf(other, sizeof other, "%s/renamed", inside);
	if (rc < 0 || open(path, O_CREAT | O_RDWR, 0600) < 0 || rename(path, other) < 0 ||
	    open(other, O_RDONLY) < 0 || truncate(other, 10) < 0 || unlink(other) < 0 ||
	    open(inside, O_RDONLY | O_DIRECTORY) < 0)
		return 1;
	if (!is_denied(open(of_outside, O_WRONLY)))
		return 2;
	if (INSTRUMENTS_READ)
		return 0;
	return is_denied(open(of_outside, O_RDONLY)) &&
			       is_denied(execl("/bin/true", "true", (char *)NULL))
		       ? 0
		       : 3;
}

static void one_directory_may_be_all_there_is(void **state)
{
	(void)state;
	apart(keep_one_directory);
}

static int name_what_is_not_there(void)
{
	const char *dirs[] = {"/no/such/directory"};
	struct err err;
	int rc = files_write_only_beneath(dirs, 1, &err);

	if (rc == 0)
		return NO_LANDLOCK;
	return rc < 0 && strstr(err.text, "/no/such/directory") ? 0 : 1;
}

static void a_directory_that_is_not_there_is_told(void **state)
{
	(void)state;
	apart(name_what_is_not_there);
}

static int write_what_is_open(void)
{
	int fd = open(of_outside, O_WRONLY);
	struct err err;

	if (files_write_only_beneath(NULL, 0, &err) == 0)
		return NO_LANDLOCK;
	return write(fd, "x", 1) == 1 ? 0 : 1;
}

static void what_is_open_stays_open(void **state)
{
	(void)state;
	apart(write_what_is_open);
}

static int give_all_up(void)
{
	struct err err;
	int rc = files_give_up(&err);

	if (rc == 0)
		return NO_LANDLOCK;
	if (rc < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	if (!is_denied(open("/dev/tty", O_RDWR)) || !is_denied(open("/dev/ptmx", O_RDWR)) ||
	    !is_denied(open("/dev/null", O_WRONLY)) || !is_denied(open(of_outside, O_WRONLY)))
		return 2;
	if (INSTRUMENTS_READ)
		return 0;
	if (!is_denied(open("/dev/null", O_RDONLY)) || !is_denied(open(of_outside, O_RDONLY)) ||
	    !is_denied(open(outside, O_RDONLY | O_DIRECTORY)))
		return 3;
	return is_denied(execl("/bin/true", "true", (char *)NULL)) ? 0 : 4;
}

static void no_device_or_file_is_opened(void **state)
{
	(void)state;
	apart(give_all_up);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, in_a_directory, without_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_written_and_everything_read),
		TEST(a_directory_may_be_left),
		TEST(one_directory_may_be_all_there_is),
		TEST(a_directory_that_is_not_there_is_told),
		TEST(what_is_open_stays_open),
		TEST(no_device_or_file_is_opened),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
